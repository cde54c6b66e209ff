// SPDX-License-Identifier: GPL-3.0-or-later
// How the topics of posture look at the machine: files below one root folder, each read whole
// within a limit, and every one that could not be read is named in the topic's "errors". Paths are
// absolute, and stay below the root whatever symlinks say.
#pragma once

#include "base/json.h"
#include "base/util.h"
#include "watch/posture/accounts.h"

#include <stdbool.h>
#include <stddef.h>

struct sight {
    int root;           // descriptor of the machine's root folder; borrowed
    json_object *topic; // what the present topic has to say; borrowed
    bool is_machine;    // root is the machine that we run on
    bool with_package;  // asked to run dpkg, too
    struct accounts accounts;
    int passwd_error, shadow_error; // −errno: why they are not known
    int r;                          // −ENOMEM: something could not even be noted
};

// {"path", "error": "EACCES"} in the topic's "errors".
void sight_note(struct sight *sight, const char *path, int error);

// Notes what is not known of the accounts, for a topic that builds upon them.
void sight_note_accounts(struct sight *sight);

// Opens within the root. −errno; notes nothing. `flags` as of openat.
must_check int sight_open(const struct sight *sight, const char *path, int flags);

// A regular file as text. −ENOENT is for the caller to judge; all other failures are noted.
must_check int sight_read(struct sight *sight, const char *path, char **ret);
// One without which nothing can be said: that it is missing is noted, too.
must_check int sight_read_needed(struct sight *sight, const char *path, char **ret);

// Is there anything under that name? A symlink that leads nowhere is something. What can't be told
// is noted.
bool sight_has(struct sight *sight, const char *path);
// Notes it if it is missing: an empty tree says nothing about a machine.
bool sight_has_needed(struct sight *sight, const char *path);
// Where a symlink leads, as it stands there; NULL: it is none. What can't be told is noted.
char *sight_link(struct sight *sight, const char *path);

#define SIGHT_NAMES_MAX 1024
struct sight_names {
    char *items[SIGHT_NAMES_MAX];
    size_t n;
};
void sight_names_clear(struct sight_names *names);
// The entries that end in `suffix`, in the order of their bytes. None if there is no such folder.
// Those beyond the limit are noted as E2BIG.
void sight_list(struct sight *sight, const char *folder, const char *suffix,
                struct sight_names *ret);

// What stands in a file, made printable and cut.
void sight_add_text(json_object *object, const char *key, const char *value);
// Appends to an array, as long as it has fewer than SIGHT_ITEMS_MAX; then E2BIG is noted once, by
// `path`. Takes `item`.
#define SIGHT_ITEMS_MAX 512
void sight_append(struct sight *sight, json_object *array, json_object *item, const char *path);
// A new array under that key of the object. Borrowed; NULL on lack of memory, which is kept.
json_object *sight_array(struct sight *sight, json_object *object, const char *key);
// A printable text for an array.
json_object *sight_text(const char *value);
