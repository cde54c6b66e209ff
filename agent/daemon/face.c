// SPDX-License-Identifier: GPL-3.0-or-later
// What the daemon answers on the bus.
#include "daemon/agent.h"
#include "daemon/alert-face.h"
#include "daemon/approvals.h"
#include "daemon/build.h"
#include "daemon/enrol-keeper.h"
#include "daemon/hooks.h"
#include "daemon/incident-face.h"
#include "daemon/network-rows.h"
#include "daemon/operator-keeper.h"
#include "daemon/person.h"
#include "daemon/prune-keeper.h"
#include "daemon/radio-rows.h"
#include "daemon/record-keeper.h"
#include "daemon/request-face.h"
#include "daemon/usb-rows.h"

#include "base/i18n.h"
#include "base/json.h"
#include "base/text.h"
#include "fact/luks_set.h"
#include "ledger/space.h"

#include <errno.h>
#include <string.h>

// ---- Status ------------------------------------------------------------------------------------

static json_object *describe_ledger(const struct agent *agent)
{
    struct ledger_head head;
    char code[40];
    json_object *object = json_object_new_object();
    ledger_get_head(agent->ledger, &head);
    ledger_head_code(&head, code);
    json_add_bool(object, "writable", ledger_is_writable(agent->ledger));
    json_add_text(object, "month", head.month);
    json_add_number(object, "sequence", head.sequence);
    json_add_number(object, "epoch", head.epoch);
    json_add_number(object, "sealed_at_ns", head.sealed_wall_ns);
    json_add_text(object, "head_code", code);
    return object;
}

static void add_space(json_object *status, const struct agent *agent)
{
    CLEANUP_FREE char *folder = text_format("%s/ledger", agent->options->state);
    struct ledger_space space;
    if (!folder || ledger_space_read(folder, &space) < 0)
        return;
    json_object *object = json_section(status, "space");
    json_add_number(object, "free_bytes", space.free_bytes);
    json_add_number(object, "month_bytes", space.month_bytes);
}

// Are logins and file access recorded? What the ledger can't take now is read again later.
static json_object *describe_trail(const struct agent *agent)
{
    uint64_t since_ns = 0;
    json_object *object = json_object_new_object();
    const char *cause = audit_keeper_trouble(agent->audit, &since_ns);
    if (!cause)
        cause = trail_keeper_trouble(agent->trail, &since_ns);
    json_add_bool(object, "recorded", cause == NULL);
    json_add_text(object, "cause", cause);
    if (cause)
        json_add_number(object, "since_ns", since_ns);
    return object;
}

static json_object *describe_policy(const struct agent *agent)
{
    json_object *object = json_object_new_object();
    const struct policy *policy = policy_store_get(agent->policy);
    char hash[DIGEST_TEXT_SIZE];
    if (policy)
        text_hex(policy->hash, DIGEST_SIZE, hash);
    json_add_text(object, "hash", policy ? hash : NULL);
    json_add_number(object, "loaded_at_ns", policy_store_loaded_ns(agent->policy));
    json_add_number(object, "mistakes", policy_store_mistakes(agent->policy));
    return object;
}

// Is anybody asked about who logs in, and refused?
static json_object *describe_logins(const struct agent *agent)
{
    const struct policy *policy = policy_store_get(agent->policy);
    json_object *object = json_object_new_object();
    json_add_bool(object, "asked", policy && policy->operators.is_there);
    json_add_bool(object, "enforced", policy && policy->operators.enforce);
    json_add_bool(object, "answered", agent->pam != NULL);
    json_add_bool(object, "fallback", roster_keeper_is_well(agent->roster));
    return object;
}

static bool on_may_see_others(void *context, const struct bus_person *who)
{
    const struct agent *agent = context;
    return person_may_see_others(who, policy_store_get(agent->policy));
}

static int count_device(void *context, const struct usb_device *device,
                        const struct verdict *verdict)
{
    int *counts = context; // plugged, allowed, blocked
    (void)device;
    counts[0]++;
    counts[verdict->allowed ? 1 : 2]++;
    return 0;
}

