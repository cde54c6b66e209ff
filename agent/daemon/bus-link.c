// SPDX-License-Identifier: GPL-3.0-or-later
// One connection, and its end.
#include "daemon/bus-link.h"

#include "base/log.h"
#include "base/util.h"

#include <errno.h>
#include <string.h>

#define PATIENCE_US (5 * 1000 * 1000ULL)
#define LOCAL "org.freedesktop.DBus.Local"
#define LOCAL_PATH "/org/freedesktop/DBus/Local"

static int on_end(sd_bus_message *message, void *context, sd_bus_error *error)
{
    (void)message, (void)error;
    log_error("the system bus has ended: nobody can be told and nothing asked; starting anew");
    return sd_event_exit(context, -ENOTCONN);
}

// The bus closes a connection that has not said who it is within 5 seconds (auth_timeout), and the
// start may take longer. So it is said at once, and not only when the loop runs.
static int connect_bus(sd_bus **ret)
{
    const char *name;
    CLEANUP(sd_bus_close_unrefp) sd_bus *bus = NULL;
    int r = sd_bus_open_system(&bus);
    if (r >= 0)
        r = sd_bus_get_unique_name(bus, &name);
    if (r < 0)
        return r;
    *ret = TAKE_PTR(bus);
    return 0;
}

int bus_link_open(sd_event *event, sd_bus **ret)
{
    CLEANUP(sd_bus_close_unrefp) sd_bus *bus = NULL;
    *ret = NULL;
    int r = connect_bus(&bus);
    if (r < 0) {
        log_warning("no system bus: %s; running without the command line's changes", strerror(-r));
        return 0;
    }
    // Questions to the bus itself (who calls?) are waited for: well below the watchdog's 90 s.
    r = sd_bus_set_method_call_timeout(bus, PATIENCE_US);
    if (r >= 0)
        r = sd_bus_match_signal(bus, NULL, LOCAL, LOCAL_PATH, LOCAL, "Disconnected", on_end, event);
    if (r >= 0)
        r = sd_bus_attach_event(bus, event, SD_EVENT_PRIORITY_NORMAL);
    if (r < 0)
        return r;
    *ret = TAKE_PTR(bus);
    return 0;
}

bool bus_link_is_there(void)
{
    CLEANUP(sd_bus_close_unrefp) sd_bus *bus = NULL;
    return connect_bus(&bus) == 0;
}
