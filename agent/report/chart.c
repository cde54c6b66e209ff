// SPDX-License-Identifier: GPL-3.0-or-later
// From seconds and counts to bars.
#include "report/chart.h"

#include <time.h>

#define HEIGHT (24 * CHART_HOUR_HEIGHT)
#define SECONDS_A_DAY (24 * 3600)

// What is there shows, be it ever so short.
static uint64_t bar_height(uint64_t value, uint64_t full, uint64_t height)
{
    if (value == 0)
        return 0;
    uint64_t scaled = value * height / full;
    return scaled < 1 ? 1 : scaled > height ? height : scaled;
}

static void add_bar(json_object *day, const char *key, uint64_t base, uint64_t height)
{
    json_object *bar = json_section(day, key);
    json_add_number(bar, "y", base - height);
    json_add_number(bar, "height", height);
}

static int weekday(uint64_t wall_ns)
{
    time_t seconds = (time_t)(wall_ns / NS_PER_S);
    struct tm tm;
    localtime_r(&seconds, &tm);
    return tm.tm_wday;
}

struct hours {
    const char *key;
    uint64_t ns;
};

// KEY_seconds and the bar KEY of both, the second on the first.
static void add_hours(json_object *day, struct hours good, struct hours bad)
{
    uint64_t base = HEIGHT;
    const struct hours *const both[] = {&good, &bad};
    for (size_t i = 0; i < ELEMENTS(both); i++) {
        char key[32];
        uint64_t seconds = both[i]->ns / NS_PER_S,
                 height = bar_height(seconds, SECONDS_A_DAY, base);
        snprintf(key, sizeof key, "%s_seconds", both[i]->key);
        json_add_number(day, key, seconds);
        add_bar(day, both[i]->key, base, height);
        base -= height;
    }
}

// However short, and if it is not known how long.
static bool was_broken(const struct breaches *breaches, uint64_t from_ns, uint64_t to_ns)
{
    bool broken = spans_total(&breaches->spans, from_ns, to_ns) > 0;
    for (size_t i = 0; !broken && i < breaches->n; i++)
        broken = breaches->items[i].from_ns >= from_ns && breaches->items[i].from_ns < to_ns;
    return broken;
}

// The air gap, and what the firewall stopped.
static void add_network_day(json_object *day, const struct month *month, size_t i, uint64_t most)
{
    const struct network_month *n = &month->network;
    uint64_t from = month_day_begin(month, i), to = month_day_begin(month, i + 1);
    uint64_t unguarded = spans_total(&n->open, from, to);
    uint64_t guarded = spans_total(&n->watched.on, from, to) - unguarded;
    uint64_t broken = spans_total(&n->breaches.spans, from, to);
    uint64_t broken_seconds = (broken + NS_PER_S - 1) / NS_PER_S;

    json_object *object = json_section(day, "network");
    add_hours(object, (struct hours){"guarded", guarded}, (struct hours){"unguarded", unguarded});
    json_add_bool(object, "was_broken", was_broken(&n->breaches, from, to));
    json_add_number(object, "broken_seconds", broken_seconds);
    json_add_number(object, "attempts", month->attempts_by_day[i]);
    add_bar(object, "broken", HEIGHT, bar_height(broken_seconds, SECONDS_A_DAY, HEIGHT));
    add_bar(object, "attempts_bar", CHART_BLOCKED_HEIGHT,
            bar_height(month->attempts_by_day[i], most, CHART_BLOCKED_HEIGHT));
}

static json_object *make_day(const struct month *month, size_t i, uint64_t most_blocked)
{
    const struct watched *w = &month->watched;
    uint64_t from = month_day_begin(month, i), to = month_day_begin(month, i + 1);
    // The excused minutes at a boot's ends were guarded by the kernel: they count as watched here.
    uint64_t seen = spans_total(&w->seen, from, to) + spans_total(&w->edges, from, to);
    uint64_t unseen = spans_total(&w->holes, from, to);
    int day = weekday(from);

    json_object *object = json_object_new_object();
    json_add_number(object, "day", i + 1);
    json_add_bool(object, "weekend", day == 0 || day == 6);
    json_add_bool(object, "labelled", i == 0 || (i + 1) % 5 == 0);
    json_add_number(object, "x", i * CHART_DAY_WIDTH);
    json_add_number(object, "middle", i * CHART_DAY_WIDTH + CHART_DAY_WIDTH / 2);
    json_add_number(object, "blocked", month->blocked_by_day[i]);
    add_hours(object, (struct hours){"seen", seen}, (struct hours){"unseen", unseen});
    add_bar(object, "blocked_bar", CHART_BLOCKED_HEIGHT,
            bar_height(month->blocked_by_day[i], most_blocked, CHART_BLOCKED_HEIGHT));
    return object;
}

// At least 5, so that a single one does not fill the chart.
static uint64_t find_most(const uint64_t *by_day, size_t n)
{
    uint64_t most = 5;
    for (size_t i = 0; i < n; i++)
        if (by_day[i] > most)
            most = by_day[i];
    return most;
}

void chart_add(json_object *document, const struct month *month)
{
    size_t n = month_days(month);
    uint64_t most = find_most(month->blocked_by_day, n);
    uint64_t most_attempts = find_most(month->attempts_by_day, n);
    json_object *days = json_object_new_array(), *chart = json_section(document, "chart");
    json_add(document, "days", days);
    for (size_t i = 0; i < n; i++) {
        json_object *day = make_day(month, i, most);
        add_network_day(day, month, i, most_attempts);
        if (json_object_array_add(days, day) < 0)
            abort(); // lack of memory, as in base/json.c
    }
    json_add_number(chart, "width", n * CHART_DAY_WIDTH);
    json_add_number(chart, "whole_width", CHART_LABELS_WIDTH + n * CHART_DAY_WIDTH);
    json_add_number(chart, "height", HEIGHT);
    json_add_number(chart, "blocked_height", CHART_BLOCKED_HEIGHT);
    json_add_number(chart, "most_blocked", most);
}
