// SPDX-License-Identifier: GPL-3.0-or-later
// The bus's server side with nothing behind it: answers what the daemon would, prints each change
// that reaches it as a line of JSON. A device named "refused" or "failing" is.
#include "base/json.h"
#include "base/text.h"
#include "bus/bus.h"

#include <errno.h>
#include <string.h>
#include <systemd/sd-event.h>

struct world {
    bool degraded;
    struct bus_server *server;
};

static json_object *parse(const char *text)
{
    json_object *object = json_tokener_parse(text);
    if (!object)
        abort();
    return object;
}

static int on_status(void *context, json_object **ret_answer)
{
    const struct world *world = context;
    json_object *status =
        parse("{\"version\":\"0\",\"host\":\"checkpoint\",\"started_at_ns\":1795431600000000000,"
              "\"mode\":{\"usb\":\"enforce\",\"network\":\"observe\"},\"mode_changes\":{},"
              "\"pending_confirmation\":null,\"transition\":null,"
              "\"guards\":[],\"ledger\":{\"writable\":true,\"month\":\"2026-11\",\"sequence\":417,"
              "\"epoch\":12,\"sealed_at_ns\":1795431600000000000,\"head_code\":\"417-9f3a-77c0\"},"
              "\"policy\":{\"hash\":\"00112233445566778899aabbccddeeff\","
              "\"loaded_at_ns\":1795431600000000000,\"mistakes\":0},"
              "\"devices\":{\"plugged\":3,\"allowed\":2,\"blocked\":1},\"open_incidents\":1}");
    json_object *guard = json_object_new_object();
    json_add_text(guard, "name", "usb");
    json_add_text(guard, "state", world->degraded ? "degraded" : "ok");
    json_add_text(guard, "detail", "enforcing");
    json_object_array_add(json_get(status, "guards"), guard);
    *ret_answer = status;
    return 0;
}

static int on_list_devices(void *context, json_object **ret_answer)
{
    (void)context;
    *ret_answer = parse(
        "[{\"number\":1,\"sysname\":\"1-2\",\"identity\":\"0951:1666:関\",\"vendor\":\"0951\","
        "\"product\":\"1666\",\"manufacturer\":\"Kingston\",\"name\":\"DataTraveler\","
        "\"function\":\"storage\",\"verdict\":\"block\",\"reason\":\"no-approval\","
        "\"authorized\":false,\"plugged\":true},"
        "{\"number\":2,\"sysname\":\"1-3\",\"identity\":\"0951:1666:A\",\"function\":\"storage\","
        "\"verdict\":\"allow\",\"reason\":\"approved\",\"read_only\":true,\"authorized\":true,"
        "\"until_ns\":1795431600000000000,\"plugged\":true},"
        "{\"number\":3,\"identity\":\"abcd:0001\",\"verdict\":\"allow\",\"reason\":\"approved\","
        "\"plugged\":false}]");
    return 0;
}

static int on_list_network(void *context, json_object **ret_answer)
{
    (void)context;
    *ret_answer = parse(
        "{\"mode\":\"enforce\",\"firewall\":\"ok\",\"links\":["
        "{\"link\":\"lo\",\"loopback\":true,\"up\":true,\"default_route\":false,\"allowed\":true,"
        "\"breach\":false,\"reason\":\"loopback\"},"
        "{\"link\":\"enp1s0\",\"mac\":\"52:54:00:12:34:56\",\"driver\":\"e1000e\","
        "\"path\":\"pci-0000:01:00.0\",\"loopback\":false,\"up\":true,\"default_route\":true,"
        "\"allowed\":true,\"breach\":true,\"reason\":\"default-route\",\"name\":\"2階LAN\"},"
        "{\"link\":\"docker0\",\"kind\":\"bridge\",\"loopback\":false,\"up\":false,"
        "\"default_route\":false,\"allowed\":false,\"breach\":false,"
        "\"reason\":\"not-named\"}],"
        "\"peers\":[{\"name\":\"2階プリンタ\",\"address\":\"192.168.10.20\","
        "\"protocol\":\"tcp\",\"ports\":\"9100\",\"direction\":\"out\"}]}");
    return 0;
}

