// SPDX-License-Identifier: GPL-3.0-or-later
// Asks polkit whether a sender may do what it asks for; the answer may take as long as a person
// needs to type a password.
#pragma once

#include "base/util.h"

#include <stdbool.h>
#include <stdint.h>
#include <systemd/sd-bus.h>

struct polkit_question {
    sd_bus *bus;
    const char *sender; // its unique name: ":1.42"
    uint64_t cookie;    // of its message: with the name, what tells one question from another
    uint32_t euid;
    const char *action; // "org.sekisho.agent1.seal"
    bool interactive;   // the sender allows that a person is asked
    // Called exactly once, from the event loop, unless the check is freed before. 0: yes; −errno:
    // no, and a sentence (static, untranslated: N_()) that says why.
    void (*answer)(void *context, int r, const char *why);
    void *context;
};

struct polkit_check;
must_check int polkit_check_new(const struct polkit_question *question, struct polkit_check **ret);
// Before the answer came: withdraws the question, so that no password is asked for any longer.
void polkit_check_free(struct polkit_check *check);
DEFINE_CLEANUP(struct polkit_check, polkit_check_free)
