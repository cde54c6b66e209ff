// SPDX-License-Identifier: GPL-3.0-or-later
// Builds bus, ledger, gate, guards and watches.
#include "daemon/build.h"

#include "base/file.h"
#include "base/json.h"
#include "base/log.h"
#include "base/text.h"
#include "bus/journal-queue.h"
#include "daemon/bus-link.h"
#include "daemon/enrol-files.h"
#include "daemon/gap.h"
#include "daemon/hooks.h"
#include "daemon/prune-keeper.h"
#include "daemon/request-face.h"
#include "daemon/usb-rows.h"
#include "daemon/watches.h"
#include "enforce/enforce.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <time.h>

#define PARAMETER "module/usbcore/parameters/authorized_default"
#define DEFAULT_TIME_ZONE "Asia/Tokyo"

// Months are cut in the policy's time zone, so it is needed before the ledger is opened. A broken
// policy is reported later.
static void set_time_zone(const struct agent *agent)
{
    CLEANUP(policy_free_p) struct policy *policy = NULL;
    struct policy_mistakes mistakes = {0};
    int r = policy_load(agent->places.etc, agent->options->config, geteuid(), &policy, &mistakes);
    if (setenv("TZ", r == 0 ? policy->time_zone : DEFAULT_TIME_ZONE, 1) < 0)
        log_warning("no memory for the time zone: months are cut in UTC");
    tzset();
    policy_mistakes_clear(&mistakes);
}

// The policy that a site's bundle brought stands before it is read.
static void settle_site(const struct agent *agent)
{
    int r = enrol_files_settle(&agent->places);
    if (r < 0)
        log_warning("cannot put the site's files into %s/policy.d: %s, going on with what is there",
                    agent->options->config, strerror(-r));
}

// What was not as it had been left.
struct findings {
    char *aside; // where a ledger that is not continued is now
    bool anew;   // somebody asked for that: another identity
    bool registers_differed;
};

static void findings_clear(struct findings *findings)
{
    free(findings->aside);
}

// `sekisho enrol --anew`: a copied disk goes on as another workstation.
static int begin_anew(struct agent *agent, struct findings *findings)
{
    if (!enrol_files_want_anew(&agent->places))
        return 0;
    int r = ledger_set_aside(agent->places.state, moment_now(), &findings->aside);
    if (r == 0)
        r = enrol_files_end_anew(&agent->places);
    if (r < 0)
        log_error("cannot set the ledger aside: %s; not starting", strerror(-r));
    findings->anew = r == 0;
    return r;
}

static int open_ledger(struct agent *agent, struct findings *findings)
{
    char host[256] = "";
    (void)gethostname(host, sizeof host - 1);
    const struct ledger_options options = {
        .state = agent->places.state,
        .state_path = agent->options->state,
        .seal_interval_ns = 15 * 60 * NS_PER_S,
        .host = host,
    };
    int r = begin_anew(agent, findings);
    if (r < 0)
        return r;
    r = ledger_open(&options, &agent->ledger);
    // A guard that waits for somebody to look at the evidence is no guard.
    if (r == -EBADMSG) {
        free(TAKE_PTR(findings->aside));
        findings->anew = false;
        r = ledger_set_aside(agent->places.state, moment_now(), &findings->aside);
        if (r == 0) {
            log_error("the ledger does not continue its own chain; it is set aside as it is in "
                      "%s/%s, and a new one begins",
                      agent->options->state, findings->aside);
            r = ledger_open(&options, &agent->ledger);
        }
    }
    if (r < 0)
        log_error("cannot open the ledger: %s; not starting", strerror(-r));
    return r;
}

static int build_incident_keeper(struct agent *agent, const char *folder)
{
    const struct incident_keeper_options options = {
        .recorder = agent->recorder,
        .registers = agent->registers,
        .ledger = agent->ledger,
        .alerts = agent->alerts,
        .policy = hook_policy,
        .remind = hook_remind,
        .context = agent,
    };
    return incident_keeper_new(&options, folder, &agent->incidents);
}