static int describe_devices(const struct agent *agent, json_object **ret)
{
    int counts[3] = {0};
    int r = usb_guard_visit(agent->usb, count_device, counts);
    if (r < 0)
        return r;
    json_object *object = json_object_new_object();
    json_object_object_add(object, "plugged", json_object_new_int(counts[0]));
    json_object_object_add(object, "allowed", json_object_new_int(counts[1]));
    json_object_object_add(object, "blocked", json_object_new_int(counts[2]));
    *ret = object;
    return 0;
}

static void describe_guard(const struct agent *agent, enum guard which, bool is_well,
                           json_object *list)
{
    bool enforcing = mode_keeper_get(agent->mode, which) == MODE_ENFORCE;
    bool good =
        is_well && policy_store_mistakes(agent->policy) == 0 && ledger_is_writable(agent->ledger);
    json_object *guard = json_object_new_object();
    json_add_text(guard, "name", guard_to_str(which));
    json_add_text(guard, "state", good ? "ok" : "degraded");
    json_add_text(guard, "detail", enforcing ? "enforcing" : "observing");
    json_object_array_add(list, guard);
}

static json_object *describe_guards(const struct agent *agent)
{
    json_object *list = json_object_new_array();
    bool kept = mode_keeper_get(agent->mode, GUARD_NETWORK) == MODE_OBSERVE ||
                network_guard_breaches(agent->network) == 0;
    describe_guard(agent, GUARD_USB, boot_keeper_is_well(agent->boot), list);
    describe_guard(agent, GUARD_NETWORK, kept && network_guard_is_well(agent->network), list);
    return list;
}

static int on_status(void *context, json_object **ret_answer)
{
    const struct agent *agent = context;
    char host[256] = "";
    json_object *devices = NULL, *health = NULL;
    uint64_t open, rows;
    int r = describe_devices(agent, &devices);
    if (r == 0)
        r = health_keeper_describe(agent->health, &health);
    if (r < 0)
        return r;
    json_object *status = json_object_new_object();
    (void)gethostname(host, sizeof host - 1);
    json_add_text(status, "version", SEKISHO_VERSION);
    json_add_text(status, "host", host);
    json_add_number(status, "started_at_ns", agent->begun.wall_ns);
    mode_keeper_describe(agent->mode, status);
    boot_keeper_describe(agent->boot, status);
    json_object_object_add(status, "guards", describe_guards(agent));
    json_object_object_add(status, "ledger", describe_ledger(agent));
    add_space(status, agent);
    json_object_object_add(status, "trail", describe_trail(agent));
    json_object_object_add(status, "policy", describe_policy(agent));
    json_object_object_add(status, "site", enrol_keeper_describe(&agent->places));
    json_object_object_add(status, "logins", describe_logins(agent));
    json_object_object_add(status, "health", health);
    json_object_object_add(status, "devices", devices);
    if (incident_keeper_count(agent->incidents, &open, &rows)) {
        json_add_number(status, "open_incidents", open);
        json_add_number(status, "incident_rows", rows);
    }
    *ret_answer = status;
    return 0;
}

// ---- Devices -----------------------------------------------------------------------------------

struct listing {
    json_object *list;
    const struct agent *agent;
};

static int list_device(void *context, const struct usb_device *device,
                       const struct verdict *verdict)
{
    struct listing *listing = context;
    json_object *object = usb_device_to_json(device);
    usb_verdict_to_json(verdict, object);
    json_add_bool(object, "plugged", true);
    json_add_number(object, "number", json_object_array_length(listing->list) + 1);
    json_object_object_add(object, "approval",
                           verdict->approval && !verdict->unidentified
                               ? json_object_new_uint64(verdict->approval->number)
                               : NULL);
    json_object_array_add(listing->list, object);
    return 0;
}

struct presence {
    const struct approval *approval;
    bool found;
};

static int is_plugged(void *context, const struct usb_device *device, const struct verdict *verdict)
{
    struct presence *presence = context;
    const char *luks = presence->approval->luks;
    (void)verdict;
    presence->found |= approval_matches(presence->approval, device) &&
                       (!luks || !device->luks || luks_set_has(device->luks, luks));
    return 0;
}

