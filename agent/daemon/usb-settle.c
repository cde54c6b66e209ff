// SPDX-License-Identifier: GPL-3.0-or-later
// Makes the kernel agree with the verdict on a device, and records it.
#include "daemon/usb-settle.h"

#include "base/log.h"
#include "base/text.h"
#include "daemon/usb-plugs.h"
#include "daemon/usb-rows.h"
#include "enforce/enforce.h"

#include <errno.h>
#include <string.h>

bool usb_settle_sleeps(const struct usb_guard *guard, const struct usb_device *device)
{
    return usb_device_has_function(device, USB_STORAGE) &&
           !usb_guard_is_vital(guard, device->sysname);
}

void usb_settle_decide(struct usb_guard *guard, const struct usb_entry *entry, bool agent_alive,
                       struct verdict *ret)
{
    const struct host host = {
        .agent_alive = agent_alive,
        .locked = entry->came_locked,
        .accepted = entry->accepted,
        .before = entry->before,
        .wall_ns = moment_now().wall_ns,
        .plugged = guard->table.devices,
        .n_plugged = guard->table.n,
    };
    decide_usb(gate_keeper_get(guard->options.gate), &host, entry->device, ret);
    if (entry->refused)
        verdict_refuse(ret, entry->refused_reason);
    else if (guard->asleep && ret->allowed && usb_settle_sleeps(guard, entry->device))
        verdict_refuse(ret, REASON_ASLEEP);
    else if (ret->needs_record && flood_is_on(&guard->flood, entry->device->sysname))
        verdict_refuse(ret, REASON_FLOOD);
}

static void decide(struct usb_guard *guard, const struct usb_entry *entry, struct verdict *ret)
{
    usb_settle_decide(guard, entry, true, ret);
}

static void record(struct usb_guard *guard, struct usb_entry *entry, const struct verdict *verdict,
                   enum usb_recorded what, const char *outcome)
{
    enum fact_kind kind = what == RECORDED_ALLOWED ? FACT_USB_ALLOWED : FACT_USB_BLOCKED;
    entry->recorded = what;
    entry->recorded_reason = verdict->reason;
    entry->unidentified = verdict->unidentified;
    if (entry->folded)
        return;
    struct fact *fact = usb_row(kind, entry->device, verdict, outcome);
    // While only observing, and for what was allowed until now, it is a warning, not a breach.
    bool breach = what == RECORDED_KEPT || text_equal(outcome, "blocked") ||
                  text_equal(outcome, "found open");
    if (fact && kind == FACT_USB_BLOCKED && !breach)
        fact->severity = SEVERITY_WARNING;
    recorder_put(guard->options.recorder, fact, NULL, NULL);
}

static bool is_recorded(const struct usb_entry *entry, const struct verdict *verdict,
                        enum usb_recorded what)
{
    return entry->recorded == what && entry->recorded_reason == verdict->reason;
}

// ---- Granting ----------------------------------------------------------------------------------

// Identifies an entry across the time its row takes to become durable.
struct grant {
    struct usb_guard *guard;
    char *sysname;
    uint32_t address;
};

// Once may be because it is just being pulled, so it has a second attempt before it has a row.
static void note_failure(struct usb_guard *guard, struct usb_entry *entry,
                         const struct verdict *verdict, int error)
{
    log_error("cannot open %s: %s, it stays shut", entry->device->sysname, strerror(-error));
    if (entry->failing && entry->recorded != RECORDED_BLOCKED)
        record(guard, entry, verdict, RECORDED_BLOCKED, "failed");
    if (!entry->failing)
        usb_guard_try_again_soon(guard);
    entry->failing = true;
}

static void open_device(struct usb_guard *guard, struct usb_entry *entry,
                        const struct verdict *verdict)
{
    int sys = guard->options.places->sys;
    const char *sysname = entry->device->sysname;
    entry->device->admitted = true;
    int r = enforce_usb_shut_interfaces(sys, sysname);
    if (r == 0 && !entry->device->authorized)
        r = usb_settle_sleeps(guard, entry->device) ? enforce_usb_authorize_storage(sys, sysname)
                                                    : enforce_usb_authorize(sys, sysname);
    if (r < 0 && r != -ENODEV && r != -ENOENT)
        note_failure(guard, entry, verdict, r);
}

