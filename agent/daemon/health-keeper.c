// SPDX-License-Identifier: GPL-3.0-or-later
// Facts in, findings by the checks, changes out.
#include "daemon/health-keeper.h"

#include "base/file.h"
#include "base/json.h"
#include "base/log.h"
#include "base/text.h"
#include "daemon/health-detections.h"
#include "daemon/health-rows.h"
#include "daemon/operator-keeper.h"
#include "daemon/record-keeper.h"
#include "fact/look.h"
#include "report/rooms.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <time.h>

#define TEXT_MAX (1u << 20)
#define CHECKS_MAX 64 // of one room
// Products load their definitions for a while after power-on; until then that they don't answer is
// no failure.
#define STARTING_NS (120 * NS_PER_S)

// What was recorded last of a check, or is on its way to the disk.
struct told {
    char *check; // its name
    char *clause;
    char *finding; // NULL: nothing, or it could not be written: the next look records it
    char *subject;
    char *because;
};

struct health_keeper {
    struct health_keeper_options options;
    struct detections *detections;
    struct told told[FINDINGS_MAX];
    size_t n;
};

// ---- What was told -----------------------------------------------------------------------------

static void told_clear(struct told *told)
{
    free(told->check);
    free(told->clause);
    free(told->finding);
    free(told->subject);
    free(told->because);
    *told = (struct told){0};
}

static int told_set(struct told *told, const char *finding, const char *subject,
                    const char *because)
{
    int r = text_set(&told->finding, finding);
    if (r == 0)
        r = text_set(&told->subject, subject);
    if (r == 0)
        r = text_set(&told->because, because);
    if (r < 0)
        free(TAKE_PTR(told->finding)); // half is nothing
    return r;
}

// That it stands for itself now is a change, too: what explained it is over.
static bool is_told(const struct told *told, const struct health_finding *finding)
{
    return text_equal(told->finding, finding_value_to_str(finding->result->value)) &&
           text_equal(told->subject, finding->result->subject) &&
           !told->because == !finding->because;
}

static struct told *find(struct health_keeper *keeper, const char *check)
{
    for (size_t i = 0; i < keeper->n; i++)
        if (text_equal(keeper->told[i].check, check))
            return &keeper->told[i];
    return NULL;
}

static int add(struct health_keeper *keeper, const char *check, const char *clause,
               struct told **ret)
{
    if (keeper->n == FINDINGS_MAX)
        return -ENOSPC;
    struct told told = {.check = text_dup(check), .clause = text_dup(clause)};
    if (!told.check || !told.clause) {
        told_clear(&told);
        return -ENOMEM;
    }
    keeper->told[keeper->n] = told;
    *ret = &keeper->told[keeper->n++];
    return 0;
}

// ---- Rows --------------------------------------------------------------------------------------

static void on_recorded(void *context, uint64_t sequence, int error)
{
    struct told *told = context;
    (void)error;
    if (sequence == 0)
        free(TAKE_PTR(told->finding));
}

static int record(struct health_keeper *keeper, struct health_finding *finding)
{
    const struct check *check = finding->check;
    struct told *told = find(keeper, check->name);
    if (told && is_told(told, finding))
        return 0;
    int r = told ? 0 : add(keeper, check->name, check->clause, &told);
    if (r < 0)
        return r;
    finding->before = told->finding;
    struct fact *row = health_row(finding);
    r = row ? told_set(told, finding_value_to_str(finding->result->value), finding->result->subject,
                       finding->because)
            : -ENOMEM;
    if (r < 0) {
        fact_free(row);
        return r;
    }
    recorder_put_found(keeper->options.recorder, row, on_recorded, told);
    return 0;
}

// ---- What is not the time to tell --------------------------------------------------------------

static bool is_starting(void)
{
    struct timespec since_boot = {0};
    (void)clock_gettime(CLOCK_BOOTTIME, &since_boot);
    return (uint64_t)since_boot.tv_sec * NS_PER_S < STARTING_NS;
}

// What systemd-user-sessions.service leaves there when the machine goes down: then services end in
// any order.
static bool is_going_down(const struct health_keeper *keeper)
{
    return faccessat(keeper->options.places->run, "../nologin", F_OK, AT_SYMLINK_NOFOLLOW) == 0;
}

static bool is_bad(const struct check_result *result)
{
    return result->value == FINDING_VIOLATION || result->value == FINDING_UNVERIFIED;
}

static bool is_premature(const struct health_keeper *keeper, enum check_room room,
                         const struct check_result *result)
{
    return is_bad(result) && room == CHECK_ANTIVIRUS && (is_starting() || is_going_down(keeper));
}

