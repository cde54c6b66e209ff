// SPDX-License-Identifier: GPL-3.0-or-later
// Who may read a folder, reckoned as the kernel does from what `health` saw: rights, ACLs, accounts
// and groups (agent/watch/storage/readers.h and people.h).
#pragma once

#include "base/util.h"

#include <json-c/json.h>
#include <stdbool.h>
#include <stdint.h>

#define PERSON_NOBODY UINT32_MAX // no account has this uid

struct person {
    char *name;   // as it is shown; of a number without a name "uid 1234", "gid 1234". Owned
    uint32_t uid; // PERSON_NOBODY: only a group that has no name
    uint32_t *groups;
    size_t n_groups;
    bool named;
};

struct people {
    struct person *items;
    size_t n;
    json_object *groups; // borrowed
};
void people_clear(struct people *people);
// Everybody but root. −EBADMSG: the facts do not tell.
must_check int people_read(json_object *facts, struct people *ret);

// The person is in a group of this name.
bool person_is_in(const struct people *people, const struct person *person, const char *group);

// Those who own or are granted something of the folder, and have no name: they are persons, too.
must_check int people_of_numbers(const struct people *people, json_object *steps,
                                 struct people *ret);

// May the person get to the folder that these steps lead to, and read in it? NULL: somebody who is
// in no group and owns nothing. 1, 0; −EBADMSG: the facts do not tell.
must_check int person_may_read(const struct person *person, json_object *steps);
