// SPDX-License-Identifier: GPL-3.0-or-later
// The spool's folder: bounded, written by several processes at once, emptied by one.
#include "fact/spool.h"

#include "base/file.h"
#include "base/text.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>

#define NAME_SIZE 64
#define NAMES_READ_MAX (2 * SPOOL_FILES_MAX) // writers that race go over the limit by a few

// "00000000012345678901-417.json": nanoseconds since boot, and the process.
static bool is_entry_name(const char *name)
{
    size_t moment = strspn(name, "0123456789");
    size_t process = name[moment] == '-' ? strspn(name + moment + 1, "0123456789") : 0;
    return moment == 20 && process > 0 && process < 12 &&
           text_equal(name + moment + 1 + process, ".json");
}

struct names {
    char (*items)[NAME_SIZE];
    size_t n;
};

static void names_clear(struct names *names)
{
    free(names->items);
}

static int compare_names(const void *a, const void *b)
{
    return strcmp(a, b);
}

static int list(int folder, struct names *ret)
{
    CLEANUP(closedir_p) DIR *dir = NULL;
    int r = file_open_entries(folder, ".", &dir);
    if (r < 0)
        return r;
    CLEANUP(names_clear) struct names names = {.items = calloc(NAMES_READ_MAX, NAME_SIZE)};
    if (!names.items)
        return -ENOMEM;
    for (struct dirent *entry; names.n < NAMES_READ_MAX && (entry = readdir(dir));)
        if (is_entry_name(entry->d_name))
            (void)snprintf(names.items[names.n++], NAME_SIZE, "%.*s", NAME_SIZE - 1, entry->d_name);
    qsort(names.items, names.n, NAME_SIZE, compare_names);
    *ret = names;
    names.items = NULL;
    return 0;
}

// ---- Writing ----------------------------------------------------------------------------------

static int count_lost(int folder)
{
    CLEANUP_CLOSE int fd =
        openat(folder, "overflow", O_WRONLY | O_CREAT | O_APPEND | O_NOFOLLOW | O_CLOEXEC, 0600);
    if (fd < 0)
        return -errno;
    int r = file_write_all(fd, "x", 1); // its size is the count: appending needs no lock
    return r < 0 ? r : 1;
}

int spool_write(int run, const struct spool_entry *entry)
{
    CLEANUP_CLOSE int folder = -1;
    CLEANUP_FREE char *json = NULL;
    CLEANUP(names_clear) struct names names = {0};
    int r = file_open_dir_at(run, "spool", 0700, &folder);
    if (r == 0)
        r = list(folder, &names);
    if (r < 0)
        return r;
    if (names.n >= SPOOL_FILES_MAX)
        return count_lost(folder);
    r = spool_entry_to_json(entry, &json);
    if (r < 0)
        return r;

    char name[NAME_SIZE];
    (void)snprintf(name, sizeof name, "%020llu-%d.json", (unsigned long long)entry->at.monotonic_ns,
                   (int)getpid());
    return file_replace_at(folder, name, 0600, json, strlen(json));
}

// ---- Taking -----------------------------------------------------------------------------------

static int take_one(int folder, const char *name, spool_callback callback, void *context)
{
    CLEANUP(spool_entry_free_p) struct spool_entry *entry = NULL;
    CLEANUP_FREE char *json = NULL;
    size_t length = 0;
    int r = file_read_at(folder, name, SPOOL_FILE_MAX, &json, &length);
    if (r == 0)
        r = spool_entry_from_json(json, length, &entry);
    if (r < 0 && r != -EFBIG && r != -EBADMSG)
        return r;
    r = callback(context, name, entry);
    if (r < 0)
        return r;
    return unlinkat(folder, name, 0) < 0 ? -errno : 0;
}

static int take_lost(int folder, uint64_t *ret)
{
    struct stat st;
    if (fstatat(folder, "overflow", &st, AT_SYMLINK_NOFOLLOW) < 0)
        return errno == ENOENT ? 0 : -errno;
    if (unlinkat(folder, "overflow", 0) < 0)
        return -errno;
    *ret = (uint64_t)st.st_size;
    return 0;
}

int spool_take_all(int run, spool_callback callback, void *context, uint64_t *ret_lost)
{
    CLEANUP(names_clear) struct names names = {0};
    uint64_t lost = 0;
    CLEANUP_CLOSE int folder =
        openat(run, "spool", O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    if (folder < 0 && errno != ENOENT)
        return -errno;
    if (folder >= 0) {
        int r = list(folder, &names);
        for (size_t i = 0; r == 0 && i < names.n; i++)
            r = take_one(folder, names.items[i], callback, context);
        if (r == 0)
            r = take_lost(folder, &lost);
        if (r < 0)
            return r;
    }
    *ret_lost = lost;
    return 0;
}
