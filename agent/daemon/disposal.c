// SPDX-License-Identifier: GPL-3.0-or-later
// Holds the months that are there against the exports that were recorded.
#include "daemon/disposal.h"

#include "base/i18n.h"
#include "base/json.h"
#include "base/text.h"
#include "bus/bus.h"
#include "ledger/query.h"

#include <errno.h>
#include <string.h>

static const char *field(const struct record *record, const char *name)
{
    int which = record_field_find(record_form_of(record->which), name);
    return which < 0 ? NULL : record->fields[which];
}

// Takes each month that was exported whole off the list.
static int on_export(void *context, const struct query_row *row)
{
    json_object *months = context;
    const char *text = row->fact.details;
    CLEANUP_JSON json_object *details =
        text ? json_parse(text, strlen(text), json_type_object) : NULL;
    const char *month = json_get_text(details, "month");
    if (month && json_get(details, "partial") && !json_get_bool(details, "partial"))
        json_object_object_del(months, month);
    return 0;
}

// The newest file is the month that is not over.
static int list_missing(const char *state, json_object *months)
{
    CLEANUP(query_free_paths_p) char **paths = NULL;
    CLEANUP_FREE char *folder = text_format("%s/ledger", state);
    const struct query_filter filter = {.kind = "export.created", .severity = -1};
    size_t n;
    int r = folder ? query_list_months(folder, &paths, &n) : -ENOMEM;
    for (size_t i = 0; r == 0 && i + 1 < n; i++) {
        char month[MONTH_TEXT_SIZE] = "";
        (void)snprintf(month, sizeof month, "%s", text_basename(paths[i]));
        json_add_bool(months, month, true);
    }
    return r < 0 ? r : query_run((const char *const *)paths, n, &filter, on_export, months);
}

int disposal_check(const struct record *record, const char *state, char **ret_why)
{
    CLEANUP_JSON json_object *months = json_object_new_object();
    if (!text_equal(field(record, "machine"), "this") || field(record, "exported"))
        return 0;
    int r = list_missing(state, months);
    if (r < 0)
        return bus_refuse(r, ret_why, N_("The ledger could not be read. See: sekisho status"));
    json_object_object_foreach(months, month, value)
    {
        (void)value;
        *ret_why = text_format("%s\n%s",
                               N_("The ledger of this workstation has a month that was never "
                                  "exported; export it first, or say where the ledger is kept:"),
                               month);
        return -EPERM;
    }
    return 0;
}
