// SPDX-License-Identifier: GPL-3.0-or-later
// A month's usage out of all files of a ledger, without reading the whole of it.
#include "report/usage.h"

#include "base/text.h"

#include <errno.h>
#include <string.h>

static int take(void *context, const struct query_row *row)
{
    return usage_take(context, row);
}

static bool is_of_login(const struct query_row *row)
{
    return strncmp(row->kind_name, "login.", strlen("login.")) == 0;
}

static int take_file(void *context, const struct query_row *row)
{
    return is_of_login(row) ? 0 : usage_take(context, row);
}

static int take_total(void *context, const struct query_total *total)
{
    return usage_take_total(context, total);
}

// What was done with files: the totals of a file that has them, and the rows behind.
static int gather_files(const char *const *paths, size_t n, struct usage *usage)
{
    struct query_filter month = {.severity = -1,
                                 .nameless = true,
                                 .without = "agent.gap",
                                 .since_ns = usage->begin_ns,
                                 .until_ns = usage->end_ns};
    int r = 0;
    for (size_t i = 0; r == 0 && i < n; i++) {
        month.after_sequence = 0;
        if (usage_can_take_totals(usage))
            r = query_totals(paths[i], take_total, usage, &month.after_sequence);
        if (r == 0)
            r = query_run(&paths[i], 1, &month, take_file, usage);
    }
    return r;
}

static int stop_when_recorded(void *context, const struct query_row *row)
{
    struct usage *usage = context;
    int r = usage_take(usage, row);
    return r < 0 ? r : usage->recorded;
}

// Was anything recorded in the month? One checkpoint is enough, and it stands in the file of that
// name or a later one, unless a clock went wrong.
static int gather_recorded(const char *const *paths, size_t n, struct usage *usage)
{
    const struct query_filter filter = {.severity = -1,
                                        .kind = "trail.read",
                                        .since_ns = usage->begin_ns,
                                        .until_ns = usage->end_ns};
    size_t first = 0;
    while (first < n && strncmp(text_basename(paths[first]), usage->name, strlen(usage->name)) < 0)
        first++;
    int r = usage->recorded;
    if (r == 0)
        r = query_run(paths + first, n - first, &filter, stop_when_recorded, usage);
    if (r == 0)
        r = query_run(paths, first, &filter, stop_when_recorded, usage);
    return r < 0 ? r : 0;
}

// In the order of time: sessions that began before the month, the month, and how those ended that
// went on behind it. A gap's row comes after the gap, perhaps in another month.
static int gather(const char *const *paths, size_t n, struct usage *usage)
{
    const struct query_filter filters[] = {
        {.severity = -1, .kind = "login.*", .until_ns = usage->begin_ns},
        {.severity = -1, .kind = "login.*", .since_ns = usage->begin_ns, .until_ns = usage->end_ns},
        {.severity = -1, .kind = "login.*", .since_ns = usage->end_ns},
        {.severity = -1, .kind = "agent.gap"},
    };
    int r = gather_files(paths, n, usage);
    for (size_t i = 0; r == 0 && i < ELEMENTS(filters); i++)
        r = query_run(paths, n, &filters[i], take, usage);
    return r < 0 ? r : gather_recorded(paths, n, usage);
}

static bool reaches(const char *newest, const char *name)
{
    return strncmp(text_basename(newest), name, strlen(name)) >= 0;
}

// Takes what is begun.
static int gather_into(const char *const *paths, size_t n, uint64_t now_ns, struct usage *begun,
                       struct usage *ret)
{
    int r = gather(paths, n, begun);
    if (r == 0)
        r = usage_end(begun, now_ns);
    if (r < 0) {
        usage_clear(begun);
        return r;
    }
    *ret = *begun;
    return 0;
}

int usage_gather_file(const char *path, const char *name, const struct policy *policy,
                      uint64_t now_ns, struct usage *ret)
{
    struct usage usage;
    int r = usage_init(&usage, name, policy);
    return r < 0 ? r : gather_into(&path, 1, now_ns, &usage, ret);
}

int usage_gather(const char *folder, const char *name, const struct policy *policy, uint64_t now_ns,
                 struct usage *ret)
{
    CLEANUP(query_free_paths_p) char **paths = NULL;
    struct usage usage;
    size_t n;
    int r = query_list_months(folder, &paths, &n);
    if (r < 0)
        return r;
    if (n == 0 || !reaches(paths[n - 1], name))
        return -ENOENT;
    r = usage_init(&usage, name, policy);
    if (r < 0)
        return r;
    return gather_into((const char *const *)paths, n, now_ns, &usage, ret);
}
