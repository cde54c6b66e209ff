// SPDX-License-Identifier: GPL-3.0-or-later
// Rows that grant, rows that end, and register.stated, one after the other.
#include "ledger/register-set.h"

#include "base/json.h"
#include "base/text.h"
#include "ledger/registers.h"

#include <assert.h>
#include <errno.h>
#include <string.h>

#define DETAILS_MAX (1u << 20) // as FORMAT.md limits a text

static size_t parts_of(size_t n)
{
    size_t parts = (n + REGISTERS_ENTRIES_MAX - 1) / REGISTERS_ENTRIES_MAX;
    return parts > 0 ? parts : 1;
}

// ---- Lists -------------------------------------------------------------------------------------

static void list_clear(const struct register_kind *kind, struct register_list *list)
{
    for (size_t i = 0; i < list->n; i++)
        kind->free(list->items[i]);
    free(list->items);
    *list = (struct register_list){0};
}

static uint64_t number_of(const struct register_kind *kind, const struct register_list *list,
                          size_t i)
{
    return *kind->number(list->items[i]);
}

static void list_remove(const struct register_kind *kind, struct register_list *list, size_t i)
{
    kind->free(list->items[i]);
    list->n--;
    memmove(&list->items[i], &list->items[i + 1], (list->n - i) * sizeof *list->items);
}

static void make_room(const struct register_kind *kind, struct register_list *list)
{
    for (size_t i = 0; kind->is_over && list->n >= kind->max && i < list->n; i++)
        if (kind->is_over(list->items[i]))
            list_remove(kind, list, i);
}

// Takes `entry` over if it returns 0.
static int list_add(const struct register_kind *kind, struct register_list *list, void *entry)
{
    if (list->n >= kind->max)
        return -ENOSPC;
    void **more = reallocarray(list->items, list->n + 1, sizeof *more);
    if (!more)
        return -ENOMEM;
    more[list->n++] = entry;
    list->items = more;
    return 0;
}

static void list_end(const struct register_kind *kind, struct register_list *list, uint64_t number)
{
    for (size_t i = list->n; i-- > 0;)
        if (number_of(kind, list, i) == number)
            list_remove(kind, list, i);
}

// In the place of older ones for the same thing.
static int list_grant(const struct register_kind *kind, struct register_list *list, void *entry)
{
    for (size_t i = list->n; i-- > 0;)
        if (kind->replaces && kind->replaces(entry, list->items[i]))
            list_remove(kind, list, i);
    make_room(kind, list);
    return list_add(kind, list, entry);
}

// The entry as its end has left it, in its place. One that has made room meanwhile stays away.
static void list_replace(const struct register_kind *kind, struct register_list *list, void *entry)
{
    for (size_t i = 0; i < list->n; i++)
        if (number_of(kind, list, i) == *kind->number(entry)) {
            kind->free(list->items[i]);
            list->items[i] = entry;
            return;
        }
    kind->free(entry);
}

// ---- Rows --------------------------------------------------------------------------------------

// A statement that is not complete says nothing, and one that others interrupt is outdated.
static void forget_statement(struct register_set *set)
{
    list_clear(set->kind, &set->stated);
    set->part = set->parts = 0;
}

void register_set_clear(struct register_set *set)
{
    list_clear(set->kind, &set->current);
    forget_statement(set);
}

static bool is_of(const struct register_kind *kind, const void *entry)
{
    return !kind->register_of || text_equal(kind->register_of(entry), kind->name);
}

static int read_entry(const struct register_kind *kind, const char *details, void **ret)
{
    void *entry = NULL;
    int r = kind->from_json(details, &entry);
    if (r < 0)
        return r;
    if (!is_of(kind, entry)) {
        kind->free(entry);
        return -EBADMSG;
    }
    *ret = entry;
    return 0;
}

static int apply_granted(struct register_set *set, const char *details, uint64_t sequence)
{
    void *entry = NULL;
    int r = read_entry(set->kind, details, &entry);
    if (r < 0)
        return r == -ENOENT ? 0 : r;
    *set->kind->number(entry) = sequence;
    r = list_grant(set->kind, &set->current, entry);
    if (r < 0)
        set->kind->free(entry);
    return r;
}

static int apply_ended(struct register_set *set, json_object *details)
{
    if (!json_object_is_type(json_get(details, "number"), json_type_int))
        return -EBADMSG;
    list_end(set->kind, &set->current, json_get_number(details, "number"));
    return 0;
}

static int apply_over(struct register_set *set, const char *details)
{
    void *entry = NULL;
    int r = read_entry(set->kind, details, &entry);
    if (r < 0)
        return r == -ENOENT ? 0 : r;
    if (!set->kind->is_over(entry)) {
        set->kind->free(entry);
        return -EBADMSG;
    }
    list_replace(set->kind, &set->current, entry);
    return 0;
}

static int apply_revised(struct register_set *set, const char *details)
{
    void *entry = NULL;
    int r = read_entry(set->kind, details, &entry);
    if (r < 0)
        return r == -ENOENT ? 0 : r;
    if (set->kind->is_over && set->kind->is_over(entry)) {
        set->kind->free(entry);
        return -EBADMSG;
    }
    list_replace(set->kind, &set->current, entry);
    return 0;
}

