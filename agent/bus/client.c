// SPDX-License-Identifier: GPL-3.0-or-later
// The command line's side: one connection, one call, one answer.
#include "base/i18n.h"
#include "base/json.h"
#include "base/text.h"
#include "bus/bus.h"

#include <errno.h>
#include <stdarg.h>
#include <string.h>

// Longer than polkit may wait for a password (polkit.c), so that it is the daemon that says no.
#define ANSWER_WITHIN_US (UINT64_C(150) * 1000 * 1000)

struct call {
    sd_bus *bus;
    sd_bus_message *message;
};

static void call_clear(struct call *call)
{
    sd_bus_message_unref(call->message);
    sd_bus_flush_close_unref(call->bus);
}

static void message_unref_p(sd_bus_message **message)
{
    sd_bus_message_unref(*message);
}

// −ENOTCONN also if the whole bus is away: to whoever asks, that is the same.
static int connect_bus(sd_bus **ret)
{
    int r = sd_bus_open_system(ret);
    return r == -ENOENT || r == -ECONNREFUSED || r == -ENOMEDIUM ? -ENOTCONN : r;
}

static int call_start(struct call *call, const char *method)
{
    int r = connect_bus(&call->bus);
    if (r < 0)
        return r;
    r = sd_bus_message_new_method_call(call->bus, &call->message, BUS_NAME, BUS_PATH, BUS_NAME,
                                       method);
    if (r < 0)
        return r;
    // A dialog for the password is wanted only where somebody sits.
    return sd_bus_message_set_allow_interactive_authorization(call->message, isatty(STDIN_FILENO));
}

// The daemon's sentences are untranslated; what stands behind a line break is the same in every
// language.
static char *read_sentence(const char *text)
{
    const char *rest = strchr(text, '\n');
    CLEANUP_FREE char *sentence = rest ? strndup(text, (size_t)(rest - text)) : NULL;
    if (!rest)
        return text_printable(_(text));
    if (!sentence)
        return NULL;
    CLEANUP_FREE char *whole = text_format("%s %s", _(sentence), rest + 1);
    return whole ? text_printable(whole) : NULL;
}

// What a D-Bus error means, and its sentence.
static int read_error(const sd_bus_error *error, int r, char **ret_why)
{
    static const char *const absent[] = {SD_BUS_ERROR_SERVICE_UNKNOWN,
                                         SD_BUS_ERROR_NAME_HAS_NO_OWNER, SD_BUS_ERROR_DISCONNECTED};
    for (size_t i = 0; i < ELEMENTS(absent); i++)
        if (sd_bus_error_has_name(error, absent[i]))
            r = -ENOTCONN;
    *ret_why = error->message && error->message[0] ? read_sentence(error->message)
                                                   : text_printable(strerror(-r));
    return r;
}

static int call_send(struct call *call, json_object **ret_answer, char **ret_why)
{
    sd_bus_error error = SD_BUS_ERROR_NULL;
    CLEANUP(message_unref_p) sd_bus_message *reply = NULL;
    int r = sd_bus_call(call->bus, call->message, ANSWER_WITHIN_US, &error, &reply);
    if (r < 0)
        r = read_error(&error, r, ret_why);
    else
        r = bus_read_json(reply, ret_answer);
    sd_bus_error_free(&error);
    return r;
}

// `arguments`: a letter each: s text, b truth, t number, J document (NULL: an empty one); q takes
// none: nobody is asked for a password.
static int append_arguments(sd_bus_message *message, const char *arguments, va_list list)
{
    int r = 0;
    for (const char *a = arguments; *a && r >= 0; a++) {
        if (*a == 's') {
            r = sd_bus_message_append(message, "s", va_arg(list, const char *));
        } else if (*a == 'b') {
            r = sd_bus_message_append(message, "b", va_arg(list, int));
        } else if (*a == 't') {
            r = sd_bus_message_append(message, "t", va_arg(list, uint64_t));
        } else if (*a == 'q') {
            r = sd_bus_message_set_allow_interactive_authorization(message, false);
        } else {
            json_object *document = va_arg(list, json_object *);
            CLEANUP_JSON json_object *empty = document ? NULL : json_object_new_object();
            r = bus_append_json(message, document ? document : empty);
        }
    }
    return r;
}

