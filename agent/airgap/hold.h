// SPDX-License-Identifier: GPL-3.0-or-later
// Holds the twin of the firewall: tables with an owner, which nobody else can flush. The owner is
// this process's netlink socket (nft(8), "flags owner"; Linux 5.12).
#pragma once

#include "base/util.h"

// Loads what `rules` answers (the caller frees it; NULL: nothing is to be held now), and anew
// when there are lines on standard input, until that ends: then the tables go. For each time a line
// on standard output: "held", "none" or "failed". −errno: it can't go on.
must_check int hold_tables(int root, int (*rules)(int root, char **ret));
