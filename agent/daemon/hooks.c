// SPDX-License-Identifier: GPL-3.0-or-later
// Hands on what has happened.
#include "daemon/hooks.h"

#include "base/log.h"
#include "base/text.h"
#include "daemon/agent.h"
#include "daemon/restate.h"
#include "daemon/strangers.h"
#include "daemon/system-disks.h"
#include "daemon/watches.h"
#include "fact/audit_event.h"

#include <errno.h>
#include <string.h>

#define AIRGAP_UNIT "sekisho-airgap.service"

// What the watch saw is what is recorded.
static void record_step(struct agent *agent, const struct fact *seen)
{
    CLEANUP(fact_free_p)
    struct fact *row = recorder_fact(FACT_CLOCK_STEPPED, NULL, "stepped", NULL);
    if (row && text_set(&row->details, seen->details) < 0)
        fact_free(TAKE_PTR(row)); // counted as lost by the recorder
    recorder_put(agent->recorder, TAKE_PTR(row), NULL, NULL);
}

// A rule goes with its folder, wherever that is moved.
static void tell_audit_keeper(struct agent *agent, const struct fact *fact)
{
    if (fact->kind != FACT_SEEN_AUDIT || !fact->audit)
        return;
    const struct audit_event *event = fact->audit;
    if (event->act == ACT_AUDIT_CHANGED)
        audit_keeper_rules_changed(agent->audit);
    if (event->act == ACT_RENAME && event->folder) // a protected one has gone elsewhere, perhaps
        audit_keeper_look_soon(agent->audit);
    if (event->act == ACT_AUDIT_RESUMED)
        audit_keeper_note_resumed(agent->audit);
}

void hook_fact(void *context, struct fact *fact)
{
    struct agent *agent = context;
    if (!fact)
        return;
    usb_guard_on_fact(agent->usb, fact);
    medium_guard_on_fact(agent->media, fact);
    network_guard_on_fact(agent->network, fact);
    tell_audit_keeper(agent, fact);
    if (fact->kind == FACT_SEEN_CLOCK) {
        record_step(agent, fact);
        permit_keeper_settle(agent->permits);
        incident_keeper_settle(agent->incidents);
    }
    trail_keeper_on_fact(agent->trail, fact);
    health_keeper_on_fact(agent->health, fact);
    if (fact->kind == FACT_SEEN_SCREEN)
        usb_guard_set_locked(agent->usb, text_equal(fact->outcome, "locked"));
    fact_free(fact);
}

static void tell_sessions(const struct agent *agent, uint64_t sequence, const struct fact *fact)
{
    int r = agent->server ? bus_server_alert(agent->server, sequence, fact_kind_to_str(fact->kind),
                                             severity_to_str(fact->severity))
                          : 0;
    if (r < 0)
        log_warning("cannot alert the sessions to row %llu: %s; it is in the ledger",
                    (unsigned long long)sequence, strerror(-r));
}

void hook_recorded(void *context, uint64_t sequence, const struct fact *fact)
{
    struct agent *agent = context;
    incident_keeper_note(agent->incidents, sequence, fact);
    if (fact->kind == FACT_MODE_CHANGED && agent->boot)
        boot_keeper_look_soon(agent->boot);
    bool is_alert = alert_is_about(fact);
    // What becomes of a request is the asker's, wherever a pop-up can say so.
    if (is_alert && (fact->severity >= SEVERITY_WARNING || fact->kind == FACT_INCIDENT_OPENED))
        terminals_tell(agent->terminals, fact);
    // An answer is told too: the pop-ups of other sessions go.
    if (is_alert || fact->kind == FACT_INCIDENT_ACKNOWLEDGED || fact->kind == FACT_INCIDENT_CLOSED)
        tell_sessions(agent, sequence, fact);
}

void hook_remind(void *context, const struct alert *alert)
{
    struct agent *agent = context;
    terminals_tell(agent->terminals, alert->fact);
    tell_sessions(agent, alert->sequence, alert->fact);
}

const struct policy *hook_policy(void *context)
{
    struct agent *agent = context;
    return agent->policy ? policy_store_get(agent->policy) : NULL;
}

void hook_month(void *context, uint64_t first)
{
    struct agent *agent = context;
    if (agent->policy)
        policy_store_restate(agent->policy, first);
    if (agent->mode)
        mode_keeper_restate(agent->mode);
    if (agent->network)
        network_guard_restate(agent->network);
    if (agent->trail)
        trail_keeper_restate(agent->trail, first);
}

void hook_settled(void *context)
{
    struct agent *agent = context;
    if (registers_are_complete(agent->registers)) // else it would state that there are none
        restate_registers(agent->recorder, agent->registers);
}

void hook_answered(void *context)
{
    struct agent *agent = context;
    if (registers_are_complete(agent->registers) || !ledger_is_writable(agent->ledger))
        return;
    log_warning("the approvals can be read again, starting anew with them");
    int r = sd_event_exit(agent->event, 0);
    if (r < 0)
        log_error("cannot end: %s; nothing is approved until the next start", strerror(-r));
}

