// SPDX-License-Identifier: GPL-3.0-or-later
// Starts, looks around each minute, obeys signals, and ends.
#include "daemon/agent.h"

#include "base/alive.h"
#include "base/json.h"
#include "base/log.h"
#include "base/text.h"
#include "daemon/build.h"
#include "daemon/bus-link.h"
#include "daemon/hooks.h"
#include "daemon/person.h"
#include "daemon/request-face.h"
#include "daemon/spool-intake.h"
#include "daemon/watches.h"

#include <errno.h>
#include <signal.h>
#include <string.h>
#include <systemd/sd-daemon.h>

#define ROUND_US (60 * 1000 * 1000ULL)
#define ROUND_SLACK_US (5 * 1000 * 1000ULL) // lets the kernel join it with other wake-ups

// ---- Rounds ------------------------------------------------------------------------------------

static void look_around(struct agent *agent)
{
    usb_guard_begin_snapshot(agent->usb);
    if (watches_snapshot(agent->watches) == 0)
        usb_guard_end_snapshot(agent->usb);
    permit_keeper_settle(agent->permits);
    hook_operators_changed(agent);
    request_face_settle(agent);
    incident_keeper_settle(agent->incidents);
    network_guard_look(agent->network);
    CLEANUP_FREE char *ledger = text_format("%s/ledger", agent->options->state);
    if (ledger)
        spool_intake(&agent->places, ledger, agent->recorder, agent->usb);
}

static const char *metrics_path(const struct agent *agent)
{
    const struct policy *policy = agent->policy ? policy_store_get(agent->policy) : NULL;
    return policy ? policy->metrics_textfile : NULL;
}

static void tell_metrics(struct agent *agent)
{
    json_object *status = NULL;
    if (!metrics_path(agent))
        return;
    int r = agent_face.status(agent, &status);
    if (r == 0)
        metrics_file_write(&agent->metrics, metrics_path(agent), status);
    json_object_put(status);
}

static void on_woken(void *context)
{
    look_around(context);
}

static int on_round(sd_event_source *source, uint64_t now, void *context)
{
    struct agent *agent = context;
    (void)now;
    mode_keeper_mend(agent->mode);
    look_around(agent);
    audit_keeper_look(agent->audit);
    tell_metrics(agent);
    if (!agent->bus && bus_link_is_there()) {
        log_warning("the system bus is there now: starting anew with it");
        return sd_event_exit(agent->event, 0);
    }
    int r = sd_event_source_set_time_relative(source, ROUND_US);
    return r < 0 ? r : sd_event_source_set_enabled(source, SD_EVENT_ONESHOT);
}

static int on_reload(sd_event_source *source, const struct signalfd_siginfo *info, void *context)
{
    struct agent *agent = context;
    struct bus_person who = {.uid = FACT_NO_UID, .pid = info->ssi_pid};
    (void)source;
    (void)sd_notifyf(0, "RELOADING=1\nMONOTONIC_USEC=%llu",
                     (unsigned long long)(moment_now().monotonic_ns / 1000));
    if (person_of_process(agent->places.proc, info->ssi_pid, &who.uid, &who.name) < 0)
        who.uid = FACT_NO_UID; // gone already
    int r = policy_store_load(agent->policy, "signal", &who);
    if (r < 0)
        log_warning("the policy was not reloaded, keeping the old one");
    free(who.name);
    (void)sd_notify(0, "READY=1");
    return 0;
}

static int on_terminate(sd_event_source *source, const struct signalfd_siginfo *info, void *context)
{
    (void)info, (void)context;
    return sd_event_exit(sd_event_source_get_event(source), 0);
}

static int add_signals(struct agent *agent)
{
    sigset_t set;
    sigemptyset(&set);
    sigaddset(&set, SIGHUP);
    sigaddset(&set, SIGTERM);
    sigaddset(&set, SIGINT);
    sigaddset(&set, SIGCHLD); // sd-event waits for children
    if (sigprocmask(SIG_BLOCK, &set, NULL) < 0)
        return -errno;
    int r = sd_event_add_signal(agent->event, NULL, SIGHUP, on_reload, agent);
    if (r >= 0)
        r = sd_event_add_signal(agent->event, NULL, SIGTERM, on_terminate, agent);
    if (r >= 0)
        r = sd_event_add_signal(agent->event, NULL, SIGINT, on_terminate, agent);
    return r < 0 ? r : 0;
}

