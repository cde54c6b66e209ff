// SPDX-License-Identifier: GPL-3.0-or-later
// When, and whether the clock that says so can be believed; then rows, a seal, and the removal.
#include "daemon/prune-keeper.h"

#include "base/file.h"
#include "base/i18n.h"
#include "base/json.h"
#include "base/log.h"
#include "base/text.h"
#include "bus/bus.h"
#include "daemon/exports.h"
#include "daemon/person.h"
#include "daemon/two-clocks.h"
#include "ledger/prune.h"
#include "ledger/query.h"
#include "report/finding.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>

#define SEAL_WITHIN_NS (10 * NS_PER_S)

// What is known before anything is removed.
struct look {
    char *folder;
    char **paths;
    size_t n_paths;
    struct prune_month *months;
    size_t n;
    json_object *unexported; // a key for each month that was never exported whole
    char end[DAY_TEXT_SIZE]; // last day of the contract: the latest that any row or the policy has
    uint64_t from_ns;        // from when on months may go
    uint64_t now_ns;         // as far as the clock can be believed
    bool hole;               // after the contract's end there are months without a file
};

static void look_clear(struct look *look)
{
    free(look->folder);
    query_free_paths(look->paths);
    free(look->months);
    json_object_put(look->unexported);
}

// ---- Looking -----------------------------------------------------------------------------------

// A later end that the policy once had still holds.
static int on_policy(void *context, const struct query_row *row)
{
    struct look *look = context;
    CLEANUP_JSON json_object *details = fact_read_details(&row->fact);
    const char *end = json_get_text(details, "contract_end");
    if (end && strlen(end) == DAY_TEXT_SIZE - 1 && strcmp(end, look->end) > 0)
        memcpy(look->end, end, DAY_TEXT_SIZE);
    return 0;
}

static unsigned months_since_year_0(const char *month)
{
    return (unsigned)(strtoul(month, NULL, 10) * 12 + strtoul(month + 5, NULL, 10));
}

// A machine that is used makes a file each month. Where one is missing behind the contract's end,
// it was off, or the clock was set forward: the ledger can't tell which.
static bool has_hole(const struct look *look)
{
    unsigned last = months_since_year_0(look->end);
    for (size_t i = 0; i < look->n_paths; i++) {
        unsigned month = months_since_year_0(text_basename(look->paths[i]));
        if (month > last + 1)
            return true;
        if (month > last)
            last = month;
    }
    char now[MONTH_TEXT_SIZE];
    moment_to_month(look->now_ns, now);
    return months_since_year_0(now) > last + 1;
}

static int find_end(const struct policy *policy, struct look *look)
{
    const struct query_filter filter = {.kind = "policy.loaded", .severity = -1};
    uint64_t end_ns;
    moment_to_last_day(policy->contract_end_ns, look->end);
    int r = query_run((const char *const *)look->paths, look->n_paths, &filter, on_policy, look);
    if (r == 0)
        r = moment_parse_until(look->end, &end_ns);
    if (r < 0)
        return r;
    look->from_ns = finding_prune_ns(end_ns);
    return 0;
}

static int take_look(const struct prune_keeper *keeper, const struct policy *policy,
                     struct look *look)
{
    look->folder = text_format("%s/ledger", keeper->state);
    look->now_ns = two_clocks_read(keeper->begun, keeper->ledger).earliest_ns;
    int r = look->folder ? query_list_months(look->folder, &look->paths, &look->n_paths) : -ENOMEM;
    if (r == 0)
        r = prune_list(look->folder, &look->months, &look->n);
    if (r == 0)
        r = exports_list_missing(keeper->state, &look->unexported);
    if (r == 0)
        r = find_end(policy, look);
    if (r == 0)
        look->hole = has_hole(look);
    return r;
}

// ---- Answering ---------------------------------------------------------------------------------

static json_object *describe(const struct look *look, bool removed)
{
    json_object *answer = json_object_new_object(), *list = json_object_new_array();
    for (size_t i = 0; i < look->n; i++) {
        const struct prune_month *month = &look->months[i];
        json_object *object = json_object_new_object();
        json_add_text(object, "month", month->pruned.month);
        json_add_number(object, "first", month->pruned.first);
        json_add_number(object, "last", month->pruned.last);
        json_add_number(object, "bytes", month->bytes);
        json_add_bool(object, "exported", !json_get(look->unexported, month->pruned.month));
        json_object_array_add(list, object);
    }
    json_add(answer, "months", list);
    json_add_text(answer, "contract_end", look->end);
    json_add_number(answer, "from_ns", look->from_ns);
    json_add_bool(answer, "due", look->now_ns >= look->from_ns);
    json_add_bool(answer, "doubtful_clock", look->hole);
    json_add_bool(answer, "removed", removed);
    return answer;
}

// ---- Removing ----------------------------------------------------------------------------------

