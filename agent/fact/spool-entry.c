// SPDX-License-Identifier: GPL-3.0-or-later
// One verdict of the spool as JSON. There is one way to write each, and nothing else is read.
#include "base/json.h"
#include "base/text.h"
#include "fact/spool.h"

#include <errno.h>
#include <stddef.h>
#include <string.h>

#define VERSION 1
#define TEXT_MAX 4096

static const struct {
    const char *key;
    size_t offset;
} entry_texts[] =
    {
        {"verdict", offsetof(struct spool_entry, verdict)},
        {"reason", offsetof(struct spool_entry, reason)},
        {"rule", offsetof(struct spool_entry, rule)},
        {"mode", offsetof(struct spool_entry, mode)},
},
  device_texts[] = {
      {"sysname", offsetof(struct usb_device, sysname)},
      {"port", offsetof(struct usb_device, port)},
      {"manufacturer", offsetof(struct usb_device, manufacturer)},
      {"name", offsetof(struct usb_device, name)},
      {"serial", offsetof(struct usb_device, serial)},
};

static char **field(const void *structure, size_t offset)
{
    return (char **)((char *)structure + offset);
}

void spool_entry_free(struct spool_entry *entry)
{
    if (!entry)
        return;
    for (size_t i = 0; i < ELEMENTS(entry_texts); i++)
        free(*field(entry, entry_texts[i].offset));
    usb_device_free(entry->device);
    free(entry);
}

// ---- Writing ----------------------------------------------------------------------------------

static void add_to(json_object *array, uint64_t number)
{
    json_object *value = json_object_new_uint64(number);
    if (!value || json_object_array_add(array, value) < 0)
        abort(); // as json_add()
}

static json_object *new_array(void)
{
    json_object *array = json_object_new_array();
    if (!array)
        abort();
    return array;
}

static void add_interfaces(json_object *object, const struct usb_device *device)
{
    json_object *list = new_array();
    for (size_t i = 0; i < device->n_interfaces; i++) {
        const struct usb_interface *f = &device->interfaces[i];
        const uint8_t numbers[] = {f->configuration, f->number,   f->alternate,
                                   f->class,         f->subclass, f->protocol};
        json_object *one = new_array();
        for (size_t k = 0; k < ELEMENTS(numbers); k++)
            add_to(one, numbers[k]);
        if (json_object_array_add(list, one) < 0)
            abort();
    }
    json_add(object, "interfaces", list);
}

static json_object *device_to_object(const struct usb_device *device)
{
    char hash[DIGEST_TEXT_SIZE];
    json_object *object = json_object_new_object();
    if (!object)
        abort();
    for (size_t i = 0; i < ELEMENTS(device_texts); i++)
        json_add_text(object, device_texts[i].key, *field(device, device_texts[i].offset));
    json_add_number(object, "bus", device->bus);
    json_add_number(object, "address", device->address);
    json_add_number(object, "vendor", device->vendor);
    json_add_number(object, "product", device->product);
    json_add_number(object, "release", device->release);
    json_add_number(object, "class", device->class);
    json_add_number(object, "subclass", device->subclass);
    json_add_number(object, "protocol", device->protocol);
    json_add_bool(object, "authorized", device->authorized);
    json_add_bool(object, "malformed", device->malformed != NULL);
    text_hex(device->hash, sizeof device->hash, hash);
    json_add_text(object, "hash", hash);
    add_interfaces(object, device);
    return object;
}

int spool_entry_to_json(const struct spool_entry *entry, char **ret)
{
    CLEANUP_JSON json_object *object = json_object_new_object();
    if (!object)
        return -ENOMEM;
    json_add_number(object, "version", VERSION);
    json_add_number(object, "wall_ns", entry->at.wall_ns);
    json_add_number(object, "monotonic_ns", entry->at.monotonic_ns);
    json_add_text(object, "boot", entry->at.boot);
    for (size_t i = 0; i < ELEMENTS(entry_texts); i++)
        json_add_text(object, entry_texts[i].key, *field(entry, entry_texts[i].offset));
    json_add_number(object, "error", (uint64_t)entry->error);
    json_add(object, "device", device_to_object(entry->device));

    return json_to_text(object, ret);
}

// ---- Reading -----------------------------------------------------------------------------------

// What is missing reads as 0 or NULL here; spool_entry_from_json() compares with what would have
// been written, and that catches it.

