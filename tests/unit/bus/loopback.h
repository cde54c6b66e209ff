// SPDX-License-Identifier: GPL-3.0-or-later
// Messages without a bus daemon: a connection over a socket pair whose other end nobody reads.
#pragma once

#include <criterion/criterion.h>
#include <sys/socket.h>
#include <systemd/sd-bus.h>

struct loopback {
    sd_bus *bus;
    int other;
    sd_bus_message *message; // a method call under construction
};

static inline struct loopback loopback_open(void)
{
    struct loopback loopback = {0};
    int fds[2];
    cr_assert_eq(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds), 0);
    cr_assert(sd_bus_new(&loopback.bus) >= 0);
    cr_assert(sd_bus_set_fd(loopback.bus, fds[0], fds[0]) >= 0);
    cr_assert(sd_bus_start(loopback.bus) >= 0);
    loopback.other = fds[1];
    cr_assert(sd_bus_message_new_method_call(loopback.bus, &loopback.message, "a.b", "/", "a.b",
                                             "C") >= 0);
    return loopback;
}

// Ends construction: from here on the message is read.
static inline void loopback_seal(struct loopback *loopback)
{
    cr_assert(sd_bus_message_seal(loopback->message, 1, 0) >= 0);
    cr_assert(sd_bus_message_rewind(loopback->message, 1) >= 0);
}

static inline void loopback_close(struct loopback *loopback)
{
    sd_bus_message_unref(loopback->message);
    sd_bus_close_unref(loopback->bus);
    close(loopback->other);
}
#define LOOPBACK CLEANUP(loopback_close) struct loopback
