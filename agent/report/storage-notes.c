// SPDX-License-Identifier: GPL-3.0-or-later
// A line of entries, and what becomes of a long one.
#include "report/storage-check-parts.h"

#include "base/digest.h"
#include "base/text.h"

#include <errno.h>
#include <stdarg.h>
#include <string.h>

#define SUBJECT_MAX 1024

int notes_begin(struct notes *notes, size_t shown)
{
    *notes = (struct notes){.shown = shown};
    notes->out = open_memstream(&notes->text, &notes->size);
    return notes->out ? 0 : -ENOMEM;
}

void notes_add(struct notes *notes, const char *format, ...)
{
    va_list arguments;
    if (notes->n++ >= notes->shown)
        return;
    if (notes->n > 1)
        (void)fputs("; ", notes->out);
    va_start(arguments, format);
    (void)vfprintf(notes->out, format, arguments);
    va_end(arguments);
}

char *notes_end(struct notes *notes)
{
    if (notes->n > notes->shown)
        (void)fputs("; …", notes->out);
    bool whole = fclose(TAKE_PTR(notes->out)) == 0;
    char *text = TAKE_PTR(notes->text);
    if (whole)
        return text;
    free(text);
    return NULL;
}

void notes_clear(struct notes *notes)
{
    if (notes->out)
        (void)fclose(TAKE_PTR(notes->out));
    free(TAKE_PTR(notes->text));
}

char *notes_end_subject(struct notes *notes)
{
    uint8_t digest[DIGEST_SIZE];
    char hex[DIGEST_TEXT_SIZE];
    char *text = notes_end(notes);
    if (!text || strlen(text) <= SUBJECT_MAX)
        return text;
    digest_of(text, strlen(text), digest);
    text_hex(digest, sizeof digest, hex);
    free(text);
    return text_format("sha256:%s", hex);
}