static int open_records(struct agent *agent, struct findings *findings)
{
    CLEANUP_FREE char *folder = text_format("%s/ledger", agent->options->state);
    int r = folder ? open_ledger(agent, findings) : -ENOMEM;
    if (r < 0)
        return r;
    r = alerts_new(&agent->alerts);
    if (r == 0)
        r = terminals_new(agent->options->root, &agent->terminals);
    if (r < 0)
        return r;
    r = registers_open(agent->places.state, agent->options->state, &agent->registers,
                       &findings->registers_differed);
    if (r < 0) {
        log_error("cannot build the registers: %s; not starting", strerror(-r));
        return r;
    }
    if (!registers_are_complete(agent->registers))
        log_error("the ledger's rows can't be read now; nothing is approved until they can");
    if (registers_unreadable(agent->registers) > 0)
        log_warning("%zu rows about the registers can't be read; what they say does not "
                    "hold",
                    registers_unreadable(agent->registers));
    CLEANUP_FREE char *journal = text_format("%s" JOURNAL_SOCKET, agent->options->root);
    const struct recorder_options recorder = {
        .event = agent->event,
        .ledger = agent->ledger,
        .registers = agent->registers,
        .journal = journal,
        .recorded = hook_recorded,
        .month = hook_month,
        .settled = hook_settled,
        .answered = hook_answered,
        .context = agent,
    };
    r = journal ? recorder_new(&recorder, &agent->recorder) : -ENOMEM;
    return r < 0 ? r : build_incident_keeper(agent, folder);
}

static int build_guards(struct agent *agent)
{
    const struct usb_guard_options usb = {
        .event = agent->event,
        .places = &agent->places,
        .recorder = agent->recorder,
        .gate = agent->gate,
    };
    int r = usb_guard_new(&usb, &agent->usb);
    if (r < 0)
        return r;
    const struct medium_guard_options media = {
        .places = &agent->places,
        .recorder = agent->recorder,
        .gate = agent->gate,
        .usb = agent->usb,
    };
    r = medium_guard_new(&media, &agent->media);
    if (r < 0)
        return r;
    const struct permit_keeper_options permits = {
        .event = agent->event,
        .recorder = agent->recorder,
        .registers = agent->registers,
        .ledger = agent->ledger,
        .changed = hook_network_changed,
        .context = agent,
    };
    r = permit_keeper_new(&permits, &agent->permits);
    if (r < 0)
        return r;
    const struct network_guard_options network = {
        .event = agent->event,
        .places = &agent->places,
        .recorder = agent->recorder,
        .permits = agent->permits,
        .mode = agent->mode,
        .live = agent->options->root[0] == '\0',
    };
    r = network_guard_new(&network, &agent->network);
    if (r < 0)
        return r;
    const struct audit_keeper_options audit = {
        .event = agent->event,
        .places = &agent->places,
        .recorder = agent->recorder,
        .policy = agent->policy,
        .usb = agent->usb,
        .live = agent->options->root[0] == '\0',
    };
    return audit_keeper_new(&audit, &agent->audit);
}

static int build_trail_keeper(struct agent *agent)
{
    const struct trail_keeper_options options = {
        .event = agent->event,
        .ledger = agent->ledger,
        .recorder = agent->recorder,
        .places = &agent->places,
        .state = agent->options->state,
        .is_stranger = hook_is_stranger,
        .is_told = hook_is_told,
        .is_for_emergencies = hook_is_for_emergencies,
        .context = agent,
    };
    const struct policy *policy = policy_store_get(agent->policy);
    int r = trail_keeper_new(&options, &agent->trail);
    if (r == 0 && policy)
        r = trail_keeper_set_policy(agent->trail, policy);
    return r;
}

static int build_health_keeper(struct agent *agent)
{
    CLEANUP_FREE char *ledger = text_format("%s/ledger", agent->options->state);
    const struct health_keeper_options options = {
        .places = &agent->places,
        .recorder = agent->recorder,
        .registers = agent->registers,
        .policy = agent->policy,
        .records = agent->ledger,
        .incidents = agent->incidents,
        .ledger = ledger,
    };
    return !ledger ? -ENOMEM : health_keeper_new(&options, &agent->health);
}

