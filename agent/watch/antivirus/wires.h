// SPDX-License-Identifier: GPL-3.0-or-later
// Whose change asks for another look at the antivirus: files, folders and a process, as the last
// look named them. What is not there yet, or is another one since, is taken up at the next look.
#pragma once

#include "worker/probe.h"

#include <json-c/json.h>
#include <stdint.h>

struct wires {
    uint64_t places;  // of what is watched: which files and folders; 0: none yet
    uint32_t pid;     // of the process that is watched; 0: none
    uint64_t started; // and which one of that number
};

// `facts`: what the look found. `proc`: descriptor of /proc.
void wires_follow(struct wires *wires, struct probe *probe, int proc, json_object *facts);
