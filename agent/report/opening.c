// SPDX-License-Identifier: GPL-3.0-or-later
// Reading the first row.
#include "report/opening.h"

#include "base/json.h"
#include "base/text.h"
#include "ledger/query.h"

#include <errno.h>
#include <string.h>

void opening_clear(struct opening *opening)
{
    free(opening->host);
    memset(opening, 0, sizeof *opening);
}

static int take_row(void *context, const struct query_row *row)
{
    struct opening *opening = context;
    CLEANUP_JSON json_object *details = fact_read_details(&row->fact);
    const char *host = json_get_text(details, "host"), *month = json_get_text(details, "month");
    const char *ledger = json_get_text(details, "ledger");
    uint8_t id[16];
    uint64_t begin, end;
    if (!host || !month || !ledger || moment_month_range(month, &begin, &end) < 0 ||
        text_unhex(ledger, sizeof id, id) < 0)
        return -ENODATA;
    opening->host = text_printable(host);
    if (!opening->host)
        return -ENOMEM;
    text_copy(opening->month, sizeof opening->month, month); // checked by what parsed them
    text_copy(opening->ledger, sizeof opening->ledger, ledger);
    opening->sequence = row->sequence;
    opening->epoch = json_get_number(details, "epoch");
    return 1;
}

int opening_read(const char *path, struct opening *ret)
{
    struct opening opening = {0};
    const struct query_filter filter = {.kind = fact_kind_to_str(FACT_LEDGER_OPENED)};
    int r = query_run(&path, 1, &filter, take_row, &opening);
    if (r <= 0)
        return r < 0 ? r : -ENODATA;
    *ret = opening;
    return 0;
}
