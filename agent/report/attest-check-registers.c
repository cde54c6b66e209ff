// SPDX-License-Identifier: GPL-3.0-or-later
// The checks that look at a register, or at the policy's officers, beside or instead of an
// attestation.
#include "report/attest-check-parts.h"

#include "base/i18n.h"
#include "base/moment.h"
#include "base/text.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>

#define DAY_NS (24 * 3600 * NS_PER_S)
#define YEAR_DAYS 366

// ---- 2: officers -------------------------------------------------------------------------------

static bool is_in_office(const struct officer *officer, uint64_t now_ns)
{
    return officer->name && officer->role && officer->from_ns <= now_ns &&
           (officer->until_ns == 0 || now_ns < officer->until_ns);
}

// How many roles have somebody in office, up to two, which the clause asks for.
static unsigned count_roles(const struct policy *policy, uint64_t now_ns)
{
    const char *first = NULL;
    for (size_t i = 0; i < policy->n_officers; i++) {
        const struct officer *officer = policy->officers[i];
        if (!is_in_office(officer, now_ns))
            continue;
        if (first && !text_equal(first, officer->role))
            return 2;
        first = officer->role;
    }
    return first ? 1 : 0;
}

static char *name_officers(const struct policy *policy, uint64_t now_ns)
{
    char *text = NULL;
    size_t length, n = 0;
    FILE *out = open_memstream(&text, &length);
    if (!out)
        return NULL;
    for (size_t i = 0; i < policy->n_officers; i++)
        if (is_in_office(policy->officers[i], now_ns))
            fprintf(out, "%s%s %s", n++ > 0 ? ", " : "", policy->officers[i]->role,
                    policy->officers[i]->name);
    if (fclose(out) == 0)
        return text;
    free(text);
    return NULL;
}

static int give_officers(const struct check_sources *sources, struct check_result *ret)
{
    CLEANUP_FREE char *names = name_officers(sources->policy, sources->now_ns);
    if (!names)
        return -ENOMEM;
    return check_give_about(ret, FINDING_OK, text_format(_("the policy names: %s"), names), NULL,
                            text_dup(names));
}

int attest_look_at_officers(const struct check *check, const struct check_sources *sources,
                            struct check_result *ret)
{
    CLEANUP(attest_found_clear) struct attest_found found = {0};
    unsigned roles = sources->policy ? count_roles(sources->policy, sources->now_ns) : 0;
    if (roles == 2)
        return give_officers(sources, ret);
    int r = attest_find(sources, check->clause, &found);
    if (r < 0)
        return r;
    if (found.record && found.state == RECORD_OPEN)
        return attest_give_found(&found, sources->now_ns, NULL, ret);
    return check_give(ret, FINDING_UNVERIFIED,
                      text_dup(!sources->policy ? _("there is no policy that could be read")
                               : roles == 1     ? _("the policy names an officer for one role only")
                                                : _("the policy names no officers")),
                      text_dup(_("name both in the policy, site.officers, with their terms of "
                                 "office; “sekisho policy check” reads it")));
}

// ---- 3 (4): the review of the month before this ------------------------------------------------

struct reviews {
    const char *month;
    uint64_t now_ns, number;
    char *reviewer, *date; // of the last one
    int r;
};

static void see_review(void *context, const struct record *record)
{
    struct reviews *reviews = context;
    char date[DAY_TEXT_SIZE];
    if (!text_equal(record_get(record, "month"), reviews->month) ||
        record_state_at(record, reviews->now_ns) != RECORD_OPEN || reviews->r < 0)
        return;
    moment_to_day(record->made_ns, date);
    reviews->number = record->number;
    reviews->r = text_set(&reviews->reviewer, record_get(record, "reviewer"));
    if (reviews->r == 0)
        reviews->r = text_set(&reviews->date, date);
}

static int name_last_month(uint64_t now_ns, char ret[MONTH_TEXT_SIZE])
{
    uint64_t begin_ns, end_ns;
    char month[MONTH_TEXT_SIZE];
    moment_to_month(now_ns, month);
    int r = moment_month_range(month, &begin_ns, &end_ns);
    if (r == 0 && begin_ns > 0)
        moment_to_month(begin_ns - 1, ret);
    return r;
}

