// SPDX-License-Identifier: GPL-3.0-or-later
// approval.granted, approval.ended and register.stated, one after the other.
#include "ledger/approval-set.h"

#include "base/json.h"
#include "base/text.h"
#include "ledger/registers.h"

#include <assert.h>
#include <errno.h>
#include <string.h>

#define PARTS_MAX ((APPROVALS_MAX + REGISTERS_ENTRIES_MAX - 1) / REGISTERS_ENTRIES_MAX)
#define DETAILS_MAX (1u << 20) // as FORMAT.md limits a text

// ---- Lists -------------------------------------------------------------------------------------

static void list_clear(struct approval_list *list)
{
    for (size_t i = 0; i < list->n; i++)
        approval_free(list->items[i]);
    free(list->items);
    *list = (struct approval_list){0};
}

static void list_remove(struct approval_list *list, size_t i)
{
    approval_free(list->items[i]);
    list->n--;
    memmove(&list->items[i], &list->items[i + 1], (list->n - i) * sizeof *list->items);
}

// Takes `approval` over if it returns 0.
static int list_add(struct approval_list *list, struct approval *approval)
{
    if (list->n >= APPROVALS_MAX)
        return -ENOSPC;
    struct approval **more = reallocarray(list->items, list->n + 1, sizeof *more);
    if (!more)
        return -ENOMEM;
    more[list->n++] = approval;
    list->items = more;
    return 0;
}

static void list_end(struct approval_list *list, uint64_t number)
{
    for (size_t i = list->n; i-- > 0;)
        if (list->items[i]->number == number)
            list_remove(list, i);
}

// A copy of `approval`, in the place of an older one for the same device.
static int list_grant(struct approval_list *list, const struct approval *approval)
{
    CLEANUP(approval_free_p) struct approval *copy = NULL;
    int r = approval_copy(approval, &copy);
    if (r < 0)
        return r;
    for (size_t i = list->n; i-- > 0;)
        if (approval_is_for_same(list->items[i], approval))
            list_remove(list, i);
    r = list_add(list, copy);
    if (r == 0)
        copy = NULL;
    return r;
}

// ---- Rows --------------------------------------------------------------------------------------

// A statement that is not complete says nothing, and one that others interrupt is outdated.
static void forget_statement(struct approval_set *set)
{
    list_clear(&set->stated);
    set->part = set->parts = 0;
}

void approval_set_clear(struct approval_set *set)
{
    list_clear(&set->current);
    forget_statement(set);
}

static int apply_granted(struct approval_set *set, const char *details, uint64_t sequence)
{
    CLEANUP(approval_free_p) struct approval *approval = NULL;
    int r = approval_from_json(details, &approval);
    if (r < 0)
        return r;
    approval->number = sequence;
    return list_grant(&set->current, approval);
}

static int apply_ended(struct approval_set *set, json_object *details)
{
    if (!json_object_is_type(json_get(details, "number"), json_type_int))
        return -EBADMSG;
    list_end(&set->current, json_get_number(details, "number"));
    return 0;
}

static int take_entry(struct approval_list *list, json_object *entry)
{
    CLEANUP(approval_free_p) struct approval *approval = NULL;
    int r = approval_from_object(entry, &approval);
    if (r < 0)
        return r;
    if (list->n > 0 && approval->number <= list->items[list->n - 1]->number)
        return -EBADMSG;
    r = list_add(list, approval);
    if (r == 0)
        approval = NULL;
    return r;
}

static int take_entries(struct approval_list *list, json_object *entries)
{
    if (!json_object_is_type(entries, json_type_array) ||
        json_object_array_length(entries) > REGISTERS_ENTRIES_MAX)
        return -EBADMSG;
    for (size_t i = 0; i < json_object_array_length(entries); i++) {
        int r = take_entry(list, json_object_array_get_idx(entries, i));
        if (r < 0)
            return r;
    }
    return 0;
}

// Is it the part that is due? The first part may come at any time and starts anew.
static int begin_part(struct approval_set *set, json_object *details)
{
    uint64_t part = json_get_number(details, "part"), parts = json_get_number(details, "parts");
    if (part == 0 || part > parts || parts > PARTS_MAX)
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

static int apply_stated(struct approval_set *set, json_object *details)
{
    if (!text_equal(json_get_text(details, "register"), "approvals"))
        return 0; // another register
    int r = begin_part(set, details);
    if (r == 0)
        r = take_entries(&set->stated, json_get(details, "entries"));
    if (r < 0) {
        forget_statement(set);
        return r;
    }
    if (set->part < set->parts)
        return 0;
    list_clear(&set->current);
    set->current = set->stated;
    set->stated = (struct approval_list){0};
    forget_statement(set);
    return 0;
}

bool approval_set_knows(enum fact_kind kind)
{
    return kind == FACT_APPROVAL_GRANTED || kind == FACT_APPROVAL_ENDED ||
           kind == FACT_REGISTER_STATED;
}

int approval_set_apply(struct approval_set *set, enum fact_kind kind, const char *details,
                       uint64_t sequence)
{
    assert(approval_set_knows(kind));
    size_t length = details ? strnlen(details, DETAILS_MAX + 1) : 0;
    if (length == 0 || length > DETAILS_MAX)
        return -EBADMSG;
    if (kind != FACT_REGISTER_STATED)
        forget_statement(set);
    if (kind == FACT_APPROVAL_GRANTED)
        return apply_granted(set, details, sequence);
    CLEANUP_JSON json_object *object = json_parse(details, length, json_type_object);
    if (!object)
        return -EBADMSG;
    return kind == FACT_APPROVAL_ENDED ? apply_ended(set, object) : apply_stated(set, object);
}

// ---- Statements --------------------------------------------------------------------------------

size_t approval_set_parts(const struct approval_set *set)
{
    size_t parts = (set->current.n + REGISTERS_ENTRIES_MAX - 1) / REGISTERS_ENTRIES_MAX;
    return parts > 0 ? parts : 1;
}

static int list_entries(const struct approval_list *list, size_t first, json_object *entries)
{
    for (size_t i = first; i < list->n && i < first + REGISTERS_ENTRIES_MAX; i++) {
        json_object *entry = NULL;
        int r = approval_to_object(list->items[i], &entry);
        if (r < 0)
            return r;
        if (json_object_array_add(entries, entry) < 0) {
            json_object_put(entry);
            return -ENOMEM;
        }
    }
    return 0;
}

int approval_set_state(const struct approval_set *set, size_t part, char **ret)
{
    CLEANUP_JSON json_object *details = json_object_new_object();
    json_object *entries = json_object_new_array();
    json_add_text(details, "register", "approvals");
    json_add_number(details, "part", part);
    json_add_number(details, "parts", approval_set_parts(set));
    json_add(details, "entries", entries); // aborts on lack of memory, as all of these
    int r = list_entries(&set->current, (part - 1) * REGISTERS_ENTRIES_MAX, entries);
    if (r < 0)
        return r;
    char *text = text_dup(json_object_to_json_string_ext(
        details, JSON_C_TO_STRING_PLAIN | JSON_C_TO_STRING_NOSLASHESCAPE));
    if (!text)
        return -ENOMEM;
    *ret = text;
    return 0;
}
