// SPDX-License-Identifier: GPL-3.0-or-later
// A made-up root folder with a product in it, and a made-up clamd behind a socket of it.
#pragma once

#include "base/file.h"
#include "base/text.h"

#include <criterion/criterion.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>

static char tree_path[64];
static int tree = -1;

static inline void tree_folder(const char *path)
{
    CLEANUP_FREE char *copy = text_dup(path);
    for (char *at = copy; (at = strchr(at, '/')); *at++ = '/') {
        *at = '\0';
        (void)mkdirat(tree, copy, 0755);
    }
    (void)mkdirat(tree, path, 0755);
}

static inline void tree_put_bytes(const char *path, const void *data, size_t length)
{
    CLEANUP_FREE char *folder = strndup(path, (size_t)(strrchr(path, '/') - path));
    tree_folder(folder);
    (void)unlinkat(tree, path, 0);
    CLEANUP_CLOSE int fd = openat(tree, path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
    cr_assert_geq(fd, 0, "%s", path);
    cr_assert_eq(file_write_all(fd, data, length), 0);
}

static inline void tree_put(const char *path, const char *text)
{
    tree_put_bytes(path, text, strlen(text));
}

static inline void tree_open(void)
{
    text_copy(tree_path, sizeof tree_path, "/tmp/sekisho-antivirus-XXXXXX");
    cr_assert_not_null(mkdtemp(tree_path));
    tree = open(tree_path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    cr_assert_geq(tree, 0);
}

static inline void tree_close(void)
{
    char *const words[] = {(char *)"rm", (char *)"-rf", tree_path, NULL};
    pid_t pid = fork();
    if (pid == 0) {
        execv("/bin/rm", words);
        _exit(1);
    }
    (void)waitpid(pid, NULL, 0);
    (void)close(tree);
}

// A process `pid` that runs `program` in `unit`.
static inline void tree_process(unsigned pid, const char *program, const char *unit)
{
    CLEANUP_FREE char *stat = text_format("proc/%u/stat", pid);
    CLEANUP_FREE char *cgroup = text_format("proc/%u/cgroup", pid);
    CLEANUP_FREE char *exe = text_format("proc/%u/exe", pid);
    CLEANUP_FREE char *line = text_format("0::/system.slice/%s\n", unit);
    CLEANUP_FREE char *status =
        text_format("%u (a) b) S 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 4711 20\n", pid);
    tree_put(stat, status);
    tree_put(cgroup, line);
    (void)unlinkat(tree, exe, 0);
    cr_assert_eq(symlinkat(program, tree, exe), 0);
}

// ---- A made-up clamd ---------------------------------------------------------------------------

// What it answers to a connection that sent a command.
typedef const char *(*tree_answer)(const char *command, const char *stream, size_t length);

static inline void serve_one(int connection, tree_answer answer)
{
    char data[4096];
    size_t length = 0;
    for (;;) {
        ssize_t n = read(connection, data + length, sizeof data - length);
        if (n <= 0)
            return;
        length += (size_t)n;
        bool is_stream = length >= 10 && memcmp(data, "zINSTREAM", 10) == 0;
        bool ended = length > 14 && memcmp(data + length - 4, "\0\0\0\0", 4) == 0;
        if ((is_stream && ended) || (!is_stream && data[length - 1] == '\0'))
            break;
    }
    size_t command = strlen(data) + 1;
    const char *text =
        answer(data + 1, data + command + 4, length > command + 8 ? length - command - 8 : 0);
    if (text)
        (void)!write(connection, text, strlen(text) + 1);
    else
        pause(); // until the test ends it
}

static inline pid_t tree_serve(const char *path, tree_answer answer)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    (void)snprintf(address.sun_path, sizeof address.sun_path, "%s/%s", tree_path, path);
    int listener = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    cr_assert_eq(bind(listener, (struct sockaddr *)&address, sizeof address), 0);
    // Whoever listens is who answers, as the other side is told (SO_PEERCRED).
    int ready[2];
    cr_assert_eq(pipe2(ready, O_CLOEXEC), 0);
    pid_t pid = fork();
    if (pid > 0) {
        char byte;
        (void)close(listener);
        (void)close(ready[1]);
        cr_assert_eq(read(ready[0], &byte, 1), 1);
        (void)close(ready[0]);
        return pid;
    }
    if (listen(listener, 8) < 0 || write(ready[1], "", 1) != 1)
        _exit(1);
    for (int connection; (connection = accept(listener, NULL, NULL)) >= 0;) {
        serve_one(connection, answer);
        (void)close(connection);
    }
    _exit(0);
}

static inline void tree_end(pid_t pid)
{
    (void)kill(pid, SIGKILL);
    (void)waitpid(pid, NULL, 0);
}
