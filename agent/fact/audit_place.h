// SPDX-License-Identifier: GPL-3.0-or-later
// How far auditd's log has been read: what a checkpoint keeps, so that whoever goes on from it
// misses nothing and sees nothing twice.
#pragma once

#include "base/digest.h"
#include "base/util.h"

#include <stdint.h>

struct audit_stamp {
    uint64_t wall_ns;
    uint64_t serial;
};

struct audit_place {
    // The file: 0 in what comes from the reader, which sees a stream of bytes only.
    uint64_t device, inode;
    uint8_t head[DIGEST_SIZE]; // SHA-256 of the file's first bytes, at most 256 and before `offset`
    uint8_t tail[DIGEST_SIZE]; // SHA-256 of the bytes before `offset`, at most 256
    // Of the oldest byte that belongs to an event which was not given out. Every event that begins
    // before it was, and none that begins behind it.
    uint64_t offset;
    struct audit_stamp last; // the latest event given out: for a log that is not the same any more
};

void audit_place_free(struct audit_place *place);
DEFINE_CLEANUP(struct audit_place, audit_place_free)
must_check int audit_place_copy(const struct audit_place *place, struct audit_place **ret);
