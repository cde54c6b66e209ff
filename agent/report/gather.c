// SPDX-License-Identifier: GPL-3.0-or-later
// Runs the rows of one to three files through a month.
#include "report/gather.h"

#include "base/text.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

static int take(void *context, const struct query_row *row)
{
    return month_take(context, row);
}

static int gather(const char *const *paths, size_t n, const char *name, uint64_t now_ns,
                  struct month *ret)
{
    const struct query_filter all = {.severity = -1};
    struct month month;
    int r = month_init(&month, name);
    if (r < 0)
        return r;
    r = query_run(paths, n, &all, take, &month);
    if (r == 0)
        r = month_end(&month, now_ns);
    if (r < 0) {
        month_clear(&month);
        return r;
    }
    *ret = month;
    return 0;
}

// Which of the ledger's files concern the month: *ret_first and how many.
static int choose(char *const *paths, size_t n, const char *name, size_t *ret_first, size_t *ret_n)
{
    CLEANUP_FREE char *file = text_format("%s.db", name);
    if (!file)
        return -ENOMEM;
    for (size_t i = 0; i < n; i++) {
        if (!text_equal(text_basename(paths[i]), file))
            continue;
        size_t first = i > 0 ? i - 1 : i, last = i + 1 < n ? i + 1 : i;
        *ret_first = first;
        *ret_n = last - first + 1;
        return 0;
    }
    return -ENOENT;
}

int gather_ledger(const char *folder, const char *name, uint64_t now_ns, struct month *ret_month,
                  struct verify_result *ret_verified)
{
    CLEANUP(query_free_paths_p) char **paths = NULL;
    const struct verify_witness in_use = {.open = true};
    struct verify_result verified = {0};
    size_t all, first, n;
    int r = query_list_months(folder, &paths, &all);
    if (r == 0)
        r = choose(paths, all, name, &first, &n);
    if (r < 0)
        return r;
    const char *const *chosen = (const char *const *)paths + first;
    r = verify_files(chosen, n, &in_use, &verified);
    if (r == 0)
        r = gather(chosen, n, name, now_ns, ret_month);
    if (r < 0) {
        verify_result_clear(&verified);
        return r;
    }
    snprintf(ret_month->oldest, sizeof ret_month->oldest, "%.7s", text_basename(paths[0]));
    *ret_verified = verified;
    return 0;
}

int gather_file(const char *path, const char *name, uint64_t now_ns, struct month *ret_month)
{
    return gather(&path, 1, name, now_ns, ret_month);
}
