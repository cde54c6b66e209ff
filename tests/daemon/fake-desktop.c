// SPDX-License-Identifier: GPL-3.0-or-later
// A stand-in for a desktop's notification service with the capabilities that are named as
// arguments. Prints each pop-up as a line of JSON and each that is closed as {"closed": ID}; a line
// "close ID REASON" or "press ID [KEY]" on standard input is what a person does.
#include "base/json.h"
#include "base/text.h"

#include <stdbool.h>
#include <string.h>
#include <systemd/sd-bus.h>
#include <systemd/sd-event.h>

#define SERVICE "org.freedesktop.Notifications"
#define OBJECT "/org/freedesktop/Notifications"

struct service {
    sd_bus *bus;
    char **capabilities;
    uint32_t last;
};

static void print(json_object *line)
{
    puts(json_object_to_json_string_ext(line, JSON_C_TO_STRING_PLAIN));
    json_object_put(line);
}

static int on_capabilities(sd_bus_message *message, void *userdata, sd_bus_error *error)
{
    const struct service *service = userdata;
    sd_bus_message *reply = NULL;
    (void)error;
    int r = sd_bus_message_new_method_return(message, &reply);
    if (r >= 0)
        r = sd_bus_message_append_strv(reply, service->capabilities);
    if (r >= 0)
        r = sd_bus_send(service->bus, reply, NULL);
    sd_bus_message_unref(reply);
    return r;
}

static int read_hints(sd_bus_message *message, json_object *line)
{
    const char *key;
    int r = sd_bus_message_enter_container(message, 'a', "{sv}");
    while (r > 0 && (r = sd_bus_message_enter_container(message, 'e', "sv")) > 0) {
        uint8_t urgency;
        r = sd_bus_message_read(message, "s", &key);
        if (r > 0 && text_equal(key, "urgency")) {
            r = sd_bus_message_read(message, "v", "y", &urgency);
            json_add_number(line, "urgency", urgency);
        } else if (r > 0) {
            r = sd_bus_message_skip(message, "v");
        }
        if (r >= 0)
            r = sd_bus_message_exit_container(message);
    }
    return r < 0 ? r : sd_bus_message_exit_container(message);
}

static int read_note(sd_bus_message *message, json_object *line, uint32_t *ret_replaces)
{
    const char *program, *icon, *title, *body;
    char **actions = NULL;
    int32_t timeout = 0;
    int r = sd_bus_message_read(message, "susss", &program, ret_replaces, &icon, &title, &body);
    if (r >= 0)
        r = sd_bus_message_read_strv(message, &actions);
    if (r >= 0)
        r = read_hints(message, line);
    if (r >= 0)
        r = sd_bus_message_read(message, "i", &timeout);
    if (r < 0)
        return r;
    json_object *list = json_object_new_array();
    for (size_t i = 0; actions && actions[i]; i++) {
        json_object_array_add(list, json_object_new_string(actions[i]));
        free(actions[i]);
    }
    free(actions);
    json_add_text(line, "title", title);
    json_add_text(line, "body", body);
    json_add(line, "actions", list);
    json_object_object_add(line, "timeout", json_object_new_int(timeout));
    return 0;
}

static int on_notify(sd_bus_message *message, void *userdata, sd_bus_error *error)
{
    struct service *service = userdata;
    json_object *line = json_object_new_object();
    uint32_t replaces = 0;
    (void)error;
    int r = read_note(message, line, &replaces);
    if (r < 0) {
        json_object_put(line);
        return r;
    }
    uint32_t id = replaces ? replaces : ++service->last;
    json_add_number(line, "id", id);
    json_object_object_add(line, "replaces", json_object_new_int64(replaces));
    print(line);
    return sd_bus_reply_method_return(message, "u", id);
}

static int on_close(sd_bus_message *message, void *userdata, sd_bus_error *error)
{
    json_object *line = json_object_new_object();
    uint32_t id = 0;
    (void)userdata, (void)error;
    int r = sd_bus_message_read(message, "u", &id);
    json_object_object_add(line, "closed", json_object_new_int64(id));
    print(line);
    return r < 0 ? r : sd_bus_reply_method_return(message, NULL);
}

static const sd_bus_vtable vtable[] = {
    SD_BUS_VTABLE_START(0),
    SD_BUS_METHOD("GetCapabilities", "", "as", on_capabilities, SD_BUS_VTABLE_UNPRIVILEGED),
    SD_BUS_METHOD("Notify", "susssasa{sv}i", "u", on_notify, SD_BUS_VTABLE_UNPRIVILEGED),
    SD_BUS_METHOD("CloseNotification", "u", "", on_close, SD_BUS_VTABLE_UNPRIVILEGED),
    SD_BUS_SIGNAL("NotificationClosed", "uu", 0),
    SD_BUS_SIGNAL("ActionInvoked", "us", 0),
    SD_BUS_VTABLE_END,
};

static int on_word(struct service *service, const char *line)
{
    unsigned id = 0, reason = 0;
    char key[32] = "acknowledge";
    if (sscanf(line, "close %u %u", &id, &reason) == 2)
        return sd_bus_emit_signal(service->bus, OBJECT, SERVICE, "NotificationClosed", "uu", id,
                                  reason);
    if (sscanf(line, "press %u %31s", &id, key) >= 1)
        return sd_bus_emit_signal(service->bus, OBJECT, SERVICE, "ActionInvoked", "us", id, key);
    return 0;
}

// What is said fast comes as several lines at once.
static int on_line(sd_event_source *source, int fd, uint32_t events, void *userdata)
{
    char text[1024] = "", *rest = NULL;
    int r = 0;
    (void)events;
    ssize_t n = read(fd, text, sizeof text - 1);
    if (n <= 0)
        return sd_event_exit(sd_event_source_get_event(source), 0);
    for (char *line = strtok_r(text, "\n", &rest); r >= 0 && line;
         line = strtok_r(NULL, "\n", &rest))
        r = on_word(userdata, line);
    return r;
}

static int run(struct service *service, sd_event *event)
{
    int r = sd_event_add_io(event, NULL, STDIN_FILENO, EPOLLIN, on_line, service);
    if (r >= 0)
        r = sd_bus_add_object_vtable(service->bus, NULL, OBJECT, SERVICE, vtable, service);
    if (r >= 0)
        r = sd_bus_attach_event(service->bus, event, 0);
    if (r >= 0)
        r = sd_bus_request_name(service->bus, SERVICE, 0);
    if (r < 0)
        return r;
    puts("ready");
    return sd_event_loop(event);
}

int main(int argc, char *argv[])
{
    struct service service = {.capabilities = argv + (argc > 0)};
    sd_event *event = NULL;
    (void)setvbuf(stdout, NULL, _IOLBF, 0);
    int r = sd_event_new(&event);
    if (r >= 0)
        r = sd_bus_open_user(&service.bus);
    if (r >= 0)
        r = run(&service, event);
    if (r < 0)
        fprintf(stderr, "fake-desktop: %s\n", strerror(-r));
    sd_bus_flush_close_unref(service.bus);
    sd_event_unref(event);
    return r < 0;
}
