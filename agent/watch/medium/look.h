// SPDX-License-Identifier: GPL-3.0-or-later
// A look at a medium, by another process: medium-look (agent/look) has no rights, and neither the
// keys nor the files of the daemon; it may take minutes, be killed at any time, and is not believed
// any further than one word and one line of text.
//
// It writes "." lines while it goes on, one line "luks UUID" for each container it found, and ends
// with one line "CONTENT FINDING" (encrypted 1 LUKS partition, …). Ending otherwise, or two minutes
// of silence, is MEDIUM_UNREADABLE.
#pragma once

#include "fact/medium.h"

#include <systemd/sd-event.h>

#define LOOK_LINE_MAX 600
#define LOOK_SILENCE_US (UINT64_C(120) * 1000000)

struct look;

struct look_request {
    sd_event *event;
    const char *program; // path of medium-look
    const char *node;    // "/dev/sda"
    uint64_t number;     // dev_t it must have
    uint64_t sequence;   // diskseq it must have
    uint64_t silence_us; // 0: LOOK_SILENCE_US
    // Called once from the loop, unless the look is freed before; may free the look. `finding` is
    // escaped, `luks` a luks_set or NULL; both are borrowed.
    void (*done)(void *context, enum medium_content content, const char *finding, const char *luks);
    void *context;
};

must_check int look_start(const struct look_request *request, struct look **ret);
// Ends it, if it still goes on. A process that hangs in the kernel is reaped by the loop later.
void look_free(struct look *look);
