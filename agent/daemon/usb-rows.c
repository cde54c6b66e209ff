// SPDX-License-Identifier: GPL-3.0-or-later
// Rows about USB devices.
#include "daemon/usb-rows.h"

#include "base/json.h"
#include "base/text.h"
#include "daemon/recorder.h"

static void add_number(struct json_object *object, const char *key, unsigned value)
{
    char hex[8];
    snprintf(hex, sizeof hex, "%04x", value & 0xFFFF);
    json_add_text(object, key, hex);
}

// Each function once, in the order of the interfaces.
static struct json_object *list_functions(const struct usb_device *device)
{
    struct json_object *list = json_object_new_array();
    bool named[USB_FUNCTION_MAX] = {false};
    for (size_t i = 0; i < device->n_interfaces; i++) {
        enum usb_function function = usb_interface_function(&device->interfaces[i]);
        if (!named[function])
            json_object_array_add(list, json_object_new_string(usb_function_to_str(function)));
        named[function] = true;
    }
    return list;
}

struct json_object *usb_device_to_json(const struct usb_device *device)
{
    struct json_object *object = json_object_new_object();
    char hash[DIGEST_TEXT_SIZE];
    text_hex(device->hash, DIGEST_SIZE, hash);
    CLEANUP_FREE char *identity = usb_device_identity(device);
    json_add_text(object, "identity", identity);
    add_number(object, "vendor", device->vendor);
    add_number(object, "product", device->product);
    json_add_text(object, "serial", device->serial);
    json_add_text(object, "manufacturer", device->manufacturer);
    json_add_text(object, "name", device->name);
    json_add_text(object, "function", usb_function_to_str(usb_device_function(device)));
    json_object_object_add(object, "functions", list_functions(device));
    json_add_text(object, "sysname", device->sysname);
    json_add_text(object, "port", device->port);
    json_add_text(object, "hash", hash);
    json_add_text(object, "luks", device->luks);
    json_add_text(object, "malformed", device->malformed);
    json_add_bool(object, "authorized", device->authorized);
    return object;
}

void usb_verdict_to_json(const struct verdict *verdict, struct json_object *object)
{
    const char *word = !verdict->allowed ? "block" : verdict->partial ? "partial" : "allow";
    json_add_text(object, "verdict", word);
    json_add_text(object, "reason", reason_to_str(verdict->reason));
    json_add_text(object, "rule", verdict->rule);
    json_add_bool(object, "read_only", verdict->read_only);
    json_add_bool(object, "encrypted", verdict->encrypted);
    if (verdict->until_ns)
        json_add_number(object, "until_ns", verdict->until_ns);
    if (verdict->approval && !verdict->unidentified)
        json_add_text(object, "permit", verdict->approval->permit);
}

struct fact *usb_row(enum fact_kind kind, const struct usb_device *device,
                     const struct verdict *verdict, const char *outcome)
{
    CLEANUP_FREE char *identity = usb_device_identity(device);
    struct json_object *details = usb_device_to_json(device);
    if (verdict)
        usb_verdict_to_json(verdict, details);
    return recorder_fact(kind, identity, outcome, details);
}

struct fact *usb_row_folded(const char *sysname, uint64_t plugs)
{
    struct json_object *details = json_object_new_object();
    json_add_number(details, "count", plugs);
    json_add_text(details, "reason", reason_to_str(REASON_FLOOD));
    struct fact *fact = recorder_fact(FACT_USB_BLOCKED, sysname, "folded", details);
    if (fact)
        fact->severity = SEVERITY_WARNING;
    return fact;
}

struct fact *usb_row_tampered(const char *path, const char *value, const char *outcome)
{
    struct json_object *details = json_object_new_object();
    json_add_text(details, "found", value);
    return recorder_fact(FACT_AGENT_TAMPERED, path, outcome, details);
}
