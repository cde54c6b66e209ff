// SPDX-License-Identifier: GPL-3.0-or-later
// Watches USB devices and the settings that keep the gate shut: the kernel's events for what comes
// and goes (udev's rules take their time, and who plugged something in waits), tripwires for what
// somebody writes to /sys by hand.
#include "fact/usb.h"
#include "base/file.h"
#include "base/text.h"
#include "fact/usb_name.h"
#include "uevent/uevents.h"
#include "watch/usb/sysfs.h"
#include "watch/usb/tripwires.h"
#include "watch/watch.h"

#include <errno.h>
#include <string.h>

#define FOLDER "bus/usb/devices/"
#define PARAMETER "module/usbcore/parameters/authorized_default"

struct usb_watch {
    struct watch_context context;
    struct uevents *uevents; // NULL unless live, like the wires
    struct tripwires *wires;
};

static const char *const bus_settings[] = {"authorized_default", "interface_authorized_default"};

// ---- Putting facts ----------------------------------------------------------------------------

static void put(struct usb_watch *watch, struct fact *fact)
{
    watch->context.sink.put(watch->context.sink.context, fact);
}

// A device that has gone meanwhile is no error: its own event follows.
static int forgive_gone(int r)
{
    return r == -ENOENT || r == -ENODEV ? 0 : r;
}

static int put_device(struct usb_watch *watch, const char *sysname)
{
    CLEANUP(fact_free_p) struct fact *fact = fact_new(FACT_SEEN_USB);
    if (!fact)
        return -ENOMEM;
    int r = usb_sysfs_read(watch->context.sys, sysname, &fact->usb);
    if (r == 0)
        r = text_set(&fact->object, sysname);
    if (r < 0)
        return forgive_gone(r);
    put(watch, TAKE_PTR(fact));
    return 0;
}

static int put_setting(struct usb_watch *watch, const char *path)
{
    CLEANUP_FREE char *value = NULL;
    CLEANUP(fact_free_p) struct fact *fact = fact_new(FACT_SEEN_USB_SETTING);
    if (!fact || !(fact->setting = calloc(1, sizeof *fact->setting)))
        return -ENOMEM;
    int r = file_read_line_at(watch->context.sys, path, 64, &value);
    if (r < 0)
        return forgive_gone(r);
    if (!(fact->setting->value = text_escape(value, strlen(value), 64)))
        return -ENOMEM;
    r = text_set(&fact->setting->path, path);
    if (r == 0)
        r = text_set(&fact->setting->expected, "0");
    if (r == 0)
        r = text_set(&fact->object, path);
    if (r == 0)
        put(watch, TAKE_PTR(fact));
    return r;
}

// ---- Tripwires --------------------------------------------------------------------------------

// What can't be watched (the limit, or gone again) is still seen by each snapshot.
static void add_wire(struct usb_watch *watch, const char *name, const char *attribute)
{
    CLEANUP_FREE char *path = text_format(FOLDER "%s/%s", name, attribute);
    if (watch->wires && path)
        (void)!tripwires_add(watch->wires, path);
}

static void drop_wires(struct usb_watch *watch, const char *name)
{
    CLEANUP_FREE char *prefix = text_format(FOLDER "%s/", name);
    if (watch->wires && prefix)
        tripwires_drop(watch->wires, prefix);
}

static void add_wires_of_device(struct usb_watch *watch, const struct usb_name *name)
{
    CLEANUP(usb_names_clear) struct usb_names interfaces = {0};
    add_wire(watch, name->device, "authorized");
    if (name->is_root_hub)
        for (size_t i = 0; i < ELEMENTS(bus_settings); i++)
            add_wire(watch, name->device, bus_settings[i]);
    if (usb_sysfs_list_interfaces(watch->context.sys, name->device, &interfaces) < 0)
        return;
    for (size_t i = 0; i < interfaces.n; i++)
        add_wire(watch, interfaces.items[i], "authorized");
}

// ---- The present state ------------------------------------------------------------------------

static int put_bus_settings(struct usb_watch *watch, const char *root_hub)
{
    for (size_t i = 0; i < ELEMENTS(bus_settings); i++) {
        CLEANUP_FREE char *path = text_format(FOLDER "%s/%s", root_hub, bus_settings[i]);
        int r = path ? put_setting(watch, path) : -ENOMEM;
        if (r < 0)
            return r;
    }
    return 0;
}

static int look_at(struct usb_watch *watch, const char *sysname)
{
    struct usb_name name;
    int r = usb_name_parse_device(sysname, &name);
    if (r < 0)
        return r;
    // First the wires: what is written between the two is then seen twice, not missed.
    add_wires_of_device(watch, &name);
    if (name.is_root_hub)
        r = put_bus_settings(watch, sysname);
    return r < 0 ? r : put_device(watch, sysname);
}

static int usb_snapshot(void *state)
{
    struct usb_watch *watch = state;
    CLEANUP(usb_names_clear) struct usb_names names = {0};
    if (watch->wires)
        (void)!tripwires_add(watch->wires, PARAMETER);
    int first = put_setting(watch, PARAMETER);
    int r = forgive_gone(usb_sysfs_list(watch->context.sys, &names)); // no USB at all: no devices
    if (r < 0)
        return r;
    for (size_t i = 0; i < names.n; i++) {
        r = look_at(watch, names.items[i]);
        if (first == 0)
            first = r;
    }
    return first;
}

