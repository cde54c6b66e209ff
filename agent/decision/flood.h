// SPDX-License-Identifier: GPL-3.0-or-later
// Devices that plug themselves in again and again: which ports are flooded, and how much of it went
// without a row of its own. Pure: the caller says what time it is.
#pragma once

#include "fact/usb_name.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define FLOOD_PLUGS 20                        // more than so many plugs at one port
#define FLOOD_WINDOW_NS UINT64_C(10000000000) // within 10 seconds are a flood
#define FLOOD_QUIET_NS UINT64_C(60000000000)  // which ends after a minute without any
#define FLOOD_PORTS_MAX 64 // with more, the one that was quiet for longest is forgotten

struct flood_port {
    char name[USB_NAME_SIZE]; // sysname of what is plugged in there: "1-2.3"
    uint64_t window_ns;       // when the plugs counted here began
    uint64_t last_ns;
    unsigned plugs;  // since then
    bool flooded;    // until it has been quiet for long enough
    uint64_t folded; // plugs without a row of their own
};

struct flood {
    struct flood_port ports[FLOOD_PORTS_MAX];
    size_t n;
};

enum flood_answer {
    FLOOD_NONE,   // go on as usual
    FLOOD_BEGINS, // this plug makes it one: say so once
    FLOOD_GOES_ON // no row for this one
};

// Something was plugged in at this port. Times are monotonic.
enum flood_answer flood_note(struct flood *flood, const char *sysname, uint64_t now_ns);
bool flood_is_on(const struct flood *flood, const char *sysname);
// Takes one port out whose flood has ended by now. False: there is none.
bool flood_take_ended(struct flood *flood, uint64_t now_ns, struct flood_port *ret);
