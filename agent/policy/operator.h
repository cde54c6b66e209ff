// SPDX-License-Identifier: GPL-3.0-or-later
// An operator: a person who is designated to work on this PC with protected data, by login name,
// from when until when, with what training and with which folders. Clauses 3 (2), 3 (3), 5 (5).
//
// Each row of the ledger about one holds all of it, so that the newest says what is so now.
#pragma once

#include "policy/permit.h"
#include "policy/policy.h"

#define OPERATORS_MAX 500     // in the register; the oldest that has ended makes room
#define OPERATOR_TEXT_MAX 256 // bytes of a text
#define OPERATOR_FOLDERS_MAX 16
#define OPERATOR_FOLDER_MAX 512   // bytes of each
#define OPERATOR_TRAININGS_MAX 12 // the newest; the rows of the ledger have all
#define OPERATOR_JSON_MAX 8192    // bytes of an entry: a hundred fit into a row of the ledger

struct operator_training {
    char *date; // "2026-11-26"
    char *subject;
};

struct operator_entry {
    uint64_t number; // sequence of its newest row
    char *login;     // name of the account
    uint32_t uid;    // of that account when the person was registered
    char *person;
    uint64_t from_ns, until_ns; // from the first on, up to the second; 0: open
    struct operator_training trainings[OPERATOR_TRAININGS_MAX]; // by date
    size_t n_trainings;
    char *folders[OPERATOR_FOLDERS_MAX]; // as the policy names them
    size_t n_folders;
    char *by; // login name of who registered them
    uint32_t by_uid;
    uint64_t made_ns;
    char *reason;      // of the end; NULL: none was given
    uint64_t ended_ns; // removed then; 0: not
    char *ended_by;
    uint32_t ended_by_uid;
};

void operator_free(struct operator_entry *entry);
DEFINE_CLEANUP(struct operator_entry, operator_free)
must_check int operator_copy(const struct operator_entry *entry, struct operator_entry **ret);

// As useradd(8) takes names, capitals and dots too.
bool operator_is_login(const char *name);
// −ENOSPC: more than OPERATOR_FOLDERS_MAX; one that stands there already is no second one.
must_check int operator_add_folder(struct operator_entry *entry, const char *folder);
bool operator_has_folder(const struct operator_entry *entry, const char *folder);
// In the order of dates. In a full list the oldest makes room. −EINVAL: it is no date.
must_check int operator_add_training(struct operator_entry *entry, const char *date,
                                     const char *subject);

// By local dates: the first moment at which the last training is no longer recent enough, and the
// one from which on that is not tolerated any more; 0: never. Without any training both are 1.
struct operator_terms {
    uint64_t overdue_ns, untrained_ns;
};
struct operator_terms operator_terms(const struct operator_entry *entry,
                                     const struct training_policy *training);

enum operator_standing {
    OPERATOR_ALLOWED,
    OPERATOR_OVERDUE, // allowed, but the training is overdue
    OPERATOR_NOT_YET,
    OPERATOR_ENDED,
    OPERATOR_UNTRAINED,
    OPERATOR_STANDING_MAX,
};
const char *operator_standing_to_str(enum operator_standing standing); // "allowed", "not-yet", …
enum operator_standing operator_may_work(const struct operator_entry *entry,
                                         const struct training_policy *training,
                                         const struct permit_clock *clock);

// As one JSON object: the details of its rows, and the register. There is one way to write each.
// −EINVAL: something is missing, too long, not in its escaped form, or ends before it begins. The
// caller puts or frees it.
struct json_object;
must_check int operator_to_object(const struct operator_entry *entry, struct json_object **ret);
must_check int operator_to_json(const struct operator_entry *entry, char **ret);
// −EBADMSG for anything that operator_to_json() would not have written, byte for byte.
must_check int operator_from_json(const char *json, struct operator_entry **ret);
// The same as an object inside a larger document; a doubled key can't be seen here.
must_check int operator_from_object(struct json_object *object, struct operator_entry **ret);
