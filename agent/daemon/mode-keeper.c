// SPDX-License-Identifier: GPL-3.0-or-later
// observe → trial → installing → enforce, and back at any point.
#include "daemon/mode-keeper.h"

#include "base/i18n.h"
#include "base/json.h"
#include "base/log.h"
#include "base/text.h"
#include "bus/bus.h"
#include "daemon/mode-files.h"
#include "daemon/person.h"
#include "daemon/unit-job.h"
#include "enforce/enforce.h"

#include <errno.h>
#include <string.h>

#define INITRAMFS_UNIT "sekisho-initramfs.service"
#define TRIAL_NS (60 * NS_PER_S)

enum state { STATE_OBSERVE, STATE_TRIAL, STATE_INSTALLING, STATE_ENFORCE, STATE_MAX };

struct mode_keeper {
    struct mode_keeper_options options;
    enum state state;
    bool failed; // the last installation did not succeed
    uint64_t deadline_ns;
    sd_event_source *trial;
    struct unit_job *job;
    uint32_t uid; // who began the change, for its row
    char *user;
};

static const char *state_word(enum state state)
{
    static const char *const words[] = {[STATE_OBSERVE] = "done",
                                        [STATE_TRIAL] = "trial",
                                        [STATE_INSTALLING] = "installing",
                                        [STATE_ENFORCE] = "done"};
    return words[state];
}

enum gate_mode mode_keeper_get(const struct mode_keeper *keeper)
{
    return keeper->state == STATE_OBSERVE ? MODE_OBSERVE : MODE_ENFORCE;
}

bool mode_keeper_is_installed(const struct mode_keeper *keeper)
{
    return keeper->state == STATE_ENFORCE;
}

static void record(struct mode_keeper *keeper, const char *outcome)
{
    struct json_object *details = json_object_new_object();
    json_add_text(details, "mode", gate_mode_to_str(mode_keeper_get(keeper)));
    struct fact *fact = recorder_fact(FACT_MODE_CHANGED, "usb", outcome, details);
    if (fact) {
        fact->uid = keeper->uid;
        if (text_set(&fact->user, keeper->user) < 0)
            log_warning("no memory for the name of who changed the mode; its number is recorded");
    }
    if (keeper->options.recorder)
        recorder_put(keeper->options.recorder, fact, NULL, NULL);
    else
        fact_free(fact);
}

static void enter(struct mode_keeper *keeper, enum state state, const char *outcome)
{
    enum gate_mode before = mode_keeper_get(keeper);
    keeper->state = state;
    if (before != mode_keeper_get(keeper) && keeper->options.changed)
        keeper->options.changed(keeper->options.context);
    if (outcome)
        record(keeper, outcome);
}

// ---- The initramfs -----------------------------------------------------------------------------

static int start_initramfs(struct mode_keeper *keeper, unit_job_done done)
{
    unit_job_free(TAKE_PTR(keeper->job));
    if (!keeper->options.bus)
        return -ENOTCONN;
    return unit_job_start(keeper->options.bus, INITRAMFS_UNIT, done, keeper, &keeper->job);
}

static void on_cleared(void *context, int error)
{
    (void)context;
    if (error < 0)
        log_error("the initramfs could not be rebuilt: %s; run `update-initramfs -u -k all`",
                  strerror(-error));
}

// The machine's defaults are back from this moment, and for the next boot.
static void fall_back(struct mode_keeper *keeper, const char *outcome)
{
    const struct places *places = keeper->options.places;
    (void)sd_event_source_set_enabled(keeper->trial, SD_EVENT_OFF);
    int r = mode_files_write(keeper->options.places, MODE_OBSERVE);
    if (r < 0)
        log_error("cannot write the mode: %s; the next start may enforce again", strerror(-r));
    r = mode_files_open(keeper->options.places);
    if (r == 0)
        r = start_initramfs(keeper, on_cleared);
    if (r < 0 && r != -ENOENT)
        on_cleared(keeper, r);
    r = enforce_usb_open_defaults(places->sys);
    if (r < 0)
        log_error("cannot open every USB bus: %s; a reboot will", strerror(-r));
    mode_files_mark_attempt(keeper->options.places, false);
    enter(keeper, STATE_OBSERVE, outcome);
}

// ---- Entering enforce --------------------------------------------------------------------------