static void list_absent(struct listing *listing, const struct approval *approval)
{
    json_object *object = json_object_new_object();
    CLEANUP_FREE char *identity =
        approval->serial || approval->any_serial
            ? text_format("%04x:%04x:%s", approval->vendor, approval->product,
                          approval->any_serial ? "*" : approval->serial)
            : text_format("%04x:%04x", approval->vendor, approval->product);
    json_add_text(object, "identity", identity);
    json_add_text(object, "name", approval->description);
    json_add_text(object, "serial", approval->serial);
    json_add_text(object, "port", approval->port);
    json_add_text(object, "luks", approval->luks);
    json_add_text(object, "verdict", "allow");
    json_add_text(object, "reason", "approved");
    json_add_text(object, "permit", approval->permit);
    json_add_bool(object, "read_only", approval->read_only);
    json_add_bool(object, "encrypted", approval->encrypted);
    if (approval->until_ns)
        json_add_number(object, "until_ns", approval->until_ns);
    json_add_number(object, "approval", approval->number);
    json_add_bool(object, "authorized", false);
    json_add_bool(object, "plugged", false);
    json_add_number(object, "number", json_object_array_length(listing->list) + 1);
    json_object_array_add(listing->list, object);
}

static int on_list_devices(void *context, json_object **ret_answer)
{
    const struct agent *agent = context;
    struct listing listing = {json_object_new_array(), agent};
    const struct gate *gate = gate_keeper_get(agent->gate);
    int r = usb_guard_visit(agent->usb, list_device, &listing);
    for (size_t i = 0; r == 0 && i < gate->n_approvals; i++) {
        struct presence presence = {.approval = gate->approvals[i]};
        r = usb_guard_visit(agent->usb, is_plugged, &presence);
        if (r == 0 && !presence.found)
            list_absent(&listing, gate->approvals[i]);
    }
    if (r < 0) {
        json_object_put(listing.list);
        return r;
    }
    *ret_answer = listing.list;
    return 0;
}

// ---- Network -----------------------------------------------------------------------------------

static int list_link(void *context, const struct net_link *link, const struct link_verdict *verdict)
{
    json_object *object = net_link_to_json(link);
    link_verdict_to_json(verdict, object);
    json_object_array_add(context, object);
    return 0;
}

static int list_radio(void *context, const struct radio *radio, const struct radio_verdict *verdict)
{
    json_object *object = radio_to_json(radio);
    radio_verdict_to_json(verdict, object);
    json_object_array_add(context, object);
    return 0;
}

static int list_peers(const struct airgap *airgap, json_object *list)
{
    int r = 0;
    for (size_t i = 0; r == 0 && i < airgap->n_peers; i++) {
        json_object *object = NULL;
        r = airgap_peer_to_object(&airgap->peers[i], &object);
        if (r == 0)
            json_object_array_add(list, object);
    }
    return r;
}

static int on_list_network(void *context, json_object **ret_answer)
{
    const struct agent *agent = context;
    const struct airgap *airgap = network_guard_airgap(agent->network);
    json_object *links = json_object_new_array(), *peers = json_object_new_array();
    json_object *radios = json_object_new_array(), *answer = json_object_new_object();
    json_add_text(answer, "mode", gate_mode_to_str(airgap->mode));
    json_add_text(answer, "firewall", network_guard_is_well(agent->network) ? "ok" : "failed");
    json_add(answer, "links", links);
    json_add(answer, "radios", radios);
    json_add(answer, "peers", peers);
    int r = network_guard_visit(agent->network, list_link, links);
    if (r == 0)
        r = network_radios_visit(network_guard_radios(agent->network), list_radio, radios);
    if (r == 0)
        r = list_peers(airgap, peers);
    if (r < 0) {
        json_object_put(answer);
        return r;
    }
    *ret_answer = answer;
    return 0;
}

static int on_list_permits(void *context, json_object **ret_answer)
{
    const struct agent *agent = context;
    return permit_keeper_list(agent->permits, ret_answer);
}

// ---- Changes -----------------------------------------------------------------------------------

static struct approvals_context approvals_of(struct agent *agent)
{
    return (struct approvals_context){.recorder = agent->recorder,
                                      .registers = agent->registers,
                                      .usb = agent->usb,
                                      .changed = hook_changed,
                                      .context = agent};
}

