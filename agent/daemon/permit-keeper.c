// SPDX-License-Identifier: GPL-3.0-or-later
// Which permits hold now, and a timer for the next moment at which that changes.
#include "daemon/permit-keeper.h"

#include "base/i18n.h"
#include "base/json.h"
#include "base/log.h"
#include "base/text.h"
#include "bus/bus.h"
#include "daemon/person.h"
#include "daemon/two-clocks.h"

#include <errno.h>
#include <string.h>

struct permit_keeper {
    struct permit_keeper_options options;
    struct moment begun;           // when this daemon did
    uint64_t holding[PERMITS_MAX]; // numbers of those that hold: their rows are durable
    size_t n_holding;
    uint64_t pending[PERMITS_MAX]; // those of which a row is on its way
    size_t n_pending;
    sd_event_source *timer;
};

// ---- Time --------------------------------------------------------------------------------------

static struct permit_clock read_clock(const struct permit_keeper *keeper)
{
    return two_clocks_read(&keeper->begun, keeper->options.ledger);
}

static void take_earlier(uint64_t *next_ns, uint64_t moment_ns, uint64_t after_ns)
{
    if (moment_ns > after_ns && (*next_ns == 0 || moment_ns < *next_ns))
        *next_ns = moment_ns;
}

// By what passes, not by the clock: when that is set, the watch of the clock says so.
static void arm(struct permit_keeper *keeper, const struct permit_clock *clock)
{
    size_t n;
    uint64_t next_ns = 0;
    struct permit *const *permits = registers_permits(keeper->options.registers, &n);
    for (size_t i = 0; i < n; i++) {
        take_earlier(&next_ns, permits[i]->from_ns, clock->earliest_ns);
        take_earlier(&next_ns, permits[i]->until_ns, clock->latest_ns);
    }
    // From the later of the two clocks it is nearer: looking too early is looking again.
    uint64_t now_ns = next_ns > clock->latest_ns ? clock->latest_ns : clock->earliest_ns;
    uint64_t wait_ns = next_ns > now_ns ? next_ns - now_ns : 0;
    int r = sd_event_source_set_time_relative(keeper->timer, wait_ns / 1000 + 1000);
    if (r == 0)
        r = sd_event_source_set_enabled(keeper->timer, next_ns ? SD_EVENT_ONESHOT : SD_EVENT_OFF);
    if (r < 0)
        log_error("cannot set the timer of a permit: %s, checking each minute", strerror(-r));
}

static int on_timer(sd_event_source *source, uint64_t now, void *context)
{
    (void)source, (void)now;
    permit_keeper_settle(context);
    return 0;
}

// ---- Those that hold ---------------------------------------------------------------------------

static bool has(const uint64_t *numbers, size_t n, uint64_t number)
{
    for (size_t i = 0; i < n; i++)
        if (numbers[i] == number)
            return true;
    return false;
}

static bool holds(const struct permit_keeper *keeper, const struct permit *permit)
{
    return has(keeper->holding, keeper->n_holding, permit->number);
}

static void drop(uint64_t *numbers, size_t *n, uint64_t number)
{
    for (size_t i = *n; i-- > 0;)
        if (numbers[i] == number)
            numbers[i] = numbers[--*n];
}

static const struct permit *find(const struct permit_keeper *keeper, uint64_t number)
{
    size_t n;
    struct permit *const *permits = registers_permits(keeper->options.registers, &n);
    for (size_t i = 0; i < n; i++)
        if (permits[i]->number == number)
            return permits[i];
    return NULL;
}

static struct fact *permit_row(enum fact_kind kind, const struct permit *permit,
                               const char *outcome)
{
    CLEANUP_FREE char *name = permit_name(permit), *json = NULL;
    if (!name || permit_to_json(permit, &json) < 0)
        return NULL;
    struct fact *fact = recorder_fact(kind, name, outcome, NULL);
    if (fact)
        fact->details = TAKE_PTR(json);
    return fact;
}

// ---- Beginning and ending ----------------------------------------------------------------------

// A row on its way.
struct pending {
    struct permit_keeper *keeper;
    uint64_t number; // of the permit
    bool begins;
};

