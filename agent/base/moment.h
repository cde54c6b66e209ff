// SPDX-License-Identifier: GPL-3.0-or-later
// Time: what the clocks say, and its text forms. Months and days are cut in the policy's time zone,
// which the program sets once as TZ at its start; wall time is always nanoseconds since 1970 in
// UTC.
#pragma once

#include "base/util.h"

#include <stdbool.h>
#include <stdint.h>

#define NS_PER_S UINT64_C(1000000000)
#define NS_PER_MS UINT64_C(1000000)
#define YEAR_MAX 2199 // nanoseconds in 64 bits end in 2262 or 2554: later years are refused
#define MONTH_TEXT_SIZE sizeof "YYYY-MM"
#define DAY_TEXT_SIZE sizeof "YYYY-MM-DD"
#define BOOT_ID_SIZE 33 // 32 hexadecimal digits and NUL

// One moment by all three clocks.
struct moment {
    uint64_t wall_ns;        // CLOCK_REALTIME
    uint64_t monotonic_ns;   // CLOCK_BOOTTIME: counts suspended time too
    char boot[BOOT_ID_SIZE]; // /proc/sys/kernel/random/boot_id without hyphens
};

struct moment moment_now(void);

// "2026-11-23T20:15:04+09:00", local time zone, for people and CSV. `ret` holds at least 40 bytes.
void moment_to_iso(uint64_t wall_ns, char ret[40]);
// "2026-11-23T11:15:04.123456789Z", for machines.
void moment_to_utc(uint64_t wall_ns, char ret[40]);
// "2026-11-23", in the local time zone.
void moment_to_day(uint64_t wall_ns, char ret[DAY_TEXT_SIZE]);
// The last day before `end_ns`; "" for 0, which is no end.
void moment_to_last_day(uint64_t end_ns, char ret[DAY_TEXT_SIZE]);
// "2026-11", in the local time zone.
void moment_to_month(uint64_t wall_ns, char ret[MONTH_TEXT_SIZE]);
bool moment_is_of_this_month(const struct moment *moment);

// "YYYY-MM" → first instant of the month and of the next one. −EINVAL if the text is no month.
must_check int moment_month_range(const char *month, uint64_t *ret_begin_ns, uint64_t *ret_end_ns);

// "YYYY-MM-DD" (its first instant), "YYYY-MM-DDTHH:MM[:SS]" or with a space, in local time; with
// "Z" or "+HH:MM" at the end in that zone; "today", "yesterday". −EINVAL on anything else,
// impossible dates included (30 February).
must_check int moment_parse(const char *text, uint64_t *ret_wall_ns);
// The same, but a bare date means the first instant of the day after: for "until DATE", that day
// included.
must_check int moment_parse_until(const char *text, uint64_t *ret_wall_ns);
// Is it "YYYY-MM-DD", and a day that moment_parse() takes?
bool moment_is_day(const char *text);
