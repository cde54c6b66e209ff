// SPDX-License-Identifier: GPL-3.0-or-later
// Examines a medium: LUKS as a whole, or by its partition table, area by area.
#include "watch/medium/content.h"

#include "base/text.h"
#include "fact/luks_set.h"
#include "watch/medium/layout.h"
#include "watch/medium/luks.h"
#include "watch/medium/signature.h"

#include <assert.h>
#include <errno.h>
#include <stdarg.h>
#include <string.h>

struct examination {
    const struct medium_source *source;
    struct layout layout;
    unsigned n_encrypted;
    enum medium_content content;
    char *finding;
    char *luks;
};

// Every step answers 0 (go on), 1 (the content is known) or −errno.
static int conclude(struct examination *e, enum medium_content content, const char *format, ...)
    printf_like(3, 4);
static int conclude(struct examination *e, enum medium_content content, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    int n = vasprintf(&e->finding, format, arguments);
    va_end(arguments);
    if (n < 0) {
        e->finding = NULL;
        return -ENOMEM;
    }
    e->content = content;
    return 1;
}

static void describe(const struct area *area, char ret[32])
{
    if (area->partition > 0)
        (void)snprintf(ret, 32, "partition %u", area->partition);
    else
        (void)snprintf(ret, 32, "the medium");
}

// A LUKS header, and nothing else that a reader could take the area for.
static int examine_luks(struct examination *e, const struct area *area, const struct luks *luks)
{
    char what[32], foreign[SIGNATURE_MAX];
    describe(area, what);
    if (luks->kind == LUKS_BROKEN)
        return conclude(e, MEDIUM_PLAIN, "%s: %s", what, luks->fault);
    int r =
        signature_find_foreign(e->source, area->begin, area->end, area->partition == 0, foreign);
    if (r == 1)
        return conclude(e, MEDIUM_PLAIN, "%s is LUKS and %s at once", what, foreign);
    return r < 0 ? r : luks_set_add(&e->luks, luks->uuid);
}

static int examine_whole(struct examination *e)
{
    const struct area whole = {0, e->source->size};
    struct luks luks;
    int r = luks_read(e->source, whole.begin, whole.end, &luks);
    if (r < 0 || luks.kind == LUKS_NONE)
        return r;
    r = examine_luks(e, &whole, &luks);
    return r != 0 ? r
                  : conclude(e, MEDIUM_ENCRYPTED, "%s on the whole medium",
                             luks_kind_to_str(luks.kind));
}

// No LUKS here: names what there is, if it has a name.
static int examine_plain(struct examination *e, const struct area *area)
{
    char what[32], foreign[SIGNATURE_MAX];
    describe(area, what);
    int r = signature_find_foreign(e->source, area->begin, area->end, false, foreign);
    if (r == 1)
        return conclude(e, MEDIUM_PLAIN, "%s is %s", what, foreign);
    return r;
}

static int examine_partition(struct examination *e, struct area *area)
{
    struct luks luks;
    int r = luks_read(e->source, area->begin, area->end, &luks);
    if (r < 0)
        return r;
    if (luks.kind == LUKS_NONE)
        return examine_plain(e, area);
    area->opaque = true;
    e->n_encrypted++;
    return examine_luks(e, area, &luks);
}

static int examine_table(struct examination *e)
{
    int r = layout_read(e->source, &e->layout);
    if (r == 1)
        return conclude(e, MEDIUM_PLAIN, "%s", e->layout.fault);
    if (r < 0)
        return r;
    // A file system that fills the medium may look like a table too: its name says more.
    r = examine_plain(e, &(struct area){0, e->source->size});
    if (r != 0 || e->layout.kind == LAYOUT_NONE)
        return r;
    r = signature_same_partitions(e->source, &e->layout);
    return r == 0  ? conclude(e, MEDIUM_PLAIN, "the partition table can be read in two ways")
           : r < 0 ? r
                   : 0;
}

static int examine_partitions(struct examination *e)
{
    int r = 0;
    for (size_t i = 0; r == 0 && i < e->layout.n; i++)
        if (e->layout.areas[i].partition > 0)
            r = examine_partition(e, &e->layout.areas[i]);
    return r;
}

static int examine_zeros(struct examination *e, const struct area *area)
{
    uint64_t at;
    int r = source_find_byte(e->source, area->begin, area->end, &at);
    if (r != 1)
        return r;
    if (area->partition > 0)
        return conclude(e, MEDIUM_PLAIN, "partition %u is not LUKS, and holds bytes at %llu",
                        area->partition, (unsigned long long)at);
    if (e->layout.kind == LAYOUT_NONE)
        return conclude(e, MEDIUM_PLAIN, "no LUKS and no partition table, but bytes at %llu",
                        (unsigned long long)at);
    return conclude(e, MEDIUM_PLAIN, "bytes at %llu, outside of every partition",
                    (unsigned long long)at);
}

// The long part: reads all that is neither table nor LUKS.
static int examine_rest(struct examination *e)
{
    uint64_t at = 0;
    for (size_t i = 0; i < e->layout.n; i++) {
        const struct area *area = &e->layout.areas[i];
        int r = examine_zeros(e, &(struct area){at, area->begin});
        if (r == 0 && area->partition > 0 && !area->opaque)
            r = examine_zeros(e, area);
        if (r != 0)
            return r;
        at = area->end;
    }
    return examine_zeros(e, &(struct area){at, e->source->size});
}

static int conclude_all(struct examination *e)
{
    if (e->n_encrypted == 0)
        return conclude(e, MEDIUM_EMPTY, "nothing but zeros");
    return conclude(e, MEDIUM_ENCRYPTED,
                    e->n_encrypted == 1 ? "%u LUKS partition, zeros around it"
                                        : "%u LUKS partitions, zeros around them",
                    e->n_encrypted);
}

static int examine(struct examination *e)
{
    static int (*const steps[])(struct examination *) = {
        examine_whole, examine_table, examine_partitions, examine_rest, conclude_all,
    };
    if (e->source->size == 0)
        return conclude(e, MEDIUM_EMPTY, "no medium");
    int r = 0;
    for (size_t i = 0; r == 0 && i < ELEMENTS(steps); i++)
        r = steps[i](e);
    return r;
}

static void examination_free(struct examination *e)
{
    if (!e)
        return;
    free(e->finding);
    free(e->luks);
    free(e);
}
DEFINE_CLEANUP(struct examination, examination_free)

int medium_examine(const struct medium_source *source, enum medium_content *ret, char **ret_finding,
                   char **ret_luks)
{
    CLEANUP(examination_free_p) struct examination *e = calloc(1, sizeof *e);
    if (!e)
        return -ENOMEM;
    assert(source->sector >= 512 && source->sector <= 65536);
    e->source = source;
    int r = examine(e);
    if (r == -ENOMEDIUM)
        r = conclude(e, MEDIUM_EMPTY, "no medium");
    else if (r < 0 && r != -ENOMEM)
        r = conclude(e, MEDIUM_UNREADABLE, "cannot be read: %s", strerrordesc_np(-r));
    if (r < 0)
        return r;
    *ret = e->content;
    *ret_finding = TAKE_PTR(e->finding);
    *ret_luks = e->content == MEDIUM_ENCRYPTED ? TAKE_PTR(e->luks) : NULL;
    return 0;
}
