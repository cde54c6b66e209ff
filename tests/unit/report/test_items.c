// SPDX-License-Identifier: GPL-3.0-or-later
// The 30 items: each has a ledger that makes it ok, one that makes it a violation, and one that
// leaves it unverified.
#include "report/items.h"

#include "base/text.h"
#include "report/rooms.h"
#include "story.h"

#include <criterion/criterion.h>
#include <string.h>

static struct story story;
static struct usage usage;
static struct item_finding items[ITEM_MAX];
static const struct verify_result verified = {.outcome = VERIFY_OPEN_END};

// ---- Rows --------------------------------------------------------------------------------------

static void find(uint64_t wall_ns, const char *check, const char *clause, const char *finding)
{
    CLEANUP_FREE char *details = text_format(
        "{\"check\":\"%s\",\"clause\":\"%s\",\"finding\":\"%s\"}", check, clause, finding);
    story_row(&story, wall_ns, FACT_FINDING_CHANGED, check, finding, details);
}

static const struct check *check_of(const char *name)
{
    for (enum check_room room = 0; room < CHECK_ROOM_MAX; room++)
        for (size_t i = 0; i < *check_rooms[room].n; i++)
            if (text_equal(check_rooms[room].checks[i].name, name))
                return &check_rooms[room].checks[i];
    cr_assert_fail("there is no check %s", name);
    return NULL;
}

static void change(unsigned hour, const char *check, const char *finding)
{
    find(story_at(3, hour, 0), check, check_of(check)->clause, finding);
}

static void find_all(uint64_t wall_ns, const char *but)
{
    for (enum check_room room = 0; room < CHECK_ROOM_MAX; room++)
        for (size_t i = 0; check_rooms[room].is_recorded && i < *check_rooms[room].n; i++) {
            const struct check *check = &check_rooms[room].checks[i];
            if (!text_equal(check->name, but))
                find(wall_ns, check->name, check->clause, "ok");
        }
}

static void attest(const char *clause, const char *document)
{
    CLEANUP_FREE char *details = text_format(
        "{\"number\":0,\"register\":\"attestations\",\"clause\":\"%s\",\"statement\":\"so it is\","
        "%s%s%s\"from_ns\":0,\"until_ns\":0,\"fields\":{},\"by\":\"ito\",\"by_uid\":1001,"
        "\"made_ns\":%" PRIu64 ",\"ended_ns\":0}",
        clause, document ? "\"document\":{\"name\":\"" : "", document ? document : "",
        document ? "\",\"sha256\":"
                   "\"0000000000000000000000000000000000000000000000000000000000000000\","
                   "\"size\":1},"
                 : "",
        story_at(2, 9, 2));
    story_row(&story, story_at(2, 9, 2), FACT_ATTESTATION_MADE, clause, "added", details);
}

// A workstation as it should be, installed on the 2nd, on the 3rd at 9:00. `but`: a check that
// nobody ever made; NULL: none.
static void begin_without(const char *but)
{
    story_begin(&story);
    usage = (struct usage){.recorded = true};
    story_install(&story, story_at(2, 9, 0));
    find_all(story_at(2, 9, 1), but);
    attest("6 (2)", NULL);
    story_row(&story, story_at(2, 9, 3), FACT_APPROVAL_GRANTED, "0781:5581:B", "approved",
              "{\"number\":0,\"approver\":\"sato\"}");
    CLEANUP_FREE char *rule = text_format("approval:%" PRIu64, story.sequence);
    story_used(&story, story_at(2, 10, 0), "0781:5581:B", rule);
    story_stop(&story, story_at(2, 17, 0));
    story_start(&story, story_at(3, 9, 0));
}

static void begin(void)
{
    begin_without(NULL);
}

static void end(void)
{
    story_stop(&story, story_at(3, 17, 0));
    story_end(&story);
    const struct item_sources sources = {
        .of = {.month = &story.month, .verified = &verified, .contract_end_ns = story_at(30, 0, 0)},
        .usage = &usage};
    cr_assert_eq(items_derive(&sources, items), 0);
    month_clear(&story.month);
}

static void expect(enum item item, enum finding_value value)
{
    enum finding_value found = items[item].finding.value;
    cr_expect_eq(found, value, "item %s, %s: %s", item_form_of(item)->number,
                 item_form_of(item)->key, finding_value_to_str(found));
}

// ---- Ok ----------------------------------------------------------------------------------------

Test(items, on_a_workstation_as_it_should_be_all_are_ok)
{
    begin();
    end();
    for (enum item item = 0; item < ITEM_MAX; item++)
        expect(item, FINDING_OK);
}

Test(items, are_numbered_as_the_form_numbers_them)
{
    char number[8];
    cr_assert_eq(ITEM_MAX, 30);
    for (enum item item = 0; item < ITEM_MAX; item++) {
        snprintf(number, sizeof number, "%d", (int)item + 1);
        cr_expect_str_eq(item_form_of(item)->number, number);
    }
}

// ---- Violation and unverified, by a check ------------------------------------------------------

