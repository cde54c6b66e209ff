// SPDX-License-Identifier: GPL-3.0-or-later
// What the month's rows say of each item, and what its checks add.
#include "report/items.h"

#include "base/text.h"
#include "report/rooms.h"

#include <assert.h>
#include <errno.h>
#include <string.h>

// ---- What the rows say -------------------------------------------------------------------------

// A person's word does not depend on whether the agent watched: it holds as long as it was kept.
// Alone it is no finding; the checks bring that.
static enum finding_value derive_word(const struct item_sources *sources, struct finding *finding)
{
    return finding_is_ungrounded(&sources->of, finding) ? FINDING_UNVERIFIED
                                                        : FINDING_NOT_APPLICABLE;
}

// The same of what the agent has to look at.
static enum finding_value derive_sight(const struct item_sources *sources, struct finding *finding)
{
    return finding_is_doubtful(&sources->of, &sources->of.month->watched, finding)
               ? FINDING_UNVERIFIED
               : FINDING_NOT_APPLICABLE;
}

static enum finding_value derive_supervision(const struct item_sources *sources,
                                             struct finding *finding)
{
    const struct incident_month *incidents = &sources->of.month->incidents;
    bool doubtful = finding_is_ungrounded(&sources->of, finding);
    doubtful |= finding_note(finding, REMARK_UNANSWERED, incidents->unanswered > 0);
    doubtful |= finding_note(finding, REMARK_UNKEPT, incidents->unkept);
    finding->count = sources->of.month->records[RECORD_REVIEWS].n;
    return finding_choose(false, doubtful);
}

static enum finding_value derive_media_register(const struct item_sources *sources,
                                                struct finding *finding)
{
    const struct month *month = sources->of.month;
    bool violated = finding_note(finding, REMARK_UNREGISTERED, month->unregistered > 0);
    bool doubtful = finding_is_doubtful(&sources->of, &month->watched, finding);
    finding->count = month->approvals;
    return finding_choose(violated, doubtful);
}

// Were logins and file access recorded, all the time that the PC was on?
static bool is_unrecorded(const struct item_sources *sources, struct finding *finding)
{
    const struct month *month = sources->of.month;
    bool unrecorded = finding_is_doubtful(&sources->of, &month->watched, finding);
    unrecorded |=
        finding_note(finding, REMARK_UNRECORDED, !sources->usage || !sources->usage->recorded);
    unrecorded |= finding_note(finding, REMARK_UNREAD, month->watched.unread.spans.n > 0);
    return unrecorded;
}

static enum finding_value derive_recorded(const struct item_sources *sources,
                                          struct finding *finding)
{
    return finding_choose(false, is_unrecorded(sources, finding));
}

static enum finding_value derive_erasures(const struct item_sources *sources,
                                          struct finding *finding)
{
    const struct erasure_month *erasures = &sources->of.month->erasures;
    bool violated = finding_note(finding, REMARK_ERASURES_FAILED, erasures->failed > 0);
    bool doubtful = is_unrecorded(sources, finding);
    doubtful |= finding_note(finding, REMARK_ERASURES_UNFINISHED, erasures->unfinished > 0);
    finding->count = erasures->n + erasures->unlisted;
    return finding_choose(violated, doubtful);
}

static enum finding_value derive_disposals(const struct item_sources *sources,
                                           struct finding *finding)
{
    const struct record_month *disposals = &sources->of.month->records[RECORD_DISPOSALS];
    bool undocumented = false;
    for (size_t i = 0; i < disposals->n; i++)
        undocumented |= !disposals->items[i]->document.name;
    enum finding_value word = derive_word(sources, finding);
    finding->count = disposals->n + disposals->unlisted;
    return finding_note(finding, REMARK_UNDOCUMENTED, undocumented) ? FINDING_UNVERIFIED : word;
}

static enum finding_value derive_takeouts(const struct item_sources *sources,
                                          struct finding *finding)
{
    const struct takeout_month *takeouts = &sources->of.month->takeouts;
    bool violated = finding_note(finding, REMARK_TAKEOUTS_OVERDUE, takeouts->overdue > 0);
    violated |= finding_note(finding, REMARK_TAKEOUTS_PLAIN, takeouts->unpermitted > 0);
    bool doubtful = finding_is_doubtful(&sources->of, &sources->of.month->watched, finding);
    finding->count = takeouts->taken;
    return finding_choose(violated, doubtful);
}

