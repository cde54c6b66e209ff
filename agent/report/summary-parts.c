// SPDX-License-Identifier: GPL-3.0-or-later
// Dates, durations, shares.
#include "report/summary-parts.h"

#include "base/moment.h"
#include "base/text.h"
#include "report/wareki.h"

#include <inttypes.h>
#include <string.h>

void summary_add_time(json_object *object, const char *key, uint64_t wall_ns)
{
    char iso[40], wareki[WAREKI_SIZE];
    if (wall_ns == 0) {
        (void)json_object_object_add(object, key, NULL);
        return;
    }
    json_object *time = json_section(object, key);
    moment_to_iso(wall_ns, iso);
    wareki_date(wall_ns, wareki);
    json_add_text(time, "iso", iso);
    json_add_text(time, "wareki", wareki);
    iso[strlen("YYYY-MM-DDTHH:MM")] = '\0';
    json_add_text(time, "clock", iso + strlen("YYYY-MM-DDT"));
    iso[strlen("YYYY-MM-DD")] = ' ';
    json_add_text(time, "short", iso + strlen("YYYY-"));
    iso[strlen("YYYY-MM-DD")] = '\0';
    json_add_text(time, "date", iso);
}

void summary_add_text(json_object *object, const char *key, const char *text)
{
    CLEANUP_FREE char *printable = text_printable(text ? text : "");
    json_add_text(object, key, printable ? printable : "");
}

void summary_add_duration(json_object *object, const char *key, uint64_t ns)
{
    json_object *duration = json_section(object, key);
    uint64_t seconds = (ns + NS_PER_S - 1) / NS_PER_S; // a hole of half a second is no hole of none
    char text[24];
    json_add_number(duration, "seconds", seconds);
    json_add_number(duration, "h", seconds / 3600);
    snprintf(text, sizeof text, "%02" PRIu64, seconds / 60 % 60);
    json_add_text(duration, "mm", text);
    snprintf(text, sizeof text, "%02" PRIu64, seconds % 60);
    json_add_text(duration, "ss", text);
}

void summary_append(json_object *list, json_object *value)
{
    if (!value || json_object_array_add(list, value) < 0)
        abort(); // lack of memory, as in base/json.c
}

struct summary_list summary_list_begin(json_object *section, const char *key, size_t n,
                                       size_t n_shown, enum summary_page page)
{
    const size_t more = n > n_shown ? n - n_shown : 0;
    struct summary_list list = {
        .all = json_object_new_array(),
        .shown = json_object_new_array(),
        .from = page == SUMMARY_NEWEST ? more : 0,
    };
    list.until = list.from + n_shown;
    json_add(section, key, list.all);
    json_add(section, "shown", list.shown);
    json_add_number(section, "more", more);
    return list;
}

void summary_list_add(const struct summary_list *list, json_object *entry)
{
    const size_t i = json_object_array_length(list->all);
    summary_append(list->all, entry);
    if (i >= list->from && i < list->until)
        summary_append(list->shown, json_object_get(entry));
}

void summary_percent(uint64_t part, uint64_t whole, char ret[SUMMARY_PERCENT_SIZE])
{
    ret[0] = '\0';
    if (whole > 0)
        snprintf(ret, SUMMARY_PERCENT_SIZE, "%" PRIu64 ".%" PRIu64, part * 100 / whole,
                 part * 1000 / whole % 10);
}

void summary_add_percent(json_object *object, const char *key, uint64_t part, uint64_t whole)
{
    char percent[SUMMARY_PERCENT_SIZE];
    summary_percent(part, whole, percent);
    json_add_text(object, key, percent);
}
