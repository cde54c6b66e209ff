// SPDX-License-Identifier: GPL-3.0-or-later
// What the files of summary share.
#pragma once

#include "base/json.h"
#include "report/month.h"

// {"iso", "date", "short" (without the year), "clock", "wareki"}; null for 0.
void summary_add_time(json_object *object, const char *key, uint64_t wall_ns);
// Printable; "" for NULL.
void summary_add_text(json_object *object, const char *key, const char *text);
// {"seconds" in all, "h", "mm", "ss"}
void summary_add_duration(json_object *object, const char *key, uint64_t ns);
// "99.9", rounded down: 100.0 only if nothing is missing. "" if there is no whole.
#define SUMMARY_PERCENT_SIZE 32
void summary_percent(uint64_t part, uint64_t whole, char ret[SUMMARY_PERCENT_SIZE]);
void summary_add_percent(json_object *object, const char *key, uint64_t part, uint64_t whole);
// Takes `value`.
void summary_append(json_object *list, json_object *value);

// Entries of one kind: all of them, and those that stand on the page; the rest is in the CSV.
struct summary_list {
    json_object *all, *shown;
    size_t from, until; // of those shown
};
enum summary_page {
    SUMMARY_FIRST,
    SUMMARY_NEWEST,
};
// Adds `key` and "shown" to the section, empty, and "more": how many of the `n` are not shown.
struct summary_list summary_list_begin(json_object *section, const char *key, size_t n,
                                       size_t n_shown, enum summary_page page);
// The next of the `n`. Takes `entry`.
void summary_list_add(const struct summary_list *list, json_object *entry);

// summary-network.c
void summary_add_network(json_object *document, const struct month *month);
// Item 24 and annex H.
void summary_add_incidents(json_object *document, const struct month *month);
// Annexes F and G.
void summary_add_removals(json_object *document, const struct month *month);
