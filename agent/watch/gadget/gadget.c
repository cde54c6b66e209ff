// SPDX-License-Identifier: GPL-3.0-or-later
// Watches the ports at which this computer itself can be a USB device of another one: what is on
// the kernel's gadget bus (Linux 5.19), and which driver it is bound to. Bound, it gives away what
// that driver offers.
#include "watch/watch.h"

#include "base/file.h"
#include "base/text.h"
#include "fact/gadget_name.h"
#include "fact/usb.h"
#include "uevent/uevents.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <string.h>

#define FOLDER "bus/gadget/devices"
#define DRIVERS "/bus/gadget/drivers/"
#define DRIVER_MAX 128 // bytes of a driver's name that are kept

struct gadget_watch {
    struct watch_context context;
    struct uevents *uevents; // NULL unless live
};

// The name of its driver; NULL if it has none.
static int read_driver(int sys, const char *name, char **ret)
{
    char path[sizeof FOLDER "//driver" + GADGET_NAME_SIZE], target[PATH_MAX];
    (void)snprintf(path, sizeof path, FOLDER "/%s/driver", name);
    ssize_t n = readlinkat(sys, path, target, sizeof target - 1);
    if (n < 0)
        return errno == ENOENT ? 0 : -errno;
    target[n] = '\0';
    const char *driver = text_basename(target);
    *ret = text_escape(driver, strlen(driver), DRIVER_MAX);
    return *ret ? 0 : -ENOMEM;
}

static int look_at(struct gadget_watch *watch, const char *name)
{
    CLEANUP(fact_free_p) struct fact *fact = fact_new(FACT_SEEN_GADGET);
    if (!fact || !(fact->setting = calloc(1, sizeof *fact->setting)))
        return -ENOMEM;
    int r = read_driver(watch->context.sys, name, &fact->setting->value);
    if (r == 0)
        r = text_set(&fact->setting->path, name);
    if (r == 0)
        r = text_set(&fact->object, name);
    if (r == 0)
        watch->context.sink.put(watch->context.sink.context, TAKE_PTR(fact));
    return r;
}

static int gadget_snapshot(void *state)
{
    struct gadget_watch *watch = state;
    CLEANUP(closedir_p) DIR *dir = NULL;
    int r = file_open_entries(watch->context.sys, FOLDER, &dir), first = 0;
    if (r < 0)
        return r == -ENOENT ? 0 : r; // nothing here can be a device
    for (struct dirent *entry; (entry = readdir(dir));) {
        if (!gadget_name_is_valid(entry->d_name))
            continue;
        r = look_at(watch, entry->d_name);
        if (first == 0)
            first = r;
    }
    return first;
}

// "bind" comes before its driver can be taken away again, which the driver's own "add" follows.
// What fails here the next snapshot puts. A gadget that goes has no driver any more.
static void on_event(void *context, struct udev_device *event)
{
    struct gadget_watch *watch = context;
    const char *name = udev_device_get_sysname(event), *path = udev_device_get_devpath(event);
    if (name && gadget_name_is_valid(name))
        (void)!look_at(watch, name);
    else if (path && strncmp(path, DRIVERS, strlen(DRIVERS)) == 0)
        (void)!gadget_snapshot(watch);
}

static void on_lost(void *context)
{
    (void)!gadget_snapshot(context);
}

// ---- Start and stop ---------------------------------------------------------------------------

static void gadget_stop(void *state)
{
    struct gadget_watch *watch = state;
    if (!watch)
        return;
    uevents_free(watch->uevents);
    free(watch);
}

static void gadget_stop_p(struct gadget_watch **watch)
{
    gadget_stop(*watch);
}

// The kernel's own events: nobody has to be asked by udev's rules first, and another computer reads
// within a tenth of a second.
static int listen_to_kernel(struct gadget_watch *watch)
{
    const struct uevents_wish wish = {
        .source = "kernel",
        .filters = {{.subsystem = "gadget"}, {.subsystem = "drivers"}},
        .on_event = on_event,
        .on_lost = on_lost,
        .context = watch,
    };
    return uevents_listen(watch->context.event, &wish, &watch->uevents);
}

static int gadget_start(const struct watch_context *context, void **ret_state)
{
    CLEANUP(gadget_stop_p) struct gadget_watch *watch = calloc(1, sizeof *watch);
    if (!watch)
        return -ENOMEM;
    watch->context = *context;
    if (context->live) {
        int r = listen_to_kernel(watch);
        if (r < 0)
            return r;
    }
    *ret_state = TAKE_PTR(watch);
    return 0;
}

const struct watch watch_gadget = {
    .name = "gadget",
    .start = gadget_start,
    .stop = gadget_stop,
    .snapshot = gadget_snapshot,
};
