// SPDX-License-Identifier: GPL-3.0-or-later
// The two rows of an erasing, by way of the agent.
#include "cli/erase-parts.h"

#include "base/json.h"
#include "base/text.h"
#include "bus/bus.h"

#include <errno.h>
#include <inttypes.h>
#include <limits.h>
#include <string.h>
#include <unistd.h>

#define TRIES 40
#define TRY_AGAIN_S 2

static json_object *describe_before(const struct erase_file *file)
{
    json_object *object = json_object_new_object();
    CLEANUP_FREE char *path = text_escape(file->path, strlen(file->path), PATH_MAX);
    json_add_text(object, "path", path);
    json_add_number(object, "inode", file->inode);
    json_add_number(object, "size", file->size);
    json_add_text(object, "sha256", file->hash[0] ? file->hash : NULL);
    if (file->luks[0]) {
        json_add_text(object, "luks", file->luks);
        json_add_text(object, "header_backup", "none"); // as its person has said
    }
    return object;
}

static json_object *describe_after(const struct erase_file *file)
{
    json_object *object = json_object_new_object();
    if (file->gone && !file->why)
        json_add_text(object, "level", erase_level_to_str(erase_level_of(&file->evidence)));
    else
        json_add_text(object, "error", file->why ? file->why : "not erased");
    return object;
}

static json_object *describe(const struct erase_file *files, size_t n,
                             json_object *(*one)(const struct erase_file *))
{
    json_object *details = json_object_new_object(), *list = json_object_new_array();
    json_add(details, "files", list);
    for (size_t i = 0; i < n; i++)
        json_object_array_add(list, one(&files[i]));
    return details;
}

static enum cli_exit failed(int r, const char *why)
{
    return cli_bus_failed(&cmd_erase, r, why);
}

enum cli_exit erase_record_begin(struct erase_job *job, const struct erase_file *files, size_t n,
                                 uint64_t *ret_number)
{
    CLEANUP_JSON json_object *details = describe(files, n, describe_before), *answer = NULL;
    CLEANUP_FREE char *why = NULL, *whole = text_format("%" PRIu64, job->whole);
    json_add_text(details, "reason", job->reason);
    if (job->whole)
        json_add_text(details, "whole", whole);
    int r = bus_call_begin_erasure(details, &answer, &why);
    for (int i = 0; r == -EBUSY && i < TRIES; i++) { // others erase, too
        (void)sleep(TRY_AGAIN_S);
        free(TAKE_PTR(why));
        r = bus_call_begin_erasure(details, &answer, &why);
    }
    if (r < 0)
        return failed(r, why);
    *ret_number = json_get_number(answer, "number");
    job->whole = json_get_number(answer, "whole");
    return CLI_OK;
}

// The certificate is made of every answer: the files of all, the seal of the last.
static void collect(struct erase_job *job, json_object *answer)
{
    json_object *rows = NULL;
    if (!job->certificate) {
        job->certificate = json_object_get(answer);
        rows = json_object_new_array();
        json_add(job->certificate, "rows", rows);
    } else {
        json_object *all = json_get(job->certificate, "files"), *more = json_get(answer, "files");
        for (size_t i = 0; i < json_object_array_length(more); i++)
            json_object_array_add(all, json_object_get(json_object_array_get_idx(more, i)));
        json_object *ledger = json_get(answer, "ledger");
        if (ledger)
            json_add(job->certificate, "ledger", json_object_get(ledger));
        rows = json_get(job->certificate, "rows");
    }
    json_object_array_add(rows, json_object_new_uint64(json_get_number(answer, "sequence")));
}

enum cli_exit erase_record_end(struct erase_job *job, uint64_t number,
                               const struct erase_file *files, size_t n)
{
    CLEANUP_JSON json_object *details = describe(files, n, describe_after), *answer = NULL;
    CLEANUP_FREE char *why = NULL, *text = text_format("%" PRIu64, number);
    json_add_bool(details, "last", true); // a seal for each, in case no other one follows
    int r = text ? bus_call_end_erasure(text, details, &answer, &why) : -ENOMEM;
    for (int i = 0; (r == -EBUSY || r == -ENOTCONN) && i < TRIES; i++) { // it may be restarting
        (void)sleep(TRY_AGAIN_S);
        free(TAKE_PTR(why));
        r = bus_call_end_erasure(text, details, &answer, &why);
    }
    if (r < 0)
        return failed(r, why);
    collect(job, answer);
    return CLI_OK;
}
