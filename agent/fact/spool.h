// SPDX-License-Identifier: GPL-3.0-or-later
// The spool: verdicts that usb-verdict reached while the daemon was away, one small JSON file each
// in /run/sekisho/spool/, for the daemon to record when it comes. It survives from the initramfs to
// the end of the boot. The same device may stand in it more than once (initramfs, then the
// coldplug of udev): bus and address tell.
#pragma once

#include "base/moment.h"
#include "base/util.h"
#include "fact/usb.h"

#include <stddef.h>
#include <stdint.h>

#define SPOOL_FILES_MAX 4096
#define SPOOL_FILE_MAX (64 * 1024)

struct spool_entry {
    struct moment at;
    struct usb_device *device; // without what the kernel says of grants and drivers; owned
    char *verdict;             // "allow", "partial", "block"
    char *reason;              // reason_to_str()
    char *rule;                // as in struct verdict
    char *mode;                // "observe", "enforce"
    int error;                 // 0, or the errno with which enforcing it failed
};
void spool_entry_free(struct spool_entry *entry);
DEFINE_CLEANUP(struct spool_entry, spool_entry_free)

// `run` is a descriptor of /run/sekisho. Writes one file: it is there whole or not at all. 1 if
// there are SPOOL_FILES_MAX already: then it is only counted.
must_check int spool_write(int run, const struct spool_entry *entry);

// Hands over every file, oldest first, and deletes it once the callback has returned 0 (which means
// "recorded durably"); a negative answer stops and is returned. `entry` is NULL for a file that
// can't be believed: somebody meddled with it. After a crash in between a file comes again, with
// the same `name` (unique within a boot). Then *ret_lost says how many more there were.
typedef int (*spool_callback)(void *context, const char *name, const struct spool_entry *entry);
must_check int spool_take_all(int run, spool_callback callback, void *context, uint64_t *ret_lost);

// The file's content. −EBADMSG for anything that spool_entry_to_json() would not have written.
must_check int spool_entry_to_json(const struct spool_entry *entry, char **ret);
must_check int spool_entry_from_json(const char *json, size_t length, struct spool_entry **ret);
