// SPDX-License-Identifier: GPL-3.0-or-later
// The steps of enrolling.
#include "daemon/enrol-keeper.h"

#include "base/file.h"
#include "base/i18n.h"
#include "base/json.h"
#include "base/log.h"
#include "base/text.h"
#include "daemon/enrol-files.h"
#include "daemon/hardware.h"
#include "daemon/person.h"
#include "ledger/query.h"
#include "site/note.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>

#define SEAL_WITHIN_NS (10 * NS_PER_S)
#define MISTAKE_MAX 512 // bytes of the one that a refusal shows

static int record(const struct enrol_keeper *keeper, const struct bus_person *who,
                  const char *outcome, json_object *details, char **ret_why)
{
    char host[256] = "";
    uint64_t sequence;
    (void)gethostname(host, sizeof host - 1);
    CLEANUP_FREE char *name = text_escape(host, strlen(host), sizeof host);
    struct fact *row = recorder_fact(FACT_HOST_ENROLLED, name, outcome, details);
    return person_record(who, keeper->recorder, row, &sequence, ret_why);
}

static int seal(const struct enrol_keeper *keeper, char **ret_why)
{
    uint64_t ticket;
    int r = ledger_seal(keeper->ledger, "enrol", &ticket);
    if (r == 0)
        r = ledger_wait(keeper->ledger, ticket, SEAL_WITHIN_NS);
    return r < 0 ? bus_refuse(r, ret_why, N_("The ledger could not be sealed. See: sekisho status"))
                 : 0;
}

// ---- A request ---------------------------------------------------------------------------------

static int take_opening(void *context, const struct query_row *row)
{
    struct note *note = context;
    CLEANUP_JSON json_object *details = fact_read_details(&row->fact);
    int r = json_take_id(details, "ledger", note->ledger);
    if (r == 0)
        r = json_take_hash(details, "public_key", note->key);
    if (r == 0)
        r = json_take_number(details, "epoch", &note->key_epoch);
    note->key_epoch++; // of the seal that this key signs
    return r < 0 ? r : 1;
}

// The oldest file that is still there names the ledger and the first key that can be pinned.
static int read_opening(const struct enrol_keeper *keeper, struct note *note)
{
    CLEANUP(query_free_paths_p) char **paths = NULL;
    CLEANUP_FREE char *folder = text_format("%s/ledger", keeper->options->state);
    const struct query_filter filter = {.kind = "ledger.opened", .severity = -1};
    size_t n = 0;
    int r = folder ? query_list_months(folder, &paths, &n) : -ENOMEM;
    if (r == 0)
        r = n > 0 ? query_run((const char *const *)paths, 1, &filter, take_opening, note) : 0;
    return r < 0 ? r : r == 0 ? -ENODATA : 0;
}

static int make_note(const struct enrol_keeper *keeper, struct note *ret)
{
    struct ledger_head head;
    struct note note = {.tool = "sekisho " SEKISHO_VERSION, .created_ns = moment_now().wall_ns};
    ledger_get_head(keeper->ledger, &head);
    note.sequence = head.sequence;
    note.epoch = head.epoch;
    memcpy(note.hash, head.hash, DIGEST_SIZE);
    int r = hardware_digest(keeper->places->sys, note.board, note.links);
    if (r == 0)
        r = read_opening(keeper, &note);
    if (r == 0)
        *ret = note;
    return r;
}

// `details` may hold the hardware of an earlier request: a copied disk is found here already.
static bool is_elsewhere(const struct enrol_keeper *keeper, json_object *details)
{
    struct note before = {0}, now = {0};
    return json_take_hash(details, "board", before.board) == 0 &&
           json_take_hash(details, "links", before.links) == 0 &&
           hardware_digest(keeper->places->sys, now.board, now.links) == 0 &&
           !note_is_same_hardware(&before, &now);
}

static json_object *pick(json_object *from, const char *const *keys, size_t n)
{
    json_object *picked = json_object_new_object();
    for (size_t i = 0; i < n; i++) {
        json_object *value = json_get(from, keys[i]);
        if (value)
            json_add(picked, keys[i], json_object_get(value));
    }
    return picked;
}

static int refuse_copy(const struct enrol_keeper *keeper, const struct bus_person *who,
                       json_object *row, char **ret_why)
{
    json_add_text(row, "reason", "copied");
    int r = record(keeper, who, "refused", row, ret_why);
    return r < 0 ? r
                 : bus_refuse(-EACCES, ret_why,
                              N_("These keys were made on other hardware. If this disk was copied, "
                                 "or the PC's mainboard replaced, it needs another identity: sudo "
                                 "sekisho enrol --anew"));
}

