// SPDX-License-Identifier: GPL-3.0-or-later
// Inside the room: what a look at the storage has at hand, and how it writes down what it sees.
#pragma once

#include "base/json.h"
#include "base/mountinfo.h"
#include "base/util.h"

#include <stdbool.h>
#include <stdint.h>

struct survey {
    int root;     // of the machine; borrowed
    char *prefix; // the path of that folder as this process sees it; "" for "/"
    struct mountinfo mounts;
    int mounts_error;  // −errno: why there is no table
    unsigned n_layers; // written down so far
};
must_check int survey_begin(int root, struct survey *ret);
void survey_end(struct survey *survey);

// Opens a path of the machine, which may hold symlinks; they stay below the root.
must_check int survey_open(const struct survey *survey, const char *path, int flags, int *ret_fd);
// Where an open one truly lies: without symlinks, as mountinfo names places.
must_check int survey_place(const struct survey *survey, int fd, char **ret);
// A path by which an O_PATH descriptor can be asked for attributes.
#define SURVEY_SELF_SIZE 32
void survey_self(int fd, char ret[SURVEY_SELF_SIZE]);

// Nothing below fails: what can't be written down is missing, and what is missing is never judged
// to be in order.

// Adds a layer ("mount", "block", …) to `list` and returns it, borrowed. NULL: lack of memory, or
// more layers than anybody could judge, which stands in the list then.
json_object *survey_add_layer(struct survey *survey, json_object *list, const char *layer);
// An object appended to a list. Borrowed; NULL on lack of memory.
json_object *survey_append(json_object *list);
// The list of what an object stands on, or of its parts; made if it is missing. Borrowed; NULL on
// lack of memory.
json_object *survey_list(json_object *object, const char *key);
// A name from outside, escaped. Cut if it is longer than a path can be.
void survey_add_name(json_object *object, const char *key, const char *name);
// "error": "EACCES".
void survey_add_error(json_object *object, const char *key, int error);
// A layer of which nothing more is known, and why: "EACCES", or a word of ours.
void survey_add_unknown(struct survey *survey, json_object *list, const char *name,
                        const char *why);
