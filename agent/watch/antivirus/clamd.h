// SPDX-License-Identifier: GPL-3.0-or-later
// A conversation with clamd (clamd(8), "COMMANDS"): one connection a command, each within a time.
#pragma once

#include "base/util.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define CLAMD_ANSWER_MAX (16 * 1024)
#define CLAMD_NAME_SIZE 128
#define CLAMD_PATIENCE_S 2        // for connecting and for a word
#define CLAMD_STREAM_PATIENCE_S 5 // for a scan

struct clamd {
    int root;         // descriptor of the root folder
    const char *path; // of its socket, absolute. Borrowed
};

// `command`: "VERSION". The answer without its NUL; the caller frees it. *ret_peer (NULL allowed):
// who listens there, 0 if that is not known. −ENOENT, −ECONNREFUSED: nobody listens; −ETIMEDOUT: no
// answer in time; −EFBIG, −EPROTO: no answer of clamd's.
must_check int clamd_ask(const struct clamd *clamd, const char *command, char **ret_answer,
                         uint32_t *ret_peer);
// Has it scan `data` (INSTREAM). 1: something was found, and *ret_name says what, escaped; 0:
// clean.
must_check int clamd_scan(const struct clamd *clamd, const void *data, size_t length,
                          char ret_name[CLAMD_NAME_SIZE]);

// "ClamAV 1.4.3/27000/Thu Nov 26 17:37:04 2026": which definitions it has loaded. −ENODATA: it does
// not say (none with a version); −EPROTO: this is no answer of clamd's.
must_check int clamd_parse_version(const char *answer, uint64_t *ret_version,
                                   uint64_t *ret_built_s);
// "stream: NAME FOUND", "stream: OK": as clamd_scan().
must_check int clamd_parse_scan(const char *answer, char ret_name[CLAMD_NAME_SIZE]);
