// SPDX-License-Identifier: GPL-3.0-or-later
// The session's notification service (org.freedesktop.Notifications, Desktop Notifications
// Specification 1.2): what it can do, one pop-up after the other, and what becomes of them. It may
// come late, go, and come back as another one.
#pragma once

#include "base/util.h"

#include <stdbool.h>
#include <stdint.h>
#include <systemd/sd-bus.h>

#define DESKTOP_BUTTONS_MAX 6

struct desktop_button {
    const char *key; // told when it is pressed
    const char *label;
};

struct desktop_note {
    uint32_t replaces; // 0: a new one
    const char *title, *body;
    struct desktop_button buttons[DESKTOP_BUTTONS_MAX]; // up to one without a key
    bool critical;                                      // stays until it is closed
};

struct desktop_events {
    void (*ready)(void *context); // it is there, and nothing of ours is on its screen yet
    void (*shown)(void *context, uint32_t id); // as asked last; 0: it could not
    void (*closed)(void *context, uint32_t id, uint32_t reason);
    void (*pressed)(void *context, uint32_t id, const char *key); // one of the buttons
    void *context;
};

struct desktop;
// `bus`: the session's, attached to an event loop by the caller. Both are borrowed.
must_check int desktop_new(sd_bus *bus, const struct desktop_events *events, struct desktop **ret);
void desktop_free(struct desktop *desktop);
DEFINE_CLEANUP(struct desktop, desktop_free)

// Its unique name on the bus; NULL: there is none yet.
const char *desktop_owner(const struct desktop *desktop);
bool desktop_has_actions(const struct desktop *desktop);
bool desktop_reads_markup(const struct desktop *desktop);
// It is there, and is not busy with a pop-up of ours.
bool desktop_is_free(const struct desktop *desktop);

// Asks for a pop-up; `shown` tells how that went, later. Only while it is free.
must_check int desktop_show(struct desktop *desktop, const struct desktop_note *note);
void desktop_close(struct desktop *desktop, uint32_t id);
