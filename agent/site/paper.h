// SPDX-License-Identifier: GPL-3.0-or-later
// A private key on paper: four lines of letters and digits, each with a check of its own, so that
// whoever types them in years later is told in which line the slip is.
//
// A line is ten bytes as 16 symbols of Crockford's base 32 (no I, L, O, U), then four symbols of
// the SHA-256 over "sekisho paper 1", NUL, the line's number and these bytes. The forty bytes are a
// 1 (the form), the key (32), and the first seven of the SHA-256 over those.
#pragma once

#include "base/util.h"

#include <stddef.h>
#include <stdint.h>

#define PAPER_SECRET_SIZE 32
#define PAPER_LINES 4
#define PAPER_LINE_SIZE sizeof "XXXX XXXX XXXX XXXX XXXX"
#define PAPER_TEXT_MAX 4096 // bytes of what is typed

struct paper {
    char lines[PAPER_LINES][PAPER_LINE_SIZE];
};

void paper_write(const uint8_t secret[PAPER_SECRET_SIZE], struct paper *ret);

// Takes small letters, O for 0, I and L for 1, any spaces and hyphens, empty lines, and "1:" or
// "1." before a line. −EBADMSG: *ret_line is the first line with a mistake, or 0 if there are not
// four of them; *ret_secret is untouched.
must_check int paper_read(const char *text, size_t length, uint8_t ret_secret[PAPER_SECRET_SIZE],
                          unsigned *ret_line);