static void hold(struct permit_keeper *keeper, uint64_t number)
{
    const struct permit *permit = find(keeper, number); // revoked meanwhile?
    const struct permit_clock clock = read_clock(keeper);
    if (!permit || holds(keeper, permit) || keeper->n_holding >= PERMITS_MAX ||
        permit_state_at(permit, &clock) != PERMIT_IN_FORCE)
        return;
    keeper->holding[keeper->n_holding++] = number;
    keeper->options.changed(keeper->options.context);
}

static void on_recorded(void *context, uint64_t sequence, int error)
{
    struct pending *pending = context;
    struct permit_keeper *keeper = pending->keeper;
    drop(keeper->pending, &keeper->n_pending, pending->number);
    if (sequence > 0 && pending->begins)
        hold(keeper, pending->number);
    else if (sequence == 0)
        log_error("cannot record that a permit %s: %s, trying again within a minute",
                  pending->begins ? "begins, so it does not" : "has ended, as it has",
                  strerror(-error));
    free(pending);
}

// One row at a time of each.
static void record(struct permit_keeper *keeper, const struct permit *permit, enum fact_kind kind,
                   const char *outcome)
{
    if (has(keeper->pending, keeper->n_pending, permit->number) || keeper->n_pending >= PERMITS_MAX)
        return;
    struct pending *pending = calloc(1, sizeof *pending);
    struct fact *row = pending ? permit_row(kind, permit, outcome) : NULL;
    if (!row) {
        free(pending);
        log_error("no memory for the row of a permit, trying again within a minute");
        return;
    }
    *pending = (struct pending){keeper, permit->number, text_equal(outcome, "opened")};
    keeper->pending[keeper->n_pending++] = permit->number;
    recorder_put(keeper->options.recorder, row, on_recorded, pending);
}

// What only the clock says of a permit's end is no end for good: the clock may be set right.
static void record_end(struct permit_keeper *keeper, const struct permit *permit,
                       const struct permit_clock *clock, bool held)
{
    if (permit->until_ns != 0 && clock->earliest_ns >= permit->until_ns)
        record(keeper, permit, FACT_PERMIT_ENDED, "expired");
    else if (held)
        record(keeper, permit, FACT_NETWORK_ALLOWED, "suspended");
}

void permit_keeper_settle(struct permit_keeper *keeper)
{
    size_t n;
    const struct permit_clock clock = read_clock(keeper);
    struct permit *const *permits = registers_permits(keeper->options.registers, &n);
    bool held[PERMITS_MAX] = {0}, closed = false;
    for (size_t i = 0; i < n; i++) {
        held[i] = holds(keeper, permits[i]);
        if (held[i] && permit_state_at(permits[i], &clock) != PERMIT_IN_FORCE) {
            drop(keeper->holding, &keeper->n_holding, permits[i]->number);
            closed = true;
        }
    }
    if (closed)
        keeper->options.changed(keeper->options.context);
    for (size_t i = 0; i < n; i++) {
        enum permit_state state = permit_state_at(permits[i], &clock);
        if (state == PERMIT_IN_FORCE && !held[i])
            record(keeper, permits[i], FACT_NETWORK_ALLOWED, "opened");
        else if (state == PERMIT_ENDED || (held[i] && state == PERMIT_AHEAD))
            record_end(keeper, permits[i], &clock, held[i]);
    }
    arm(keeper, &clock);
}

int permit_keeper_add_scopes(const struct permit_keeper *keeper, struct airgap *airgap)
{
    size_t n;
    struct permit *const *permits = registers_permits(keeper->options.registers, &n);
    for (size_t i = 0; i < n; i++) {
        int r = holds(keeper, permits[i]) ? permit_add_scope(permits[i], airgap) : 0;
        if (r == -ENOSPC)
            log_error("more links or peers are permitted than the air gap has room for: permit "
                      "%llu is not in force in full",
                      (unsigned long long)permits[i]->number);
        else if (r < 0)
            return r;
    }
    return 0;
}

// ---- Granting ----------------------------------------------------------------------------------