static void on_granted(void *context, uint64_t sequence, int error)
{
    struct grant *grant = context;
    struct usb_guard *guard = grant->guard;
    struct usb_entry *entry = usb_table_find(&guard->table, grant->sysname);
    if (entry && entry->device->address == grant->address) {
        struct verdict verdict;
        decide(guard, entry, &verdict);
        entry->granting = false;
        entry->granted = entry->device->admitted = sequence > 0;
        if (sequence > 0 && verdict.allowed)
            open_device(guard, entry, &verdict);
        else if (error < 0)
            log_error("cannot record the opening of %s: %s, it stays shut", grant->sysname,
                      strerror(-error));
    }
    free(grant->sysname);
    free(grant);
}

static void begin_grant(struct usb_guard *guard, struct usb_entry *entry,
                        const struct verdict *verdict)
{
    struct grant *grant = calloc(1, sizeof *grant);
    char *sysname = text_dup(entry->device->sysname);
    if (!grant || !sysname) {
        free(grant);
        free(sysname);
        log_error("no memory to open %s, it stays shut", entry->device->sysname);
        return;
    }
    *grant = (struct grant){guard, sysname, entry->device->address};
    entry->granting = entry->device->admitted =
        true; // a twin that is decided on next is one too many
    entry->recorded = RECORDED_ALLOWED;
    entry->recorded_reason = verdict->reason;
    entry->unidentified = verdict->unidentified;
    recorder_put(guard->options.recorder,
                 usb_row(FACT_USB_ALLOWED, entry->device, verdict, "allowed"), on_granted, grant);
}

// ---- Making the kernel agree -------------------------------------------------------------------

static const char *outcome_of_shutting(const struct usb_guard *guard, const struct usb_entry *entry,
                                       enum reason reason, bool was_open)
{
    if (reason == REASON_ASKED)
        return "asked";
    if (reason == REASON_ASLEEP)
        return "asleep";
    if (entry->recorded == RECORDED_NOTHING)
        return was_open ? "found open" : "blocked"; // open: before we came somebody could use it
    // Allowed until now, and not because of what is on it or was done with it: the approval has
    // ended or was taken back.
    bool contents = entry->refused || guard->identifying;
    bool ended = entry->recorded == RECORDED_ALLOWED && !contents && reason != REASON_EXPORTED;
    return ended ? "ended" : "blocked";
}

static void shut(struct usb_guard *guard, struct usb_entry *entry, const struct verdict *verdict)
{
    bool was_open = entry->device->authorized;
    if (was_open) {
        int r = enforce_usb_deauthorize(guard->options.places->sys, entry->device->sysname);
        if (r < 0 && r != -ENODEV && r != -ENOENT)
            log_error("cannot shut %s: %s, trying again within a minute", entry->device->sysname,
                      strerror(-r));
        entry->device->authorized = false;
    }
    if (was_open && entry->was_shut)
        recorder_put(guard->options.recorder,
                     usb_row_tampered(entry->device->sysname, "authorized", "restored"), NULL,
                     NULL);
    entry->was_shut = true;
    entry->granting = entry->granted = entry->failing = entry->device->admitted = false;
    if (is_recorded(entry, verdict, RECORDED_BLOCKED))
        return;
    record(guard, entry, verdict, RECORDED_BLOCKED,
           outcome_of_shutting(guard, entry, verdict->reason, was_open));
}

// One interface of a device that may be open: in step with the verdict. Answers whether somebody
// else had opened it.
static bool settle_interface(const struct usb_guard *guard, const struct usb_device *device,
                             const struct usb_interface *interface, bool covered)
{
    int sys = guard->options.places->sys, r = 0;
    CLEANUP_FREE char *name =
        text_format("%s:%u.%u", device->sysname, interface->configuration, interface->number);
    if (!name)
        r = -ENOMEM;
    else if (covered && !interface->driven)
        r = enforce_usb_grant_interface(sys, name);
    else if (!covered && interface->granted)
        r = enforce_usb_refuse_interface(sys, name);
    if (r < 0 && r != -ENODEV && r != -ENOENT) // of another configuration: not there now
        log_warning("cannot settle %s: %s, trying again within a minute",
                    name ? name : device->sysname, strerror(-r));
    return !covered && interface->granted;
}

