// SPDX-License-Identifier: GPL-3.0-or-later
// sekisho status: the checkpoint's state at a glance, for every local user.
#include "cli/cli.h"
#include "cli/field.h"

#include "base/json.h"
#include "base/text.h"
#include "bus/bus.h"
#include "report/cause.h"

#include <inttypes.h>
#include <string.h>

// The labels' width is that of the widest in the session's language.
static const char *const labels[] = {
    N_("Mode"),   N_("Guard"), N_("Ledger"), N_("Head code"), N_("Logins, files"), N_("Operators"),
    N_("Policy"), N_("Site"),  N_("Checks"), N_("Devices"),   N_("Incidents"),     N_("Running")};

static unsigned widest_label(void)
{
    unsigned widest = 0;
    for (size_t i = 0; i < ELEMENTS(labels); i++) {
        unsigned width = table_text_width(_(labels[i]));
        widest = width > widest ? width : widest;
    }
    return widest;
}

static const char *text_of(json_object *object, const char *key)
{
    const char *text = json_get_text(object, key);
    return text ? text : "–";
}

// ---- Is it in order? ---------------------------------------------------------------------------

static bool guard_is_well(json_object *guard)
{
    return !text_equal(json_get_text(guard, "state"), "degraded");
}

// Nobody is asked about who logs in, or all is there that is needed for an answer.
static bool logins_are_well(json_object *logins)
{
    return !json_get_bool(logins, "asked") ||
           (json_get_bool(logins, "answered") && json_get_bool(logins, "fallback"));
}

static bool is_well(json_object *status)
{
    json_object *guards = json_get(status, "guards"), *trail = json_get(status, "trail");
    bool well = json_get_bool(json_get(status, "ledger"), "writable") &&
                json_get_number(json_get(status, "policy"), "mistakes") == 0 &&
                !text_equal(json_get_text(status, "transition"), "failed");
    well = well && (!trail || json_get_bool(trail, "recorded"));
    well = well && logins_are_well(json_get(status, "logins"));
    for (size_t i = 0; guards && i < json_object_array_length(guards); i++)
        well = well && guard_is_well(json_object_array_get_idx(guards, i));
    return well;
}

// ---- Lines -------------------------------------------------------------------------------------

static void print_change(const struct fields *fields, const char *guard, json_object *change)
{
    char until[40];
    const char *state = json_get_text(change, "state");
    field_time(json_get_number(change, "deadline_ns"), until);
    if (text_equal(state, "trial") && text_equal(guard, "network"))
        field_continue(fields, TABLE_YELLOW,
                       _("on trial until %s: “sekisho mode --confirm” from a new connection keeps "
                         "it"),
                       until);
    else if (text_equal(state, "trial"))
        field_continue(fields, TABLE_YELLOW,
                       _("on trial until %s: “sekisho mode --confirm” at this machine keeps it"),
                       until);
    else if (text_equal(state, "installing"))
        field_continue(fields, TABLE_YELLOW, "%s", _("being installed for the next boot"));
    else if (text_equal(state, "failed"))
        field_continue(fields, TABLE_RED, "%s",
                       _("the last switch failed; “sekisho log --kind mode.changed” tells why"));
}

static void print_modes(const struct fields *fields, json_object *status)
{
    json_object *modes = json_get(status, "mode"), *changes = json_get(status, "mode_changes");
    if (!modes)
        return;
    const char *label = _("Mode");
    json_object_object_foreach(modes, guard, value)
    {
        const char *mode = json_object_get_string(value);
        bool enforces = text_equal(mode, "enforce");
        field_print(fields, label, enforces ? TABLE_GREEN : TABLE_YELLOW, "%s: %s%s", guard, mode,
                    enforces ? "" : _(" (everything is recorded, nothing is blocked)"));
        print_change(fields, guard, json_get(changes, guard));
        label = "";
    }
}

static void print_guards(const struct fields *fields, json_object *guards)
{
    for (size_t i = 0; guards && i < json_object_array_length(guards); i++) {
        json_object *guard = json_object_array_get_idx(guards, i);
        bool well = guard_is_well(guard);
        field_print(fields, i == 0 ? _("Guard") : "", well ? TABLE_GREEN : TABLE_RED, "%s: %s – %s",
                    text_of(guard, "name"), text_of(guard, "state"), text_of(guard, "detail"));
    }
}

