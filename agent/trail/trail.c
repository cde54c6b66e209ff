// SPDX-License-Identifier: GPL-3.0-or-later
// The life of a trail, and which part of it an event concerns.
#include "base/text.h"
#include "trail/state.h"

#include <assert.h>
#include <errno.h>
#include <sodium/crypto_generichash.h>
#include <string.h>

int trail_new(const struct trail_settings *settings, struct trail **ret)
{
    static const uint8_t purpose[] = "sekisho trail: look-up";
    struct trail *trail = calloc(1, sizeof *trail);
    if (!trail)
        return -ENOMEM;
    trail->settings = *settings;
    trail->crossed = true;
    // Can't fail: the sizes are right. Another key than the tokens have, for it hashes anything.
    (void)crypto_generichash(trail->hash_key, sizeof trail->hash_key, purpose, sizeof purpose - 1,
                             settings->key, sizeof settings->key);
    folds_init(&trail->folds);
    *ret = trail;
    return 0;
}

void trail_reset(struct trail *trail)
{
    folds_clear(&trail->folds);
    saves_clear(&trail->saves);
    sessions_clear(&trail->sessions);
    strangers_clear(&trail->strangers);
    trail->older[0] = '\0';
    trail->given = trail->recorded = 0;
    trail->last_ns = trail->ended_ns = trail->blind_ns = trail->seeing_ns = 0;
    trail->torn = false;
    trail->missing = 0;
}

void trail_free(struct trail *trail)
{
    if (!trail)
        return;
    trail_reset(trail);
    free(trail);
}

void trail_set_fold(struct trail *trail, uint64_t fold_ns)
{
    trail->settings.fold_ns = fold_ns;
}

void trail_set_folders(struct trail *trail, char *const *folders, size_t n)
{
    trail->settings.folders = folders;
    trail->settings.n_folders = n;
}

void trail_set_boot(struct trail *trail, const struct moment *now)
{
    // Told once more, after a step of the clock: it is the boot that is known.
    bool same = trail->crossed && strcmp(trail->boot.boot, now->boot) == 0;
    trail->boot = *now;
    trail->boot.wall_ns -= now->monotonic_ns < now->wall_ns ? now->monotonic_ns : now->wall_ns;
    trail->boot.monotonic_ns = 0;
    if (!same)
        trail_compare_boots(trail);
}

void trail_compare_boots(struct trail *trail)
{
    trail->crossed = trail->older[0] == '\0' || strcmp(trail->older, trail->boot.boot) == 0;
}

// The first thing that is known of another boot than the checkpoint's: whoever was here then was
// cut off. Not before, for what the older boot has left in the log may say how they went.
static int cross(struct trail *trail, uint64_t wall_ns, struct trail_rows *rows)
{
    if (trail->crossed || wall_ns < trail->boot.wall_ns)
        return 0;
    trail->crossed = true;
    return sessions_cut(trail, rows);
}

static int dispatch(struct trail *trail, const struct audit_event *event, struct trail_rows *rows)
{
    switch (event->act) {
    case ACT_READ:
    case ACT_WRITE:
    case ACT_CREATE:
    case ACT_DELETE:
    case ACT_RENAME:
    case ACT_CHANGE:
        return files_take(trail, event, rows);
    case ACT_LOGIN:
    case ACT_LOGIN_FAILED:
    case ACT_LOGIN_REFUSED:
    case ACT_LOGOUT:
        return sessions_take(trail, event, rows);
    case ACT_AUDIT_STARTED:
    case ACT_AUDIT_ENDED:
    case ACT_AUDIT_RESUMED:
    case ACT_AUDIT_TROUBLE:
    case ACT_AUDIT_CHANGED:
    case ACT_AUDIT_TORN:
        return gaps_take(trail, event, rows);
    case ACT_MAX:
        break;
    }
    return -EINVAL;
}

int trail_take(struct trail *trail, const struct audit_event *event, struct trail_rows *rows)
{
    assert(trail->boot.boot[0]);
    if (event->act == ACT_AUDIT_TORN) // it has no time of its own
        return dispatch(trail, event, rows);
    int r = saves_settle(trail, event->wall_ns, rows);
    if (r == 0)
        r = cross(trail, event->wall_ns, rows);
    if (r == 0)
        r = gaps_end_torn(trail, event, rows);
    if (r == 0 && event->act != ACT_AUDIT_CHANGED)
        r = gaps_end_blind(trail, rows);
    if (r == 0)
        r = dispatch(trail, event, rows);
    trail->last_ns = event->wall_ns;
    return r;
}

int trail_settle(struct trail *trail, uint64_t wall_ns, struct trail_rows *rows)
{
    assert(trail->boot.boot[0]);
    // Each event has settled the saves up to its own time: what was begun since an instant that is
    // past goes on.
    int r = wall_ns > trail->last_ns ? saves_settle(trail, wall_ns, rows) : 0;
    if (r == 0)
        r = cross(trail, wall_ns, rows);
    if (r == 0 && wall_ns >= gaps_due_ns(trail))
        r = gaps_end_blind(trail, rows);
    return r < 0 ? r : folds_settle(trail, wall_ns, rows);
}

uint64_t trail_due_ns(const struct trail *trail)
{
    uint64_t due = folds_due_ns(&trail->folds), other = saves_due_ns(&trail->saves);
    if (other < due)
        due = other;
    other = gaps_due_ns(trail);
    if (other < due)
        due = other;
    if (!trail->crossed && trail->sessions.n > 0 && trail->boot.wall_ns < due)
        due = trail->boot.wall_ns;
    return due == UINT64_MAX ? 0 : due;
}

int trail_checkpoint(struct trail *trail, const struct audit_place *place, struct fact **ret)
{
    CLEANUP(fact_free_p) struct fact *fact = NULL;
    CLEANUP_JSON json_object *lasting = NULL;
    CLEANUP_JSON json_object *details = NULL;
    assert(trail->boot.boot[0]);
    fact = fact_new(FACT_TRAIL_READ);
    if (!fact)
        return -ENOMEM;
    if (trail->last_ns)
        fact->at = row_moment(trail, trail->last_ns);
    int r = checkpoint_put_lasting(trail, place, &lasting);
    if (r == 0)
        r = checkpoint_put(trail, place, &details);
    if (r == 0)
        r = row_set_json(&fact->object, lasting);
    if (r == 0)
        r = row_set_json(&fact->details, details);
    if (r < 0)
        return r;
    *ret = TAKE_PTR(fact);
    return 0;
}

void trail_recorded(struct trail *trail, uint64_t first)
{
    struct fold *fold;
    TAILQ_FOREACH(fold, &trail->folds.all, by_age)
    if (fold->sequence == 0)
        fold->sequence = first + (fold->ordinal - trail->recorded) - 1;
    trail->recorded = trail->given;
}
