// SPDX-License-Identifier: GPL-3.0-or-later
// Which interfaces of a USB device pass, by default rules or by an approval.
#include "decision/decision.h"

#include "decision/caution.h"
#include "decision/match.h"

#include <stdio.h>
#include <string.h>

// ---- Defaults ---------------------------------------------------------------------------------

static const struct gate_class *class_of(const struct gate *gate, enum usb_function function)
{
    switch (function) {
    case USB_HUB:
        return &gate->hubs;
    case USB_KEYBOARD:
        return &gate->keyboards;
    case USB_MOUSE:
        return &gate->mice;
    case USB_HID:
        return &gate->other_input;
    case USB_STORAGE:
    case USB_PHONE:
    case USB_NETWORK:
    case USB_SERIAL:
    case USB_AUDIO:
    case USB_VIDEO:
    case USB_PRINTER:
    case USB_SMART_CARD:
    case USB_WIRELESS:
    case USB_VENDOR:
    case USB_OTHER:
    case USB_FUNCTION_MAX:
        break;
    }
    return NULL;
}

static bool is_named(const struct gate_class *class, const struct gate *gate,
                     const struct host *host, const struct usb_device *device)
{
    for (size_t i = 0; i < class->n_named; i++)
        if (approval_matches(class->named[i], device) &&
            !match_has_ended(class->named[i], gate, host))
            return true;
    return false;
}

// A hub is a hub and nothing else (USB 2.0, 11.23.1): one that says more is no hub to go by.
static bool is_doubtful_hub(const struct usb_device *device)
{
    bool hub = device->class == 0x09, other = false;
    for (size_t i = 0; i < device->n_interfaces; i++) {
        bool is_hub = usb_interface_function(&device->interfaces[i]) == USB_HUB;
        hub |= is_hub;
        other |= !is_hub;
    }
    return hub && other;
}

static bool passes(enum reason why)
{
    return why == REASON_DEFAULT || why == REASON_ACCEPTED || why == REASON_NAMED;
}

// REASON_DEFAULT, REASON_ACCEPTED or REASON_NAMED if it passes; if not, REASON_NO_APPROVAL,
// REASON_NOT_NAMED, or that it came at a doubtful moment.
static enum reason decide_by_default(const struct gate *gate, const struct host *host,
                                     const struct usb_device *device,
                                     const struct usb_interface *interface)
{
    const struct gate_class *class = class_of(gate, usb_interface_function(interface));
    if (!class)
        return REASON_NO_APPROVAL;
    switch (class->rule) {
    case DEFAULT_ALLOW:
        return caution_apply(gate, host, device, interface);
    case DEFAULT_NAMED:
        return is_named(class, gate, host, device) ? REASON_NAMED : REASON_NOT_NAMED;
    case DEFAULT_REFUSE:
    case DEFAULT_MAX:
        break;
    }
    return REASON_NO_APPROVAL;
}

static enum reason decide_interface(const struct gate *gate, const struct host *host,
                                    const struct usb_device *device,
                                    const struct usb_interface *interface)
{
    enum reason why = decide_by_default(gate, host, device, interface);
    bool turned = host->before != TENANT_NONE && usb_interface_function(interface) != USB_HUB;
    return turned && passes(why) ? REASON_TURNED : why;
}

// What the defaults make of a device.
struct outcome {
    size_t passed;
    enum reason pass;           // the weightiest of those that passed
    enum reason refuse;         // of those that did not
    enum usb_function function; // of the first that passed
};

// Which of two answers stands for the whole device.
static unsigned weight(enum reason why)
{
    static const enum reason heavier[] = {
        REASON_DEFAULT,   REASON_ACCEPTED,    REASON_NAMED, // of those that pass
        REASON_NOT_NAMED, REASON_ASKED,       REASON_FURTHER,
        REASON_LOCKED,    REASON_NO_APPROVAL, REASON_TURNED};
    unsigned place = 0;
    while (place < ELEMENTS(heavier) && heavier[place] != why)
        place++;
    return place;
}

static bool same_interface(const struct usb_interface *a, const struct usb_interface *b)
{
    return a->configuration == b->configuration && a->number == b->number;
}

// One alternate setting that does not pass holds the others back: the host switches between them
// with no one asked.
static void hold_alternates_together(const struct usb_device *device, bool *pass)
{
    bool single[USB_INTERFACES_MAX];
    memcpy(single, pass, device->n_interfaces * sizeof *single);
    for (size_t i = 0; i < device->n_interfaces; i++)
        for (size_t k = 0; k < device->n_interfaces; k++)
            if (!single[k] && same_interface(&device->interfaces[i], &device->interfaces[k]))
                pass[i] = false;
}

