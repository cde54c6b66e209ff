// SPDX-License-Identifier: GPL-3.0-or-later
// Eras begin on a day, not with a year.
#include "report/wareki.h"

#include <time.h>

static const struct {
    const char *name;
    int year, month, day; // first day
} eras[] = {
    {"令和", 2019, 5, 1},
    {"平成", 1989, 1, 8},
};

static struct tm to_local(uint64_t wall_ns)
{
    time_t seconds = (time_t)(wall_ns / NS_PER_S);
    struct tm tm;
    localtime_r(&seconds, &tm);
    return tm;
}

// "令和8年", "令和元年".
static int print_year(const struct tm *tm, char ret[WAREKI_SIZE])
{
    int year = tm->tm_year + 1900, key = year * 10000 + (tm->tm_mon + 1) * 100 + tm->tm_mday;
    for (size_t i = 0; i < ELEMENTS(eras); i++) {
        if (key < eras[i].year * 10000 + eras[i].month * 100 + eras[i].day)
            continue;
        int number = year - eras[i].year + 1;
        return number == 1 ? snprintf(ret, WAREKI_SIZE, "%s元年", eras[i].name)
                           : snprintf(ret, WAREKI_SIZE, "%s%d年", eras[i].name, number);
    }
    return snprintf(ret, WAREKI_SIZE, "%d年", year);
}

void wareki_date(uint64_t wall_ns, char ret[WAREKI_SIZE])
{
    struct tm tm = to_local(wall_ns);
    int n = print_year(&tm, ret);
    snprintf(ret + n, WAREKI_SIZE - (size_t)n, "%d月%d日", tm.tm_mon + 1, tm.tm_mday);
}

void wareki_month(uint64_t begin_ns, char ret[WAREKI_SIZE])
{
    struct tm tm = to_local(begin_ns);
    int n = print_year(&tm, ret);
    snprintf(ret + n, WAREKI_SIZE - (size_t)n, "%d月", tm.tm_mon + 1);
}