// ---- Looks -------------------------------------------------------------------------------------

// What the checks of a room found, in their order.
struct results {
    struct check_result items[CHECKS_MAX];
    bool made[CHECKS_MAX];
};

// The nearest check below that is bad, too. Each check needs only earlier ones.
static const char *explain(const struct check_room_list *list, const struct results *results,
                           size_t at)
{
    const char *needed = list->checks[at].needs;
    for (size_t i = at; needed && i-- > 0;) {
        if (!text_equal(list->checks[i].name, needed))
            continue;
        if (results->made[i] && is_bad(&results->items[i]))
            return needed;
        needed = list->checks[i].needs;
    }
    return NULL;
}

static void look_at_each(const struct check_room_list *list, const struct check_sources *sources,
                         struct results *results)
{
    for (size_t i = 0; i < *list->n && i < CHECKS_MAX; i++) {
        const struct check *check = &list->checks[i];
        int r = check->look(check, sources, &results->items[i]);
        results->made[i] = r == 0;
        if (r < 0)
            log_warning("the check %s could not be made: %s, again within a minute", check->name,
                        strerror(-r));
    }
}

static void look_at_room(struct health_keeper *keeper, enum check_room room,
                         const struct check_sources *sources)
{
    const struct check_room_list *list = &check_rooms[room];
    struct results results = {0};
    assert(*list->n <= CHECKS_MAX);
    look_at_each(list, sources, &results);
    for (size_t i = 0; i < *list->n; i++) {
        struct check_result *result = &results.items[i];
        struct health_finding finding = {.check = &list->checks[i],
                                         .result = result,
                                         .because =
                                             is_bad(result) ? explain(list, &results, i) : NULL};
        int r =
            results.made[i] && !is_premature(keeper, room, result) ? record(keeper, &finding) : 0;
        if (r < 0)
            log_warning("what the check %s found could not be recorded: %s, again within a minute",
                        finding.check->name, strerror(-r));
    }
    for (size_t i = 0; i < *list->n; i++)
        check_result_clear(&results.items[i]);
}

static void look_at_auditing(struct health_keeper *keeper)
{
    static const struct {
        const char *path, *shown;
        bool of_proc;
    } files[] = {{"../audit/auditd.conf", "/etc/audit/auditd.conf", false},
                 {"../audit/audit.rules", "/etc/audit/audit.rules", false},
                 {"cmdline", "/proc/cmdline", true}};
    const struct places *places = keeper->options.places;
    struct check_text texts[ELEMENTS(files)];
    char *owned[ELEMENTS(files)] = {NULL};
    for (size_t i = 0; i < ELEMENTS(files); i++) {
        int dir = files[i].of_proc ? places->proc : places->modprobe;
        int r = file_read_at(dir, files[i].path, TEXT_MAX, &owned[i], NULL);
        texts[i] = (struct check_text){
            .path = files[i].shown, .text = r < 0 ? NULL : owned[i], .error = r};
    }
    const struct check_sources sources = {
        .auditd_conf = texts[0], .audit_rules = texts[1], .command_line = texts[2]};
    look_at_room(keeper, CHECK_AUDIT, &sources);
    for (size_t i = 0; i < ELEMENTS(files); i++)
        free(owned[i]);
}

static void look_at_attestations(struct health_keeper *keeper)
{
    const struct health_keeper_options *options = &keeper->options;
    const struct record_keeper records = {
        .recorder = options->recorder, .registers = options->registers, .ledger = options->records};
    CLEANUP_JSON json_object *answer = NULL;
    CLEANUP_FREE char *why = NULL;
    CLEANUP_JSON json_object *incidents = NULL;
    int r = record_keeper_list(&records, "", &answer, &why);
    if (r == 0)
        r = incident_keeper_list(options->incidents, NULL, true, 0, &incidents);
    const struct check_sources sources = {
        .policy = policy_store_get(options->policy),
        .now_ns = moment_now().wall_ns,
        .records = {.answer = r < 0 ? NULL : answer, .why = why},
        .incidents = {.answer = r < 0 ? NULL : incidents, .why = why},
    };
    look_at_room(keeper, CHECK_ATTEST, &sources);
}

static void look_at_operators(struct health_keeper *keeper, const struct check_facts *posture)
{
    const struct health_keeper_options *options = &keeper->options;
    const struct operator_keeper operators = {
        .recorder = options->recorder, .registers = options->registers, .policy = options->policy};
    CLEANUP_JSON json_object *answer = NULL;
    int r = operator_keeper_list(&operators, &answer);
    const struct check_sources sources = {
        .policy = policy_store_get(options->policy),
        .now_ns = moment_now().wall_ns,
        .posture = *posture,
        .operators = {.answer = r < 0 ? NULL : answer, .why = r < 0 ? strerror(-r) : NULL},
    };
    // Where the policy says nothing of operators there is nothing to alarm anybody about.
    if (sources.policy && sources.policy->operators.is_there)
        look_at_room(keeper, CHECK_OPERATORS, &sources);
}

