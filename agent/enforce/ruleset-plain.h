// SPDX-License-Identifier: GPL-3.0-or-later
// Inside enforce/ruleset: the way of most packets. What peers are named with one address and single
// ports of TCP, for good, is looked up as a whole, in one rule before all others.
#pragma once

#include "enforce/ruleset-words.h"

// Does it stand there, and not among the rules of its address?
bool ruleset_is_plain(const struct airgap_peer *peer);
// What stands in one packet that leaves (`remote` "daddr") or comes ("saddr"). `begun`, `back`: the
// side on which its port is, of a connection that we began, and of one that the peer began.
void ruleset_put_plain(const struct ruleset_writer *w, const char *remote, const char *begun,
                       const char *back);
