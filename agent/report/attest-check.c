// SPDX-License-Identifier: GPL-3.0-or-later
// For each clause: the attestation that holds, or what is to be done for one. Software alone never
// answers ok here.
#include "report/attest-check.h"

#include "base/i18n.h"
#include "base/json.h"
#include "base/text.h"
#include "policy/clause.h"
#include "report/attest-check-parts.h"

#include <errno.h>
#include <inttypes.h>

#define DAY_NS (24 * 3600 * NS_PER_S)
#define SOON_DAYS 30

int attest_give_unanswered(const struct check_records *records, struct check_result *ret)
{
    return check_give(
        ret, FINDING_UNVERIFIED,
        text_format(_("the registers could not be read: %s"), records->why ? records->why : "?"),
        text_dup(_("run “sekisho check” as root; if it says the same, “sudo "
                   "systemctl start sekishod”")));
}

// ---- Entries -----------------------------------------------------------------------------------

// What the agent adds for people is taken off; then an entry is what a row could hold, or none.
static int read_entry(json_object *object, struct record **ret)
{
    json_object *copy = NULL;
    if (json_object_deep_copy(object, &copy, NULL) < 0)
        return -ENOMEM;
    json_object_object_del(copy, "state");
    int r = record_from_object(copy, ret);
    json_object_put(copy);
    return r;
}

int attest_visit(const struct check_records *records, enum record_register which,
                 const char *clause, attest_visitor see, void *context)
{
    const char *name = record_form_of(which)->name;
    size_t n = json_object_is_type(records->answer, json_type_array)
                   ? json_object_array_length(records->answer)
                   : 0;
    for (size_t i = 0; i < n; i++) {
        CLEANUP(record_free_p) struct record *record = NULL;
        json_object *object = json_object_array_get_idx(records->answer, i);
        if (!text_equal(json_get_text(object, "register"), name) ||
            (clause && !text_equal(json_get_text(object, "clause"), clause)))
            continue;
        int r = read_entry(object, &record);
        if (r == -ENOMEM)
            return r;
        if (r == 0 && record->number > 0)
            see(context, record);
    }
    return 0;
}

// ---- The one that counts -----------------------------------------------------------------------

struct search {
    uint64_t now_ns, number;
    enum record_state state;
};

static void consider(void *context, const struct record *record)
{
    struct search *search = context;
    enum record_state state = record_state_at(record, search->now_ns);
    if (search->number > 0 && search->state == RECORD_OPEN && state != RECORD_OPEN)
        return;
    search->number = record->number;
    search->state = state;
}

struct pick {
    uint64_t number;
    struct record *record;
    int r;
};

static void pick(void *context, const struct record *record)
{
    struct pick *pick = context;
    if (record->number == pick->number && !pick->record && pick->r == 0)
        pick->r = record_copy(record, &pick->record);
}

void attest_found_clear(struct attest_found *found)
{
    record_free(found->record);
}

int attest_find(const struct check_sources *sources, const char *clause, struct attest_found *ret)
{
    struct search search = {.now_ns = sources->now_ns};
    int r = attest_visit(&sources->records, RECORD_ATTESTATIONS, clause, consider, &search);
    struct pick picked = {.number = search.number};
    if (r == 0 && search.number > 0)
        r = attest_visit(&sources->records, RECORD_ATTESTATIONS, clause, pick, &picked);
    if (r == 0)
        r = picked.r;
    if (r < 0) {
        record_free(picked.record);
        return r;
    }
    *ret = (struct attest_found){picked.record, search.state};
    return 0;
}

// ---- What is said of it ------------------------------------------------------------------------

static char *describe_until(const struct record *record, uint64_t now_ns)
{
    char last[DAY_TEXT_SIZE];
    if (record->until_ns == 0)
        return text_dup("");
    uint64_t days = (record->until_ns - now_ns) / DAY_NS;
    moment_to_last_day(record->until_ns, last);
    return days < SOON_DAYS ? text_format(_(", until %s: soon to be renewed"), last)
                            : text_format(_(", until %s"), last);
}

// "4.2" for "4 (2)": what needs no quotes in a shell.
static void to_typed(const char *clause, char ret[16])
{
    size_t n = 0;
    for (; *clause && n < 15; clause++)
        if (*clause == '(')
            ret[n++] = '.';
        else if (*clause != ' ' && *clause != ')')
            ret[n++] = *clause;
    ret[n] = '\0';
}

static enum finding_value value_of(const struct record *record)
{
    enum finding_value value = FINDING_OK;
    const char *said = record_get(record, "finding");
    return said && finding_value_from_str(said, &value) < 0 ? FINDING_UNVERIFIED : value;
}

static char *remedy_of(const struct record *record, enum finding_value value)
{
    char typed[16];
    to_typed(record->clause, typed);
    return value == FINDING_OK || value == FINDING_NOT_APPLICABLE
               ? NULL
               : text_format(_("see to it; then, when it is in order: “sudo sekisho attest %s "
                               "--statement TEXT --document FILE --until DATE”"),
                             typed);
}