// Prints what came, and answers it too.
static int accept(const struct bus_person *who, const char *method, json_object *arguments,
                  json_object **ret_answer)
{
    json_object *line = json_object_new_object(), *person = json_object_new_object();
    json_add_number(person, "uid", who->uid);
    json_add_number(person, "pid", who->pid);
    json_add_text(person, "name", who->name);
    json_add_text(person, "exe", who->exe);
    json_add_text(line, "method", method);
    json_add(line, "person", person);
    json_add(line, "arguments", arguments);
    puts(json_object_to_json_string_ext(line, JSON_C_TO_STRING_PLAIN));
    *ret_answer = line;
    return 0;
}

static json_object *arguments(const char *first, const char *second, json_object *document)
{
    json_object *list = json_object_new_object();
    json_add_text(list, "first", first);
    json_add_text(list, "second", second);
    if (document)
        json_add(list, "document", json_object_get(document));
    return list;
}

static int on_allow(void *context, const struct bus_person *who, const char *device,
                    json_object *options, json_object **ret_answer, char **ret_why)
{
    (void)context;
    if (strcmp(device, "refused") == 0) {
        *ret_why = strdup("the policy forbids\x1b[31m this");
        return -EACCES;
    }
    if (strcmp(device, "failing") == 0) {
        *ret_why = strdup("the disk is full");
        return -ENOSPC;
    }
    int r = accept(who, "Allow", arguments(device, NULL, options), ret_answer);
    json_add_number(*ret_answer, "number", 17);
    json_add_text(*ret_answer, "device", device);
    return r;
}

static int on_accept(void *context, const struct bus_person *who, const char *device,
                     json_object **ret_answer, char **ret_why)
{
    (void)context, (void)ret_why;
    int r = accept(who, "Accept", arguments(device, NULL, NULL), ret_answer);
    json_add_text(*ret_answer, "device", device);
    return r;
}

static int on_forget(void *context, const struct bus_person *who, const char *device,
                     json_object **ret_answer, char **ret_why)
{
    (void)context, (void)ret_why;
    int r = accept(who, "Forget", arguments(device, NULL, NULL), ret_answer);
    json_add_number(*ret_answer, "ended", 1);
    return r;
}

static int on_learn(void *context, const struct bus_person *who, json_object **ret_answer,
                    char **ret_why)
{
    (void)context, (void)ret_why;
    int r = accept(who, "Learn", arguments(NULL, NULL, NULL), ret_answer);
    json_add(*ret_answer, "learned", parse("[\"0951:1666:A\",\"0951:1666:B\"]"));
    return r;
}

static void describe_mode(json_object *object, const char *mode, bool on_trial)
{
    json_add_text(object, "state", on_trial ? "trial" : "done");
    json_add_text(object, "mode", mode);
    if (on_trial)
        json_add_number(object, "deadline_ns", UINT64_C(1795431660000000000));
}

static int on_set_mode(void *context, const struct bus_person *who, const char *guard,
                       const char *mode, bool unattended, json_object **ret_answer, char **ret_why)
{
    (void)context, (void)ret_why;
    int r = accept(who, "SetMode", arguments(guard, mode, NULL), ret_answer);
    bool on_trial = !unattended && text_equal(mode, "enforce"), all = text_equal(guard, "all");
    json_object *guards = json_section(*ret_answer, "guards");
    describe_mode(*ret_answer, mode, on_trial);
    if (all || text_equal(guard, "usb"))
        describe_mode(json_section(guards, "usb"), mode, on_trial);
    if (all || text_equal(guard, "network"))
        describe_mode(json_section(guards, "network"), mode, on_trial);
    return r;
}

static int on_confirm_mode(void *context, const struct bus_person *who, json_object **ret_answer,
                           char **ret_why)
{
    (void)context, (void)ret_why;
    int r = accept(who, "ConfirmMode", arguments(NULL, NULL, NULL), ret_answer);
    json_object *usb = json_section(json_section(*ret_answer, "guards"), "usb");
    json_add_text(*ret_answer, "state", "installing");
    json_add_text(usb, "state", "installing");
    return r;
}

static int on_reload(void *context, const struct bus_person *who, json_object **ret_answer,
                     char **ret_why)
{
    (void)context, (void)ret_why;
    return accept(who, "Reload", arguments(NULL, NULL, NULL), ret_answer);
}

