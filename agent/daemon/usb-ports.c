// SPDX-License-Identifier: GPL-3.0-or-later
// Which ports are on. A mark in /run says that some may be off, so that a later run, in which the
// policy names none any more, knows that they are to be given back.
#include "daemon/usb-ports.h"

#include "base/log.h"
#include "base/text.h"
#include "enforce/enforce.h"
#include "fact/usb_name.h"
#include "watch/usb/ports.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>

static bool was_used(const struct usb_guard *guard, const char *sysname)
{
    for (size_t i = 0; i < ELEMENTS(guard->used); i++)
        if (text_equal(guard->used[i], sysname))
            return true;
    return false;
}

void usb_ports_note_use(struct usb_guard *guard, const char *sysname)
{
    if (was_used(guard, sysname))
        return;
    char *place = guard->used[guard->n_used++ % ELEMENTS(guard->used)];
    (void)snprintf(place, sizeof guard->used[0], "%s", sysname);
}

// "1-2.3" hangs on the hub "1-2", "1-2" on "usb1". Answers the number of the port.
static const char *split(const struct usb_name *port, char ret_hub[USB_NAME_SIZE])
{
    const char *dot = strrchr(port->device, '.');
    if (!dot) {
        (void)snprintf(ret_hub, USB_NAME_SIZE, "usb%u", port->bus);
        return strchr(port->device, '-') + 1;
    }
    (void)snprintf(ret_hub, USB_NAME_SIZE, "%.*s", (int)(dot - port->device), port->device);
    return dot + 1;
}

// On, off, or as it is: of a hub that has only just come nobody knows what is plugged in.
enum wish { WISH_ON, WISH_OFF, WISH_NONE };

static enum wish wish_for(const struct usb_guard *guard, const char *sysname)
{
    char hub_name[USB_NAME_SIZE];
    struct usb_name port;
    if (usb_name_parse_device(sysname, &port) < 0 || port.is_root_hub)
        return WISH_NONE;
    const char *number = split(&port, hub_name);
    const struct usb_entry *hub = usb_table_find(&guard->table, hub_name);
    if (!hub || !hub->aged)
        return WISH_NONE;
    if (usb_table_find(&guard->table, sysname) || was_used(guard, sysname))
        return WISH_ON;
    CLEANUP_FREE char *name =
        text_format("%s%c%s", hub->device->port, hub->device->root_hub ? ':' : '.', number);
    if (!name)
        return WISH_NONE;
    bool named = gate_ports_cover(&gate_keeper_get(guard->options.gate)->ports, name);
    return named ? WISH_ON : WISH_OFF;
}

static int mark(const struct usb_guard *guard)
{
    CLEANUP_CLOSE int fd = openat(guard->options.places->run, USB_PORTS_MARK,
                                  O_WRONLY | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0600);
    return fd < 0 ? -errno : 0;
}

static bool is_marked(const struct usb_guard *guard)
{
    return faccessat(guard->options.places->run, USB_PORTS_MARK, F_OK, AT_SYMLINK_NOFOLLOW) == 0;
}

// Answers how many could not be set.
static size_t set_all(const struct usb_guard *guard, const struct usb_names *ports, bool restricted)
{
    size_t failed = 0;
    for (size_t i = 0; i < ports->n; i++) {
        const char *sysname = ports->items[i];
        enum wish wish = restricted ? wish_for(guard, sysname) : WISH_ON;
        if (wish == WISH_NONE || flood_is_on(&guard->flood, sysname))
            continue;
        int r = enforce_usb_set_port(guard->options.places->sys, sysname, wish == WISH_ON);
        failed += r < 0 && r != -ENOENT && r != -ENODEV;
    }
    return failed;
}

static void warn_once(struct usb_guard *guard, size_t failed, size_t n)
{
    if (failed > 0 && failed != guard->stubborn_ports)
        log_warning("%zu of %zu ports can't be switched: their hub or controller has no switch for "
                    "them; what is plugged in there is decided on as everywhere",
                    failed, n);
    guard->stubborn_ports = failed;
}

void usb_ports_settle(struct usb_guard *guard)
{
    CLEANUP(usb_names_clear) struct usb_names ports = {0};
    bool restricted =
        usb_guard_is_enforcing(guard) && gate_keeper_get(guard->options.gate)->ports.n > 0;
    if (!restricted && !is_marked(guard))
        return;
    int r = usb_ports_list(guard->options.places->sys, &ports);
    if (r == 0 && restricted)
        r = mark(guard);
    if (r < 0) {
        log_error("cannot switch the ports: %s, trying again within a minute", strerror(-r));
        return;
    }
    size_t failed = set_all(guard, &ports, restricted);
    warn_once(guard, failed, ports.n);
    if (!restricted && failed == 0)
        (void)unlinkat(guard->options.places->run, USB_PORTS_MARK, 0);
}
