// SPDX-License-Identifier: GPL-3.0-or-later
// Whose change asks for another look at the antivirus: files, folders and a process, as the last
// look named them.
#pragma once

#include "base/digest.h"
#include "worker/probe.h"

#include <json-c/json.h>
#include <stdint.h>

struct followed {
    uint8_t list[DIGEST_SIZE]; // of the paths that are watched
    uint32_t pid;              // of the process that is watched; 0: none
    uint64_t started;          // and which one of that number
};

// `facts`: what the look found. `proc`: descriptor of /proc.
void followed_set(struct followed *followed, struct probe *probe, int proc, json_object *facts);