static int build_gate(struct agent *agent)
{
    const struct mode_keeper_options mode = {
        .event = agent->event,
        .bus = agent->bus,
        .places = &agent->places,
        .observe = agent->options->observe,
        .usb_changed = hook_usb_mode_changed,
        .network_changed = hook_network_mode_changed,
        .network_kept = hook_network_changed,
        .may_enforce_usb = hook_may_enforce_usb,
        .context = agent,
    };
    int r = mode_keeper_new(&mode, &agent->mode);
    if (r < 0)
        return r;
    r = gate_keeper_new(&agent->places, mode_keeper_get(agent->mode, GUARD_USB), &agent->gate);
    if (r < 0)
        return r;
    const struct policy_store_options policy = {
        .event = agent->event,
        .options = agent->options,
        .places = &agent->places,
        .recorder = agent->recorder,
        .changed = hook_policy_changed,
        .context = agent,
    };
    return policy_store_new(&policy, &agent->policy);
}

static int build_pam_gate(struct agent *agent)
{
    struct ledger_head previous;
    ledger_get_found(agent->ledger, &previous);
    const struct roster_keeper_options roster = {
        .places = &agent->places,
        .recorder = agent->recorder,
        .first = previous.sequence == 0,
    };
    int r = roster_keeper_new(&roster, &agent->roster);
    if (r < 0)
        return r;
    hook_operators_changed(agent);
    const struct pam_gate_options options = {
        .event = agent->event,
        .places = &agent->places,
        .recorder = agent->recorder,
        .ledger = agent->ledger,
        .roster = agent->roster,
    };
    r = pam_gate_new(&options, &agent->pam);
    if (r < 0)
        log_error("cannot listen for logins: %s; they go by " ROSTER_FILE, strerror(-r));
    return 0; // a guard of devices that does not start for that would be none
}

static int build_boot_keeper(struct agent *agent)
{
    CLEANUP_FREE char *boot = text_format("%s/boot", agent->options->root);
    const struct boot_keeper_options options = {
        .event = agent->event,
        .bus = agent->bus,
        .boot = boot,
        .places = &agent->places,
        .recorder = agent->recorder,
        .mode = agent->mode,
    };
    return boot ? boot_keeper_new(&options, &agent->boot) : -ENOMEM;
}

int build_watches(struct agent *agent)
{
    const struct watch_context context = {
        .sink = {hook_fact, agent},
        .event = agent->event,
        .sys = agent->places.sys,
        .proc = agent->places.proc,
        .run = agent->places.run,
        .dev = agent->places.dev,
        .log = agent->places.log,
        .programs = agent->places.programs,
        .machine = agent->options->root[0] == '\0',
        .live = true,
    };
    int r = watches_start(&context, &agent->watches);
    if (r < 0)
        return r;
    medium_guard_set_watch(agent->media, watches_state(agent->watches, &watch_medium));
    trail_keeper_start(agent->trail, watches_state(agent->watches, &watch_audit));
    hook_health_changed(agent);
    return 0;
}

int build_sleep_keeper(struct agent *agent, void (*woken)(void *context))
{
    const struct sleep_keeper_options options = {
        .event = agent->event,
        .bus = agent->bus,
        .places = &agent->places,
        .usb = agent->usb,
        .woken = woken,
        .context = agent,
    };
    return sleep_keeper_new(&options, &agent->sleep);
}

struct enrol_keeper build_enrol_keeper(const struct agent *agent)
{
    return (struct enrol_keeper){.event = agent->event,
                                 .recorder = agent->recorder,
                                 .ledger = agent->ledger,
                                 .policy = agent->policy,
                                 .places = &agent->places,
                                 .options = agent->options};
}

int build_bus_server(struct agent *agent)
{
    if (!agent->bus)
        return 0;
    int r = bus_server_new(agent->bus, &agent_face, agent, &agent->server);
    if (r < 0)
        log_error("cannot take the name " BUS_NAME " on the bus: %s; not starting", strerror(-r));
    return r;
}