int attest_give_found(const struct attest_found *found, uint64_t now_ns, const char *more,
                      struct check_result *ret)
{
    const struct record *record = found->record;
    char date[DAY_TEXT_SIZE];
    CLEANUP_FREE char *until = describe_until(record, now_ns);
    const char *document = record->document.name;
    enum finding_value value = value_of(record);
    if (!until)
        return -ENOMEM;
    moment_to_day(record->made_ns, date);
    char *evidence = text_format(_("“%s”%s%s%s, said by %s on %s%s%s"), record->statement,
                                 document ? " (" : "", document ? document : "",
                                 document ? ")" : "", record->by, date, until, more ? more : "");
    return check_give_about(ret, value, evidence, remedy_of(record, value),
                            text_format("attestation:%" PRIu64, record->number));
}

static char *describe_missing(const struct attest_found *found)
{
    char date[DAY_TEXT_SIZE];
    const struct record *record = found->record;
    if (!record)
        return text_dup(_("nobody has attested it"));
    switch (found->state) {
    case RECORD_AHEAD:
        moment_to_day(record->from_ns > record->made_ns ? record->from_ns : record->made_ns, date);
        return text_format(_("the attestation by %s holds only from %s on"), record->by, date);
    case RECORD_EXPIRED:
        moment_to_last_day(record->until_ns, date);
        return text_format(_("the attestation by %s held until %s"), record->by, date);
    case RECORD_ENDED:
        moment_to_day(record->ended_ns, date);
        return text_format(_("the attestation by %s was ended on %s"), record->by, date);
    case RECORD_OPEN:
    case RECORD_STATE_MAX:
        break;
    }
    return NULL;
}

int attest_give_missing(const struct check *check, const struct attest_found *found,
                        struct check_result *ret)
{
    char typed[16];
    to_typed(check->clause, typed);
    return check_give(ret, FINDING_UNVERIFIED, describe_missing(found),
                      text_format(_("if it is so: “sudo sekisho attest %s --statement TEXT "
                                    "--document FILE --until DATE”"),
                                  typed));
}

int attest_look(const struct check *check, const struct check_sources *sources,
                struct check_result *ret)
{
    CLEANUP(attest_found_clear) struct attest_found found = {0};
    if (!sources->records.answer)
        return attest_give_unanswered(&sources->records, ret);
    int r = attest_find(sources, check->clause, &found);
    if (r < 0)
        return r;
    return found.record && found.state == RECORD_OPEN
               ? attest_give_found(&found, sources->now_ns, NULL, ret)
               : attest_give_missing(check, &found, ret);
}

// ---- The list ----------------------------------------------------------------------------------

// Whoever looks at a register instead of, or beside, an attestation.
struct beside {
    int (*look)(const struct check *check, const struct check_sources *sources,
                struct check_result *ret);
};
static const struct beside officers = {attest_look_at_officers}, review = {attest_look_at_review},
                           entries = {attest_look_at_entries}, assets = {attest_look_at_assets},
                           take_outs = {attest_look_at_take_outs},
                           incidents = {attest_look_at_incidents}, audits = {attest_look_at_audits};

// No register outweighs a person who says that it is not so.
static int look_beside(const struct check *check, const struct check_sources *sources,
                       struct check_result *ret)
{
    CLEANUP(attest_found_clear) struct attest_found found = {0};
    const struct beside *beside = check->about;
    int r = sources->records.answer ? attest_find(sources, check->clause, &found) : 0;
    if (r < 0)
        return r;
    return found.record && found.state == RECORD_OPEN && value_of(found.record) == FINDING_VIOLATION
               ? attest_give_found(&found, sources->now_ns, NULL, ret)
               : beside->look(check, sources, ret);
}

const struct check attest_checks[] = {
    {"1 (1)", "attest.organisation", attest_look, NULL},
    {"1 (2)", "attest.persons", attest_look, NULL},
    {"1 (3)", "attest.premises", attest_look, NULL},
    {"1 (4)", "attest.technology", attest_look, NULL},
    {"2", "attest.officers", look_beside, &officers},
    {"3 (1)", "attest.secrecy", attest_look, NULL},
    {"3 (4)", "attest.review", look_beside, &review},
    {"4 (1)", "attest.area", attest_look, NULL},
    {"4 (2)", "attest.entries", look_beside, &entries},
    {"4 (3)", "attest.door", attest_look, NULL},
    {"4 (4)", "attest.locks", attest_look, NULL},
    {"5 (2)", "attest.server", attest_look, NULL},
    {"5 (5)", "attest.assets", look_beside, &assets},
    {"5 (7)", "attest.safe", attest_look, NULL},
    {"5 (11)", "attest.disposal", attest_look, NULL},
    {"5 (12)", "attest.subcontracting", attest_look, NULL},
    {"6 (1)", "attest.reporting", look_beside, &incidents},
    {"6 (2)", "attest.incidents", look_beside, &incidents},
    {"6 (3)", "attest.city", look_beside, &incidents},
    {"7", "attest.carrying", look_beside, &take_outs},
    {"8", "attest.law", attest_look, NULL},
    {"9", "attest.audits", look_beside, &audits},
    {"11", "attest.certificate", attest_look, NULL},
};
const size_t attest_n_checks = ELEMENTS(attest_checks);
