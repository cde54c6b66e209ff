// SPDX-License-Identifier: GPL-3.0-or-later
// What is on a medium? Answers from every byte that could hold something readable without a key.
//
// Encrypted is: LUKS on the whole medium; or a partition table that can be read in one way only,
// each partition LUKS or all zero, and zeros everywhere else. Empty is: no bytes, or no LUKS and
// nothing but zeros and a table. Anything else is plain; a medium that reads with errors is
// unreadable. Left unjudged, because nobody reaches it while the node is root's alone: boot code
// and disk signature of an MBR (446 bytes), names and labels in tables and headers, and what lies
// behind a sound LUKS header, where ciphertext and leftovers look the same.
#pragma once

#include "fact/medium.h"
#include "watch/medium/source.h"

// *ret_finding: why, in words; *ret_luks: of an encrypted one its containers, a luks_set, NULL
// otherwise; the caller frees both. −ENOMEM is the only failure.
must_check int medium_examine(const struct medium_source *source, enum medium_content *ret,
                              char **ret_finding, char **ret_luks);
