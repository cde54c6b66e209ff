// SPDX-License-Identifier: GPL-3.0-or-later
// Two rows for each erasing, of which the second is held against the first.
#include "daemon/erase-keeper.h"

#include "base/i18n.h"
#include "base/json.h"
#include "base/moment.h"
#include "base/text.h"
#include "bus/bus.h"
#include "daemon/erase-look.h"
#include "daemon/person.h"
#include "fact/erasure.h"
#include "ledger/query.h"

#include <errno.h>
#include <inttypes.h>
#include <limits.h>
#include <string.h>

#define FILES_MAX 100
#define REASON_MAX 512
#define PATH_TEXT_MAX 8192
#define PACE_ROWS 240 // … in a minute, from everybody together
#define PACE_NS (60 * NS_PER_S)
#define SEAL_WITHIN_NS (10 * NS_PER_S)

static bool may_come_now(struct erase_pace *pace)
{
    uint64_t now_ns = moment_now().monotonic_ns;
    if (pace->n == 0 || now_ns - pace->since_ns > PACE_NS)
        *pace = (struct erase_pace){.since_ns = now_ns};
    return pace->n++ < PACE_ROWS;
}

static json_object *files_of(json_object *details)
{
    json_object *files = json_get(details, "files");
    size_t n = json_object_is_type(files, json_type_array) ? json_object_array_length(files) : 0;
    return n > 0 && n <= FILES_MAX ? files : NULL;
}

// ---- A row that was made before ----------------------------------------------------------------

struct search {
    uint64_t number;
    json_object *begun; // its details; owned
    uint32_t uid;
    bool ended;
};

static void search_clear(struct search *search)
{
    json_object_put(search->begun);
}

static int on_row(void *context, const struct query_row *row)
{
    struct search *search = context;
    CLEANUP_JSON json_object *details = fact_read_details(&row->fact);
    if (row->fact.kind == FACT_ERASE_BEGUN && row->sequence == search->number) {
        search->uid = row->fact.uid;
        search->begun = TAKE_PTR(details);
    } else if (row->fact.kind == FACT_ERASE_DONE) {
        search->ended = search->ended || json_get_number(details, "number") == search->number;
    }
    return 0;
}

// From the ledger, because the agent may have been killed meanwhile.
static int search_for(const struct erase_keeper *keeper, const char *number, struct search *ret)
{
    CLEANUP(query_free_paths_p) char **paths = NULL;
    CLEANUP_FREE char *folder = text_format("%s/ledger", keeper->state);
    size_t n;
    int r = text_to_u64(number, 10, INT64_MAX, &ret->number);
    if (r < 0 || ret->number == 0)
        return -EINVAL;
    const struct query_filter filter = {
        .kind = "erase.*", .after_sequence = ret->number - 1, .severity = -1};
    r = folder ? query_list_months(folder, &paths, &n) : -ENOMEM;
    return r < 0 ? r : query_run((const char *const *)paths, n, &filter, on_row, ret);
}

static int find_begun(const struct erase_keeper *keeper, const struct bus_person *who,
                      const char *number, struct search *ret, char **ret_why)
{
    int r = search_for(keeper, number, ret);
    if (r < 0 && r != -EINVAL)
        return bus_refuse(r, ret_why, N_("The ledger could not be read. See: sekisho status"));
    if (r < 0 || !ret->begun || !files_of(ret->begun))
        return bus_refuse(-ENOENT, ret_why, N_("No erasing was begun under this number."));
    if (ret->uid != who->uid)
        return bus_refuse(-EACCES, ret_why, N_("This erasing was begun by another person."));
    return 0;
}

// ---- Rows --------------------------------------------------------------------------------------

static int put(const struct erase_keeper *keeper, const struct bus_person *who, enum fact_kind kind,
               const char *outcome, json_object *details, uint64_t *ret_sequence, char **ret_why)
{
    json_object *files = json_get(details, "files");
    size_t n = json_object_array_length(files);
    const char *first = json_get_text(json_object_array_get_idx(files, 0), "path");
    CLEANUP_FREE char *object = n == 1 ? text_dup(first) : text_format("%s (+%zu)", first, n - 1);
    struct fact *row = recorder_fact(kind, object, outcome, json_object_get(details));
    if (!row || !object) {
        fact_free(row);
        return bus_refuse(-ENOMEM, ret_why, N_("No memory."));
    }
    person_sign(row, who);
    int r = recorder_put_and_wait(keeper->recorder, row, ret_sequence);
    return r == 0 ? 0 : bus_refuse(r, ret_why, N_("The ledger takes no rows. See: sekisho status"));
}

// ---- Beginning ---------------------------------------------------------------------------------

static bool is_hash(const char *text)
{
    uint8_t hash[DIGEST_SIZE];
    return !text || text_unhex(text, DIGEST_SIZE, hash) == 0;
}

