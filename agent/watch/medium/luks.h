// SPDX-License-Identifier: GPL-3.0-or-later
// LUKS headers, believed only if all that lies behind them is reached through a real cipher. What
// the header describes is taken as opaque: encrypted bytes cannot be told from leftovers.
#pragma once

#include "base/text.h"
#include "watch/medium/source.h"

#include <stdbool.h>

#define LUKS_FAULT_MAX 160

enum luks_kind {
    LUKS_NONE,   // no LUKS header here
    LUKS_1,      // "LUKS On-Disk Format Specification" 1.2.3
    LUKS_2,      // "LUKS2 On-Disk Format Specification" 1.1.3
    LUKS_BROKEN, // says it is LUKS, but is damaged, or would show bytes as they are
    LUKS_MAX,
};
const char *luks_kind_to_str(enum luks_kind kind);

struct luks {
    enum luks_kind kind;
    char uuid[UUID_TEXT_SIZE];  // LUKS_1, LUKS_2
    uint64_t data;              // LUKS_1, LUKS_2: how far from its begin what is encrypted lies
    char fault[LUKS_FAULT_MAX]; // LUKS_BROKEN: why
};

// Looks at [begin, end). −errno only if it cannot be read, or on lack of memory.
must_check int luks_read(const struct medium_source *source, uint64_t begin, uint64_t end,
                         struct luks *ret);

// The two versions; each sets ret->kind to its own or to LUKS_BROKEN.
must_check int luks1_read(const struct medium_source *source, uint64_t begin, uint64_t end,
                          struct luks *ret);
must_check int luks2_read(const struct medium_source *source, uint64_t begin, uint64_t end,
                          struct luks *ret);
// The UUID of a header of either version, which stands at the same place. False: it is none.
must_check bool luks_read_uuid(const uint8_t *header, struct luks *luks);
// Sets LUKS_BROKEN and the reason; returns 0.
must_check int luks_refuse(struct luks *luks, const char *why);
// Is "aes-xts-plain64" (cipher, mode) one that hides? Not "cipher_null", which decrypts to the very
// same bytes, nor anything through the kernel's free-form "capi:".
bool luks_cipher_hides(const char *cipher, const char *mode);