static int on_allow(void *context, const struct bus_person *who, const char *device,
                    json_object *options, json_object **ret_answer, char **ret_why)
{
    const struct approvals_context approvals = approvals_of(context);
    return approvals_allow(&approvals, who, device, options, ret_answer, ret_why);
}

static int on_accept(void *context, const struct bus_person *who, const char *device,
                     json_object **ret_answer, char **ret_why)
{
    const struct approvals_context approvals = approvals_of(context);
    return approvals_accept(&approvals, who, device, ret_answer, ret_why);
}

static int on_forget(void *context, const struct bus_person *who, const char *device,
                     json_object **ret_answer, char **ret_why)
{
    const struct approvals_context approvals = approvals_of(context);
    return approvals_forget(&approvals, who, device, ret_answer, ret_why);
}

static int on_learn(void *context, const struct bus_person *who, json_object **ret_answer,
                    char **ret_why)
{
    const struct approvals_context approvals = approvals_of(context);
    return approvals_learn(&approvals, who, ret_answer, ret_why);
}

static int on_grant_permit(void *context, const struct bus_person *who, const char *permit,
                           json_object *terms, json_object **ret_answer, char **ret_why)
{
    struct agent *agent = context;
    return permit_keeper_grant(agent->permits, who, permit, terms, ret_answer, ret_why);
}

static int on_end_permit(void *context, const struct bus_person *who, const char *which,
                         json_object **ret_answer, char **ret_why)
{
    struct agent *agent = context;
    return permit_keeper_end(agent->permits, who, which, ret_answer, ret_why);
}

static struct record_keeper records_of(const struct agent *agent)
{
    return (struct record_keeper){.recorder = agent->recorder,
                                  .registers = agent->registers,
                                  .ledger = agent->ledger,
                                  .state = agent->options->state};
}

// What leaves needs an approved request: it is entered by TakeOut only.
static int check_register(const char *name, char **ret_why)
{
    if (!text_equal(name, record_form_of(RECORD_TAKEOUTS)->name))
        return 0;
    return bus_refuse(-EACCES, ret_why,
                      N_("This register is kept by: sekisho medium out, sekisho medium in"));
}

static int on_add_record(void *context, const struct bus_person *who, const char *name,
                         json_object *fields, json_object **ret_answer, char **ret_why)
{
    const struct record_keeper records = records_of(context);
    int r = check_register(name, ret_why);
    return r < 0 ? r : record_keeper_add(&records, who, name, fields, ret_answer, ret_why);
}

static int on_end_record(void *context, const struct bus_person *who, const char *name,
                         const char *number, json_object *fields, json_object **ret_answer,
                         char **ret_why)
{
    const struct record_keeper records = records_of(context);
    int r = check_register(name, ret_why);
    return r < 0 ? r : record_keeper_end(&records, who, name, number, fields, ret_answer, ret_why);
}

static int on_list_records(void *context, const char *name, json_object **ret_answer,
                           char **ret_why)
{
    const struct record_keeper records = records_of(context);
    return record_keeper_list(&records, name, ret_answer, ret_why);
}

static struct operator_keeper operators_of(struct agent *agent)
{
    return (struct operator_keeper){.recorder = agent->recorder,
                                    .registers = agent->registers,
                                    .policy = agent->policy,
                                    .changed = hook_operators_changed,
                                    .context = agent};
}

static int on_add_operator(void *context, const struct bus_person *who, const char *login,
                           json_object *terms, json_object **ret_answer, char **ret_why)
{
    const struct operator_keeper operators = operators_of(context);
    return operator_keeper_add(&operators, who, login, terms, ret_answer, ret_why);
}

static int on_change_operator(void *context, const struct bus_person *who, const char *login,
                              json_object *terms, json_object **ret_answer, char **ret_why)
{
    const struct operator_keeper operators = operators_of(context);
    return operator_keeper_change(&operators, who, login, terms, ret_answer, ret_why);
}