static int on_seal(void *context, const struct bus_person *who, const char *reason,
                   json_object **ret_answer, char **ret_why)
{
    const struct world *world = context;
    (void)ret_why;
    int r = accept(who, "Seal", arguments(reason, NULL, NULL), ret_answer);
    return r < 0 ? r : bus_server_alert(world->server, 417, "usb.blocked", "violation");
}

static int on_record(void *context, const struct bus_person *who, const char *kind,
                     const char *object, json_object *details, json_object **ret_answer,
                     char **ret_why)
{
    (void)context, (void)ret_why;
    return accept(who, "Record", arguments(kind, object, details), ret_answer);
}

static int on_get_alert(void *context, const struct bus_person *who, uint64_t sequence,
                        json_object **ret_answer, char **ret_why)
{
    (void)context, (void)ret_why;
    *ret_answer = json_object_new_object();
    json_add_number(*ret_answer, "sequence", sequence);
    json_add_number(*ret_answer, "uid", who->uid);
    json_add_bool(*ret_answer, "root", who->is_root);
    return 0;
}

static int on_list_alerts(void *context, const struct bus_person *who, uint64_t since,
                          json_object **ret_answer, char **ret_why)
{
    json_object *alert = NULL;
    int r = on_get_alert(context, who, since + 1, &alert, ret_why);
    *ret_answer = json_object_new_array();
    json_object_array_add(*ret_answer, alert);
    return r;
}

static int on_acknowledge(void *context, const struct bus_person *who, uint64_t sequence,
                          json_object **ret_answer, char **ret_why)
{
    (void)context, (void)ret_why;
    json_object *list = arguments(NULL, NULL, NULL);
    json_add_number(list, "number", sequence);
    return accept(who, "Acknowledge", list, ret_answer);
}

static int on_begin_erasure(void *context, const struct bus_person *who, json_object *details,
                            json_object **ret_answer, char **ret_why)
{
    (void)context, (void)ret_why;
    return accept(who, "BeginErasure", arguments(NULL, NULL, details), ret_answer);
}

static int on_end_erasure(void *context, const struct bus_person *who, const char *number,
                          json_object *details, json_object **ret_answer, char **ret_why)
{
    (void)context, (void)ret_why;
    return accept(who, "EndErasure", arguments(number, NULL, details), ret_answer);
}

static const struct bus_handlers handlers = {
    .begin_erasure = on_begin_erasure,
    .end_erasure = on_end_erasure,
    .get_alert = on_get_alert,
    .list_alerts = on_list_alerts,
    .acknowledge = on_acknowledge,
    .status = on_status,
    .list_devices = on_list_devices,
    .list_network = on_list_network,
    .allow = on_allow,
    .accept = on_accept,
    .forget = on_forget,
    .learn = on_learn,
    .set_mode = on_set_mode,
    .confirm_mode = on_confirm_mode,
    .reload = on_reload,
    .seal = on_seal,
    .record = on_record,
};

static int on_stop(sd_event_source *source, const struct signalfd_siginfo *info, void *userdata)
{
    (void)info, (void)userdata;
    return sd_event_exit(sd_event_source_get_event(source), 0);
}

static int run(struct world *world, sd_event *event, sd_bus *bus)
{
    sigset_t set;
    sigemptyset(&set);
    sigaddset(&set, SIGTERM);
    sigprocmask(SIG_BLOCK, &set, NULL);
    int r = sd_event_add_signal(event, NULL, SIGTERM, on_stop, NULL);
    if (r >= 0)
        r = sd_bus_attach_event(bus, event, 0);
    if (r >= 0)
        r = bus_server_new(bus, &handlers, world, &world->server);
    if (r < 0)
        return r;
    puts("ready");
    r = sd_event_loop(event);
    bus_server_free(world->server);
    return r;
}

int main(int argc, char *argv[])
{
    struct world world = {.degraded = argc > 1 && strcmp(argv[1], "--degraded") == 0};
    sd_event *event = NULL;
    sd_bus *bus = NULL;
    (void)setvbuf(stdout, NULL, _IOLBF, 0);
    int r = sd_event_new(&event);
    if (r >= 0)
        r = sd_bus_open_system(&bus);
    if (r >= 0)
        r = run(&world, event, bus);
    if (r < 0)
        fprintf(stderr, "fake-agent: %s\n", strerror(-r));
    sd_bus_flush_close_unref(bus);
    sd_event_unref(event);
    return r < 0;
}
