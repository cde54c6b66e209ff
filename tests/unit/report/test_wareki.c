// SPDX-License-Identifier: GPL-3.0-or-later
#include "report/wareki.h"

#include <criterion/criterion.h>
#include <time.h>

static void expect(const char *date, const char *expected)
{
    uint64_t ns;
    char text[WAREKI_SIZE];
    cr_assert_eq(moment_parse(date, &ns), 0);
    wareki_date(ns, text);
    cr_expect_str_eq(text, expected);
}

Test(wareki, an_era_begins_on_its_day)
{
    setenv("TZ", "Asia/Tokyo", 1);
    tzset();
    expect("2026-11-23", "令和8年11月23日");
    expect("2019-05-01", "令和元年5月1日");
    expect("2019-04-30", "平成31年4月30日");
    expect("2020-01-01", "令和2年1月1日");
    expect("1989-01-08", "平成元年1月8日");
}
