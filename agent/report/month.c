// SPDX-License-Identifier: GPL-3.0-or-later
// Sorting the rows of a month into counts and lists.
#include "report/month.h"

#include "base/text.h"
#include "policy/guard.h"
#include "report/stated.h"

#include <errno.h>
#include <string.h>
#include <time.h>

#define APPROVERS_MAX 10000

// Who granted approval `number`, and under which permit.
struct approver {
    uint64_t number;
    char *name, *permit;
};

int month_init(struct month *month, const char *name)
{
    uint64_t begin, end;
    int r = moment_month_range(name, &begin, &end);
    if (r < 0)
        return r;
    *month = (struct month){.begin_ns = begin, .end_ns = end, .from_ns = begin, .until_ns = begin};
    text_copy(month->name, sizeof month->name, name);
    watched_init(&month->watched, WATCHED_GATE, begin, end);
    network_month_init(&month->network, &(struct span){begin, end});
    takeout_month_init(&month->takeouts);
    for (enum record_register which = 0; which < RECORD_REGISTER_MAX; which++)
        month->records[which].which = which;
    return 0;
}

static void device_free(struct month_device *device)
{
    if (!device)
        return;
    free(device->identity);
    free(device->description);
    free(device->function);
    free(device->reason);
    free(device->rule);
    free(device->approver);
    free(device->permit);
    free(device);
}

static void devices_clear(struct month_devices *devices)
{
    for (size_t i = 0; i < devices->n; i++)
        device_free(devices->items[i]);
    free(devices->items);
}

void month_clear(struct month *month)
{
    for (size_t i = 0; i < month->n_approvers; i++) {
        free(month->approvers[i].name);
        free(month->approvers[i].permit);
    }
    free(month->approvers);
    devices_clear(&month->blocked);
    devices_clear(&month->used);
    watched_clear(&month->watched);
    network_month_clear(&month->network);
    incident_month_clear(&month->incidents);
    erasure_month_clear(&month->erasures);
    for (enum record_register which = 0; which < RECORD_REGISTER_MAX; which++)
        record_month_clear(&month->records[which]);
    takeout_month_clear(&month->takeouts);
    operator_month_clear(&month->operators);
    checked_month_clear(&month->checked);
    enforced_clear(&month->gate);
    free(month->host);
    free(month->policy);
    memset(month, 0, sizeof *month);
}

// ---- Days --------------------------------------------------------------------------------------

uint64_t month_day_begin(const struct month *month, size_t day)
{
    time_t seconds = (time_t)(month->begin_ns / NS_PER_S);
    struct tm tm;
    localtime_r(&seconds, &tm);
    tm.tm_mday += (int)day;
    tm.tm_isdst = -1;
    return (uint64_t)mktime(&tm) * NS_PER_S;
}

size_t month_days(const struct month *month)
{
    size_t days = 28;
    while (days < MONTH_DAYS_MAX && month_day_begin(month, days) < month->end_ns)
        days++;
    return days;
}

static size_t day_of(const struct month *month, uint64_t wall_ns)
{
    size_t day = month_days(month) - 1;
    while (day > 0 && wall_ns < month_day_begin(month, day))
        day--;
    return day;
}

// ---- Approvers ---------------------------------------------------------------------------------

static int note_approver(struct month *month, uint64_t number, json_object *approval)
{
    if (month->n_approvers >= APPROVERS_MAX)
        return 0; // the column stays empty
    const char *name = json_get_text(approval, "approver");
    const char *permit = json_get_text(approval, "permit");
    struct approver *more = reallocarray(month->approvers, month->n_approvers + 1, sizeof *more);
    if (!more)
        return -ENOMEM;
    month->approvers = more;
    struct approver *new = &more[month->n_approvers++];
    *new = (struct approver){number, text_dup(name), text_dup(permit)};
    return (name && !new->name) || (permit && !new->permit) ? -ENOMEM : 0;
}

static int note_register(struct month *month, json_object *details)
{
    json_object *entries;
    size_t n = stated_entries(details, "approvals", &entries);
    int r = 0;
    for (size_t i = 0; r == 0 && i < n; i++) {
        json_object *approval = json_object_array_get_idx(entries, i);
        r = note_approver(month, json_get_number(approval, "number"), approval);
    }
    return r;
}

static const struct approver *find_approver(const struct month *month, const char *rule)
{
    uint64_t number;
    if (strncmp(rule, "approval:", strlen("approval:")) != 0 ||
        text_to_u64(rule + strlen("approval:"), 10, UINT64_MAX, &number) < 0)
        return NULL;
    for (size_t i = month->n_approvers; i > 0; i--)
        if (month->approvers[i - 1].number == number)
            return &month->approvers[i - 1];
    return NULL;
}

// ---- Devices -----------------------------------------------------------------------------------

static char *printable_or_empty(const char *text)
{
    return text ? text_printable(text) : strdup("");
}

static char *describe(json_object *details)
{
    const char *maker = json_get_text(details, "manufacturer"),
               *name = json_get_text(details, "name");
    CLEANUP_FREE char *text =
        text_format("%s%s%s", maker ? maker : "", maker && name ? " " : "", name ? name : "");
    return text ? text_printable(text) : NULL;
}