static int call_method(json_object **ret_answer, char **ret_why, const char *method,
                       const char *arguments, ...)
{
    CLEANUP(call_clear) struct call call = {0};
    CLEANUP_FREE char *why = NULL;
    va_list list;

    int r = call_start(&call, method);
    if (r >= 0) {
        va_start(list, arguments);
        r = append_arguments(call.message, arguments, list);
        va_end(list);
    }
    if (r >= 0)
        r = call_send(&call, ret_answer, &why);
    if (r >= 0)
        return 0;
    *ret_why = why ? TAKE_PTR(why) : strdup(strerror(-r));
    return r;
}

int bus_call_status(json_object **ret_answer, char **ret_why)
{
    return call_method(ret_answer, ret_why, "Status", "");
}

int bus_call_list_devices(json_object **ret_answer, char **ret_why)
{
    return call_method(ret_answer, ret_why, "ListDevices", "");
}

int bus_call_list_network(json_object **ret_answer, char **ret_why)
{
    return call_method(ret_answer, ret_why, "ListNetwork", "");
}

int bus_call_list_permits(json_object **ret_answer, char **ret_why)
{
    return call_method(ret_answer, ret_why, "ListPermits", "");
}

int bus_call_allow(const char *device, json_object *options, json_object **ret_answer,
                   char **ret_why)
{
    return call_method(ret_answer, ret_why, "Allow", "sJ", device, options);
}

int bus_call_accept(const char *device, json_object **ret_answer, char **ret_why)
{
    return call_method(ret_answer, ret_why, "Accept", "s", device);
}

int bus_call_forget(const char *device, json_object **ret_answer, char **ret_why)
{
    return call_method(ret_answer, ret_why, "Forget", "s", device);
}

int bus_call_learn(json_object **ret_answer, char **ret_why)
{
    return call_method(ret_answer, ret_why, "Learn", "");
}

int bus_call_grant_permit(const char *permit, json_object *terms, json_object **ret_answer,
                          char **ret_why)
{
    return call_method(ret_answer, ret_why, "GrantPermit", "sJ", permit, terms);
}

int bus_call_end_permit(const char *which, json_object **ret_answer, char **ret_why)
{
    return call_method(ret_answer, ret_why, "EndPermit", "s", which);
}

int bus_call_add_record(const char *name, json_object *fields, json_object **ret_answer,
                        char **ret_why)
{
    return call_method(ret_answer, ret_why, "AddRecord", "sJ", name, fields);
}

int bus_call_end_record(const char *name, const char *number, json_object *fields,
                        json_object **ret_answer, char **ret_why)
{
    return call_method(ret_answer, ret_why, "EndRecord", "ssJ", name, number, fields);
}

int bus_call_list_records(const char *name, json_object **ret_answer, char **ret_why)
{
    return call_method(ret_answer, ret_why, "ListRecords", "s", name);
}

int bus_call_see_records(json_object **ret_answer, char **ret_why)
{
    return call_method(ret_answer, ret_why, "ListRecords", "sq", "");
}

int bus_call_change_operator(const char *method, const char *login, json_object *terms,
                             json_object **ret_answer, char **ret_why)
{
    return call_method(ret_answer, ret_why, method, "sJ", login, terms);
}

int bus_call_list_operators(json_object **ret_answer, char **ret_why)
{
    return call_method(ret_answer, ret_why, "ListOperators", "");
}

int bus_call_see_operators(json_object **ret_answer, char **ret_why)
{
    return call_method(ret_answer, ret_why, "ListOperators", "q");
}

int bus_call_make_request(const char *what, json_object *terms, json_object **ret_answer,
                          char **ret_why)
{
    return call_method(ret_answer, ret_why, "MakeRequest", "sJ", what, terms);
}

int bus_call_approve_request(const char *number, json_object *options, json_object **ret_answer,
                             char **ret_why)
{
    return call_method(ret_answer, ret_why, "ApproveRequest", "sJ", number, options);
}

