// SPDX-License-Identifier: GPL-3.0-or-later
// Erasing one file: what is looked at before anything is recorded, and the act. With the rights of
// whoever runs the command, and without following a symbolic link anywhere on the way.
#pragma once

#include "base/digest.h"
#include "base/text.h"
#include "fact/erasure.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

struct erase_file {
    char *path;       // absolute and true: no symlinks
    const char *name; // its last part
    int parent;       // the folder that it is in; −1 while it is not looked at
    int fd;           // open for writing, under a lease where there is one; −1: not
    dev_t device;     // … and inode: which file it is, whatever its name is by then
    uint64_t inode;
    uint64_t size;
    uint64_t links;
    bool taken;                  // another program has it open
    bool alone;                  // nobody else had it open, the kernel says
    char hash[DIGEST_TEXT_SIZE]; // before; "" if nobody asked
    char luks[UUID_TEXT_SIZE];   // of a container whose keys are destroyed; "": it is none
    uint64_t keys;               // … and how many bytes at its begin hold them
    const char *why;             // N_(), what kept it from being erased; NULL: nothing
    struct erase_evidence evidence;
    bool gone; // unlinked by us; of a container: its keys are
};
void erase_file_clear(struct erase_file *file);

// Finds the file and opens it, unless it is one of the `n` others under another name;
// file->why tells what is against it. −ENOMEM.
must_check int erase_file_look(const char *path, const struct erase_file *others, size_t n,
                               struct erase_file *file);
must_check int erase_file_hash(struct erase_file *file);
// Overwrites, reads back, unlinks. What failed stands in file->why, and then the name is still
// there unless file->gone says otherwise. Closes it.
void erase_file_do(struct erase_file *file);
// Another name of a file that was just done; NULL: it was not.
void erase_file_follow(struct erase_file *file, const struct erase_file *first);

// Takes a write lease, which only who has the file open alone is given: NULL, or why not (N_()).
const char *erase_file_take_lease(struct erase_file *file);
// Why an errno keeps it from being erased. N_().
const char *erase_file_explain(int error);
// What lies below it, into file->evidence.
must_check int erase_file_look_below(struct erase_file *file);

// Opens a folder without following a symlink, wherever in its path. −ELOOP: there is one.
must_check int erase_open_folder(const char *path, int *ret);
