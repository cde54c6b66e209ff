// SPDX-License-Identifier: GPL-3.0-or-later
// Where access is to be audited: protected folders, each mount below one, and writable media.
#pragma once

#include "daemon/options.h"
#include "daemon/usb-guard.h"
#include "policy/policy.h"

#define AUDIT_PLACES_MAX 256

struct audit_spot {
    char *path;     // owned
    bool is_medium; // a mounted USB disk; otherwise a protected folder or a mount below one
    uint64_t mount; // id of the mount that it lies on: rules go with it
    uint64_t inode; // of a folder that the policy names: rules go with it, too; 0: not known
};

struct audit_places {
    struct audit_spot *items;
    size_t n;
    bool cut; // there were more than AUDIT_PLACES_MAX
};
void audit_places_clear(struct audit_places *places);
// NULL: there is none.
const struct audit_spot *audit_places_find(const struct audit_places *places, const char *path);

struct audit_places_sources {
    const struct places *places;
    const struct policy *policy; // NULL: no folders
    const struct usb_guard *usb; // whose disks carry the system itself
};
must_check int audit_places_read(const struct audit_places_sources *sources,
                                 struct audit_places *ret);
