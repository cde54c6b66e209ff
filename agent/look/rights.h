// SPDX-License-Identifier: GPL-3.0-or-later
// Gives up everything that reading one open file does not need.
#pragma once

#include "base/util.h"

// From here on: nobody, no capability, no new file, process, socket or program; memory and time
// within limits. Fails rather than going on with more.
must_check int rights_drop(void);