static void reconsider(struct agent *agent)
{
    struct ledger_head head;
    ledger_get_head(agent->ledger, &head);
    const struct gate_sources sources = {
        .policy = agent->policy ? policy_store_get(agent->policy) : NULL,
        .registers = agent->registers,
        .mode = mode_keeper_get(agent->mode, GUARD_USB),
        .clock_floor_ns = head.latest.wall_ns,
    };
    int r = gate_keeper_rebuild(agent->gate, &sources);
    if (r < 0)
        log_error("cannot write the gate file: %s; without the daemon only hubs and keyboards pass",
                  strerror(-r));
    usb_guard_on_gate(agent->usb);
}

void hook_network_changed(void *context)
{
    struct agent *agent = context;
    if (!agent->network)
        return;
    const struct policy *policy = agent->policy ? policy_store_get(agent->policy) : NULL;
    int r = network_guard_set(agent->network, policy, mode_keeper_get(agent->mode, GUARD_NETWORK));
    if (r < 0)
        log_error("cannot write the air gap's file: %s; without the daemon nothing but loopback "
                  "passes",
                  strerror(-r));
}

void hook_operators_changed(void *context)
{
    struct agent *agent = context;
    struct ledger_head head;
    if (!agent->roster)
        return;
    ledger_get_head(agent->ledger, &head);
    const struct roster_sources sources = {
        .policy = agent->policy ? policy_store_get(agent->policy) : NULL,
        .registers = agent->registers,
        .now_ns = moment_now().wall_ns,
        .floor_ns = head.latest.wall_ns,
    };
    roster_keeper_update(agent->roster, &sources);
}

bool hook_is_stranger(void *context, uint32_t uid, const char *login, const char *folder)
{
    struct agent *agent = context;
    const struct strangers_asked asked = {
        .policy = agent->policy ? policy_store_get(agent->policy) : NULL,
        .registers = agent->registers,
        .login = login,
        .folder = folder,
    };
    (void)uid;
    return strangers_include(&asked);
}

bool hook_is_for_emergencies(void *context, const char *account)
{
    const struct agent *agent = context;
    const struct policy *policy = agent->policy ? policy_store_get(agent->policy) : NULL;
    return policy && policy_names_have(&policy->operators.break_glass, account);
}

bool hook_is_told(void *context, uint32_t pid, const char *account, uint64_t wall_ns)
{
    const struct agent *agent = context;
    return agent->pam && pam_gate_has_refused(agent->pam, pid, account, wall_ns);
}

void hook_changed(void *context)
{
    struct agent *agent = context;
    if (agent->usb)
        reconsider(agent);
}

void hook_policy_changed(void *context)
{
    struct agent *agent = context;
    const struct policy *policy = agent->policy ? policy_store_get(agent->policy) : NULL;
    hook_changed(agent);
    hook_network_changed(agent);
    hook_operators_changed(agent);
    if (agent->boot)
        boot_keeper_look_soon(agent->boot);
    if (agent->audit)
        audit_keeper_look_soon(agent->audit);
    hook_health_changed(agent);
    incident_keeper_settle(agent->incidents);
    int r = agent->trail && policy ? trail_keeper_set_policy(agent->trail, policy) : 0;
    if (r < 0)
        log_error("what the policy says of files is not in force for the trail: %s, keeping what "
                  "was said before",
                  strerror(-r));
}

void hook_health_changed(void *context)
{
    static const struct watch *const watches[] = {&watch_antivirus, &watch_posture};
    struct agent *agent = context;
    const struct policy *policy = agent->policy ? policy_store_get(agent->policy) : NULL;
    if (!agent->watches)
        return;
    int r =
        watch_storage_set_folders(watches_state(agent->watches, &watch_storage),
                                  policy ? policy->folders : NULL, policy ? policy->n_folders : 0);
    for (size_t i = 0; r == 0 && i < ELEMENTS(watches); i++)
        r = watches[i]->snapshot(watches_state(agent->watches, watches[i]));
    if (r < 0)
        log_warning("cannot look at the machine's set-up by the new policy: %s, again within a "
                    "minute",
                    strerror(-r));
}

void hook_usb_mode_changed(void *context)
{
    struct agent *agent = context;
    if (agent->usb && mode_keeper_get(agent->mode, GUARD_USB) == MODE_OBSERVE)
        usb_guard_reopen(agent->usb);
    hook_changed(agent);
    if (agent->media)
        medium_guard_on_mode(agent->media);
}

// The program `airgap` in the unit reads the mode file, and the mark of a trial.
int hook_network_mode_changed(void *context, unit_job_done done, void *whom, struct unit_job **ret)
{
    struct agent *agent = context;
    hook_network_changed(agent);
    return agent->bus ? unit_job_start(agent->bus, AIRGAP_UNIT, done, whom, ret) : -ENOTCONN;
}

int hook_may_enforce_usb(void *context, char **ret_why)
{
    struct agent *agent = context;
    return system_disks_check(&agent->places, agent->usb, ret_why);
}
