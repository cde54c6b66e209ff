// SPDX-License-Identifier: GPL-3.0-or-later
// A flooded port is switched off for a minute; where that can't be done its plugs go on shut and
// counted, without a row for each.
#include "daemon/usb-plugs.h"

#include "base/log.h"
#include "daemon/usb-rows.h"
#include "enforce/enforce.h"
#include "fact/usb_name.h"

#include <errno.h>
#include <string.h>

#define WAKING_NS (10 * NS_PER_S) // after sleep devices come back, or others in their place

// ---- Floods ------------------------------------------------------------------------------------

static void begin_flood(struct usb_guard *guard, const struct usb_device *device,
                        struct verdict *verdict)
{
    verdict_refuse(verdict, REASON_FLOOD);
    if (usb_guard_is_enforcing(guard)) {
        int r = enforce_usb_set_port(guard->options.places->sys, device->sysname, false);
        if (r < 0 && r != -ENODEV)
            log_warning("cannot switch off the port of %s, which plugs itself in again and again: "
                        "%s; its plugs are counted, not recorded one by one",
                        device->sysname, strerror(-r));
    }
    recorder_put(guard->options.recorder, usb_row(FACT_USB_BLOCKED, device, verdict, "flooded"),
                 NULL, NULL);
}

static enum flood_answer count(struct usb_guard *guard, const char *sysname)
{
    return flood_note(&guard->flood, sysname, moment_now().monotonic_ns);
}

// ---- What was let in at a port -----------------------------------------------------------------

// A hub does no harm by itself, and a USB 3 hub is two devices at one port.
static bool is_hub_only(const struct usb_device *device)
{
    for (size_t i = 0; i < device->n_interfaces; i++)
        if (usb_interface_function(&device->interfaces[i]) != USB_HUB)
            return false;
    return true;
}

static void mark(struct usb_guard *guard, const struct usb_device *device, uint64_t left_ns)
{
    int r = tenant_set(guard->options.places->run, device, left_ns);
    if (r < 0)
        log_warning("cannot keep in mind that %s was let in: %s, what comes next at its port is "
                    "not compared with it",
                    device->sysname, strerror(-r));
}

void usb_plugs_note_let_in(struct usb_guard *guard, struct usb_entry *entry)
{
    bool waking = guard->woke_ns != 0 && moment_now().monotonic_ns < guard->woke_ns + WAKING_NS;
    if (entry->marked || guard->asleep || waking || is_hub_only(entry->device))
        return;
    entry->marked = true;
    mark(guard, entry->device, 0);
}

void usb_plugs_note_gone(struct usb_guard *guard, const struct usb_entry *entry)
{
    if (entry->marked)
        mark(guard, entry->device, moment_now().monotonic_ns);
}

void usb_plugs_note_sleep(struct usb_guard *guard, bool asleep)
{
    if (!asleep) {
        guard->woke_ns = moment_now().monotonic_ns;
        return;
    }
    for (size_t i = 0; i < guard->table.n; i++)
        guard->table.entries[i]->marked = false;
    int r = tenant_forget_all(guard->options.places->run);
    if (r < 0)
        log_warning("cannot forget what was let in at each port: %s; what is plugged in instead of "
                    "it during sleep may have to be plugged in again",
                    strerror(-r));
}

// ---- Coming ------------------------------------------------------------------------------------

void usb_plugs_note(struct usb_guard *guard, struct usb_entry *entry)
{
    entry->came_locked = guard->locked;
    if (entry->device->root_hub)
        return;
    entry->before =
        tenant_before(guard->options.places->run, entry->device, moment_now().monotonic_ns, true);
    enum flood_answer answer = count(guard, entry->device->sysname);
    entry->folded = answer == FLOOD_GOES_ON;
    if (answer != FLOOD_BEGINS)
        return;
    struct verdict verdict;
    usb_settle_decide(guard, entry, true, &verdict);
    begin_flood(guard, entry->device, &verdict);
}

void usb_plugs_note_missed(struct usb_guard *guard, const struct usb_device *gone)
{
    struct verdict verdict = {.rule = "none"};
    struct usb_name name;
    if (usb_name_parse_device(gone->sysname, &name) < 0 || name.is_root_hub)
        return;
    if (count(guard, gone->sysname) == FLOOD_BEGINS)
        begin_flood(guard, gone, &verdict);
}

void usb_plugs_end_floods(struct usb_guard *guard)
{
    struct flood_port port;
    while (flood_take_ended(&guard->flood, moment_now().monotonic_ns, &port)) {
        int r = enforce_usb_set_port(guard->options.places->sys, port.name, true);
        if (r < 0 && r != -ENODEV && r != -ENOENT)
            log_error("cannot switch the port of %s on again: %s; another port serves", port.name,
                      strerror(-r));
        recorder_put(guard->options.recorder, usb_row_folded(port.name, port.folded), NULL, NULL);
    }
}
