// SPDX-License-Identifier: GPL-3.0-or-later
#include "report/finding.h"
#include "story.h"

#include <criterion/criterion.h>

static const struct verify_result verified = {.outcome = VERIFY_OPEN_END};
static const struct verify_result broken = {.outcome = VERIFY_BROKEN};
static struct finding findings[FINDING_ITEM_MAX];

static void derive(struct story *story, const struct verify_result *result)
{
    story_end(story);
    const struct finding_sources sources = {
        .month = &story->month, .verified = result, .contract_end_ns = story_at(30, 0, 0)};
    finding_derive(&sources, findings);
}

static void expect(enum finding_item item, enum finding_value value, enum finding_remark remark)
{
    cr_expect_eq(findings[item].value, value, "item %d: %s", (int)item,
                 finding_value_to_str(findings[item].value));
    if (remark < REMARK_MAX)
        cr_expect(findings[item].remarks[remark], "%s", finding_remark_to_str(remark));
}

Test(finding, a_watched_month_with_blocked_plugs_is_ok)
{
    struct story story;
    story_begin(&story);
    story_tell_two_days(&story);
    story_blocked(&story, story_at(3, 10, 0), "0951:1666:A", "blocked");
    story_used(&story, story_at(3, 11, 0), "0951:1666:B", "approval:5");
    derive(&story, &verified);
    expect(FINDING_FOREIGN_DEVICES, FINDING_OK, REMARK_MAX);
    cr_expect_eq(findings[FINDING_FOREIGN_DEVICES].count, 1);
    expect(FINDING_PERMITTED_USE, FINDING_OK, REMARK_MAX);
    expect(FINDING_AIR_GAP, FINDING_OK, REMARK_MAX);
    cr_expect_eq(findings[FINDING_AIR_GAP].count, 0);
    expect(FINDING_LOGS_KEPT, FINDING_OK, REMARK_MAX);
    expect(FINDING_WATCHED, FINDING_OK, REMARK_INSTALLED);
    month_clear(&story.month);
}

Test(finding, without_a_permitted_device_in_use_there_is_nothing_to_judge)
{
    struct story story;
    story_begin(&story);
    story_tell_two_days(&story);
    derive(&story, &verified);
    expect(FINDING_PERMITTED_USE, FINDING_NOT_APPLICABLE, REMARK_MAX);
    month_clear(&story.month);
}

Test(finding, an_empty_month_is_unverified_and_not_zero)
{
    struct story story;
    story_begin(&story);
    derive(&story, &verified);
    for (enum finding_item item = 0; item < FINDING_ITEM_MAX; item++)
        expect(item, FINDING_UNVERIFIED, REMARK_NO_ROWS);
    month_clear(&story.month);
}

Test(finding, a_hole_leaves_everything_that_depends_on_watching_unverified)
{
    struct story story;
    story_begin(&story);
    story_tell_two_days(&story);
    story_gap(&story, story_at(3, 16, 0), story_at(3, 12, 0), story_at(3, 12, 30), false);
    derive(&story, &verified);
    expect(FINDING_FOREIGN_DEVICES, FINDING_UNVERIFIED, REMARK_HOLES);
    expect(FINDING_PERMITTED_USE, FINDING_UNVERIFIED, REMARK_HOLES);
    expect(FINDING_AIR_GAP, FINDING_UNVERIFIED, REMARK_NETWORK_GAPS);
    expect(FINDING_WATCHED, FINDING_UNVERIFIED, REMARK_HOLES);
    expect(FINDING_LOGS_KEPT, FINDING_OK, REMARK_MAX);
    month_clear(&story.month);
}

Test(finding, what_auditing_missed_leaves_only_the_keeping_of_logs_unverified)
{
    struct story story;
    story_begin(&story);
    story_tell_two_days(&story);
    story_row(&story, story_at(3, 16, 0), FACT_AGENT_GAP, NULL, "lost",
              "{\"source\":\"audit\",\"cause\":\"the kernel dropped audit records\",\"lost\":3}");
    derive(&story, &verified);
    expect(FINDING_LOGS_KEPT, FINDING_UNVERIFIED, REMARK_UNREAD);
    expect(FINDING_FOREIGN_DEVICES, FINDING_OK, REMARK_MAX);
    expect(FINDING_WATCHED, FINDING_OK, REMARK_MAX);
    month_clear(&story.month);
}

