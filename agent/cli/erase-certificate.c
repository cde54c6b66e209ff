// SPDX-License-Identifier: GPL-3.0-or-later
// The certificate of erasure, from what the agent answered or from the ledger.
#include "cli/erase-parts.h"
#include "cli/form.h"
#include "cli/site.h"

#include "base/file.h"
#include "base/json.h"
#include "base/text.h"
#include "ledger/query.h"
#include "report/opening.h"

#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <inttypes.h>
#include <limits.h>
#include <string.h>

// ---- The document that the form is filled from -------------------------------------------------

static json_object *text_or_null(const char *text)
{
    return text ? json_object_new_string(text) : NULL;
}

static void set(json_object *object, const char *key, json_object *value)
{
    if (json_object_object_add(object, key, value) < 0)
        abort(); // lack of memory, as in base/json.c
}

// Every key that a form may name, null where there is nothing.
static json_object *make_file(json_object *file, size_t number)
{
    static const char *const texts[] = {"path", "sha256", "level", "error", "luks"};
    json_object *made = json_object_new_object();
    json_add_number(made, "number", number);
    for (size_t i = 0; i < ELEMENTS(texts); i++)
        set(made, texts[i], text_or_null(json_get_text(file, texts[i])));
    json_add_number(made, "size", json_get_number(file, "size"));
    json_object *gone = json_get(file, "gone"), *seen = json_get(file, "seen");
    set(made, "gone",
        json_object_new_string(!gone                           ? "unknown"
                               : json_object_get_boolean(gone) ? "yes"
                                                               : "no"));
    set(made, "seen",
        json_object_new_string(!seen                           ? "unknown"
                               : json_object_get_boolean(seen) ? "yes"
                                                               : "no"));
    return made;
}

static json_object *make_files(json_object *files, bool *ret_whole)
{
    json_object *list = json_object_new_array();
    for (size_t i = 0; i < json_object_array_length(files); i++) {
        json_object *file = json_object_array_get_idx(files, i);
        const char *level = json_get_text(file, "level");
        json_object *gone = json_get(file, "gone");
        *ret_whole = *ret_whole && level && (!gone || json_object_get_boolean(gone));
        json_object_array_add(list, make_file(file, i + 1));
    }
    return list;
}

static json_object *make_document(json_object *certificate)
{
    static const char *const keys[] = {"month", "hash", "head_code"};
    json_object *document = json_object_new_object(), *ledger = json_get(certificate, "ledger");
    char at[40];
    bool whole = true;
    moment_to_iso(json_get_number(certificate, "at_ns"), at);
    json_add_number(document, "number", json_get_number(certificate, "whole"));
    set(document, "host", text_or_null(json_get_text(certificate, "host")));
    set(document, "user", text_or_null(json_get_text(certificate, "user")));
    json_add_number(document, "uid", json_get_number(certificate, "uid"));
    set(document, "reason", text_or_null(json_get_text(certificate, "reason")));
    json_add_text(document, "at", at);
    json_add_text(document, "version", SEKISHO_VERSION);
    set(document, "rows", json_object_get(json_get(certificate, "rows")));
    json_object *files = make_files(json_get(certificate, "files"), &whole);
    json_add_number(document, "count", json_object_array_length(files));
    set(document, "files", files);
    json_add_bool(document, "complete", whole);
    json_object *made = ledger ? json_object_new_object() : NULL;
    for (size_t i = 0; made && i < ELEMENTS(keys); i++)
        set(made, keys[i], text_or_null(json_get_text(ledger, keys[i])));
    if (made) {
        json_add_number(made, "sequence", json_get_number(ledger, "sequence"));
        json_add_number(made, "epoch", json_get_number(ledger, "epoch"));
    }
    set(document, "ledger", made);
    return document;
}

// ---- Forms -------------------------------------------------------------------------------------

static enum cli_exit render(json_object *document, const char *language, const char *kind,
                            char **ret)
{
    CLEANUP_FREE char *name = text_format("erasure.%s.%s", language, kind);
    return name ? form_fill_html(&cmd_erase, name, document, ret)
                : cli_read_failed(&cmd_erase, -ENOMEM, "erasure");
}

static const char *const languages[] = {"ja", "en"}, *const kinds[] = {"html", "txt"};

static enum cli_exit write_one(json_object *document, const char *folder, const char *language,
                               const char *kind)
{
    CLEANUP_FREE char *text = NULL,
                      *path = text_format("%s/certificate-%" PRIu64 ".%s.%s", folder,
                                          json_get_number(document, "number"), language, kind);
    enum cli_exit status = render(document, language, kind, &text);
    if (status != CLI_OK)
        return status;
    int r = path ? file_replace_at(AT_FDCWD, path, 0640, text, strlen(text)) : -ENOMEM;
    return r < 0 ? cli_read_failed(&cmd_erase, r, path ? path : folder) : CLI_OK;
}

enum cli_exit erase_certificate_write(json_object *certificate, const char *folder)
{
    CLEANUP_JSON json_object *document = make_document(certificate);
    enum cli_exit status = CLI_OK;
    for (size_t i = 0; i < ELEMENTS(languages); i++)
        for (size_t k = 0; status == CLI_OK && k < ELEMENTS(kinds); k++)
            status = write_one(document, folder, languages[i], kinds[k]);
    return status;
}

// ---- From the ledger ---------------------------------------------------------------------------

struct collection {
    uint64_t number;
    json_object *certificate, *files, *rows, *begun; // the last: details by number, not ended
    uint64_t last;                                   // row of it
};

static void collection_clear(struct collection *all)
{
    json_object_put(all->certificate);
    json_object_put(all->begun);
}

