// SPDX-License-Identifier: GPL-3.0-or-later
// Clocks, ISO dates and months.
#include "base/moment.h"

#include "base/file.h"
#include "base/text.h"

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <time.h>

static uint64_t clock_ns(clockid_t clock)
{
    struct timespec t = {0};
    (void)clock_gettime(clock, &t);
    return (uint64_t)t.tv_sec * NS_PER_S + (uint64_t)t.tv_nsec;
}

static void read_boot_id(char ret[BOOT_ID_SIZE])
{
    CLEANUP_FREE char *id = NULL;
    size_t n = 0;
    if (file_read_line_at(AT_FDCWD, "/proc/sys/kernel/random/boot_id", 64, &id) == 0)
        for (const char *p = id; *p && n + 1 < BOOT_ID_SIZE; p++)
            if (isxdigit((unsigned char)*p))
                ret[n++] = *p;
    ret[n] = '\0';
    if (n != BOOT_ID_SIZE - 1) // a row needs one: the boot that nobody knows
        memcpy(ret, "00000000000000000000000000000000", BOOT_ID_SIZE);
}

struct moment moment_now(void)
{
    static __thread char boot[BOOT_ID_SIZE];
    if (boot[0] == '\0')
        read_boot_id(boot);
    struct moment now = {.wall_ns = clock_ns(CLOCK_REALTIME),
                         .monotonic_ns = clock_ns(CLOCK_BOOTTIME)};
    memcpy(now.boot, boot, sizeof boot);
    return now;
}

void moment_to_iso(uint64_t wall_ns, char ret[40])
{
    time_t seconds = (time_t)(wall_ns / NS_PER_S);
    struct tm tm;
    char zone[8];
    localtime_r(&seconds, &tm);
    strftime(zone, sizeof zone, "%z", &tm);
    size_t n = strftime(ret, 40, "%Y-%m-%dT%H:%M:%S", &tm);
    snprintf(ret + n, 40 - n, "%.3s:%.2s", zone, zone + 3);
}

void moment_to_utc(uint64_t wall_ns, char ret[40])
{
    time_t seconds = (time_t)(wall_ns / NS_PER_S);
    struct tm tm;
    gmtime_r(&seconds, &tm);
    size_t n = strftime(ret, 40, "%Y-%m-%dT%H:%M:%S", &tm);
    snprintf(ret + n, 40 - n, ".%09uZ", (unsigned)(wall_ns % NS_PER_S));
}

void moment_to_day(uint64_t wall_ns, char ret[DAY_TEXT_SIZE])
{
    char iso[40];
    moment_to_iso(wall_ns, iso);
    memcpy(ret, iso, DAY_TEXT_SIZE - 1);
    ret[DAY_TEXT_SIZE - 1] = '\0';
}

void moment_to_last_day(uint64_t end_ns, char ret[DAY_TEXT_SIZE])
{
    ret[0] = '\0';
    if (end_ns != 0)
        moment_to_day(end_ns - 1, ret);
}

void moment_to_month(uint64_t wall_ns, char ret[MONTH_TEXT_SIZE])
{
    time_t seconds = (time_t)(wall_ns / NS_PER_S);
    struct tm tm;
    localtime_r(&seconds, &tm);
    if (strftime(ret, MONTH_TEXT_SIZE, "%Y-%m", &tm) == 0)
        text_copy(ret, MONTH_TEXT_SIZE, "9999-12"); // a clock beyond the year 9999
}

bool moment_is_of_this_month(const struct moment *moment)
{
    char then[MONTH_TEXT_SIZE], now[MONTH_TEXT_SIZE];
    moment_to_month(moment->wall_ns, then);
    moment_to_month(moment_now().wall_ns, now);
    return strcmp(then, now) == 0;
}

// Reads `digits` decimal digits at *p and steps over them.
static int take_number(const char **p, int digits, int *ret)
{
    int value = 0;
    for (int i = 0; i < digits; i++, (*p)++) {
        if (!isdigit((unsigned char)**p))
            return -EINVAL;
        value = value * 10 + (**p - '0');
    }
    *ret = value;
    return 0;
}

static int take_char(const char **p, char c)
{
    if (**p != c)
        return -EINVAL;
    (*p)++;
    return 0;
}

static int to_wall(const struct tm *tm, uint64_t *ret_wall_ns)
{
    struct tm normal = *tm;
    normal.tm_isdst = -1;
    time_t seconds = mktime(&normal);
    // mktime turns 30 February into 2 March: an impossible date is refused, not moved.
    if (seconds < 0 || normal.tm_mday != tm->tm_mday || normal.tm_mon != tm->tm_mon)
        return -EINVAL;
    *ret_wall_ns = (uint64_t)seconds * NS_PER_S;
    return 0;
}