static const char *finding_text(const char *finding)
{
    static const struct {
        const char *finding, *text;
    } texts[] = {
        {"missing", N_("has no initramfs, so it starts with the gate open")},
        {"unreadable", N_("its initramfs cannot be read")},
        {"open", N_("starts with the gate open")},
        {"incomplete", N_("starts without what lets a keyboard in")},
        {"stale", N_("starts with an older state of the gate")},
    };
    for (size_t i = 0; i < ELEMENTS(texts); i++)
        if (text_equal(texts[i].finding, finding))
            return _(texts[i].text);
    return finding ? finding : "–";
}

static void print_initramfs(const struct fields *fields, json_object *initramfs)
{
    json_object *kernels = json_get(initramfs, "kernels");
    const char *state = json_get_text(initramfs, "state");
    for (size_t i = 0; kernels && i < json_object_array_length(kernels); i++) {
        json_object *kernel = json_object_array_get_idx(kernels, i);
        field_continue(fields, TABLE_RED, _("kernel %s: %s"), text_of(kernel, "kernel"),
                       finding_text(json_get_text(kernel, "finding")));
    }
    if (text_equal(state, "failed"))
        field_continue(fields, TABLE_RED, "%s",
                       _("“sudo systemctl start sekisho-initramfs” renews every initramfs"));
    else if (text_equal(state, "unchecked"))
        field_continue(fields, TABLE_RED, "%s",
                       _("no initramfs could be looked at; “journalctl -u "
                         "sekisho-initramfs-check” tells why"));
}

static void print_ledger(const struct fields *fields, json_object *ledger)
{
    char sealed[40];
    field_time(json_get_number(ledger, "sealed_at_ns"), sealed);
    bool writable = json_get_bool(ledger, "writable");
    field_print(fields, _("Ledger"), writable ? TABLE_GREEN : TABLE_RED,
                _("%s, row %" PRIu64 ", epoch %" PRIu64 ", sealed %s"), text_of(ledger, "month"),
                json_get_number(ledger, "sequence"), json_get_number(ledger, "epoch"), sealed);
    if (!writable)
        field_continue(fields, TABLE_RED, "%s",
                       _("it can't be written to, so nothing new is approved; is the disk full?"));
    field_print(fields, _("Head code"), TABLE_BOLD, "%s", text_of(ledger, "head_code"));
}

static void print_trail(const struct fields *fields, json_object *trail)
{
    char since[40];
    if (!trail)
        return; // an older daemon
    const char *cause = json_get_text(trail, "cause");
    field_time(json_get_number(trail, "since_ns"), since);
    if (json_get_bool(trail, "recorded"))
        field_print(fields, _("Logins, files"), TABLE_GREEN, "%s", _("recorded"));
    else
        field_print(fields, _("Logins, files"), TABLE_RED, _("not recorded since %s: %s"), since,
                    cause ? cause_to_words(cause) : "–");
}

static void print_logins(const struct fields *fields, json_object *logins)
{
    if (!logins)
        return; // an older daemon
    if (!json_get_bool(logins, "asked")) {
        field_print(fields, _("Operators"), TABLE_PLAIN, "%s",
                    _("the policy does not say who may log in"));
        return;
    }
    bool enforced = json_get_bool(logins, "enforced");
    field_print(fields, _("Operators"), enforced ? TABLE_GREEN : TABLE_YELLOW, "%s",
                enforced ? _("who is not registered or not trained is refused at login")
                         : _("who is not registered or not trained is recorded, not refused"));
    if (!json_get_bool(logins, "answered"))
        field_continue(fields, TABLE_RED, "%s",
                       _("logins get no answer from sekishod; “journalctl -u sekishod” tells why"));
    if (!json_get_bool(logins, "fallback"))
        field_continue(fields, TABLE_RED, "%s",
                       _("what holds while sekishod is away is not on the disk as it should be; is "
                         "the disk full?"));
}

static void print_policy(const struct fields *fields, json_object *policy)
{
    char loaded[40];
    field_time(json_get_number(policy, "loaded_at_ns"), loaded);
    const char *hash = json_get_text(policy, "hash");
    uint64_t mistakes = json_get_number(policy, "mistakes");
    if (hash)
        field_print(fields, _("Policy"), TABLE_PLAIN, _("%.12s…, read %s"), hash, loaded);
    else
        field_print(fields, _("Policy"), TABLE_RED, "%s",
                    _("none; only hubs, keyboards and mice pass"));
    if (mistakes > 0)
        field_continue(fields, TABLE_RED,
                       ngettext("the file has %" PRIu64 " mistake and was refused; “sekisho policy "
                                "check” shows it",
                                "the file has %" PRIu64 " mistakes and was refused; “sekisho "
                                "policy check” shows them",
                                mistakes),
                       mistakes);
}

