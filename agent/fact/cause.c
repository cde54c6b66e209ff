// SPDX-License-Identifier: GPL-3.0-or-later
// Kind, person and object as one text.
#include "fact/cause.h"

#include "base/digest.h"
#include "base/text.h"

#include <inttypes.h>
#include <string.h>

#define KEPT_MAX 480 // bytes of a long object, before the digest

// A beginning that ends between two characters.
static size_t begin_of(const char *text)
{
    size_t length = KEPT_MAX;
    while (length > 0 && ((unsigned char)text[length] & 0xC0) == 0x80)
        length--;
    return length;
}

char *cause_object(const char *object)
{
    CLEANUP_FREE char *printable = text_printable(object ? object : "");
    if (!printable)
        return NULL;
    size_t length = strlen(printable);
    if (length <= CAUSE_OBJECT_MAX)
        return TAKE_PTR(printable);
    uint8_t digest[DIGEST_SIZE];
    char hex[17];
    digest_of(printable, length, digest);
    text_hex(digest, 8, hex);
    return text_format("%.*s…%s", (int)begin_of(printable), printable, hex);
}

char *cause_text(enum fact_kind kind, uint32_t uid, const char *object)
{
    CLEANUP_FREE char *bounded = cause_object(object);
    return bounded ? text_format("%s %" PRIu32 " %s", fact_kind_to_str(kind), uid, bounded) : NULL;
}

char *cause_of(const struct fact *fact)
{
    return cause_text(fact->kind, fact->uid, fact->object);
}
