// SPDX-License-Identifier: GPL-3.0-or-later
// Sends as fast as it can, and counts what became of it: "flood udp ADDRESS PORT PORTS SECONDS"
// goes round through so many ports from PORT on; "flood frame LINK DESTINATION PORT SECONDS" sends
// whole frames with the headers of UDP, past all of IP. Prints "SENT REFUSED": how often the kernel
// took it, and how often it said at once that it was stopped.
#include <arpa/inet.h>
#include <errno.h>
#include <net/ethernet.h>
#include <net/if.h>
#include <netpacket/packet.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>

#define AT_ONCE 256 // between two looks at the clock

static double now_s(void)
{
    struct timespec t;
    (void)clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static void fail(const char *what)
{
    perror(what);
    exit(4);
}

struct flood {
    int fd;
    uint64_t sent, refused;
};

static void send_one(struct flood *flood, const void *data, size_t length,
                     const struct sockaddr *to, socklen_t to_length)
{
    if (sendto(flood->fd, data, length, 0, to, to_length) >= 0)
        flood->sent++;
    else if (errno == EPERM || errno == ENOBUFS) // as the output hook and egress tell it
        flood->refused++;
    else
        fail("flood: sendto");
}

static void flood_udp(struct flood *flood, const char *address, int port, int ports, double seconds)
{
    struct sockaddr_in to = {.sin_family = AF_INET};
    flood->fd = socket(AF_INET, SOCK_DGRAM, 0);
    if (flood->fd < 0 || inet_pton(AF_INET, address, &to.sin_addr) != 1)
        fail("flood: socket");
    for (double end = now_s() + seconds; now_s() < end;) {
        for (int i = 0; i < AT_ONCE; i++) {
            to.sin_port = htons((uint16_t)(port + (int)((flood->sent + flood->refused) % ports)));
            send_one(flood, "flood", 5, (const struct sockaddr *)&to, sizeof to);
        }
    }
}

static void write_headers(uint8_t frame[64], const char *address, int port)
{
    static const uint8_t ip[] = {0x45, 0, 0, 50, 0, 0, 0, 0, 64, 17, 0, 0, 192, 0, 2, 1};
    memset(frame, 0, 64);
    memset(frame, 0xff, 6);
    frame[12] = 0x08; // IPv4
    memcpy(frame + 14, ip, sizeof ip);
    if (inet_pton(AF_INET, address, frame + 30) != 1)
        fail("flood: address");
    frame[36] = (uint8_t)(port >> 8);
    frame[37] = (uint8_t)port;
    frame[39] = 30; // bytes of UDP
}

static void flood_frame(struct flood *flood, const char *link, const char *address, int port,
                        double seconds)
{
    uint8_t frame[64];
    const struct sockaddr_ll to = {
        .sll_family = AF_PACKET,
        .sll_protocol = htons(ETHERTYPE_IP),
        .sll_ifindex = (int)if_nametoindex(link),
    };
    flood->fd = socket(AF_PACKET, SOCK_RAW, 0);
    if (flood->fd < 0 || to.sll_ifindex == 0)
        fail("flood: socket");
    write_headers(frame, address, port);
    for (double end = now_s() + seconds; now_s() < end;)
        for (int i = 0; i < AT_ONCE; i++)
            send_one(flood, frame, sizeof frame, (const struct sockaddr *)&to, sizeof to);
}

int main(int argc, char *argv[])
{
    struct flood flood = {0};
    if (argc == 6 && strcmp(argv[1], "udp") == 0 && strtol(argv[4], NULL, 10) > 0)
        flood_udp(&flood, argv[2], (int)strtol(argv[3], NULL, 10), (int)strtol(argv[4], NULL, 10),
                  strtod(argv[5], NULL));
    else if (argc == 6 && strcmp(argv[1], "frame") == 0)
        flood_frame(&flood, argv[2], argv[3], (int)strtol(argv[4], NULL, 10),
                    strtod(argv[5], NULL));
    else
        return 2;
    (void)printf("%llu %llu\n", (unsigned long long)flood.sent, (unsigned long long)flood.refused);
    return 0;
}
