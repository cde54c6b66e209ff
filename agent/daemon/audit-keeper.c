// SPDX-License-Identifier: GPL-3.0-or-later
// Wanted beside found: what is missing is put back, and recorded unless it is our own doing.
#include "daemon/audit-keeper.h"

#include "base/json.h"
#include "base/log.h"
#include "base/text.h"
#include "daemon/audit-health.h"
#include "daemon/audit-look.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>

#define OBJECT "audit rules"
#define SOON_US (200 * 1000ULL)
#define LOAD_US (1500 * 1000ULL) // in which augenrules takes all rules out and loads them anew
#define REST_US (1000 * 1000ULL) // between two looks, whoever asks for them

struct audit_keeper {
    struct audit_keeper_options options;
    struct audit_health *health;
    struct audit_memory memory;
    struct audit_look look;
    sd_event_source *on_mounts, *soon;
    int mountinfo;
    uint64_t looked_ns; // monotonic, when it last did
};

// ---- What is to be told ------------------------------------------------------------------------
static const struct {
    const char *outcome, *reason;
} findings[] = {
    [AUDIT_FINDING_OK] = {"ok", NULL},
    [AUDIT_FINDING_LOCKED] = {"locked",
                              "the rules are locked (auditctl -e 2): what the policy says now "
                              "takes effect after a reboot"},
    [AUDIT_FINDING_NO_FOLDER] = {"no folder", "a protected folder is not there"},
    [AUDIT_FINDING_TOO_MANY] = {"too many",
                                "more is mounted in protected folders than can be watched"},
    [AUDIT_FINDING_NO_TASKS] = {"no tasks", "a rule says that new programs are not audited: take "
                                            "“-a never,task” out of /etc/audit/rules.d"},
    [AUDIT_FINDING_FAILED] = {"failed", "the kernel does not take a rule"},
    [AUDIT_FINDING_UNCHECKED] = {"unchecked", "the kernel's rules cannot be read"},
};
static_assert(ELEMENTS(findings) == AUDIT_FINDING_MAX, "words for each finding");

static void tell(struct audit_keeper *keeper, enum audit_finding finding, const char *folder,
                 int error)
{
    const char *outcome = findings[finding].outcome;
    const char *before = keeper->memory.finding[0] ? keeper->memory.finding : "ok";
    if (strcmp(before, outcome) == 0)
        return;
    struct json_object *details = json_object_new_object();
    json_add_text(details, "reason", findings[finding].reason);
    json_add_text(details, "folder", folder);
    json_add_text(details, "error", error < 0 ? strerror(-error) : NULL);
    recorder_put(keeper->options.recorder,
                 recorder_fact(finding == AUDIT_FINDING_OK ? FACT_POSTURE_OK : FACT_POSTURE_FAILED,
                               OBJECT, outcome, details),
                 NULL, NULL);
    text_copy(keeper->memory.finding, sizeof keeper->memory.finding, outcome);
}

// Some time since `since_ns` the rules were not all there.
static void tell_unruled(struct audit_keeper *keeper, const char *cause, uint64_t since_ns)
{
    struct json_object *details = json_object_new_object();
    json_add_text(details, "source", "audit");
    json_add_text(details, "cause", cause);
    json_add_number(details, "from_ns", since_ns);
    json_add_number(details, "to_ns", moment_now().wall_ns);
    recorder_put(keeper->options.recorder, recorder_fact(FACT_AGENT_GAP, NULL, "ended", details),
                 NULL, NULL);
}

static void tell_tampered(struct audit_keeper *keeper, const struct audit_seen *seen)
{
    struct json_object *details = json_object_new_object();
    json_add_text(details, "setting", OBJECT);
    json_add_text(details, "found", seen->overruled ? "overruled" : "missing");
    json_add_number(details, "count", seen->taken);
    recorder_put(
        keeper->options.recorder,
        recorder_fact(FACT_AGENT_TAMPERED, OBJECT, seen->restored ? "restored" : "failed", details),
        NULL, NULL);
}

static void tell_no_uring(struct audit_keeper *keeper)
{
    struct json_object *details = json_object_new_object();
    json_add_text(details, "reason", "this kernel has no audit filter for io_uring (Linux 5.16)");
    recorder_put(keeper->options.recorder,
                 recorder_fact(FACT_POSTURE_FAILED, "audit of io_uring", "unsupported", details),
                 NULL, NULL);
}

// The file cannot hold the rules for io_uring, so they show that all rules were loaded anew from
// the files (augenrules --load): some time in the last minute there were none for a moment.
static void tell_seen(struct audit_keeper *keeper, const struct audit_seen *seen, uint64_t since_ns)
{
    bool reloaded = seen->reloaded && seen->restored;
    if (seen->taken > 0 && !reloaded)
        tell_tampered(keeper, seen);
    if (seen->taken > 0)
        tell_unruled(keeper,
                     reloaded ? "the audit rules were loaded anew"
                              : "audit rules were missing or overruled",
                     since_ns);
    if (seen->no_uring)
        tell_no_uring(keeper);
    tell(keeper, seen->finding, seen->folder, seen->error);
}

