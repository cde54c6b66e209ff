// SPDX-License-Identifier: GPL-3.0-or-later
#include "report/airgap-check.h"

#include "base/text.h"
#include "story.h"

#include <criterion/criterion.h>
#include <errno.h>
#include <string.h>

static const struct verify_result verified = {.outcome = VERIFY_OPEN_END};

static void expect(const struct check_sources *sources, const char *name, enum finding_value value,
                   const char *evidence)
{
    for (size_t i = 0; i < airgap_n_checks; i++) {
        const struct check *check = &airgap_checks[i];
        struct check_result result = {0};
        if (!text_equal(check->name, name))
            continue;
        cr_assert_eq(check->look(check, sources, &result), 0);
        cr_expect_eq(result.value, value, "%s: %s", name, finding_value_to_str(result.value));
        cr_expect(strstr(result.evidence, evidence), "%s: %s", name, result.evidence);
        cr_expect_eq(result.remedy != NULL, value != FINDING_OK, "%s", name);
        check_result_clear(&result);
        return;
    }
    cr_assert_fail("there is no check %s", name);
}

static json_object *answer(const char *text)
{
    json_object *object = json_parse(text, strlen(text), json_type_object);
    cr_assert_not_null(object);
    return object;
}

Test(airgap_check, a_machine_that_holds_it_is_ok)
{
    CLEANUP_JSON json_object *network =
        answer("{\"mode\":\"enforce\",\"firewall\":\"ok\",\"links\":[{\"link\":\"lo\"},"
               "{\"link\":\"eth0\",\"breach\":false}]}");
    const struct check_sources sources = {.network = {.answer = network}};
    expect(&sources, "airgap.mode", FINDING_OK, "enforces");
    expect(&sources, "airgap.firewall", FINDING_OK, "as it should be");
    expect(&sources, "airgap.links", FINDING_OK, "no link");
}

Test(airgap_check, one_that_only_observes_is_unverified)
{
    CLEANUP_JSON json_object *network =
        answer("{\"mode\":\"observe\",\"firewall\":\"ok\",\"links\":[]}");
    const struct check_sources sources = {.network = {.answer = network}};
    expect(&sources, "airgap.mode", FINDING_UNVERIFIED, "observes");
}

Test(airgap_check, a_firewall_that_is_not_there_and_links_that_break_it_are_violations)
{
    CLEANUP_JSON json_object *network =
        answer("{\"mode\":\"enforce\",\"firewall\":\"failed\",\"links\":["
               "{\"link\":\"a\",\"breach\":true},{\"link\":\"b\",\"breach\":true},"
               "{\"link\":\"c\",\"breach\":true},{\"link\":\"d\",\"breach\":true}]}");
    const struct check_sources sources = {.network = {.answer = network}};
    expect(&sources, "airgap.firewall", FINDING_VIOLATION, "not in the kernel");
    expect(&sources, "airgap.links", FINDING_VIOLATION, "4 links break the air gap: a, b, c, …");
}

Test(airgap_check, without_the_agent_nothing_is_ok)
{
    static const char *const names[] = {"airgap.mode", "airgap.firewall", "airgap.links"};
    const struct check_sources sources = {.network = {.why = "no agent"}};
    for (size_t i = 0; i < ELEMENTS(names); i++)
        expect(&sources, names[i], FINDING_UNVERIFIED, "no agent");
}

Test(airgap_check, the_month_is_as_the_report_finds_it)
{
    struct story story;
    struct check_sources sources = {
        .month = {.name = STORY_MONTH, .month = &story.month, .verified = &verified}};
    story_begin(&story);
    story_tell_two_days(&story);
    story_end(&story);
    expect(&sources, "airgap.month", FINDING_OK,
           "2026-11: breaches: 0; watched and enforced for "
           "100.0 % of the time on");
    month_clear(&story.month);

    story_begin(&story);
    story_tell_two_days(&story);
    story_broken(&story, story_at(3, 10, 0), "eth1", story_at(3, 10, 0));
    story_restored(&story, story_at(3, 10, 5), "eth1", story_at(3, 10, 0), 5 * MINUTE);
    story_end(&story);
    expect(&sources, "airgap.month", FINDING_VIOLATION, "breaches: 1;");
    month_clear(&story.month);

    story_begin(&story);
    story_end(&story);
    expect(&sources, "airgap.month", FINDING_UNVERIFIED, "for – %");
    month_clear(&story.month);
}

Test(airgap_check, a_ledger_that_can_not_be_read_is_unverified)
{
    const struct check_sources sources = {.month = {.name = STORY_MONTH, .error = -EACCES}};
    expect(&sources, "airgap.month", FINDING_UNVERIFIED, "2026-11 could not be read");
}
