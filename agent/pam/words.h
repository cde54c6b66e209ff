// SPDX-License-Identifier: GPL-3.0-or-later
// What whoever logs in is told, in the session's language.
#pragma once

#include "fact/roster.h"

#include <security/pam_modules.h>

enum words_language { WORDS_ENGLISH, WORDS_JAPANESE, WORDS_LANGUAGE_MAX };

// By the environment of the program, the session's as far as PAM knows it, or the machine's own.
// Programs that ask for a password before anybody is logged in have set no locale: so gettext would
// always say English. The console of the kernel has no Japanese letters.
enum words_language words_language(pam_handle_t *pamh, const char *tty);

// NULL: nothing is to be said. `unknown`: neither daemon nor fallback could say anything.
const char *words_for(enum roster_verdict verdict, enum words_language language);
const char *words_for_unknown(enum words_language language);
const char *words_for_contact(enum words_language language); // a format with one %s