Test(finding, a_broken_ledger_is_never_ok_and_breaches_the_keeping_of_logs)
{
    struct story story;
    story_begin(&story);
    story_tell_two_days(&story);
    derive(&story, &broken);
    expect(FINDING_FOREIGN_DEVICES, FINDING_UNVERIFIED, REMARK_LEDGER_BROKEN);
    expect(FINDING_PERMITTED_USE, FINDING_UNVERIFIED, REMARK_LEDGER_BROKEN);
    expect(FINDING_WATCHED, FINDING_UNVERIFIED, REMARK_LEDGER_BROKEN);
    expect(FINDING_LOGS_KEPT, FINDING_VIOLATION, REMARK_LEDGER_BROKEN);
    month_clear(&story.month);
}

Test(finding, a_foreign_device_that_was_only_observed_is_a_violation)
{
    struct story story;
    story_begin(&story);
    story_tell_two_days(&story);
    story_blocked(&story, story_at(3, 10, 0), "0951:1666:A", "observed");
    derive(&story, &verified);
    expect(FINDING_FOREIGN_DEVICES, FINDING_VIOLATION, REMARK_USABLE);
    month_clear(&story.month);
}

Test(finding, a_month_in_observe_is_unverified_even_without_a_device)
{
    struct story story;
    story_begin(&story);
    story_tell_two_days(&story);
    story_row(&story, story_at(3, 10, 0), FACT_MODE_CHANGED, "usb", "changed",
              "{\"mode\":\"observe\"}");
    derive(&story, &verified);
    expect(FINDING_FOREIGN_DEVICES, FINDING_UNVERIFIED, REMARK_OBSERVE);
    month_clear(&story.month);
}

Test(finding, tampering_is_a_violation)
{
    struct story story;
    story_begin(&story);
    story_tell_two_days(&story);
    story_row(&story, story_at(3, 10, 0), FACT_AGENT_TAMPERED, "1-2", "restored", NULL);
    derive(&story, &verified);
    expect(FINDING_FOREIGN_DEVICES, FINDING_VIOLATION, REMARK_TAMPERED);
    expect(FINDING_WATCHED, FINDING_VIOLATION, REMARK_TAMPERED);
    month_clear(&story.month);
}

Test(finding, a_kernel_that_may_start_with_the_gate_open_leaves_devices_unverified)
{
    struct story story;
    story_begin(&story);
    story_tell_two_days(&story);
    story_row(&story, story_at(3, 10, 0), FACT_POSTURE_FAILED, "initramfs", "failed", NULL);
    derive(&story, &verified);
    expect(FINDING_FOREIGN_DEVICES, FINDING_UNVERIFIED, REMARK_OPEN_STARTS);
    month_clear(&story.month);
}

Test(finding, a_breach_of_a_moment_is_a_violation_also_if_it_was_shut_at_once)
{
    struct story story;
    story_begin(&story);
    story_tell_two_days(&story);
    story_broken(&story, story_at(3, 10, 0), "eth1", story_at(3, 10, 0));
    story_restored(&story, story_at(3, 10, 0) + 1, "eth1", story_at(3, 10, 0), 1);
    derive(&story, &verified);
    expect(FINDING_AIR_GAP, FINDING_VIOLATION, REMARK_BREACHES);
    cr_expect_eq(findings[FINDING_AIR_GAP].count, 1);
    cr_expect_not(findings[FINDING_AIR_GAP].remarks[REMARK_BREACHES_LEAST]);
    expect(FINDING_FOREIGN_DEVICES, FINDING_OK, REMARK_MAX);
    month_clear(&story.month);
}

Test(finding, a_breach_whose_end_nobody_saw_is_said)
{
    struct story story;
    story_begin(&story);
    story_install(&story, story_at(2, 9, 0));
    story_broken(&story, story_at(2, 10, 0), "eth1", story_at(2, 10, 0));
    story_stop(&story, story_at(2, 17, 0));
    derive(&story, &verified);
    expect(FINDING_AIR_GAP, FINDING_VIOLATION, REMARK_BREACHES_LEAST);
    month_clear(&story.month);
}

