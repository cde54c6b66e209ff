// SPDX-License-Identifier: GPL-3.0-or-later
// Is the daemon there? It holds a lock for as long as it lives; whoever asks needs no answer from
// it, and the kernel lets go of the lock also after SIGKILL.
#pragma once

#include "base/util.h"

// Both take a descriptor of /run/sekisho.

// Locks the file "alive" for as long as *ret_fd stays open; −EBUSY if another process holds it.
// A child that is forked without exec inherits the lock: it has to close the descriptor first
// thing. The file is readable by root only, as anybody who may open it could lock it too.
must_check int alive_hold(int run, int *ret_fd);

// 1: somebody holds it, 0: nobody does (also without the file), or −errno.
must_check int alive_is_held(int run);