static struct outcome apply_defaults(const struct gate *gate, const struct host *host,
                                     const struct usb_device *device, bool *ret_passes)
{
    struct outcome outcome = {
        .pass = REASON_DEFAULT,
        .refuse = device->n_interfaces > 0 ? REASON_NOT_NAMED : REASON_NO_APPROVAL,
    };
    bool doubtful = is_doubtful_hub(device);
    enum reason why[USB_INTERFACES_MAX];
    for (size_t i = 0; i < device->n_interfaces; i++) {
        why[i] = doubtful ? REASON_NO_APPROVAL
                          : decide_interface(gate, host, device, &device->interfaces[i]);
        ret_passes[i] = passes(why[i]);
    }
    hold_alternates_together(device, ret_passes);

    for (size_t i = 0; i < device->n_interfaces; i++) {
        // One that only its alternate setting holds back would have passed by itself.
        enum reason refusal = passes(why[i]) ? REASON_NO_APPROVAL : why[i];
        if (!ret_passes[i] && weight(refusal) > weight(outcome.refuse))
            outcome.refuse = refusal;
        if (!ret_passes[i])
            continue;
        if (outcome.passed++ == 0)
            outcome.function = usb_interface_function(&device->interfaces[i]);
        if (weight(why[i]) > weight(outcome.pass))
            outcome.pass = why[i];
    }
    return outcome;
}

// ---- The verdict ------------------------------------------------------------------------------

static void allow_all(struct verdict *verdict, const struct usb_device *device, enum reason reason)
{
    verdict->allowed = true;
    verdict->reason = reason;
    for (size_t i = 0; i < device->n_interfaces; i++)
        verdict->interface[i] = true;
}

static void allow_by_approval(struct verdict *verdict, const struct usb_device *device,
                              const struct match *match)
{
    allow_all(verdict, device, REASON_APPROVED);
    verdict->approval = match->approval;
    verdict->unidentified = match->unidentified;
    verdict->read_only = match->read_only;
    verdict->encrypted = match->encrypted;
    verdict->until_ns = match->until_ns;
    verdict->needs_record = true;
}

static void decide_sound(const struct gate *gate, const struct host *host,
                         const struct usb_device *device, struct verdict *verdict)
{
    struct outcome outcome = apply_defaults(gate, host, device, verdict->interface);
    if (outcome.passed > 0)
        (void)snprintf(verdict->rule, sizeof verdict->rule, "%s:%s",
                       outcome.pass == REASON_NAMED ? "named" : "default",
                       usb_function_to_str(outcome.function));
    verdict->allowed = outcome.passed > 0;
    if (outcome.passed > 0 && outcome.passed == device->n_interfaces) {
        verdict->reason = outcome.pass;
        return;
    }

    struct match match = match_approval(gate, host, device);
    if (match.unidentified)
        (void)snprintf(verdict->rule, sizeof verdict->rule, "luks");
    else if (match.approval)
        match_name_approval(gate, match.approval, verdict->rule);
    if (match.reason == REASON_APPROVED)
        allow_by_approval(verdict, device, &match);
    else if (match.reason != REASON_NO_APPROVAL)
        verdict->reason = match.reason;
    else
        verdict->reason = outcome.passed > 0 && !caution_is_reason(outcome.refuse) ? REASON_PARTLY
                                                                                   : outcome.refuse;
}

static bool is_partial(const struct verdict *verdict, const struct usb_device *device)
{
    for (size_t i = 0; verdict->allowed && i < device->n_interfaces; i++)
        if (!verdict->interface[i])
            return true;
    return false;
}

void decide_usb(const struct gate *gate, const struct host *host, const struct usb_device *device,
                struct verdict *ret)
{
    memset(ret, 0, sizeof *ret);
    (void)snprintf(ret->rule, sizeof ret->rule, "none");
    if (device->n_interfaces > USB_INTERFACES_MAX || (device->malformed && !device->root_hub)) {
        ret->reason = REASON_MALFORMED;
    } else if (device->exported) {
        ret->reason = REASON_EXPORTED;
    } else if (device->root_hub) { // the kernel's own: without it the bus is dead
        allow_all(ret, device, REASON_ROOT_HUB);
        (void)snprintf(ret->rule, sizeof ret->rule, "root-hub");
    } else {
        decide_sound(gate, host, device, ret);
        ret->partial = is_partial(ret, device);
    }
}

void verdict_refuse(struct verdict *verdict, enum reason reason)
{
    verdict->allowed = verdict->partial = false;
    verdict->reason = reason;
    memset(verdict->interface, 0, sizeof verdict->interface);
}

bool verdict_covers(const struct verdict *verdict, const struct usb_device *device,
                    uint8_t configuration, uint8_t number)
{
    bool found = false;
    for (size_t i = 0; i < device->n_interfaces; i++) {
        const struct usb_interface *interface = &device->interfaces[i];
        if (interface->configuration != configuration || interface->number != number)
            continue;
        if (!verdict->interface[i])
            return false;
        found = true;
    }
    return found;
}