// ---- What happens -----------------------------------------------------------------------------

// A handler that fails has missed something; the next snapshot puts it. It stays in the loop.

static void on_written(void *context, const char *path)
{
    struct usb_watch *watch = context;
    if (!path) {
        (void)!usb_snapshot(watch);
        return;
    }
    if (!text_equal(text_basename(path), "authorized")) {
        (void)!put_setting(watch, path);
        return;
    }
    struct usb_name name;
    char text[USB_NAME_SIZE + sizeof ":255.255"];
    size_t length = strcspn(path + strlen(FOLDER), "/");
    (void)snprintf(text, sizeof text, "%.*s", (int)length, path + strlen(FOLDER));
    if (usb_name_parse(text, &name) == 0)
        (void)!put_device(watch, name.device);
}

static uint32_t read_number(const char *text, int base, uint32_t max)
{
    uint64_t number = 0;
    return text && text_to_u64(text, base, max, &number) == 0 ? (uint32_t)number : 0;
}

// "951/1666/110": the three numbers of a device that can't be asked any more.
static int read_product(const char *text, struct usb_device *device)
{
    uint16_t *const numbers[] = {&device->vendor, &device->product, &device->release};
    CLEANUP_FREE char *copy = text_dup(text ? text : "");
    if (!copy)
        return -ENOMEM;
    char *rest = NULL, *part = strtok_r(copy, "/", &rest);
    for (size_t i = 0; i < ELEMENTS(numbers); i++, part = strtok_r(NULL, "/", &rest))
        *numbers[i] = (uint16_t)read_number(part, 16, UINT16_MAX);
    return 0;
}

static uint32_t event_address(struct udev_device *event)
{
    return read_number(udev_device_get_property_value(event, "DEVNUM"), 10, UINT32_MAX);
}

static int put_gone(struct usb_watch *watch, struct udev_device *event, const char *sysname)
{
    CLEANUP(fact_free_p) struct fact *fact = fact_new(FACT_SEEN_USB_GONE);
    if (!fact || !(fact->usb = calloc(1, sizeof *fact->usb)))
        return -ENOMEM;
    int r = text_set(&fact->object, sysname);
    if (r == 0)
        r = text_set(&fact->usb->sysname, sysname);
    if (r == 0)
        r = read_product(udev_device_get_property_value(event, "PRODUCT"), fact->usb);
    if (r < 0)
        return r;
    fact->usb->bus = read_number(udev_device_get_property_value(event, "BUSNUM"), 10, UINT32_MAX);
    fact->usb->address = event_address(event);
    put(watch, TAKE_PTR(fact));
    return 0;
}

// Pulled and plugged again before we heard of the first: the new address says that the old device
// has gone, and "gone" would be said of the new one.
static bool is_replaced(const struct usb_watch *watch, struct udev_device *event,
                        const char *sysname)
{
    CLEANUP(usb_device_free_p) struct usb_device *now = NULL;
    return usb_sysfs_read(watch->context.sys, sysname, &now) == 0 &&
           now->address != event_address(event);
}

static int handle_uevent(struct usb_watch *watch, struct udev_device *event)
{
    const char *sysname = udev_device_get_sysname(event);
    const char *action = udev_device_get_action(event);
    struct usb_name name;
    if (!sysname || usb_name_parse(sysname, &name) < 0)
        return 0;
    bool removed = text_equal(action, "remove");
    if (removed)
        drop_wires(watch, sysname);
    if (removed && !name.is_interface && !is_replaced(watch, event, sysname))
        return put_gone(watch, event, sysname);
    return look_at(watch, name.device);
}

static void on_uevent(void *context, struct udev_device *event)
{
    (void)!handle_uevent(context, event);
}

static void on_lost(void *context)
{
    (void)!usb_snapshot(context);
}

// ---- Start and stop ---------------------------------------------------------------------------

static void usb_stop(void *state)
{
    struct usb_watch *watch = state;
    if (!watch)
        return;
    uevents_free(watch->uevents);
    tripwires_free(watch->wires);
    free(watch);
}

static void usb_stop_p(struct usb_watch **watch)
{
    usb_stop(*watch);
}

static int listen_to_kernel(struct usb_watch *watch)
{
    const struct uevents_wish wish = {
        .source = "kernel",
        .filters = {{"usb", "usb_device"}, {"usb", "usb_interface"}},
        .on_event = on_uevent,
        .on_lost = on_lost,
        .context = watch,
    };
    return uevents_listen(watch->context.event, &wish, &watch->uevents);
}

static int usb_start(const struct watch_context *context, void **ret_state)
{
    CLEANUP(usb_stop_p) struct usb_watch *watch = calloc(1, sizeof *watch);
    if (!watch)
        return -ENOMEM;
    watch->context = *context;
    if (context->live) {
        int r = tripwires_new(context->event, context->sys, on_written, watch, &watch->wires);
        if (r == 0)
            r = listen_to_kernel(watch);
        if (r < 0)
            return r;
    }
    *ret_state = TAKE_PTR(watch);
    return 0;
}

const struct watch watch_usb = {
    .name = "usb",
    .start = usb_start,
    .stop = usb_stop,
    .snapshot = usb_snapshot,
};