static void on_installed(void *context, int error)
{
    struct mode_keeper *keeper = context;
    if (keeper->state != STATE_INSTALLING)
        return;
    int r = error < 0 ? error : mode_files_write(keeper->options.places, MODE_ENFORCE);
    keeper->failed = r < 0;
    if (r < 0) {
        log_error("enforce could not be installed: %s, going back to observe", strerror(-r));
        fall_back(keeper, "failed");
        return;
    }
    mode_files_mark_attempt(keeper->options.places, false);
    enter(keeper, STATE_ENFORCE, "enforced");
}

static int install(struct mode_keeper *keeper)
{
    int r = mode_files_shut(keeper->options.places);
    if (r < 0)
        return r;
    r = start_initramfs(keeper, on_installed);
    if (r < 0)
        return r;
    enter(keeper, STATE_INSTALLING, NULL);
    return 0;
}

static int on_trial_over(sd_event_source *source, uint64_t now, void *context)
{
    struct mode_keeper *keeper = context;
    (void)source, (void)now;
    if (keeper->state == STATE_TRIAL) {
        log_warning("enforce was not confirmed within 60 s, going back to observe");
        fall_back(keeper, "rolled back");
    }
    return 0;
}

static int begin_trial(struct mode_keeper *keeper)
{
    int r = sd_event_source_set_time_relative(keeper->trial, TRIAL_NS / 1000);
    if (r == 0)
        r = sd_event_source_set_enabled(keeper->trial, SD_EVENT_ONESHOT);
    if (r < 0)
        return r;
    keeper->deadline_ns = moment_now().wall_ns + TRIAL_NS;
    enter(keeper, STATE_TRIAL, "trial");
    return 0;
}

static int begin_enforce(struct mode_keeper *keeper, bool unattended)
{
    if (!keeper->options.bus)
        return -ENOTCONN;
    mode_files_mark_attempt(keeper->options.places, true);
    int r = enforce_usb_shut_defaults(keeper->options.places->sys);
    if (r == 0)
        r = unattended ? install(keeper) : begin_trial(keeper);
    if (r < 0)
        fall_back(keeper, "failed");
    return r;
}

// ---- Requests ----------------------------------------------------------------------------------

static int refuse(int error, char **ret_why, const char *sentence)
{
    *ret_why = text_dup(sentence);
    return error;
}

static void remember(struct mode_keeper *keeper, const struct bus_person *who)
{
    keeper->uid = who->uid;
    if (text_set(&keeper->user, who->name) < 0)
        log_warning("no memory for the name of who changes the mode; its number is recorded");
}

static json_object *answer(const struct mode_keeper *keeper)
{
    json_object *object = json_object_new_object();
    json_add_text(object, "state", state_word(keeper->state));
    json_add_text(object, "mode", gate_mode_to_str(mode_keeper_get(keeper)));
    if (keeper->state == STATE_TRIAL)
        json_add_number(object, "deadline_ns", keeper->deadline_ns);
    return object;
}

int mode_keeper_set(struct mode_keeper *keeper, const char *guard, const char *mode,
                    bool unattended, const struct bus_person *who, json_object **ret_answer,
                    char **ret_why)
{
    enum gate_mode wanted;
    if (!text_equal(guard, "usb") && !text_equal(guard, "all"))
        return refuse(-EINVAL, ret_why, N_("There is no such guard. This version has: usb."));
    if (gate_mode_from_str(mode, &wanted) < 0)
        return refuse(-EINVAL, ret_why, N_("The mode is either observe or enforce."));
    if (wanted == MODE_ENFORCE && keeper->options.observe)
        return refuse(-EACCES, ret_why,
                      N_("sekishod was started with --observe. Start it without to enforce."));
    if (wanted == MODE_ENFORCE &&
        (keeper->state == STATE_TRIAL || keeper->state == STATE_INSTALLING))
        return refuse(-EBUSY, ret_why, N_("Enforce is being entered already. See: sekisho status"));

    int r = 0;
    if (wanted == MODE_ENFORCE && keeper->state == STATE_OBSERVE) {
        r = keeper->options.may_enforce(keeper->options.context, ret_why);
        if (r < 0)
            return r;
    }
    remember(keeper, who);
    if (wanted == MODE_OBSERVE && keeper->state != STATE_OBSERVE)
        fall_back(keeper, "observing");
    else if (wanted == MODE_ENFORCE && keeper->state == STATE_OBSERVE)
        r = begin_enforce(keeper, unattended);
    if (r < 0)
        return refuse(r, ret_why,
                      N_("Enforce could not be entered; the machine observes as before."));
    *ret_answer = answer(keeper);
    return 0;
}

