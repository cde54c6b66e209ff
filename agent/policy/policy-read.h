// SPDX-License-Identifier: GPL-3.0-or-later
// Inside the policy's room: from files to texts, from texts to a policy, and the list of what is
// wrong on the way.
#pragma once

#include "policy/policy.h"

#include <stdbool.h>

#define POLICY_TEXT_MAX (256 * 1024) // all files together: the ledger holds them as one text
#define POLICY_FILES_MAX 64

// One file, as read.
struct policy_file {
    char *name; // as shown to people: "/etc/sekisho/policy.conf", escaped
    char *text;
    size_t length;
};
struct policy_files {
    struct policy_file *items;
    size_t n;
};
void policy_files_clear(struct policy_files *files);

// Takes over `what` and `remedy`, also on failure; NULL for either is lack of memory. Keeps the
// list in the order of files and lines. `line` 0: the file as a whole.
must_check int policy_mistake_add(struct policy_mistakes *mistakes, const char *file, unsigned line,
                                  char *what, char *remedy);

// policy.conf, then policy.d/*.conf in name order. What can't be read or trusted is a mistake and
// left out. 0 or −ENOMEM. `site`: descriptor of a folder whose files count instead of those in
// policy.d that begin with POLICY_SITE_PREFIX; −1: there is none.
must_check int policy_files_read(int etc, int site, const char *folder_name, uid_t trusted_owner,
                                 struct policy_files *ret, struct policy_mistakes *mistakes);
must_check int policy_files_read_one(const char *path, uid_t trusted_owner,
                                     struct policy_files *ret, struct policy_mistakes *mistakes);

// What libconfig would not tell, or would tell badly: the encoding, control characters, @include.
// 0 or −ENOMEM; *ret_clean says that libconfig may read it.
must_check int policy_text_check(const struct policy_file *file, struct policy_mistakes *mistakes,
                                 bool *ret_clean);

// Adds every mistake of every file; 0, −EINVAL if there is any (from before, too), −ENOMEM.
must_check int policy_parse(const struct policy_files *files, struct policy **ret,
                            struct policy_mistakes *mistakes);
