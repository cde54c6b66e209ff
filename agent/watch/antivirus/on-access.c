// SPDX-License-Identifier: GPL-3.0-or-later
// A child opens the file: where the scanner does not answer, the kernel lets it wait for ever.
#include "watch/antivirus/on-access.h"

#include "base/file.h"
#include "base/moment.h"
#include "base/text.h"
#include "watch/antivirus/eicar.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/pidfd.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>

#define PREFIX "probe-"
#define OPEN_PATIENCE_MS 5000
#define END_PATIENCE_MS 1000
#define LOG_PATIENCE_MS 3000
#define LOG_STEP_MS 100
#define LOG_MAX (256 * 1024)

enum { CHILD_READ = 0, CHILD_REFUSED = 1, CHILD_REMOVED = 2, CHILD_FAILED = 3 };

// ---- The child ---------------------------------------------------------------------------------

static int place(int folder, const char *name)
{
    char test[EICAR_SIZE];
    CLEANUP_CLOSE int fd = openat(folder, name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0644);
    if (fd < 0)
        return -errno;
    eicar_make(test);
    int r = file_write_all(fd, test, sizeof test);
    explicit_bzero(test, sizeof test);
    return r;
}

static int judge_errno(int error)
{
    return error == EPERM || error == EACCES ? CHILD_REFUSED
           : error == ENOENT                 ? CHILD_REMOVED
                                             : CHILD_FAILED;
}

static int place_and_open(int folder, const char *name)
{
    char byte;
    if (place(folder, name) < 0)
        return CHILD_FAILED;
    CLEANUP_CLOSE int fd = openat(folder, name, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return judge_errno(errno);
    return read(fd, &byte, 1) == 1 ? CHILD_READ : judge_errno(errno);
}

// ---- Waiting for it ----------------------------------------------------------------------------

static bool ends_within(int process, int patience_ms)
{
    struct pollfd wait = {.fd = process, .events = POLLIN};
    int ready;
    do
        ready = poll(&wait, 1, patience_ms);
    while (ready < 0 && errno == EINTR);
    return ready > 0;
}

// Its exit status; −ETIMEDOUT.
static int reap(int process)
{
    siginfo_t info = {0};
    bool ended = ends_within(process, OPEN_PATIENCE_MS);
    if (!ended) {
        (void)pidfd_send_signal(process, SIGKILL, NULL, 0);
        if (!ends_within(process, END_PATIENCE_MS))
            return -ETIMEDOUT; // init reaps it
    }
    if (waitid(P_PIDFD, (id_t)process, &info, WEXITED) < 0)
        return -errno;
    return !ended ? -ETIMEDOUT : info.si_code == CLD_EXITED ? info.si_status : -EPROTO;
}

static int open_in_child(int folder, const char *name)
{
    pid_t pid = fork();
    if (pid < 0)
        return -errno;
    if (pid == 0)
        _exit(place_and_open(folder, name));
    CLEANUP_CLOSE int process = pidfd_open(pid, 0);
    return process < 0 ? -errno : reap(process);
}

// ---- The log -----------------------------------------------------------------------------------

static off_t end_of(int log)
{
    off_t end = log < 0 ? -1 : lseek(log, 0, SEEK_END);
    return end < 0 ? 0 : end;
}

static bool names_it(int log, off_t from, const char *name)
{
    CLEANUP_FREE char *text = NULL;
    if (lseek(log, from, SEEK_SET) < 0 || file_read_fd(log, LOG_MAX, &text, NULL) < 0)
        return false;
    const char *line = strstr(text, name);
    const char *found = line ? strstr(line, " FOUND") : NULL;
    return found && (size_t)(found - line) < strcspn(line, "\n");
}

static const char *look_after(int folder, int log, off_t from, const char *name)
{
    struct stat seen;
    for (int waited = 0; waited < LOG_PATIENCE_MS; waited += LOG_STEP_MS) {
        const struct timespec step = {.tv_nsec = LOG_STEP_MS * (long)NS_PER_MS};
        if (log >= 0 && names_it(log, from, name))
            return "reported";
        if (fstatat(folder, name, &seen, AT_SYMLINK_NOFOLLOW) < 0 && errno == ENOENT)
            return "removed";
        (void)nanosleep(&step, NULL);
    }
    return "passed";
}

// ---- All of it ---------------------------------------------------------------------------------

static bool is_left_over(void *context, const char *name)
{
    (void)context;
    return strncmp(name, PREFIX, strlen(PREFIX)) == 0;
}

static int open_folder(const struct on_access *try, int *ret)
{
    struct stat seen;
    CLEANUP_CLOSE int folder =
        openat(try->root, try->folder + 1, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    if (folder < 0 || fstat(folder, &seen) < 0)
        return -errno;
    if (seen.st_uid != geteuid()) // a file of that name may lie in anybody else's
        return -EACCES;
    *ret = TAKE_FD(folder);
    return 0;
}

static int judge(int status, const char **ret)
{
    if (status == -ETIMEDOUT)
        *ret = "hung";
    else if (status == CHILD_REFUSED)
        *ret = "refused";
    else if (status == CHILD_REMOVED)
        *ret = "removed";
    else
        return status < 0 ? status : -EIO;
    return 0;
}

int on_access_try(const struct on_access *try, const char **ret)
{
    CLEANUP_CLOSE int folder = -1;
    int r = open_folder(try, &folder);
    if (r == 0)
        r = file_remove_entries(folder, ".", is_left_over, NULL);
    if (r < 0)
        return r;
    CLEANUP_FREE char *name = text_format(PREFIX "%llx", (unsigned long long)moment_now().wall_ns);
    if (!name)
        return -ENOMEM;
    CLEANUP_CLOSE int log =
        try->log ? openat(try->root, try->log + 1, O_RDONLY | O_CLOEXEC | O_NONBLOCK) : -1;
    off_t from = end_of(log);
    int status = open_in_child(folder, name);
    if (status == CHILD_READ)
        *ret = look_after(folder, log, from, name);
    else
        r = judge(status, ret);
    (void)unlinkat(folder, name, 0);
    return r;
}