int mode_keeper_confirm(struct mode_keeper *keeper, const struct bus_person *who,
                        json_object **ret_answer, char **ret_why)
{
    if (keeper->state != STATE_TRIAL)
        return refuse(-ENOENT, ret_why, N_("There is nothing to confirm."));
    if (!person_sits_at_the_machine(who))
        return refuse(
            -EACCES, ret_why,
            N_("Confirm at this machine's own keyboard: that shows that it still works."));
    int r = keeper->options.may_enforce(keeper->options.context, ret_why);
    if (r < 0) // the trial runs out
        return r;
    remember(keeper, who);
    (void)sd_event_source_set_enabled(keeper->trial, SD_EVENT_OFF);
    r = install(keeper);
    if (r < 0) {
        fall_back(keeper, "failed");
        return refuse(r, ret_why,
                      N_("Enforce could not be installed; the machine observes again."));
    }
    *ret_answer = answer(keeper);
    return 0;
}

void mode_keeper_describe(const struct mode_keeper *keeper, json_object *status)
{
    json_object *mode = json_object_new_object();
    json_add_text(mode, "usb", gate_mode_to_str(mode_keeper_get(keeper)));
    json_object_object_add(status, "mode", mode);

    json_object *pending = NULL;
    if (keeper->state == STATE_TRIAL) {
        pending = json_object_new_object();
        json_add_text(pending, "guard", "usb");
        json_add_text(pending, "mode", "enforce");
        json_add_number(pending, "deadline_ns", keeper->deadline_ns);
    }
    json_object_object_add(status, "pending_confirmation", pending);
    json_object_object_add(status, "transition",
                           keeper->state == STATE_INSTALLING ? json_object_new_string("installing")
                           : keeper->failed                  ? json_object_new_string("failed")
                                                             : NULL);
}

// ---- Life --------------------------------------------------------------------------------------

int mode_keeper_new(const struct mode_keeper_options *options, struct mode_keeper **ret)
{
    CLEANUP(mode_keeper_free_p) struct mode_keeper *keeper = calloc(1, sizeof *keeper);
    if (!keeper)
        return -ENOMEM;
    keeper->options = *options;
    keeper->uid = FACT_NO_UID;
    enum gate_mode mode;
    int r = mode_files_read(options->places, &mode);
    if (r < 0)
        return r;
    keeper->state = mode == MODE_ENFORCE && !options->observe ? STATE_ENFORCE : STATE_OBSERVE;
    r = sd_event_add_time_relative(options->event, &keeper->trial, CLOCK_BOOTTIME, 0, 0,
                                   on_trial_over, keeper);
    if (r < 0)
        return r;
    r = sd_event_source_set_enabled(keeper->trial, SD_EVENT_OFF);
    if (r < 0)
        return r;
    *ret = TAKE_PTR(keeper);
    return 0;
}

void mode_keeper_start(struct mode_keeper *keeper, struct recorder *recorder)
{
    keeper->options.recorder = recorder;
    if (keeper->state == STATE_OBSERVE && !keeper->options.observe &&
        mode_files_was_attempted(keeper->options.places)) {
        fall_back(keeper, "rolled back");
        keeper->options.changed(keeper->options.context); // also for what an earlier run had shut
    }
    mode_keeper_mend(keeper);
}

void mode_keeper_restate(struct mode_keeper *keeper)
{
    keeper->uid = FACT_NO_UID; // nobody changes it now
    free(TAKE_PTR(keeper->user));
    record(keeper, "stated");
}

void mode_keeper_mend(struct mode_keeper *keeper)
{
    const struct places *places = keeper->options.places;
    if (keeper->state != STATE_ENFORCE || mode_files_is_shut(places))
        return;
    int r = mode_files_shut(keeper->options.places);
    if (r == 0)
        r = start_initramfs(keeper, on_cleared);
    if (r < 0)
        log_error("cannot put back %s: %s, trying again within a minute", MODPROBE_FILE,
                  strerror(-r));
    recorder_put(keeper->options.recorder,
                 recorder_fact(FACT_AGENT_TAMPERED, "/etc/modprobe.d/" MODPROBE_FILE,
                               r < 0 ? "failed" : "restored", NULL),
                 NULL, NULL);
}

void mode_keeper_free(struct mode_keeper *keeper)
{
    if (!keeper)
        return;
    sd_event_source_disable_unref(keeper->trial);
    unit_job_free(keeper->job);
    free(keeper->user);
    free(keeper);
}