static void record_tampered(struct agent *agent, const struct findings *findings)
{
    if (findings->aside) {
        struct json_object *details = json_object_new_object();
        json_add_text(details, "setting", findings->anew ? NULL : "chain");
        json_add_text(details, "folder", findings->aside);
        recorder_put(agent->recorder,
                     findings->anew
                         ? recorder_fact(FACT_HOST_ENROLLED, NULL, "anew", details)
                         : recorder_fact(FACT_AGENT_TAMPERED, "ledger", "set aside", details),
                     NULL, NULL);
    }
    if (findings->registers_differed)
        recorder_put(agent->recorder,
                     recorder_fact(FACT_AGENT_TAMPERED, REGISTERS_FILE, "rebuilt", NULL), NULL,
                     NULL);
}

static void record_start(struct agent *agent, bool shut)
{
    struct json_object *details = json_object_new_object();
    json_add_text(details, "version", SEKISHO_VERSION);
    json_add_text(details, "mode", gate_mode_to_str(mode_keeper_get(agent->mode, GUARD_USB)));
    json_add_bool(details, "gate_shut", shut);
    struct json_object *modes = json_section(details, "modes");
    for (enum guard g = 0; g < GUARD_MAX; g++)
        json_add_text(modes, guard_to_str(g), gate_mode_to_str(mode_keeper_get(agent->mode, g)));
    recorder_put(agent->recorder, recorder_fact(FACT_AGENT_STARTED, NULL, "started", details), NULL,
                 NULL);
}

// Did the kernel keep new devices out before we came ("0")? The module's parameter holds from the
// first controller on. NULL: no USB, or not to be read.
static char *read_parameter(const struct agent *agent)
{
    char *value = NULL;
    int r = file_read_line_at(agent->places.sys, PARAMETER, 16, &value);
    return r < 0 ? NULL : value;
}

// What airgap(8) leaves there in each boot.
static bool was_firewall_loaded(const struct agent *agent)
{
    return faccessat(agent->places.run, "airgap-loaded", F_OK, AT_SYMLINK_NOFOLLOW) == 0;
}

// The gate was to be shut all the time. Found open, it was opened at the boot menu, by hand while
// we were away, or by an initramfs without the setting.
static void shut_gate(struct agent *agent, const char *found)
{
    int r = enforce_usb_shut_defaults(agent->places.sys);
    if (r < 0)
        log_error("cannot shut every USB bus: %s, trying again within a minute", strerror(-r));
    if (found && !text_equal(found, "0"))
        recorder_put(agent->recorder,
                     usb_row_tampered(PARAMETER, found, r < 0 ? "failed" : "restored"), NULL, NULL);
}

int build_agent(struct agent *agent)
{
    CLEANUP(findings_clear) struct findings findings = {0};
    settle_site(agent);
    set_time_zone(agent);
    int r = bus_link_open(agent->event, &agent->bus);
    if (r < 0)
        return r;
    r = open_records(agent, &findings);
    if (r < 0)
        return r;
    prune_keeper_finish(agent->options->state);
    r = build_gate(agent);
    if (r < 0)
        return r;
    r = build_guards(agent);
    if (r == 0)
        r = build_trail_keeper(agent);
    if (r == 0)
        r = build_health_keeper(agent);
    if (r == 0)
        r = build_pam_gate(agent);
    if (r < 0)
        return r;

    struct ledger_head previous;
    ledger_get_found(agent->ledger, &previous);
    bool enforcing = mode_keeper_get(agent->mode, GUARD_USB) == MODE_ENFORCE;
    CLEANUP_FREE char *found = read_parameter(agent);
    bool shut = text_equal(found, "0");
    gap_record(agent->recorder, &previous,
               &(struct gap_cover){.gate = shut, .firewall = was_firewall_loaded(agent)});
    record_start(agent, shut);
    record_tampered(agent, &findings);
    const struct enrol_keeper enrolling = build_enrol_keeper(agent);
    enrol_keeper_finish(&enrolling);
    if (enforcing)
        shut_gate(agent, found);
    mode_keeper_start(agent->mode, agent->recorder);
    hook_changed(agent);
    hook_network_changed(agent);
    permit_keeper_settle(agent->permits);
    request_face_settle(agent);
    incident_keeper_settle(agent->incidents);
    return build_boot_keeper(agent);
}