// Only observed, kept because the system stands on it, or open before the agent came.
static bool was_usable(const char *outcome)
{
    return text_equal(outcome, "observed") || text_equal(outcome, "kept") ||
           text_equal(outcome, "found open");
}

static struct month_device *device_new(const struct month *month, const struct fact *fact,
                                       json_object *details)
{
    struct month_device *device = calloc(1, sizeof *device);
    if (!device)
        return NULL;
    device->identity = printable_or_empty(fact->object);
    device->description = describe(details);
    device->function = printable_or_empty(json_get_text(details, "function"));
    device->reason = printable_or_empty(json_get_text(details, "reason"));
    device->rule = printable_or_empty(json_get_text(details, "rule"));
    const struct approver *approver = device->rule ? find_approver(month, device->rule) : NULL;
    const char *permit = json_get_text(details, "permit");
    device->approver = printable_or_empty(approver ? approver->name : NULL);
    device->permit = printable_or_empty(permit ? permit : approver ? approver->permit : NULL);
    device->read_only = json_get_bool(details, "read_only");
    device->encrypted = json_get_bool(details, "encrypted");
    device->usable = fact->kind == FACT_USB_BLOCKED && was_usable(fact->outcome);
    device->first_ns = device->last_ns = fact->at.wall_ns;
    if (!device->identity || !device->description || !device->function || !device->reason ||
        !device->rule || !device->approver || !device->permit) {
        device_free(device);
        return NULL;
    }
    return device;
}

static bool is_same(const struct month_device *a, const struct month_device *b)
{
    return a->usable == b->usable && text_equal(a->identity, b->identity) &&
           text_equal(a->reason, b->reason) && text_equal(a->rule, b->rule) &&
           a->read_only == b->read_only && a->encrypted == b->encrypted;
}

// Takes `device`.
static int count_device(struct month_devices *devices, struct month_device *device)
{
    devices->plugs++;
    devices->usable += device->usable;
    for (size_t i = 0; i < devices->n; i++) {
        struct month_device *old = devices->items[i];
        if (!is_same(old, device))
            continue;
        old->count++;
        if (device->last_ns > old->last_ns)
            old->last_ns = device->last_ns;
        device_free(device);
        return 0;
    }
    if (devices->n >= MONTH_DEVICES_MAX) {
        devices->unlisted++;
        device_free(device);
        return 0;
    }
    struct month_device **more = reallocarray(devices->items, devices->n + 1, sizeof(void *));
    if (!more) {
        device_free(device);
        return -ENOMEM;
    }
    device->count = 1;
    devices->items = more;
    devices->items[devices->n++] = device;
    return 0;
}

static int take_device(struct month *month, struct month_devices *devices, const struct fact *fact,
                       json_object *details)
{
    struct month_device *device = device_new(month, fact, details);
    return device ? count_device(devices, device) : -ENOMEM;
}

static int take_blocked(struct month *month, const struct fact *fact, json_object *details)
{
    month->blocked_by_day[day_of(month, fact->at.wall_ns)]++;
    return take_device(month, &month->blocked, fact, details);
}

static int take_allowed(struct month *month, const struct fact *fact, json_object *details)
{
    const char *verdict = json_get_text(details, "verdict"), *rule = json_get_text(details, "rule");
    if (text_equal(verdict, "partial"))
        return take_blocked(month, fact, details); // some of its functions were not let in
    bool granted = rule && strncmp(rule, "approval:", strlen("approval:")) == 0;
    bool approved = granted || (rule && strncmp(rule, "policy:", strlen("policy:")) == 0);
    month->unregistered += granted && !find_approver(month, rule);
    return approved ? take_device(month, &month->used, fact, details) : 0;
}

// ---- Rows --------------------------------------------------------------------------------------

static void begin_at(struct month *month, uint64_t wall_ns)
{
    month->from_ns = month->watched.begin_ns = wall_ns;
    network_month_begin(&month->network, wall_ns);
}

static int take_opened(struct month *month, const struct fact *fact, json_object *details)
{
    const char *host = json_get_text(details, "host");
    if (json_get_number(details, "previous_sequence") == 0 && fact->at.wall_ns > month->begin_ns &&
        fact->at.wall_ns < month->end_ns) {
        month->installed = true;
        begin_at(month, fact->at.wall_ns);
    }
    CLEANUP_FREE char *printable = printable_or_empty(host);
    return printable ? text_set(&month->host, printable) : -ENOMEM;
}

// What lies before the very first start of a new ledger's agent is no hole: there was no agent.
static void begin_period(struct month *month, const struct fact *fact)
{
    if (!month->installed || month->started)
        return;
    month->started = true;
    begin_at(month, fact->at.wall_ns);
}

static int take_mode(struct month *month, const struct fact *fact, json_object *details)
{
    return enforced_take(&month->gate, fact, json_get_text(details, "mode"), month->from_ns);
}

