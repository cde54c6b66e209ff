// SPDX-License-Identifier: GPL-3.0-or-later
// Where the trail goes on, at the start and after each failure.
#include "daemon/trail-keeper.h"

#include "base/log.h"
#include "base/text.h"
#include "daemon/session-row.h"
#include "daemon/trail-parts.h"

#include <assert.h>
#include <errno.h>
#include <string.h>

#define RETRY_NS NS_PER_S           // first each second …
#define PATIENCE_NS (60 * NS_PER_S) // … and when it lasts so long, which is a gap,
#define FOLD_NS (5 * NS_PER_S)      // without a policy
#define SELDOM_NS (10 * NS_PER_S)   // less often

#define CAUSE_PLACE "the audit log does not go on where it was read"
#define CAUSE_CHECKPOINT "the checkpoint of the audit log can't be understood"
#define CAUSE_NO_LOG "there was no audit log to read"
#define CAUSE_LEDGER "the ledger could not be written"

uint64_t trail_keeper_clock_ns(const struct trail_keeper *keeper)
{
    uint64_t now_us = 0;
    (void)sd_event_now(keeper->options.event, CLOCK_MONOTONIC, &now_us);
    return now_us * 1000;
}

void trail_keeper_arm(struct trail_keeper *keeper, uint64_t at_ns)
{
    if (keeper->stopping)
        return;
    int r = sd_event_source_set_time(keeper->timer, at_ns / 1000);
    if (r >= 0)
        r = sd_event_source_set_enabled(keeper->timer, SD_EVENT_ONESHOT);
    if (r < 0)
        log_error("no timer for the trail: %s; it goes on with the next event", strerror(-r));
}

// ---- Failing -----------------------------------------------------------------------------------

static void drop(struct trail_keeper *keeper)
{
    trail_rows_clear(&keeper->rows);
    trail_free(TAKE_PTR(keeper->trail));
    audit_place_free(TAKE_PTR(keeper->place));
}

// What was taken since the last durable checkpoint is forgotten, and read again from there.
void trail_keeper_fail(struct trail_keeper *keeper, int error)
{
    if (!keeper->failing)
        log_error("cannot record logins and file access: %s; trying again each second from the "
                  "last checkpoint on, auditd's log keeps them",
                  strerror(-error));
    if (!keeper->failing)
        keeper->failing_wall_ns = moment_now().wall_ns;
    keeper->failing = true;
    drop(keeper);
    keeper->phase = PHASE_LOAD;
    if (!keeper->watch)
        return;
    watch_audit_pause(keeper->watch, true);
    trail_keeper_arm(keeper, trail_keeper_clock_ns(keeper) + RETRY_NS);
}

// ---- Beginning and going on --------------------------------------------------------------------

static bool has_waited_long(const struct trail_keeper *keeper)
{
    return keeper->waiting_wall_ns != 0 &&
           trail_keeper_clock_ns(keeper) - keeper->waiting_ns >= PATIENCE_NS;
}

static void wait_for_log(struct trail_keeper *keeper, int error)
{
    uint64_t now_ns = trail_keeper_clock_ns(keeper);
    if (keeper->waiting_wall_ns == 0) {
        log_warning(
            "cannot read auditd's log: %s; logins and file access are not recorded until it "
            "is there",
            strerror(-error));
        keeper->waiting_wall_ns = moment_now().wall_ns;
        keeper->waiting_ns = now_ns;
    }
    trail_keeper_arm(keeper, now_ns + (has_waited_long(keeper) ? SELDOM_NS : RETRY_NS));
}

static void end_waiting(struct trail_keeper *keeper)
{
    if (has_waited_long(keeper) && !keeper->gap.cause)
        keeper->gap =
            (struct trail_gap){CAUSE_NO_LOG, keeper->waiting_wall_ns, moment_now().wall_ns};
    if (keeper->waiting_wall_ns != 0)
        log_info("auditd's log is there again; logins and file access are recorded");
    keeper->waiting_wall_ns = 0;
}

// A trail that begins here has its first checkpoint at once: from then on nothing may be missed.
static int begin_here(struct trail_keeper *keeper)
{
    keeper->wanted = true;
    return watch_audit_where(keeper->watch, &keeper->place);
}

