// SPDX-License-Identifier: GPL-3.0-or-later
// A policy's full text, as it stands in the ledger, taken apart into its files again.
#include "base/text.h"
#include "policy/policy-read.h"

#include <errno.h>
#include <string.h>

// The line "# /…/NAME.conf" with which policy_parse() begins a file: its name, or NULL. The same
// line as a remark of that file itself begins nothing.
static char *name_of_marker(const char *line, size_t length, const struct policy_files *files)
{
    static const char ending[] = ".conf";
    if (length < strlen("# /") + strlen(ending) || strncmp(line, "# /", 3) != 0 ||
        memcmp(line + length - strlen(ending), ending, strlen(ending)) != 0 ||
        memchr(line + 2, ' ', length - 2))
        return NULL;
    const char *name = line + 2;
    size_t name_length = length - 2;
    const struct policy_file *last = files->n > 0 ? &files->items[files->n - 1] : NULL;
    if (last && strlen(last->name) == name_length && memcmp(last->name, name, name_length) == 0)
        return NULL;
    return strndup(name, name_length);
}

// Takes over `name`.
static int begin_file(struct policy_files *files, char *name)
{
    CLEANUP_FREE char *owned = name, *text = strdup("");
    struct policy_file *items = files->n < POLICY_FILES_MAX
                                    ? reallocarray(files->items, files->n + 1, sizeof *items)
                                    : NULL;
    if (!items || !text)
        return -ENOMEM;
    files->items = items;
    items[files->n++] = (struct policy_file){.name = TAKE_PTR(owned), .text = TAKE_PTR(text)};
    return 0;
}

static int set_text(struct policy_files *files, const char *from, const char *to)
{
    if (files->n == 0)
        return from == to ? 0 : -EINVAL; // it has to begin with a marker
    struct policy_file *file = &files->items[files->n - 1];
    char *text = strndup(from, (size_t)(to - from));
    if (!text)
        return -ENOMEM;
    free(file->text);
    file->text = text;
    file->length = (size_t)(to - from);
    return 0;
}

static int split(const char *text, struct policy_files *files)
{
    const char *begin = text, *line = text;
    while (*line) {
        size_t length = strcspn(line, "\n");
        const char *next = line + length + (line[length] == '\n');
        char *name = name_of_marker(line, length, files);
        if (name) {
            int r = set_text(files, begin, line);
            if (r == 0)
                r = begin_file(files, TAKE_PTR(name));
            free(name);
            if (r < 0)
                return r;
            begin = next;
        }
        line = next;
    }
    return files->n > 0 ? set_text(files, begin, line) : -EINVAL;
}

int policy_from_text(const char *text, struct policy **ret)
{
    struct policy_files files = {0};
    struct policy_mistakes mistakes = {0};
    CLEANUP(policy_free_p) struct policy *policy = NULL;
    int r = split(text, &files);
    if (r == 0)
        r = policy_parse(&files, &policy, &mistakes);
    if (r == 0 && strcmp(policy->text, text) != 0)
        r = -EINVAL; // taken apart at the wrong line
    policy_files_clear(&files);
    policy_mistakes_clear(&mistakes);
    if (r == 0)
        *ret = TAKE_PTR(policy);
    return r;
}