static int put_row(const struct prune_keeper *keeper, const struct bus_person *who,
                   const struct look *look, const struct prune_month *month, const char *today)
{
    struct pruned pruned = month->pruned;
    json_object *details;
    uint64_t sequence;
    memcpy(pruned.contract_end, look->end, sizeof pruned.contract_end);
    (void)snprintf(pruned.today, sizeof pruned.today, "%s", today ? today : "");
    int r = pruned_to_object(&pruned, &details);
    if (r < 0)
        return r;
    struct fact *row = recorder_fact(FACT_LEDGER_PRUNED, pruned.month, "removed", details);
    if (!row)
        return -ENOMEM;
    person_sign(row, who);
    return recorder_put_and_wait(keeper->recorder, row, &sequence);
}

static int put_rows(const struct prune_keeper *keeper, const struct bus_person *who,
                    const struct look *look, const char *today)
{
    uint64_t ticket;
    int r = 0;
    for (size_t i = 0; r == 0 && i < look->n; i++)
        r = put_row(keeper, who, look, &look->months[i], today);
    if (r == 0)
        r = ledger_seal(keeper->ledger, "prune", &ticket);
    return r < 0 ? r : ledger_wait(keeper->ledger, ticket, SEAL_WITHIN_NS);
}

static int remove_files(const struct look *look)
{
    CLEANUP_CLOSE int folder = open(look->folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    int r = folder < 0 ? -errno : 0;
    for (size_t i = 0; r == 0 && i < look->n; i++)
        r = prune_remove(folder, look->months[i].pruned.month);
    return r;
}

static int check_clock(const struct look *look, const char *today, char **ret_why)
{
    char now[DAY_TEXT_SIZE];
    moment_to_day(look->now_ns, now);
    if (look->now_ns < look->from_ns)
        return bus_refuse(-EACCES, ret_why,
                          N_("It is too early: one year has to pass after the contract's end."));
    if (today && !text_equal(today, now))
        return bus_refuse(-EACCES, ret_why,
                          N_("The clock says another day than you do. Set it right first."));
    if (look->hole && !today)
        return bus_refuse(-EACCES, ret_why,
                          N_("For some months since the contract's end there are no records, so "
                             "the clock alone can't be believed. State the day: --today DATE"));
    return 0;
}

int prune_keeper_run(const struct prune_keeper *keeper, const struct bus_person *who,
                     json_object *options, json_object **ret_answer, char **ret_why)
{
    const struct policy *policy = policy_store_get(keeper->policy);
    const char *today = json_get_text(options, "today");
    const bool removes = json_get_bool(options, "remove");
    CLEANUP(look_clear) struct look look = {0};
    if (!policy || policy->contract_end_ns == 0)
        return bus_refuse(-EACCES, ret_why,
                          N_("The policy does not say when the contract ends: "
                             "ledger.contract_end. Nothing can be removed."));
    int r = take_look(keeper, policy, &look);
    if (r < 0)
        return bus_refuse(r, ret_why, N_("The ledger could not be read. See: sekisho status"));
    if (removes && look.n > 0) {
        r = check_clock(&look, today, ret_why);
        if (r < 0)
            return r;
        r = put_rows(keeper, who, &look, today);
        if (r < 0)
            return bus_refuse(r, ret_why, N_("The ledger takes no rows. See: sekisho status"));
        r = remove_files(&look);
        if (r < 0)
            return bus_refuse(r, ret_why, N_("Not all of the files could be removed."));
    }
    *ret_answer = describe(&look, removes);
    return 0;
}

// ---- After a power cut -------------------------------------------------------------------------

static int on_pruned(void *context, const struct query_row *row)
{
    const int *folder = context;
    struct pruned pruned;
    if (!row->fact.details || pruned_from_json(row->fact.details, &pruned) < 0)
        return 0; // verifying tells of it
    int r = prune_remove(*folder, pruned.month);
    if (r < 0)
        log_warning("cannot remove the ledger of %s: %s", pruned.month, strerror(-r));
    return 0;
}

void prune_keeper_finish(const char *state)
{
    CLEANUP(query_free_paths_p) char **paths = NULL;
    CLEANUP_FREE char *name = text_format("%s/ledger", state);
    CLEANUP_CLOSE int folder = name ? open(name, O_RDONLY | O_DIRECTORY | O_CLOEXEC) : -1;
    const struct query_filter filter = {.kind = "ledger.pruned", .severity = -1};
    size_t n = 0;
    if (folder < 0 || query_list_months(name, &paths, &n) < 0 || n < 2)
        return;
    // The rows stand in the file that was the newest then, and a start may have begun another.
    int r = query_run((const char *const *)paths + n - 2, 2, &filter, on_pruned, &folder);
    if (r < 0)
        log_warning("cannot see whether months were to be removed: %s", strerror(-r));
}