// ---- The forms ---------------------------------------------------------------------------------

// What stands behind an item: checks of a clause as they name it, and of those whose name begins
// so.
struct feed {
    const char *clause;
    const char *prefix; // "": all
};
#define FEEDS_MAX 4

static const struct form {
    struct item_form form;
    enum finding_value (*derive)(const struct item_sources *sources, struct finding *finding);
    enum finding_item derived; // where `derive` is NULL
    struct feed feeds[FEEDS_MAX];
} forms[] = {
#define WORD ITEM_ATTESTED
#define SIGHT ITEM_AUTOMATIC
#define BOTH (ITEM_AUTOMATIC | ITEM_ATTESTED)
    [ITEM_POLICIES] = {{"policies", "1", "1 (1)–(4)", NULL, WORD},
                       derive_word,
                       0,
                       {{"1 (1)", ""}, {"1 (2)", ""}, {"1 (3)", ""}, {"1 (4)", ""}}},
    [ITEM_OFFICERS] = {{"officers", "2", "2", NULL, WORD}, derive_word, 0, {{"2", ""}}},
    [ITEM_SECRECY] = {{"secrecy", "3", "3 (1)", NULL, WORD}, derive_word, 0, {{"3 (1)", ""}}},
    [ITEM_DESIGNATED] = {{"designated", "4", "3 (2)", NULL, BOTH},
                         derive_sight,
                         0,
                         {{"3 (2)", ""}}},
    [ITEM_TRAINING] = {{"training", "5", "3 (3)", NULL, WORD}, derive_word, 0, {{"3 (3)", ""}}},
    [ITEM_SUPERVISION] = {{"supervision", "6", "3 (4)", "H", WORD},
                          derive_supervision,
                          0,
                          {{"3 (4)", ""}}},
    [ITEM_AREA] = {{"area", "7", "4 (1), 4 (4)", NULL, WORD},
                   derive_word,
                   0,
                   {{"4 (1)", ""}, {"4 (4)", ""}}},
    [ITEM_ENTRIES] = {{"entries", "8", "4 (2), 4 (3)", NULL, WORD},
                      derive_word,
                      0,
                      {{"4 (2)", ""}, {"4 (3)", ""}}},
    [ITEM_MEDIA_REGISTER] = {{"media-register", "9", "4 (5)", "C", SIGHT},
                             derive_media_register,
                             0,
                             {{NULL, NULL}}},
    [ITEM_FOREIGN_DEVICES] = {{"foreign-devices", "10", "4 (5), 5 (4)", "C", SIGHT},
                              NULL,
                              FINDING_FOREIGN_DEVICES,
                              {{"4 (5), 5 (4)", ""}}},
    [ITEM_PERMITTED_USE] = {{"permitted-use", "11", "5 (4)", "C", SIGHT},
                            NULL,
                            FINDING_PERMITTED_USE,
                            {{"5 (4)", ""}}},
    [ITEM_AIR_GAP] = {{"air-gap", "12", "5 (1)", "D", SIGHT},
                      NULL,
                      FINDING_AIR_GAP,
                      {{"5 (1)", ""}}},
    [ITEM_SERVER] = {{"server", "13", "5 (2)", NULL, WORD}, derive_word, 0, {{"5 (2)", ""}}},
    [ITEM_LOGINS] = {{"logins", "14", "5 (3)", NULL, SIGHT},
                     derive_recorded,
                     0,
                     {{"5 (3)", ""}, {"5 (3), 5 (6)", ""}, {"5 (3), 5 (6), 5 (10)", ""}}},
    [ITEM_ASSETS] = {{"assets", "15", "5 (5)", NULL, WORD}, derive_word, 0, {{"5 (5)", ""}}},
    [ITEM_ENCRYPTION] = {{"encryption", "16", "5 (6)", NULL, SIGHT},
                         derive_sight,
                         0,
                         {{"5 (6)", "storage."}, {"5 (6)", "posture."}}},
    [ITEM_FILES] = {{"files", "17", "5 (6)", NULL, SIGHT},
                    derive_recorded,
                    0,
                    {{"5 (3), 5 (6)", "audit."}, {"5 (3), 5 (6), 5 (10)", ""}}},
    [ITEM_LOGS_KEPT] = {{"logs-kept", "18", "5 (6)", "I", SIGHT},
                        NULL,
                        FINDING_LOGS_KEPT,
                        {{"5 (6)", "record."}, {"5 (3), 5 (6)", "posture."}}},
    [ITEM_AUTHENTICATION] = {{"authentication", "19", "5 (8)", NULL, SIGHT},
                             derive_sight,
                             0,
                             {{"5 (8)", ""}}},
    [ITEM_ANTIVIRUS] = {{"antivirus", "20", "5 (9)", NULL, SIGHT},
                        derive_sight,
                        0,
                        {{"5 (9)", ""}}},
    [ITEM_ERASURES] = {{"erasures", "21", "5 (10)", "F", SIGHT},
                       derive_erasures,
                       0,
                       {{"5 (3), 5 (6), 5 (10)", ""}}},
    [ITEM_DISPOSALS] = {{"disposals", "22", "5 (11)", "F", WORD},
                        derive_disposals,
                        0,
                        {{"5 (11)", ""}}},
    [ITEM_SUBCONTRACTING] = {{"subcontracting", "23", "5 (12)", NULL, WORD},
                             derive_word,
                             0,
                             {{"5 (12)", ""}}},
    [ITEM_INCIDENTS] = {{"incidents", "24", "6 (1)–(3)", "H", BOTH},
                        NULL,
                        FINDING_INCIDENTS,
                        {{"6 (1)", ""}, {"6 (2)", ""}, {"6 (3)", ""}}},
    [ITEM_TAKEOUTS] = {{"takeouts", "25", "5 (7), 7", "G", BOTH},
                       derive_takeouts,
                       0,
                       {{"5 (7)", ""}, {"7", ""}}},
    [ITEM_LAW] = {{"law", "26", "8", NULL, WORD}, derive_word, 0, {{"8", ""}}},
    [ITEM_AUDITS] = {{"audits", "27", "9", "I", BOTH},
                     derive_sight,
                     0,
                     {{"9", "attest."}, {"9", "posture."}}},
    [ITEM_CERTIFICATE] = {{"certificate", "28", "11", NULL, WORD}, derive_word, 0, {{"11", ""}}},
    [ITEM_WATCHED] = {{"watched", "29", "9", "I", SIGHT},
                      NULL,
                      FINDING_WATCHED,
                      {{"9", "record."}}},
    [ITEM_SPECIAL] = {{"special", "30", "10", NULL, SIGHT}, derive_sight, 0, {{NULL, NULL}}},
};
static_assert(ELEMENTS(forms) == ITEM_MAX, "a form for each item");

