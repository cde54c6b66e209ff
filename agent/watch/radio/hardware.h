// SPDX-License-Identifier: GPL-3.0-or-later
// What sysfs says of a radio. Inside of the watch.
#pragma once

#include "fact/radio.h"

// Name, driver and device of radio->index, which it replaces; without sysfs the name is the
// kernel's own ("rfkill3"). −ENOMEM.
must_check int hardware_read(int sys, struct radio *radio);
