// SPDX-License-Identifier: GPL-3.0-or-later
// The object /org/sekisho/Agent1: its table of methods, properties and the signal. What is read is
// answered here; a change becomes a request.
#include "base/i18n.h"
#include "base/json.h"
#include "base/text.h"
#include "bus/bus.h"
#include "bus/request.h"

#include <errno.h>

struct bus_server {
    sd_bus *bus;
    sd_bus_slot *slot;
    const struct bus_handlers *handlers;
    void *context;
    struct request_queue *queue;
};

// To sd-bus, 0 from a handler means that the method does not exist.
static int answered(int r)
{
    return r < 0 ? r : 1;
}

static int on_change(sd_bus_message *message, void *userdata, sd_bus_error *error)
{
    struct bus_server *server = userdata;
    return answered(request_start(server->queue, message, error));
}

static int answer(struct bus_server *server, sd_bus_message *message,
                  int (*read)(void *context, json_object **ret_answer))
{
    CLEANUP_JSON json_object *answer = NULL;
    int r = read(server->context, &answer);
    return r < 0 ? r : answered(request_answer(message, answer));
}

static int on_status(sd_bus_message *message, void *userdata, sd_bus_error *error)
{
    struct bus_server *server = userdata;
    (void)error;
    return answer(server, message, server->handlers->status);
}

static int on_list_devices(sd_bus_message *message, void *userdata, sd_bus_error *error)
{
    struct bus_server *server = userdata;
    (void)error;
    return answer(server, message, server->handlers->list_devices);
}

static int on_list_network(sd_bus_message *message, void *userdata, sd_bus_error *error)
{
    struct bus_server *server = userdata;
    (void)error;
    return answer(server, message, server->handlers->list_network);
}

static int on_list_permits(sd_bus_message *message, void *userdata, sd_bus_error *error)
{
    struct bus_server *server = userdata;
    (void)error;
    return answer(server, message, server->handlers->list_permits);
}

static int on_get_alert(sd_bus_message *message, void *userdata, sd_bus_error *error)
{
    struct bus_server *server = userdata;
    return answered(request_read(message, server->handlers->get_alert, server->context, error));
}

static int on_list_alerts(sd_bus_message *message, void *userdata, sd_bus_error *error)
{
    struct bus_server *server = userdata;
    return answered(request_read(message, server->handlers->list_alerts, server->context, error));
}

static int on_list_requests(sd_bus_message *message, void *userdata, sd_bus_error *error)
{
    struct bus_server *server = userdata;
    return answered(request_read(message, server->handlers->list_requests, server->context, error));
}

static int on_list_incidents(sd_bus_message *message, void *userdata, sd_bus_error *error)
{
    struct bus_server *server = userdata;
    return answered(
        request_read(message, server->handlers->list_incidents, server->context, error));
}

static int on_get_incident(sd_bus_message *message, void *userdata, sd_bus_error *error)
{
    struct bus_server *server = userdata;
    return answered(request_read(message, server->handlers->get_incident, server->context, error));
}

static int get_mode(sd_bus *bus, const char *path, const char *interface, const char *property,
                    sd_bus_message *reply, void *userdata, sd_bus_error *error)
{
    (void)bus, (void)path, (void)interface, (void)property, (void)error;
    struct bus_server *server = userdata;
    CLEANUP_JSON json_object *status = NULL;
    int r = server->handlers->status(server->context, &status);
    if (r < 0)
        return r;
    const char *mode = json_get_text(json_get(status, "mode"), "usb");
    return sd_bus_message_append(reply, "s", mode ? mode : "");
}

static int get_version(sd_bus *bus, const char *path, const char *interface, const char *property,
                       sd_bus_message *reply, void *userdata, sd_bus_error *error)
{
    (void)bus, (void)path, (void)interface, (void)property, (void)userdata, (void)error;
    return sd_bus_message_append(reply, "s", SEKISHO_VERSION);
}