static int take_text(json_object *terms, const char *key, char **field)
{
    const char *text = json_get_text(terms, key);
    if (!text || text[0] == '\0')
        return 0;
    *field = text_escape(text, strlen(text), PERMIT_TEXT_MAX);
    return *field ? 0 : -ENOMEM;
}

int permit_keeper_take_scope(json_object *terms, struct airgap *scope, const char *nothing,
                             char **ret_why)
{
    int r = airgap_scope_from_object(terms, scope);
    if (r < 0)
        return bus_refuse(r == -ENOMEM ? r : -EINVAL, ret_why,
                          N_("The links and peers can't be read, or are too many."));
    for (size_t i = 0; i < scope->n_links; i++)
        scope->links[i].permit = 0;
    for (size_t i = 0; i < scope->n_peers; i++) {
        if (airgap_objection(&scope->peers[i]))
            return bus_refuse(
                -EINVAL, ret_why,
                N_("A peer is no equipment that could be reached: this computer itself, "
                   "a multicast address, or none at all."));
        scope->peers[i].permit = scope->peers[i].until_ns = 0;
    }
    return scope->n_links + scope->n_peers > 0 ? 0 : bus_refuse(-EINVAL, ret_why, nothing);
}

static int take_terms(json_object *terms, const struct bus_person *who, const char *name,
                      struct permit *permit, char **ret_why)
{
    permit->granted_ns = moment_now().wall_ns;
    permit->approver_uid = who->uid;
    permit->from_ns = json_get_number(terms, "from_ns");
    permit->until_ns = json_get_number(terms, "until_ns");
    if (permit->until_ns != 0 && permit->until_ns <= permit->granted_ns)
        return bus_refuse(-EINVAL, ret_why, N_("The end of the permit lies in the past."));
    if (permit->until_ns != 0 && permit->from_ns >= permit->until_ns)
        return bus_refuse(-EINVAL, ret_why, N_("The permit ends before it begins."));
    int r = take_text(terms, "reason", &permit->reason);
    if (r == 0 && name[0] != '\0')
        r = text_set(&permit->permit, name);
    if (r == 0)
        r = text_set(&permit->approver, who->name);
    if (r < 0)
        return bus_refuse(r, ret_why, N_("No memory."));
    return permit_keeper_take_scope(terms, &permit->scope,
                                    N_("Nothing is permitted: name a link or a peer."), ret_why);
}

// The number may be all digits: then it must not be taken for that of a row.
static bool is_doubtful(const struct permit_keeper *keeper, const char *name)
{
    uint64_t number;
    return text_to_u64(name, 10, INT64_MAX, &number) == 0 && find(keeper, number);
}

int permit_keeper_grant_request(struct permit_keeper *keeper, const struct bus_person *who,
                                const char *name, json_object *terms, uint64_t request,
                                uint64_t *ret_number, char **ret_why)
{
    CLEANUP(permit_free_p) struct permit *permit = calloc(1, sizeof *permit);
    uint64_t sequence;
    size_t n;
    if (!permit)
        return bus_refuse(-ENOMEM, ret_why, N_("No memory."));
    (void)registers_permits(keeper->options.registers, &n);
    if (n >= PERMITS_MAX)
        return bus_refuse(-ENOSPC, ret_why,
                          N_("The register is full. Revoke permits that have ended."));
    if (is_doubtful(keeper, name))
        return bus_refuse(
            -EINVAL, ret_why,
            N_("This number is that of another permit's row. Write it with a letter."));
    permit->request = request;
    int r = take_terms(terms, who, name, permit, ret_why);
    if (r < 0)
        return r;
    struct fact *row = permit_row(FACT_PERMIT_GRANTED, permit, "granted");
    if (!row)
        return bus_refuse(-EINVAL, ret_why, N_("A text of the permit is too long."));
    person_sign(row, who);
    r = recorder_put_and_wait(keeper->options.recorder, row, &sequence);
    if (r < 0)
        return bus_refuse(
            r, ret_why,
            N_("The permit could not be recorded, so it is not in force. See: sekisho "
               "status"));
    permit_keeper_settle(keeper);
    *ret_number = sequence;
    return 0;
}

