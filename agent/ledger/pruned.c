// SPDX-License-Identifier: GPL-3.0-or-later
// Rows about removed months as JSON.
#include "ledger/pruned.h"

#include "base/json.h"
#include "base/text.h"

#include <errno.h>
#include <string.h>

#define JSON_MAX 512

int pruned_to_object(const struct pruned *pruned, json_object **ret)
{
    char hex[DIGEST_TEXT_SIZE];
    json_object *object = json_object_new_object();
    if (!object)
        return -ENOMEM;
    text_hex(pruned->head, sizeof pruned->head, hex);
    json_add_text(object, "month", pruned->month);
    json_add_number(object, "first", pruned->first);
    json_add_number(object, "last", pruned->last);
    json_add_text(object, "head", hex);
    json_add_text(object, "contract_end", pruned->contract_end);
    json_add_text(object, "today", pruned->today[0] ? pruned->today : NULL);
    *ret = object;
    return 0;
}

static bool take(json_object *object, const char *key, char *field, size_t size)
{
    const char *text = json_get_text(object, key);
    size_t length = text ? strlen(text) : 0;
    if (length >= size)
        return false;
    memcpy(field, text ? text : "", length + 1);
    return true;
}

// "YYYY-MM-DD", a day of the calendar in a month that a ledger can be of.
static bool is_day(const char *text)
{
    char month[MONTH_TEXT_SIZE] = "";
    uint64_t begin, end;
    if (!moment_is_day(text))
        return false;
    memcpy(month, text, sizeof month - 1);
    return moment_month_range(month, &begin, &end) == 0;
}

static bool is_sound(const struct pruned *pruned)
{
    uint64_t begin, end;
    return moment_month_range(pruned->month, &begin, &end) == 0 && pruned->first >= 1 &&
           pruned->first <= pruned->last && pruned->last <= INT64_MAX &&
           is_day(pruned->contract_end) && (!pruned->today[0] || is_day(pruned->today));
}

int pruned_from_json(const char *text, struct pruned *ret)
{
    CLEANUP_JSON json_object *object = json_parse_exact(text, JSON_MAX), *again = NULL;
    struct pruned pruned = {
        .first = json_get_number(object, "first"),
        .last = json_get_number(object, "last"),
    };
    const char *head = json_get_text(object, "head");
    if (!head || text_unhex(head, sizeof pruned.head, pruned.head) < 0 ||
        !take(object, "month", pruned.month, sizeof pruned.month) ||
        !take(object, "contract_end", pruned.contract_end, sizeof pruned.contract_end) ||
        !take(object, "today", pruned.today, sizeof pruned.today) || !is_sound(&pruned))
        return -EBADMSG;
    int r = pruned_to_object(&pruned, &again);
    if (r < 0)
        return r;
    if (!json_is_same(object, again))
        return -EBADMSG;
    *ret = pruned;
    return 0;
}
