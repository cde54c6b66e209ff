// SPDX-License-Identifier: GPL-3.0-or-later
// The document behind an entry: its bytes' SHA-256, taken with the rights of whoever names it.
#include "cli/record-parts.h"

#include "base/digest.h"
#include "base/json.h"
#include "base/text.h"
#include "bus/bus.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <string.h>
#include <sys/stat.h>

#define SIZE_MAX_READ (UINT64_C(1) << 30) // a document, not a disk
#define BLOCK (64u * 1024)

struct document {
    char *name;
    char hash[DIGEST_TEXT_SIZE];
    uint64_t size;
};

static void document_clear(struct document *document)
{
    free(document->name);
}

// A FIFO would wait for ever, a device has no end.
static int open_file(const char *path, int *ret)
{
    CLEANUP_CLOSE int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
    struct stat info;
    if (fd < 0 || fstat(fd, &info) < 0)
        return -errno;
    if (S_ISDIR(info.st_mode))
        return -EISDIR;
    if (!S_ISREG(info.st_mode))
        return -EINVAL;
    *ret = TAKE_FD(fd);
    return 0;
}

static int hash_all(int fd, struct document *ret)
{
    CLEANUP(digest_free_p) struct digest *digest = NULL;
    CLEANUP_FREE char *block = malloc(BLOCK);
    uint8_t hash[DIGEST_SIZE];
    uint64_t size = 0;
    ssize_t n;
    int r = digest_new(&digest);
    if (r < 0 || !block)
        return r < 0 ? r : -ENOMEM;
    while ((n = read(fd, block, BLOCK)) > 0) {
        digest_add(digest, block, (size_t)n);
        size += (uint64_t)n;
        if (size > SIZE_MAX_READ)
            return -EFBIG;
    }
    if (n < 0)
        return -errno;
    digest_end(digest, hash);
    text_hex(hash, DIGEST_SIZE, ret->hash);
    ret->size = size;
    return 0;
}

static enum cli_exit read_document(const struct command *command, const char *path,
                                   struct document *ret)
{
    CLEANUP_CLOSE int fd = -1;
    const char *name = text_basename(path);
    int r = open_file(path, &fd);
    if (r == 0)
        r = hash_all(fd, ret);
    if (r == 0) {
        ret->name = text_escape(name, strlen(name), RECORD_TEXT_MAX);
        r = ret->name ? 0 : -ENOMEM;
    }
    if (r == 0)
        return CLI_OK;
    CLEANUP_FREE char *shown = text_printable(path);
    if (r == -EINVAL)
        cli_error(command, _("%s: no regular file"), shown);
    else
        cli_error(command, "%s: %s", shown, strerror(-r));
    return CLI_FAILED;
}

enum cli_exit record_add_document(const struct command *command, const char *path,
                                  json_object *fields)
{
    CLEANUP(document_clear) struct document document = {0};
    enum cli_exit status = read_document(command, path, &document);
    if (status != CLI_OK)
        return status;
    json_object *object = json_object_new_object();
    json_add_text(object, "name", document.name);
    json_add_text(object, "sha256", document.hash);
    json_add_number(object, "size", document.size);
    json_add(fields, "document", object);
    return CLI_OK;
}

// ---- check -------------------------------------------------------------------------------------

static bool is_it(json_object *record, const struct document *document)
{
    json_object *named = json_get(record, "document");
    return text_equal(json_get_text(named, "sha256"), document->hash) &&
           json_get_number(named, "size") == document->size;
}

// Says of each entry that names it, and answers whether one of them is in force.
static bool print_matches(const struct record_face *face, json_object *records,
                          const struct document *document)
{
    bool holds = false;
    for (size_t i = 0; i < json_object_array_length(records); i++) {
        json_object *record = json_object_array_get_idx(records, i);
        const char *clause = json_get_text(record, "clause"),
                   *name = json_get_text(json_get(record, "document"), "name");
        bool open = text_equal(json_get_text(record, "state"), "open");
        uint64_t number = json_get_number(record, "number");
        if (is_it(record, document))
            printf(_("It is the document of number %" PRIu64 ", clause %s: %s.\n"), number,
                   clause ? clause : "?", _(face->states[open ? RECORD_OPEN : RECORD_ENDED]));
        else if (text_equal(name, document->name))
            printf(_("Number %" PRIu64 ", clause %s, has a document of this name with other "
                     "contents.\n"),
                   number, clause ? clause : "?");
        holds = holds || (open && is_it(record, document));
    }
    return holds;
}

static json_object *matches_of(json_object *records, const struct document *document)
{
    json_object *list = json_object_new_array();
    for (size_t i = 0; i < json_object_array_length(records); i++) {
        json_object *record = json_object_array_get_idx(records, i);
        if (is_it(record, document))
            json_object_array_add(list, json_object_get(record));
    }
    return list;
}

static bool any_is_open(json_object *records)
{
    for (size_t i = 0; i < json_object_array_length(records); i++)
        if (text_equal(json_get_text(json_object_array_get_idx(records, i), "state"), "open"))
            return true;
    return false;
}

static enum cli_exit print_json(json_object *records, const struct document *document)
{
    CLEANUP_JSON json_object *answer = json_object_new_object();
    json_object *matches = matches_of(records, document);
    json_add_text(answer, "name", document->name);
    json_add_text(answer, "sha256", document->hash);
    json_add_number(answer, "size", document->size);
    json_add(answer, "records", matches);
    cli_print_json(answer);
    return any_is_open(matches) ? CLI_OK : CLI_FINDING;
}

enum cli_exit record_check_document(const struct record_face *face, int argc, char *argv[],
                                    const struct cli_options *options)
{
    CLEANUP(document_clear) struct document document = {0};
    CLEANUP_JSON json_object *records = NULL;
    CLEANUP_FREE char *why = NULL;
    if (argc != 3)
        return cli_usage(face->command, _("which file? Give one"));
    enum cli_exit status = read_document(face->command, argv[2], &document);
    if (status != CLI_OK)
        return status;
    int r = bus_call_list_records(record_face_form(face)->name, &records, &why);
    if (r < 0)
        return cli_bus_failed(face->command, r, why);
    if (options->json)
        return print_json(records, &document);
    if (print_matches(face, records, &document))
        return CLI_OK;
    puts(_("Nothing that is in force names this file."));
    return CLI_FINDING;
}
