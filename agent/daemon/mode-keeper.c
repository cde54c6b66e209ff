// SPDX-License-Identifier: GPL-3.0-or-later
// Which guards a request means, all of them or none, and what is answered.
#include "daemon/mode-keeper.h"

#include "base/i18n.h"
#include "base/json.h"
#include "base/text.h"
#include "bus/bus.h"
#include "daemon/mode-change.h"
#include "daemon/mode-files.h"

#include <assert.h>
#include <errno.h>

static const struct mode_guard *const guards[] = {
    [GUARD_USB] = &mode_usb, [GUARD_NETWORK] = &mode_network};
static_assert(ELEMENTS(guards) == GUARD_MAX, "its own part of each guard");

struct mode_keeper {
    struct mode_keeper_options options;
    struct guard_modes installed; // what the mode file says
    struct mode_change *changes[GUARD_MAX];
};

// Some of the guards: a bit for each.
#define ALL_GUARDS ((1u << GUARD_MAX) - 1)

static bool has(unsigned some, enum guard guard)
{
    return some & 1u << guard;
}

enum gate_mode mode_keeper_get(const struct mode_keeper *keeper, enum guard guard)
{
    return mode_change_get(keeper->changes[guard]);
}

bool mode_keeper_is_installed(const struct mode_keeper *keeper, enum guard guard)
{
    return mode_change_is_installed(keeper->changes[guard]);
}

static int on_write(void *context, enum guard guard, enum gate_mode mode)
{
    struct mode_keeper *keeper = context;
    struct guard_modes modes = keeper->installed;
    modes.of[guard] = mode;
    int r = mode_files_write(keeper->options.places, &modes);
    if (r == 0)
        keeper->installed = modes;
    return r;
}

// ---- Answers -----------------------------------------------------------------------------------

static void describe_change(const struct mode_change *change, json_object *object)
{
    json_add_text(object, "state", mode_change_state(change));
    json_add_text(object, "mode", gate_mode_to_str(mode_change_get(change)));
    if (mode_change_is_on_trial(change))
        json_add_number(object, "deadline_ns", mode_change_deadline_ns(change));
}

// A trial needs somebody to act, an installation only time.
static unsigned distance(const struct mode_change *change)
{
    return mode_change_is_on_trial(change) ? 2 : mode_change_is_under_way(change) ? 1 : 0;
}

static json_object *answer(const struct mode_keeper *keeper, unsigned some)
{
    json_object *object = json_object_new_object(), *list = json_object_new_object();
    const struct mode_change *furthest = NULL;
    for (enum guard g = 0; g < GUARD_MAX; g++) {
        const struct mode_change *change = keeper->changes[g];
        if (!has(some, g))
            continue;
        if (!furthest || distance(change) > distance(furthest))
            furthest = change;
        describe_change(change, json_section(list, guard_to_str(g)));
    }
    assert(furthest);
    describe_change(furthest, object);
    json_add(object, "guards", list);
    return object;
}

// ---- Requests ----------------------------------------------------------------------------------

static int choose(const char *guard, unsigned *ret)
{
    enum guard one;
    if (text_equal(guard, "all")) {
        *ret = ALL_GUARDS;
        return 0;
    }
    int r = guard_from_str(guard, &one);
    if (r == 0)
        *ret = 1u << one;
    return r;
}

static int may_begin(struct mode_keeper *keeper, unsigned some, char **ret_why)
{
    int r = 0;
    if (keeper->options.observe)
        return bus_refuse(-EACCES, ret_why,
                          N_("sekishod was started with --observe. Start it without to enforce."));
    for (enum guard g = 0; g < GUARD_MAX; g++)
        if (has(some, g) && mode_change_is_under_way(keeper->changes[g]))
            return bus_refuse(-EBUSY, ret_why,
                              N_("Enforce is being entered already. See: sekisho status"));
    for (enum guard g = 0; r == 0 && g < GUARD_MAX; g++)
        if (has(some, g) && mode_keeper_get(keeper, g) == MODE_OBSERVE)
            r = mode_change_may_begin(keeper->changes[g], ret_why);
    return r;
}

static void end(struct mode_keeper *keeper, unsigned some, const char *outcome,
                const struct bus_person *who)
{
    for (enum guard g = 0; g < GUARD_MAX; g++)
        if (has(some, g))
            mode_change_end(keeper->changes[g], outcome, who);
}

static int begin(struct mode_keeper *keeper, unsigned some, bool unattended,
                 const struct bus_person *who)
{
    unsigned begun = 0;
    int r = 0;
    for (enum guard g = 0; r == 0 && g < GUARD_MAX; g++) {
        if (!has(some, g) || mode_keeper_get(keeper, g) != MODE_OBSERVE)
            continue;
        r = mode_change_begin(keeper->changes[g], unattended, who);
        if (r == 0)
            begun |= 1u << g;
    }
    if (r < 0)
        end(keeper, begun, "failed", who);
    return r;
}

int mode_keeper_set(struct mode_keeper *keeper, const char *guard, const char *mode,
                    bool unattended, const struct bus_person *who, json_object **ret_answer,
                    char **ret_why)
{
    enum gate_mode wanted;
    unsigned some;
    int r = choose(guard, &some);
    if (r < 0)
        return bus_refuse(r, ret_why,
                          N_("There is no such guard. This version has: usb, network."));
    if (gate_mode_from_str(mode, &wanted) < 0)
        return bus_refuse(-EINVAL, ret_why, N_("The mode is either observe or enforce."));
    if (wanted == MODE_OBSERVE) {
        end(keeper, some, "observing", who);
    } else {
        r = may_begin(keeper, some, ret_why);
        if (r < 0)
            return r;
        r = begin(keeper, some, unattended, who);
    }
    if (r < 0)
        return bus_refuse(r, ret_why,
                          N_("Enforce could not be entered; the machine observes as before."));
    *ret_answer = answer(keeper, some);
    return 0;
}

