// SPDX-License-Identifier: GPL-3.0-or-later
// Reading below a root, and saying what could not be read.
#include "watch/posture/sight.h"

#include "base/file.h"
#include "base/text.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/openat2.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>

#define FILE_MAX (1u << 20)
#define SHOWN_MAX 200
#define ERRORS_MAX 64

// ---- What is said ------------------------------------------------------------------------------

json_object *sight_text(const char *value)
{
    CLEANUP_FREE char *shown = text_escape(value, strlen(value), SHOWN_MAX);
    return shown ? json_object_new_string(shown) : NULL;
}

void sight_add_text(json_object *object, const char *key, const char *value)
{
    CLEANUP_FREE char *shown = value ? text_escape(value, strlen(value), SHOWN_MAX) : NULL;
    json_add_text(object, key, shown);
}

static json_object *errors_of(struct sight *sight)
{
    json_object *errors = json_get(sight->topic, "errors");
    return errors ? errors : sight_array(sight, sight->topic, "errors");
}

void sight_note(struct sight *sight, const char *path, int error)
{
    json_object *errors = errors_of(sight), *entry = json_object_new_object();
    const char *name = strerrorname_np(-error);
    if (!errors || !entry || json_object_array_length(errors) >= ERRORS_MAX ||
        json_object_array_add(errors, entry) < 0) {
        json_object_put(entry);
        sight->r = errors && json_object_array_length(errors) > 0 ? sight->r : -ENOMEM;
        return;
    }
    sight_add_text(entry, "path", path);
    json_add_text(entry, "error", name ? name : "?");
}

void sight_note_accounts(struct sight *sight)
{
    if (sight->passwd_error < 0)
        sight_note(sight, "/etc/passwd", sight->passwd_error);
    if (sight->accounts.has_odd_lines)
        sight_note(sight, "/etc/passwd", -EBADMSG);
    if (sight->accounts.has_too_many)
        sight_note(sight, "/etc/passwd", -E2BIG);
}

json_object *sight_array(struct sight *sight, json_object *object, const char *key)
{
    json_object *array = json_object_new_array();
    if (!array || json_object_object_add(object, key, array) < 0) {
        json_object_put(array);
        sight->r = -ENOMEM;
        return NULL;
    }
    return array;
}

void sight_append(struct sight *sight, json_object *array, json_object *item, const char *path)
{
    size_t n = array ? json_object_array_length(array) : 0;
    if (array && item && n < SIGHT_ITEMS_MAX && json_object_array_add(array, item) == 0)
        return;
    json_object_put(item);
    if (n >= SIGHT_ITEMS_MAX)
        sight_note(sight, path, -E2BIG);
    else
        sight->r = -ENOMEM;
}

// ---- Files -------------------------------------------------------------------------------------

// A symlink in an image must not lead to the file of that name on the machine that looks.
int sight_open(const struct sight *sight, const char *path, int flags)
{
    const struct open_how how = {
        .flags = (uint64_t)(unsigned)flags | O_CLOEXEC,
        .resolve = RESOLVE_IN_ROOT | RESOLVE_NO_MAGICLINKS,
    };
    long fd = syscall(SYS_openat2, sight->root, path, &how, sizeof how);
    return fd < 0 ? -errno : (int)fd;
}

static bool is_absent(int r)
{
    return r == -ENOENT || r == -ENOTDIR;
}

// A pipe or a device in a file's place must not hold us up.
static int read_regular(const struct sight *sight, const char *path, char **ret)
{
    CLEANUP_CLOSE int fd = sight_open(sight, path, O_RDONLY | O_NONBLOCK | O_NOCTTY);
    struct stat status;
    CLEANUP_FREE char *text = NULL;
    size_t length;
    if (fd < 0)
        return fd;
    if (fstat(fd, &status) < 0)
        return -errno;
    if (!S_ISREG(status.st_mode))
        return S_ISDIR(status.st_mode) ? -EISDIR : -EINVAL;
    int r = file_read_fd(fd, FILE_MAX, &text, &length);
    if (r < 0)
        return r;
    if (strlen(text) != length)
        return -EBADMSG; // what stands behind a NUL, others may read
    *ret = TAKE_PTR(text);
    return 0;
}

int sight_read(struct sight *sight, const char *path, char **ret)
{
    int r = read_regular(sight, path, ret);
    if (is_absent(r))
        return -ENOENT;
    if (r < 0)
        sight_note(sight, path, r);
    return r;
}

int sight_read_needed(struct sight *sight, const char *path, char **ret)
{
    int r = sight_read(sight, path, ret);
    if (r == -ENOENT)
        sight_note(sight, path, r);
    return r;
}

bool sight_has(struct sight *sight, const char *path)
{
    CLEANUP_CLOSE int fd = sight_open(sight, path, O_PATH | O_NOFOLLOW);
    if (fd < 0 && !is_absent(fd))
        sight_note(sight, path, fd);
    return fd >= 0;
}

bool sight_has_needed(struct sight *sight, const char *path)
{
    size_t before = json_object_array_length(errors_of(sight));
    bool has = sight_has(sight, path);
    if (!has && json_object_array_length(errors_of(sight)) == before)
        sight_note(sight, path, -ENOENT);
    return has;
}

char *sight_link(struct sight *sight, const char *path)
{
    char target[PATH_MAX];
    CLEANUP_CLOSE int fd = sight_open(sight, path, O_PATH | O_NOFOLLOW);
    if (fd < 0) {
        if (!is_absent(fd))
            sight_note(sight, path, fd);
        return NULL;
    }
    ssize_t n = readlinkat(fd, "", target, sizeof target - 1);
    if (n < 0)
        return NULL; // another kind of file
    target[n] = '\0';
    return text_dup(target);
}

// ---- Folders -----------------------------------------------------------------------------------

void sight_names_clear(struct sight_names *names)
{
    while (names->n > 0)
        free(names->items[--names->n]);
}

static bool ends_in(const char *name, const char *suffix)
{
    size_t length = strlen(name), n = strlen(suffix);
    return length >= n && strcmp(name + length - n, suffix) == 0;
}

static int by_name(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

static int take_entries(DIR *entries, const char *suffix, struct sight_names *ret)
{
    for (;;) {
        errno = 0;
        const struct dirent *entry = readdir(entries);
        if (!entry)
            return -errno;
        if (text_equal(entry->d_name, ".") || text_equal(entry->d_name, "..") ||
            !ends_in(entry->d_name, suffix))
            continue;
        if (ret->n == SIGHT_NAMES_MAX)
            return -E2BIG;
        ret->items[ret->n] = text_dup(entry->d_name);
        if (!ret->items[ret->n])
            return -ENOMEM;
        ret->n++;
    }
}

void sight_list(struct sight *sight, const char *folder, const char *suffix,
                struct sight_names *ret)
{
    CLEANUP(closedir_p) DIR *entries = NULL;
    CLEANUP_CLOSE int fd = sight_open(sight, folder, O_RDONLY | O_DIRECTORY);
    int r = fd < 0 ? fd : file_open_entries(fd, ".", &entries);
    if (is_absent(r))
        return;
    if (r == 0)
        r = take_entries(entries, suffix, ret);
    if (r < 0)
        sight_note(sight, folder, r);
    qsort(ret->items, ret->n, sizeof *ret->items, by_name);
}
