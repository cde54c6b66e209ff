// SPDX-License-Identifier: GPL-3.0-or-later
// Names and folder entries of monthly files.
#include "ledger/months.h"

#include "base/file.h"
#include "base/text.h"
#include "ledger/store.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>

#define MODE 0640

bool months_is_name(const char *name, char ret_month[MONTH_TEXT_SIZE])
{
    char month[MONTH_TEXT_SIZE] = "";
    uint64_t begin, end;
    if (strlen(name) != strlen("YYYY-MM.db") || strcmp(name + strlen("YYYY-MM"), ".db") != 0)
        return false;
    memcpy(month, name, sizeof month - 1);
    if (moment_month_range(month, &begin, &end) < 0)
        return false;
    memcpy(ret_month, month, sizeof month);
    return true;
}

int months_newest(int folder, char ret_month[MONTH_TEXT_SIZE])
{
    CLEANUP(closedir_p) DIR *entries = NULL;
    char newest[MONTH_TEXT_SIZE] = "", month[MONTH_TEXT_SIZE];
    int r = file_open_entries(folder, ".", &entries);
    if (r < 0)
        return r;
    for (const struct dirent *entry; (entry = readdir(entries));)
        if (months_is_name(entry->d_name, month) && strcmp(month, newest) > 0)
            memcpy(newest, month, sizeof newest);
    if (newest[0] == '\0')
        return -ENOENT;
    memcpy(ret_month, newest, sizeof newest);
    return 0;
}

// ---- A new file --------------------------------------------------------------------------------

struct name {
    char text[32];
};

static struct name name_of(const char *month, const char *suffix)
{
    struct name name;
    (void)snprintf(name.text, sizeof name.text, "%s.db%s", month, suffix);
    return name;
}

// SQLite makes what it puts beside a file with that file's owner, group and mode.
static int share(int fd, int folder)
{
    struct stat of_folder, of_file;
    if (fstat(folder, &of_folder) < 0 || fstat(fd, &of_file) < 0)
        return -errno;
    if (of_file.st_gid != of_folder.st_gid && fchown(fd, (uid_t)-1, of_folder.st_gid) < 0)
        return -errno;
    return (of_file.st_mode & 07777) != MODE && fchmod(fd, MODE) < 0 ? -errno : 0;
}

int months_begin_new(int folder, const char *month)
{
    static const char *const leftovers[] = {".new", ".new-journal", ".new-wal", ".new-shm"};
    for (size_t i = 0; i < ELEMENTS(leftovers); i++)
        if (unlinkat(folder, name_of(month, leftovers[i]).text, 0) < 0 && errno != ENOENT)
            return -errno;
    CLEANUP_CLOSE int fd = openat(folder, name_of(month, ".new").text,
                                  O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, MODE);
    return fd < 0 ? -errno : share(fd, folder);
}

int months_name_new(int folder, const char *month)
{
    // A file with that name can't be there (it would be the newest); never replace one.
    if (renameat2(folder, name_of(month, ".new").text, folder, name_of(month, "").text,
                  RENAME_NOREPLACE) < 0)
        return -errno;
    return file_sync_dir(folder);
}

int months_remove_new(int folder)
{
    CLEANUP(closedir_p) DIR *entries = NULL;
    int r = file_open_entries(folder, ".", &entries);
    if (r < 0)
        return r;
    for (const struct dirent *entry; (entry = readdir(entries));) {
        const char *suffix = strstr(entry->d_name, ".db.new");
        if (suffix == entry->d_name + strlen("YYYY-MM") && unlinkat(folder, entry->d_name, 0) < 0 &&
            errno != ENOENT)
            return -errno;
    }
    return 0;
}

// ---- Rights ------------------------------------------------------------------------------------

// "2026-11.db" and what begins with it and a hyphen.
static bool belongs_to_month(const char *name)
{
    char file[sizeof "YYYY-MM.db"] = "", month[MONTH_TEXT_SIZE];
    if (strlen(name) < sizeof file - 1)
        return false;
    memcpy(file, name, sizeof file - 1);
    char behind = name[sizeof file - 1];
    return months_is_name(file, month) && (behind == '\0' || behind == '-');
}

int months_share(int folder)
{
    CLEANUP(closedir_p) DIR *entries = NULL;
    int r = file_open_entries(folder, ".", &entries);
    for (const struct dirent *entry; r == 0 && (entry = readdir(entries));) {
        if (!belongs_to_month(entry->d_name))
            continue;
        CLEANUP_CLOSE int fd =
            openat(folder, entry->d_name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
        r = fd < 0 ? -errno : share(fd, folder);
    }
    return r;
}

// ---- Old files ---------------------------------------------------------------------------------

// Byte 18 of a file is 1 in the rollback format of a closed file, 2 with write-ahead logging.
static bool is_closed(int folder, const char *name)
{
    uint8_t header[20] = {0};
    CLEANUP_CLOSE int fd = openat(folder, name, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
    return fd >= 0 && pread(fd, header, sizeof header, 0) == (ssize_t)sizeof header &&
           header[18] == 1;
}

static int close_file(const char *path, const char *name)
{
    CLEANUP(store_free_p) struct store *store = NULL;
    CLEANUP_FREE char *file = text_format("%s/%s", path, name);
    int r = file ? store_open(file, &store) : -ENOMEM;
    return r < 0 ? r : store_seclude(store);
}

int months_close_old(int folder, const char *path)
{
    CLEANUP(closedir_p) DIR *entries = NULL;
    char newest[MONTH_TEXT_SIZE], month[MONTH_TEXT_SIZE];
    bool left = false;
    int r = months_newest(folder, newest);
    if (r < 0)
        return r == -ENOENT ? 0 : r;
    r = file_open_entries(folder, ".", &entries);
    if (r < 0)
        return r;
    for (const struct dirent *entry; (entry = readdir(entries));) {
        if (!months_is_name(entry->d_name, month) || strcmp(month, newest) == 0 ||
            is_closed(folder, entry->d_name))
            continue;
        r = close_file(path, entry->d_name);
        if (r == -ENOMEM || r == -ENOSPC)
            return r;
        left = left || r < 0; // damaged: that is for verify to say, and no reason to stop recording
    }
    return left;
}
