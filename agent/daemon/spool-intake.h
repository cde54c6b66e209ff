// SPDX-License-Identifier: GPL-3.0-or-later
// Verdicts that usb-verdict reached while the daemon was away: what came and went meanwhile is
// recorded once. What is still plugged in is recorded by the guard itself.
#pragma once

#include "daemon/options.h"
#include "daemon/recorder.h"
#include "daemon/usb-guard.h"

// After the guard has seen a snapshot. `ledger_folder`: path of the monthly files, to recognize
// what a crash left behind.
void spool_intake(const struct places *places, const char *ledger_folder, struct recorder *recorder,
                  struct usb_guard *usb);
