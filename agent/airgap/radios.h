// SPDX-License-Identifier: GPL-3.0-or-later
// Radios, while the daemon is not there yet or not any more.
#pragma once

#include "policy/airgap.h"

// Blocks those that may not be on, and those of their types that come later. In observe nothing.
void radios_block(int root, const struct airgap *airgap);
// Unblocks what was blocked for the air gap. What somebody else had blocked before stays blocked.
void radios_release(int root);
