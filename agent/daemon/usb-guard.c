// SPDX-License-Identifier: GPL-3.0-or-later
// Keeps what is plugged in, and has each device settled when it, its approval or the mode changes.
#include "daemon/usb-guard.h"

#include "base/log.h"
#include "base/text.h"
#include "daemon/usb-gadgets.h"
#include "daemon/usb-plugs.h"
#include "daemon/usb-ports.h"
#include "daemon/usb-rows.h"
#include "daemon/usb-settle.h"
#include "enforce/enforce.h"
#include "fact/luks_set.h"
#include "fact/screen.h"
#include "watch/medium/footing.h"

#include <errno.h>
#include <string.h>

#define AGAIN_US 1000000

// ---- Timed approvals ---------------------------------------------------------------------------

static void arm_expiry(struct usb_guard *guard)
{
    uint64_t earliest = 0;
    for (size_t i = 0; i < guard->table.n; i++) {
        struct verdict verdict;
        usb_settle_decide(guard, guard->table.entries[i], true, &verdict);
        if (verdict.allowed && verdict.until_ns && (earliest == 0 || verdict.until_ns < earliest))
            earliest = verdict.until_ns;
    }
    int r = sd_event_source_set_time(guard->expiry, (earliest + 999) / 1000);
    if (r == 0)
        r = sd_event_source_set_enabled(guard->expiry, earliest ? SD_EVENT_ONESHOT : SD_EVENT_OFF);
    if (r < 0)
        log_error("cannot set the timer of a timed approval: %s, checking each minute",
                  strerror(-r));
}

static int on_expiry(sd_event_source *source, uint64_t now, void *context)
{
    (void)source, (void)now;
    usb_guard_reconsider(context);
    return 0;
}

// ---- A second attempt -------------------------------------------------------------------------

static int on_again(sd_event_source *source, uint64_t now, void *context)
{
    (void)source, (void)now;
    usb_guard_reconsider(context);
    return 0;
}

void usb_guard_try_again_soon(struct usb_guard *guard)
{
    int r = sd_event_source_set_time_relative(guard->again, AGAIN_US);
    if (r == 0)
        r = sd_event_source_set_enabled(guard->again, SD_EVENT_ONESHOT);
    if (r < 0)
        log_error("cannot set the timer of a second attempt: %s, trying again within a minute",
                  strerror(-r));
}

// ---- What the watch says -----------------------------------------------------------------------

static void on_gone(struct usb_guard *guard, struct usb_entry *entry)
{
    if (!entry->device->root_hub && !entry->folded)
        recorder_put(guard->options.recorder,
                     usb_row(FACT_USB_REMOVED, entry->device, NULL, "removed"), NULL, NULL);
    usb_plugs_note_gone(guard, entry);
    usb_table_remove(&guard->table, entry);
}

static void on_present(struct usb_guard *guard, const struct usb_device *seen)
{
    struct usb_entry *entry = usb_table_find(&guard->table, seen->sysname);
    if (entry && entry->device->address != seen->address)
        on_gone(guard, entry); // pulled and plugged again before we looked

    struct usb_device *device = NULL;
    bool is_new = !usb_table_find(&guard->table, seen->sysname);
    int r = usb_device_copy(seen, &device);
    entry = r == 0 ? usb_table_put(&guard->table, device) : NULL;
    if (!entry) {
        log_error("cannot keep %s in mind, it stays shut until the next round", seen->sysname);
        return;
    }
    entry->seen = true;
    if (is_new)
        usb_plugs_note(guard, entry);
    usb_settle(guard, entry);
    if (entry->recorded == RECORDED_ALLOWED)
        usb_ports_note_use(guard, entry->device->sysname);
    arm_expiry(guard);
}

