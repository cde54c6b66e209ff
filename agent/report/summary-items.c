// SPDX-License-Identifier: GPL-3.0-or-later
// Page one: the 30 items, and the counts that stand beside them.
#include "report/summary-items.h"

#include "base/text.h"
#include "report/summary-parts.h"

#define CHECKS_SHOWN 3 // of an item, worst first; the rest stands in the CSV

// ---- What proves it ----------------------------------------------------------------------------

// The last instant that the report is about.
static uint64_t last_of(const struct month *month)
{
    return month->partial ? month->until_ns : month->end_ns - 1;
}

// The one that counts for its clause when the period ends: of those that hold, the last one.
static bool is_superseded(const struct record_month *attestations, size_t at, uint64_t end_ns)
{
    const struct record *record = attestations->items[at];
    for (size_t i = 0; i < attestations->n; i++) {
        const struct record *other = attestations->items[i];
        if (other->number > record->number && text_equal(other->clause, record->clause) &&
            record_state_at(other, end_ns) == RECORD_OPEN)
            return true;
    }
    return false;
}

static json_object *make_document(const struct record *record)
{
    json_object *object = json_object_new_object();
    json_add_number(object, "number", record->number);
    summary_add_text(object, "clause", record->clause);
    summary_add_text(object, "statement", record->statement);
    summary_add_text(object, "document", record->document.name);
    summary_add_text(object, "sha256", record->document.hash);
    summary_add_text(object, "by", record->by);
    summary_add_time(object, "made", record->made_ns);
    return object;
}

static void add_documents(json_object *object, enum item item, const struct month *month)
{
    const struct record_month *attestations = &month->records[RECORD_ATTESTATIONS];
    const uint64_t last_ns = last_of(month);
    json_object *list = json_object_new_array();
    json_add(object, "attestations", list);
    for (size_t i = 0; i < attestations->n; i++) {
        const struct record *record = attestations->items[i];
        if (item_is_fed_by(item, record->clause, "attest.") &&
            record_state_at(record, last_ns) == RECORD_OPEN &&
            !is_superseded(attestations, i, last_ns))
            summary_append(list, make_document(record));
    }
}

// ---- Checks ------------------------------------------------------------------------------------

struct bad {
    enum finding_value value; // those of this value now
    size_t n;
    const struct summary_list *list; // NULL: only counted
};

static json_object *make_check(const struct item_check *check)
{
    json_object *object = json_object_new_object();
    const struct spans *at =
        check->checked && (check->value == FINDING_VIOLATION || check->value == FINDING_UNVERIFIED)
            ? &check->checked->at[check->value]
            : NULL;
    summary_add_text(object, "check", check->name);
    json_add_text(object, "value", finding_value_to_str(check->value));
    json_add_text(object, "last", check->checked ? finding_value_to_str(check->checked->last) : "");
    json_add_bool(object, "unseen", check->unseen);
    summary_add_time(object, "from", at && at->n > 0 ? at->items[0].from_ns : 0);
    summary_add_duration(object, "length", at ? spans_total(at, 0, UINT64_MAX) : 0);
    json_add_bool(object, "mended", check->checked && check->checked->last != check->value);
    return object;
}

static void see_bad(void *context, const struct item_check *check)
{
    struct bad *bad = context;
    if (check->value != bad->value)
        return;
    bad->n++;
    if (bad->list)
        summary_list_add(bad->list, make_check(check));
}

// Violations first.
static void add_bad(json_object *section, enum item item, const struct checked_month *checked)
{
    struct bad violated = {.value = FINDING_VIOLATION}, open = {.value = FINDING_UNVERIFIED};
    item_visit(item, checked, see_bad, &violated);
    item_visit(item, checked, see_bad, &open);
    const struct summary_list list =
        summary_list_begin(section, "bad", violated.n + open.n, CHECKS_SHOWN, SUMMARY_FIRST);
    violated.list = open.list = &list;
    item_visit(item, checked, see_bad, &violated);
    item_visit(item, checked, see_bad, &open);
}

static void add_checks(json_object *object, enum item item, const struct item_finding *finding,
                       const struct month *month)
{
    json_object *section = json_section(object, "checks");
    const uint64_t *values = finding->values;
    json_add_number(section, "all", finding->checks);
    json_add_number(section, "fine", values[FINDING_OK] + values[FINDING_NOT_APPLICABLE]);
    json_add_number(section, "violated", values[FINDING_VIOLATION]);
    json_add_number(section, "unverified", values[FINDING_UNVERIFIED]);
    json_add_bool(section, "mended", finding->mended);
    summary_add_time(section, "from", finding->violated.from_ns);
    summary_add_time(section, "to", finding->violated.to_ns);
    summary_add_duration(section, "length", finding->violated_ns);
    add_bad(section, item, &month->checked);
}

// ---- Items -------------------------------------------------------------------------------------