int bus_call_refuse_request(const char *number, const char *reason, json_object **ret_answer,
                            char **ret_why)
{
    return call_method(ret_answer, ret_why, "RefuseRequest", "ss", number, reason);
}

int bus_call_withdraw_request(const char *number, json_object **ret_answer, char **ret_why)
{
    return call_method(ret_answer, ret_why, "WithdrawRequest", "s", number);
}

int bus_call_list_requests(uint64_t number, json_object **ret_answer, char **ret_why)
{
    return call_method(ret_answer, ret_why, "ListRequests", "t", number);
}

int bus_call_take_out(json_object *fields, json_object **ret_answer, char **ret_why)
{
    return call_method(ret_answer, ret_why, "TakeOut", "J", fields);
}

int bus_call_bring_back(const char *number, json_object *fields, json_object **ret_answer,
                        char **ret_why)
{
    return call_method(ret_answer, ret_why, "BringBack", "sJ", number, fields);
}

int bus_call_set_mode(const char *guard, const char *mode, bool unattended,
                      json_object **ret_answer, char **ret_why)
{
    return call_method(ret_answer, ret_why, "SetMode", "ssb", guard, mode, (int)unattended);
}

int bus_call_confirm_mode(json_object **ret_answer, char **ret_why)
{
    return call_method(ret_answer, ret_why, "ConfirmMode", "");
}

int bus_call_reload(json_object **ret_answer, char **ret_why)
{
    return call_method(ret_answer, ret_why, "Reload", "");
}

int bus_call_seal(const char *reason, json_object **ret_answer, char **ret_why)
{
    return call_method(ret_answer, ret_why, "Seal", "s", reason);
}

int bus_call_record(const char *kind, const char *object, json_object *details,
                    json_object **ret_answer, char **ret_why)
{
    return call_method(ret_answer, ret_why, "Record", "ssJ", kind, object, details);
}

int bus_call_begin_erasure(json_object *details, json_object **ret_answer, char **ret_why)
{
    return call_method(ret_answer, ret_why, "BeginErasure", "J", details);
}

int bus_call_end_erasure(const char *number, json_object *details, json_object **ret_answer,
                         char **ret_why)
{
    return call_method(ret_answer, ret_why, "EndErasure", "sJ", number, details);
}

int bus_call_enrol(const char *step, json_object *details, json_object **ret_answer, char **ret_why)
{
    return call_method(ret_answer, ret_why, "Enrol", "sJ", step, details);
}

int bus_call_prune(json_object *options, json_object **ret_answer, char **ret_why)
{
    return call_method(ret_answer, ret_why, "Prune", "J", options);
}

int bus_call_open_incident(json_object *fields, json_object **ret_answer, char **ret_why)
{
    return call_method(ret_answer, ret_why, "OpenIncident", "J", fields);
}

int bus_call_acknowledge_incident(const char *number, json_object **ret_answer, char **ret_why)
{
    return call_method(ret_answer, ret_why, "AcknowledgeIncident", "s", number);
}

int bus_call_note_incident(const char *number, const char *text, json_object **ret_answer,
                           char **ret_why)
{
    return call_method(ret_answer, ret_why, "NoteIncident", "ss", number, text);
}

int bus_call_report_incident(const char *number, const char *stage, json_object *fields,
                             json_object **ret_answer, char **ret_why)
{
    return call_method(ret_answer, ret_why, "ReportIncident", "ssJ", number, stage, fields);
}

int bus_call_close_incident(const char *number, json_object *fields, json_object **ret_answer,
                            char **ret_why)
{
    return call_method(ret_answer, ret_why, "CloseIncident", "sJ", number, fields);
}

int bus_call_list_incidents(uint64_t since, json_object **ret_answer, char **ret_why)
{
    return call_method(ret_answer, ret_why, "ListIncidents", "t", since);
}

int bus_call_get_incident(uint64_t number, json_object **ret_answer, char **ret_why)
{
    return call_method(ret_answer, ret_why, "GetIncident", "t", number);
}