static const struct {
    enum item item;
    const char *check;
} by_check[] = {
    {ITEM_POLICIES, "attest.premises"},
    {ITEM_OFFICERS, "attest.officers"},
    {ITEM_SECRECY, "attest.secrecy"},
    {ITEM_DESIGNATED, "operators.unregistered"},
    {ITEM_TRAINING, "operators.training"},
    {ITEM_SUPERVISION, "attest.review"},
    {ITEM_AREA, "attest.locks"},
    {ITEM_ENTRIES, "attest.entries"},
    {ITEM_SERVER, "attest.server"},
    {ITEM_LOGINS, "posture.sudo"},
    {ITEM_ASSETS, "attest.assets"},
    {ITEM_ENCRYPTION, "storage.encrypted"},
    {ITEM_FILES, "audit.enabled"},
    {ITEM_LOGS_KEPT, "posture.clock_rtc"},
    {ITEM_AUTHENTICATION, "posture.autologin"},
    {ITEM_ANTIVIRUS, "antivirus.running"},
    {ITEM_DISPOSALS, "attest.disposal"},
    {ITEM_SUBCONTRACTING, "attest.subcontracting"},
    {ITEM_INCIDENTS, "attest.reporting"},
    {ITEM_TAKEOUTS, "attest.carrying"},
    {ITEM_LAW, "attest.law"},
    {ITEM_AUDITS, "attest.audits"},
    {ITEM_CERTIFICATE, "attest.certificate"},
    {ITEM_SPECIAL, "attest.law"},
};

// Items that the check does not stand behind stay as they were.
static void expect_only(const char *check, enum finding_value value)
{
    for (enum item item = 0; item < ITEM_MAX; item++) {
        bool concerned =
            item == ITEM_SPECIAL || item_is_fed_by(item, check_of(check)->clause, check);
        expect(item, concerned ? value : FINDING_OK);
    }
}

Test(items, a_violation_that_was_mended_is_still_one)
{
    for (size_t i = 0; i < ELEMENTS(by_check); i++) {
        begin();
        change(10, by_check[i].check, "violation");
        change(12, by_check[i].check, "ok");
        end();
        expect(by_check[i].item, FINDING_VIOLATION);
        expect_only(by_check[i].check, FINDING_VIOLATION);
        if (by_check[i].item == ITEM_SPECIAL)
            continue;
        const struct item_finding *item = &items[by_check[i].item];
        cr_expect(item->finding.remarks[REMARK_CHECKS_VIOLATED]);
        cr_expect(item->mended);
        cr_expect_eq(item->violated.from_ns, story_at(3, 10, 0));
        cr_expect_eq(item->violated_ns, 2 * HOUR);
    }
}

Test(items, a_check_that_can_not_tell_leaves_its_item_unverified)
{
    for (size_t i = 0; i < ELEMENTS(by_check); i++) {
        begin();
        change(10, by_check[i].check, "unverified");
        end();
        expect_only(by_check[i].check, FINDING_UNVERIFIED);
    }
}

Test(items, a_check_that_nobody_ever_made_leaves_its_item_unverified)
{
    for (size_t i = 0; i < ELEMENTS(by_check); i++) {
        begin_without(by_check[i].check);
        end();
        expect_only(by_check[i].check, FINDING_UNVERIFIED);
    }
}

// ---- The same by the month's own rows ----------------------------------------------------------

static void use_unregistered(void)
{
    story_used(&story, story_at(3, 10, 0), "0781:5581:C", "approval:999");
}

static void use_foreign(void)
{
    story_blocked(&story, story_at(3, 10, 0), "0951:1666:A", "observed");
}

static void fail_to_unmount(void)
{
    story_row(&story, story_at(3, 10, 0), FACT_MEDIUM_REFUSED, "x", "failed", NULL);
}

static void break_air_gap(void)
{
    story_broken(&story, story_at(3, 10, 0), "eth0", story_at(3, 10, 0));
}

static void begin_erasing(void)
{
    story_row(&story, story_at(3, 10, 0), FACT_ERASE_BEGUN, "/srv/a", "x", "{\"files\":[{}]}");
}

static void fail_to_erase(void)
{
    begin_erasing();
    CLEANUP_FREE char *details =
        text_format("{\"files\":[{\"error\":\"in use\",\"gone\":false}],\"number\":%" PRIu64
                    ",\"whole\":%" PRIu64 "}",
                    story.sequence, story.sequence);
    story_row(&story, story_at(3, 10, 1), FACT_ERASE_DONE, "/srv/a", "x", details);
}

static void tamper(void)
{
    story_row(&story, story_at(3, 10, 0), FACT_AGENT_TAMPERED, "S1", "restored", NULL);
}

static void leave_a_hole(void)
{
    story_gap(&story, story_at(3, 16, 0), story_at(3, 12, 0), story_at(3, 12, 30), false);
}

static void observe_packets(void)
{
    story_row(&story, story_at(3, 12, 0), FACT_MODE_CHANGED, "network", "observing",
              "{\"mode\":\"observe\"}");
}

static void lose_records(void)
{
    story_row(&story, story_at(3, 16, 0), FACT_AGENT_GAP, NULL, "lost",
              "{\"source\":\"audit\",\"cause\":\"the kernel dropped audit records\",\"lost\":3}");
}

