// SPDX-License-Identifier: GPL-3.0-or-later
// What the command line of sekishod says, and the directory descriptors that follow from it.
#pragma once

#include "base/util.h"

#include <stdbool.h>

struct options {
    const char *config; // folder of policy.conf: /etc/sekisho
    const char *state;  // /var/lib/sekisho
    const char *root; // prefix of /sys, /proc, /dev and /run: a made-up tree in tests; "" otherwise
    bool observe;     // --observe: this run only observes, whatever the mode file says
    bool foreground;  // no readiness protocol; diagnostics for a terminal
};

// Everything the daemon touches, as descriptors opened once (and one name: programs are started by
// theirs).
struct places {
    int etc; // the policy's folder
    int state;
    int run; // /run/sekisho
    int sys;
    int proc;
    int dev;
    int modprobe;   // /etc/modprobe.d
    int log;        // /var/log; −1: there is none
    char *programs; // name of the folder that holds medium-look and audit-read
};

must_check int places_open(const struct options *options, struct places *ret);
void places_close(struct places *places);
