// SPDX-License-Identifier: GPL-3.0-or-later
// A stand-in for logind: one session, "3", whose LockedHint is what the last line on standard input
// said ("locked" or "unlocked"); a line that changes nothing is no signal. "woken" is the end of a
// sleep.
#include "base/util.h"

#include <stdbool.h>
#include <string.h>
#include <systemd/sd-bus.h>
#include <systemd/sd-event.h>

#define SESSION "/org/freedesktop/login1/session/_33"
#define INTERFACE "org.freedesktop.login1.Session"

struct logind {
    sd_bus *bus;
    int locked;
};

static const sd_bus_vtable vtable[] = {
    SD_BUS_VTABLE_START(0),
    SD_BUS_PROPERTY("LockedHint", "b", NULL, offsetof(struct logind, locked),
                    SD_BUS_VTABLE_PROPERTY_EMITS_CHANGE),
    SD_BUS_VTABLE_END,
};

static int on_line(sd_event_source *source, int fd, uint32_t events, void *userdata)
{
    struct logind *logind = userdata;
    char line[64] = "";
    (void)events;
    ssize_t n = read(fd, line, sizeof line - 1);
    if (n <= 0)
        return sd_event_exit(sd_event_source_get_event(source), 0);
    if (strncmp(line, "woken", strlen("woken")) == 0)
        return sd_bus_emit_signal(logind->bus, "/org/freedesktop/login1",
                                  "org.freedesktop.login1.Manager", "PrepareForSleep", "b", 0);
    int locked = strncmp(line, "locked", strlen("locked")) == 0;
    if (locked == logind->locked)
        return 0;
    logind->locked = locked;
    return sd_bus_emit_properties_changed(logind->bus, SESSION, INTERFACE, "LockedHint", NULL);
}

static int run(struct logind *logind, sd_event *event)
{
    int r = sd_event_add_io(event, NULL, STDIN_FILENO, EPOLLIN, on_line, logind);
    if (r >= 0)
        r = sd_bus_add_object_vtable(logind->bus, NULL, SESSION, INTERFACE, vtable, logind);
    if (r >= 0)
        r = sd_bus_request_name(logind->bus, "org.freedesktop.login1", 0);
    if (r >= 0)
        r = sd_bus_attach_event(logind->bus, event, 0);
    if (r < 0)
        return r;
    puts("ready");
    return sd_event_loop(event);
}

int main(void)
{
    struct logind logind = {0};
    sd_event *event = NULL;
    (void)setvbuf(stdout, NULL, _IOLBF, 0);
    int r = sd_event_new(&event);
    if (r >= 0)
        r = sd_bus_open_system(&logind.bus);
    if (r >= 0)
        r = run(&logind, event);
    if (r < 0)
        fprintf(stderr, "fake-logind: %s\n", strerror(-r));
    sd_bus_flush_close_unref(logind.bus);
    sd_event_unref(event);
    return r < 0;
}
