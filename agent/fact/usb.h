// SPDX-License-Identifier: GPL-3.0-or-later
// What is known of a USB device: taken from its descriptors, never from what a driver or udev made
// of them.
#pragma once

#include "base/digest.h"
#include "base/util.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define USB_INTERFACES_MAX 512 // over all configurations and alternate settings; more is malformed

// What an interface is for, in an office's words. From class, subclass and protocol (USB-IF defined
// class codes).
enum usb_function {
    USB_HUB,
    USB_KEYBOARD,
    USB_MOUSE,
    USB_HID,     // other human interface: gamepads, presenters, scanners that type
    USB_STORAGE, // mass storage: bulk-only, UAS, card readers, floppies
    USB_PHONE,   // still image: PTP and MTP
    USB_NETWORK, // Ethernet and tethers: ECM, NCM, EEM, RNDIS, MBIM
    USB_SERIAL,  // modems and serial lines: ACM
    USB_AUDIO,
    USB_VIDEO,
    USB_PRINTER,
    USB_SMART_CARD,
    USB_WIRELESS, // Bluetooth and other radios
    USB_VENDOR,   // vendor-specific: the descriptors do not say
    USB_OTHER,
    USB_FUNCTION_MAX,
};

const char *usb_function_to_str(enum usb_function function);
must_check int usb_function_from_str(const char *text, enum usb_function *ret);

struct usb_interface {
    uint8_t configuration; // bConfigurationValue
    uint8_t number;        // bInterfaceNumber
    uint8_t alternate;     // bAlternateSetting
    uint8_t class;
    uint8_t subclass;
    uint8_t protocol;
    // As the kernel says now of interface `number`, if its configuration is the active one:
    bool granted; // interface_authorized
    bool driven;  // a driver is bound to it
};

enum usb_function usb_interface_function(const struct usb_interface *interface);

struct usb_device {
    char *sysname; // "1-2.3"
    char *port;    // the same physical port has the same name after a reboot:
                   // "pci-0000:00:04.0-usb-0:2.3"
    char *jack; // the kernel's name of the port, the same at both of its speeds: "usb1-port2"; NULL
                // for root hubs
    uint64_t connected_ms; // how long it has been there, as the kernel says; 0: it does not
    uint32_t bus;          // busnum
    uint32_t address;      // devnum: new for each plug
    uint16_t vendor, product, release; // idVendor, idProduct, bcdDevice
    uint8_t class, subclass, protocol; // of the device
    char *manufacturer;                // strings of the device, escaped; NULL where it names none
    char *name;
    char *serial;
    uint8_t hash[DIGEST_SIZE]; // over what identifies: see usb_descriptors_parse; same on any port,
                               // speed, after sleep
    struct usb_interface *interfaces; // all configurations, all alternate settings
    size_t n_interfaces;
    const char *malformed; // static text: why the descriptors are not believed; NULL if they are
    char *luks; // LUKS containers found on it since it was plugged in, a luks_set; NULL: none
                // was seen yet. Not from the descriptors: the daemon adds it
    bool root_hub;
    bool authorized; // as the kernel says now
    bool admitted;   // the daemon has let it in, or is about to: the kernel may not say so yet
    bool driven;     // some interface has a driver bound
    bool exported;   // it is given to another computer over the network (usbip)
};

void usb_device_free(struct usb_device *device);
DEFINE_CLEANUP(struct usb_device, usb_device_free)
must_check int usb_device_copy(const struct usb_device *device, struct usb_device **ret);

// "0951:1666:SERIAL" or "0951:1666" for one without: how people, approvals and rows name a device.
// NULL on lack of memory.
char *usb_device_identity(const struct usb_device *device);
// One word for what the device is, from its most consequential function (storage before keyboard):
// "storage".
enum usb_function usb_device_function(const struct usb_device *device);
bool usb_device_has_function(const struct usb_device *device, enum usb_function function);
// The very same plugging in, not merely its like.
bool usb_device_is_same_plug(const struct usb_device *a, const struct usb_device *b);
// Same vendor, product, serial and hash.
bool usb_device_is_twin(const struct usb_device *a, const struct usb_device *b);

// A gate's setting found with a value: authorized_default, interface_authorized_default, the
// module's parameter. Of a gadget: its name, and the driver it is bound to.
struct usb_setting {
    char *path;     // below /sys
    char *value;    // as read
    char *expected; // as the gate wants it; NULL: it should have none
};
void usb_setting_free(struct usb_setting *setting);
