// SPDX-License-Identifier: GPL-3.0-or-later
// sshd_config(5): of each keyword the first value counts; what stands behind a Match line counts
// for whom it matches, and before what stands elsewhere.
#pragma once

#include <stdbool.h>

#define SSHD_KEYWORD_SIZE 64
#define SSHD_VALUE_SIZE 512

struct sshd_line {
    char keyword[SSHD_KEYWORD_SIZE]; // in lower case
    char value[SSHD_VALUE_SIZE];     // the words behind it, each once parted by one space
};

// Reads one line. False: it says nothing (a comment, empty). *ret_odd: it is longer than what is
// kept of it.
bool sshd_line_parse(const char *text, struct sshd_line *ret, bool *ret_odd);