static void on_setting(struct usb_guard *guard, const struct usb_setting *setting)
{
    if (!usb_guard_is_enforcing(guard) || guard->stuck ||
        text_equal(setting->value, setting->expected))
        return;
    int r = enforce_usb_shut_defaults(guard->options.places->sys);
    guard->stuck = r < 0; // our own attempt shows up here too: no endless circle
    if (r < 0)
        log_error("cannot shut %s again: %s, trying again within a minute", setting->path,
                  strerror(-r));
    recorder_put(guard->options.recorder,
                 usb_row_tampered(setting->path, setting->value, r < 0 ? "failed" : "restored"),
                 NULL, NULL);
}

void usb_guard_on_fact(struct usb_guard *guard, const struct fact *fact)
{
    if (fact->kind == FACT_SEEN_USB && fact->usb)
        on_present(guard, fact->usb);
    else if (fact->kind == FACT_SEEN_USB_SETTING && fact->setting)
        on_setting(guard, fact->setting);
    else if (fact->kind == FACT_SEEN_GADGET && fact->setting)
        usb_gadgets_on_seen(guard, fact->setting);
    else if (fact->kind == FACT_SEEN_USB_GONE && fact->usb) {
        struct usb_entry *entry = usb_table_find(&guard->table, fact->usb->sysname);
        if (!entry)
            usb_plugs_note_missed(guard, fact->usb);
        // Of another address: an earlier plug, which is known to be gone since the next one came.
        else if (!fact->usb->address || fact->usb->address == entry->device->address)
            on_gone(guard, entry);
        usb_guard_reconsider(guard); // another keyboard, or its twin, may have waited for this
    }
}

void usb_guard_begin_snapshot(struct usb_guard *guard)
{
    for (size_t i = 0; i < guard->table.n; i++)
        guard->table.entries[i]->seen = false;
    guard->stuck = false;
}

void usb_guard_end_snapshot(struct usb_guard *guard)
{
    for (size_t i = guard->table.n; i > 0; i--)
        if (!guard->table.entries[i - 1]->seen)
            on_gone(guard, guard->table.entries[i - 1]);
    guard->reopening = false;
    usb_plugs_end_floods(guard);
    usb_ports_settle(guard);
    for (size_t i = 0; i < guard->table.n; i++)
        guard->table.entries[i]->aged = true;
}

void usb_guard_reopen(struct usb_guard *guard)
{
    guard->reopening = true;
}

void usb_guard_reconsider(struct usb_guard *guard)
{
    for (size_t i = 0; i < guard->table.n; i++)
        usb_settle(guard, guard->table.entries[i]);
    arm_expiry(guard);
}

void usb_guard_on_gate(struct usb_guard *guard)
{
    usb_guard_reconsider(guard);
    usb_ports_settle(guard);
}

void usb_guard_refuse(struct usb_guard *guard, const char *sysname, enum reason reason)
{
    struct usb_entry *entry = usb_table_find(&guard->table, sysname);
    if (!entry)
        return;
    entry->refused = true;
    entry->refused_reason = reason;
    usb_settle(guard, entry);
}

int usb_guard_identify(struct usb_guard *guard, const char *sysname, const char *luks)
{
    struct usb_entry *entry = usb_table_find(&guard->table, sysname);
    if (!entry)
        return -ENOENT;
    int r = luks_set_add_all(&entry->device->luks, luks);
    if (r < 0)
        return r;
    guard->identifying = true;
    usb_guard_reconsider(guard); // it, or a twin
    guard->identifying = false;
    return 0;
}

void usb_guard_accept(struct usb_guard *guard, const char *sysname)
{
    struct usb_entry *entry = usb_table_find(&guard->table, sysname);
    if (!entry)
        return;
    entry->accepted = true;
    usb_settle(guard, entry);
}

void usb_guard_set_locked(struct usb_guard *guard, bool locked)
{
    guard->locked = locked;
    int r = screen_set_locked(guard->options.places->run, locked);
    if (r < 0)
        log_error("cannot tell usb-verdict that the screen is %s: %s, trying again within a minute",
                  locked ? "locked" : "not locked any more", strerror(-r));
}

// ---- Sleep -------------------------------------------------------------------------------------