static int request(const struct enrol_keeper *keeper, const struct bus_person *who,
                   json_object *details, json_object **ret_answer, char **ret_why)
{
    static const char *const keys[] = {"name", "key_sha256"};
    struct note note;
    json_object *row = pick(details, keys, ELEMENTS(keys));
    if (is_elsewhere(keeper, details))
        return refuse_copy(keeper, who, row, ret_why);
    int r = record(keeper, who, "requested", row, ret_why);
    if (r == 0)
        r = seal(keeper, ret_why);
    if (r < 0)
        return r;
    r = make_note(keeper, &note);
    if (r < 0)
        return bus_refuse(r, ret_why, N_("The ledger could not be read. See: sekisho status"));
    *ret_answer = json_object_new_object();
    json_add(*ret_answer, "note", note_to_object(&note));
    return 0;
}

// ---- A bundle ----------------------------------------------------------------------------------

// Never downgraded, and never another site's: the command has looked too, but may be an older one.
static int check_version(const struct enrol_keeper *keeper, const struct applied *next,
                         struct applied *ret_current, char **ret_why)
{
    struct applied current = {0};
    int r = enrol_files_read(keeper->places, ENROL_SITE, &current);
    if (r < 0 && r != -ENOENT)
        return bus_refuse(r, ret_why,
                          N_("What is in /var/lib/sekisho/keys/site can't be read. Ask your "
                             "administrator."));
    if (r == 0 && memcmp(current.site, next->site, DIGEST_SIZE) != 0)
        return bus_refuse(-EACCES, ret_why, N_("This workstation belongs to another site."));
    if (r == 0 && current.version >= next->version)
        return bus_refuse(-EACCES, ret_why, N_("A bundle of this version, or a newer one, holds."));
    *ret_current = current;
    return 0;
}

static int refuse_policy(const struct enrol_keeper *keeper, const struct bus_person *who,
                         const struct applied *next, const struct policy_mistakes *mistakes,
                         char **ret_why)
{
    json_object *row = applied_to_object(next);
    const struct policy_mistake *first = &mistakes->items[0];
    CLEANUP_FREE char *line =
        mistakes->n > 0 ? text_format("%s:%u: %s", first->file, first->line, first->what) : NULL;
    CLEANUP_FREE char *shown = line ? text_escape(line, strlen(line), MISTAKE_MAX) : NULL;
    json_add_text(row, "reason", "policy");
    json_add_text(row, "mistake", shown);
    int r = record(keeper, who, "refused", row, ret_why);
    if (r < 0)
        return r;
    *ret_why = text_format("%s\n%s",
                           N_("The bundle's policy does not go together with this PC's own; the "
                              "old one stays:"),
                           shown ? shown : "");
    return -EACCES;
}