static int take_text(json_object *object, const char *key, char **ret)
{
    const char *text = json_get_text(object, key);
    CLEANUP_FREE char *raw = NULL;
    if (!text)
        return 0;
    int r = strlen(text) > TEXT_MAX ? -EINVAL : text_unescape(text, &raw, NULL);
    if (r == 0)
        r = text_set(ret, text);
    return r == -EINVAL ? -EBADMSG : r;
}

static int take_interface(json_object *numbers, struct usb_interface *ret)
{
    uint8_t n[6];
    if (!json_object_is_type(numbers, json_type_array) ||
        json_object_array_length(numbers) != ELEMENTS(n))
        return -EBADMSG;
    for (size_t i = 0; i < ELEMENTS(n); i++)
        n[i] = (uint8_t)json_object_get_int(json_object_array_get_idx(numbers, i));
    *ret = (struct usb_interface){n[0], n[1], n[2], n[3], n[4], n[5], false, false};
    return 0;
}

static int take_interfaces(json_object *object, struct usb_device *device)
{
    json_object *list = json_get(object, "interfaces");
    if (!json_object_is_type(list, json_type_array))
        return -EBADMSG;
    size_t n = json_object_array_length(list);
    if (n > USB_INTERFACES_MAX)
        return -EBADMSG;
    device->interfaces = calloc(n + 1, sizeof *device->interfaces);
    if (!device->interfaces)
        return -ENOMEM;
    for (size_t i = 0; i < n; i++) {
        int r = take_interface(json_object_array_get_idx(list, i), &device->interfaces[i]);
        if (r < 0)
            return r;
    }
    device->n_interfaces = n;
    return 0;
}

static int take_device(json_object *object, struct usb_device *device)
{
    const char *hash = json_get_text(object, "hash");
    if (!hash || text_unhex(hash, sizeof device->hash, device->hash) < 0)
        return -EBADMSG;
    for (size_t i = 0; i < ELEMENTS(device_texts); i++) {
        int r = take_text(object, device_texts[i].key, field(device, device_texts[i].offset));
        if (r < 0)
            return r;
    }
    device->bus = (uint32_t)json_get_number(object, "bus");
    device->address = (uint32_t)json_get_number(object, "address");
    device->vendor = (uint16_t)json_get_number(object, "vendor");
    device->product = (uint16_t)json_get_number(object, "product");
    device->release = (uint16_t)json_get_number(object, "release");
    device->class = (uint8_t)json_get_number(object, "class");
    device->subclass = (uint8_t)json_get_number(object, "subclass");
    device->protocol = (uint8_t)json_get_number(object, "protocol");
    device->authorized = json_get_bool(object, "authorized");
    if (json_get_bool(object, "malformed"))
        device->malformed = "its descriptors contradict themselves";
    return take_interfaces(object, device);
}

static int take_entry(json_object *object, struct spool_entry *entry)
{
    const char *boot = json_get_text(object, "boot");
    if (!boot || strlen(boot) >= sizeof entry->at.boot)
        return -EBADMSG;
    (void)snprintf(entry->at.boot, sizeof entry->at.boot, "%s", boot);
    entry->at.wall_ns = json_get_number(object, "wall_ns");
    entry->at.monotonic_ns = json_get_number(object, "monotonic_ns");
    entry->error = (int)(json_get_number(object, "error") & 0xFFFF);
    for (size_t i = 0; i < ELEMENTS(entry_texts); i++) {
        int r = take_text(object, entry_texts[i].key, field(entry, entry_texts[i].offset));
        if (r < 0)
            return r;
    }
    return take_device(json_get(object, "device"), entry->device);
}

int spool_entry_from_json(const char *json, size_t length, struct spool_entry **ret)
{
    CLEANUP(spool_entry_free_p) struct spool_entry *entry = calloc(1, sizeof *entry);
    CLEANUP_FREE char *again = NULL;
    if (!entry || !(entry->device = calloc(1, sizeof *entry->device)))
        return -ENOMEM;
    CLEANUP_JSON json_object *object =
        length <= SPOOL_FILE_MAX ? json_parse(json, length, json_type_object) : NULL;
    int r = object ? take_entry(object, entry) : -EBADMSG;
    if (r == 0 && (!entry->verdict || !entry->reason || !entry->rule || !entry->mode ||
                   !entry->device->sysname))
        r = -EBADMSG;
    if (r == 0)
        r = spool_entry_to_json(entry, &again);
    if (r < 0)
        return r;
    // Doubled, unknown and missing keys, spaces, numbers that did not fit: only the text tells.
    if (strlen(again) != length || memcmp(again, json, length) != 0)
        return -EBADMSG;
    *ret = TAKE_PTR(entry);
    return 0;
}
