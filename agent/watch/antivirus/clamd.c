// SPDX-License-Identifier: GPL-3.0-or-later
// clamd's commands with "z" in front end, like their answers, in a NUL.
#include "watch/antivirus/clamd.h"

#include "base/moment.h"
#include "base/text.h"
#include "watch/antivirus/local-time.h"

#include <arpa/inet.h>
#include <errno.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>

#define PRODUCT "ClamAV "
#define STREAM "stream: "
#define FOUND " FOUND"

// ---- A connection ------------------------------------------------------------------------------

// Below /proc/self/fd, so that the path is one below `root`.
static int address_of(const struct clamd *clamd, struct sockaddr_un *ret)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    int n = snprintf(address.sun_path, sizeof address.sun_path, "/proc/self/fd/%d%s", clamd->root,
                     clamd->path);
    if (n < 0 || (size_t)n >= sizeof address.sun_path)
        return -ENAMETOOLONG;
    *ret = address;
    return 0;
}

// A socket whose queue is full makes connect() and send() wait: not longer than this.
static int open_socket(const struct clamd *clamd, int *ret)
{
    const struct timeval patience = {.tv_sec = CLAMD_PATIENCE_S};
    struct sockaddr_un address;
    int r = address_of(clamd, &address);
    if (r < 0)
        return r;
    CLEANUP_CLOSE int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd < 0)
        return -errno;
    if (setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof patience) < 0)
        return -errno;
    if (connect(fd, (struct sockaddr *)&address, sizeof address) < 0)
        return errno == EAGAIN ? -ETIMEDOUT : -errno;
    *ret = TAKE_FD(fd);
    return 0;
}

static int send_all(int fd, const void *data, size_t length)
{
    for (const char *at = data; length > 0;) {
        ssize_t n = send(fd, at, length, MSG_NOSIGNAL);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return errno == EAGAIN ? -ETIMEDOUT : -errno;
        at += n;
        length -= (size_t)n;
    }
    return 0;
}

static int wait_readable(int fd, uint64_t until)
{
    uint64_t now = moment_now().monotonic_ns;
    struct pollfd wait = {.fd = fd, .events = POLLIN};
    int ready = now < until ? poll(&wait, 1, (int)((until - now) / NS_PER_MS) + 1) : 0;
    return ready > 0 ? 0 : ready == 0 ? -ETIMEDOUT : errno == EINTR ? -EAGAIN : -errno;
}

// To the NUL or the end.
static int receive(int fd, unsigned patience_s, char **ret)
{
    CLEANUP_FREE char *answer = malloc(CLAMD_ANSWER_MAX + 1);
    uint64_t until = moment_now().monotonic_ns + patience_s * NS_PER_S;
    size_t length = 0;
    if (!answer)
        return -ENOMEM;
    for (;;) {
        int r = wait_readable(fd, until);
        if (r < 0 && r != -EAGAIN)
            return r;
        ssize_t n = r < 0 ? -1 : recv(fd, answer + length, CLAMD_ANSWER_MAX - length, 0);
        if (n < 0 && (r < 0 || errno == EINTR))
            continue;
        if (n < 0)
            return -errno;
        length += (size_t)n;
        if (n == 0 || answer[length - 1] == '\0')
            break;
        if (length == CLAMD_ANSWER_MAX)
            return -EFBIG;
    }
    answer[length] = '\0';
    if (length == 0)
        return -EPROTO;
    *ret = TAKE_PTR(answer);
    return 0;
}

static uint32_t peer_of(int fd)
{
    struct ucred peer;
    socklen_t size = sizeof peer;
    return getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &size) == 0 && peer.pid > 0
               ? (uint32_t)peer.pid
               : 0;
}

// ---- Commands ----------------------------------------------------------------------------------

static int begin(const struct clamd *clamd, const char *command, int *ret)
{
    CLEANUP_CLOSE int fd = -1;
    CLEANUP_FREE char *line = text_format("z%s", command);
    int r = line ? open_socket(clamd, &fd) : -ENOMEM;
    if (r == 0)
        r = send_all(fd, line, strlen(line) + 1);
    if (r < 0)
        return r;
    *ret = TAKE_FD(fd);
    return 0;
}

int clamd_ask(const struct clamd *clamd, const char *command, char **ret_answer, uint32_t *ret_peer)
{
    CLEANUP_CLOSE int fd = -1;
    int r = begin(clamd, command, &fd);
    if (r < 0)
        return r;
    if (ret_peer)
        *ret_peer = peer_of(fd);
    return receive(fd, CLAMD_PATIENCE_S, ret_answer);
}

// Pieces with their length in front; one of length 0 is the end.
int clamd_scan(const struct clamd *clamd, const void *data, size_t length,
               char ret_name[CLAMD_NAME_SIZE])
{
    const uint32_t size = htonl((uint32_t)length), end = 0;
    CLEANUP_CLOSE int fd = -1;
    CLEANUP_FREE char *answer = NULL;
    int r = begin(clamd, "INSTREAM", &fd);
    if (r == 0)
        r = send_all(fd, &size, sizeof size);
    if (r == 0)
        r = send_all(fd, data, length);
    if (r == 0)
        r = send_all(fd, &end, sizeof end);
    if (r == 0)
        r = receive(fd, CLAMD_STREAM_PATIENCE_S, &answer);
    return r < 0 ? r : clamd_parse_scan(answer, ret_name);
}

// ---- Answers -----------------------------------------------------------------------------------

int clamd_parse_version(const char *answer, uint64_t *ret_version, uint64_t *ret_built_s)
{
    uint64_t version, built_s;
    if (strncmp(answer, PRODUCT, strlen(PRODUCT)) != 0)
        return -EPROTO;
    const char *number = strchr(answer, '/');
    if (!number)
        return -ENODATA;
    const char *time = strchr(number + 1, '/');
    CLEANUP_FREE char *digits = time ? strndup(number + 1, (size_t)(time - number - 1)) : NULL;
    if (!digits || text_to_u64(digits, 10, UINT32_MAX, &version) < 0 ||
        local_time_parse(time + 1, "%a %b %d %H:%M:%S %Y", &built_s) < 0)
        return -EPROTO;
    *ret_version = version;
    *ret_built_s = built_s;
    return 0;
}

int clamd_parse_scan(const char *answer, char ret_name[CLAMD_NAME_SIZE])
{
    if (strncmp(answer, STREAM, strlen(STREAM)) != 0)
        return -EPROTO;
    const char *rest = answer + strlen(STREAM);
    if (strcmp(rest, "OK") == 0)
        return 0;
    size_t length = strlen(rest), tail = strlen(FOUND);
    if (length <= tail || strcmp(rest + length - tail, FOUND) != 0)
        return -EPROTO;
    CLEANUP_FREE char *name = text_escape(rest, length - tail, CLAMD_NAME_SIZE / 4 - 4);
    if (!name)
        return -ENOMEM;
    text_copy(ret_name, CLAMD_NAME_SIZE, name);
    return 1;
}
