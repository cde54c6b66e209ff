// SPDX-License-Identifier: GPL-3.0-or-later
// What a USB device is called and what it is for.
#include "fact/usb.h"

#include "base/text.h"

#include <assert.h>
#include <errno.h>
#include <string.h>

static const char *const functions[] = {
    [USB_HUB] = "hub",           [USB_KEYBOARD] = "keyboard",      [USB_MOUSE] = "mouse",
    [USB_HID] = "hid",           [USB_STORAGE] = "storage",        [USB_PHONE] = "phone",
    [USB_NETWORK] = "network",   [USB_SERIAL] = "serial",          [USB_AUDIO] = "audio",
    [USB_VIDEO] = "video",       [USB_PRINTER] = "printer",        [USB_SMART_CARD] = "smart-card",
    [USB_WIRELESS] = "wireless", [USB_VENDOR] = "vendor-specific", [USB_OTHER] = "other",
};
static_assert(ELEMENTS(functions) == USB_FUNCTION_MAX, "a name for each function");

const char *usb_function_to_str(enum usb_function function)
{
    assert(function < USB_FUNCTION_MAX);
    return functions[function];
}

int usb_function_from_str(const char *text, enum usb_function *ret)
{
    for (enum usb_function f = 0; f < USB_FUNCTION_MAX; f++) {
        if (text_equal(functions[f], text)) {
            *ret = f;
            return 0;
        }
    }
    return -EINVAL;
}

// Class 02, Communications: by subclass (USB CDC 1.2, table 4).
static enum usb_function communications_function(uint8_t subclass)
{
    switch (subclass) {
    case 0x06: // Ethernet networking
    case 0x0C: // Ethernet emulation
    case 0x0D: // network control
    case 0x0E: // mobile broadband
    case 0x0A: // mobile direct line, used by tethers
        return USB_NETWORK;
    default:
        return USB_SERIAL;
    }
}

// Class 03: only the boot protocols say what it is (HID 1.11, 4.3).
static enum usb_function hid_function(const struct usb_interface *i)
{
    if (i->subclass == 1 && i->protocol == 1)
        return USB_KEYBOARD;
    if (i->subclass == 1 && i->protocol == 2)
        return USB_MOUSE;
    return USB_HID;
}

enum usb_function usb_interface_function(const struct usb_interface *i)
{
    switch (i->class) {
    case 0x01:
        return USB_AUDIO;
    case 0x02:
        return i->subclass == 0x02 && i->protocol == 0xFF ? USB_NETWORK // RNDIS
                                                          : communications_function(i->subclass);
    case 0x03:
        return hid_function(i);
    case 0x06:
        return USB_PHONE;
    case 0x07:
        return USB_PRINTER;
    case 0x08:
        return USB_STORAGE;
    case 0x09:
        return USB_HUB;
    case 0x0A: // the data half of Communications: goes with its control half
        return USB_SERIAL;
    case 0x0B:
        return USB_SMART_CARD;
    case 0x0E:
    case 0x10:
        return USB_VIDEO;
    case 0xE0:
        return i->subclass == 0x01 && i->protocol == 0x03 ? USB_NETWORK : USB_WIRELESS; // RNDIS
    case 0xEF:
        return i->subclass == 0x04 ? USB_NETWORK : USB_OTHER; // RNDIS over …
    case 0xFF:
        return USB_VENDOR;
    default:
        return USB_OTHER;
    }
}

void usb_device_free(struct usb_device *device)
{
    if (!device)
        return;
    free(device->sysname);
    free(device->port);
    free(device->jack);
    free(device->manufacturer);
    free(device->name);
    free(device->serial);
    free(device->luks);
    free(device->interfaces);
    free(device);
}

static int copy_texts(const struct usb_device *from, struct usb_device *to)
{
    int r = text_set(&to->sysname, from->sysname);
    if (r == 0)
        r = text_set(&to->port, from->port);
    if (r == 0)
        r = text_set(&to->jack, from->jack);
    if (r == 0)
        r = text_set(&to->manufacturer, from->manufacturer);
    if (r == 0)
        r = text_set(&to->name, from->name);
    if (r == 0)
        r = text_set(&to->serial, from->serial);
    if (r == 0)
        r = text_set(&to->luks, from->luks);
    return r;
}

int usb_device_copy(const struct usb_device *device, struct usb_device **ret)
{
    CLEANUP(usb_device_free_p) struct usb_device *copy = malloc(sizeof *copy);
    if (!copy)
        return -ENOMEM;
    *copy = *device;
    copy->sysname = copy->port = copy->manufacturer = copy->name = copy->serial = NULL;
    copy->jack = copy->luks = NULL;
    copy->interfaces = NULL;
    int r = copy_texts(device, copy);
    if (r < 0)
        return r;
    if (device->n_interfaces > 0) {
        size_t size = device->n_interfaces * sizeof *device->interfaces;
        copy->interfaces = malloc(size);
        if (!copy->interfaces)
            return -ENOMEM;
        memcpy(copy->interfaces, device->interfaces, size);
    }
    *ret = TAKE_PTR(copy);
    return 0;
}

char *usb_device_identity(const struct usb_device *device)
{
    return device->serial
               ? text_format("%04x:%04x:%s", device->vendor, device->product, device->serial)
               : text_format("%04x:%04x", device->vendor, device->product);
}

bool usb_device_has_function(const struct usb_device *device, enum usb_function function)
{
    for (size_t i = 0; i < device->n_interfaces; i++)
        if (usb_interface_function(&device->interfaces[i]) == function)
            return true;
    return false;
}

enum usb_function usb_device_function(const struct usb_device *device)
{
    // What could carry data out comes first; a keyboard that is also a stick is a stick.
    static const enum usb_function order[] = {
        USB_STORAGE, USB_PHONE, USB_NETWORK,  USB_WIRELESS, USB_SERIAL,
        USB_VENDOR,  USB_OTHER, USB_PRINTER,  USB_VIDEO,    USB_SMART_CARD,
        USB_AUDIO,   USB_HID,   USB_KEYBOARD, USB_MOUSE,    USB_HUB,
    };
    static_assert(ELEMENTS(order) == USB_FUNCTION_MAX, "a rank for each function");
    for (size_t o = 0; o < ELEMENTS(order); o++)
        if (usb_device_has_function(device, order[o]))
            return order[o];
    return device->class == 0x09 ? USB_HUB : USB_OTHER;
}

bool usb_device_is_same_plug(const struct usb_device *a, const struct usb_device *b)
{
    return a->bus == b->bus && a->address == b->address;
}

bool usb_device_is_twin(const struct usb_device *a, const struct usb_device *b)
{
    return a->vendor == b->vendor && a->product == b->product && text_equal(a->serial, b->serial) &&
           memcmp(a->hash, b->hash, sizeof a->hash) == 0;
}

void usb_setting_free(struct usb_setting *setting)
{
    if (!setting)
        return;
    free(setting->path);
    free(setting->value);
    free(setting->expected);
    free(setting);
}
