// SPDX-License-Identifier: GPL-3.0-or-later
// Fuzzes the descriptors of a USB device, and holds what the decision relies on.
#include "watch/usb/descriptors.h"

#include <string.h>

static bool is_zero(const uint8_t *data, size_t length)
{
    for (size_t i = 0; i < length; i++)
        if (data[i])
            return false;
    return true;
}

// What passes has as many interface descriptors as the bytes can hold, each of them once.
static void check_sound(const struct usb_device *device, size_t size)
{
    if (device->n_interfaces > USB_INTERFACES_MAX || device->n_interfaces * 9 > size)
        abort();
    for (size_t i = 0; i < device->n_interfaces; i++) {
        for (size_t k = 0; k < i; k++) {
            const struct usb_interface *a = &device->interfaces[i], *b = &device->interfaces[k];
            if (a->configuration == b->configuration && a->number == b->number &&
                a->alternate == b->alternate)
                abort();
        }
    }
    if (is_zero(device->hash, sizeof device->hash))
        abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    CLEANUP(usb_device_free_p) struct usb_device *device = calloc(1, sizeof *device);
    if (!device || usb_descriptors_parse(data, size, device) < 0)
        abort();
    if (!device->malformed)
        check_sound(device, size);
    else if (device->n_interfaces > 0 || !is_zero(device->hash, sizeof device->hash))
        abort();
    return 0;
}
