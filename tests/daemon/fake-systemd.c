// SPDX-License-Identifier: GPL-3.0-or-later
// A stand-in for systemd: starts nothing, prints each unit that it was to restart, and ends its job
// as the last line on standard input said: "done" (at first) or "failed" at once; after "wait" when
// the next line comes, as that says. A job that waits while another is begun is canceled.
#include "base/util.h"

#include <stdbool.h>
#include <string.h>
#include <systemd/sd-bus.h>
#include <systemd/sd-event.h>

#define MANAGER "/org/freedesktop/systemd1"
#define INTERFACE "org.freedesktop.systemd1.Manager"

struct manager {
    sd_bus *bus;
    char result[16];
    uint32_t job;     // the last one's number
    char waiting[64]; // its unit; "" if it has ended
};

static int end_job(struct manager *manager, const char *result)
{
    char path[64], unit[sizeof manager->waiting];
    (void)snprintf(path, sizeof path, MANAGER "/job/%u", manager->job);
    (void)snprintf(unit, sizeof unit, "%s", manager->waiting);
    manager->waiting[0] = '\0';
    return sd_bus_emit_signal(manager->bus, MANAGER, INTERFACE, "JobRemoved", "uoss", manager->job,
                              path, unit, result);
}

static int on_restart(sd_bus_message *message, void *userdata, sd_bus_error *error)
{
    struct manager *manager = userdata;
    const char *unit, *mode;
    char path[64];
    (void)error;
    int r = sd_bus_message_read(message, "ss", &unit, &mode);
    if (r >= 0 && manager->waiting[0])
        r = end_job(manager, "canceled");
    if (r < 0)
        return r;
    (void)snprintf(manager->waiting, sizeof manager->waiting, "%s", unit);
    (void)snprintf(path, sizeof path, MANAGER "/job/%u", ++manager->job);
    puts(unit);
    r = sd_bus_reply_method_return(message, "o", path);
    if (r >= 0 && strcmp(manager->result, "wait") != 0)
        r = end_job(manager, manager->result);
    return r;
}

static int on_subscribe(sd_bus_message *message, void *userdata, sd_bus_error *error)
{
    (void)userdata, (void)error;
    return sd_bus_reply_method_return(message, "");
}

static const sd_bus_vtable vtable[] = {
    SD_BUS_VTABLE_START(0),
    SD_BUS_METHOD("Subscribe", "", "", on_subscribe, SD_BUS_VTABLE_UNPRIVILEGED),
    SD_BUS_METHOD("RestartUnit", "ss", "o", on_restart, SD_BUS_VTABLE_UNPRIVILEGED),
    SD_BUS_SIGNAL("JobRemoved", "uoss", 0),
    SD_BUS_VTABLE_END,
};

static int on_line(sd_event_source *source, int fd, uint32_t events, void *userdata)
{
    struct manager *manager = userdata;
    char line[sizeof manager->result] = "";
    (void)events;
    ssize_t n = read(fd, line, sizeof line - 1);
    if (n <= 0)
        return sd_event_exit(sd_event_source_get_event(source), 0);
    line[strcspn(line, "\n")] = '\0';
    memcpy(manager->result, line, sizeof line);
    int r = manager->waiting[0] ? end_job(manager, manager->result) : 0;
    puts(line); // it holds from now on
    return r;
}

static int run(struct manager *manager, sd_event *event)
{
    int r = sd_event_add_io(event, NULL, STDIN_FILENO, EPOLLIN, on_line, manager);
    if (r >= 0)
        r = sd_bus_add_object_vtable(manager->bus, NULL, MANAGER, INTERFACE, vtable, manager);
    if (r >= 0)
        r = sd_bus_request_name(manager->bus, "org.freedesktop.systemd1", 0);
    if (r >= 0)
        r = sd_bus_attach_event(manager->bus, event, 0);
    if (r < 0)
        return r;
    puts("ready");
    return sd_event_loop(event);
}

int main(void)
{
    struct manager manager = {.result = "done"};
    sd_event *event = NULL;
    (void)setvbuf(stdout, NULL, _IOLBF, 0);
    int r = sd_event_new(&event);
    if (r >= 0)
        r = sd_bus_open_system(&manager.bus);
    if (r >= 0)
        r = run(&manager, event);
    if (r < 0)
        fprintf(stderr, "fake-systemd: %s\n", strerror(-r));
    sd_bus_flush_close_unref(manager.bus);
    sd_event_unref(event);
    return r < 0;
}