static int check_policy(const struct enrol_keeper *keeper, const struct bus_person *who,
                        const struct applied *next, char **ret_why)
{
    CLEANUP(policy_free_p) struct policy *policy = NULL;
    struct policy_mistakes mistakes = {0};
    CLEANUP_CLOSE int site = openat(keeper->places->state, ENROL_NEXT "/" ENROL_POLICY,
                                    O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    int r = site < 0 ? -errno
                     : policy_load_with_site(keeper->places->etc, site, keeper->options->config,
                                             geteuid(), &policy, &mistakes);
    if (r == -EINVAL)
        r = refuse_policy(keeper, who, next, &mistakes, ret_why);
    else if (r < 0)
        (void)bus_refuse(r, ret_why, N_("The bundle's policy can't be read."));
    policy_mistakes_clear(&mistakes);
    return r;
}

// Both folders change places and policy.d/ follows, or neither.
static int put_in_force(const struct enrol_keeper *keeper)
{
    int r = enrol_files_mark(keeper->places, ENROL_NEXT);
    if (r == 0)
        r = enrol_files_exchange(keeper->places);
    if (r < 0)
        return r;
    r = enrol_files_settle(keeper->places);
    if (r == 0)
        return 0;
    int back = enrol_files_exchange(keeper->places);
    if (back == 0)
        back = enrol_files_settle(keeper->places);
    if (back < 0)
        log_error("cannot take back the site's bundle: %s; it holds at the next start",
                  strerror(-back));
    return r;
}

static int record_applied(const struct enrol_keeper *keeper, const struct bus_person *who,
                          const struct applied *applied, uint64_t previous, char **ret_why)
{
    json_object *row = applied_to_object(applied);
    if (previous > 0)
        json_add_number(row, "previous", previous);
    int r = record(keeper, who, "applied", row, ret_why);
    if (r == 0)
        r = enrol_files_unmark(keeper->places);
    return r;
}

static int apply(const struct enrol_keeper *keeper, const struct bus_person *who,
                 json_object **ret_answer, char **ret_why)
{
    struct applied next, current;
    int r = enrol_files_read(keeper->places, ENROL_NEXT, &next);
    if (r < 0)
        return bus_refuse(r, ret_why, N_("No bundle has been put ready: sekisho enrol --bundle"));
    r = check_version(keeper, &next, &current, ret_why);
    if (r == 0)
        r = check_policy(keeper, who, &next, ret_why);
    if (r < 0)
        return r;
    if (!ledger_is_writable(keeper->ledger))
        return bus_refuse(-EIO, ret_why, N_("The ledger takes no rows. See: sekisho status"));
    r = put_in_force(keeper);
    if (r < 0)
        return bus_refuse(r, ret_why,
                          N_("The bundle could not be put in its place; the old one holds. Is the "
                             "disk full?"));
    r = policy_store_load(keeper->policy, "bundle", who);
    if (r < 0)
        log_error("the site's policy was refused although it had been looked at: %s; keeping the "
                  "old one",
                  strerror(-r));
    r = record_applied(keeper, who, &next, current.version, ret_why);
    if (r < 0)
        return r;
    *ret_answer = json_object_new_object();
    json_add_number(*ret_answer, "version", next.version);
    if (current.version > 0)
        json_add_number(*ret_answer, "previous", current.version);
    return 0;
}

// ---- Another identity --------------------------------------------------------------------------

static int begin_anew(const struct enrol_keeper *keeper, const struct bus_person *who,
                      json_object **ret_answer, char **ret_why)
{
    int r = record(keeper, who, "leaving", NULL, ret_why);
    if (r == 0)
        r = seal(keeper, ret_why);
    if (r < 0)
        return r;
    r = enrol_files_ask_anew(keeper->places);
    if (r == 0)
        r = sd_event_exit(keeper->event, 0);
    if (r < 0)
        return bus_refuse(r, ret_why, N_("It could not be noted. Is the disk full?"));
    log_warning("this workstation gets another identity: starting anew");
    *ret_answer = json_object_new_object();
    return 0;
}

// ---- What was refused --------------------------------------------------------------------------

static int record_refusal(const struct enrol_keeper *keeper, const struct bus_person *who,
                          json_object *details, char **ret_why)
{
    static const char *const keys[] = {"reason", "version", "bundle_sha256", "site_sha256"};
    return record(keeper, who, "refused", pick(details, keys, ELEMENTS(keys)), ret_why);
}

int enrol_keeper_run(const struct enrol_keeper *keeper, const struct bus_person *who,
                     const char *step, json_object *details, json_object **ret_answer,
                     char **ret_why)
{
    if (text_equal(step, "request"))
        return request(keeper, who, details, ret_answer, ret_why);
    if (text_equal(step, "bundle"))
        return apply(keeper, who, ret_answer, ret_why);
    if (text_equal(step, "refused"))
        return record_refusal(keeper, who, details, ret_why);
    if (text_equal(step, "anew"))
        return begin_anew(keeper, who, ret_answer, ret_why);
    return bus_refuse(-EINVAL, ret_why, N_("There is no such step of enrolling."));
}

// ---- After a power cut -------------------------------------------------------------------------

static int on_row(void *context, const struct query_row *row)
{
    const struct applied *applied = context;
    CLEANUP_JSON json_object *details = fact_read_details(&row->fact);
    return text_equal(row->fact.outcome, "applied") &&
                   json_get_number(details, "version") == applied->version
               ? 1
               : 0;
}

static bool is_recorded(const struct enrol_keeper *keeper, struct applied *applied)
{
    CLEANUP(query_free_paths_p) char **paths = NULL;
    CLEANUP_FREE char *folder = text_format("%s/ledger", keeper->options->state);
    const struct query_filter filter = {.kind = "host.enrolled", .severity = -1};
    size_t n = 0;
    return folder && query_list_months(folder, &paths, &n) == 0 &&
           query_run((const char *const *)paths, n, &filter, on_row, applied) > 0;
}

void enrol_keeper_finish(const struct enrol_keeper *keeper)
{
    struct applied applied;
    if (!enrol_files_are_marked(keeper->places) ||
        enrol_files_read(keeper->places, ENROL_SITE, &applied) < 0)
        return;
    uint64_t sequence;
    int r = 0;
    if (!is_recorded(keeper, &applied))
        r = recorder_put_and_wait(
            keeper->recorder,
            recorder_fact(FACT_HOST_ENROLLED, applied.name, "applied", applied_to_object(&applied)),
            &sequence);
    if (r == 0)
        r = enrol_files_unmark(keeper->places);
    if (r < 0)
        log_warning("cannot record the site's bundle: %s, trying again at the next start",
                    strerror(-r));
}

// ---- Status ------------------------------------------------------------------------------------

json_object *enrol_keeper_describe(const struct places *places)
{
    struct applied applied;
    json_object *object = json_object_new_object();
    int r = enrol_files_read(places, ENROL_SITE, &applied);
    json_add_bool(object, "enrolled", r == 0);
    if (r < 0)
        return object;
    json_add_text(object, "site", applied.site_name);
    json_add_hash(object, "site_sha256", applied.site);
    json_add_text(object, "name", applied.name);
    json_add_text(object, "identity", applied.ledger);
    json_add_number(object, "bundle", applied.version);
    json_add_number(object, "signed_at_ns", applied.signed_ns);
    return object;
}
