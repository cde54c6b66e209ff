// SPDX-License-Identifier: GPL-3.0-or-later
// Which person stands behind a message: the audit login uid of its sender, which neither su nor
// sudo changes.
#pragma once

#include "bus/bus.h"

// An owned bus_person and what polkit and the limits go by.
struct sender {
    struct bus_person person;
    uint32_t euid; // as the bus saw it when the sender connected
};
void sender_clear(struct sender *sender);

// −EACCES: nobody is logged in behind it although somebody has to be, or the process is not the one
// that connected. Asks the bus driver, which answers at once, and reads /proc.
must_check int sender_read(sd_bus_message *message, bool needs_login, struct sender *ret);