int moment_month_range(const char *month, uint64_t *ret_begin_ns, uint64_t *ret_end_ns)
{
    struct tm tm = {.tm_mday = 1};
    int year, number;
    const char *p = month;
    if (take_number(&p, 4, &year) < 0 || take_char(&p, '-') < 0 ||
        take_number(&p, 2, &number) < 0 || *p != '\0' || year < 1970 || year > YEAR_MAX ||
        number < 1 || number > 12)
        return -EINVAL;
    uint64_t begin, end;
    tm.tm_year = year - 1900;
    tm.tm_mon = number - 1;
    int r = to_wall(&tm, &begin);
    if (r < 0)
        return r;
    tm.tm_year += number == 12;
    tm.tm_mon = number % 12;
    r = to_wall(&tm, &end);
    if (r < 0)
        return r;
    *ret_begin_ns = begin;
    *ret_end_ns = end;
    return 0;
}

static int take_date(const char **p, struct tm *tm)
{
    int year, month, day;
    if (take_number(p, 4, &year) < 0 || take_char(p, '-') < 0 || take_number(p, 2, &month) < 0 ||
        take_char(p, '-') < 0 || take_number(p, 2, &day) < 0)
        return -EINVAL;
    if (year < 1970 || year > YEAR_MAX || month < 1 || month > 12 || day < 1 || day > 31)
        return -EINVAL;
    tm->tm_year = year - 1900;
    tm->tm_mon = month - 1;
    tm->tm_mday = day;
    return 0;
}

static int take_time(const char **p, struct tm *tm)
{
    if (take_number(p, 2, &tm->tm_hour) < 0 || take_char(p, ':') < 0 ||
        take_number(p, 2, &tm->tm_min) < 0)
        return -EINVAL;
    if (**p == ':' && (take_char(p, ':') < 0 || take_number(p, 2, &tm->tm_sec) < 0))
        return -EINVAL;
    return tm->tm_hour > 23 || tm->tm_min > 59 || tm->tm_sec > 59 ? -EINVAL : 0;
}

// "Z", "+HH:MM" or "-HH:MM" to the end of the text.
static int take_zone(const char **p, int *ret_offset_s)
{
    if (**p == 'Z') {
        (*p)++;
        *ret_offset_s = 0;
        return **p ? -EINVAL : 0;
    }
    int sign = **p == '+' ? 1 : **p == '-' ? -1 : 0, hours, minutes;
    if (sign == 0)
        return -EINVAL;
    (*p)++;
    if (take_number(p, 2, &hours) < 0 || take_char(p, ':') < 0 || take_number(p, 2, &minutes) < 0)
        return -EINVAL;
    if (**p || hours > 14 || minutes > 59)
        return -EINVAL;
    *ret_offset_s = sign * (hours * 3600 + minutes * 60);
    return 0;
}

static int from_zone(const struct tm *tm, int offset_s, uint64_t *ret_wall_ns)
{
    struct tm normal = *tm;
    time_t seconds = timegm(&normal) - offset_s;
    if (seconds < 0 || normal.tm_mday != tm->tm_mday || normal.tm_mon != tm->tm_mon)
        return -EINVAL;
    *ret_wall_ns = (uint64_t)seconds * NS_PER_S;
    return 0;
}

static int day_from_now(int days, uint64_t *ret_wall_ns)
{
    time_t now = time(NULL);
    struct tm tm;
    localtime_r(&now, &tm);
    tm.tm_hour = tm.tm_min = tm.tm_sec = 0;
    tm.tm_mday += days;
    tm.tm_isdst = -1;
    *ret_wall_ns = (uint64_t)mktime(&tm) * NS_PER_S;
    return 0;
}

static int parse(const char *text, int days_after_bare_date, uint64_t *ret_wall_ns)
{
    if (strcmp(text, "today") == 0)
        return day_from_now(days_after_bare_date, ret_wall_ns);
    if (strcmp(text, "yesterday") == 0)
        return day_from_now(days_after_bare_date - 1, ret_wall_ns);

    struct tm tm = {0};
    const char *p = text;
    int offset, r = take_date(&p, &tm);
    if (r < 0)
        return r;
    if (*p == '\0') {
        uint64_t ignored;
        r = to_wall(&tm, &ignored); // the day itself must exist
        if (r < 0)
            return r;
        tm.tm_mday += days_after_bare_date;
        tm.tm_isdst = -1;
        *ret_wall_ns = (uint64_t)mktime(&tm) * NS_PER_S;
        return 0;
    }
    if (*p != 'T' && *p != ' ')
        return -EINVAL;
    p++;
    r = take_time(&p, &tm);
    if (r < 0)
        return r;
    if (*p == '\0')
        return to_wall(&tm, ret_wall_ns);
    r = take_zone(&p, &offset);
    return r < 0 ? r : from_zone(&tm, offset, ret_wall_ns);
}

int moment_parse(const char *text, uint64_t *ret_wall_ns)
{
    return parse(text, 0, ret_wall_ns);
}

int moment_parse_until(const char *text, uint64_t *ret_wall_ns)
{
    return parse(text, 1, ret_wall_ns);
}

bool moment_is_day(const char *text)
{
    uint64_t wall_ns;
    return strlen(text) == DAY_TEXT_SIZE - 1 && moment_parse(text, &wall_ns) == 0;
}