static json_object *make_item(enum item item, const struct item_finding *finding,
                              const struct month *month)
{
    const struct item_form *form = item_form_of(item);
    json_object *object = json_object_new_object(), *remarks = json_object_new_array();
    json_add_text(object, "item", form->number);
    json_add_text(object, "clause", form->clauses);
    json_add_text(object, "key", form->key);
    json_add_text(object, "value", finding_value_to_str(finding->finding.value));
    json_add_number(object, "count", finding->finding.count);
    json_add_bool(object, "automatic", form->ways & ITEM_AUTOMATIC);
    json_add_bool(object, "attested", form->ways & ITEM_ATTESTED);
    json_add_bool(object, "open",
                  finding->finding.value == FINDING_VIOLATION ||
                      finding->finding.value == FINDING_UNVERIFIED);
    json_add_text(object, "annex", form->annex ? form->annex : "");
    json_add(object, "remarks", remarks);
    for (enum finding_remark remark = 0; remark < REMARK_MAX; remark++)
        if (finding->finding.remarks[remark])
            summary_append(remarks, json_object_new_string(finding_remark_to_str(remark)));
    add_checks(object, item, finding, month);
    add_documents(object, item, month);
    return object;
}

// "findings" are the items of forms that were made before all 30 could be told: an admin's own goes
// on to work.
static int add_items(json_object *document, const struct item_sources *sources)
{
    static const enum item early[] = {ITEM_FOREIGN_DEVICES, ITEM_PERMITTED_USE, ITEM_AIR_GAP,
                                      ITEM_LOGS_KEPT,       ITEM_INCIDENTS,     ITEM_WATCHED};
    struct item_finding items[ITEM_MAX];
    int r = items_derive(sources, items);
    if (r < 0)
        return r;
    json_object *list = json_object_new_array(), *findings = json_object_new_array();
    json_add(document, "items", list);
    json_add(document, "findings", findings);
    for (enum item item = 0; item < ITEM_MAX; item++)
        summary_append(list, make_item(item, &items[item], sources->of.month));
    for (size_t i = 0; i < ELEMENTS(early); i++)
        summary_append(findings,
                       json_object_get(json_object_array_get_idx(list, (size_t)early[i])));
    json_object *sum = json_section(document, "results");
    for (enum finding_value value = 0; value < FINDING_VALUE_MAX; value++)
        json_add_number(sum, finding_value_to_str(value), items[ITEM_SPECIAL].values[value]);
    return 0;
}

// ---- Counts ------------------------------------------------------------------------------------

static void add_usage(json_object *document, const struct usage *usage)
{
    uint64_t counts[USAGE_COUNT_MAX] = {0}, logged_in_ns = 0, users = 0;
    json_object *section = json_section(document, "usage");
    for (size_t i = 0; usage && i < usage->n; i++) {
        const struct usage_person *person = usage->persons[i];
        for (enum usage_count count = 0; count < USAGE_COUNT_MAX; count++)
            counts[count] += person->counts[count];
        logged_in_ns += person->logged_in_ns;
        users += person->name && person->logged_in_ns > 0;
    }
    json_add_bool(section, "recorded", usage && usage->recorded);
    json_add_number(section, "users", users);
    summary_add_duration(section, "hours", logged_in_ns);
    for (enum usage_count count = 0; count < USAGE_COUNT_MAX; count++)
        json_add_number(section, usage_count_to_str(count), counts[count]);
}

// As the registers were when the period ended.
static void add_registers(json_object *document, const struct month *month,
                          const struct policy *policy)
{
    const uint64_t last_ns = last_of(month);
    json_object *section = json_section(document, "registers");
    const struct operator_counts operators = operator_month_count(
        &month->operators, policy ? &policy->operators.training : NULL, last_ns);
    json_add_number(section, "designated", operators.designated);
    json_add_number(section, "trained", operators.trained);
    json_add_number(section, "untrained", operators.designated - operators.trained);
    json_add_number(section, "approvals", month->approvals);
    json_add_number(section, "unregistered", month->unregistered);
    for (enum record_register which = 0; which < RECORD_REGISTER_MAX; which++) {
        const struct record_month *records = &month->records[which];
        if (which == RECORD_TAKEOUTS)
            continue; // they have a section of their own
        uint64_t made = 0, open = 0;
        for (size_t i = 0; i < records->n; i++) {
            made += records->items[i]->made_ns >= month->begin_ns;
            open += record_state_at(records->items[i], last_ns) != RECORD_ENDED;
        }
        json_object *counts = json_section(section, record_form_of(which)->name);
        json_add_number(counts, "made", made + records->unlisted);
        json_add_number(counts, "open", open);
    }
}

int summary_add_items(json_object *document, const struct item_sources *sources,
                      const struct policy *policy)
{
    add_usage(document, sources->usage);
    add_registers(document, sources->of.month, policy);
    return add_items(document, sources);
}