Test(finding, a_firewall_that_was_changed_from_outside_is_a_violation)
{
    struct story story;
    story_begin(&story);
    story_tell_two_days(&story);
    story_row(&story, story_at(3, 10, 0), FACT_AGENT_TAMPERED, "firewall", "restored", NULL);
    derive(&story, &verified);
    expect(FINDING_AIR_GAP, FINDING_VIOLATION, REMARK_FIREWALL);
    month_clear(&story.month);
}

Test(finding, an_air_gap_that_was_only_observed_for_some_time_is_unverified)
{
    struct story story;
    story_begin(&story);
    story_tell_two_days(&story);
    story_row(&story, story_at(3, 12, 0), FACT_MODE_CHANGED, "network", "observing",
              "{\"mode\":\"observe\"}");
    derive(&story, &verified);
    expect(FINDING_AIR_GAP, FINDING_UNVERIFIED, REMARK_OBSERVE);
    expect(FINDING_FOREIGN_DEVICES, FINDING_OK, REMARK_MAX);
    month_clear(&story.month);
}

Test(finding, attempts_that_were_stopped_leave_the_air_gap_ok_and_those_that_passed_do_not)
{
    struct story story;
    static const char *const outcomes[] = {"blocked", "observed"};
    for (size_t i = 0; i < ELEMENTS(outcomes); i++) {
        story_begin(&story);
        story_tell_two_days(&story);
        story_row(&story, story_at(3, 10, 0), FACT_NETWORK_BLOCKED, "198.51.100.53", outcomes[i],
                  "{\"chain\":\"output\",\"destination\":\"198.51.100.53\"}");
        derive(&story, &verified);
        if (i == 0)
            expect(FINDING_AIR_GAP, FINDING_OK, REMARK_MAX);
        else
            expect(FINDING_AIR_GAP, FINDING_UNVERIFIED, REMARK_PACKETS_PASSED);
        month_clear(&story.month);
    }
}

Test(finding, a_clock_that_was_set_leaves_the_air_gap_unverified)
{
    struct story story;
    story_begin(&story);
    story_tell_two_days(&story);
    story_row(&story, story_at(3, 10, 0), FACT_CLOCK_STEPPED, NULL, NULL, NULL);
    derive(&story, &verified);
    expect(FINDING_AIR_GAP, FINDING_UNVERIFIED, REMARK_CLOCK);
    month_clear(&story.month);
}

Test(finding, a_medium_that_could_not_be_shut_out_is_a_violation)
{
    struct story story;
    story_begin(&story);
    story_tell_two_days(&story);
    story_row(&story, story_at(3, 10, 0), FACT_MEDIUM_REFUSED, "/mnt", "failed", NULL);
    derive(&story, &verified);
    expect(FINDING_PERMITTED_USE, FINDING_VIOLATION, REMARK_FAILED_MEDIA);
    month_clear(&story.month);
}

Test(finding, a_clock_that_was_set_leaves_monitoring_unverified)
{
    struct story story;
    story_begin(&story);
    story_tell_two_days(&story);
    story_row(&story, story_at(3, 10, 0), FACT_CLOCK_STEPPED, NULL, NULL, NULL);
    derive(&story, &verified);
    expect(FINDING_WATCHED, FINDING_UNVERIFIED, REMARK_CLOCK);
    month_clear(&story.month);
}

Test(finding, without_the_contracts_end_the_keeping_of_logs_is_unverified)
{
    struct story story;
    story_begin(&story);
    story_tell_two_days(&story);
    story_end(&story);
    const struct finding_sources sources = {.month = &story.month, .verified = &verified};
    finding_derive(&sources, findings);
    expect(FINDING_LOGS_KEPT, FINDING_UNVERIFIED, REMARK_RETENTION_UNKNOWN);
    month_clear(&story.month);
}

Test(finding, a_contract_that_ends_on_31_march_frees_its_logs_a_year_later_on_1_april)
{
    uint64_t end, expected;
    struct story story;
    story_begin(&story);
    cr_assert_eq(moment_parse_until("2027-03-31", &end), 0);
    cr_assert_eq(moment_parse("2028-04-01", &expected), 0);
    cr_expect_eq(finding_prune_ns(end), expected);
    cr_assert_eq(moment_parse_until("2028-02-28", &end), 0);
    cr_assert_eq(moment_parse("2029-03-01", &expected), 0);
    cr_expect_eq(finding_prune_ns(end), expected, "29 February 2028 has no day a year later");
    cr_expect_eq(finding_prune_ns(0), 0);
    month_clear(&story.month);
}
