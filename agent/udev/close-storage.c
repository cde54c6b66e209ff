// SPDX-License-Identifier: GPL-3.0-or-later
// The daemon has ended, by whatever means: what only it could hold is shut.
#include "udev/verdict.h"

#include "base/text.h"
#include "enforce/enforce.h"
#include "fact/usb_name.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <sys/pidfd.h>
#include <sys/wait.h>

#define SYNC_MS 8000 // a slow stick does not keep the gate open for longer

static int close_interfaces(const struct place *place, const struct view *view)
{
    CLEANUP(usb_names_clear) struct usb_names names = {0};
    struct usb_name name;
    int first = 0;
    int r = usb_sysfs_list_interfaces(place->sys, view->device->sysname, &names);
    if (r < 0)
        return r;
    for (size_t i = 0; i < names.n; i++)
        if (usb_name_parse_interface(names.items[i], &name) == 0 &&
            !verdict_covers(&view->verdict, view->device, name.configuration, name.number))
            verdict_keep_first(&first, enforce_usb_refuse_interface(place->sys, names.items[i]));
    return first;
}

// What only the daemon could hold may be mounted and written to, with every right: what is still in
// memory is saved before it is pulled out. In a child, because sync() can't be bounded otherwise.
static void sync_briefly(void)
{
    pid_t child = fork();
    if (child == 0) {
        sync();
        _exit(0);
    }
    if (child < 0)
        return;
    CLEANUP_CLOSE int fd = pidfd_open(child, 0);
    struct pollfd done = {.fd = fd, .events = POLLIN};
    if (fd < 0 || poll(&done, 1, SYNC_MS) <= 0)
        (void)kill(child, SIGKILL); // it ends when the disk lets it, and init takes it
    else
        (void)waitpid(child, NULL, 0);
}

static int close_view(const struct place *place, const struct view *view)
{
    return view->verdict.allowed ? close_interfaces(place, view)
                                 : enforce_usb_deauthorize(place->sys, view->device->sysname);
}

static bool is_whole(const struct verdict *verdict)
{
    return verdict->allowed && verdict->reason != REASON_PARTLY;
}

// `held`: those that only the daemon could hold, or all others. *ret_left counts what is neither
// shut nor in that group.
static int close_device(const struct place *place, const char *sysname, bool held, size_t *ret_left)
{
    CLEANUP(view_clear) struct view view = {0};
    int r = view_read(place, sysname, &view);
    if (r < 0 || view.device->root_hub || !view.device->authorized)
        return r;
    if ((view.verdict.reason == REASON_AGENT_AWAY) != held) {
        (*ret_left)++;
        return 0;
    }
    return is_whole(&view.verdict) || !place_needs(place, sysname) ? close_view(place, &view) : 0;
}

static int close_all(const struct place *place, const struct usb_names *names, bool held,
                     size_t *ret_left)
{
    int first = 0;
    *ret_left = 0;
    for (size_t i = 0; i < names->n; i++)
        verdict_keep_first(&first, close_device(place, names->items[i], held, ret_left));
    return first;
}

int verdict_close_storage(struct place *place)
{
    CLEANUP(usb_names_clear) struct usb_names names = {0};
    size_t left;
    if (place->gate->mode != MODE_ENFORCE)
        return 0;
    place->agent_alive = false; // whoever calls this says so
    int r = usb_sysfs_list(place->sys, &names);
    if (r < 0)
        return r == -ENOENT ? 0 : r;
    int first = close_all(place, &names, false, &left);
    if (left > 0) {
        sync_briefly();
        verdict_keep_first(&first, close_all(place, &names, true, &left));
    }
    return first;
}
