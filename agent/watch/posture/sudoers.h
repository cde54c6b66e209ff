// SPDX-License-Identifier: GPL-3.0-or-later
// sudoers(5), as far as it matters who may do what without being asked.
#pragma once

#include <stdbool.h>

#define SUDOERS_TEXT_SIZE 1024

enum sudoers_kind {
    SUDOERS_NOTHING, // a comment, a setting that does not matter here
    SUDOERS_INCLUDE,
    SUDOERS_INCLUDE_FOLDER,
    SUDOERS_USER_ALIAS,
    SUDOERS_COMMAND_ALIAS, // one that stands for ALL
    SUDOERS_OPEN_DEFAULT,  // a setting by which nobody, or not everybody, is asked
    SUDOERS_RULE,
    SUDOERS_ODD, // not understood
};

struct sudoers_line {
    enum sudoers_kind kind;
    char name[SUDOERS_TEXT_SIZE]; // of an alias; the path of an include
    char who[SUDOERS_TEXT_SIZE];  // of a rule or a user alias: "alice,%sudo,#1000", without space
    bool nopasswd, all;
};

// One line, joined with those that it goes on in.
void sudoers_parse(const char *line, struct sudoers_line *ret);