// What holds on beyond its month.
static int take_state(struct month *month, const struct query_row *row, json_object *details)
{
    const struct fact *fact = &row->fact;
    const char *text;
    switch ((int)fact->kind) {
    case FACT_LEDGER_OPENED:
        return take_opened(month, fact, details);
    case FACT_POLICY_LOADED:
        text = json_get_text(details, "text");
        return text ? text_set(&month->policy, text) : 0;
    case FACT_APPROVAL_GRANTED:
        return note_approver(month, row->sequence, details);
    case FACT_REGISTER_STATED:
        return note_register(month, details);
    case FACT_AGENT_STARTED:
        begin_period(month, fact);
        return take_mode(month, fact, details);
    case FACT_MODE_CHANGED:
        return text_equal(fact->object, guard_to_str(GUARD_USB)) ? take_mode(month, fact, details)
                                                                 : 0;
    default:
        return 0;
    }
}

static int take_attempt(struct month *month, const struct fact *fact, json_object *details)
{
    uint64_t count;
    int r = peers_take(&month->network.peers, fact, details, &count);
    if (r == 0)
        month->attempts_by_day[day_of(month, fact->at.wall_ns)] += count;
    return r;
}

static int take_event(struct month *month, const struct fact *fact, json_object *details)
{
    switch ((int)fact->kind) {
    case FACT_USB_BLOCKED:
        return take_blocked(month, fact, details);
    case FACT_APPROVAL_GRANTED:
        month->approvals++;
        return 0;
    case FACT_USB_ALLOWED:
        return take_allowed(month, fact, details);
    case FACT_NETWORK_BLOCKED:
        return take_attempt(month, fact, details);
    case FACT_MEDIUM_REFUSED:
        month->refused_media++;
        month->failed_media += text_equal(fact->outcome, "failed");
        return 0;
    case FACT_REQUEST_APPROVED:
        month->self_approvals += json_get_bool(details, "self_approval");
        return 0;
    case FACT_MEDIUM_MOUNTED:
        month->foreign_mounts += text_equal(fact->outcome, "observed");
        return 0;
    case FACT_AGENT_TAMPERED:
        month->tampered++;
        return 0;
    case FACT_CLOCK_STEPPED:
        month->clock_steps++;
        return 0;
    case FACT_POLICY_REJECTED:
        month->rejected_policies++;
        return 0;
    case FACT_POSTURE_FAILED:
        month->open_starts += text_equal(fact->object, "initramfs");
        return 0;
    default:
        return 0;
    }
}

static int take_records(struct month *month, const struct query_row *row, json_object *details)
{
    int r = 0;
    for (enum record_register which = 0; r == 0 && which < RECORD_REGISTER_MAX; which++)
        if (which != RECORD_TAKEOUTS)
            r = record_month_take(&month->records[which], row, details);
    return r < 0 ? r : takeout_month_take(&month->takeouts, row, details);
}

// What may have begun in an earlier month.
static int take_registers(struct month *month, const struct query_row *row, json_object *details)
{
    int r = incident_month_take(&month->incidents, row, details, month->begin_ns);
    if (r == 0)
        r = erasure_month_take(&month->erasures, row, details, month->begin_ns);
    if (r == 0)
        r = operator_month_take(&month->operators, row, details);
    if (r == 0)
        r = checked_month_take(&month->checked, row, details, month->begin_ns);
    return r < 0 ? r : take_records(month, row, details);
}

int month_take(struct month *month, const struct query_row *row)
{
    const struct fact *fact = &row->fact;
    CLEANUP_JSON json_object *details = fact_read_details(&row->fact);
    int r = watched_take(&month->watched, row, details);
    if (r == 0)
        r = network_month_take(&month->network, row, details);
    if (r < 0)
        return r;
    if (fact->at.wall_ns >= month->end_ns)
        return 0;
    r = take_registers(month, row, details);
    if (r == 0)
        r = take_state(month, row, details);
    if (r < 0 || fact->at.wall_ns < month->begin_ns)
        return r;
    month->rows++;
    if (fact->at.wall_ns > month->until_ns)
        month->until_ns = fact->at.wall_ns;
    return take_event(month, fact, details);
}

static void end_registers(struct month *month, uint64_t end_ns)
{
    incident_month_end(&month->incidents, month->begin_ns, end_ns);
    erasure_month_end(&month->erasures, month->begin_ns);
    for (enum record_register which = 0; which < RECORD_REGISTER_MAX; which++)
        record_month_end(&month->records[which], month->begin_ns);
    takeout_month_end(&month->takeouts, month->begin_ns, end_ns);
}

int month_end(struct month *month, uint64_t now_ns)
{
    const struct span whole = {month->begin_ns, month->end_ns};
    int r = watched_end(&month->watched);
    if (r == 0)
        r = enforced_end(&month->gate, &whole);
    if (r == 0)
        r = network_month_end(&month->network, &whole, now_ns);
    if (r < 0)
        return r;
    month->partial = now_ns < month->end_ns;
    end_registers(month, month->partial ? now_ns : month->end_ns);
    if (!month->partial)
        month->until_ns = month->end_ns;
    return checked_month_end(&month->checked, &(struct span){month->from_ns, month->until_ns});
}
