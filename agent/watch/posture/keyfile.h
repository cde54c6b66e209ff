// SPDX-License-Identifier: GPL-3.0-or-later
// Files of "[section]" and "key = value", as display managers, dconf, KDE and systemd have them.
#pragma once

#include "watch/posture/words.h"

#define KEYFILE_NAME_SIZE 256

struct keyfile_entry {
    const char *section; // "" before the first
    const char *key;
    const char *value;
};

// Each entry in its order. Comments begin with # or ; at a line's start. `joined`: a backslash at
// a line's end joins it with the next (systemd). False: a line was too long, so that something may
// have been missed.
bool keyfile_read(const char *text, bool joined,
                  void (*take)(void *context, const struct keyfile_entry *entry), void *context);

// "true", "yes", "on", "1", in any case.
bool keyfile_is_true(const char *value);
