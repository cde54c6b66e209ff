// SPDX-License-Identifier: GPL-3.0-or-later
#include "base/moment.h"
#include "base/zone.h"

#include <criterion/criterion.h>
#include <errno.h>
#include <time.h>

static uint64_t day(const char *name, const char *text, unsigned later)
{
    CLEANUP(zone_free_p) struct zone *zone = NULL;
    uint64_t ns = 0;
    cr_assert_eq(zone_open(name, &zone), 0, "%s", name);
    cr_assert_eq(zone_parse_day(zone, text, later, &ns), 0, "%s", text);
    return ns;
}

Test(zone, a_day_in_tokyo_starts_nine_hours_before_utc)
{
    cr_expect_eq(day("Asia/Tokyo", "2026-04-01", 0), 1774969200 * NS_PER_S);
    cr_expect_eq(day("Asia/Tokyo", "2026-03-31", 1), 1774969200 * NS_PER_S);
    cr_expect_eq(day("UTC", "2026-04-01", 0), 1775001600 * NS_PER_S);
}

Test(zone, it_agrees_with_the_c_library_on_every_day_of_some_years)
{
    static const char *const names[] = {"Asia/Tokyo",   "America/New_York",  "Europe/Berlin",
                                        "Asia/Kolkata", "America/Sao_Paulo", "Pacific/Apia"};
    for (size_t i = 0; i < ELEMENTS(names); i++) {
        CLEANUP(zone_free_p) struct zone *zone = NULL;
        cr_assert_eq(zone_open(names[i], &zone), 0);
        setenv("TZ", names[i], 1);
        tzset();
        for (int d = 0; d < 365 * 30; d++) {
            struct tm tm = {.tm_year = 105, .tm_mday = 1 + d, .tm_hour = 12};
            char text[32];
            uint64_t ns = 0;
            timegm(&tm); // makes it a day of a month
            strftime(text, sizeof text, "%Y-%m-%d", &tm);
            cr_assert_eq(zone_parse_day(zone, text, 0, &ns), 0, "%s %s", names[i], text);

            // The first second of the day is of the day, and the one before it is not.
            time_t first = (time_t)(ns / NS_PER_S), before = first - 1;
            struct tm there, earlier;
            localtime_r(&first, &there);
            localtime_r(&before, &earlier);
            if (there.tm_mday != tm.tm_mday) // Samoa had no 30 December 2011
                cr_assert_str_eq(text, "2011-12-30", "%s", names[i]);
            cr_assert(earlier.tm_mday != there.tm_mday, "%s %s", names[i], text);
        }
    }
}

Test(zone, a_day_that_does_not_exist_is_refused)
{
    static const char *const wrong[] = {"2026-02-29", "2026-13-01",  "2026-00-10", "2026-04-31",
                                        "2026-4-01",  "2026-04-1 ",  "26-04-01",   "",
                                        "2026/04/01", "2026-04-01T", "-026-04-01", "2026--4-01"};
    CLEANUP(zone_free_p) struct zone *zone = NULL;
    cr_assert_eq(zone_open("Asia/Tokyo", &zone), 0);
    for (size_t i = 0; i < ELEMENTS(wrong); i++) {
        uint64_t ns = 7;
        cr_expect_eq(zone_parse_day(zone, wrong[i], 0, &ns), -EINVAL, "%s", wrong[i]);
        cr_expect_eq(ns, 7, "untouched on failure");
    }
    uint64_t ns;
    cr_expect_eq(zone_parse_day(zone, "2028-02-29", 0, &ns), 0);
}

Test(zone, a_day_beyond_what_can_be_counted_is_refused)
{
    CLEANUP(zone_free_p) struct zone *tokyo = NULL, *york = NULL;
    uint64_t ns;
    cr_assert_eq(zone_open("Asia/Tokyo", &tokyo), 0);
    cr_assert_eq(zone_open("America/New_York", &york), 0);
    cr_expect_eq(zone_parse_day(tokyo, "2199-12-31", 1, &ns), 0);
    cr_expect_eq(zone_parse_day(tokyo, "2200-01-01", 0, &ns), -ERANGE);
    cr_expect_eq(zone_parse_day(tokyo, "9999-12-31", 0, &ns), -ERANGE);
    cr_expect_eq(zone_parse_day(tokyo, "1970-01-01", 0, &ns), -ERANGE);
    cr_expect_eq(zone_parse_day(york, "2150-01-01", 0, &ns), -ERANGE, "summer time not known yet");
}

Test(zone, a_name_that_is_no_zone_is_refused)
{
    struct zone *zone = NULL;
    cr_expect_eq(zone_open("Asia/Tokio", &zone), -ENOENT);
    cr_expect_eq(zone_open("Asia", &zone), -ENOENT);
    cr_expect_eq(zone_open("", &zone), -EINVAL);
    cr_expect_eq(zone_open("/etc/passwd", &zone), -EINVAL);
    cr_expect_eq(zone_open("../../../etc/passwd", &zone), -EINVAL);
    cr_expect_eq(zone_open("Asia/Tok\nyo", &zone), -EINVAL);
    cr_expect_null(zone);
}