static void resume(struct trail_keeper *keeper)
{
    keeper->wanted = false;
    int r = watch_audit_resume(keeper->watch, keeper->place);
    if (r == 0 && !keeper->place)
        r = begin_here(keeper);
    if (r < 0) {
        wait_for_log(keeper, r);
        return;
    }
    if (r > 0) {
        log_error("the audit log does not go on where it was read; the gap is recorded, going on "
                  "with what is there");
        keeper->gap = (struct trail_gap){CAUSE_PLACE, keeper->place->last.wall_ns, 0};
        audit_place_free(TAKE_PTR(keeper->place));
    }
    end_waiting(keeper);
    keeper->phase = PHASE_FOLLOW;
    keeper->wanted = keeper->wanted || keeper->gap.cause;
    keeper->seen_wall_ns = keeper->place ? keeper->place->last.wall_ns : 0;
    keeper->seen_ns = keeper->checkpoint_ns = trail_keeper_clock_ns(keeper);
    keeper->checkpoint_inode = keeper->place ? keeper->place->inode : 0;
    keeper->checkpoint_offset = keeper->place ? keeper->place->offset : 0;
    watch_audit_pause(keeper->watch, false);
    trail_group_look(keeper);
}

static int load_key(struct trail_keeper *keeper)
{
    int r = trail_start_key(keeper->options.places->state, keeper->settings.key);
    if (r <= 0)
        return r;
    log_error("keys/names.key was damaged; a new one is made, and a My Number in a file's name has "
              "another token from now on");
    recorder_put(keeper->options.recorder,
                 recorder_fact(FACT_AGENT_TAMPERED, "names.key", "rebuilt", NULL), NULL, NULL);
    return 0;
}

static int load(struct trail_keeper *keeper)
{
    struct ledger_head found;
    if (!ledger_is_writable(keeper->options.ledger))
        return -EIO;
    int r = load_key(keeper);
    if (r == 0)
        r = trail_start_load(keeper->options.state, &keeper->settings, &keeper->trail,
                             &keeper->place);
    if (r <= 0)
        return r;
    log_error("the newest checkpoint of the audit log can't be understood; the gap is recorded, "
              "going on at the log's end");
    ledger_get_found(keeper->options.ledger, &found);
    keeper->gap = (struct trail_gap){CAUSE_CHECKPOINT, found.latest.wall_ns, 0};
    return 0;
}

static void load_and_resume(struct trail_keeper *keeper)
{
    int r = load(keeper);
    if (r < 0) {
        trail_keeper_fail(keeper, r);
        return;
    }
    keeper->phase = PHASE_RESUME;
    resume(keeper);
}

static int on_timer(sd_event_source *source, uint64_t now, void *context)
{
    struct trail_keeper *keeper = context;
    (void)source, (void)now;
    switch (keeper->phase) {
    case PHASE_LOAD:
        load_and_resume(keeper);
        break;
    case PHASE_RESUME:
        resume(keeper);
        break;
    case PHASE_FOLLOW:
        trail_group_settle(keeper);
        trail_group_look(keeper);
        break;
    }
    return 0;
}

// ---- Public ------------------------------------------------------------------------------------

void trail_keeper_on_fact(struct trail_keeper *keeper, struct fact *fact)
{
    if (fact->kind == FACT_SEEN_LOCK) {
        recorder_put(keeper->options.recorder, session_row(fact, keeper->accounts), NULL, NULL);
        return;
    }
    if (keeper->phase != PHASE_FOLLOW) // it is read again
        return;
    if (fact->kind == FACT_SEEN_AUDIT && fact->audit) {
        assert(!keeper->in_flight); // the watch pauses
        trail_group_take_event(keeper, fact->audit);
    } else if (fact->kind == FACT_SEEN_AUDIT_PLACE && fact->place) {
        assert(!keeper->in_flight);
        trail_group_take_place(keeper, TAKE_PTR(fact->place));
    }
}

void trail_keeper_start(struct trail_keeper *keeper, void *watch)
{
    keeper->watch = watch;
    load_and_resume(keeper);
}

void trail_keeper_restate(struct trail_keeper *keeper, uint64_t first)
{
    keeper->month = first;
    trail_group_look(keeper);
}