const struct item_form *item_form_of(enum item item)
{
    assert(item < ITEM_MAX);
    return &forms[item].form;
}

bool item_is_fed_by(enum item item, const char *clause, const char *check)
{
    for (size_t i = 0; i < FEEDS_MAX; i++) {
        const struct feed *feed = &forms[item].feeds[i];
        if (feed->clause && text_equal(feed->clause, clause) &&
            strncmp(check, feed->prefix, strlen(feed->prefix)) == 0)
            return true;
    }
    return false;
}

// ---- Checks ------------------------------------------------------------------------------------

static bool is_word(const char *check)
{
    return strncmp(check, "attest.", strlen("attest.")) == 0;
}

// A violation counts whenever it was. What a person says is about the month, on whatever day of it
// it is said, so it has to hold at the end; what is looked at has to be known all the time.
static struct item_check judge(const struct checked *checked, const struct checked_month *month)
{
    struct item_check check = {.name = checked->name, .checked = checked, .value = checked->last};
    bool was_open = checked->was[FINDING_UNVERIFIED];
    bool unseen = checked_is_unseen(checked, month);
    check.said_late =
        is_word(checked->name) && checked->last != FINDING_UNVERIFIED && (was_open || unseen);
    check.unseen = !is_word(checked->name) && unseen;
    if (checked->was[FINDING_VIOLATION])
        check.value = FINDING_VIOLATION;
    else if (!is_word(checked->name) && (was_open || unseen))
        check.value = FINDING_UNVERIFIED;
    else if (!is_word(checked->name) && checked->was[FINDING_OK])
        check.value = FINDING_OK;
    return check;
}

struct visit {
    item_visitor see;
    void *context;
};

