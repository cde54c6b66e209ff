// SPDX-License-Identifier: GPL-3.0-or-later
// What a site's bundle has left on this workstation: STATE/keys/site/, and the site's files in
// policy.d/. A command puts a bundle's files into keys/site.next/; one exchange of the two folders
// makes them hold, and policy.d/ follows, at the next start at the latest.
#pragma once

#include "base/util.h"
#include "daemon/options.h"
#include "site/applied.h"

#include <stdbool.h>

#define ENROL_SITE "keys/site"
#define ENROL_NEXT "keys/site.next"
#define ENROL_POLICY "policy" // folder in either

// −ENOENT: there is none, or it holds no bundle; −EBADMSG: what is there is none.
must_check int enrol_files_read(const struct places *places, const char *folder,
                                struct applied *ret);

// Makes the two change places. After a power cut it is before or after.
must_check int enrol_files_exchange(const struct places *places);
// policy.d/ gets the site's files as keys/site/ has them. 0 too if no bundle was ever applied.
must_check int enrol_files_settle(const struct places *places);

// That the exchange has no row yet; stands in the folder that holds.
must_check int enrol_files_mark(const struct places *places, const char *folder);
bool enrol_files_are_marked(const struct places *places);
must_check int enrol_files_unmark(const struct places *places);

// That the next start founds another ledger, with other keys.
must_check int enrol_files_ask_anew(const struct places *places);
bool enrol_files_want_anew(const struct places *places);
must_check int enrol_files_end_anew(const struct places *places);