// What was let in until now; one row says why it is shut, and no violation comes of it.
static void put_to_sleep(struct usb_guard *guard, struct usb_entry *entry)
{
    if (entry->recorded != RECORDED_ALLOWED || !usb_settle_sleeps(guard, entry->device))
        return;
    recorder_put(guard->options.recorder, usb_row(FACT_USB_REMOVED, entry->device, NULL, "asleep"),
                 NULL, NULL);
    entry->recorded = RECORDED_BLOCKED;
    entry->recorded_reason = REASON_ASLEEP;
}

static void wake_up(struct usb_entry *entry)
{
    if (entry->recorded == RECORDED_BLOCKED && entry->recorded_reason == REASON_ASLEEP)
        entry->recorded = RECORDED_NOTHING;
}

bool usb_guard_is_enforcing(const struct usb_guard *guard)
{
    return gate_keeper_get(guard->options.gate)->mode == MODE_ENFORCE;
}

void usb_guard_set_asleep(struct usb_guard *guard, bool asleep)
{
    if (guard->asleep == asleep || (asleep && !usb_guard_is_enforcing(guard)))
        return;
    for (size_t i = 0; i < guard->table.n; i++) {
        if (asleep)
            put_to_sleep(guard, guard->table.entries[i]);
        else
            wake_up(guard->table.entries[i]);
    }
    guard->asleep = asleep;
    usb_plugs_note_sleep(guard, asleep);
    usb_guard_reconsider(guard);
}

// ---- Answers -----------------------------------------------------------------------------------

int usb_guard_verdict(struct usb_guard *guard, const char *sysname, struct verdict *ret)
{
    const struct usb_entry *entry = usb_table_find(&guard->table, sysname);
    if (!entry)
        return -ENOENT;
    usb_settle_decide(guard, entry, true, ret);
    return 0;
}

int usb_guard_verdict_at_boot(struct usb_guard *guard, const char *sysname, struct verdict *ret)
{
    const struct usb_entry *entry = usb_table_find(&guard->table, sysname);
    if (!entry)
        return -ENOENT;
    usb_settle_decide(guard, entry, false, ret);
    return 0;
}

bool usb_guard_is_vital(const struct usb_guard *guard, const char *sysname)
{
    const struct places *places = guard->options.places;
    return footing_is_vital(places->sys, places->proc, places->dev, sysname);
}

int usb_guard_visit(struct usb_guard *guard, usb_guard_visitor visit, void *context)
{
    for (size_t i = 0; i < guard->table.n; i++) {
        struct verdict verdict;
        const struct usb_entry *entry = guard->table.entries[i];
        if (entry->device->root_hub)
            continue;
        usb_settle_decide(guard, entry, true, &verdict);
        int r = visit(context, entry->device, &verdict);
        if (r != 0)
            return r;
    }
    return 0;
}

static int add_timer(struct usb_guard *guard, clockid_t clock, sd_event_time_handler_t handler,
                     sd_event_source **ret)
{
    int r = sd_event_add_time(guard->options.event, ret, clock, 0, 1, handler, guard);
    return r < 0 ? r : sd_event_source_set_enabled(*ret, SD_EVENT_OFF);
}

int usb_guard_new(const struct usb_guard_options *options, struct usb_guard **ret)
{
    CLEANUP(usb_guard_free_p) struct usb_guard *guard = calloc(1, sizeof *guard);
    if (!guard)
        return -ENOMEM;
    guard->options = *options;
    int r = add_timer(guard, CLOCK_REALTIME, on_expiry, &guard->expiry);
    if (r == 0)
        r = add_timer(guard, CLOCK_MONOTONIC, on_again, &guard->again);
    if (r < 0)
        return r;
    r = tenant_forget_present(options->places->run);
    if (r < 0)
        return r;
    *ret = TAKE_PTR(guard);
    return 0;
}

void usb_guard_free(struct usb_guard *guard)
{
    if (!guard)
        return;
    sd_event_source_disable_unref(guard->expiry);
    sd_event_source_disable_unref(guard->again);
    usb_table_clear(&guard->table);
    free(guard->gadget);
    free(guard);
}
