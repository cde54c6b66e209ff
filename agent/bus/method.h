// SPDX-License-Identifier: GPL-3.0-or-later
// The methods that change something: what each takes, what polkit is asked, which handler does it.
#pragma once

#include "bus/arguments.h"
#include "bus/bus.h"

struct method_call {
    const struct bus_handlers *handlers;
    void *context;
    const struct bus_person *who;
    const struct arguments *arguments;
};

struct method {
    const char *name;
    const char *signature; // of its arguments, as in server.c's table
    const char *action;    // polkit's
    int (*run)(const struct method_call *call, json_object **ret_answer, char **ret_why);
    bool reads; // changes nothing: also for a caller behind whom nobody is logged in
};

// NULL if there is none of this name.
const struct method *method_find(const char *name);
