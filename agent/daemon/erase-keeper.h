// SPDX-License-Identifier: GPL-3.0-or-later
// What people erase: the intent as a durable row before anything is touched, and then what became
// of it. Clause 5 (10).
//
// Whoever may delete a file does it with his own rights (`sekisho erase`); the agent notes who it
// was, sees for itself whether the file was there before and is gone afterwards, and takes the word
// of nobody else for it. How it was overwritten is what that person's program says: the row keeps
// which program that was.
#pragma once

#include "daemon/recorder.h"
#include "ledger/ledger.h"

#include <json-c/json.h>

struct bus_person;

// How fast rows may come, so that nobody fills the disk by them.
struct erase_pace {
    uint64_t since_ns; // CLOCK_BOOTTIME
    unsigned n;        // rows since then
};

struct erase_keeper {
    struct recorder *recorder;
    struct ledger *ledger;
    const char *state; // its folder
    struct erase_pace *pace;
};

// The bus's BeginErasure and EndErasure; *ret_why is a sentence on failure.
must_check int erase_keeper_begin(const struct erase_keeper *keeper, const struct bus_person *who,
                                  json_object *details, json_object **ret_answer, char **ret_why);
must_check int erase_keeper_end(const struct erase_keeper *keeper, const struct bus_person *who,
                                const char *number, json_object *details, json_object **ret_answer,
                                char **ret_why);