static int give_review(const struct reviews *reviews, struct check_result *ret)
{
    if (reviews->number > 0)
        return check_give_about(ret, FINDING_OK,
                                text_format(_("%s was reviewed by %s on %s"), reviews->month,
                                            reviews->reviewer, reviews->date),
                                NULL, text_format("review:%" PRIu64, reviews->number));
    return check_give_about(
        ret, FINDING_UNVERIFIED, text_format(_("nobody has reviewed %s"), reviews->month),
        text_format(_("look at “sekisho report --month %s”, then “sudo sekisho review sign "
                      "--month %s --reviewer NAME”"),
                    reviews->month, reviews->month),
        text_dup(reviews->month));
}

int attest_look_at_review(const struct check *check, const struct check_sources *sources,
                          struct check_result *ret)
{
    char month[MONTH_TEXT_SIZE] = "";
    struct reviews reviews = {.month = month, .now_ns = sources->now_ns};
    (void)check;
    if (!sources->records.answer)
        return attest_give_unanswered(&sources->records, ret);
    int r = name_last_month(sources->now_ns, month);
    if (r < 0)
        return attest_give_unanswered(&(struct check_records){.why = strerror(-r)}, ret);
    r = attest_visit(&sources->records, RECORD_REVIEWS, NULL, see_review, &reviews);
    if (r == 0)
        r = reviews.r;
    if (r == 0)
        r = give_review(&reviews, ret);
    free(reviews.reviewer);
    free(reviews.date);
    return r;
}

// ---- 4 (2): entries, 5 (5): assets -------------------------------------------------------------

struct counts {
    uint64_t now_ns;
    size_t open, overdue, ended;
};

static void count(void *context, const struct record *record)
{
    struct counts *counts = context;
    switch (record_state_at(record, counts->now_ns)) {
    case RECORD_ENDED:
        counts->ended++;
        break;
    case RECORD_EXPIRED:
        counts->overdue++;
        break;
    case RECORD_AHEAD:
    case RECORD_OPEN:
        counts->open++;
        break;
    case RECORD_STATE_MAX:
        break;
    }
}

int attest_look_at_entries(const struct check *check, const struct check_sources *sources,
                           struct check_result *ret)
{
    CLEANUP(attest_found_clear) struct attest_found found = {0};
    struct counts counts = {.now_ns = sources->now_ns};
    if (!sources->records.answer)
        return attest_give_unanswered(&sources->records, ret);
    int r = attest_visit(&sources->records, RECORD_VISITS, NULL, count, &counts);
    if (r == 0)
        r = attest_find(sources, check->clause, &found);
    if (r < 0)
        return r;
    if (!found.record || found.state != RECORD_OPEN)
        return attest_give_missing(check, &found, ret);
    CLEANUP_FREE char *more = counts.open + counts.ended == 0
                                  ? text_dup("")
                                  : text_format(_("; visitors inside: %zu"), counts.open);
    return more ? attest_give_found(&found, sources->now_ns, more, ret) : -ENOMEM;
}

static bool is_contract_over(const struct check_sources *sources)
{
    const struct policy *policy = sources->policy;
    return policy && policy->contract_end_ns != 0 && sources->now_ns >= policy->contract_end_ns;
}

static int give_overdue(const struct counts *counts, bool is_over, struct check_result *ret)
{
    size_t n = is_over ? counts->open + counts->overdue : counts->overdue;
    return check_give(
        ret, FINDING_VIOLATION,
        text_format(is_over ? _("the contract has ended, and %zu that were lent are not back")
                            : _("%zu that were lent are overdue"),
                    n),
        text_dup(_("give them back, then “sudo sekisho asset return NUMBER”; “sekisho asset list” "
                   "names them")));
}

// The register speaks for itself as long as something is lent; without that, somebody has to say
// that nothing is, or who answers for it.
int attest_look_at_assets(const struct check *check, const struct check_sources *sources,
                          struct check_result *ret)
{
    CLEANUP(attest_found_clear) struct attest_found found = {0};
    struct counts counts = {.now_ns = sources->now_ns};
    bool is_over = is_contract_over(sources);
    if (!sources->records.answer)
        return attest_give_unanswered(&sources->records, ret);
    int r = attest_visit(&sources->records, RECORD_ASSETS, NULL, count, &counts);
    if (r == 0)
        r = attest_find(sources, check->clause, &found);
    if (r < 0)
        return r;
    if (counts.overdue > 0 || (counts.open > 0 && is_over))
        return give_overdue(&counts, is_over, ret);
    if (counts.open > 0)
        return check_give(ret, FINDING_OK,
                          text_format(_("the register of lent items: %zu lent, %zu returned"),
                                      counts.open, counts.ended),
                          NULL);
    return found.record && found.state == RECORD_OPEN
               ? attest_give_found(&found, sources->now_ns, NULL, ret)
               : attest_give_missing(check, &found, ret);
}

