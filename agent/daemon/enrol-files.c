// SPDX-License-Identifier: GPL-3.0-or-later
// Folders that change places, and policy.d/ behind them.
#include "daemon/enrol-files.h"

#include "base/file.h"
#include "base/text.h"
#include "policy/policy.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#define UNRECORDED "unrecorded"
#define ANEW "anew"
#define DROPINS "policy.d"
#define POLICY_MAX (1 << 20) // bytes of a file; the policy's own limit is lower

int enrol_files_read(const struct places *places, const char *folder, struct applied *ret)
{
    CLEANUP_CLOSE int dir =
        openat(places->state, folder, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    return dir < 0 ? -errno : applied_read(dir, ret);
}

static int sync_keys(const struct places *places)
{
    CLEANUP_CLOSE int keys = openat(places->state, "keys", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    return keys < 0 ? -errno : file_sync_dir(keys);
}

int enrol_files_exchange(const struct places *places)
{
    if (renameat2(places->state, ENROL_NEXT, places->state, ENROL_SITE, RENAME_EXCHANGE) < 0)
        return -errno;
    return sync_keys(places);
}

// ---- policy.d ----------------------------------------------------------------------------------

static bool is_of_site(const char *name)
{
    return strncmp(name, POLICY_SITE_PREFIX, strlen(POLICY_SITE_PREFIX)) == 0;
}

// A file that is as it should be stays untouched, so that nobody reads it again.
static int settle_file(int from, int to, const char *name)
{
    CLEANUP_FREE char *wanted = NULL, *found = NULL;
    size_t wanted_length = 0, found_length = 0;
    struct stat status;
    int r = file_read_at(from, name, POLICY_MAX, &wanted, &wanted_length);
    if (r < 0)
        return r;
    bool is_plain = fstatat(to, name, &status, AT_SYMLINK_NOFOLLOW) == 0 && S_ISREG(status.st_mode);
    if (is_plain && file_read_at(to, name, POLICY_MAX, &found, &found_length) == 0 &&
        found_length == wanted_length && memcmp(found, wanted, wanted_length) == 0)
        return 0;
    return file_replace_at(to, name, 0644, wanted, wanted_length);
}

static int put_files(int from, int to)
{
    CLEANUP(closedir_p) DIR *entries = NULL;
    int r = file_open_entries(from, ".", &entries);
    for (const struct dirent *entry; r == 0 && (entry = readdir(entries));)
        if (is_of_site(entry->d_name))
            r = settle_file(from, to, entry->d_name);
    return r;
}

static bool is_gone(void *context, const char *name)
{
    const int *from = context;
    return is_of_site(name) && faccessat(*from, name, F_OK, AT_SYMLINK_NOFOLLOW) < 0;
}

int enrol_files_settle(const struct places *places)
{
    CLEANUP_CLOSE int from = openat(places->state, ENROL_SITE "/" ENROL_POLICY,
                                    O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    CLEANUP_CLOSE int to = -1;
    if (from < 0)
        return errno == ENOENT ? 0 : -errno;
    int r = file_open_dir_at(places->etc, DROPINS, 0755, &to);
    if (r == 0)
        r = put_files(from, to);
    if (r == 0)
        r = file_remove_entries(to, ".", is_gone, &from);
    return r < 0 ? r : file_sync_dir(to);
}

// ---- Marks -------------------------------------------------------------------------------------

static bool is_there(int dir, const char *name)
{
    return faccessat(dir, name, F_OK, AT_SYMLINK_NOFOLLOW) == 0;
}

static int take_away(int dir, const char *name)
{
    return unlinkat(dir, name, 0) < 0 && errno != ENOENT ? -errno : 0;
}

int enrol_files_mark(const struct places *places, const char *folder)
{
    CLEANUP_FREE char *name = text_format("%s/" UNRECORDED, folder);
    return name ? file_replace_at(places->state, name, 0600, "", 0) : -ENOMEM;
}

bool enrol_files_are_marked(const struct places *places)
{
    return is_there(places->state, ENROL_SITE "/" UNRECORDED);
}

int enrol_files_unmark(const struct places *places)
{
    return take_away(places->state, ENROL_SITE "/" UNRECORDED);
}

int enrol_files_ask_anew(const struct places *places)
{
    return file_replace_at(places->state, ANEW, 0600, "", 0);
}

bool enrol_files_want_anew(const struct places *places)
{
    return is_there(places->state, ANEW);
}

int enrol_files_end_anew(const struct places *places)
{
    int r = take_away(places->state, ANEW);
    return r < 0 ? r : file_sync_dir(places->state);
}
