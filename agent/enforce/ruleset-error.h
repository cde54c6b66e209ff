// SPDX-License-Identifier: GPL-3.0-or-later
// Inside enforce/ruleset: errors (ICMP), from whoever is on the way, about what was sent to peers.
#pragma once

#include "enforce/ruleset-words.h"

// The chains that ruleset_put_errors() jumps to; they stand in the same table, once.
void ruleset_put_error_chains(const struct ruleset_writer *w);
// Inside of the base chain of what comes.
void ruleset_put_errors(const struct ruleset_writer *w);
