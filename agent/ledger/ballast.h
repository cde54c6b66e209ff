// SPDX-License-Identifier: GPL-3.0-or-later
// 4 MiB of disk that are kept back for the last violation and the last seal on a full disk.
#pragma once

#include "base/util.h"

// Makes `.ballast` in the folder (or finds it whole). −ENOSPC: there is no room for it.
must_check int ballast_restore(int folder);
// Gives the room free. 1 if there was some, 0 if it was gone already.
int ballast_release(int folder);
