// SPDX-License-Identifier: GPL-3.0-or-later
// The list of what is wrong with a policy, kept in the order in which people read files.
#include "base/text.h"
#include "policy/policy-read.h"

#include <errno.h>
#include <string.h>

static void clear(struct policy_mistake *mistake)
{
    free(mistake->file);
    free(mistake->what);
    free(mistake->remedy);
}

void policy_mistakes_clear(struct policy_mistakes *mistakes)
{
    for (size_t i = 0; i < mistakes->n; i++)
        clear(&mistakes->items[i]);
    free(mistakes->items);
    *mistakes = (struct policy_mistakes){0};
}

// Names sort as files are read: "…/policy.conf" before "…/policy.d/…".
static bool stands_before(const struct policy_mistake *a, const struct policy_mistake *b)
{
    int order = strcmp(a->file, b->file);
    return order != 0 ? order < 0 : a->line < b->line;
}

// Nearly all come in order, so that the loop ends at once.
static int insert(struct policy_mistakes *mistakes, const struct policy_mistake *mistake)
{
    struct policy_mistake *items =
        reallocarray(mistakes->items, mistakes->n + 1, sizeof *mistakes->items);
    if (!items)
        return -ENOMEM;
    mistakes->items = items;
    size_t i = mistakes->n++;
    for (; i > 0 && stands_before(mistake, &items[i - 1]); i--)
        items[i] = items[i - 1];
    items[i] = *mistake;
    return 0;
}

int policy_mistake_add(struct policy_mistakes *mistakes, const char *file, unsigned line,
                       char *what, char *remedy)
{
    struct policy_mistake mistake = {
        .file = strdup(file), .line = line, .what = what, .remedy = remedy};
    int r = mistake.file && what && remedy ? insert(mistakes, &mistake) : -ENOMEM;
    if (r < 0)
        clear(&mistake);
    return r;
}