static int on_train_operator(void *context, const struct bus_person *who, const char *login,
                             json_object *terms, json_object **ret_answer, char **ret_why)
{
    const struct operator_keeper operators = operators_of(context);
    return operator_keeper_train(&operators, who, login, terms, ret_answer, ret_why);
}

static int on_remove_operator(void *context, const struct bus_person *who, const char *login,
                              json_object *terms, json_object **ret_answer, char **ret_why)
{
    const struct operator_keeper operators = operators_of(context);
    return operator_keeper_remove(&operators, who, login, terms, ret_answer, ret_why);
}

static int on_list_operators(void *context, json_object **ret_answer, char **ret_why)
{
    const struct operator_keeper operators = operators_of(context);
    (void)ret_why;
    return operator_keeper_list(&operators, ret_answer);
}

static int on_set_mode(void *context, const struct bus_person *who, const char *guard,
                       const char *mode, bool unattended, json_object **ret_answer, char **ret_why)
{
    struct agent *agent = context;
    return mode_keeper_set(agent->mode, guard, mode, unattended, who, ret_answer, ret_why);
}

static int on_confirm_mode(void *context, const struct bus_person *who, json_object **ret_answer,
                           char **ret_why)
{
    struct agent *agent = context;
    return mode_keeper_confirm(agent->mode, who, ret_answer, ret_why);
}

static int on_reload(void *context, const struct bus_person *who, json_object **ret_answer,
                     char **ret_why)
{
    struct agent *agent = context;
    int r = policy_store_load(agent->policy, "bus", who);
    if (r < 0)
        *ret_why = text_dup(N_("The policy has mistakes and was refused; the old one stays. See: "
                               "sekisho policy check"));
    (void)ret_answer;
    return r;
}

static int on_seal(void *context, const struct bus_person *who, const char *reason,
                   json_object **ret_answer, char **ret_why)
{
    struct agent *agent = context;
    uint64_t ticket;
    (void)who;
    int r = ledger_seal(agent->ledger, reason, &ticket);
    if (r == 0)
        r = ledger_wait(agent->ledger, ticket, 10 * NS_PER_S);
    if (r < 0) {
        *ret_why = text_dup(N_("The ledger could not be sealed. See: sekisho status"));
        return r;
    }
    struct ledger_head head;
    char hash[DIGEST_TEXT_SIZE];
    ledger_get_head(agent->ledger, &head);
    text_hex(head.hash, DIGEST_SIZE, hash);
    *ret_answer = describe_ledger(agent);
    json_add_text(*ret_answer, "hash", hash);
    return 0;
}

// What may be recorded from outside, and with which outcome.
static const struct {
    const char *name, *outcome;
    enum fact_kind kind;
} recordable[] = {
    {"export.created", "created", FACT_EXPORT_CREATED},
    {"report.created", "created", FACT_REPORT_CREATED},
    {"antivirus.updated", "imported", FACT_ANTIVIRUS_UPDATED},
};

// What an export has put on something that leaves is a take-out, before it is an export: a kill
// between the two rows leaves none unsaid. Its number, 0 if it is none.
static int enter_takeout(struct agent *agent, const struct bus_person *who, enum fact_kind kind,
                         const char *name, json_object *details, uint64_t *ret_number,
                         char **ret_why)
{
    *ret_number = 0;
    if (kind != FACT_EXPORT_CREATED || !text_equal(json_get_text(details, "place"), "leaves"))
        return 0;
    return request_face_enter_export(agent, who, name, details, ret_number, ret_why);
}

