// SPDX-License-Identifier: GPL-3.0-or-later
// Whole paths out of what a record says: a name, the working folder, a descriptor.
#pragma once

#include "fact/audit_event.h"
#include "watch/audit/descriptors.h"
#include "watch/audit/record.h"

struct path_item { // one PATH record
    uint64_t item, inode, device;
    bool parent, created, deleted; // nametype
    bool folder;
    char *name; // raw bytes; NULL: the record has none
    size_t length;
};
void path_item_clear(struct path_item *item);
// −ENOMEM.
must_check int path_item_read(const struct record *record, struct path_item *ret);

// What a name may be relative to.
struct path_base {
    const char *folder;                  // the working folder, raw; NULL: not in the records
    bool is_working;                     // the name is relative to it
    const struct descriptor *descriptor; // else to this; NULL: not known
    uint64_t parent;                     // inode of the folder that the file is in; 0: not told
};

// The raw whole path, without "//", "/./" and a slash at the end; NULL in *ret where it can't be
// told. The caller frees it. 0 or −ENOMEM.
must_check int path_resolve(const struct path_item *item, const struct path_base *base, char **ret,
                            enum audit_way *ret_way);
// Fills in the path of an event: the whole one, or the bare name as unresolved.
must_check int path_set(struct audit_path *path, const struct path_item *item, const char *whole,
                        enum audit_way way);
