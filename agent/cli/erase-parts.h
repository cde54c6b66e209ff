// SPDX-License-Identifier: GPL-3.0-or-later
// What the files of `sekisho erase` share.
#pragma once

#include "cli/cli.h"
#include "cli/erase-file.h"

// ---- erase-container.c: the keys of an encrypted container
// ---------------------------------------

// As erase_file_look(), of a LUKS container in a file or on a device. −ENOMEM.
must_check int erase_container_look(const char *path, struct erase_file *file);
// Destroys its headers and key slots; as erase_file_do(), but for the name, which stays.
void erase_container_do(struct erase_file *file);

// ---- erase-extents.c: where the content lies on the device
// ---------------------------------------

struct erase_extent {
    uint64_t logical, physical, length;
};
struct erase_extents {
    struct erase_extent *items; // adjacent ones are one
    size_t n;
    bool known;  // the file system tells, and all of it is content of its own on the device
    bool shared; // with a snapshot or a copy, or not in blocks of its own
};
void erase_extents_clear(struct erase_extents *extents);
must_check int erase_extents_read(int fd, struct erase_extents *ret); // −ENOMEM, −EIO
bool erase_extents_equal(const struct erase_extents *a, const struct erase_extents *b);

// ---- erase-content.c: new content over the old
// ---------------------------------------------------

// Writes to every range of the first `size` bytes that holds content (of a device: to all of it)
// and reads it back past the cache. −EIO: it reads otherwise than it was written.
must_check int erase_content(int fd, uint64_t size);

// ---- erase-list.c: which files
// -------------------------------------------------------------------

#define ERASE_FILES_MAX 10000 // of one command

struct erase_list {
    char **paths; // owned
    size_t n;
    char **folders; // that were gone into, innermost first; owned
    size_t n_folders;
};
void erase_list_clear(struct erase_list *list);
// Adds a file, or with `recursive` a folder and what is in it, on the same file system. −EISDIR,
// −E2BIG, −ELOOP, other −errno.
must_check int erase_list_add(struct erase_list *list, const char *path, bool recursive);

// ---- erase-record.c: the rows
// --------------------------------------------------------------------

struct erase_job {
    const char *reason;       // NULL: none was given
    uint64_t whole;           // number of the certificate; 0: nothing is recorded yet
    json_object *certificate; // what the agent answered last; owned
};
// The intent, durable before anything is touched: its number. Says why not.
enum cli_exit erase_record_begin(struct erase_job *job, const struct erase_file *files, size_t n,
                                 uint64_t *ret_number);
enum cli_exit erase_record_end(struct erase_job *job, uint64_t number,
                               const struct erase_file *files, size_t n);

// ---- erase-register.c: what was erased
// ---------------------------------------

// From the ledger, with what was left unfinished. Says why not.
enum cli_exit erase_register_list(int argc, char *argv[], const struct cli_options *options);

// ---- erase-certificate.c: the certificate
// --------------------------------------------------------

// From the ledger. Says why not.
enum cli_exit erase_certificate_print(int argc, char *argv[], const struct cli_options *options);
// Writes certificate-NUMBER.{ja,en}.{html,txt} into `folder` from what the agent answered.
enum cli_exit erase_certificate_write(json_object *certificate, const char *folder);
