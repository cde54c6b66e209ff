// SPDX-License-Identifier: GPL-3.0-or-later
// The pop-up of a request that waits for this person's decision: who asks for what, what for and
// until when, how to decide it, and a button for each decision. Pure, but for the time zone.
#pragma once

#include "notify/apply.h"

// Does it wait for this person's decision?
bool decide_is_asked(const struct popup *popup);
// Its words and, with `has_buttons`, its buttons. −ENOMEM.
must_check int decide_offer(const struct popup *popup, bool has_buttons, bool markup,
                            struct words *words, struct apply_offer *ret);

enum decide_result { DECIDE_NOTHING, DECIDE_APPROVE, DECIDE_REFUSE };
enum decide_result decide_press(const struct popup *popup, const char *key);
