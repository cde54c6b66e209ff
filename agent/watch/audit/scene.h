// SPDX-License-Identifier: GPL-3.0-or-later
// A system call as its records tell it: which of the paths in them is what, and where it leads.
#pragma once

#include "watch/audit/calls.h"
#include "watch/audit/interpret.h"
#include "watch/audit/path.h"

#define SCENE_ITEMS_MAX (INTERPRET_EVENTS_MAX - 1) // a rename has up to five, a ring any number

struct scene {
    const struct records *records;
    const struct record *call_record;
    const struct call *call;
    struct descriptors *descriptors;
    char *working; // folder, raw; NULL
    struct path_item items[SCENE_ITEMS_MAX];
    size_t n;
    size_t which; // of the events that these records are
};

void scene_clear(struct scene *scene);
// Reads CWD and PATH. −ENOMEM.
must_check int scene_read(struct scene *scene);

// There is no event `which` in these records. What is missing in them is told as one object more.
bool scene_is_over(const struct scene *scene);
// The object of a call with one path, or the one that `which` says; NULL: none.
const struct path_item *scene_find_object(const struct scene *scene);
// The first such that is no parent; NULL: none.
const struct path_item *scene_find(const struct scene *scene, bool created, bool deleted);

// A descriptor's number as an argument holds it, 32 bits of a register; false: there is none.
bool scene_read_argument(const struct scene *scene, int which, int32_t *ret);
// `which`: the argument that the path is relative to. *ret_whole: raw, the caller frees it; NULL
// where it can't be told. −ENOMEM.
must_check int scene_set_path(const struct scene *scene, const struct path_item *item, int which,
                              struct audit_path *ret, char **ret_whole);
