// SPDX-License-Identifier: GPL-3.0-or-later
// The list of closed months, and the removal of one.
#include "ledger/prune.h"

#include "base/file.h"
#include "base/text.h"
#include "ledger/query.h"
#include "ledger/verifier.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static int read_opening(const char *path, struct opening *ret)
{
    CLEANUP(verify_close_p) sqlite3 *db = NULL;
    int r = verify_open(path, &db);
    return r < 0 ? r : verify_peek(db, ret);
}

// `next`: the opening of the file behind it.
static int describe(const char *path, const struct opening *own, const struct opening *next,
                    struct prune_month *ret)
{
    struct stat seen;
    if (stat(path, &seen) < 0)
        return -errno;
    if (memcmp(own->ledger, next->ledger, sizeof own->ledger) != 0 ||
        own->previous_sequence >= next->previous_sequence)
        return -EBADMSG;
    *ret = (struct prune_month){.bytes = (uint64_t)seen.st_size};
    memcpy(ret->pruned.month, own->month, sizeof ret->pruned.month);
    memcpy(ret->pruned.head, next->previous_head, sizeof ret->pruned.head);
    ret->pruned.first = own->previous_sequence + 1;
    ret->pruned.last = next->previous_sequence;
    return 0;
}

int prune_list(const char *folder, struct prune_month **ret, size_t *ret_n)
{
    CLEANUP(query_free_paths_p) char **paths = NULL;
    struct opening own, next;
    size_t n = 0;
    int r = query_list_months(folder, &paths, &n);
    if (r == 0)
        r = n > 0 ? read_opening(paths[0], &own) : -ENOENT;
    CLEANUP_FREE struct prune_month *months = calloc(n > 0 ? n : 1, sizeof *months);
    if (r == 0 && !months)
        r = -ENOMEM;
    for (size_t i = 0; r == 0 && i + 1 < n; i++) {
        r = read_opening(paths[i + 1], &next);
        if (r == 0)
            r = describe(paths[i], &own, &next, &months[i]);
        own = next;
    }
    if (r < 0)
        return r;
    *ret_n = n - 1;
    *ret = TAKE_PTR(months);
    return 0;
}

int prune_remove(int folder, const char *month)
{
    char name[sizeof "YYYY-MM.db"];
    (void)snprintf(name, sizeof name, "%s.db", month);
    if (unlinkat(folder, name, 0) < 0 && errno != ENOENT)
        return -errno;
    return file_sync_dir(folder);
}
