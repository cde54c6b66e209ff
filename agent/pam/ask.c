// SPDX-License-Identifier: GPL-3.0-or-later
// One datagram there, one back. Whatever the other side does, or does not do, this ends in time,
// leaves no descriptor behind and raises no signal.
#include "pam/ask.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <time.h>

#define PATIENCE_MS 300 // the rest up to 500 is for the fallback, on a slow machine too
#define AGAIN_MS 5      // while the queue of the socket is full

int64_t ask_clock_ms(void)
{
    struct timespec now = {0};
    (void)clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

// Waits for `events` until `deadline_ms`. 0: they are there.
static int wait_for(int fd, short events, int64_t deadline_ms)
{
    for (;;) {
        struct pollfd poll_fd = {.fd = fd, .events = events};
        int64_t left_ms = deadline_ms - ask_clock_ms();
        if (left_ms <= 0)
            return -ETIMEDOUT;
        int n = poll(&poll_fd, 1, (int)left_ms);
        if (n > 0)
            return 0;
        if (n < 0 && errno != EINTR)
            return -errno;
    }
}

// A connection that would have to wait for room in the queue fails with EAGAIN, for good.
static int connect_within(int fd, const struct sockaddr_un *address, int64_t deadline_ms)
{
    const struct timespec again = {.tv_nsec = AGAIN_MS * 1000000L};
    for (;;) {
        if (connect(fd, (const struct sockaddr *)address, sizeof *address) == 0)
            return 0;
        if (errno != EAGAIN && errno != EINTR)
            return -errno;
        if (ask_clock_ms() + AGAIN_MS >= deadline_ms)
            return -ETIMEDOUT;
        (void)nanosleep(&again, NULL);
    }
}

// Who listens there: for a socket that was bound, whoever called listen().
static int check_peer(int fd)
{
    struct ucred peer;
    socklen_t length = sizeof peer;
    if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &length) < 0)
        return -errno;
    return peer.uid == 0 ? 0 : -EPERM;
}

static int open_socket(const char *path, int64_t deadline_ms, int *ret)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    if (strlen(path) >= sizeof address.sun_path)
        return -ENAMETOOLONG;
    memcpy(address.sun_path, path, strlen(path));
    CLEANUP_CLOSE int fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (fd < 0)
        return -errno;
    int r = connect_within(fd, &address, deadline_ms);
    if (r == 0)
        r = check_peer(fd);
    if (r == 0)
        *ret = TAKE_FD(fd);
    return r;
}

static int receive(int fd, int64_t deadline_ms, char data[LOGIN_DATAGRAM_MAX], size_t *ret_length)
{
    for (;;) {
        int r = wait_for(fd, POLLIN, deadline_ms);
        if (r < 0)
            return r;
        ssize_t n = recv(fd, data, LOGIN_DATAGRAM_MAX, MSG_DONTWAIT);
        if (n == 0)
            return -ECONNRESET;
        if (n > 0) {
            *ret_length = (size_t)n;
            return 0;
        }
        if (errno != EAGAIN && errno != EINTR)
            return -errno;
    }
}

int ask_daemon(const struct ask_options *options, const struct login_question *question,
               struct roster_answer *ret)
{
    char data[LOGIN_DATAGRAM_MAX];
    int64_t deadline_ms = options->begun_ms + PATIENCE_MS;
    CLEANUP_CLOSE int fd = -1;
    size_t length = 0;
    int r = login_question_encode(question, data, &length);
    if (r == 0)
        r = open_socket(options->socket, deadline_ms, &fd);
    if (r == 0)
        r = wait_for(fd, POLLOUT, deadline_ms);
    if (r == 0 && send(fd, data, length, MSG_NOSIGNAL | MSG_DONTWAIT) < 0)
        r = -errno;
    if (r == 0)
        r = receive(fd, deadline_ms, data, &length);
    return r < 0 ? r : login_answer_decode(data, length, ret);
}

// ---- The fallback ------------------------------------------------------------------------------

static int open_fallback(const char *path, int *ret, size_t *ret_size)
{
    struct stat status;
    CLEANUP_CLOSE int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY);
    if (fd < 0 || fstat(fd, &status) < 0)
        return -errno;
    if (!S_ISREG(status.st_mode) || status.st_uid != 0 || (status.st_mode & (S_IWGRP | S_IWOTH)))
        return -EPERM;
    if (status.st_size <= 0 || status.st_size > ROSTER_MAX)
        return -EBADMSG;
    *ret_size = (size_t)status.st_size;
    *ret = TAKE_FD(fd);
    return 0;
}

static int read_all(int fd, char *text, size_t size)
{
    for (size_t done = 0; done < size;) {
        ssize_t n = read(fd, text + done, size - done);
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            return n < 0 ? -errno : -EBADMSG;
        done += (size_t)n;
    }
    return 0;
}

int ask_fallback(const struct ask_options *options, const struct login_question *question,
                 struct roster_answer *ret)
{
    CLEANUP_CLOSE int fd = -1;
    CLEANUP_FREE char *text = NULL;
    size_t size = 0;
    int r = open_fallback(options->fallback, &fd, &size);
    if (r < 0)
        return r;
    text = malloc(size + 1);
    if (!text)
        return -ENOMEM;
    r = read_all(fd, text, size);
    if (r < 0)
        return r;
    time_t now = time(NULL);
    const struct roster_question asked = {.user = question->user,
                                          .uid = question->uid,
                                          .service = question->service,
                                          .now_s = now > 0 ? (uint64_t)now : 0,
                                          .away = true};
    return roster_decide(text, size, &asked, ret);
}
