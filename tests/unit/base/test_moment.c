// SPDX-License-Identifier: GPL-3.0-or-later
#include "base/moment.h"

#include <criterion/criterion.h>
#include <errno.h>
#include <stdlib.h>
#include <time.h>

static void in_japan(void)
{
    setenv("TZ", "Asia/Tokyo", 1);
    tzset();
}

TestSuite(moment, .init = in_japan);

static uint64_t parsed(const char *text)
{
    uint64_t ns = 0;
    cr_assert_eq(moment_parse(text, &ns), 0, "%s", text);
    return ns / NS_PER_S;
}

Test(moment, a_month_is_cut_in_japan_time)
{
    char month[MONTH_TEXT_SIZE];
    moment_to_month(parsed("2026-10-31T15:00:00Z") * NS_PER_S, month);
    cr_expect_str_eq(month, "2026-11");
    moment_to_month(parsed("2026-10-31T14:59:59Z") * NS_PER_S, month);
    cr_expect_str_eq(month, "2026-10");
}

Test(moment, december_ends_where_the_next_year_begins)
{
    uint64_t begin, end;
    cr_assert_eq(moment_month_range("2026-12", &begin, &end), 0);
    cr_expect_eq(begin / NS_PER_S, parsed("2026-12-01"));
    cr_expect_eq(end / NS_PER_S, parsed("2027-01-01"));
}

Test(moment, zones_are_understood)
{
    cr_expect_eq(parsed("2026-11-23T09:00:00+09:00"), parsed("2026-11-23T00:00:00Z"));
    cr_expect_eq(parsed("2026-11-23 09:00"), parsed("2026-11-23T00:00:00Z"));
}

Test(moment, until_a_date_includes_that_day)
{
    uint64_t ns;
    cr_assert_eq(moment_parse_until("2027-02-28", &ns), 0);
    cr_expect_eq(ns / NS_PER_S, parsed("2027-03-01"));
}

Test(moment, impossible_dates_are_refused)
{
    static const char *const wrong[] = {"2026-02-30",
                                        "2027-02-29",
                                        "2026-13-01",
                                        "2026-1-1",
                                        "2026-01-01T24:00",
                                        "2026-01-01T10:00+99:00",
                                        "",
                                        "soon",
                                        "2026-01-01T10:00Zx"};
    uint64_t ns = 5, end;
    for (size_t i = 0; i < ELEMENTS(wrong); i++)
        cr_expect_eq(moment_parse(wrong[i], &ns), -EINVAL, "%s", wrong[i]);
    cr_expect_eq(moment_month_range("2026-00", &ns, &end), -EINVAL);
    cr_expect_eq(moment_month_range("2026-011", &ns, &end), -EINVAL);
    cr_expect_eq(ns, 5);
}

Test(moment, iso_text_carries_the_zone)
{
    char text[40];
    moment_to_iso(parsed("2026-11-23T00:00:00Z") * NS_PER_S, text);
    cr_expect_str_eq(text, "2026-11-23T09:00:00+09:00");
}

Test(moment, a_day_is_local_and_the_last_one_is_before_the_end)
{
    char day[DAY_TEXT_SIZE];
    moment_to_day(parsed("2026-11-23T15:00:00Z") * NS_PER_S, day);
    cr_expect_str_eq(day, "2026-11-24");
    moment_to_last_day(parsed("2027-03-31T15:00:00Z") * NS_PER_S, day);
    cr_expect_str_eq(day, "2027-03-31");
    moment_to_last_day(0, day);
    cr_expect_str_eq(day, "");
}

Test(moment, a_day_has_ten_characters_and_is_of_the_calendar)
{
    cr_expect(moment_is_day("2028-02-29"));
    cr_expect_not(moment_is_day("2027-02-29"));
    cr_expect_not(moment_is_day("2027-2-28"));
    cr_expect_not(moment_is_day("yesterday"));
    cr_expect_not(moment_is_day("2027-02-28T00:00"));
}

Test(moment, a_year_that_nanoseconds_cannot_hold_is_refused)
{
    uint64_t ns = 7, end;
    cr_expect_eq(moment_parse("2199-12-31", &ns), 0);
    ns = 7;
    cr_expect_eq(moment_parse("2200-01-01", &ns), -EINVAL);
    cr_expect_eq(moment_parse_until("9999-12-31", &ns), -EINVAL);
    cr_expect_eq(moment_month_range("9999-12", &ns, &end), -EINVAL);
    cr_expect_eq(ns, 7, "untouched on failure");
}
