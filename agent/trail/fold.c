// SPDX-License-Identifier: GPL-3.0-or-later
// Repeats of one deed become one row. Only windows with repeats have to be kept: forgotten is a
// first deed without, and its next repeat is then a row of its own.
#include "base/text.h"
#include "trail/state.h"

#include <assert.h>
#include <errno.h>
#include <sodium/crypto_shorthash.h>
#include <string.h>

// ---- The table ----------------------------------------------------------------------------------

static uint64_t hash_of(const struct trail *trail, const struct deed *deed)
{
    const char *const texts[] = {deed->exe, deed->object, deed->to};
    const uint64_t numbers[] = {deed->kind, deed->refused, deed->auid, deed->inode};
    uint8_t buffer[sizeof numbers + DEED_TEXT_MAX + ELEMENTS(texts)];
    size_t n = sizeof numbers;
    uint64_t hash;
    static_assert(sizeof hash == crypto_shorthash_BYTES &&
                      sizeof trail->hash_key == crypto_shorthash_KEYBYTES,
                  "SipHash-2-4");
    memcpy(buffer, numbers, n);
    for (size_t i = 0; i < ELEMENTS(texts); i++) {
        const char *text = texts[i] ? texts[i] : "";
        size_t length = strlen(text) + 1;
        memcpy(buffer + n, text, length);
        n += length;
    }
    (void)crypto_shorthash((uint8_t *)&hash, buffer, n, trail->hash_key); // can't fail
    return hash;
}

static bool is_same(const struct deed *a, const struct deed *b)
{
    return a->kind == b->kind && a->refused == b->refused && a->auid == b->auid &&
           a->inode == b->inode && text_equal(a->exe, b->exe) && text_equal(a->object, b->object) &&
           text_equal(a->to, b->to);
}

static struct fold *find(struct folds *folds, const struct deed *deed, uint64_t hash)
{
    struct fold *fold;
    LIST_FOREACH(fold, &folds->buckets[hash % FOLD_BUCKETS], in_bucket)
    if (fold->hash == hash && is_same(&fold->deed, deed))
        return fold;
    return NULL;
}

static void insert(struct folds *folds, struct fold *fold)
{
    TAILQ_INSERT_TAIL(&folds->all, fold, by_age);
    if (!fold->ended)
        LIST_INSERT_HEAD(&folds->buckets[fold->hash % FOLD_BUCKETS], fold, in_bucket);
    if (fold->count > 0)
        folds->counting[folds->n_counting++] = fold;
    folds->n++;
}

static void stop_counting(struct folds *folds, const struct fold *fold)
{
    size_t at = 0;
    while (at < folds->n_counting && folds->counting[at] != fold)
        at++;
    if (at == folds->n_counting)
        return;
    folds->n_counting--;
    memmove(&folds->counting[at], &folds->counting[at + 1],
            (folds->n_counting - at) * sizeof folds->counting[0]);
}

static void drop(struct folds *folds, struct fold *fold)
{
    TAILQ_REMOVE(&folds->all, fold, by_age);
    if (!fold->ended)
        LIST_REMOVE(fold, in_bucket);
    stop_counting(folds, fold);
    folds->n--;
    deed_clear(&fold->deed);
    free(fold);
}

void folds_init(struct folds *folds)
{
    TAILQ_INIT(&folds->all);
    for (size_t i = 0; i < FOLD_BUCKETS; i++)
        LIST_INIT(&folds->buckets[i]);
    folds->n = folds->n_counting = 0;
}

void folds_clear(struct folds *folds)
{
    struct fold *next;
    for (struct fold *fold = TAILQ_FIRST(&folds->all); fold; fold = next) {
        next = TAILQ_NEXT(fold, by_age);
        deed_clear(&fold->deed);
        free(fold);
    }
    folds_init(folds);
}

void folds_put_back(struct trail *trail, struct fold *fold)
{
    fold->hash = hash_of(trail, &fold->deed);
    insert(&trail->folds, fold);
}

// ---- Windows ------------------------------------------------------------------------------------

static bool is_in_window(const struct fold *fold, uint64_t wall_ns)
{
    return is_within(wall_ns, fold->deed.wall_ns, fold->end_ns - fold->deed.wall_ns);
}

// The row that says how often it happened again.
static int give_repeats(struct trail *trail, const struct fold *fold, struct trail_rows *rows)
{
    CLEANUP(fact_free_p) struct fact *fact = NULL;
    CLEANUP_JSON json_object *details = NULL;
    const struct deed *deed = &fold->deed;
    int r = deed_row(trail, deed, fold->last_ns, &fact);
    if (r == 0)
        r = json_new(&details);
    if (r < 0)
        return r;
    json_add_text(details, "to", deed->to);
    json_add_number(details, "of", fold->sequence);
    json_add_number(details, "count", fold->count);
    json_add_number(details, "first_ns", fold->first_ns);
    json_add_number(details, "last_ns", fold->last_ns);
    return row_give(trail, rows, TAKE_PTR(fact), TAKE_PTR(details));
}

