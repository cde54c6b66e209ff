// SPDX-License-Identifier: GPL-3.0-or-later
// The clauses of the standard: their numbers, short titles, and in which ways each is kept.
#pragma once

#include <stdbool.h>
#include <stddef.h>

enum clause_way {
    CLAUSE_ENFORCED = 1,
    CLAUSE_DETECTED = 2,
    CLAUSE_RECORDED = 4,
    CLAUSE_ATTESTED = 8, // only a person can say so
};

struct clause {
    const char *name;  // "4 (2)"
    const char *title; // N_()
    unsigned ways;
};

extern const struct clause clauses[];
extern const size_t clauses_n;

// NULL if there is none of this name. Spaces don't count, and full-width brackets are brackets.
const struct clause *clause_find(const char *text);
// The name that `text` may have meant; NULL: none is near.
const char *clause_nearest(const char *text);
