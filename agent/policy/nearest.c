// SPDX-License-Identifier: GPL-3.0-or-later
// "Did you mean …?": the edit distance between short words.
#include "policy/policy-value.h"

#include <string.h>

#define WORD_MAX 32
#define EDITS_MAX 2

static size_t least(size_t a, size_t b, size_t c)
{
    size_t smaller = a < b ? a : b;
    return smaller < c ? smaller : c;
}

// Insertions, deletions, changes, and neighbours that changed places, to turn one word into the
// other (optimal string alignment).
static size_t distance(const char *a, const char *b)
{
    size_t rows[3][WORD_MAX + 1], length = strlen(b);
    size_t *before = rows[0], *last = rows[1], *row = rows[2];
    for (size_t j = 0; j <= length; j++)
        row[j] = j;
    for (size_t i = 1; a[i - 1]; i++) {
        size_t *oldest = before;
        before = last;
        last = row;
        row = oldest;
        row[0] = i;
        for (size_t j = 1; j <= length; j++) {
            row[j] = least(last[j] + 1, row[j - 1] + 1, last[j - 1] + (a[i - 1] != b[j - 1]));
            if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
                row[j] = least(row[j], before[j - 2] + 1, row[j]);
        }
    }
    return row[length];
}

const char *nearest_word(const char *word, const char *const *words, size_t n)
{
    const char *nearest = NULL;
    size_t best = EDITS_MAX + 1;
    if (strlen(word) > WORD_MAX)
        return NULL;
    for (size_t i = 0; i < n; i++) {
        size_t edits = strlen(words[i]) > WORD_MAX ? best : distance(word, words[i]);
        // Half of the letters changed is another word, not a slip.
        if (edits < best && edits * 2 < strlen(words[i])) {
            best = edits;
            nearest = words[i];
        }
    }
    return nearest;
}
