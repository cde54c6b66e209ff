// SPDX-License-Identifier: GPL-3.0-or-later
// An entry a row as they come; sorted and summed when their block ends.
#include "ledger/tally.h"

#include "base/json.h"
#include "base/text.h"

#include <errno.h>
#include <string.h>

#define NUMBER_MAX 10 // bytes of a number
#define N_NUMBERS 6   // in an entry

struct tally {
    uint64_t block;
    size_t n;
    struct tally_entry entries[TALLY_BLOCK];
};

int tally_new(struct tally **ret)
{
    struct tally *tally = calloc(1, sizeof *tally);
    if (!tally)
        return -ENOMEM;
    *ret = tally;
    return 0;
}

void tally_free(struct tally *tally)
{
    free(tally);
}

void tally_clear(struct tally *tally)
{
    tally->n = 0;
}

bool tally_ends(uint64_t sequence)
{
    return sequence % TALLY_BLOCK == 0;
}

// ---- Counting ----------------------------------------------------------------------------------

static bool is_counted(const char *kind)
{
    return strncmp(kind, "file.", strlen("file.")) == 0 || text_equal(kind, "medium.written");
}

// How often it happened: a row of repeats says so. 0: it is of a folder.
static uint64_t times_of(const struct fact_text *text, bool refused)
{
    CLEANUP_JSON json_object *details =
        text->data ? json_parse(text->data, text->length, json_type_object) : NULL;
    if (!refused && json_get_bool(details, "folder"))
        return 0;
    if (!json_get(details, "of"))
        return 1;
    uint64_t times = json_get_number(details, "count");
    return times > INT64_MAX ? 0 : times;
}

void tally_add(struct tally *tally, const struct fact_row *row, const uint64_t ids[FACT_TEXT_MAX])
{
    uint64_t block = tally_block(row->sequence);
    if (block != tally->block)
        tally->n = 0;
    tally->block = block;
    if (!is_counted(row->texts[FACT_TEXT_KIND].data) || tally->n == TALLY_BLOCK)
        return;
    bool refused = text_equal(row->texts[FACT_TEXT_OUTCOME].data, "refused");
    uint64_t times = times_of(&row->texts[FACT_TEXT_DETAILS], refused);
    if (times == 0)
        return;
    bool nameless = ids[FACT_TEXT_USER] == 0 && row->uid != FACT_NO_UID;
    tally->entries[tally->n++] = (struct tally_entry){
        .quarter = row->wall_ns / TALLY_QUARTER_NS,
        .kind = ids[FACT_TEXT_KIND],
        .user = ids[FACT_TEXT_USER],
        .uid = nameless ? (uint64_t)row->uid + 1 : 0,
        .refused = refused,
        .times = times,
    };
}

// ---- The blob ----------------------------------------------------------------------------------

static int compare(uint64_t a, uint64_t b)
{
    return a < b ? -1 : a > b;
}

static int by_key(const void *a, const void *b)
{
    const struct tally_entry *one = a, *other = b;
    int order = compare(one->quarter, other->quarter);
    if (order == 0)
        order = compare(one->kind, other->kind);
    if (order == 0)
        order = compare(one->user, other->user);
    if (order == 0)
        order = compare(one->uid, other->uid);
    return order != 0 ? order : compare(one->refused, other->refused);
}

static size_t sum_up(struct tally_entry *entries, size_t n)
{
    size_t last = 0;
    if (n == 0)
        return 0;
    qsort(entries, n, sizeof *entries, by_key);
    for (size_t i = 1; i < n; i++) {
        if (by_key(&entries[last], &entries[i]) == 0)
            entries[last].times += entries[i].times;
        else
            entries[++last] = entries[i];
    }
    return last + 1;
}

static uint8_t *put(uint8_t *out, uint64_t number)
{
    for (; number > 0x7f; number >>= 7)
        *out++ = (uint8_t)(number | 0x80);
    *out++ = (uint8_t)number;
    return out;
}

int tally_take(struct tally *tally, uint8_t **ret, size_t *ret_size)
{
    size_t n = sum_up(tally->entries, tally->n);
    uint8_t *blob = malloc(n * N_NUMBERS * NUMBER_MAX + 1), *out = blob;
    uint64_t quarter = 0;
    if (!blob)
        return -ENOMEM;
    for (size_t i = 0; i < n; i++) {
        const struct tally_entry *entry = &tally->entries[i];
        out = put(out, entry->quarter - quarter);
        out = put(out, entry->kind);
        out = put(out, entry->user);
        out = put(out, entry->uid);
        out = put(out, entry->refused);
        out = put(out, entry->times);
        quarter = entry->quarter;
    }
    tally->n = 0;
    *ret_size = (size_t)(out - blob);
    *ret = blob;
    return 0;
}

static const uint8_t *get(const uint8_t *p, const uint8_t *end, uint64_t *ret)
{
    uint64_t number = 0;
    for (unsigned shift = 0; p && p < end && shift < 64; shift += 7) {
        number |= (uint64_t)(*p & 0x7f) << shift;
        if ((*p++ & 0x80) == 0) {
            *ret = number;
            return p;
        }
    }
    return NULL;
}

int tally_read(const uint8_t *blob, size_t size, tally_callback callback, void *context)
{
    const uint8_t *p = blob, *end = blob + size;
    uint64_t quarter = 0, numbers[N_NUMBERS];
    while (p < end) {
        for (size_t i = 0; i < N_NUMBERS; i++)
            p = get(p, end, &numbers[i]);
        if (!p)
            return -EBADMSG;
        quarter += numbers[0];
        const struct tally_entry entry = {quarter,    numbers[1], numbers[2],
                                          numbers[3], numbers[4], numbers[5]};
        int r = callback(context, &entry);
        if (r != 0)
            return r;
    }
    return 0;
}