static void print_site(const struct fields *fields, json_object *site)
{
    if (!site)
        return; // an older daemon
    if (!json_get_bool(site, "enrolled")) {
        field_print(fields, _("Site"), TABLE_PLAIN, "%s", _("this PC is not enrolled at any"));
        return;
    }
    field_print(fields, _("Site"), TABLE_PLAIN, _("%s, where this PC is %s; bundle %" PRIu64),
                text_of(site, "site"), text_of(site, "name"), json_get_number(site, "bundle"));
    field_continue(fields, TABLE_PLAIN, _("identity %s"), text_of(site, "identity"));
}

static void print_health(const struct fields *fields, json_object *health)
{
    if (!health)
        return; // an older daemon
    uint64_t bad = json_get_number(health, "violation"),
             open = json_get_number(health, "unverified");
    enum table_color color = bad > 0 ? TABLE_RED : open > 0 ? TABLE_YELLOW : TABLE_GREEN;
    field_print(fields, _("Checks"), color,
                _("%" PRIu64 " in order, %" PRIu64 " not, %" PRIu64 " unverified%s"),
                json_get_number(health, "ok"), bad, open,
                bad + open > 0 ? _("; “sudo sekisho check” says what to do") : "");
}

static void print_incidents(const struct fields *fields, json_object *status)
{
    if (!json_get(status, "open_incidents"))
        return; // a daemon that keeps none: "0 open" would be a claim
    uint64_t open = json_get_number(status, "open_incidents");
    field_print(fields, _("Incidents"), open > 0 ? TABLE_YELLOW : TABLE_PLAIN,
                open > 0 ? _("%" PRIu64 " open; “sudo sekisho incident list” shows them")
                         : _("%" PRIu64 " open"),
                open);
}

static void print_status(json_object *status, const struct cli_options *options)
{
    const struct fields fields = {.width = widest_label(), .color = options->color};
    json_object *devices = json_get(status, "devices");
    uint64_t blocked = json_get_number(devices, "blocked");
    char since[40];

    printf("%s%s%s  sekisho %s\n", options->color ? table_escape(TABLE_BOLD) : "",
           text_of(status, "host"), options->color ? "\x1b[0m" : "", text_of(status, "version"));
    print_modes(&fields, status);
    print_guards(&fields, json_get(status, "guards"));
    print_initramfs(&fields, json_get(status, "initramfs"));
    print_ledger(&fields, json_get(status, "ledger"));
    print_trail(&fields, json_get(status, "trail"));
    print_logins(&fields, json_get(status, "logins"));
    print_policy(&fields, json_get(status, "policy"));
    print_site(&fields, json_get(status, "site"));
    print_health(&fields, json_get(status, "health"));
    field_print(&fields, _("Devices"), blocked > 0 ? TABLE_YELLOW : TABLE_PLAIN,
                _("%" PRIu64 " plugged in, %" PRIu64 " of them without approval"),
                json_get_number(devices, "plugged"), blocked);
    print_incidents(&fields, status);
    field_time(json_get_number(status, "started_at_ns"), since);
    field_print(&fields, _("Running"), TABLE_PLAIN, _("since %s"), since);
}

static enum cli_exit run(int argc, char *argv[], const struct cli_options *options)
{
    CLEANUP_JSON json_object *status = NULL;
    CLEANUP_FREE char *why = NULL;
    if (argc > 1)
        return cli_usage(&cmd_status, _("%s: unexpected"), argv[1]);
    int r = bus_call_status(&status, &why);
    if (r < 0)
        return cli_bus_failed(&cmd_status, r, why);
    if (options->json)
        cli_print_json(status);
    else
        print_status(status, options);
    return is_well(status) ? CLI_OK : CLI_FINDING;
}

const struct command cmd_status = {
    .name = "status",
    .summary = N_("Shows the mode, each guard, the last seal, and what needs attention"),
    .usage = "",
    .run = run,
};
