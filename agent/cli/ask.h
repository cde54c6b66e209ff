// SPDX-License-Identifier: GPL-3.0-or-later
// Asking the person at the terminal: yes or no, and passphrases of keys.
#pragma once

#include "cli/cli.h"

#include <stdbool.h>

#define PASSPHRASE_MIN 12   // bytes of a new one
#define PASSPHRASE_MAX 1023 // bytes
#define PASSPHRASE_SIZE (PASSPHRASE_MAX + 1)

// Reads a line from standard input: does it begin with "y"? The question is the caller's to print.
bool ask_is_agreed(void);

// Where passphrases come from: the terminal, unless one of these is set.
struct passphrase_source {
    bool none;        // keys have none
    const char *file; // one a line
};

struct passphrase {
    bool is_set;
    char text[PASSPHRASE_SIZE]; // wiped when it goes out of scope by passphrase_clear()
};
void passphrase_clear(struct passphrase *passphrase);
// For key_write_at(): NULL if it has none.
static inline const char *passphrase_text(const struct passphrase *passphrase)
{
    return passphrase->is_set ? passphrase->text : NULL;
}

struct passphrase_question {
    const struct command *command;
    const struct passphrase_source *source;
    const char *what; // the key: "site.key", shown
    unsigned line;    // in the file, 0 the first; what the file lacks, its first line serves
};
// For a key that is to be written: asked for twice, without echo.
enum cli_exit passphrase_choose(const struct passphrase_question *question, struct passphrase *ret);
// For one that has a passphrase already.
enum cli_exit passphrase_ask(const struct passphrase_question *question, struct passphrase *ret);