// ---- 7: what was taken out is back in time -----------------------------------------------------

int attest_look_at_take_outs(const struct check *check, const struct check_sources *sources,
                             struct check_result *ret)
{
    CLEANUP(attest_found_clear) struct attest_found found = {0};
    struct counts counts = {.now_ns = sources->now_ns};
    if (!sources->records.answer)
        return attest_give_unanswered(&sources->records, ret);
    int r = attest_visit(&sources->records, RECORD_TAKEOUTS, NULL, count, &counts);
    if (r == 0)
        r = attest_find(sources, check->clause, &found);
    if (r < 0)
        return r;
    if (counts.overdue > 0)
        return check_give(ret, FINDING_VIOLATION,
                          text_format(_("%zu that were taken out are overdue"), counts.overdue),
                          text_dup(_("bring them back, then “sekisho medium in NUMBER”; “sekisho "
                                     "medium list” names them; a lost one is an incident")));
    if (!found.record || found.state != RECORD_OPEN)
        return attest_give_missing(check, &found, ret);
    CLEANUP_FREE char *more =
        counts.open + counts.ended == 0
            ? text_dup("")
            : text_format(_("; taken out: %zu, back again: %zu"), counts.open, counts.ended);
    return more ? attest_give_found(&found, sources->now_ns, more, ret) : -ENOMEM;
}

// ---- 9: an audit within a year -----------------------------------------------------------------

struct audits {
    uint64_t now_ns;
    char oldest[DAY_TEXT_SIZE]; // that counts
    char last[DAY_TEXT_SIZE];   // of those that do
    uint64_t number;            // its row
    size_t open;                // with findings that nobody has closed
};

static void see_audit(void *context, const struct record *record)
{
    struct audits *audits = context;
    const char *date = record_get(record, "date");
    enum record_state state = record_state_at(record, audits->now_ns);
    if (state == RECORD_OPEN && record_get(record, "findings"))
        audits->open++;
    if (state == RECORD_AHEAD || strcmp(date, audits->oldest) < 0 || strcmp(date, audits->last) < 0)
        return;
    text_copy(audits->last, sizeof audits->last, date);
    audits->number = record->number;
}

static int give_audits(const struct audits *audits, struct check_result *ret)
{
    char *subject = text_format("audit:%" PRIu64 ":%zu", audits->number, audits->open);
    if (audits->open > 0)
        return check_give_about(
            ret, FINDING_UNVERIFIED,
            text_format(_("the findings of %zu audits are not closed"), audits->open),
            text_dup(_("see to them, then “sudo sekisho audit close NUMBER --measures TEXT”; "
                       "“sekisho audit list” names them")),
            subject);
    if (audits->number > 0)
        return check_give_about(
            ret, FINDING_OK,
            text_format(_("the last audit was on %s, and nothing of it is open"), audits->last),
            NULL, subject);
    return check_give_about(ret, FINDING_UNVERIFIED,
                            text_dup(_("no audit within twelve months is on record")),
                            text_dup(_("audit, then “sudo sekisho audit add --auditor NAME --kind "
                                       "internal --document FILE”")),
                            subject);
}

int attest_look_at_audits(const struct check *check, const struct check_sources *sources,
                          struct check_result *ret)
{
    struct audits audits = {.now_ns = sources->now_ns};
    uint64_t year_ns = YEAR_DAYS * DAY_NS;
    (void)check;
    if (!sources->records.answer)
        return attest_give_unanswered(&sources->records, ret);
    moment_to_day(sources->now_ns > year_ns ? sources->now_ns - year_ns : 0, audits.oldest);
    int r = attest_visit(&sources->records, RECORD_AUDITS, NULL, see_audit, &audits);
    return r < 0 ? r : give_audits(&audits, ret);
}