static void forget_usage(void)
{
    usage.recorded = false;
}

static const struct {
    enum item item;
    void (*tell)(void);
    enum finding_value value;
    enum finding_remark remark;
} by_rows[] = {
    {ITEM_MEDIA_REGISTER, use_unregistered, FINDING_VIOLATION, REMARK_UNREGISTERED},
    {ITEM_MEDIA_REGISTER, leave_a_hole, FINDING_UNVERIFIED, REMARK_HOLES},
    {ITEM_FOREIGN_DEVICES, use_foreign, FINDING_VIOLATION, REMARK_USABLE},
    {ITEM_FOREIGN_DEVICES, leave_a_hole, FINDING_UNVERIFIED, REMARK_HOLES},
    {ITEM_PERMITTED_USE, fail_to_unmount, FINDING_VIOLATION, REMARK_FAILED_MEDIA},
    {ITEM_PERMITTED_USE, leave_a_hole, FINDING_UNVERIFIED, REMARK_HOLES},
    {ITEM_AIR_GAP, break_air_gap, FINDING_VIOLATION, REMARK_BREACHES},
    {ITEM_AIR_GAP, observe_packets, FINDING_UNVERIFIED, REMARK_OBSERVE},
    {ITEM_ERASURES, fail_to_erase, FINDING_VIOLATION, REMARK_ERASURES_FAILED},
    {ITEM_ERASURES, begin_erasing, FINDING_UNVERIFIED, REMARK_ERASURES_UNFINISHED},
    {ITEM_WATCHED, tamper, FINDING_VIOLATION, REMARK_TAMPERED},
    {ITEM_WATCHED, leave_a_hole, FINDING_UNVERIFIED, REMARK_HOLES},
    {ITEM_LOGINS, lose_records, FINDING_UNVERIFIED, REMARK_UNREAD},
    {ITEM_LOGINS, forget_usage, FINDING_UNVERIFIED, REMARK_UNRECORDED},
    {ITEM_FILES, forget_usage, FINDING_UNVERIFIED, REMARK_UNRECORDED},
    {ITEM_SUPERVISION, tamper, FINDING_UNVERIFIED, REMARK_UNKEPT},
};

Test(items, the_rows_of_the_month_tell_by_themselves)
{
    for (size_t i = 0; i < ELEMENTS(by_rows); i++) {
        begin();
        by_rows[i].tell();
        end();
        expect(by_rows[i].item, by_rows[i].value);
        cr_expect(items[by_rows[i].item].finding.remarks[by_rows[i].remark], "%s",
                  finding_remark_to_str(by_rows[i].remark));
    }
}

Test(items, each_has_a_ledger_for_a_violation_and_one_for_unverified)
{
    unsigned violated[ITEM_MAX] = {0}, unverified[ITEM_MAX] = {0};
    for (size_t i = 0; i < ELEMENTS(by_check); i++) {
        violated[by_check[i].item]++;
        unverified[by_check[i].item]++;
    }
    for (size_t i = 0; i < ELEMENTS(by_rows); i++)
        (by_rows[i].value == FINDING_VIOLATION ? violated : unverified)[by_rows[i].item]++;
    for (enum item item = 0; item < ITEM_MAX; item++)
        cr_expect(violated[item] && unverified[item], "item %s", item_form_of(item)->number);
}

Test(items, of_an_empty_month_none_is_ok)
{
    story_begin(&story);
    usage = (struct usage){0};
    story_end(&story);
    const struct item_sources sources = {
        .of = {.month = &story.month, .verified = &verified, .contract_end_ns = 1}};
    cr_assert_eq(items_derive(&sources, items), 0);
    for (enum item item = 0; item < ITEM_MAX; item++)
        expect(item, FINDING_UNVERIFIED);
    month_clear(&story.month);
}

// ---- Which checks ------------------------------------------------------------------------------

// "6 (2)" stands in "6 (1)–(3)", too.
static bool names(const char *clauses, const char *clause)
{
    bool is_range = strstr(clauses, "–") != NULL;
    return is_range ? strncmp(clauses, clause, strlen("6 (")) == 0
                    : strstr(clauses, clause) != NULL;
}

static void expect_item(const struct check *check, const char *clause)
{
    unsigned n = 0;
    for (enum item item = 0; item < ITEM_MAX; item++)
        n += item_is_fed_by(item, check->clause, check->name) &&
             names(item_form_of(item)->clauses, clause);
    cr_expect_gt(n, 0, "%s of clause %s", check->name, clause);
}

Test(items, each_check_stands_behind_an_item_of_each_clause_that_it_names)
{
    for (enum check_room room = 0; room < CHECK_ROOM_MAX; room++)
        for (size_t i = 0; i < *check_rooms[room].n; i++) {
            const struct check *check = &check_rooms[room].checks[i];
            CLEANUP_FREE char *clauses = strdup(check->clause);
            char *rest = clauses, *clause;
            while ((clause = strsep(&rest, ",")) != NULL)
                expect_item(check, clause + strspn(clause, " "));
        }
}
