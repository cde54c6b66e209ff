// SPDX-License-Identifier: GPL-3.0-or-later
// From the pop-up of a blocked device to a request for it: a pop-up has no field to write in, so
// that each question has its answers as buttons. Pure, but for the clock.
#pragma once

#include "notify/board.h"
#include "notify/desktop.h"
#include "notify/words.h"

#define APPLY_PURPOSES_MAX 4
#define APPLY_UNTILS_MAX 3

struct apply_offer {
    struct desktop_button buttons[DESKTOP_BUTTONS_MAX];
    char *labels[DESKTOP_BUTTONS_MAX]; // theirs, where they are owned
};
void apply_clear(struct apply_offer *offer);
// One more button, its label cut to what fits. `key` is borrowed. −ENOMEM.
must_check int apply_add_button(struct apply_offer *offer, const char *key, const char *label);

// The buttons of a pop-up, and the question in its words. Without buttons, the command that asks.
// −ENOMEM.
must_check int apply_offer(const struct popup *popup, bool has_buttons, bool markup,
                           struct words *words, struct apply_offer *ret);

enum apply_result {
    APPLY_NOTHING,      // no button of what is shown
    APPLY_ACKNOWLEDGED, // somebody has read it
    APPLY_NEXT,         // the pop-up asks something else now
    APPLY_COMPLETE,     // everything is said: *ret_until_ns
};
enum apply_result apply_press(struct popup *popup, const char *key, uint64_t *ret_until_ns);

// The terms of the agent's MakeRequest; NULL: the alert names no device. The caller puts it.
json_object *apply_terms(const struct popup *popup, uint64_t until_ns);

struct apply_until {
    const char *label; // N_()
    uint64_t until_ns;
};
// The ends to choose from, soonest first, none of them later than `longest_ns` after now; at least
// one. Days end in the session's time zone.
size_t apply_untils(uint64_t now_ns, uint64_t longest_ns, struct apply_until ret[APPLY_UNTILS_MAX]);
