// SPDX-License-Identifier: GPL-3.0-or-later
// A walk through /proc.
#include "watch/antivirus/process.h"

#include "base/file.h"
#include "base/text.h"

#include <errno.h>
#include <limits.h>
#include <string.h>

#define STAT_MAX 4096
#define CGROUP_MAX 8192
#define STARTED 20 // words from the state, which is the first behind the name, on
#define DELETED " (deleted)"

int process_started(int proc, uint32_t pid, uint64_t *ret)
{
    CLEANUP_FREE char *text = NULL;
    CLEANUP_FREE char *path = text_format("%u/stat", pid);
    int r = path ? file_read_line_at(proc, path, STAT_MAX, &text) : -ENOMEM;
    if (r < 0)
        return r;
    char *rest = strrchr(text, ')'); // the name may hold anything
    rest = rest && rest[1] == ' ' ? rest + 2 : NULL;
    const char *word = NULL;
    for (unsigned i = 0; i < STARTED; i++)
        word = strsep(&rest, " ");
    return word && text_to_u64(word, 10, UINT64_MAX, ret) == 0 ? 0 : -EBADMSG;
}

// 1: it runs the program (2: one that was replaced since); 0: another; −errno.
static int runs(int proc, const char *pid, const char *program)
{
    char target[PATH_MAX];
    CLEANUP_FREE char *path = text_format("%s/exe", pid);
    ssize_t n = path ? readlinkat(proc, path, target, sizeof target - 1) : -1;
    if (n < 0)
        return path ? -errno : -ENOMEM;
    target[n] = '\0';
    size_t length = strlen(program);
    if (strncmp(target, program, length) != 0)
        return 0;
    return target[length] == '\0' ? 1 : strcmp(target + length, DELETED) == 0 ? 2 : 0;
}

// "0::/system.slice/clamav-daemon.service"
static bool belongs_to(int proc, const char *pid, const char *unit)
{
    CLEANUP_FREE char *text = NULL;
    CLEANUP_FREE char *path = text_format("%s/cgroup", pid);
    CLEANUP_FREE char *name = text_format("/%s", unit);
    if (!path || !name || file_read_at(proc, path, CGROUP_MAX, &text, NULL) < 0)
        return false;
    for (const char *at = text; (at = strstr(at, name)); at++) {
        char after = at[strlen(name)];
        if (after == '\n' || after == '\0' || after == '/')
            return true;
    }
    return false;
}

static bool take(int proc, const char *name, int how, struct process *ret)
{
    uint64_t pid, started;
    if (text_to_u64(name, 10, INT32_MAX, &pid) < 0 ||
        process_started(proc, (uint32_t)pid, &started) < 0)
        return false;
    *ret = (struct process){(uint32_t)pid, started, how == 2};
    return true;
}

int process_find(int proc, const char *program, const char *unit, struct process *ret)
{
    CLEANUP(closedir_p) DIR *processes = NULL;
    bool hidden = false;
    int r = file_open_entries(proc, ".", &processes);
    if (r < 0)
        return r;
    for (struct dirent *entry; (entry = readdir(processes));) {
        if (entry->d_name[0] < '0' || entry->d_name[0] > '9')
            continue;
        r = runs(proc, entry->d_name, program);
        hidden = hidden || r == -EACCES || r == -EPERM;
        if (r > 0 && (!unit || belongs_to(proc, entry->d_name, unit)) &&
            take(proc, entry->d_name, r, ret))
            return 0;
    }
    return hidden ? -EACCES : -ENOENT;
}

bool process_is_other(int proc, uint32_t pid, const char *program)
{
    CLEANUP_FREE char *name = text_format("%u", pid);
    return name && runs(proc, name, program) == 0;
}