// ---- Life --------------------------------------------------------------------------------------

static int watch_on(struct agent *agent)
{
    int r = build_watches(agent);
    if (r < 0)
        return r;
    look_around(agent);
    audit_keeper_look(agent->audit);
    tell_metrics(agent);
    r = build_bus_server(agent);
    if (r == 0)
        r = build_sleep_keeper(agent, on_woken);
    if (r < 0)
        return r;
    return sd_event_add_time_relative(agent->event, NULL, CLOCK_MONOTONIC, ROUND_US, ROUND_SLACK_US,
                                      on_round, agent);
}

int agent_start(struct agent *agent, const struct options *options)
{
    agent->options = options;
    agent->begun = moment_now();
    agent->alive = -1;
    int r = places_open(options, &agent->places);
    if (r < 0) {
        log_error("cannot open %s, %s or /run/sekisho: %s; not starting", options->config,
                  options->state, strerror(-r));
        return r;
    }
    r = alive_hold(agent->places.run, &agent->alive);
    if (r < 0) {
        log_error("%s; not starting", r == -EBUSY ? "another sekishod is running" : strerror(-r));
        return r;
    }
    r = sd_event_new(&agent->event);
    if (r < 0)
        return r;
    r = add_signals(agent);
    if (r < 0)
        return r;
    r = build_agent(agent);
    if (r == 0)
        r = watch_on(agent);
    if (r < 0)
        return r;
    r = sd_event_set_watchdog(agent->event, true);
    return r < 0 ? r : 0;
}

int agent_run(struct agent *agent)
{
    (void)sd_notify(0, "READY=1");
    agent->ended = sd_event_loop(agent->event);
    return agent->ended;
}

static void record_stop(struct agent *agent)
{
    uint64_t sequence;
    struct json_object *details = NULL;
    if (agent->ended < 0) {
        details = json_object_new_object();
        json_add_text(details, "error", strerrorname_np(-agent->ended));
    }
    int r = recorder_put_and_wait(
        agent->recorder, recorder_fact(FACT_AGENT_STOPPED, NULL, "stopped", details), &sequence);
    if (r < 0)
        log_error("cannot record the stop: %s", strerror(-r));
}

void agent_stop(struct agent *agent)
{
    (void)sd_notify(0, "STOPPING=1");
    bus_server_free(TAKE_PTR(agent->server));
    pam_gate_free(TAKE_PTR(agent->pam));
    roster_keeper_free(TAKE_PTR(agent->roster));
    metrics_file_stop(metrics_path(agent));
    sleep_keeper_free(TAKE_PTR(agent->sleep));
    trail_keeper_stop(agent->trail);
    watches_stop(TAKE_PTR(agent->watches));
    if (agent->network)
        network_guard_end(agent->network);
    if (agent->incidents)
        incident_keeper_end(agent->incidents);
    if (agent->recorder)
        record_stop(agent);
    audit_keeper_free(TAKE_PTR(agent->audit));
    network_guard_free(TAKE_PTR(agent->network));
    permit_keeper_free(TAKE_PTR(agent->permits));
    medium_guard_free(TAKE_PTR(agent->media));
    usb_guard_free(TAKE_PTR(agent->usb));
    policy_store_free(TAKE_PTR(agent->policy));
    boot_keeper_free(TAKE_PTR(agent->boot));
    mode_keeper_free(TAKE_PTR(agent->mode));
    gate_keeper_free(TAKE_PTR(agent->gate));
    recorder_free(TAKE_PTR(agent->recorder));
    health_keeper_free(TAKE_PTR(agent->health)); // whom the recorder answers
    trail_keeper_free(TAKE_PTR(agent->trail));
    registers_close(TAKE_PTR(agent->registers));
    ledger_close(TAKE_PTR(agent->ledger));
    incident_keeper_free(TAKE_PTR(agent->incidents)); // whom the recorder answers
    terminals_free(TAKE_PTR(agent->terminals));
    alerts_free(TAKE_PTR(agent->alerts));
    sd_bus_flush_close_unref(TAKE_PTR(agent->bus));
    sd_event_unref(TAKE_PTR(agent->event));
    close_p(&agent->alive);
    places_close(&agent->places);
}
