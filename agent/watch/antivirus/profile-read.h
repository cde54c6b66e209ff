// SPDX-License-Identifier: GPL-3.0-or-later
// Inside the room: the text of one profile.
#pragma once

#include "watch/antivirus/profile.h"

void profile_clear(struct profile *profile);

// Copies file and key, escaped. −ENOMEM.
must_check int profiles_add_mistake(struct profiles *profiles,
                                    const struct profile_mistake *mistake);

// Into `profile`, whose `file` is set. 1: it is one; 0: mistakes were added; −ENOMEM.
must_check int profile_parse(const char *text, struct profile *profile, struct profiles *mistakes);