// org.sekisho.Agent1.xml tells what each of them means. Every caller may knock ("unprivileged"):
// who may change something is polkit's to say, not the bus's.
#define METHOD SD_BUS_METHOD_WITH_ARGS
#define ANSWER SD_BUS_RESULT("a{sv}", answer)
#define ANYBODY SD_BUS_VTABLE_UNPRIVILEGED
static const sd_bus_vtable vtable[] = {
    SD_BUS_VTABLE_START(0),
    SD_BUS_PROPERTY("Version", "s", get_version, 0, SD_BUS_VTABLE_PROPERTY_CONST),
    SD_BUS_PROPERTY("Mode", "s", get_mode, 0, 0),
    METHOD("Status", SD_BUS_NO_ARGS, SD_BUS_RESULT("a{sv}", status), on_status, ANYBODY),
    METHOD("ListDevices", SD_BUS_NO_ARGS, SD_BUS_RESULT("av", devices), on_list_devices, ANYBODY),
    METHOD("ListNetwork", SD_BUS_NO_ARGS, SD_BUS_RESULT("a{sv}", network), on_list_network,
           ANYBODY),
    METHOD("ListPermits", SD_BUS_NO_ARGS, SD_BUS_RESULT("av", permits), on_list_permits, ANYBODY),
    METHOD("Allow", SD_BUS_ARGS("s", device, "a{sv}", options), ANSWER, on_change, ANYBODY),
    METHOD("Accept", SD_BUS_ARGS("s", device), ANSWER, on_change, ANYBODY),
    METHOD("Forget", SD_BUS_ARGS("s", device), ANSWER, on_change, ANYBODY),
    METHOD("Learn", SD_BUS_NO_ARGS, ANSWER, on_change, ANYBODY),
    METHOD("GrantPermit", SD_BUS_ARGS("s", permit, "a{sv}", terms), ANSWER, on_change, ANYBODY),
    METHOD("EndPermit", SD_BUS_ARGS("s", which), ANSWER, on_change, ANYBODY),
    METHOD("AddRecord", SD_BUS_ARGS("s", name, "a{sv}", fields), ANSWER, on_change, ANYBODY),
    METHOD("EndRecord", SD_BUS_ARGS("s", name, "s", number, "a{sv}", fields), ANSWER, on_change,
           ANYBODY),
    METHOD("ListRecords", SD_BUS_ARGS("s", name), SD_BUS_RESULT("av", records), on_change, ANYBODY),
    METHOD("AddOperator", SD_BUS_ARGS("s", login, "a{sv}", terms), ANSWER, on_change, ANYBODY),
    METHOD("ChangeOperator", SD_BUS_ARGS("s", login, "a{sv}", terms), ANSWER, on_change, ANYBODY),
    METHOD("TrainOperator", SD_BUS_ARGS("s", login, "a{sv}", terms), ANSWER, on_change, ANYBODY),
    METHOD("RemoveOperator", SD_BUS_ARGS("s", login, "a{sv}", terms), ANSWER, on_change, ANYBODY),
    METHOD("ListOperators", SD_BUS_NO_ARGS, SD_BUS_RESULT("av", operators), on_change, ANYBODY),
    METHOD("SetMode", SD_BUS_ARGS("s", guard, "s", mode, "b", unattended), ANSWER, on_change,
           ANYBODY),
    METHOD("ConfirmMode", SD_BUS_NO_ARGS, ANSWER, on_change, ANYBODY),
    METHOD("Reload", SD_BUS_NO_ARGS, ANSWER, on_change, ANYBODY),
    METHOD("Seal", SD_BUS_ARGS("s", reason), ANSWER, on_change, ANYBODY),
    METHOD("Record", SD_BUS_ARGS("s", kind, "s", object, "a{sv}", details), ANSWER, on_change,
           ANYBODY),
    METHOD("GetAlert", SD_BUS_ARGS("t", sequence), SD_BUS_RESULT("a{sv}", alert), on_get_alert,
           ANYBODY),
    METHOD("ListAlerts", SD_BUS_ARGS("t", since), SD_BUS_RESULT("av", alerts), on_list_alerts,
           ANYBODY),
    METHOD("Acknowledge", SD_BUS_ARGS("t", sequence), ANSWER, on_change, ANYBODY),
    METHOD("MakeRequest", SD_BUS_ARGS("s", what, "a{sv}", terms), ANSWER, on_change, ANYBODY),
    METHOD("ApproveRequest", SD_BUS_ARGS("s", number, "a{sv}", options), ANSWER, on_change,
           ANYBODY),
    METHOD("RefuseRequest", SD_BUS_ARGS("s", number, "s", reason), ANSWER, on_change, ANYBODY),
    METHOD("WithdrawRequest", SD_BUS_ARGS("s", number), ANSWER, on_change, ANYBODY),
    METHOD("ListRequests", SD_BUS_ARGS("t", number), SD_BUS_RESULT("av", requests),
           on_list_requests, ANYBODY),
    METHOD("TakeOut", SD_BUS_ARGS("a{sv}", fields), ANSWER, on_change, ANYBODY),
    METHOD("BringBack", SD_BUS_ARGS("s", number, "a{sv}", fields), ANSWER, on_change, ANYBODY),
    METHOD("BeginErasure", SD_BUS_ARGS("a{sv}", details), ANSWER, on_change, ANYBODY),
    METHOD("EndErasure", SD_BUS_ARGS("s", number, "a{sv}", details), ANSWER, on_change, ANYBODY),
    METHOD("Prune", SD_BUS_ARGS("a{sv}", options), ANSWER, on_change, ANYBODY),
    METHOD("Enrol", SD_BUS_ARGS("s", step, "a{sv}", details), ANSWER, on_change, ANYBODY),
    METHOD("OpenIncident", SD_BUS_ARGS("a{sv}", fields), ANSWER, on_change, ANYBODY),
    METHOD("AcknowledgeIncident", SD_BUS_ARGS("s", number), ANSWER, on_change, ANYBODY),
    METHOD("NoteIncident", SD_BUS_ARGS("s", number, "s", text), ANSWER, on_change, ANYBODY),
    METHOD("ReportIncident", SD_BUS_ARGS("s", number, "s", stage, "a{sv}", fields), ANSWER,
           on_change, ANYBODY),
    METHOD("CloseIncident", SD_BUS_ARGS("s", number, "a{sv}", fields), ANSWER, on_change, ANYBODY),
    METHOD("ListIncidents", SD_BUS_ARGS("t", since), SD_BUS_RESULT("av", incidents),
           on_list_incidents, ANYBODY),
    METHOD("GetIncident", SD_BUS_ARGS("t", number), SD_BUS_RESULT("a{sv}", incident),
           on_get_incident, ANYBODY),
    SD_BUS_SIGNAL_WITH_ARGS("Alert", SD_BUS_ARGS("t", sequence, "s", kind, "s", severity), 0),
    SD_BUS_VTABLE_END,
};

