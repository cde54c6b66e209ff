// SPDX-License-Identifier: GPL-3.0-or-later
// What a pop-up says, in the session's language: what happened, what to do, whom to call, and what
// exactly it was. Pure.
#pragma once

#include "base/json.h"

#include <stdbool.h>
#include <stdint.h>

#define WORDS_TITLE_COLUMNS 40     // a kanji takes two
#define WORDS_ADVICE_COLUMNS 120   // three lines of a narrow pop-up
#define WORDS_SENTENCE_COLUMNS 160 // longer ones are cut: names of devices are theirs to choose
#define WORDS_OFFICER_COLUMNS 80

struct words {
    char *title;
    char *body; // lines
};
void words_clear(struct words *words);

// For an alert as the agent told it. `markup`: the desktop reads the body as markup, so that what
// comes from outside has to be escaped. `failed`: the last answer could not be recorded. −ENOMEM.
must_check int words_make(json_object *alert, bool markup, bool failed, struct words *ret);
// For the pop-up that counts further alerts.
must_check int words_make_rest(uint64_t n, struct words *ret);
const char *words_answer(void); // on the button
// One more line below the body, cut to so many columns. −ENOMEM.
must_check int words_add(struct words *words, const char *line, unsigned columns, bool markup);

// The text as it is, or cut to so many columns with "…". NULL on lack of memory.
char *words_fit(const char *text, unsigned columns);
unsigned words_columns(const char *text);
// &, < and > as entities. NULL on lack of memory.
char *words_escape(const char *text);
