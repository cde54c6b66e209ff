// SPDX-License-Identifier: GPL-3.0-or-later
// A second opinion, from libblkid, which is what the rest of the system believes: it finds media
// that are LUKS to one reader and something else to another.
#pragma once

#include "watch/medium/layout.h"

#define SIGNATURE_MAX 64

// Looks in [begin, end) for anything that is not LUKS: file systems, RAID and volume members, swap,
// and partition tables too if `tables`. 1: found, `ret` names it ("ext4"); 0: nothing; −errno.
must_check int signature_find_foreign(const struct medium_source *source, uint64_t begin,
                                      uint64_t end, bool tables, char ret[SIGNATURE_MAX]);

// Does libblkid see exactly the partitions of this layout? 1: yes, 0: no, −errno.
must_check int signature_same_partitions(const struct medium_source *source,
                                         const struct layout *layout);
