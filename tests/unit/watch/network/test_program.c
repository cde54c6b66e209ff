// SPDX-License-Identifier: GPL-3.0-or-later
// With real sockets of this process: it is what has to be found.
#include "watch/network/program.h"

#include "base/text.h"
#include "fact/fact.h"

#include <arpa/inet.h>
#include <criterion/criterion.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>

// A socket of its own port; 0: none could be made.
static uint16_t bind_one(int family, int type, int *ret)
{
    struct sockaddr_in6 six = {.sin6_family = AF_INET6};
    struct sockaddr_in four = {.sin_family = AF_INET};
    struct sockaddr *address =
        family == AF_INET ? (struct sockaddr *)&four : (struct sockaddr *)&six;
    socklen_t length = family == AF_INET ? sizeof four : sizeof six;
    int fd = socket(family, type | SOCK_CLOEXEC, 0);
    if (fd < 0 || bind(fd, address, length) < 0 || getsockname(fd, address, &length) < 0)
        return 0;
    *ret = fd;
    return ntohs(family == AF_INET ? four.sin_port : six.sin6_port);
}

static int find(uint8_t protocol, uint16_t port, uint32_t uid, char **ret)
{
    const struct net_attempt attempt = {.protocol = protocol, .source_port = port, .uid = uid};
    CLEANUP_CLOSE int proc = open("/proc", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    cr_assert_geq(proc, 0);
    return net_program_find(proc, &attempt, ret);
}

static void expect_us(int family, int type, uint8_t protocol)
{
    char own[PATH_MAX];
    CLEANUP_CLOSE int fd = -1;
    CLEANUP_FREE char *program = NULL;
    uint16_t port = bind_one(family, type, &fd);
    cr_assert_neq(port, 0);
    cr_assert_eq(listen(fd, 1) == 0 || type == SOCK_DGRAM, true); // a table has no others of TCP
    cr_assert_eq(find(protocol, port, getuid(), &program), 0);
    ssize_t n = readlink("/proc/self/exe", own, sizeof own - 1);
    cr_assert_gt(n, 0);
    own[n] = '\0';
    cr_expect_str_eq(program, own);
}

Test(net_program, a_socket_of_ours_is_ours)
{
    expect_us(AF_INET, SOCK_DGRAM, IPPROTO_UDP);
    expect_us(AF_INET, SOCK_STREAM, IPPROTO_TCP);
}

Test(net_program, one_of_the_other_protocol_or_uid_is_not)
{
    CLEANUP_CLOSE int fd = -1;
    char *program = NULL;
    uint16_t port = bind_one(AF_INET, SOCK_DGRAM, &fd);
    cr_assert_neq(port, 0);
    cr_expect_eq(find(IPPROTO_UDP, port, getuid() + 1, &program), -ENOENT);
    cr_expect_eq(find(IPPROTO_SCTP, port, getuid(), &program), -ENOENT);
    cr_expect_eq(find(IPPROTO_UDP, port, FACT_NO_UID, &program), -ENOENT);
    cr_expect_null(program);
}

Test(net_program, one_that_is_closed_is_nobodys)
{
    int fd = -1;
    char *program = NULL;
    uint16_t port = bind_one(AF_INET, SOCK_DGRAM, &fd);
    cr_assert_neq(port, 0);
    (void)close(fd);
    cr_expect_eq(find(IPPROTO_UDP, port, getuid(), &program), -ENOENT);
    cr_expect_null(program);
}
