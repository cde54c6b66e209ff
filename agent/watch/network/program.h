// SPDX-License-Identifier: GPL-3.0-or-later
// Whose packet was that? The program behind a socket that is still there.
#pragma once

#include "fact/net_attempt.h"

// The path of the program (/proc/PID/exe, printable) that holds the socket which `attempt` was sent
// by, as far as port, protocol and uid tell it; the first one found of several. `proc`: a
// descriptor of /proc. −ENOENT: it can't be told, the socket is closed, or a packet socket sent it;
// −errno. The caller frees it.
must_check int net_program_find(int proc, const struct net_attempt *attempt, char **ret);
