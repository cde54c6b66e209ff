// SPDX-License-Identifier: GPL-3.0-or-later
// Which system calls the trail wants, and how their arguments name a file.
#pragma once

#include "fact/audit_event.h"

#include <stdbool.h>
#include <stdint.h>

// Where an argument of the call stands in the record: a0 … a3.
#define ARGUMENT_NONE (-1)

struct call {
    const char *name;
    enum audit_act act; // of an open: ACT_READ; its flags say what it is
    int8_t folder;      // descriptor that the (first) path is relative to
    int8_t folder_to;   // the same of the second path
    int8_t flags;       // an open's flags
    int8_t descriptor;  // the file itself, by number
    bool opens;         // answers a descriptor
    enum {
        OBJECT_ONE,        // or two
        OBJECT_EACH,       // every path in its records is an object of its own
        OBJECT_EACH_NAMED, // every one that somebody named, not what the kernel did with them
    } objects;
};

// NULL: no call of ours. `arch` is the record's "arch", as a number.
const struct call *call_find(uint32_t arch, uint64_t number);
// The same for an operation of io_uring ("uring_op").
const struct call *call_find_uring(uint64_t operation);
// What an open with these flags does.
enum audit_act call_open_act(uint64_t flags);
