// SPDX-License-Identifier: GPL-3.0-or-later
// The kernel's nftables, through libnftables.
#pragma once

#include "base/digest.h"
#include "base/util.h"

// Runs nft(8)'s commands as one transaction. −EIO: *ret_why (allocated; NULL on lack of memory) is
// what libnftables says.
must_check int kernel_run(const char *commands, char **ret_why);

// SHA-256 over our tables as they are now, without their counts. −ENOENT: one is not there.
must_check int kernel_digest(uint8_t ret[DIGEST_SIZE]);
