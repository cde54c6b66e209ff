// SPDX-License-Identifier: GPL-3.0-or-later
// posix_spawn, and a descriptor that stays the same process.
#include "base/spawn.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <sys/pidfd.h>
#include <sys/wait.h>

static int set_stream(posix_spawn_file_actions_t *actions, int fd, int target, int flags)
{
    return fd >= 0 ? posix_spawn_file_actions_adddup2(actions, fd, target)
                   : posix_spawn_file_actions_addopen(actions, target, "/dev/null", flags, 0);
}

static int spawn(const char *program, char *const arguments[], int in, int out, pid_t *ret)
{
    posix_spawn_file_actions_t actions;
    posix_spawnattr_t attributes;
    sigset_t none, all;
    char *environment[] = {NULL};
    (void)sigemptyset(&none);
    (void)sigfillset(&all);
    if (posix_spawn_file_actions_init(&actions) != 0)
        return -ENOMEM;
    if (posix_spawnattr_init(&attributes) != 0) {
        (void)posix_spawn_file_actions_destroy(&actions);
        return -ENOMEM;
    }
    int r = set_stream(&actions, in, STDIN_FILENO, O_RDONLY);
    if (r == 0)
        r = set_stream(&actions, out, STDOUT_FILENO, O_WRONLY);
    (void)posix_spawnattr_setsigmask(&attributes, &none);
    (void)posix_spawnattr_setsigdefault(&attributes, &all);
    (void)posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);
    if (r == 0)
        r = posix_spawn(ret, program, &actions, &attributes, arguments, environment);
    (void)posix_spawnattr_destroy(&attributes);
    (void)posix_spawn_file_actions_destroy(&actions);
    return -r;
}

int spawn_program(const char *program, char *const arguments[], int in, int out, int *ret_process)
{
    pid_t pid;
    int r = spawn(program, arguments, in, out, &pid);
    if (r < 0)
        return r;
    int process = pidfd_open(pid, 0); // not reaped before we do it: still the same process
    if (process < 0) {
        r = -errno;
        (void)kill(pid, SIGKILL);
        (void)waitpid(pid, NULL, WNOHANG);
        return r;
    }
    *ret_process = process;
    return 0;
}
