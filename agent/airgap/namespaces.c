// SPDX-License-Identifier: GPL-3.0-or-later
// Looks through /proc: threads, descriptors, and the mounts of each mount namespace.
#include "airgap/namespaces.h"

#include "base/file.h"
#include "base/text.h"

#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#define NAMESPACES_MAX 1024
#define NETWORK "net:["

struct found {
    int proc;
    ino_t seen[NAMESPACES_MAX]; // the first is our own
    int fds[NAMESPACES_MAX];    // of each
    size_t n;
    ino_t mounts[NAMESPACES_MAX]; // mount namespaces that were looked through
    size_t n_mounts;
};

static void found_clear(struct found *found)
{
    for (size_t i = 0; i < found->n; i++)
        (void)close(found->fds[i]);
}

static bool has(const ino_t *list, size_t n, ino_t inode)
{
    for (size_t i = 0; i < n; i++)
        if (list[i] == inode)
            return true;
    return false;
}

// What is gone meanwhile is no error, nor what is no network namespace after all.
static void take(struct found *found, const char *path)
{
    struct stat info;
    if (found->n >= NAMESPACES_MAX || fstatat(found->proc, path, &info, 0) < 0 ||
        has(found->seen, found->n, info.st_ino))
        return;
    int fd = openat(found->proc, path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (fd < 0)
        return;
    found->fds[found->n] = fd;
    found->seen[found->n++] = info.st_ino;
}

// ---- Where they are ----------------------------------------------------------------------------

static void look_at_threads(struct found *found, const char *pid)
{
    CLEANUP(closedir_p) DIR *tasks = NULL;
    CLEANUP_FREE char *folder = text_format("%s/task", pid);
    if (!folder || file_open_entries(found->proc, folder, &tasks) < 0)
        return;
    for (struct dirent *task; (task = readdir(tasks));) {
        CLEANUP_FREE char *path = text_format("%s/%s/ns/net", folder, task->d_name);
        if (path && task->d_name[0] != '.')
            take(found, path);
    }
}

static void look_at_descriptors(struct found *found, const char *pid)
{
    CLEANUP(closedir_p) DIR *fds = NULL;
    CLEANUP_FREE char *folder = text_format("%s/fd", pid);
    if (!folder || file_open_entries(found->proc, folder, &fds) < 0)
        return;
    for (struct dirent *fd; (fd = readdir(fds));) {
        char target[sizeof NETWORK];
        CLEANUP_FREE char *path = text_format("%s/%s", folder, fd->d_name);
        ssize_t n = path ? readlinkat(found->proc, path, target, sizeof target) : -1;
        if (n >= (ssize_t)strlen(NETWORK) && memcmp(target, NETWORK, strlen(NETWORK)) == 0)
            take(found, path);
    }
}

// "\040" and the like (proc_pid_mountinfo(5)), in place.
static void unescape(char *text)
{
    char *to = text;
    for (const char *from = text; *from; from++) {
        if (from[0] == '\\' && isdigit(from[1]) && isdigit(from[2]) && isdigit(from[3])) {
            *to++ = (char)((from[1] - '0') << 6 | (from[2] - '0') << 3 | (from[3] - '0'));
            from += 3;
        } else {
            *to++ = *from;
        }
    }
    *to = '\0';
}

// "36 35 0:4 net:[4026532] /run/netns/x rw shared:1 - nsfs nsfs rw"
static void look_at_mount(struct found *found, const char *pid, char *line)
{
    char *word[5] = {0}, *rest = line;
    for (size_t i = 0; i < ELEMENTS(word); i++)
        if (!(word[i] = strsep(&rest, " ")))
            return;
    if (strncmp(word[3], NETWORK, strlen(NETWORK)) != 0)
        return;
    unescape(word[4]);
    CLEANUP_FREE char *path = text_format("%s/root%s", pid, word[4]);
    if (path)
        take(found, path);
}

static void look_at_mounts(struct found *found, const char *pid)
{
    struct stat info;
    CLEANUP_FREE char *space = text_format("%s/ns/mnt", pid),
                      *table = text_format("%s/mountinfo", pid), *line = NULL;
    if (!space || !table || found->n_mounts >= NAMESPACES_MAX ||
        fstatat(found->proc, space, &info, 0) < 0 ||
        has(found->mounts, found->n_mounts, info.st_ino))
        return;
    int fd = openat(found->proc, table, O_RDONLY | O_CLOEXEC);
    FILE *file = fd < 0 ? NULL : fdopen(fd, "r");
    if (!file) {
        if (fd >= 0)
            (void)close(fd);
        return;
    }
    found->mounts[found->n_mounts++] = info.st_ino;
    for (size_t room = 0; getline(&line, &room, file) >= 0;)
        look_at_mount(found, pid, line);
    (void)fclose(file);
}

static int find_all(struct found *found)
{
    CLEANUP(closedir_p) DIR *processes = NULL;
    int r = file_open_entries(found->proc, ".", &processes);
    if (r < 0)
        return r;
    for (struct dirent *process; (process = readdir(processes));) {
        if (!isdigit(process->d_name[0]))
            continue;
        look_at_threads(found, process->d_name);
        look_at_descriptors(found, process->d_name);
        look_at_mounts(found, process->d_name);
    }
    return 0;
}

// ---- Into them ---------------------------------------------------------------------------------

// The machine's own, in which its first process is: from any other one there is no home.
static bool is_at_home(const struct found *found)
{
    struct stat first;
    return fstatat(found->proc, "1/ns/net", &first, 0) == 0 && first.st_ino == found->seen[0];
}

int namespaces_visit(int proc, namespaces_visitor visit, void *context)
{
    CLEANUP(found_clear) struct found found = {.proc = proc};
    int first = 0;
    take(&found, "self/ns/net");
    if (found.n != 1)
        return -ENOSYS; // a kernel without them
    if (!is_at_home(&found))
        return 0;
    int r = find_all(&found);
    for (size_t i = 1; r == 0 && i < found.n; i++) {
        if (setns(found.fds[i], CLONE_NEWNET) < 0) {
            first = first < 0 ? first : -errno;
            continue;
        }
        int answer = visit(context, found.fds[0]);
        first = first < 0 ? first : answer < 0 ? answer : 0;
    }
    if (setns(found.fds[0], CLONE_NEWNET) < 0)
        return -errno;
    return r < 0 ? r : first;
}
