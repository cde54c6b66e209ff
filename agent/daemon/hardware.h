// SPDX-License-Identifier: GPL-3.0-or-later
// Which machine this is: of a disk that was copied into another one the answer is another.
#pragma once

#include "base/digest.h"
#include "base/util.h"

#include <stdint.h>

// `sys`: descriptor of /sys. *ret_board is SHA-256 over what the firmware says of itself,
// *ret_links over the addresses of the network links that are built in; what is not there adds
// nothing.
must_check int hardware_digest(int sys, uint8_t ret_board[DIGEST_SIZE],
                               uint8_t ret_links[DIGEST_SIZE]);
