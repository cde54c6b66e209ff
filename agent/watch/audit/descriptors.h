// SPDX-License-Identifier: GPL-3.0-or-later
// What stands behind a process's descriptors, as far as their opening was in the log: for calls
// that name a file by a descriptor, or relative to one. A bounded memory; what it does not know is
// unresolved.
#pragma once

#include "base/util.h"

#include <stdint.h>

struct descriptors;

struct descriptor {
    uint32_t pid;
    int32_t number;
    uint64_t inode, device;
    const char *path; // raw bytes, absolute; borrowed
};

must_check int descriptors_new(struct descriptors **ret);
void descriptors_free(struct descriptors *descriptors);
DEFINE_CLEANUP(struct descriptors, descriptors_free)

// The opening of `path`, which is copied, took the place of whatever had that number. −ENOMEM.
must_check int descriptors_note(struct descriptors *descriptors, const struct descriptor *opened);
// What this number of a process cannot be any more, without knowing what it is now.
void descriptors_forget(struct descriptors *descriptors, uint32_t pid, int32_t number);
// One that is the same folder, under whatever number: programs make copies (rm -r, find, tar).
// NULL: not known. Borrowed until the next call.
const struct descriptor *descriptors_find_copy(const struct descriptors *descriptors,
                                               const struct descriptor *wanted);
// NULL: not known. Borrowed until the next call.
const struct descriptor *descriptors_find(const struct descriptors *descriptors, uint32_t pid,
                                          int32_t number);