int trail_keeper_set_policy(struct trail_keeper *keeper, const struct policy *policy)
{
    struct trail_folders folders = {0};
    struct trail_settings *settings = &keeper->settings;
    int r = trail_folders_read(policy, &folders);
    if (r < 0)
        return r;
    settings->fold_ns = policy->fold_ns;
    settings->folders = folders.names;
    settings->n_folders = folders.n;
    if (keeper->trail) {
        trail_set_fold(keeper->trail, settings->fold_ns);
        trail_set_folders(keeper->trail, settings->folders, settings->n_folders);
    }
    trail_folders_clear(&keeper->folders);
    keeper->folders = folders;
    return 0;
}

const char *trail_keeper_trouble(const struct trail_keeper *keeper, uint64_t *ret_since_ns)
{
    *ret_since_ns = keeper->failing ? keeper->failing_wall_ns : keeper->waiting_wall_ns;
    if (keeper->failing)
        return CAUSE_LEDGER;
    return keeper->waiting_wall_ns ? CAUSE_NO_LOG : NULL;
}

static void record_last(struct trail_keeper *keeper)
{
    if (keeper->phase == PHASE_RESUME && has_waited_long(keeper)) {
        keeper->gap = (struct trail_gap){CAUSE_NO_LOG, keeper->waiting_wall_ns, 0};
        recorder_put(keeper->options.recorder, trail_group_gap(&keeper->gap), NULL, NULL);
    }
    if (keeper->phase == PHASE_FOLLOW && !keeper->in_flight && keeper->place &&
        (keeper->rows.n > 0 || keeper->wanted || trail_group_moved(keeper)))
        trail_group_put(keeper);
}

void trail_keeper_stop(struct trail_keeper *keeper)
{
    if (!keeper || !keeper->watch)
        return;
    keeper->stopping = true;
    int r = recorder_wait(keeper->options.recorder); // a group that is on its way
    if (r == 0) {
        record_last(keeper);
        r = recorder_wait(keeper->options.recorder);
    }
    if (r < 0)
        log_warning("the last logins and file accesses are not recorded yet: %s; they are read at "
                    "the next start",
                    strerror(-r));
    keeper->watch = NULL;
}

static bool is_stranger(void *context, uint32_t uid, const char *login, const char *folder)
{
    const struct trail_keeper *keeper = context;
    const struct trail_keeper_options *options = &keeper->options;
    for (size_t i = 0; i < keeper->folders.n; i++)
        if (text_equal(keeper->folders.names[i], folder))
            return options->is_stranger(options->context, uid, login, keeper->folders.owners[i]);
    return false;
}

static bool is_told(void *context, uint32_t pid, const char *account, uint64_t wall_ns)
{
    const struct trail_keeper *keeper = context;
    return keeper->options.is_told(keeper->options.context, pid, account, wall_ns);
}

static bool is_for_emergencies(void *context, const char *account)
{
    const struct trail_keeper *keeper = context;
    return keeper->options.is_for_emergencies(keeper->options.context, account);
}

int trail_keeper_new(const struct trail_keeper_options *options, struct trail_keeper **ret)
{
    CLEANUP(trail_keeper_free_p) struct trail_keeper *keeper = calloc(1, sizeof *keeper);
    if (!keeper)
        return -ENOMEM;
    keeper->options = *options;
    int r = accounts_new(&keeper->accounts);
    if (r < 0)
        return r;
    keeper->settings.fold_ns = FOLD_NS;
    keeper->settings.name_of = accounts_name_of;
    keeper->settings.exists = accounts_exists;
    keeper->settings.context = keeper->accounts;
    keeper->settings.strangers = keeper;
    keeper->settings.is_stranger = options->is_stranger ? is_stranger : NULL;
    keeper->settings.is_told = options->is_told ? is_told : NULL;
    keeper->settings.is_for_emergencies = options->is_for_emergencies ? is_for_emergencies : NULL;
    r = sd_event_add_time(options->event, &keeper->timer, CLOCK_MONOTONIC, 0, 0, on_timer, keeper);
    if (r >= 0)
        r = sd_event_source_set_enabled(keeper->timer, SD_EVENT_OFF);
    if (r < 0)
        return r;
    *ret = TAKE_PTR(keeper);
    return 0;
}

void trail_keeper_free(struct trail_keeper *keeper)
{
    if (!keeper)
        return;
    sd_event_source_disable_unref(keeper->timer);
    drop(keeper);
    trail_folders_clear(&keeper->folders);
    accounts_free(keeper->accounts);
    free(keeper);
}
