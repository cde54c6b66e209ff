// SPDX-License-Identifier: GPL-3.0-or-later
// Which files are meant: folders are gone into by descriptors, so that nobody can lead the way
// elsewhere meanwhile.
#include "cli/erase-parts.h"

#include "base/file.h"
#include "base/text.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>

#define DEPTH_MAX 64

static void free_all(char **texts, size_t n)
{
    for (size_t i = 0; i < n; i++)
        free(texts[i]);
    free(texts);
}

void erase_list_clear(struct erase_list *list)
{
    free_all(list->paths, list->n);
    free_all(list->folders, list->n_folders);
    *list = (struct erase_list){0};
}

static int add(char ***texts, size_t *n, const char *path)
{
    if (*n == ERASE_FILES_MAX)
        return -E2BIG;
    if ((*n & (*n - 1)) == 0) { // at 0, 1, 2, 4, …
        char **more = realloc(*texts, (*n == 0 ? 1 : 2 * *n) * sizeof **texts);
        if (!more)
            return -ENOMEM;
        *texts = more;
    }
    (*texts)[*n] = text_dup(path);
    return (*texts)[*n] ? (*n)++, 0 : -ENOMEM;
}

static int go_into(struct erase_list *list, int dir, const char *path, dev_t device,
                   unsigned depth);

static int add_entry(struct erase_list *list, int dir, const char *folder, const char *name,
                     dev_t device, unsigned depth)
{
    CLEANUP_FREE char *path = text_format("%s/%s", folder, name);
    CLEANUP_CLOSE int below = -1;
    struct stat info;
    if (!path)
        return -ENOMEM;
    if (fstatat(dir, name, &info, AT_SYMLINK_NOFOLLOW) < 0)
        return errno == ENOENT ? 0 : -errno;
    if (!S_ISDIR(info.st_mode))
        return add(&list->paths, &list->n, path);
    if (depth == DEPTH_MAX || info.st_dev != device)
        return depth == DEPTH_MAX ? -ELOOP : -EXDEV;
    below = openat(dir, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    if (below < 0)
        return -errno;
    return go_into(list, below, path, device, depth + 1);
}

static int go_into(struct erase_list *list, int dir, const char *path, dev_t device, unsigned depth)
{
    CLEANUP(closedir_p) DIR *entries = NULL;
    int r = file_open_entries(dir, ".", &entries);
    for (struct dirent *entry; r == 0 && (entry = readdir(entries));)
        if (strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0)
            r = add_entry(list, dir, path, entry->d_name, device, depth);
    return r < 0 ? r : add(&list->folders, &list->n_folders, path);
}

int erase_list_add(struct erase_list *list, const char *path, bool recursive)
{
    CLEANUP_CLOSE int dir = -1;
    struct stat info;
    if (lstat(path, &info) < 0 || !S_ISDIR(info.st_mode))
        return add(&list->paths, &list->n, path); // what is wrong with it is said in its turn
    if (!recursive)
        return -EISDIR;
    int r = erase_open_folder(path, &dir);
    if (r == 0 && fstat(dir, &info) < 0)
        r = -errno;
    return r < 0 ? r : go_into(list, dir, path, info.st_dev, 0);
}
