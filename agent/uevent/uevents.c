// SPDX-License-Identifier: GPL-3.0-or-later
// A udev monitor on an sd_event loop.
#include "uevent/uevents.h"

#include <errno.h>

#define EVENTS_A_ROUND 64         // then the loop's other sources have their turn
#define RECEIVE_BUFFER (16 << 20) // bytes of events that may wait while the loop is busy

struct uevents {
    struct uevents_wish wish;
    struct udev *udev;
    struct udev_monitor *monitor;
    sd_event_source *source;
};

static int on_readable(sd_event_source *source, int fd, uint32_t revents, void *context)
{
    (void)source, (void)fd, (void)revents;
    struct uevents *uevents = context;
    for (int i = 0; i < EVENTS_A_ROUND; i++) {
        errno = 0;
        struct udev_device *event = udev_monitor_receive_device(uevents->monitor);
        if (!event) {
            if (errno == ENOBUFS)
                uevents->wish.on_lost(uevents->wish.context);
            return 0;
        }
        uevents->wish.on_event(uevents->wish.context, event);
        udev_device_unref(event);
    }
    return 0;
}

static int add_filters(struct udev_monitor *monitor, const struct uevents_filter *filters)
{
    for (size_t i = 0; i < UEVENTS_FILTERS_MAX && filters[i].subsystem; i++) {
        int r = udev_monitor_filter_add_match_subsystem_devtype(monitor, filters[i].subsystem,
                                                                filters[i].devtype);
        if (r < 0)
            return r;
    }
    return 0;
}

static int open_monitor(struct uevents *uevents)
{
    uevents->udev = udev_new();
    if (!uevents->udev)
        return -ENOMEM;
    errno = 0;
    uevents->monitor = udev_monitor_new_from_netlink(uevents->udev, uevents->wish.source);
    if (!uevents->monitor)
        return errno > 0 ? -errno : -EIO;
    // Without the right to a larger buffer the usual one serves, and an overrun is noticed.
    (void)udev_monitor_set_receive_buffer_size(uevents->monitor, RECEIVE_BUFFER);
    int r = add_filters(uevents->monitor, uevents->wish.filters);
    return r < 0 ? r : udev_monitor_enable_receiving(uevents->monitor);
}

int uevents_listen(sd_event *loop, const struct uevents_wish *wish, struct uevents **ret)
{
    CLEANUP(uevents_free_p) struct uevents *uevents = calloc(1, sizeof *uevents);
    if (!uevents)
        return -ENOMEM;
    uevents->wish = *wish;
    int r = open_monitor(uevents);
    if (r < 0)
        return r;
    r = sd_event_add_io(loop, &uevents->source, udev_monitor_get_fd(uevents->monitor), EPOLLIN,
                        on_readable, uevents);
    if (r < 0)
        return r;
    *ret = TAKE_PTR(uevents);
    return 0;
}

void uevents_free(struct uevents *uevents)
{
    if (!uevents)
        return;
    sd_event_source_disable_unref(uevents->source);
    udev_monitor_unref(uevents->monitor);
    udev_unref(uevents->udev);
    free(uevents);
}
