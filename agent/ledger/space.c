// SPDX-License-Identifier: GPL-3.0-or-later
// The file system's word, and the sizes of months.
#include "ledger/space.h"

#include "ledger/query.h"

#include <errno.h>
#include <sys/stat.h>
#include <sys/statvfs.h>

#define MONTHS 3 // that are over: a year has quiet ones

static uint64_t size_of(const char *path)
{
    struct stat seen;
    return stat(path, &seen) < 0 ? 0 : (uint64_t)seen.st_size;
}

int ledger_space_read(const char *folder, struct ledger_space *ret)
{
    CLEANUP(query_free_paths_p) char **paths = NULL;
    struct statvfs disk;
    size_t n = 0;
    int r = query_list_months(folder, &paths, &n);
    if (r < 0)
        return r;
    if (statvfs(folder, &disk) < 0)
        return -errno;
    struct ledger_space space = {.free_bytes = (uint64_t)disk.f_bfree * disk.f_frsize};
    for (size_t i = n > MONTHS + 1 ? n - MONTHS - 1 : 0; i < n; i++)
        if (n == 1 || i + 1 < n) {
            uint64_t size = size_of(paths[i]);
            space.month_bytes = size > space.month_bytes ? size : space.month_bytes;
        }
    *ret = space;
    return 0;
}