static enum erase_sight see(const struct erase_look *look, json_object *file, uint32_t *ret_owner)
{
    const char *path = json_get_text(file, "path"), *luks = json_get_text(file, "luks");
    uint64_t inode = json_get_number(file, "inode");
    return luks ? erase_look_at_container(look, path, inode, luks, ret_owner)
                : erase_look_at(look, path, inode, ret_owner);
}

// Of a container: whoever destroys its keys says that no other copy of its header exists, which
// nobody can see.
static bool takes_container(json_object *said)
{
    const char *luks = json_get_text(said, "luks");
    char uuid[UUID_TEXT_SIZE];
    return !luks || (text_to_uuid(luks, uuid) == 0 && text_equal(luks, uuid) &&
                     text_equal(json_get_text(said, "header_backup"), "none"));
}

// What the caller says of a file, and what root sees of it. NULL: it is not what this takes.
static json_object *take_file(const struct erase_look *look, json_object *said)
{
    const char *path = json_get_text(said, "path"), *hash = json_get_text(said, "sha256");
    uint64_t inode = json_get_number(said, "inode");
    uint32_t owner = 0;
    if (!path || path[0] != '/' || strlen(path) > PATH_TEXT_MAX || !is_hash(hash) ||
        !takes_container(said))
        return NULL;
    json_object *file = json_object_new_object();
    json_add_text(file, "path", path);
    json_add_number(file, "inode", inode);
    json_add_number(file, "size", json_get_number(said, "size"));
    json_add_text(file, "sha256", hash);
    json_add_text(file, "luks", json_get_text(said, "luks"));
    if (json_get(file, "luks"))
        json_add_text(file, "header_backup", "none");
    enum erase_sight sight = see(look, file, &owner);
    if (sight != ERASE_UNKNOWN)
        json_add_bool(file, "seen", sight == ERASE_THERE);
    if (sight == ERASE_THERE)
        json_add_number(file, "owner", owner);
    return file;
}

static int take_files(json_object *said, json_object *row, char **ret_why)
{
    CLEANUP(erase_look_end) struct erase_look look = {.root = -1};
    json_object *files = json_object_new_array();
    json_add(row, "files", files);
    int r = erase_look_begin(&look);
    if (r < 0)
        return bus_refuse(r, ret_why, N_("The mounts of this machine could not be read."));
    for (size_t i = 0; i < json_object_array_length(said); i++) {
        json_object *file = take_file(&look, json_object_array_get_idx(said, i));
        if (!file)
            return bus_refuse(-EINVAL, ret_why,
                              N_("A file is named by its whole path, its inode and "
                                 "its size."));
        json_object_array_add(files, file);
    }
    return 0;
}

static int take_reason(json_object *details, json_object *row, char **ret_why)
{
    const char *reason = json_get_text(details, "reason");
    if (reason && strlen(reason) > REASON_MAX)
        return bus_refuse(-EINVAL, ret_why, N_("The reason is too long."));
    json_add_text(row, "reason", reason);
    return 0;
}

// The certificate that it belongs to; its own if there is none yet.
static int take_whole(const struct erase_keeper *keeper, const struct bus_person *who,
                      json_object *details, json_object *row, char **ret_why)
{
    CLEANUP(search_clear) struct search first = {0};
    const char *whole = json_get_text(details, "whole");
    if (!whole)
        return 0;
    int r = find_begun(keeper, who, whole, &first, ret_why);
    if (r < 0)
        return r;
    json_add_number(row, "whole", first.number);
    return 0;
}

int erase_keeper_begin(const struct erase_keeper *keeper, const struct bus_person *who,
                       json_object *details, json_object **ret_answer, char **ret_why)
{
    CLEANUP_JSON json_object *row = json_object_new_object();
    json_object *said = files_of(details);
    uint64_t sequence;
    if (!said)
        return bus_refuse(-EINVAL, ret_why, N_("Name 1 to 100 files at a time."));
    if (!may_come_now(keeper->pace))
        return bus_refuse(-EBUSY, ret_why,
                          N_("Too much is being erased at once; try again in a "
                             "minute."));
    int r = take_reason(details, row, ret_why);
    if (r == 0)
        r = take_whole(keeper, who, details, row, ret_why);
    if (r == 0)
        r = take_files(said, row, ret_why);
    if (r == 0)
        r = put(keeper, who, FACT_ERASE_BEGUN, "begun", row, &sequence, ret_why);
    if (r < 0)
        return r;
    uint64_t whole = json_get_number(row, "whole");
    *ret_answer = json_object_new_object();
    json_add_number(*ret_answer, "number", sequence);
    json_add_number(*ret_answer, "whole", whole ? whole : sequence);
    return 0;
}

// ---- Ending ------------------------------------------------------------------------------------

