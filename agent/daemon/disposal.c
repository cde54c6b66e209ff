// SPDX-License-Identifier: GPL-3.0-or-later
// Holds the months that are there against the exports that were recorded.
#include "daemon/disposal.h"

#include "base/i18n.h"
#include "base/json.h"
#include "base/text.h"
#include "bus/bus.h"
#include "daemon/exports.h"

#include <errno.h>

int disposal_check(const struct record *record, const char *state, char **ret_why)
{
    CLEANUP_JSON json_object *months = NULL;
    if (!text_equal(record_get(record, "machine"), "this") || record_get(record, "exported"))
        return 0;
    int r = exports_list_missing(state, &months);
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
