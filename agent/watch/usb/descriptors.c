// SPDX-License-Identifier: GPL-3.0-or-later
// One pass over the descriptors, each step within bounds that were checked before it.
#include "watch/usb/descriptors.h"

#include <errno.h>
#include <string.h>

enum { TYPE_DEVICE = 1, TYPE_CONFIGURATION = 2, TYPE_INTERFACE = 4 };
enum { DEVICE_LENGTH = 18, CONFIGURATION_LENGTH = 9, INTERFACE_LENGTH = 9 };
enum { CONFIGURATIONS_MAX = 8, INTERFACES_PER_CONFIGURATION_MAX = 32 }; // the kernel's own limits

// What is left to read, and what came of it so far.
struct reader {
    const uint8_t *p, *end;
    struct usb_interface *interfaces;
    size_t n_interfaces;
    const char *malformed; // the first contradiction; reading stops there
};

static uint16_t get_u16(const uint8_t *p)
{
    return (uint16_t)(p[0] | p[1] << 8);
}

static bool refuse(struct reader *reader, const char *why)
{
    reader->malformed = why;
    return false;
}

// The next descriptor before `end`: its bLength bytes are all there.
static bool take_descriptor(struct reader *reader, const uint8_t *end, const uint8_t **ret)
{
    size_t left = (size_t)(end - reader->p);
    if (left < 2)
        return refuse(reader, "a descriptor is cut off");
    if (reader->p[0] < 2)
        return refuse(reader, "a descriptor says that it has no length");
    if (reader->p[0] > left)
        return refuse(reader, "a descriptor is longer than what holds it");
    *ret = reader->p;
    reader->p += reader->p[0];
    return true;
}

static bool is_duplicate(const struct reader *reader, const struct usb_interface *interface)
{
    for (size_t i = 0; i < reader->n_interfaces; i++) {
        const struct usb_interface *other = &reader->interfaces[i];
        if (other->configuration == interface->configuration &&
            other->number == interface->number && other->alternate == interface->alternate)
            return true;
    }
    return false;
}

static bool take_interface(struct reader *reader, const uint8_t *d, uint8_t configuration)
{
    if (d[0] < INTERFACE_LENGTH)
        return refuse(reader, "an interface descriptor is too short");
    if (reader->n_interfaces == USB_INTERFACES_MAX)
        return refuse(reader, "there are too many interfaces");
    struct usb_interface interface = {
        .configuration = configuration,
        .number = d[2],
        .alternate = d[3],
        .class = d[5],
        .subclass = d[6],
        .protocol = d[7],
    };
    if (is_duplicate(reader, &interface))
        return refuse(reader, "an interface is described twice");
    reader->interfaces[reader->n_interfaces++] = interface;
    return true;
}

static size_t count_numbers(const struct usb_interface *interfaces, size_t n)
{
    bool seen[256] = {false};
    size_t count = 0;
    for (size_t i = 0; i < n; i++) {
        count += !seen[interfaces[i].number];
        seen[interfaces[i].number] = true;
    }
    return count;
}

static bool take_configuration(struct reader *reader)
{
    const uint8_t *start = reader->p, *d;
    if (!take_descriptor(reader, reader->end, &d))
        return false;
    if (d[1] != TYPE_CONFIGURATION || d[0] < CONFIGURATION_LENGTH)
        return refuse(reader, "where a configuration should begin, there is none");
    size_t total = get_u16(d + 2);
    if (total < d[0] || total > (size_t)(reader->end - start))
        return refuse(reader, "a configuration is not as long as it says");
    for (size_t i = 0; i < reader->n_interfaces; i++)
        if (reader->interfaces[i].configuration == d[5])
            return refuse(reader, "two configurations have the same number");

    const uint8_t *end = start + total, *inner;
    size_t before = reader->n_interfaces;
    while (reader->p < end) {
        if (!take_descriptor(reader, end, &inner))
            return false;
        if (inner[1] == TYPE_DEVICE || inner[1] == TYPE_CONFIGURATION)
            return refuse(reader, "a descriptor stands where it does not belong");
        if (inner[1] == TYPE_INTERFACE && !take_interface(reader, inner, d[5]))
            return false;
    }
    size_t found = count_numbers(reader->interfaces + before, reader->n_interfaces - before);
    if (found != d[4] || found > INTERFACES_PER_CONFIGURATION_MAX)
        return refuse(reader, "it has not as many interfaces as it says");
    return true;
}

