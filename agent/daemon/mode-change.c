// SPDX-License-Identifier: GPL-3.0-or-later
// observe → trial → installing → enforce, and back at any point.
#include "daemon/mode-change.h"

#include "base/i18n.h"
#include "base/json.h"
#include "base/log.h"
#include "base/text.h"
#include "bus/bus.h"
#include "daemon/mode-files.h"

#include <assert.h>
#include <errno.h>
#include <string.h>

#define TRIAL_NS (60 * NS_PER_S)

enum state { STATE_OBSERVE, STATE_TRIAL, STATE_INSTALLING, STATE_ENFORCE, STATE_MAX };

struct mode_change {
    struct mode_change_options options;
    void *own; // the guard's
    enum state state;
    bool failed; // the last change did not succeed
    uint64_t deadline_ns;
    sd_event_source *trial;
    uint32_t uid; // who began the change, for its row
    char *user;
};

const char *mode_change_state(const struct mode_change *change)
{
    static const char *const words[] = {[STATE_OBSERVE] = "done",
                                        [STATE_TRIAL] = "trial",
                                        [STATE_INSTALLING] = "installing",
                                        [STATE_ENFORCE] = "done"};
    static_assert(ELEMENTS(words) == STATE_MAX, "a word for each state");
    return words[change->state];
}

enum gate_mode mode_change_get(const struct mode_change *change)
{
    return change->state == STATE_OBSERVE ? MODE_OBSERVE : MODE_ENFORCE;
}

bool mode_change_is_installed(const struct mode_change *change)
{
    return change->state == STATE_ENFORCE;
}

bool mode_change_is_on_trial(const struct mode_change *change)
{
    return change->state == STATE_TRIAL;
}

bool mode_change_is_under_way(const struct mode_change *change)
{
    return change->state == STATE_TRIAL || change->state == STATE_INSTALLING;
}

bool mode_change_has_failed(const struct mode_change *change)
{
    return change->failed;
}

uint64_t mode_change_deadline_ns(const struct mode_change *change)
{
    return change->deadline_ns;
}

static const char *name_of(const struct mode_change *change)
{
    return guard_to_str(change->options.guard);
}

// ---- The row -----------------------------------------------------------------------------------

static void remember(struct mode_change *change, const struct bus_person *who)
{
    change->uid = who->uid;
    if (text_set(&change->user, who->name) < 0)
        log_warning("no memory for the name of who changes the mode; its number is recorded");
}

static void record(struct mode_change *change, const char *outcome)
{
    struct recorder *recorder = change->options.keeper->recorder;
    struct json_object *details = json_object_new_object();
    json_add_text(details, "mode", gate_mode_to_str(mode_change_get(change)));
    struct fact *fact = recorder_fact(FACT_MODE_CHANGED, name_of(change), outcome, details);
    if (fact) {
        fact->uid = change->uid;
        if (text_set(&fact->user, change->user) < 0)
            log_warning("no memory for the name of who changed the mode; its number is recorded");
    }
    if (recorder)
        recorder_put(recorder, fact, NULL, NULL);
    else
        fact_free(fact);
}

// ---- From one state to another -----------------------------------------------------------------

static int tell_guard(struct mode_change *change)
{
    return change->options.functions->changed(change->own, mode_change_get(change));
}

static int enter(struct mode_change *change, enum state state, const char *outcome)
{
    enum gate_mode before = mode_change_get(change);
    change->state = state;
    int r = before == mode_change_get(change) ? 0 : tell_guard(change);
    if (outcome)
        record(change, outcome);
    return r;
}

static int write_mode(struct mode_change *change, enum gate_mode mode)
{
    return change->options.write(change->options.context, change->options.guard, mode);
}

static void unmark(struct mode_change *change)
{
    int r = mode_files_unmark_attempt(change->options.keeper->places, change->options.guard);
    if (r < 0)
        log_error("cannot take away the mark that enforce is being entered (%s): %s; the next "
                  "start will",
                  name_of(change), strerror(-r));
}

// The machine's defaults are back from this moment, and for the next boot.
static void fall_back(struct mode_change *change, const char *outcome)
{
    (void)sd_event_source_set_enabled(change->trial, SD_EVENT_OFF);
    int r = write_mode(change, MODE_OBSERVE);
    if (r < 0)
        log_error("cannot write the mode: %s; the next start may enforce again", strerror(-r));
    if (change->options.functions->leave)
        change->options.functions->leave(change->own);
    unmark(change);
    r = enter(change, STATE_OBSERVE, outcome);
    if (r < 0)
        log_error("not all follows the %s guard into observe: %s; a reboot will", name_of(change),
                  strerror(-r));
}

// ---- Entering enforce --------------------------------------------------------------------------

static int keep(struct mode_change *change)
{
    int r = write_mode(change, MODE_ENFORCE);
    if (r < 0)
        return r;
    unmark(change);
    r = enter(change, STATE_ENFORCE, "enforced");
    if (r == 0 && change->options.functions->kept)
        change->options.functions->kept(change->own);
    return r;
}

static int install(struct mode_change *change)
{
    int r = change->options.functions->install(change->own);
    if (r < 0)
        return r;
    return r == 0 ? keep(change) : enter(change, STATE_INSTALLING, NULL);
}

