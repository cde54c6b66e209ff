// SPDX-License-Identifier: GPL-3.0-or-later
// What could not be read is never ok; what was seen to be wrong is wrong whatever else is unread.
#include "report/posture-check-parts.h"

#include "base/i18n.h"
#include "base/text.h"

#include <errno.h>
#include <stdarg.h>
#include <string.h>

#define NAMED 5 // of what was found; the rest is counted
// Bytes after which no more is named: a row takes 4,096 of each text.
#define EVIDENCE_MAX 1000
#define SUBJECT_MAX 3000

// ---- What was found ----------------------------------------------------------------------------

void posture_found_clear(struct posture_found *found)
{
    while (found->n > 0)
        free(found->items[--found->n]);
    free(found->items);
    *found = (struct posture_found){0};
}

void posture_found_add(struct posture_found *found, const char *format, ...)
{
    char *text = NULL;
    va_list arguments;
    va_start(arguments, format);
    int length = vasprintf(&text, format, arguments);
    va_end(arguments);
    char *shown = length < 0 ? NULL : text_printable(text);
    if (length >= 0)
        free(text);
    char **items = reallocarray(found->items, found->n + 1, sizeof *items);
    if (items)
        found->items = items;
    if (items && shown)
        items[found->n++] = shown;
    else
        free(shown);
    found->failed = found->failed || !items || !shown;
}

bool posture_found_has(const struct posture_found *found, const char *name)
{
    for (size_t i = 0; i < found->n; i++)
        if (text_equal(found->items[i], name))
            return true;
    return false;
}

// What does not fit is counted.
static char *join(const struct posture_found *found, size_t items, long bytes)
{
    char *text = NULL;
    size_t length, i = 0;
    FILE *out = open_memstream(&text, &length);
    if (!out)
        return NULL;
    for (; i < found->n && i < items && ftell(out) < bytes; i++)
        fprintf(out, "%s%s", i > 0 ? ", " : "", found->items[i]);
    if (i < found->n)
        fprintf(out, ", … (%zu)", found->n);
    if (fclose(out) == 0)
        return text;
    free(text);
    return NULL;
}

// ---- Parts of the facts ------------------------------------------------------------------------

json_object *posture_part(const struct check_sources *sources, const char *path)
{
    json_object *part = sources->posture.facts;
    while (part && *path) {
        size_t length = strcspn(path, ".");
        CLEANUP_FREE char *key = strndup(path, length);
        part = key ? json_get(part, key) : NULL;
        path += length + (path[length] == '.');
    }
    return json_object_is_type(part, json_type_object) ? part : NULL;
}

const char *posture_text_at(json_object *array, size_t i)
{
    json_object *item = json_object_array_get_idx(array, i);
    return json_object_is_type(item, json_type_string) ? json_object_get_string(item) : NULL;
}

bool posture_is_incomplete(json_object *part)
{
    return posture_length(json_get(part, "errors")) > 0;
}

// ---- Results -----------------------------------------------------------------------------------

int posture_give_unseen(const struct check_sources *sources, struct check_result *ret)
{
    const struct check_facts lacking = {.why = _("nothing was told of it")};
    return check_give_unseen(sources->posture.facts ? &lacking : &sources->posture, ret);
}

static bool is_right_missing(const char *error)
{
    return text_equal(error, "EACCES") || text_equal(error, "EPERM");
}

int posture_give_unread(json_object *part, struct check_result *ret)
{
    CLEANUP(posture_found_clear_p) struct posture_found unread = {0};
    json_object *errors = json_get(part, "errors");
    bool only_rights = posture_length(errors) > 0;
    for (size_t i = 0; i < posture_length(errors); i++) {
        json_object *entry = json_object_array_get_idx(errors, i);
        const char *path = json_get_text(entry, "path"), *error = json_get_text(entry, "error");
        posture_found_add(&unread, "%s (%s)", path ? path : "?", error ? error : "?");
        only_rights = only_rights && is_right_missing(error);
    }
    if (unread.n == 0)
        posture_found_add(&unread, "?");
    return posture_give_found(
        &unread, FINDING_UNVERIFIED, _("could not be read"),
        only_rights
            ? _("run “sekisho check” as root")
            : _("look at it as root: it is missing (ENOENT), damaged, too large, or written "
                "in a way that sekisho does not know"),
        ret);
}

int posture_give_found(const struct posture_found *found, enum finding_value value, const char *bad,
                       const char *remedy, struct check_result *ret)
{
    CLEANUP_FREE char *named = join(found, NAMED, EVIDENCE_MAX);
    char *all = join(found, SIZE_MAX, SUBJECT_MAX);
    if (found->failed || !named || !all) {
        free(all);
        return -ENOMEM;
    }
    return check_give_about(ret, value, text_format("%s: %s", bad, named), text_dup(remedy), all);
}

int posture_give_ok(const char *text, struct check_result *ret)
{
    return check_give(ret, FINDING_OK, text_dup(text), NULL);
}

int posture_give_not_applicable(const char *text, struct check_result *ret)
{
    return check_give(ret, FINDING_NOT_APPLICABLE, text_dup(text), NULL);
}

int posture_give_no_policy(struct check_result *ret)
{
    return check_give(ret, FINDING_UNVERIFIED, text_dup(_("there is no policy to judge by")),
                      text_dup(_("“sudo sekisho policy check” says what is wrong with it")));
}

int posture_look(const struct check *check, const struct check_sources *sources,
                 struct check_result *ret)
{
    const struct posture_question *question = check->about;
    CLEANUP(posture_found_clear_p) struct posture_found found = {0};
    json_object *part = posture_part(sources, question->part);
    if (!part)
        return posture_give_unseen(sources, ret);
    question->collect(sources, part, &found);
    if (found.n > 0 || found.failed)
        return posture_give_found(&found, FINDING_VIOLATION, _(question->bad), _(question->remedy),
                                  ret);
    if (posture_is_incomplete(part) || !json_get(part, question->needs))
        return posture_give_unread(part, ret);
    json_object *also = question->also ? posture_part(sources, question->also) : NULL;
    if (question->also && !also)
        return posture_give_unseen(sources, ret);
    if (posture_is_incomplete(also))
        return posture_give_unread(also, ret);
    return posture_give_ok(_(question->ok), ret);
}
