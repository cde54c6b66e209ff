// SPDX-License-Identifier: GPL-3.0-or-later
// The kernel's name of what this computer can be at a port as a USB device: "gadget.0".
#pragma once

#include "base/util.h"

#include <stdbool.h>

#define GADGET_NAME_SIZE 32

// Nothing else may become part of a path below /sys.
bool gadget_name_is_valid(const char *text);
