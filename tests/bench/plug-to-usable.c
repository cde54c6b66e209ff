/* SPDX-License-Identifier: GPL-3.0-or-later */
/* How long a stick takes from the kernel's word that a USB device is there until its first sector
 * can be read by the name that udev gives it. A line of milliseconds a plug; "never" after 30 s. */

#include <fcntl.h>
#include <glob.h>
#include <linux/netlink.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define PATIENCE_MS 30000
#define LOOK_US 1000

static double now_ms(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec * 1e3 + (double)t.tv_nsec / 1e6;
}

static int listen_to_kernel(void)
{
    int fd = socket(AF_NETLINK, SOCK_DGRAM | SOCK_CLOEXEC, NETLINK_KOBJECT_UEVENT);
    const struct sockaddr_nl address = {.nl_family = AF_NETLINK, .nl_groups = 1};
    if (fd < 0 || bind(fd, (const struct sockaddr *)&address, sizeof(address)) < 0) {
        perror("plug-to-usable: uevents");
        exit(4);
    }
    return fd;
}

/* "add@/devices/…" and then KEY=VALUE, each with its NUL. */
static bool is_plug(const char *message, size_t length)
{
    bool is_device = false;
    if (strncmp(message, "add@", 4) != 0)
        return false;
    for (const char *p = message; p < message + length; p += strlen(p) + 1)
        is_device = is_device || strcmp(p, "DEVTYPE=usb_device") == 0;
    return is_device;
}

/* Past what was read before: not from the page cache. */
static bool can_read(const char *pattern)
{
    static _Alignas(4096) char sector[4096];
    glob_t found;
    bool read_it = false;
    if (glob(pattern, 0, NULL, &found) == 0) {
        int fd = open(found.gl_pathv[0], O_RDONLY | O_DIRECT | O_CLOEXEC);
        read_it = fd >= 0 && read(fd, sector, sizeof(sector)) == sizeof(sector);
        if (fd >= 0)
            close(fd);
        globfree(&found);
    }
    return read_it;
}

static void clock_one(const char *pattern)
{
    double start = now_ms();
    while (!can_read(pattern)) {
        if (now_ms() - start > PATIENCE_MS) {
            puts("never");
            return;
        }
        usleep(LOOK_US);
    }
    printf("%.1f\n", now_ms() - start);
}

int main(int argc, char **argv)
{
    if (argc != 2) {
        fputs("usage: plug-to-usable PATTERN\n", stderr);
        return 2;
    }
    setvbuf(stdout, NULL, _IOLBF, 0);
    int fd = listen_to_kernel();
    fputs("ready\n", stderr);
    for (char message[8192];;) {
        ssize_t n = recv(fd, message, sizeof(message) - 1, 0);
        if (n <= 0)
            continue;
        message[n] = '\0';
        if (is_plug(message, (size_t)n))
            clock_one(argv[1]);
    }
}