// Adds what is said of a file's end, and what root sees, to what was recorded before. false: it is
// not what this takes.
static bool end_file(const struct erase_look *look, json_object *file, json_object *said,
                     bool *all_gone)
{
    const char *name = json_get_text(said, "level"), *error = json_get_text(said, "error");
    enum erase_level level;
    uint32_t owner;
    if (!!name == !!error || (name && erase_level_from_str(name, &level) < 0) ||
        (error && strlen(error) > REASON_MAX))
        return false;
    if (name && (level == ERASE_CRYPTO) != !!json_get(file, "luks"))
        return false; // of a container nothing else, and of nothing else this
    enum erase_sight sight = see(look, file, &owner);
    json_add_text(file, "level", name);
    json_add_text(file, "error", error);
    if (sight != ERASE_UNKNOWN)
        json_add_bool(file, "gone", sight == ERASE_ABSENT);
    *all_gone = *all_gone && name && sight != ERASE_THERE;
    return true;
}

static int end_files(json_object *files, json_object *said, bool *ret_all_gone, char **ret_why)
{
    CLEANUP(erase_look_end) struct erase_look look = {.root = -1};
    int r = erase_look_begin(&look);
    if (r < 0)
        return bus_refuse(r, ret_why, N_("The mounts of this machine could not be read."));
    *ret_all_gone = true;
    for (size_t i = 0; i < json_object_array_length(files); i++)
        if (!end_file(&look, json_object_array_get_idx(files, i),
                      json_object_array_get_idx(said, i), ret_all_gone))
            return bus_refuse(-EINVAL, ret_why,
                              N_("Of each file either how it was erased or why not "
                                 "is said."));
    return 0;
}

// So that what stands on the certificate can be proven by “sekisho verify”. The rows are durable
// already; without a seal of its own it says so and is proven by the next one.
static void seal(const struct erase_keeper *keeper, json_object *answer)
{
    struct ledger_head head;
    char hash[DIGEST_TEXT_SIZE], code[40];
    uint64_t ticket;
    int r = ledger_seal(keeper->ledger, "erase", &ticket);
    if (r == 0)
        r = ledger_wait(keeper->ledger, ticket, SEAL_WITHIN_NS);
    if (r < 0)
        return;
    ledger_get_head(keeper->ledger, &head);
    ledger_head_code(&head, code);
    text_hex(head.hash, DIGEST_SIZE, hash);
    json_object *ledger = json_section(answer, "ledger");
    json_add_text(ledger, "month", head.month);
    json_add_number(ledger, "sequence", head.sequence);
    json_add_number(ledger, "epoch", head.epoch);
    json_add_text(ledger, "hash", hash);
    json_add_text(ledger, "head_code", code);
}

static json_object *answer_with(const struct bus_person *who, uint64_t sequence, json_object *row)
{
    char host[256] = "";
    json_object *answer = json_object_get(row);
    (void)gethostname(host, sizeof host - 1);
    json_add_number(answer, "sequence", sequence);
    json_add_text(answer, "user", who->name);
    json_add_number(answer, "uid", who->uid);
    json_add_number(answer, "at_ns", moment_now().wall_ns);
    json_add_text(answer, "host", host);
    return answer;
}

int erase_keeper_end(const struct erase_keeper *keeper, const struct bus_person *who,
                     const char *number, json_object *details, json_object **ret_answer,
                     char **ret_why)
{
    CLEANUP(search_clear) struct search found = {0};
    json_object *said = files_of(details);
    uint64_t sequence;
    bool all_gone = false;
    if (!may_come_now(keeper->pace))
        return bus_refuse(-EBUSY, ret_why,
                          N_("Too much is being erased at once; try again in a "
                             "minute."));
    int r = find_begun(keeper, who, number, &found, ret_why);
    if (r < 0)
        return r;
    json_object *files = files_of(found.begun);
    if (found.ended)
        return bus_refuse(-EINVAL, ret_why, N_("What became of these files is recorded already."));
    if (!said || json_object_array_length(said) != json_object_array_length(files))
        return bus_refuse(-EINVAL, ret_why, N_("Something is said of each file that was begun."));
    r = end_files(files, said, &all_gone, ret_why);
    if (r < 0)
        return r;
    uint64_t whole = json_get_number(found.begun, "whole");
    json_add_number(found.begun, "number", found.number);
    json_add_number(found.begun, "whole", whole ? whole : found.number);
    r = put(keeper, who, FACT_ERASE_DONE, all_gone ? "erased" : "failed", found.begun, &sequence,
            ret_why);
    if (r < 0)
        return r;
    CLEANUP_JSON json_object *answer = answer_with(who, sequence, found.begun);
    if (json_get_bool(details, "last"))
        seal(keeper, answer);
    *ret_answer = TAKE_PTR(answer);
    return 0;
}
