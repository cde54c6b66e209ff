// SPDX-License-Identifier: GPL-3.0-or-later
// Puts the rows of an erasing together by their certificate.
#include "report/erasure-month.h"

#include "base/text.h"

#include <errno.h>

static void erasure_free(struct month_erasure *erasure)
{
    if (!erasure)
        return;
    free(erasure->name);
    free(erasure->reason);
    free(erasure->by);
    free(erasure);
}
DEFINE_CLEANUP(struct month_erasure, erasure_free)

void erasure_month_clear(struct erasure_month *month)
{
    for (size_t i = 0; i < month->n; i++)
        erasure_free(month->items[i]);
    free(month->items);
    *month = (struct erasure_month){0};
}

static struct month_erasure *find(const struct erasure_month *month, uint64_t number)
{
    for (size_t i = month->n; i-- > 0;)
        if (month->items[i]->number == number)
            return month->items[i];
    return NULL;
}

static int make(const struct query_row *row, uint64_t number, json_object *details,
                struct month_erasure **ret)
{
    CLEANUP(erasure_free_p) struct month_erasure *erasure = calloc(1, sizeof *erasure);
    if (!erasure)
        return -ENOMEM;
    erasure->number = number;
    int r = text_set(&erasure->name, row->fact.object ? row->fact.object : "");
    if (r == 0)
        r = text_set(&erasure->reason, json_get_text(details, "reason"));
    if (r == 0)
        r = text_set(&erasure->by, row->fact.user);
    if (r < 0)
        return r;
    *ret = TAKE_PTR(erasure);
    return 0;
}

// *ret is NULL where there is no room.
static int find_or_make(struct erasure_month *month, const struct query_row *row,
                        json_object *details, struct month_erasure **ret)
{
    uint64_t whole = json_get_number(details, "whole");
    uint64_t number = whole ? whole : row->sequence;
    *ret = find(month, number);
    if (*ret)
        return 0;
    if (month->n >= ERASURE_MONTH_MAX) {
        month->unlisted += number == row->sequence; // once for each certificate
        return 0;
    }
    struct month_erasure **more = reallocarray(month->items, month->n + 1, sizeof(void *));
    if (!more)
        return -ENOMEM;
    month->items = more;
    int r = make(row, number, details, ret);
    if (r == 0)
        month->items[month->n++] = *ret;
    return r;
}

static size_t count_files(json_object *details)
{
    json_object *files = json_get(details, "files");
    return json_object_is_type(files, json_type_array) ? json_object_array_length(files) : 0;
}

static void take_begun(struct month_erasure *erasure, const struct query_row *row,
                       json_object *details)
{
    if (erasure->begun_ns == 0)
        erasure->begun_ns = row->fact.at.wall_ns;
    erasure->begun += count_files(details);
}

static void take_done(struct month_erasure *erasure, const struct query_row *row,
                      json_object *details)
{
    erasure->ended_ns = row->fact.at.wall_ns;
    for (size_t i = 0; i < count_files(details); i++) {
        json_object *file = json_object_array_get_idx(json_get(details, "files"), i);
        enum erase_level level;
        bool is_there = json_get(file, "gone") && !json_get_bool(file, "gone");
        if (is_there || erase_level_from_str(json_get_text(file, "level"), &level) < 0)
            erasure->failed++;
        else
            erasure->levels[level]++;
    }
}

int erasure_month_take(struct erasure_month *month, const struct query_row *row,
                       json_object *details, uint64_t begin_ns)
{
    struct month_erasure *erasure = NULL;
    enum fact_kind kind = row->fact.kind;
    if (kind == FACT_FILE_DELETED && row->fact.at.wall_ns >= begin_ns)
        month->deletions += json_get(details, "of") ? json_get_number(details, "count") : 1;
    if (kind != FACT_ERASE_BEGUN && kind != FACT_ERASE_DONE)
        return 0;
    int r = find_or_make(month, row, details, &erasure);
    if (r < 0 || !erasure)
        return r;
    if (kind == FACT_ERASE_BEGUN)
        take_begun(erasure, row, details);
    else
        take_done(erasure, row, details);
    return 0;
}

uint64_t month_erasure_ended(const struct month_erasure *erasure)
{
    uint64_t n = erasure->failed;
    for (size_t i = 0; i < ERASE_LEVEL_MAX; i++)
        n += erasure->levels[i];
    return n;
}

uint64_t month_erasure_open(const struct month_erasure *erasure)
{
    uint64_t ended = month_erasure_ended(erasure);
    return erasure->begun > ended ? erasure->begun - ended : 0;
}

void erasure_month_end(struct erasure_month *month, uint64_t begin_ns)
{
    size_t kept = 0;
    for (size_t i = 0; i < month->n; i++) {
        struct month_erasure *erasure = month->items[i];
        if (erasure->begun_ns < begin_ns && erasure->ended_ns < begin_ns) {
            erasure_free(erasure);
            continue;
        }
        month->files += month_erasure_ended(erasure) - erasure->failed;
        month->failed += erasure->failed;
        month->unfinished += month_erasure_open(erasure) > 0;
        month->items[kept++] = erasure;
    }
    month->n = kept;
}