static void settle_interfaces(struct usb_guard *guard, struct usb_entry *entry,
                              const struct verdict *verdict)
{
    const struct usb_device *device = entry->device;
    bool opened = false;
    for (size_t i = 0; i < device->n_interfaces; i++)
        if (device->interfaces[i].alternate == 0)
            opened |=
                settle_interface(guard, device, &device->interfaces[i], verdict->interface[i]);
    if (opened && entry->settled) // otherwise it is from before the gate was shut
        recorder_put(guard->options.recorder,
                     usb_row_tampered(device->sysname, "interface authorized", "restored"), NULL,
                     NULL);
    entry->settled = true;
}

static void open_or_keep(struct usb_guard *guard, struct usb_entry *entry,
                         const struct verdict *verdict)
{
    if (entry->device->authorized) {
        if (entry->recorded != RECORDED_ALLOWED)
            record(guard, entry, verdict, RECORDED_ALLOWED, "allowed");
        else if (entry->unidentified && !verdict->unidentified)
            record(guard, entry, verdict, RECORDED_ALLOWED, "identified");
        entry->failing = false;
        settle_interfaces(guard, entry, verdict);
        return;
    }
    entry->was_shut = false;
    if (verdict->needs_record && !entry->granted) {
        if (!entry->granting)
            begin_grant(guard, entry, verdict);
        return;
    }
    if (entry->recorded != RECORDED_ALLOWED && !entry->failing)
        record(guard, entry, verdict, RECORDED_ALLOWED, "allowed");
    open_device(guard, entry, verdict);
}

// To shut what the running system stands on would end the machine and the record with it. Nobody
// enters enforce like this; but an approval may end later, or lose a condition.
static bool must_keep(const struct usb_guard *guard, const struct usb_entry *entry,
                      const struct verdict *verdict)
{
    bool whole = verdict->allowed && !verdict->partial;
    return !whole && entry->device->authorized && usb_guard_is_vital(guard, entry->device->sysname);
}

static void keep(struct usb_guard *guard, struct usb_entry *entry, const struct verdict *verdict)
{
    entry->was_shut = false;
    if (is_recorded(entry, verdict, RECORDED_KEPT))
        return;
    log_error("%s must not be used, but the system runs from it: not shutting it",
              entry->device->sysname);
    record(guard, entry, verdict, RECORDED_KEPT, "kept");
}

// The way back: as if the gate had never been shut.
static void reopen(const struct usb_guard *guard, const struct usb_entry *entry)
{
    const struct usb_device *device = entry->device;
    int sys = guard->options.places->sys, r = 0;
    if (!device->authorized)
        r = enforce_usb_authorize(sys, device->sysname);
    for (size_t i = 0; r == 0 && device->authorized && i < device->n_interfaces; i++) {
        const struct usb_interface *interface = &device->interfaces[i];
        if (interface->alternate != 0 || interface->granted)
            continue;
        CLEANUP_FREE char *name =
            text_format("%s:%u.%u", device->sysname, interface->configuration, interface->number);
        r = name ? enforce_usb_grant_interface(sys, name) : -ENOMEM;
        r = r == -ENOENT ? 0 : r; // of another configuration
    }
    if (r < 0 && r != -ENODEV && r != -ENOENT)
        log_warning("cannot open %s again: %s; plug it in anew", device->sysname, strerror(-r));
}

static void observe(struct usb_guard *guard, struct usb_entry *entry, const struct verdict *verdict)
{
    entry->settled = entry->was_shut = false;
    if (guard->reopening)
        reopen(guard, entry);
    if (verdict->allowed && !is_recorded(entry, verdict, RECORDED_ALLOWED))
        record(guard, entry, verdict, RECORDED_ALLOWED, "allowed");
    else if (!verdict->allowed && !is_recorded(entry, verdict, RECORDED_BLOCKED) &&
             !is_recorded(entry, verdict, RECORDED_OBSERVED))
        record(guard, entry, verdict, RECORDED_OBSERVED, "observed");
}

void usb_settle(struct usb_guard *guard, struct usb_entry *entry)
{
    struct verdict verdict;
    if (entry->device->root_hub)
        return;
    decide(guard, entry, &verdict);
    if (!usb_guard_is_enforcing(guard))
        observe(guard, entry, &verdict);
    else if (must_keep(guard, entry, &verdict))
        keep(guard, entry, &verdict);
    else if (verdict.allowed)
        open_or_keep(guard, entry, &verdict);
    else
        shut(guard, entry, &verdict);
    if (usb_guard_is_enforcing(guard) && verdict.allowed && entry->device->authorized)
        usb_plugs_note_let_in(guard, entry);
}