int mode_keeper_confirm(struct mode_keeper *keeper, const struct bus_person *who,
                        json_object **ret_answer, char **ret_why)
{
    CLEANUP_FREE char *first_why = NULL;
    unsigned waiting = 0, confirmed = 0;
    int first = 0;
    for (enum guard g = 0; g < GUARD_MAX; g++) {
        CLEANUP_FREE char *why = NULL;
        if (!mode_change_is_on_trial(keeper->changes[g]))
            continue;
        waiting |= 1u << g;
        int r = mode_change_confirm(keeper->changes[g], who, &why);
        if (r == 0)
            confirmed |= 1u << g;
        else if (first == 0)
            first = r, first_why = TAKE_PTR(why);
    }
    if (!waiting)
        return bus_refuse(-ENOENT, ret_why, N_("There is nothing to confirm."));
    if (!confirmed) {
        *ret_why = TAKE_PTR(first_why);
        return first;
    }
    *ret_answer = answer(keeper, waiting);
    return 0;
}

// ---- Status ------------------------------------------------------------------------------------

static const char *change_word(const struct mode_change *change)
{
    if (mode_change_is_under_way(change))
        return mode_change_state(change);
    return mode_change_has_failed(change) ? "failed" : NULL;
}

static json_object *describe_changes(const struct mode_keeper *keeper)
{
    json_object *list = json_object_new_object();
    for (enum guard g = 0; g < GUARD_MAX; g++) {
        const struct mode_change *change = keeper->changes[g];
        const char *word = change_word(change);
        if (!word)
            continue;
        json_object *object = json_section(list, guard_to_str(g));
        json_add_text(object, "state", word);
        if (mode_change_is_on_trial(change))
            json_add_number(object, "deadline_ns", mode_change_deadline_ns(change));
    }
    return list;
}

// The first guard on trial.
static json_object *describe_pending(const struct mode_keeper *keeper)
{
    for (enum guard g = 0; g < GUARD_MAX; g++) {
        if (!mode_change_is_on_trial(keeper->changes[g]))
            continue;
        json_object *pending = json_object_new_object();
        json_add_text(pending, "guard", guard_to_str(g));
        json_add_text(pending, "mode", gate_mode_to_str(MODE_ENFORCE));
        json_add_number(pending, "deadline_ns", mode_change_deadline_ns(keeper->changes[g]));
        return pending;
    }
    return NULL;
}

static json_object *describe_transition(const struct mode_keeper *keeper)
{
    const char *transition = NULL;
    for (enum guard g = 0; g < GUARD_MAX; g++) {
        const char *word = change_word(keeper->changes[g]);
        if (text_equal(word, "installing") || (text_equal(word, "failed") && !transition))
            transition = word;
    }
    return transition ? json_object_new_string(transition) : NULL;
}

void mode_keeper_describe(const struct mode_keeper *keeper, json_object *status)
{
    json_object *modes = json_section(status, "mode");
    for (enum guard g = 0; g < GUARD_MAX; g++)
        json_add_text(modes, guard_to_str(g), gate_mode_to_str(mode_keeper_get(keeper, g)));
    json_add(status, "mode_changes", describe_changes(keeper));
    json_object_object_add(status, "pending_confirmation", describe_pending(keeper));
    json_object_object_add(status, "transition", describe_transition(keeper));
}

// ---- Life --------------------------------------------------------------------------------------

static int add_change(struct mode_keeper *keeper, enum guard guard)
{
    const struct mode_change_options change = {
        .keeper = &keeper->options,
        .guard = guard,
        .functions = guards[guard],
        .mode = keeper->options.observe ? MODE_OBSERVE : keeper->installed.of[guard],
        .write = on_write,
        .context = keeper,
    };
    return mode_change_new(&change, &keeper->changes[guard]);
}

int mode_keeper_new(const struct mode_keeper_options *options, struct mode_keeper **ret)
{
    CLEANUP(mode_keeper_free_p) struct mode_keeper *keeper = calloc(1, sizeof *keeper);
    if (!keeper)
        return -ENOMEM;
    keeper->options = *options;
    int r = mode_files_read(options->places, &keeper->installed);
    for (enum guard g = 0; r == 0 && g < GUARD_MAX; g++)
        r = add_change(keeper, g);
    if (r < 0)
        return r;
    *ret = TAKE_PTR(keeper);
    return 0;
}

void mode_keeper_start(struct mode_keeper *keeper, struct recorder *recorder)
{
    keeper->options.recorder = recorder;
    for (enum guard g = 0; g < GUARD_MAX; g++)
        mode_change_start(keeper->changes[g]);
}

void mode_keeper_restate(struct mode_keeper *keeper)
{
    for (enum guard g = 0; g < GUARD_MAX; g++)
        mode_change_restate(keeper->changes[g]);
}

void mode_keeper_mend(struct mode_keeper *keeper)
{
    for (enum guard g = 0; g < GUARD_MAX; g++)
        mode_change_mend(keeper->changes[g]);
}

void mode_keeper_free(struct mode_keeper *keeper)
{
    if (!keeper)
        return;
    for (enum guard g = 0; g < GUARD_MAX; g++)
        mode_change_free(keeper->changes[g]);
    free(keeper);
}
