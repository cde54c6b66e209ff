// SPDX-License-Identifier: GPL-3.0-or-later
// Requests that wait for polkit, and what happens when it has answered.
#include "bus/request.h"

#include "base/i18n.h"
#include "base/json.h"
#include "base/text.h"
#include "bus/arguments.h"
#include "bus/method.h"
#include "bus/person.h"
#include "bus/polkit.h"

#include <assert.h>
#include <errno.h>
#include <string.h>

struct request {
    struct request_queue *queue;
    struct request *previous, *next;
    const struct method *method;
    sd_bus_message *message;
    struct arguments arguments;
    struct sender sender;
    char *from; // the sender's unique name: when it goes away, so does its request
    struct polkit_check *check;
};

struct request_queue {
    const struct bus_handlers *handlers;
    void *context;
    sd_bus_slot *departures; // of connections to the bus
    struct request *first;
    size_t n;
};

static void message_unref_p(sd_bus_message **message)
{
    sd_bus_message_unref(*message);
}

static void request_free(struct request *request)
{
    if (!request)
        return;
    polkit_check_free(request->check);
    free(request->from);
    sd_bus_message_unref(request->message);
    arguments_clear(&request->arguments);
    sender_clear(&request->sender);
    free(request);
}
DEFINE_CLEANUP(struct request, request_free)

static void link_request(struct request_queue *queue, struct request *request)
{
    request->next = queue->first;
    if (queue->first)
        queue->first->previous = request;
    queue->first = request;
    queue->n++;
}

static void drop_request(struct request *request)
{
    struct request_queue *queue = request->queue;
    if (request->next)
        request->next->previous = request->previous;
    if (request->previous)
        request->previous->next = request->next;
    else
        queue->first = request->next;
    queue->n--;
    request_free(request);
}

// A connection has ended: nobody is left to be answered.
static int on_departure(sd_bus_message *message, void *userdata, sd_bus_error *error)
{
    struct request_queue *queue = userdata;
    const char *name;
    (void)error;
    if (sd_bus_message_read(message, "s", &name) <= 0)
        return 0;
    for (struct request *r = queue->first, *next; r; r = next) {
        next = r->next;
        if (text_equal(r->from, name))
            drop_request(r);
    }
    return 0;
}

// One rule for all and for good. A rule for each request (sd_bus_track) is added without waiting,
// and where that fails, as it does when somebody floods the bus, sd-bus gives up the connection.
#define DEPARTURES                                                                                 \
    "type='signal',sender='org.freedesktop.DBus',path='/org/freedesktop/DBus',"                    \
    "interface='org.freedesktop.DBus',member='NameOwnerChanged',arg2=''"

int request_queue_new(sd_bus *bus, const struct bus_handlers *handlers, void *context,
                      struct request_queue **ret)
{
    CLEANUP(request_queue_free_p) struct request_queue *queue = calloc(1, sizeof *queue);
    if (!queue)
        return -ENOMEM;
    queue->handlers = handlers;
    queue->context = context;
    int r = sd_bus_add_match(bus, &queue->departures, DEPARTURES, on_departure, queue);
    if (r < 0)
        return r;
    *ret = TAKE_PTR(queue);
    return 0;
}

void request_queue_free(struct request_queue *queue)
{
    if (!queue)
        return;
    while (queue->first)
        drop_request(queue->first);
    sd_bus_slot_unref(queue->departures);
    free(queue);
}

static bool has_room(const struct request_queue *queue, uint32_t euid)
{
    size_t n = 0;
    for (const struct request *r = queue->first; r; r = r->next)
        n += r->sender.euid == euid;
    return queue->n < REQUESTS_MAX && n < REQUESTS_PER_UID_MAX;
}

// ---- The answer --------------------------------------------------------------------------------

int request_answer(sd_bus_message *message, json_object *answer)
{
    CLEANUP(message_unref_p) sd_bus_message *reply = NULL;
    int r = sd_bus_message_new_method_return(message, &reply);
    if (r < 0)
        return r;
    CLEANUP_JSON json_object *empty = answer ? NULL : json_object_new_object();
    r = bus_append_json(reply, answer ? answer : empty);
    if (r < 0)
        return r;
    r = sd_bus_message_send(reply);
    return r < 0 ? r : 0;
}

// The errno travels as the error's name and is the same again on the client's side.
static void refuse(sd_bus_message *message, int r, const char *why)
{
    // If this reply can't be sent either, the sender is gone or will run into its own time-out.
    (void)sd_bus_reply_method_errnof(message, r, "%s", why && why[0] ? why : strerror(-r));
}

