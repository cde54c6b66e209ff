// SPDX-License-Identifier: GPL-3.0-or-later
// Puts a ledger that does not continue its own chain out of the way, as it is: it is evidence.
#include "ledger/ledger.h"

#include "base/file.h"
#include "base/text.h"
#include "ledger/registers.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <time.h>

#define TRIES 100 // names of one second

// A folder below aside/ that nothing is in yet: "20261123T061500Z", or the same with "-2" …
static int make_folder(int parent, uint64_t wall_ns, char **ret_name)
{
    time_t seconds = (time_t)(wall_ns / NS_PER_S);
    struct tm tm;
    char stamp[32];
    if (!gmtime_r(&seconds, &tm) || strftime(stamp, sizeof stamp, "%Y%m%dT%H%M%SZ", &tm) == 0)
        return -EINVAL;
    for (unsigned i = 1; i <= TRIES; i++) {
        CLEANUP_FREE char *name = i == 1 ? text_dup(stamp) : text_format("%s-%u", stamp, i);
        if (!name)
            return -ENOMEM;
        if (mkdirat(parent, name, 0700) == 0) {
            *ret_name = TAKE_PTR(name);
            return 0;
        }
        if (errno != EEXIST)
            return -errno;
    }
    return -EEXIST;
}

// The rows first: if a crash leaves the rest behind, the next start sets that aside too.
static int move_all(int state, int folder)
{
    static const char *const names[] = {"ledger",
                                        "keys",
                                        REGISTERS_FILE,
                                        REGISTERS_FILE "-wal",
                                        REGISTERS_FILE "-shm",
                                        REGISTERS_FILE "-journal"};
    for (size_t i = 0; i < ELEMENTS(names); i++)
        if (renameat(state, names[i], folder, names[i]) < 0 && errno != ENOENT)
            return -errno;
    int r = file_sync_dir(folder);
    return r < 0 ? r : file_sync_dir(state);
}

int ledger_set_aside(int state, struct moment at, char **ret_name)
{
    CLEANUP_CLOSE int parent = -1, folder = -1;
    CLEANUP_FREE char *stamp = NULL;
    int r = file_open_dir_at(state, "aside", 0700, &parent);
    if (r == 0)
        r = make_folder(parent, at.wall_ns, &stamp);
    if (r == 0)
        r = file_open_dir_at(parent, stamp, 0700, &folder);
    CLEANUP_FREE char *name = r == 0 ? text_format("aside/%s", stamp) : NULL;
    if (r == 0)
        r = name ? file_sync_dir(parent) : -ENOMEM;
    if (r == 0)
        r = move_all(state, folder);
    if (r == 0)
        *ret_name = TAKE_PTR(name);
    return r;
}
