// SPDX-License-Identifier: GPL-3.0-or-later
// What time it is, as far as that can be known. The wall clock is not believed: what has passed
// since the daemon began, and the latest time of the ledger's rows with what has passed since that,
// count beside it. A clock that was set never makes it earlier.
#pragma once

#include "base/moment.h"
#include "ledger/ledger.h"
#include "policy/permit.h"

// `begun`: when this daemon did.
struct permit_clock two_clocks_read(const struct moment *begun, const struct ledger *ledger);