static void perform(struct request *request)
{
    const struct method_call call = {.handlers = request->queue->handlers,
                                     .context = request->queue->context,
                                     .who = &request->sender.person,
                                     .arguments = &request->arguments};
    CLEANUP_JSON json_object *answer = NULL;
    CLEANUP_FREE char *why = NULL;
    int r = request->method->run(&call, &answer, &why);
    if (r == 0)
        r = request_answer(request->message, answer);
    if (r < 0)
        refuse(request->message, r, why);
}

static void on_polkit(void *context, int r, const char *why)
{
    struct request *request = context;
    if (r < 0)
        refuse(request->message, r, why);
    else
        perform(request);
    drop_request(request);
}

// ---- The question ------------------------------------------------------------------------------

static int refuse_argument(int r, sd_bus_error *error)
{
    if (r == -EINVAL)
        return sd_bus_error_set(error, SD_BUS_ERROR_INVALID_ARGS,
                                N_("an argument is not what this method takes"));
    if (r == -EMSGSIZE)
        return sd_bus_error_set(error, SD_BUS_ERROR_INVALID_ARGS, N_("an argument is too long"));
    return r;
}

static int refuse_sender(int r, sd_bus_error *error)
{
    if (r != -EACCES)
        return r;
    return sd_bus_error_set(
        error, SD_BUS_ERROR_ACCESS_DENIED,
        N_("a change is recorded with the person who makes it, and nobody is logged in behind this "
           "call (it comes from a service, a timer or a container); log in and do it from there"));
}

static int refuse_reader(int r, sd_bus_error *error)
{
    if (r != -EACCES)
        return r;
    return sd_bus_error_set(error, SD_BUS_ERROR_ACCESS_DENIED,
                            N_("alerts are shown to the persons whom they concern, and nobody is "
                               "logged in behind this call; see: sekisho log"));
}

int request_read(sd_bus_message *message,
                 int (*read)(void *context, const struct bus_person *who, uint64_t number,
                             json_object **ret_answer, char **ret_why),
                 void *context, sd_bus_error *error)
{
    CLEANUP(arguments_clear) struct arguments arguments = {0};
    CLEANUP(sender_clear) struct sender sender = {0};
    CLEANUP_JSON json_object *answer = NULL;
    CLEANUP_FREE char *why = NULL;
    int r = arguments_read(message, "t", &arguments);
    if (r < 0)
        return refuse_argument(r, error);
    r = sender_read(message, true, &sender);
    if (r < 0)
        return refuse_reader(r, error);
    r = read(context, &sender.person, arguments.number, &answer, &why);
    if (r == 0)
        return request_answer(message, answer);
    refuse(message, r, why);
    return 0;
}

static int ask_polkit(struct request *request)
{
    sd_bus_message *message = request->message;
    uint64_t cookie = 0;
    int r = sd_bus_message_get_cookie(message, &cookie);
    if (r < 0)
        return r;
    const struct polkit_question question = {
        .bus = sd_bus_message_get_bus(message),
        .sender = sd_bus_message_get_sender(message),
        .cookie = cookie,
        .euid = request->sender.euid,
        .action = request->method->action,
        .interactive = sd_bus_message_get_allow_interactive_authorization(message) > 0,
        .answer = on_polkit,
        .context = request,
    };
    return polkit_check_new(&question, &request->check);
}

static int prepare(struct request *request, sd_bus_error *error)
{
    int r = arguments_read(request->message, request->method->signature, &request->arguments);
    if (r < 0)
        return refuse_argument(r, error);
    r = sender_read(request->message, !request->method->reads, &request->sender);
    if (r < 0)
        return refuse_sender(r, error);
    if (!has_room(request->queue, request->sender.euid))
        return sd_bus_error_set(error, SD_BUS_ERROR_LIMITS_EXCEEDED,
                                N_("too many requests wait for a permission; try again later"));
    return text_set(&request->from, sd_bus_message_get_sender(request->message));
}

static bool is_free_to_read(const struct request *request)
{
    const struct request_queue *queue = request->queue;
    return request->method->reads &&
           queue->handlers->may_see_others(queue->context, &request->sender.person);
}

int request_start(struct request_queue *queue, sd_bus_message *message, sd_bus_error *error)
{
    CLEANUP(request_free_p) struct request *request = calloc(1, sizeof *request);
    if (!request)
        return -ENOMEM;
    request->queue = queue;
    request->method = method_find(sd_bus_message_get_member(message));
    assert(request->method);
    request->message = sd_bus_message_ref(message);
    int r = prepare(request, error);
    if (r < 0)
        return r;
    if (is_free_to_read(request)) {
        perform(request);
        return 0;
    }
    r = ask_polkit(request);
    if (r < 0)
        return r;
    link_request(queue, TAKE_PTR(request));
    return 0;
}
