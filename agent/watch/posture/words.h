// SPDX-License-Identifier: GPL-3.0-or-later
// Lines and words of configuration files.
#pragma once

#include <stdbool.h>
#include <stddef.h>

#define WORDS_LINE_SIZE 4096
#define WORDS_SIZE 512

// Copies the next line, its end and the space around it taken off; *text moves behind it. A line
// that ends in a backslash goes on with the next one if `joined`. False: there is none. One that is
// too long is cut, and *ret_cut says so.
bool words_line(const char **text, bool joined, char ret[WORDS_LINE_SIZE], bool *ret_cut);

// The next word, quotes ("…", '…') taken off; a backslash keeps the character behind it. *line
// moves behind it. False: there is none.
bool words_next(const char **line, char ret[WORDS_SIZE]);

// What stands behind the space at the beginning.
const char *words_skip_space(const char *line);
bool words_begin(const char *text, const char *start);