json_object *bus_answer_number(uint64_t number)
{
    json_object *answer = json_object_new_object();
    json_add_number(answer, "number", number);
    return answer;
}

void bus_server_free(struct bus_server *server)
{
    if (!server)
        return;
    request_queue_free(server->queue);
    sd_bus_slot_unref(server->slot);
    if (server->bus)
        (void)sd_bus_release_name(server->bus, BUS_NAME); // it goes with the connection anyway
    sd_bus_unref(server->bus);
    free(server);
}

int bus_server_new(sd_bus *bus, const struct bus_handlers *handlers, void *context,
                   struct bus_server **ret)
{
    CLEANUP(bus_server_free_p) struct bus_server *server = calloc(1, sizeof *server);
    if (!server)
        return -ENOMEM;
    server->handlers = handlers;
    server->context = context;
    int r = request_queue_new(bus, handlers, context, &server->queue);
    if (r < 0)
        return r;
    r = sd_bus_add_object_vtable(bus, &server->slot, BUS_PATH, BUS_NAME, vtable, server);
    if (r < 0)
        return r;
    r = sd_bus_request_name(bus, BUS_NAME, 0);
    if (r < 0)
        return r;
    server->bus = sd_bus_ref(bus);
    *ret = TAKE_PTR(server);
    return 0;
}

int bus_server_alert(struct bus_server *server, uint64_t sequence, const char *kind,
                     const char *severity)
{
    int r = sd_bus_emit_signal(server->bus, BUS_PATH, BUS_NAME, "Alert", "tss", sequence, kind,
                               severity);
    return r < 0 ? r : 0;
}
