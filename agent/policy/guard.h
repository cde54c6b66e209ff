// SPDX-License-Identifier: GPL-3.0-or-later
// The guards, and the mode of each: what stands in /var/lib/sekisho/mode. The daemon writes it;
// what has to know the mode without the daemon reads it.
//
// File: one line a guard, in this order, and nothing else: "usb enforce\nnetwork observe\n". An
// older version knew fewer guards: one that has no line yet observes.
#pragma once

#include "policy/gate.h"

#define GUARD_FILE "mode"
#define GUARD_FILE_MAX 256

enum guard { GUARD_USB, GUARD_NETWORK, GUARD_MAX };
const char *guard_to_str(enum guard guard); // "usb", "network"
must_check int guard_from_str(const char *text, enum guard *ret);

struct guard_modes {
    enum gate_mode of[GUARD_MAX];
};

// The caller frees the text.
must_check int guard_modes_encode(const struct guard_modes *modes, char **ret_text);
// −EBADMSG: it is not what guard_modes_encode() of this version or an older one writes.
must_check int guard_modes_decode(const char *text, size_t length, struct guard_modes *ret);
