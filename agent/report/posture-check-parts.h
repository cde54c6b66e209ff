// SPDX-License-Identifier: GPL-3.0-or-later
// What the files of posture-check share: finding a part of the facts, gathering what is not in
// order, and saying so.
#pragma once

#include "base/json.h"
#include "report/check.h"

#include <stdbool.h>
#include <stddef.h>

// What is not in order, by names that are the same in each language. Empty when zeroed.
struct posture_found {
    char **items;
    size_t n;
    bool failed; // lack of memory
};
void posture_found_clear(struct posture_found *found);
void posture_found_add(struct posture_found *found, const char *format, ...) printf_like(2, 3);
bool posture_found_has(const struct posture_found *found, const char *name);

// A check that gathers what is not in order: none is ok.
struct posture_question {
    const char *part;  // of the facts: "boot.grub"
    const char *needs; // a key of it without which nothing can be said
    const char *also;  // another part that has to be read in full; NULL: none
    void (*collect)(const struct check_sources *sources, json_object *part,
                    struct posture_found *found);
    const char *ok, *bad, *remedy; // N_(); what was found stands behind `bad`
};
// The `look` of such a check; `about` is the question.
must_check int posture_look(const struct check *check, const struct check_sources *sources,
                            struct check_result *ret);

// "boot.grub" of what health saw; NULL: it is not there. Borrowed.
json_object *posture_part(const struct check_sources *sources, const char *path);
// Unverified: nothing was seen of it.
must_check int posture_give_unseen(const struct check_sources *sources, struct check_result *ret);
// Something of the part could not be read.
bool posture_is_incomplete(json_object *part);
// Unverified: what could not be read of the part, or that it does not say what it should.
must_check int posture_give_unread(json_object *part, struct check_result *ret);
// Violation (or another value) about what was found; `bad` and `remedy` are in the session's
// language.
must_check int posture_give_found(const struct posture_found *found, enum finding_value value,
                                  const char *bad, const char *remedy, struct check_result *ret);
must_check int posture_give_ok(const char *text, struct check_result *ret);
must_check int posture_give_not_applicable(const char *text, struct check_result *ret);
// Unverified: there is no policy to judge by.
must_check int posture_give_no_policy(struct check_result *ret);

static inline size_t posture_length(json_object *array)
{
    return json_object_is_type(array, json_type_array) ? json_object_array_length(array) : 0;
}
// The text of an array's item; NULL: it is none.
const char *posture_text_at(json_object *array, size_t i);

static inline void posture_found_clear_p(struct posture_found *found)
{
    posture_found_clear(found);
}

// ---- Checks in the files of their topics -------------------------------------------------------

// posture-check-logins.c
int posture_look_at_autologin(const struct check *check, const struct check_sources *sources,
                              struct check_result *ret);
int posture_look_at_pam(const struct check *check, const struct check_sources *sources,
                        struct check_result *ret);
int posture_look_at_nullok(const struct check *check, const struct check_sources *sources,
                           struct check_result *ret);
// posture-check-accounts.c
extern const struct posture_question posture_empty_passwords, posture_shared_accounts,
    posture_uid_zero, posture_duplicate_uids;
// posture-check-ssh.c
int posture_look_at_ssh_root(const struct check *check, const struct check_sources *sources,
                             struct check_result *ret);
int posture_look_at_ssh_passwords(const struct check *check, const struct check_sources *sources,
                                  struct check_result *ret);
int posture_look_at_ssh_keys(const struct check *check, const struct check_sources *sources,
                             struct check_result *ret);
// posture-check-screen.c
int posture_look_at_screen_lock(const struct check *check, const struct check_sources *sources,
                                struct check_result *ret);
// posture-check-boot.c
extern const struct posture_question posture_lockdown;
int posture_look_at_boot_password(const struct check *check, const struct check_sources *sources,
                                  struct check_result *ret);
int posture_look_at_recovery(const struct check *check, const struct check_sources *sources,
                             struct check_result *ret);
int posture_look_at_secure_boot(const struct check *check, const struct check_sources *sources,
                                struct check_result *ret);
// posture-check-clock.c
int posture_look_at_clock_source(const struct check *check, const struct check_sources *sources,
                                 struct check_result *ret);
int posture_look_at_clock_rtc(const struct check *check, const struct check_sources *sources,
                              struct check_result *ret);
int posture_look_at_time_zone(const struct check *check, const struct check_sources *sources,
                              struct check_result *ret);
// posture-check-memory.c
int posture_look_at_core_dumps(const struct check *check, const struct check_sources *sources,
                               struct check_result *ret);
int posture_look_at_hibernation(const struct check *check, const struct check_sources *sources,
                                struct check_result *ret);
// posture-check-rights.c
extern const struct posture_question posture_own_paths, posture_own_package;
int posture_look_at_sudo(const struct check *check, const struct check_sources *sources,
                         struct check_result *ret);
int posture_look_at_administrators(const struct check *check, const struct check_sources *sources,
                                   struct check_result *ret);
