// SPDX-License-Identifier: GPL-3.0-or-later
// What a grub.cfg says of who may change and start what.
#pragma once

#include <stdbool.h>
#include <stddef.h>

#define GRUB_TEXT_SIZE 256

struct grub_config {
    char superusers[GRUB_TEXT_SIZE]; // as it stands there; "": none
    char hashed[GRUB_TEXT_SIZE];     // who has a password_pbkdf2, each with a space behind
    bool has_plain;                  // a password in plain text
    size_t entries, unrestricted;    // of the menu; unrestricted: nobody is asked before it starts
    size_t recovery;                 // … that end in a shell of root
    size_t open_recovery;            // … of these those that are unrestricted
    bool is_odd;                     // a line too long, or too many
};

// Adds to *config what this text says; a text that comes later counts for superusers.
void grub_config_parse(const char *text, struct grub_config *config);
