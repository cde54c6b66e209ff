// SPDX-License-Identifier: GPL-3.0-or-later
// The marks of cleared media: small files, written whole, named by diskseq.
#include "fact/cleared.h"

#include "base/file.h"
#include "base/text.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>
#include <unistd.h>

#define FOLDER "media"
#define MARK_MAX 256

static void mark_name(uint64_t sequence, char ret[64])
{
    (void)snprintf(ret, 64, FOLDER "/%" PRIu64, sequence);
}

static char *mark_text(const char *sysname)
{
    return text_format("%s encrypted\n", sysname);
}

int cleared_set(int run, uint64_t sequence, const char *sysname)
{
    char name[64];
    CLEANUP_CLOSE int folder = -1;
    if (sequence == 0 || sysname[0] == '\0')
        return -EINVAL;
    int r = file_open_dir_at(run, FOLDER, 0700, &folder);
    if (r < 0)
        return r;
    CLEANUP_FREE char *text = mark_text(sysname);
    if (!text)
        return -ENOMEM;
    mark_name(sequence, name);
    return file_replace_at(run, name, 0600, text, strlen(text));
}

int cleared_is_set(int run, uint64_t sequence, const char *sysname)
{
    char name[64];
    CLEANUP_FREE char *found = NULL, *expected = NULL;
    if (sequence == 0)
        return 0;
    mark_name(sequence, name);
    int r = file_read_at(run, name, MARK_MAX, &found, NULL);
    if (r == -ENOENT)
        return 0;
    if (r < 0)
        return r;
    expected = mark_text(sysname);
    if (!expected)
        return -ENOMEM;
    return text_equal(found, expected);
}

int cleared_forget(int run, uint64_t sequence)
{
    char name[64];
    mark_name(sequence, name);
    return unlinkat(run, name, 0) < 0 && errno != ENOENT ? -errno : 0;
}

int cleared_forget_all(int run)
{
    return file_remove_entries(run, FOLDER, NULL, NULL);
}
