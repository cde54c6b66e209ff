// SPDX-License-Identifier: GPL-3.0-or-later
// Is the moment doubtful, and what does the gate say to that?
#include "decision/caution.h"

// What else than a mouse a person, or somebody in a person's name, types on.
static bool may_type(const struct usb_interface *interface)
{
    enum usb_function function = usb_interface_function(interface);
    return function == USB_KEYBOARD || function == USB_HID;
}

static bool is_working_keyboard(const struct usb_device *device)
{
    for (size_t i = 0; device->authorized && i < device->n_interfaces; i++)
        if (device->interfaces[i].driven &&
            usb_interface_function(&device->interfaces[i]) == USB_KEYBOARD)
            return true;
    return false;
}

static bool is_further(const struct host *host, const struct usb_device *device)
{
    for (size_t i = 0; i < host->n_plugged; i++) {
        const struct usb_device *other = host->plugged[i];
        if (!usb_device_is_same_plug(other, device) && is_working_keyboard(other))
            return true;
    }
    return false;
}

enum reason caution_apply(const struct gate *gate, const struct host *host,
                          const struct usb_device *device, const struct usb_interface *interface)
{
    if (!may_type(interface))
        return REASON_DEFAULT;
    if (interface->driven)
        return host->accepted ? REASON_ACCEPTED : REASON_DEFAULT;
    enum gate_caution locked = host->locked ? gate->keyboards_while_locked : CAUTION_ALLOW;
    enum gate_caution further = gate->further_keyboards;
    if (further != CAUTION_ALLOW && !is_further(host, device))
        further = CAUTION_ALLOW;
    if (locked == CAUTION_REFUSE)
        return REASON_LOCKED;
    if (further == CAUTION_REFUSE)
        return REASON_FURTHER;
    if (locked != CAUTION_ASK && further != CAUTION_ASK)
        return REASON_DEFAULT;
    return host->accepted ? REASON_ACCEPTED : REASON_ASKED;
}

bool caution_is_reason(enum reason reason)
{
    return reason == REASON_ASKED || reason == REASON_FURTHER || reason == REASON_LOCKED;
}