// ---- When to look ------------------------------------------------------------------------------
static int look_at_all(struct audit_keeper *keeper)
{
    CLEANUP(audit_seen_clear) struct audit_seen seen = {0};
    struct audit_state state;
    const struct audit_places_sources sources = {
        .places = keeper->options.places,
        .policy = policy_store_get(keeper->options.policy),
        .usb = keeper->options.usb,
    };
    uint64_t since_ns = keeper->memory.sampled_ns;
    int r = audit_health_sample(keeper->health, &state);
    if (r == 0)
        r = audit_look_run(&keeper->look, &sources, &keeper->memory, state.enabled == 2, &seen);
    if (r < 0)
        tell(keeper, AUDIT_FINDING_UNCHECKED, NULL, r);
    else
        tell_seen(keeper, &seen, since_ns);
    return r;
}

static int plan(struct audit_keeper *keeper, uint64_t in_us)
{
    int r = sd_event_source_set_time_relative(keeper->soon, in_us);
    return r < 0 ? r : sd_event_source_set_enabled(keeper->soon, SD_EVENT_ONESHOT);
}

void audit_keeper_look(struct audit_keeper *keeper)
{
    if (!keeper->options.live)
        return;
    int r = look_at_all(keeper);
    keeper->looked_ns = moment_now().monotonic_ns;
    if (r < 0)
        log_error("cannot keep the audit rules: %s, trying again within a minute", strerror(-r));
    r = audit_memory_write(keeper->options.places->run, &keeper->memory);
    if (r < 0)
        log_warning("cannot keep in mind how auditing is: %s", strerror(-r));
    if (audit_health_is_waiting(keeper->health))
        (void)!plan(keeper, REST_US); // else the next round finds it
}

void audit_keeper_note_resumed(struct audit_keeper *keeper)
{
    if (keeper->health)
        audit_health_note_resumed(keeper->health);
}

const char *audit_keeper_trouble(const struct audit_keeper *keeper, uint64_t *ret_since_ns)
{
    return keeper->health ? audit_health_trouble(keeper->health, ret_since_ns) : NULL;
}

static int on_soon(sd_event_source *source, uint64_t now, void *context)
{
    (void)source, (void)now;
    audit_keeper_look(context);
    return 0;
}

static void look_in(struct audit_keeper *keeper, uint64_t in_us)
{
    int enabled = SD_EVENT_OFF;
    if (!keeper->options.live || sd_event_source_get_enabled(keeper->soon, &enabled) > 0)
        return;
    bool rests = moment_now().monotonic_ns - keeper->looked_ns < REST_US * 1000;
    int r = plan(keeper, rests && in_us < REST_US ? REST_US : in_us);
    if (r < 0)
        log_warning("cannot look at the audit rules soon: %s; within a minute", strerror(-r));
}

void audit_keeper_look_soon(struct audit_keeper *keeper)
{
    look_in(keeper, SOON_US);
}

void audit_keeper_rules_changed(struct audit_keeper *keeper)
{
    look_in(keeper, LOAD_US);
}

static void on_changed(void *context)
{
    audit_keeper_look_soon(context);
}

static int on_mountinfo(sd_event_source *source, int fd, uint32_t events, void *context)
{
    (void)source, (void)fd, (void)events;
    audit_keeper_look_soon(context);
    return 0;
}

// ---- Life --------------------------------------------------------------------------------------
static int start_listening(struct audit_keeper *keeper)
{
    sd_event *event = keeper->options.event;
    int r = sd_event_add_time_relative(event, &keeper->soon, CLOCK_MONOTONIC, SOON_US, 0, on_soon,
                                       keeper);
    if (r >= 0)
        r = sd_event_source_set_enabled(keeper->soon, SD_EVENT_OFF);
    if (r < 0)
        return r;
    keeper->mountinfo =
        openat(keeper->options.places->proc, "self/mountinfo", O_RDONLY | O_CLOEXEC);
    if (keeper->mountinfo < 0)
        return -errno;
    return sd_event_add_io(event, &keeper->on_mounts, keeper->mountinfo, EPOLLPRI, on_mountinfo,
                           keeper);
}

int audit_keeper_new(const struct audit_keeper_options *options, struct audit_keeper **ret)
{
    CLEANUP(audit_keeper_free_p) struct audit_keeper *keeper = calloc(1, sizeof *keeper);
    if (!keeper)
        return -ENOMEM;
    keeper->options = *options;
    keeper->mountinfo = -1;
    if (options->live) {
        audit_memory_read(options->places->run, &keeper->memory);
        const struct audit_health_options health = {
            .event = options->event,
            .places = options->places,
            .recorder = options->recorder,
            .memory = &keeper->memory,
            .changed = on_changed,
            .context = keeper,
        };
        int r = audit_health_new(&health, &keeper->health);
        if (r == 0)
            r = start_listening(keeper);
        if (r < 0)
            return r;
    }
    *ret = TAKE_PTR(keeper);
    return 0;
}

void audit_keeper_free(struct audit_keeper *keeper)
{
    if (!keeper)
        return;
    sd_event_source_disable_unref(keeper->on_mounts);
    sd_event_source_disable_unref(keeper->soon);
    audit_health_free(keeper->health);
    close_p(&keeper->mountinfo);
    audit_look_clear(&keeper->look);
    free(keeper);
}
