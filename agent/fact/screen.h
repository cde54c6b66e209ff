// SPDX-License-Identifier: GPL-3.0-or-later
// Is the screen locked? Said by the daemon, read by usb-verdict: one empty file in /run/sekisho,
// where only root writes. It counts only while the daemon lives.
#pragma once

#include "base/util.h"

#include <stdbool.h>

// `run` is a descriptor of /run/sekisho. Both are content with what is already so.
must_check int screen_set_locked(int run, bool locked);
bool screen_is_locked(int run);
