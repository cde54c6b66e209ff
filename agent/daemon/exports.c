// SPDX-License-Identifier: GPL-3.0-or-later
// All months that are over, less those of the rows export.created.
#include "daemon/exports.h"

#include "base/json.h"
#include "base/text.h"
#include "ledger/query.h"

#include <errno.h>

// Takes each month that was exported whole off the list.
static int on_export(void *context, const struct query_row *row)
{
    json_object *months = context;
    CLEANUP_JSON json_object *details = fact_read_details(&row->fact);
    const char *month = json_get_text(details, "month");
    if (month && json_get(details, "partial") && !json_get_bool(details, "partial"))
        json_object_object_del(months, month);
    return 0;
}

// The newest file is the month that is not over.
int exports_list_missing(const char *state, json_object **ret)
{
    CLEANUP(query_free_paths_p) char **paths = NULL;
    CLEANUP_FREE char *folder = text_format("%s/ledger", state);
    const struct query_filter filter = {.kind = "export.created", .severity = -1};
    CLEANUP_JSON json_object *months = json_object_new_object();
    size_t n;
    int r = folder ? query_list_months(folder, &paths, &n) : -ENOMEM;
    for (size_t i = 0; r == 0 && i + 1 < n; i++) {
        char month[MONTH_TEXT_SIZE] = "";
        (void)snprintf(month, sizeof month, "%s", text_basename(paths[i]));
        json_add_bool(months, month, true);
    }
    if (r == 0)
        r = query_run((const char *const *)paths, n, &filter, on_export, months);
    if (r == 0)
        *ret = TAKE_PTR(months);
    return r;
}
