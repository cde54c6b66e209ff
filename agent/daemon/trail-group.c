// SPDX-License-Identifier: GPL-3.0-or-later
// One group at a time: events are taken until one is full or old enough, the watch pauses while
// it is written, and goes on when it is durable.
#include "base/json.h"
#include "base/log.h"
#include "daemon/trail-parts.h"

#include <assert.h>
#include <errno.h>

// A row waits for others; one that only counts what happened before waits longer, for a checkpoint
// takes more room than it does.
#define AGE_NS NS_PER_S
#define LATER_NS (5 * NS_PER_S)
#define FULL 256                      // rows with which a group does not wait any longer
#define ROOM (LEDGER_GROUP_MAX / 2)   // rows with which it takes no more that could come later
#define QUIET_NS (2 * NS_PER_S)       // so long without an event, the clock says what is due
#define PASSED_BYTES (1u << 20)       // of log without any row …
#define PASSED_NS (5 * 60 * NS_PER_S) // … after which a checkpoint stands alone

// ---- Groups ------------------------------------------------------------------------------------

struct fact *trail_group_gap(const struct trail_gap *gap)
{
    uint64_t to_ns = gap->to_ns ? gap->to_ns : moment_now().wall_ns;
    struct json_object *details = json_object_new_object();
    json_add_text(details, "source", "audit");
    json_add_text(details, "cause", gap->cause);
    json_add_number(details, "from_ns", gap->from_ns);
    json_add_number(details, "to_ns", to_ns > gap->from_ns ? to_ns : gap->from_ns);
    return recorder_fact(FACT_AGENT_GAP, NULL, "unwatched", details);
}

static void on_group(void *context, uint64_t first, int error)
{
    struct trail_keeper *keeper = context;
    keeper->in_flight = false;
    if (error < 0) {
        trail_keeper_fail(keeper, error);
        return;
    }
    keeper->failing = false;
    keeper->gap = (struct trail_gap){0};
    keeper->checkpoint = first + keeper->n_flight - 1;
    trail_recorded(keeper->trail, first + keeper->in_front);
    if (!keeper->watch)
        return;
    watch_audit_release(keeper->watch, keeper->place);
    if (keeper->stopping)
        return;
    watch_audit_pause(keeper->watch, false);
    trail_group_look(keeper);
}

// All rows and their checkpoint. The trail may give no more than LEDGER_GROUP_MAX of them between
// two places: at most 256 events stand there, and settle() stops at ROOM.
void trail_group_put(struct trail_keeper *keeper)
{
    struct fact *facts[LEDGER_GROUP_MAX], *checkpoint = NULL;
    int r = trail_checkpoint(keeper->trail, keeper->place, &checkpoint);
    if (r < 0) {
        trail_keeper_fail(keeper, r);
        return;
    }
    size_t n = 0;
    if (keeper->gap.cause)
        facts[n++] = trail_group_gap(&keeper->gap);
    keeper->in_front = n;
    assert(n + keeper->rows.n < LEDGER_GROUP_MAX);
    for (size_t i = 0; i < keeper->rows.n; i++)
        facts[n++] = TAKE_PTR(keeper->rows.items[i]);
    trail_rows_clear(&keeper->rows);
    facts[n++] = checkpoint;
    keeper->n_flight = n;
    keeper->in_flight = true;
    keeper->wanted = false;
    keeper->checkpoint_ns = trail_keeper_clock_ns(keeper);
    keeper->checkpoint_inode = keeper->place->inode;
    keeper->checkpoint_offset = keeper->place->offset;
    watch_audit_pause(keeper->watch, true);
    recorder_put_group(keeper->options.recorder, facts, n, on_group, keeper);
}

bool trail_group_moved(const struct trail_keeper *keeper)
{
    return keeper->place->inode != keeper->checkpoint_inode ||
           keeper->place->offset != keeper->checkpoint_offset;
}

