// SPDX-License-Identifier: GPL-3.0-or-later
// Is there room for the records of the months to come?
#include "report/guard-check.h"

#include "base/json.h"
#include "base/text.h"

#include <criterion/criterion.h>
#include <string.h>

#define MIB (UINT64_C(1) << 20)

static const struct check *find(const char *name)
{
    for (size_t i = 0; i < guard_n_checks; i++)
        if (text_equal(guard_checks[i].name, name))
            return &guard_checks[i];
    cr_assert_fail("no check of this name");
    return NULL;
}

static struct check_result look(json_object *status)
{
    const struct check_sources sources = {.status = {status, "sekishod is not running"}};
    const struct check *check = find("record.space");
    struct check_result result = {0};
    cr_assert_eq(check->look(check, &sources, &result), 0);
    json_object_put(status);
    return result;
}

static struct check_result look_at(uint64_t free_bytes, uint64_t month_bytes)
{
    json_object *status = json_object_new_object(), *space = json_section(status, "space");
    json_add_number(space, "free_bytes", free_bytes);
    json_add_number(space, "month_bytes", month_bytes);
    return look(status);
}

Test(guard_check, room_for_six_months_is_enough)
{
    struct check_result result = look_at(60 * MIB, 10 * MIB);
    cr_expect_eq(result.value, FINDING_OK);
    cr_expect(strstr(result.evidence, "6 months"), "%s", result.evidence);
    cr_expect_null(result.remedy);
    check_result_clear(&result);
}

Test(guard_check, room_for_less_is_said_months_ahead)
{
    struct check_result result = look_at(60 * MIB - 1, 10 * MIB);
    cr_expect_eq(result.value, FINDING_VIOLATION);
    cr_expect(strstr(result.evidence, "5 months"), "%s", result.evidence);
    cr_expect(strstr(result.remedy, "sekisho prune"));
    check_result_clear(&result);
    result = look_at(0, 10 * MIB);
    cr_expect_eq(result.value, FINDING_VIOLATION);
    check_result_clear(&result);
}

Test(guard_check, plenty_is_no_exact_figure_and_nothing_is_divided_by)
{
    struct check_result result = look_at(100000 * MIB, 1);
    cr_expect(strstr(result.evidence, "more than 999"), "%s", result.evidence);
    check_result_clear(&result);
    result = look_at(MIB, 0);
    cr_expect_eq(result.value, FINDING_OK);
    check_result_clear(&result);
}

Test(guard_check, what_the_agent_does_not_say_is_not_ok)
{
    struct check_result result = look(NULL);
    cr_expect_eq(result.value, FINDING_UNVERIFIED);
    check_result_clear(&result);
    result = look(json_object_new_object());
    cr_expect_eq(result.value, FINDING_UNVERIFIED);
    check_result_clear(&result);
}
