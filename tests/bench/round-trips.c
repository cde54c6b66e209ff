/* SPDX-License-Identifier: GPL-3.0-or-later */
/* How long a byte takes to a server and back, over one TCP connection. "serve ADDRESS PORT" sends
 * back what comes, a connection at a time; "ask ADDRESS PORT N" prints a line of nanoseconds a
 * round trip. */

#include <arpa/inet.h>
#include <netinet/tcp.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define WARM_UP 500 /* round trips that are not counted */

static uint64_t now_ns(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}

static void fail(const char *what)
{
    perror(what);
    exit(4);
}

static int make_socket(const char *address, const char *port, struct sockaddr_in *ret)
{
    const int yes = 1;
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    *ret = (struct sockaddr_in){.sin_family = AF_INET,
                                .sin_port = htons((uint16_t)strtol(port, NULL, 10))};
    if (fd < 0 || inet_pton(AF_INET, address, &ret->sin_addr) != 1)
        fail("round-trips: socket");
    (void)setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof(yes));
    (void)setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &yes,
                     sizeof(yes)); /* accepted ones inherit it */
    return fd;
}

static void serve(const char *address, const char *port)
{
    struct sockaddr_in where;
    int fd = make_socket(address, port, &where);
    if (bind(fd, (const struct sockaddr *)&where, sizeof(where)) < 0 || listen(fd, 1) < 0)
        fail("round-trips: listen");
    (void)puts("ready");
    (void)fflush(stdout);
    for (;;) {
        char byte;
        int taken = accept(fd, NULL, NULL);
        if (taken < 0)
            fail("round-trips: accept");
        while (read(taken, &byte, 1) == 1 && write(taken, &byte, 1) == 1)
            ;
        (void)close(taken);
    }
}

static uint64_t round_trip(int fd)
{
    char byte = 0;
    uint64_t began = now_ns();
    if (write(fd, &byte, 1) != 1 || read(fd, &byte, 1) != 1)
        fail("round-trips: round trip");
    return now_ns() - began;
}

static void ask(const char *address, const char *port, int n)
{
    struct sockaddr_in where;
    int fd = make_socket(address, port, &where);
    uint64_t *taken = calloc((size_t)n, sizeof(*taken));
    if (!taken || connect(fd, (const struct sockaddr *)&where, sizeof(where)) < 0)
        fail("round-trips: connect");
    for (int i = 0; i < WARM_UP; i++)
        (void)round_trip(fd);
    for (int i = 0; i < n; i++)
        taken[i] = round_trip(fd);
    for (int i = 0; i < n; i++)
        (void)printf("%llu\n", (unsigned long long)taken[i]);
    free(taken);
    (void)close(fd);
}

int main(int argc, char *argv[])
{
    if (argc == 4 && strcmp(argv[1], "serve") == 0)
        serve(argv[2], argv[3]);
    else if (argc == 5 && strcmp(argv[1], "ask") == 0 && strtol(argv[4], NULL, 10) > 0)
        ask(argv[2], argv[3], (int)strtol(argv[4], NULL, 10));
    else
        return 2;
    return 0;
}
