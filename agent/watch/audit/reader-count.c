// SPDX-License-Identifier: GPL-3.0-or-later
// The kernel's count of its events: what it says of what is missing. It starts anew with each boot,
// and records that were on their way beside each other come in any order.
#include "watch/audit/reader-parts.h"

#define DISORDER_MAX 64 // by how much serials go back within a boot
#define UNDERWAY_MAX 16 // events that may be written still, though later ones have been
#define UNDERWAY_MASK ((UINT64_C(1) << UNDERWAY_MAX) - 1)

// ---- Doubts -------------------------------------------------------------------------------------

static bool is_open(const struct making *making)
{
    return making->doubtful && !making->complete;
}

// The one that serials above `from` count for: each is told once.
static struct making *find_open(struct audit_reader *reader, uint64_t from)
{
    struct making *making;
    TAILQ_FOREACH_REVERSE(making, &reader->queue, making_queue, next)
    {
        if (is_open(making) && making->from <= from)
            return making;
    }
    return NULL;
}

// What was skipped before it counts too, unless an earlier one tells that.
int reader_add_doubt(struct audit_reader *reader)
{
    bool is_first = !find_open(reader, UINT64_MAX);
    int r = reader_add_torn(reader);
    if (r < 0)
        return r;
    struct making *making = TAILQ_LAST(&reader->queue, making_queue);
    making->doubtful = true;
    making->from = making->serial = reader->serial;
    if (is_first) {
        making->from -= reader->serial < UNDERWAY_MAX ? reader->serial : UNDERWAY_MAX;
        making->holes = (unsigned)__builtin_popcountll(~reader->seen & UNDERWAY_MASK);
    }
    return 0;
}

void reader_settle_doubt(struct audit_reader *reader, struct making *making)
{
    bool same_boot = making->serial != 0 && making->serial <= reader->serial;
    if (same_boot && making->holes == 0) {
        TAILQ_REMOVE(&reader->queue, making, next);
        reader_free_making(making);
        return;
    }
    making->single->missing = making->holes < UINT32_MAX ? (uint32_t)making->holes : UINT32_MAX;
    making->complete = true;
    reader->seen = UINT64_MAX; // what is missing is told
}

// What comes next may have been on its way beside what came.
static bool is_settled(const struct audit_reader *reader, const struct making *doubt)
{
    return doubt->serial == 0 || reader->serial < doubt->serial ||
           reader->serial >= doubt->serial + UNDERWAY_MAX;
}

static void settle_doubts(struct audit_reader *reader)
{
    struct making *making, *next;
    for (making = TAILQ_FIRST(&reader->queue); making; making = next) {
        next = TAILQ_NEXT(making, next);
        if (is_open(making) && is_settled(reader, making))
            reader_settle_doubt(reader, making);
    }
}

static void count_skipped(struct audit_reader *reader, uint64_t n)
{
    struct making *doubt = find_open(reader, UINT64_MAX);
    if (doubt)
        doubt->holes += n;
}

// One that was skipped before.
static void count_late(struct audit_reader *reader, uint64_t serial)
{
    struct making *doubt = find_open(reader, serial - 1);
    if (doubt && doubt->holes > 0)
        doubt->holes--;
}

// ---- The count ----------------------------------------------------------------------------------

static void settle_singles(struct audit_reader *reader, uint64_t missing)
{
    struct making *making;
    TAILQ_FOREACH_REVERSE(making, &reader->queue, making_queue, next)
    {
        if (!making->single || making->complete || making->doubtful)
            continue;
        making->single->missing = missing < UINT32_MAX ? (uint32_t)missing : UINT32_MAX;
        making->complete = true;
        missing = 0; // told by the last of them
    }
}

void reader_count(struct audit_reader *reader, uint64_t serial)
{
    uint64_t skipped = 0;
    if (reader->serial == 0 || serial + DISORDER_MAX <= reader->serial) { // another boot
        reader->serial = serial;
        reader->seen = UINT64_MAX;
    } else if (serial <= reader->serial) { // of what came, or was skipped
        uint64_t bit = UINT64_C(1) << (reader->serial - serial);
        if (!(reader->seen & bit))
            count_late(reader, serial);
        reader->seen |= bit;
    } else {
        uint64_t step = serial - reader->serial;
        skipped = step - 1;
        reader->serial = serial;
        reader->seen = (step < 64 ? reader->seen << step : 0) | 1;
        count_skipped(reader, skipped);
    }
    settle_singles(reader, skipped > UNDERWAY_MAX ? skipped - UNDERWAY_MAX : 0);
    settle_doubts(reader);
}
