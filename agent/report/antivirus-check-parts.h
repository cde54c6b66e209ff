// SPDX-License-Identifier: GPL-3.0-or-later
// Inside the room: which product is judged, and how a finding about it is given.
#pragma once

#include "report/check.h"

#include <json-c/json.h>
#include <stdbool.h>

// The product that counts: the policy's, else the first installed whose profile was tried, else the
// first installed.
struct antivirus_seen {
    json_object *product; // NULL: none is installed
    const char *name, *title;
    bool tried;
};

// 1: there is one; 0: there is none, and *ret is the finding (unverified); −ENOMEM.
must_check int antivirus_choose(const struct check_sources *sources, struct antivirus_seen *seen,
                                struct check_result *ret);

// As check_give(), with the product as subject. A product whose profile nobody tried is never ok.
must_check int antivirus_give(const struct antivirus_seen *seen, struct check_result *ret,
                              enum finding_value value, char *evidence, char *remedy);
// Unverified: there is no policy that says what is asked for.
must_check int antivirus_give_without_policy(struct check_result *ret);
// Unverified: `health` could not find it out ("EACCES").
must_check int antivirus_give_error(const struct antivirus_seen *seen, const char *what,
                                    const char *error, struct check_result *ret);

// Days since then, in whole days; −1: it lies in the future, so that a clock is wrong.
long antivirus_days_since(uint64_t then_s, uint64_t now_ns);
int antivirus_give_future(const struct antivirus_seen *seen, uint64_t then_s,
                          struct check_result *ret);

int antivirus_look_at_running(const struct check *check, const struct check_sources *sources,
                              struct check_result *ret);
int antivirus_look_at_definitions(const struct check *check, const struct check_sources *sources,
                                  struct check_result *ret);
int antivirus_look_at_proof(const struct check *check, const struct check_sources *sources,
                            struct check_result *ret);
int antivirus_look_at_access(const struct check *check, const struct check_sources *sources,
                             struct check_result *ret);
int antivirus_look_at_scan(const struct check *check, const struct check_sources *sources,
                           struct check_result *ret);
int antivirus_look_at_detections(const struct check *check, const struct check_sources *sources,
                                 struct check_result *ret);