int permit_keeper_grant(struct permit_keeper *keeper, const struct bus_person *who,
                        const char *name, json_object *terms, json_object **ret_answer,
                        char **ret_why)
{
    uint64_t number;
    int r = permit_keeper_grant_request(keeper, who, name, terms, 0, &number, ret_why);
    if (r < 0)
        return r;
    *ret_answer = bus_answer_number(number);
    return 0;
}

// ---- Ending ------------------------------------------------------------------------------------

static bool is_meant(const struct permit *permit, const char *which)
{
    CLEANUP_FREE char *number = text_format("%llu", (unsigned long long)permit->number);
    return text_equal(number, which) || text_equal(permit->permit, which);
}

// Closed first, and once the row is durable, for good.
static int end_one(struct permit_keeper *keeper, const struct bus_person *who,
                   const struct permit *permit)
{
    uint64_t sequence;
    struct fact *row = permit_row(FACT_PERMIT_ENDED, permit, "revoked");
    if (!row)
        return -ENOMEM;
    person_sign(row, who);
    drop(keeper->holding, &keeper->n_holding, permit->number);
    keeper->options.changed(keeper->options.context);
    return recorder_put_and_wait(keeper->options.recorder, row, &sequence);
}

int permit_keeper_end(struct permit_keeper *keeper, const struct bus_person *who, const char *which,
                      json_object **ret_answer, char **ret_why)
{
    int r = 0, ended = 0;
    for (bool again = true; r == 0 && again;) {
        size_t n;
        struct permit *const *permits = registers_permits(keeper->options.registers, &n);
        again = false;
        for (size_t i = 0; i < n && !again; i++)
            if (is_meant(permits[i], which)) {
                r = end_one(keeper, who, permits[i]);
                ended += r == 0;
                again = true; // the register has moved
            }
    }
    permit_keeper_settle(keeper);
    if (r < 0)
        return bus_refuse(r, ret_why,
                          N_("The end of the permit could not be recorded; it stays in force."));
    if (ended == 0)
        return bus_refuse(-ENOENT, ret_why,
                          N_("There is no such permit. See: sekisho permit list"));
    *ret_answer = json_object_new_object();
    json_object_object_add(*ret_answer, "ended", json_object_new_int(ended));
    return 0;
}

// ---- Listing -----------------------------------------------------------------------------------

int permit_keeper_list(const struct permit_keeper *keeper, json_object **ret_answer)
{
    size_t n;
    const struct permit_clock clock = read_clock(keeper);
    struct permit *const *permits = registers_permits(keeper->options.registers, &n);
    CLEANUP_JSON json_object *list = json_object_new_array();
    for (size_t i = 0; i < n; i++) {
        json_object *object = NULL;
        int r = permit_to_object(permits[i], &object);
        if (r < 0)
            return r;
        json_add_text(object, "state", permit_state_to_str(permit_state_at(permits[i], &clock)));
        json_add_bool(object, "in_force", holds(keeper, permits[i]));
        json_object_array_add(list, object);
    }
    *ret_answer = TAKE_PTR(list);
    return 0;
}

// ---- Life --------------------------------------------------------------------------------------

int permit_keeper_new(const struct permit_keeper_options *options, struct permit_keeper **ret)
{
    CLEANUP(permit_keeper_free_p) struct permit_keeper *keeper = calloc(1, sizeof *keeper);
    if (!keeper)
        return -ENOMEM;
    keeper->options = *options;
    keeper->begun = moment_now();
    int r = sd_event_add_time(options->event, &keeper->timer, CLOCK_BOOTTIME, 0, 1000, on_timer,
                              keeper);
    if (r >= 0)
        r = sd_event_source_set_enabled(keeper->timer, SD_EVENT_OFF);
    if (r < 0)
        return r;
    *ret = TAKE_PTR(keeper);
    return 0;
}

void permit_keeper_free(struct permit_keeper *keeper)
{
    if (!keeper)
        return;
    sd_event_source_disable_unref(keeper->timer);
    free(keeper);
}
