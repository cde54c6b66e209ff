// SPDX-License-Identifier: GPL-3.0-or-later
// Inside this room of checks: the entries that the agent answers, and the checks of one register
// each.
#pragma once

#include "policy/record.h"
#include "report/check.h"

// Unverified: the agent, or what it answers, is not there.
must_check int attest_give_unanswered(const struct check_records *records,
                                      struct check_result *ret);

// Calls `see` for each entry of that register and clause (NULL: every one) that can be read as one;
// others are no entries. −ENOMEM.
typedef void (*attest_visitor)(void *context, const struct record *record);
must_check int attest_visit(const struct check_records *records, enum record_register which,
                            const char *clause, attest_visitor see, void *context);

// The attestation of a clause that counts today: the last one that holds, or else the last one.
struct attest_found {
    struct record *record; // owned; NULL: there is none
    enum record_state state;
};
void attest_found_clear(struct attest_found *found);
must_check int attest_find(const struct check_sources *sources, const char *clause,
                           struct attest_found *ret);
// What the person found by one that holds: ok unless it says otherwise. With `more` behind the
// evidence (NULL: nothing).
must_check int attest_give_found(const struct attest_found *found, uint64_t now_ns,
                                 const char *more, struct check_result *ret);
// Unverified: none holds; the remedy is to attest.
must_check int attest_give_missing(const struct check *check, const struct attest_found *found,
                                   struct check_result *ret);

// A clause's attestation, or what is to be done for one.
must_check int attest_look(const struct check *check, const struct check_sources *sources,
                           struct check_result *ret);

// The checks that look at more than an attestation.
must_check int attest_look_at_incidents(const struct check *check,
                                        const struct check_sources *sources,
                                        struct check_result *ret);
must_check int attest_look_at_officers(const struct check *check,
                                       const struct check_sources *sources,
                                       struct check_result *ret);
must_check int attest_look_at_review(const struct check *check, const struct check_sources *sources,
                                     struct check_result *ret);
must_check int attest_look_at_entries(const struct check *check,
                                      const struct check_sources *sources,
                                      struct check_result *ret);
must_check int attest_look_at_assets(const struct check *check, const struct check_sources *sources,
                                     struct check_result *ret);
must_check int attest_look_at_take_outs(const struct check *check,
                                        const struct check_sources *sources,
                                        struct check_result *ret);
must_check int attest_look_at_audits(const struct check *check, const struct check_sources *sources,
                                     struct check_result *ret);