// When the present group has to go; UINT64_MAX: there is nothing in it.
static uint64_t group_due_ns(const struct trail_keeper *keeper)
{
    const struct audit_place *place = keeper->place;
    if (keeper->wanted || keeper->checkpoint < keeper->month || keeper->rows.n >= FULL)
        return 0;
    if (keeper->rows.n > 0)
        return keeper->rows_due_ns;
    if (!trail_group_moved(keeper))
        return UINT64_MAX;
    if (place->inode != keeper->checkpoint_inode ||
        place->offset - keeper->checkpoint_offset >= PASSED_BYTES)
        return 0; // a rotated file is not needed any longer
    return keeper->checkpoint_ns + PASSED_NS;
}

// Puts it, or sees to it that it is looked at again.
void trail_group_look(struct trail_keeper *keeper)
{
    uint64_t now_ns = trail_keeper_clock_ns(keeper);
    if (keeper->phase != PHASE_FOLLOW || keeper->in_flight || !keeper->place || keeper->stopping)
        return;
    uint64_t due_ns = group_due_ns(keeper);
    if (due_ns <= now_ns) {
        trail_group_put(keeper);
        return;
    }
    if (trail_due_ns(keeper->trail) != 0 && due_ns > now_ns + AGE_NS)
        due_ns = now_ns + AGE_NS;
    if (due_ns != UINT64_MAX)
        trail_keeper_arm(keeper, due_ns);
}

// ---- Events ------------------------------------------------------------------------------------

// Those that came behind the first `before` may wait so long.
static void note_rows(struct trail_keeper *keeper, size_t before, uint64_t wait_ns)
{
    uint64_t due_ns = trail_keeper_clock_ns(keeper) + wait_ns;
    if (keeper->rows.n > before && (before == 0 || due_ns < keeper->rows_due_ns))
        keeper->rows_due_ns = due_ns;
}

// What is due by `wall_ns`, instant by instant: as much as a group has room for.
static int settle(struct trail_keeper *keeper, uint64_t wall_ns)
{
    size_t before = keeper->rows.n;
    uint64_t due_ns = trail_due_ns(keeper->trail), done_ns = 0;
    int r = 0;
    while (r == 0 && due_ns > done_ns && due_ns <= wall_ns && keeper->rows.n < ROOM) {
        r = trail_settle(keeper->trail, due_ns, &keeper->rows);
        done_ns = due_ns;
        due_ns = trail_due_ns(keeper->trail);
    }
    note_rows(keeper, before, LATER_NS);
    return r;
}

void trail_group_take_event(struct trail_keeper *keeper, const struct audit_event *event)
{
    size_t before = keeper->rows.n;
    keeper->seen_ns = trail_keeper_clock_ns(keeper);
    keeper->seen_wall_ns = event->wall_ns;
    if (keeper->gap.cause && keeper->gap.to_ns == 0)
        keeper->gap.to_ns = event->wall_ns;
    int r = trail_take(keeper->trail, event, &keeper->rows);
    note_rows(keeper, before, AGE_NS);
    if (r < 0)
        trail_keeper_fail(keeper, r);
}

void trail_group_take_place(struct trail_keeper *keeper, struct audit_place *place)
{
    audit_place_free(keeper->place);
    keeper->place = place;
    int r = settle(keeper, keeper->seen_wall_ns);
    if (r < 0)
        trail_keeper_fail(keeper, r);
    else
        trail_group_look(keeper);
}

// Nothing comes: what is due by the latest event's time and what has passed since. Not by the
// clock, which may have been set: what comes next may be of the time before.
void trail_group_settle(struct trail_keeper *keeper)
{
    uint64_t quiet_ns = trail_keeper_clock_ns(keeper) - keeper->seen_ns;
    if (keeper->in_flight || !keeper->place || quiet_ns < QUIET_NS)
        return;
    bool has_seen = keeper->seen_wall_ns != 0; // now, or before the checkpoint
    int r = settle(keeper, has_seen ? keeper->seen_wall_ns + quiet_ns : moment_now().wall_ns);
    if (r < 0)
        trail_keeper_fail(keeper, r);
}
