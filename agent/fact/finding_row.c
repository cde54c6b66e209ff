// SPDX-License-Identifier: GPL-3.0-or-later
// A finding as JSON.
#include "fact/finding_row.h"

#include "base/json.h"
#include "base/text.h"

#include <errno.h>
#include <string.h>

#define DETAILS_MAX (64u * 1024)

void finding_row_free(struct finding_row *row)
{
    if (!row)
        return;
    free(row->check);
    free(row->clause);
    free(row->finding);
    free(row->subject);
    free(row->because);
    free(row);
}

static int read_text(json_object *object, const char *key, bool required, char **ret)
{
    const char *text = json_get_text(object, key);
    if (!text)
        return json_get(object, key) || required ? -EBADMSG : 0;
    if (text[0] == '\0' || strlen(text) > FINDING_TEXT_MAX)
        return -EBADMSG;
    *ret = text_dup(text);
    return *ret ? 0 : -ENOMEM;
}

static int read_row(json_object *object, struct finding_row **ret)
{
    CLEANUP(finding_row_free_p) struct finding_row *row = calloc(1, sizeof *row);
    if (!row)
        return -ENOMEM;
    row->number = json_get_number(object, "number");
    int r = read_text(object, "check", true, &row->check);
    if (r == 0)
        r = read_text(object, "clause", true, &row->clause);
    if (r == 0)
        r = read_text(object, "finding", true, &row->finding);
    if (r == 0)
        r = read_text(object, "subject", false, &row->subject);
    if (r == 0)
        r = read_text(object, "because", false, &row->because);
    if (r < 0)
        return r;
    *ret = TAKE_PTR(row);
    return 0;
}

int finding_row_from_details(const char *details, struct finding_row **ret)
{
    size_t length = details ? strnlen(details, DETAILS_MAX + 1) : 0;
    CLEANUP_JSON json_object *object =
        length <= DETAILS_MAX ? json_parse(details ? details : "", length, json_type_object) : NULL;
    if (!object)
        return length > 0 ? -EBADMSG : -ENOENT;
    return json_get(object, "check") ? read_row(object, ret) : -ENOENT;
}

int finding_row_to_object(const struct finding_row *row, json_object **ret)
{
    json_object *object = json_object_new_object();
    if (!object)
        return -ENOMEM;
    json_add_number(object, "number", row->number);
    json_add_text(object, "check", row->check);
    json_add_text(object, "clause", row->clause);
    json_add_text(object, "finding", row->finding);
    json_add_text(object, "subject", row->subject);
    json_add_text(object, "because", row->because);
    *ret = object;
    return 0;
}

int finding_row_from_object(json_object *object, struct finding_row **ret)
{
    CLEANUP(finding_row_free_p) struct finding_row *row = NULL;
    CLEANUP_JSON json_object *again = NULL;
    int r = read_row(object, &row);
    if (r == 0)
        r = finding_row_to_object(row, &again);
    if (r < 0)
        return r;
    if (!json_is_same(again, object))
        return -EBADMSG;
    *ret = TAKE_PTR(row);
    return 0;
}
