// SPDX-License-Identifier: GPL-3.0-or-later
// The files of auditd's log in the order in which they were written, rotated ones included. Each is
// held by a hard link of ours until it is let go, so that auditd may rotate it away meanwhile.
#pragma once

#include "base/util.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#define LOG_FOLDER "audit"      // below /var/log
#define LOG_HELD "sekisho-held" // below it
#define LOG_FILES_MAX 1024

struct log_file {
    uint64_t device, inode;
    uint64_t order; // grows from file to file
};

struct log_files {
    int folder, held; // owned descriptors
    struct log_file *items;
    size_t n;
};

// −ENOENT: there is no such folder below `log`.
must_check int log_files_open(int log, struct log_files *ret);
void log_files_close(struct log_files *files);
// Looks which files there are and holds those that are new. The list only grows at its end. −ENFILE
// over LOG_FILES_MAX.
must_check int log_files_scan(struct log_files *files);
// The file as held. −errno.
must_check int log_files_open_file(const struct log_files *files, size_t i, int *ret_fd);
// −ENOENT: not in the list.
must_check int log_files_find(const struct log_files *files, uint64_t device, uint64_t inode,
                              size_t *ret);
// Those before this one are not needed any more.
void log_files_let_go(struct log_files *files, uint64_t device, uint64_t inode);
// Is the file still there under a name of auditd's?
bool log_files_is_named(const struct log_files *files, size_t i);