static void visit_unseen(enum item item, const struct checked_month *month,
                         const struct check_room_list *list, const struct visit *visit)
{
    for (size_t i = 0; i < *list->n; i++) {
        const struct check *check = &list->checks[i];
        if (!item_is_fed_by(item, check->clause, check->name) ||
            checked_month_find(month, check->name))
            continue;
        visit->see(
            visit->context,
            &(struct item_check){.name = check->name, .value = FINDING_UNVERIFIED, .unseen = true});
    }
}

void item_visit(enum item item, const struct checked_month *checked, item_visitor see,
                void *context)
{
    const struct visit visit = {see, context};
    for (size_t i = 0; i < checked->n; i++) {
        const struct checked *one = checked->items[i];
        if (!item_is_fed_by(item, one->clause, one->name))
            continue;
        const struct item_check check = judge(one, checked);
        see(context, &check);
    }
    for (enum check_room room = 0; room < CHECK_ROOM_MAX; room++)
        if (check_rooms[room].is_recorded)
            visit_unseen(item, checked, &check_rooms[room], &visit);
}

struct tally {
    struct item_finding *item;
    struct spans violated;
    int r;
};

static void note_violation(struct tally *tally, const struct checked *checked)
{
    struct item_finding *item = tally->item;
    item->mended &= checked->last != FINDING_VIOLATION;
    if (tally->r == 0)
        tally->r = spans_add_all(&tally->violated, &checked->at[FINDING_VIOLATION]);
}

static void take_check(void *context, const struct item_check *check)
{
    struct tally *tally = context;
    struct finding *finding = &tally->item->finding;
    tally->item->checks++;
    tally->item->values[check->value]++;
    finding->value = finding_value_worse(finding->value, check->value);
    (void)finding_note(finding, REMARK_CHECKS_UNSEEN, check->unseen);
    (void)finding_note(finding, REMARK_CHECKS_UNVERIFIED,
                       check->value == FINDING_UNVERIFIED && !check->unseen);
    (void)finding_note(finding, REMARK_SAID_LATE, check->said_late);
    if (finding_note(finding, REMARK_CHECKS_VIOLATED, check->value == FINDING_VIOLATION))
        note_violation(tally, check->checked);
}

static int add_checks(const struct item_sources *sources, enum item item, struct item_finding *ret)
{
    struct tally tally = {.item = ret};
    ret->mended = true;
    item_visit(item, &sources->of.month->checked, take_check, &tally);
    const struct spans *violated = &tally.violated;
    if (violated->n > 0)
        ret->violated =
            (struct span){violated->items[0].from_ns, violated->items[violated->n - 1].to_ns};
    ret->violated_ns = spans_total(violated, 0, UINT64_MAX);
    ret->mended &= ret->values[FINDING_VIOLATION] > 0;
    spans_clear(&tally.violated);
    return tally.r;
}

// ---- All ---------------------------------------------------------------------------------------

static void begin(const struct item_sources *sources, enum item item,
                  const struct finding derived[FINDING_ITEM_MAX], struct item_finding *ret)
{
    const struct form *form = &forms[item];
    *ret = (struct item_finding){0};
    if (!form->derive)
        ret->finding = derived[form->derived];
    else
        ret->finding.value = form->derive(sources, &ret->finding);
}

// What the others come to: what an auditor reads first.
static void sum_up(const struct item_sources *sources, struct item_finding all[ITEM_MAX])
{
    const struct month *month = sources->of.month;
    struct item_finding *special = &all[ITEM_SPECIAL];
    for (enum item item = 0; item < ITEM_SPECIAL; item++) {
        enum finding_value value = all[item].finding.value;
        special->values[value]++;
        special->finding.value = finding_value_worse(special->finding.value, value);
    }
    special->finding.count = special->values[FINDING_VIOLATION];
    (void)finding_note(&special->finding, REMARK_POLICIES_REJECTED, month->rejected_policies > 0);
    (void)finding_note(&special->finding, REMARK_INSTALLED, month->installed);
    (void)finding_note(&special->finding, REMARK_PARTIAL, month->partial);
}

int items_derive(const struct item_sources *sources, struct item_finding ret[ITEM_MAX])
{
    struct finding derived[FINDING_ITEM_MAX];
    int r = 0;
    finding_derive(&sources->of, derived);
    for (enum item item = 0; r == 0 && item < ITEM_MAX; item++) {
        begin(sources, item, derived, &ret[item]);
        r = add_checks(sources, item, &ret[item]);
    }
    if (r == 0)
        sum_up(sources, ret);
    return r;
}