// No more repeats. Their row comes now, or as soon as the first's sequence is known.
static int end(struct trail *trail, struct fold *fold, struct trail_rows *rows)
{
    int r = 0;
    if (fold->count > 0 && fold->sequence == 0) {
        if (!fold->ended)
            LIST_REMOVE(fold, in_bucket);
        fold->ended = true;
        return 0;
    }
    if (fold->count > 0)
        r = give_repeats(trail, fold, rows);
    if (r == 0)
        drop(&trail->folds, fold);
    return r;
}

// For one more that counts; *ret: there is room. Those whose sequence is not known can't leave yet.
static int make_room(struct trail *trail, struct trail_rows *rows, bool *ret)
{
    struct folds *folds = &trail->folds;
    int r = 0;
    bool room = folds->n_counting < FOLDS_COUNTING_MAX;
    for (size_t i = 0; i < folds->n_counting && !room; i++) {
        if (folds->counting[i]->sequence == 0)
            continue;
        r = end(trail, folds->counting[i], rows);
        room = true;
    }
    if (r == 0)
        *ret = room;
    return r;
}

// *ret: it was.
static int count(struct trail *trail, struct fold *fold, uint64_t wall_ns, struct trail_rows *rows,
                 bool *ret)
{
    struct folds *folds = &trail->folds;
    if (fold->count == 0) {
        bool room = false;
        int r = make_room(trail, rows, &room);
        if (r < 0 || !room)
            return r;
        folds->counting[folds->n_counting++] = fold;
        fold->first_ns = fold->last_ns = wall_ns;
    }
    fold->count++;
    if (wall_ns < fold->first_ns)
        fold->first_ns = wall_ns;
    if (wall_ns > fold->last_ns)
        fold->last_ns = wall_ns;
    *ret = true;
    return 0;
}

// Most windows never see a repeat: the oldest of them is forgotten.
static void forget_oldest(struct folds *folds)
{
    struct fold *fold = TAILQ_FIRST(&folds->all);
    while (fold && fold->count > 0)
        fold = TAILQ_NEXT(fold, by_age);
    if (fold)
        drop(folds, fold);
}

// Opens a window behind the row that was given out last. Takes the texts out of `deed`.
static int open_window(struct trail *trail, struct deed *deed, uint64_t hash)
{
    if (trail->folds.n == FOLDS_MAX)
        forget_oldest(&trail->folds);
    struct fold *fold = calloc(1, sizeof *fold);
    if (!fold)
        return -ENOMEM;
    fold->deed = *deed;
    *deed = (struct deed){0};
    fold->end_ns = fold->deed.wall_ns + trail->settings.fold_ns;
    if (fold->end_ns > INT64_MAX) // as the checkpoint keeps it
        fold->end_ns = INT64_MAX;
    fold->ordinal = trail->given;
    fold->hash = hash;
    insert(&trail->folds, fold);
    return 0;
}

int folds_take(struct trail *trail, struct deed *deed, struct trail_rows *rows)
{
    bool counted = false, folded = deed_can_be_kept(deed);
    uint64_t hash = folded ? hash_of(trail, deed) : 0;
    struct fold *fold = folded ? find(&trail->folds, deed, hash) : NULL;
    int r = 0;
    if (fold && is_in_window(fold, deed->wall_ns))
        r = count(trail, fold, deed->wall_ns, rows, &counted);
    if (r < 0 || counted)
        return r;
    if (fold)
        r = end(trail, fold, rows);
    if (r == 0)
        r = deed_give(trail, deed, rows);
    if (r < 0 || !folded || trail->settings.fold_ns == 0)
        return r;
    return open_window(trail, deed, hash);
}

// At an instant up to which the events are taken, or that is past: then what began later than that
// goes on. What began later than the latest event did so before the clock was stepped back.
static bool is_over(const struct trail *trail, const struct fold *fold, uint64_t wall_ns)
{
    uint64_t latest_ns = trail->last_ns > wall_ns ? trail->last_ns : wall_ns;
    return fold->end_ns < wall_ns ||
           (fold->deed.wall_ns > latest_ns && !is_in_window(fold, latest_ns));
}

int folds_settle(struct trail *trail, uint64_t wall_ns, struct trail_rows *rows)
{
    struct fold *next;
    int r = 0;
    for (struct fold *fold = TAILQ_FIRST(&trail->folds.all); fold && r == 0; fold = next) {
        next = TAILQ_NEXT(fold, by_age);
        if (fold->ended || is_over(trail, fold, wall_ns))
            r = end(trail, fold, rows);
    }
    return r;
}

uint64_t folds_due_ns(const struct folds *folds)
{
    uint64_t due = UINT64_MAX;
    for (size_t i = 0; i < folds->n_counting; i++) {
        const struct fold *fold = folds->counting[i];
        bool waits = fold->ended && fold->sequence == 0;
        if (!waits && fold->end_ns + 1 < due)
            due = fold->end_ns + 1;
    }
    return due;
}
