// SPDX-License-Identifier: GPL-3.0-or-later
// A line on the terminals of consoles and remote logins, where no pop-up can be.
#pragma once

#include "fact/fact.h"

struct terminals;
// `root`: "/", or the made-up machine that /dev and logind's sessions are looked up in.
must_check int terminals_new(const char *root, struct terminals **ret);
void terminals_free(struct terminals *terminals);
DEFINE_CLEANUP(struct terminals, terminals_free)

// One line on each terminal of a person whom the row concerns: its own, or, if it names nobody,
// everybody's. One for a cause and minute; never waits.
void terminals_tell(struct terminals *terminals, const struct fact *fact);
