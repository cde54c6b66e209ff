// SPDX-License-Identifier: GPL-3.0-or-later
// Enforce must not lock the owner out: the disks on USB that the running system stands on have to
// pass at boot, when no daemon can hold a condition.
#pragma once

#include "daemon/options.h"
#include "daemon/usb-guard.h"

// 0: each of them passes, and each hub on the way to it. −EACCES: one does not; *ret_why says which
// and what helps. Other −errno, and a sentence too: nobody can tell.
must_check int system_disks_check(const struct places *places, struct usb_guard *usb,
                                  char **ret_why);