static int on_record(void *context, const struct bus_person *who, const char *kind,
                     const char *object, json_object *details, json_object **ret_answer,
                     char **ret_why)
{
    struct agent *agent = context;
    uint64_t sequence, takeout;
    size_t i = 0;
    while (i < ELEMENTS(recordable) && !text_equal(recordable[i].name, kind))
        i++;
    if (i == ELEMENTS(recordable)) {
        *ret_why = text_dup(N_("Only exports, reports and imports are recorded this way."));
        return -EINVAL;
    }
    CLEANUP_FREE char *name = text_escape(object, strlen(object), 1024);
    if (!name)
        return -ENOMEM;
    int entered = enter_takeout(agent, who, recordable[i].kind, name, details, &takeout, ret_why);
    json_object *said = json_object_get(details);
    if (takeout > 0)
        json_add_number(said, "takeout", takeout);
    struct fact *fact = recorder_fact(recordable[i].kind, name, recordable[i].outcome, said);
    if (fact)
        person_sign(fact, who);
    int r = recorder_put_and_wait(agent->recorder, fact, &sequence);
    if (r < 0) {
        free(*ret_why);
        *ret_why = text_dup(N_("The ledger takes no rows. See: sekisho status"));
        return r;
    }
    if (entered < 0)
        return entered; // the export is recorded all the same
    *ret_answer = json_object_new_object();
    json_add_number(*ret_answer, "sequence", sequence);
    if (takeout > 0)
        json_add_number(*ret_answer, "takeout", takeout);
    return 0;
}

static struct erase_keeper erasing_of(struct agent *agent)
{
    return (struct erase_keeper){.recorder = agent->recorder,
                                 .ledger = agent->ledger,
                                 .state = agent->options->state,
                                 .pace = &agent->erasing};
}

static int on_begin_erasure(void *context, const struct bus_person *who, json_object *details,
                            json_object **ret_answer, char **ret_why)
{
    const struct erase_keeper keeper = erasing_of(context);
    return erase_keeper_begin(&keeper, who, details, ret_answer, ret_why);
}

static int on_end_erasure(void *context, const struct bus_person *who, const char *number,
                          json_object *details, json_object **ret_answer, char **ret_why)
{
    const struct erase_keeper keeper = erasing_of(context);
    return erase_keeper_end(&keeper, who, number, details, ret_answer, ret_why);
}

static int on_prune(void *context, const struct bus_person *who, json_object *options,
                    json_object **ret_answer, char **ret_why)
{
    const struct agent *agent = context;
    const struct prune_keeper keeper = {.recorder = agent->recorder,
                                        .ledger = agent->ledger,
                                        .policy = agent->policy,
                                        .state = agent->options->state,
                                        .begun = &agent->begun};
    return prune_keeper_run(&keeper, who, options, ret_answer, ret_why);
}

static int on_enrol(void *context, const struct bus_person *who, const char *step,
                    json_object *details, json_object **ret_answer, char **ret_why)
{
    const struct agent *agent = context;
    const struct enrol_keeper keeper = build_enrol_keeper(agent);
    return enrol_keeper_run(&keeper, who, step, details, ret_answer, ret_why);
}

const struct bus_handlers agent_face = {
    .status = on_status,
    .may_see_others = on_may_see_others,
    .list_devices = on_list_devices,
    .list_network = on_list_network,
    .list_permits = on_list_permits,
    .allow = on_allow,
    .accept = on_accept,
    .forget = on_forget,
    .learn = on_learn,
    .grant_permit = on_grant_permit,
    .end_permit = on_end_permit,
    .add_record = on_add_record,
    .end_record = on_end_record,
    .list_records = on_list_records,
    .add_operator = on_add_operator,
    .change_operator = on_change_operator,
    .train_operator = on_train_operator,
    .remove_operator = on_remove_operator,
    .list_operators = on_list_operators,
    .set_mode = on_set_mode,
    .confirm_mode = on_confirm_mode,
    .reload = on_reload,
    .seal = on_seal,
    .record = on_record,
    .get_alert = alert_face_get,
    .list_alerts = alert_face_list,
    .acknowledge = alert_face_acknowledge,
    .make_request = request_face_make,
    .approve_request = request_face_approve,
    .refuse_request = request_face_refuse,
    .withdraw_request = request_face_withdraw,
    .list_requests = request_face_list,
    .take_out = request_face_take_out,
    .bring_back = request_face_bring_back,
    .begin_erasure = on_begin_erasure,
    .end_erasure = on_end_erasure,
    .prune = on_prune,
    .enrol = on_enrol,
    .open_incident = incident_face_open,
    .acknowledge_incident = incident_face_acknowledge,
    .note_incident = incident_face_note,
    .report_incident = incident_face_report,
    .close_incident = incident_face_close,
    .list_incidents = incident_face_list,
    .get_incident = incident_face_get,
};