void health_keeper_on_fact(struct health_keeper *keeper, const struct fact *fact)
{
    struct look_found found = {0};
    if (fact->kind != FACT_SEEN_ANTIVIRUS && fact->kind != FACT_SEEN_STORAGE &&
        fact->kind != FACT_SEEN_POSTURE)
        return;
    if (look_read(fact, &found) < 0) {
        log_warning("what was seen of the machine's set-up can't be read, again within a minute");
        return;
    }
    const struct check_facts facts = {.facts = found.facts, .why = found.why};
    struct check_sources sources = {.policy = policy_store_get(keeper->options.policy),
                                    .now_ns = moment_now().wall_ns};
    if (fact->kind == FACT_SEEN_ANTIVIRUS) {
        sources.antivirus = facts;
        look_at_room(keeper, CHECK_ANTIVIRUS, &sources);
        detections_note(keeper->detections, found.facts, sources.now_ns);
    } else if (fact->kind == FACT_SEEN_STORAGE) {
        sources.storage = facts;
        look_at_room(keeper, CHECK_STORAGE, &sources);
    } else {
        sources.posture = facts;
        look_at_room(keeper, CHECK_POSTURE, &sources);
        look_at_auditing(keeper);
        look_at_attestations(keeper);
        look_at_operators(keeper, &facts);
    }
    look_found_clear(&found);
}

// ---- For the status ----------------------------------------------------------------------------

int health_keeper_describe(const struct health_keeper *keeper, json_object **ret)
{
    json_object *answer = json_object_new_object(), *checks = json_object_new_array();
    uint64_t counts[FINDING_VALUE_MAX] = {0};
    for (size_t i = 0; i < keeper->n; i++) {
        const struct told *told = &keeper->told[i];
        json_object *check = json_object_new_object();
        json_add_text(check, "check", told->check);
        json_add_text(check, "clause", told->clause);
        json_add_text(check, "finding", told->finding);
        json_add_text(check, "subject", told->subject);
        json_object_array_add(checks, check);
        for (enum finding_value value = 0; value < FINDING_VALUE_MAX; value++)
            counts[value] += text_equal(told->finding, finding_value_to_str(value));
    }
    for (enum finding_value value = 0; value < FINDING_VALUE_MAX; value++)
        json_add_number(answer, finding_value_to_str(value), counts[value]);
    json_add(answer, "checks", checks);
    *ret = answer;
    return 0;
}

// ---- Life --------------------------------------------------------------------------------------

// A check that this version has no more is not carried on.
static bool is_known(const char *name)
{
    bool known = false;
    for (enum check_room room = 0; room < CHECK_ROOM_MAX; room++)
        for (size_t i = 0; i < *check_rooms[room].n; i++)
            known |= text_equal(check_rooms[room].checks[i].name, name);
    return known;
}

static int restore(struct health_keeper *keeper)
{
    size_t n;
    struct finding_row *const *rows = registers_findings(keeper->options.registers, &n);
    int r = 0;
    for (size_t i = 0; r == 0 && i < n; i++) {
        struct told *told = NULL;
        if (!is_known(rows[i]->check))
            continue;
        r = add(keeper, rows[i]->check, rows[i]->clause, &told);
        if (r == 0)
            r = told_set(told, rows[i]->finding, rows[i]->subject, rows[i]->because);
    }
    return r;
}

static void health_keeper_free_p(struct health_keeper **keeper)
{
    health_keeper_free(*keeper);
}

int health_keeper_new(const struct health_keeper_options *options, struct health_keeper **ret)
{
    CLEANUP(health_keeper_free_p) struct health_keeper *keeper = calloc(1, sizeof *keeper);
    if (!keeper)
        return -ENOMEM;
    keeper->options = *options;
    keeper->options.ledger = NULL;
    int r = detections_new(options->ledger, options->recorder, &keeper->detections);
    if (r == 0)
        r = restore(keeper);
    if (r < 0)
        return r;
    *ret = TAKE_PTR(keeper);
    return 0;
}

void health_keeper_free(struct health_keeper *keeper)
{
    if (!keeper)
        return;
    for (size_t i = 0; i < keeper->n; i++)
        told_clear(&keeper->told[i]);
    detections_free(keeper->detections);
    free(keeper);
}
