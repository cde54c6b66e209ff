// SPDX-License-Identifier: GPL-3.0-or-later
// The antivirus industry's test file (eicar.org): harmless, and found by every product. It never
// stands plain in the source, a program or a package, or the antivirus would take those away.
#pragma once

#include "base/util.h"

#define EICAR_SIZE 68

// Assembles it in memory.
void eicar_make(char ret[EICAR_SIZE]);