// Of what the guard does by itself only a failure matters in the trial.
static void on_done(void *context, int error)
{
    struct mode_change *change = context;
    int r = error;
    if (!mode_change_is_under_way(change) || (r == 0 && change->state == STATE_TRIAL))
        return;
    if (r == 0)
        r = keep(change);
    change->failed = r < 0;
    if (r < 0) {
        log_error("enforce (%s) could not be installed: %s, going back to observe", name_of(change),
                  strerror(-r));
        fall_back(change, "failed");
    }
}

static int on_trial_over(sd_event_source *source, uint64_t now, void *context)
{
    struct mode_change *change = context;
    (void)source, (void)now;
    if (change->state == STATE_TRIAL) {
        log_warning("enforce (%s) was not confirmed within 60 s, going back to observe",
                    name_of(change));
        fall_back(change, "rolled back");
    }
    return 0;
}

static int begin_trial(struct mode_change *change)
{
    int r = sd_event_source_set_time_relative(change->trial, TRIAL_NS / 1000);
    if (r == 0)
        r = sd_event_source_set_enabled(change->trial, SD_EVENT_ONESHOT);
    if (r < 0)
        return r;
    change->deadline_ns = moment_now().wall_ns + TRIAL_NS;
    return enter(change, STATE_TRIAL, "trial");
}

static int begin(struct mode_change *change, bool unattended)
{
    const struct mode_guard *functions = change->options.functions;
    int r = mode_files_mark_attempt(change->options.keeper->places, change->options.guard);
    if (r == 0 && functions->enter)
        r = functions->enter(change->own);
    if (r < 0)
        return r;
    return unattended ? install(change) : begin_trial(change);
}

// ---- Requests ----------------------------------------------------------------------------------

int mode_change_may_begin(struct mode_change *change, char **ret_why)
{
    const struct mode_guard *functions = change->options.functions;
    return functions->may_enforce ? functions->may_enforce(change->own, ret_why) : 0;
}

int mode_change_begin(struct mode_change *change, bool unattended, const struct bus_person *who)
{
    assert(change->state == STATE_OBSERVE);
    if (!change->options.keeper->bus)
        return -ENOTCONN;
    remember(change, who);
    change->failed = false;
    int r = begin(change, unattended);
    if (r < 0)
        fall_back(change, "failed");
    return r;
}

int mode_change_confirm(struct mode_change *change, const struct bus_person *who, char **ret_why)
{
    const struct mode_guard *functions = change->options.functions;
    assert(change->state == STATE_TRIAL);
    if (!functions->may_confirm(change->own, who)) {
        *ret_why = text_dup(functions->where);
        return -EACCES;
    }
    int r = mode_change_may_begin(change, ret_why);
    if (r < 0) // the trial runs out
        return r;
    remember(change, who);
    (void)sd_event_source_set_enabled(change->trial, SD_EVENT_OFF);
    r = install(change);
    if (r < 0) {
        fall_back(change, "failed");
        *ret_why = text_dup(N_("Enforce could not be installed; the machine observes again."));
    }
    return r;
}

void mode_change_end(struct mode_change *change, const char *outcome, const struct bus_person *who)
{
    change->failed = false; // what is asked for now works
    if (change->state == STATE_OBSERVE)
        return;
    remember(change, who);
    fall_back(change, outcome);
}

// ---- Life --------------------------------------------------------------------------------------

int mode_change_new(const struct mode_change_options *options, struct mode_change **ret)
{
    struct mode_change *change = calloc(1, sizeof *change);
    if (!change)
        return -ENOMEM;
    change->options = *options;
    change->uid = FACT_NO_UID;
    change->state = options->mode == MODE_ENFORCE ? STATE_ENFORCE : STATE_OBSERVE;
    int r = options->functions->new (options->keeper, on_done, change, &change->own);
    if (r == 0)
        r = sd_event_add_time_relative(options->keeper->event, &change->trial, CLOCK_BOOTTIME, 0, 0,
                                       on_trial_over, change);
    if (r >= 0)
        r = sd_event_source_set_enabled(change->trial, SD_EVENT_OFF);
    if (r < 0) {
        mode_change_free(change);
        return r;
    }
    *ret = change;
    return 0;
}

void mode_change_start(struct mode_change *change)
{
    const struct mode_keeper_options *keeper = change->options.keeper;
    if (change->state == STATE_OBSERVE && !keeper->observe &&
        mode_files_was_attempted(keeper->places, change->options.guard)) {
        fall_back(change, "rolled back");
        int r = tell_guard(change); // also of what an earlier run had shut
        if (r < 0)
            log_error("not all that enforce (%s) had shut is open again: %s; a reboot will",
                      name_of(change), strerror(-r));
    }
    mode_change_mend(change);
}

void mode_change_restate(struct mode_change *change)
{
    change->uid = FACT_NO_UID; // nobody changes it now
    free(TAKE_PTR(change->user));
    record(change, "stated");
}

void mode_change_mend(struct mode_change *change)
{
    if (change->state == STATE_ENFORCE && change->options.functions->mend)
        change->options.functions->mend(change->own);
}

void mode_change_free(struct mode_change *change)
{
    if (!change)
        return;
    sd_event_source_disable_unref(change->trial);
    change->options.functions->free(change->own);
    free(change->user);
    free(change);
}