static int take_entry(struct register_set *set, json_object *object)
{
    struct register_list *list = &set->stated;
    void *entry = NULL;
    int r = set->kind->from_object(object, &entry);
    if (r < 0)
        return r;
    if (!is_of(set->kind, entry) ||
        (list->n > 0 && *set->kind->number(entry) <= number_of(set->kind, list, list->n - 1)))
        r = -EBADMSG;
    if (r == 0)
        r = list_add(set->kind, list, entry);
    if (r < 0)
        set->kind->free(entry);
    return r;
}

static int take_entries(struct register_set *set, json_object *entries)
{
    if (!json_object_is_type(entries, json_type_array) ||
        json_object_array_length(entries) > REGISTERS_ENTRIES_MAX)
        return -EBADMSG;
    for (size_t i = 0; i < json_object_array_length(entries); i++) {
        int r = take_entry(set, json_object_array_get_idx(entries, i));
        if (r < 0)
            return r;
    }
    return 0;
}

// Is it the part that is due? The first part may come at any time and starts anew.
static int begin_part(struct register_set *set, json_object *details)
{
    uint64_t part = json_get_number(details, "part"), parts = json_get_number(details, "parts");
    if (part == 0 || part > parts || parts > parts_of(set->kind->max))
        return -EBADMSG;
    if (part == 1) {
        forget_statement(set);
        set->parts = parts;
    } else if (parts != set->parts || part != set->part + 1) {
        return -EBADMSG;
    }
    set->part = part;
    return 0;
}

static int apply_stated(struct register_set *set, json_object *details)
{
    if (!text_equal(json_get_text(details, "register"), set->kind->name))
        return 0; // another register
    int r = begin_part(set, details);
    if (r == 0)
        r = take_entries(set, json_get(details, "entries"));
    if (r < 0) {
        forget_statement(set);
        return r;
    }
    if (set->part < set->parts)
        return 0;
    list_clear(set->kind, &set->current);
    set->current = set->stated;
    set->stated = (struct register_list){0};
    set->changed = true;
    forget_statement(set);
    return 0;
}

// `list`: ended by FACT_KIND_MAX; NULL: it is in none.
static bool is_in(const enum fact_kind *list, enum fact_kind kind)
{
    while (list && *list != FACT_KIND_MAX && *list != kind)
        list++;
    return list && *list != FACT_KIND_MAX;
}

static bool is_ending(const struct register_set *set, enum fact_kind kind)
{
    return kind == set->kind->ended || is_in(set->kind->ended_too, kind);
}

bool register_set_knows(const struct register_set *set, enum fact_kind kind)
{
    return kind != FACT_KIND_MAX &&
           (is_in(set->kind->granted, kind) || is_in(set->kind->revised, kind) ||
            is_ending(set, kind) || kind == FACT_REGISTER_STATED);
}

static int apply_own(struct register_set *set, enum fact_kind kind, const char *details,
                     uint64_t sequence)
{
    set->changed = true;
    forget_statement(set);
    if (is_in(set->kind->granted, kind))
        return apply_granted(set, details, sequence);
    if (is_in(set->kind->revised, kind))
        return apply_revised(set, details);
    if (set->kind->is_over)
        return apply_over(set, details);
    size_t length = strlen(details);
    CLEANUP_JSON json_object *object =
        length > 0 ? json_parse(details, length, json_type_object) : NULL;
    return object ? apply_ended(set, object) : -EBADMSG;
}

int register_set_apply(struct register_set *set, enum fact_kind kind, const char *details,
                       uint64_t sequence)
{
    assert(register_set_knows(set, kind));
    size_t length = details ? strnlen(details, DETAILS_MAX + 1) : 0;
    if (length > DETAILS_MAX)
        return -EBADMSG;
    if (kind != FACT_REGISTER_STATED)
        return apply_own(set, kind, details ? details : "", sequence);
    CLEANUP_JSON json_object *object =
        length > 0 ? json_parse(details, length, json_type_object) : NULL;
    return object ? apply_stated(set, object) : -EBADMSG;
}

// ---- Statements --------------------------------------------------------------------------------

size_t register_set_parts(const struct register_set *set)
{
    return parts_of(set->current.n);
}

static int list_entries(const struct register_set *set, size_t first, json_object *entries)
{
    const struct register_list *list = &set->current;
    for (size_t i = first; i < list->n && i < first + REGISTERS_ENTRIES_MAX; i++) {
        json_object *entry = NULL;
        int r = set->kind->to_object(list->items[i], &entry);
        if (r < 0)
            return r;
        if (json_object_array_add(entries, entry) < 0) {
            json_object_put(entry);
            return -ENOMEM;
        }
    }
    return 0;
}

int register_set_state(const struct register_set *set, size_t part, char **ret)
{
    CLEANUP_JSON json_object *details = json_object_new_object();
    json_object *entries = json_object_new_array();
    json_add_text(details, "register", set->kind->name);
    json_add_number(details, "part", part);
    json_add_number(details, "parts", register_set_parts(set));
    json_add(details, "entries", entries); // aborts on lack of memory, as all of these
    int r = list_entries(set, (part - 1) * REGISTERS_ENTRIES_MAX, entries);
    return r < 0 ? r : json_to_text(details, ret);
}
