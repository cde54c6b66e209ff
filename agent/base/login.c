// SPDX-License-Identifier: GPL-3.0-or-later
// Reads loginuid, sessionid and stat in /proc/PID.
#include "base/login.h"

#include "base/file.h"
#include "base/moment.h"
#include "base/text.h"

#include <errno.h>
#include <string.h>

#define STAT_MAX 4096
#define STAT_STARTED 22 // its field, counted from 1: proc_pid_stat(5)

static int read_number(int proc, uint32_t pid, const char *name, uint32_t *ret)
{
    CLEANUP_FREE char *path = text_format("%u/%s", pid, name), *text = NULL;
    uint64_t number = 0;
    if (!path)
        return -ENOMEM;
    int r = file_read_line_at(proc, path, 32, &text);
    if (r == 0)
        r = text_to_u64(text, 10, UINT32_MAX, &number);
    if (r == 0)
        *ret = (uint32_t)number;
    return r;
}

int login_of_process(int proc, uint32_t pid, uint32_t *ret_uid)
{
    return read_number(proc, pid, "loginuid", ret_uid);
}

int login_session_of_process(int proc, uint32_t pid, uint32_t *ret_session)
{
    return read_number(proc, pid, "sessionid", ret_session);
}

// ---- Sessions as a whole -----------------------------------------------------------------------

// Fields are counted from behind the last parenthesis, because a program's name may hold anything.
static int read_started(int proc, uint32_t pid, uint64_t *ret_ns)
{
    CLEANUP_FREE char *path = text_format("%u/stat", pid), *text = NULL;
    uint64_t ticks = 0;
    if (!path)
        return -ENOMEM;
    int r = file_read_line_at(proc, path, STAT_MAX, &text);
    if (r < 0)
        return r;
    char *rest = strrchr(text, ')'), *field = NULL;
    for (int n = 2; rest && n < STAT_STARTED; n++) {
        rest = strchr(rest, ' ');
        field = rest ? ++rest : NULL;
    }
    if (!field)
        return -EBADMSG;
    field[strcspn(field, " ")] = '\0';
    long per_second = sysconf(_SC_CLK_TCK);
    if (per_second <= 0)
        return -ENOSYS;
    r = text_to_u64(field, 10, UINT64_MAX / NS_PER_S, &ticks);
    if (r == 0)
        *ret_ns = ticks * (NS_PER_S / (uint64_t)per_second);
    return r;
}

typedef int (*process_visit)(void *context, int proc, uint32_t pid, uint32_t session);

static int visit_process(int proc, const char *name, process_visit visit, void *context)
{
    uint64_t pid;
    uint32_t session;
    if (text_to_u64(name, 10, UINT32_MAX, &pid) < 0)
        return 0; // no process
    int r = login_session_of_process(proc, (uint32_t)pid, &session);
    if (r == 0 && session != LOGIN_NONE)
        r = visit(context, proc, (uint32_t)pid, session);
    return r == -ENOENT || r == -ESRCH ? 0 : r; // it has ended
}

static int visit_processes(int proc, process_visit visit, void *context)
{
    CLEANUP(closedir_p) DIR *entries = NULL;
    int r = file_open_entries(proc, ".", &entries);
    for (size_t n = 0; r == 0; n++) {
        errno = 0;
        const struct dirent *entry = readdir(entries);
        if (!entry)
            return -errno;
        r = n < LOGIN_PROCESSES_MAX ? visit_process(proc, entry->d_name, visit, context) : -E2BIG;
    }
    return r;
}

static int note_newest(void *context, int proc, uint32_t pid, uint32_t session)
{
    uint32_t *newest = context;
    (void)proc, (void)pid;
    if (session > *newest)
        *newest = session;
    return 0;
}

int login_newest_session(int proc, uint32_t *ret_session)
{
    uint32_t newest = 0;
    int r = visit_processes(proc, note_newest, &newest);
    if (r == 0)
        *ret_session = newest;
    return r;
}

struct oldest {
    uint32_t session;
    uint64_t began_ns; // UINT64_MAX: no process yet
};

static int note_oldest(void *context, int proc, uint32_t pid, uint32_t session)
{
    struct oldest *oldest = context;
    uint64_t began_ns;
    if (session != oldest->session)
        return 0;
    int r = read_started(proc, pid, &began_ns);
    if (r == 0 && began_ns < oldest->began_ns)
        oldest->began_ns = began_ns;
    return r;
}

int login_session_began(int proc, uint32_t session, uint64_t *ret_ns)
{
    struct oldest oldest = {session, UINT64_MAX};
    int r = visit_processes(proc, note_oldest, &oldest);
    if (r == 0 && oldest.began_ns == UINT64_MAX)
        r = -ENOENT;
    if (r == 0)
        *ret_ns = oldest.began_ns;
    return r;
}