static void take_head(struct collection *all, const struct query_row *row, json_object *details)
{
    json_add_text(all->certificate, "user", row->fact.user);
    json_add_number(all->certificate, "uid", row->fact.uid);
    json_add_text(all->certificate, "reason", json_get_text(details, "reason"));
}

static void take_files(struct collection *all, json_object *files)
{
    size_t n = json_object_is_type(files, json_type_array) ? json_object_array_length(files) : 0;
    for (size_t i = 0; i < n; i++)
        json_object_array_add(all->files, json_object_get(json_object_array_get_idx(files, i)));
}

static int take_row(void *context, const struct query_row *row)
{
    struct collection *all = context;
    CLEANUP_JSON json_object *details = fact_read_details(&row->fact);
    bool begins = row->fact.kind == FACT_ERASE_BEGUN;
    uint64_t whole = json_get_number(details, "whole");
    bool first = begins && !whole && row->sequence == all->number;
    if (!first && whole != all->number)
        return 0;
    char key[32];
    (void)snprintf(key, sizeof key, "%" PRIu64,
                   begins ? row->sequence : json_get_number(details, "number"));
    if (first)
        take_head(all, row, details);
    if (begins) {
        json_add(all->begun, key, json_object_get(json_get(details, "files")));
    } else {
        json_object_object_del(all->begun, key);
        take_files(all, json_get(details, "files"));
    }
    all->last = row->sequence;
    json_add_number(all->certificate, "at_ns", row->fact.at.wall_ns);
    json_object_array_add(all->rows, json_object_new_uint64(row->sequence));
    return 0;
}

static int take_seal(void *context, const struct query_row *row)
{
    json_object *ledger = json_section(context, "ledger");
    char month[MONTH_TEXT_SIZE];
    moment_to_month(row->fact.at.wall_ns, month);
    json_add_text(ledger, "month", month);
    json_add_number(ledger, "sequence", row->sequence);
    return 1; // the first behind it is the one
}

static int read_rows(const char *state, struct collection *all)
{
    CLEANUP(query_free_paths_p) char **paths = NULL;
    CLEANUP_FREE char *folder = text_format("%s/ledger", state);
    struct opening opening = {0};
    size_t n;
    int r = folder ? query_list_months(folder, &paths, &n) : -ENOMEM;
    if (r < 0)
        return r;
    struct query_filter filter = {
        .kind = "erase.*", .after_sequence = all->number - 1, .severity = -1};
    r = query_run((const char *const *)paths, n, &filter, take_row, all);
    if (r < 0 || all->last == 0)
        return r;
    filter =
        (struct query_filter){.kind = "ledger.sealed", .after_sequence = all->last, .severity = -1};
    r = query_run((const char *const *)paths, n, &filter, take_seal, all->certificate);
    if (r >= 0 && n > 0 && opening_read(paths[n - 1], &opening) == 0)
        json_add_text(all->certificate, "host", opening.host);
    opening_clear(&opening);
    return r < 0 ? r : 0;
}

static int collect(const char *state, uint64_t number, struct collection *ret)
{
    *ret = (struct collection){.number = number,
                               .certificate = json_object_new_object(),
                               .files = json_object_new_array(),
                               .rows = json_object_new_array(),
                               .begun = json_object_new_object()};
    json_add(ret->certificate, "files", ret->files);
    json_add(ret->certificate, "rows", ret->rows);
    json_add_number(ret->certificate, "whole", number);
    int r = read_rows(state, ret);
    if (r < 0 || ret->last == 0)
        return r < 0 ? r : -ENODATA;
    json_object_object_foreach(ret->begun, key, files) // the program was killed, the power cut
    {
        (void)key;
        take_files(ret, files);
    }
    return 0;
}

static enum cli_exit show(struct collection *all, const char *folder,
                          const struct cli_options *options)
{
    CLEANUP_JSON json_object *document = make_document(all->certificate);
    CLEANUP_FREE char *text = NULL;
    enum cli_exit status = CLI_OK;
    const char *messages = setlocale(LC_MESSAGES, NULL);
    if (folder)
        status = erase_certificate_write(all->certificate, folder);
    if (status == CLI_OK && options->json)
        cli_print_json(document);
    else if (status == CLI_OK && !folder)
        status = render(document, messages && strncmp(messages, "ja", 2) == 0 ? "ja" : "en", "txt",
                        &text);
    if (status == CLI_OK && text)
        fputs(text, stdout);
    return status != CLI_OK ? status : json_get_bool(document, "complete") ? CLI_OK : CLI_FINDING;
}

enum cli_exit erase_certificate_print(int argc, char *argv[], const struct cli_options *options)
{
    static const struct option names[] = {{"certificate", required_argument, NULL, 'c'},
                                          {"state", required_argument, NULL, 'd'},
                                          {NULL, 0, NULL, 0}};
    CLEANUP(collection_clear) struct collection all = {0};
    const char *folder = NULL, *state = CLI_STATE_FOLDER;
    uint64_t number;
    int option;
    opterr = 0;
    optind = 0;
    while ((option = getopt_long(argc, argv, ":", names, NULL)) != -1) {
        if (option != 'c' && option != 'd')
            return cli_bad_option(&cmd_erase, option, argv[optind - 1]);
        *(option == 'c' ? &folder : &state) = optarg;
    }
    if (optind + 1 != argc || text_to_u64(argv[optind], 10, INT64_MAX, &number) < 0 || number == 0)
        return cli_usage(&cmd_erase, _("which certificate? Give its number"));
    (void)site_use_zone(NULL);
    int r = collect(state, number, &all);
    if (r == -ENODATA) {
        cli_error(&cmd_erase, _("the ledger has no erasing of number %" PRIu64), number);
        return CLI_FAILED;
    }
    return r < 0 ? cli_read_failed(&cmd_erase, r, state) : show(&all, folder, options);
}