static bool take_device(struct reader *reader, struct usb_device *device)
{
    const uint8_t *d;
    if (!take_descriptor(reader, reader->end, &d))
        return false;
    if (d[0] != DEVICE_LENGTH || d[1] != TYPE_DEVICE)
        return refuse(reader, "it does not begin with a device descriptor");
    device->class = d[4];
    device->subclass = d[5];
    device->protocol = d[6];
    device->vendor = get_u16(d + 8);
    device->product = get_u16(d + 10);
    device->release = get_u16(d + 12);

    uint8_t configurations = d[17];
    if (configurations == 0)
        return refuse(reader, "it has no configuration");
    if (configurations > CONFIGURATIONS_MAX)
        return refuse(reader, "it has too many configurations");
    for (uint8_t i = 0; i < configurations; i++)
        if (!take_configuration(reader))
            return false;
    if (reader->p != reader->end)
        return refuse(reader, "there is something behind the last configuration");
    return true;
}

// ---- The model's hash -------------------------------------------------------------------------

static uint8_t speedless_protocol(uint8_t class, uint8_t subclass, uint8_t protocol)
{
    if (class == 0x09)
        return 0;
    return class == 0x08 && subclass == 0x06 && protocol == 0x62 ? 0x50 : protocol;
}

static int compare_u32(const void *a, const void *b)
{
    uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;
    return (x > y) - (x < y);
}

// One number for each interface, sorted; returns how many different ones there are.
static size_t sort_interfaces(const struct usb_device *device, uint32_t keys[USB_INTERFACES_MAX])
{
    size_t n = 0;
    for (size_t i = 0; i < device->n_interfaces; i++) {
        const struct usb_interface *f = &device->interfaces[i];
        keys[i] = (uint32_t)f->number << 24 | (uint32_t)f->class << 16 |
                  (uint32_t)f->subclass << 8 |
                  speedless_protocol(f->class, f->subclass, f->protocol);
    }
    qsort(keys, device->n_interfaces, sizeof *keys, compare_u32);
    for (size_t i = 0; i < device->n_interfaces; i++)
        if (n == 0 || keys[i] != keys[n - 1])
            keys[n++] = keys[i];
    return n;
}

static int hash_model(struct usb_device *device)
{
    static const char version[] = "sekisho-usb-model-1"; // hashed with its NUL
    uint32_t keys[USB_INTERFACES_MAX];
    CLEANUP(digest_free_p) struct digest *digest = NULL;
    int r = digest_new(&digest);
    if (r < 0)
        return r;
    digest_add(digest, version, sizeof version);

    uint8_t head[] = {
        (uint8_t)device->vendor,
        (uint8_t)(device->vendor >> 8),
        (uint8_t)device->product,
        (uint8_t)(device->product >> 8),
        (uint8_t)device->release,
        (uint8_t)(device->release >> 8),
        device->class,
        device->subclass,
        speedless_protocol(device->class, device->subclass, device->protocol),
    };
    digest_add(digest, head, sizeof head);
    size_t n = sort_interfaces(device, keys);
    for (size_t i = 0; i < n; i++) {
        uint8_t key[] = {(uint8_t)(keys[i] >> 24), (uint8_t)(keys[i] >> 16),
                         (uint8_t)(keys[i] >> 8), (uint8_t)keys[i]};
        digest_add(digest, key, sizeof key);
    }
    digest_end(digest, device->hash);
    return 0;
}

int usb_descriptors_parse(const void *data, size_t length, struct usb_device *device)
{
    CLEANUP_FREE struct usb_interface *interfaces = calloc(USB_INTERFACES_MAX, sizeof *interfaces);
    if (!interfaces)
        return -ENOMEM;
    struct reader reader = {
        .p = data, .end = (const uint8_t *)data + length, .interfaces = interfaces};
    bool sound = take_device(&reader, device);

    free(device->interfaces);
    device->interfaces = NULL;
    device->n_interfaces = 0;
    device->malformed = reader.malformed;
    memset(device->hash, 0, sizeof device->hash);
    if (!sound)
        return 0;

    if (reader.n_interfaces > 0) {
        // Shrinking: what realloc() can't do, the larger block does as well.
        struct usb_interface *fitting =
            realloc(interfaces, reader.n_interfaces * sizeof *interfaces);
        device->interfaces = fitting ? fitting : interfaces;
        interfaces = NULL;
    }
    device->n_interfaces = reader.n_interfaces;
    return hash_model(device);
}
