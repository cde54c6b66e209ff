// SPDX-License-Identifier: GPL-3.0-or-later
// Follows org.sekisho.Agent1, and logind for the moment when somebody is back.
#include "notify/agent.h"

#include "base/i18n.h"
#include "base/log.h"
#include "base/moment.h"
#include "base/text.h"
#include "bus/bus.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>

#define DRIVER "org.freedesktop.DBus"
#define LOGIND "org.freedesktop.login1"
#define LOGIND_SESSION LOGIND ".Session"
#define BETWEEN_LISTS_US (UINT64_C(500) * 1000)
#define AGAIN_US (UINT64_C(10) * 1000 * 1000) // after a list that did not come
#define ANSWER_WITHIN_US (UINT64_C(20) * 1000 * 1000)
#define DECIDE_WITHIN_US (UINT64_C(150) * 1000 * 1000) // somebody types a password

struct agent_link {
    sd_bus *bus;
    sd_event *event;
    struct agent_events events;
    sd_bus_slot *alerts, *owners, *logind;
    sd_bus_slot *listing, *answering, *asking, *deciding; // calls that are not answered yet
    sd_event_source *timer;                               // asks for the list
    uint64_t asked_us;    // when it was asked for last, CLOCK_MONOTONIC
    bool again;           // something happened meanwhile
    char *owner;          // of the agent's name, as root; NULL: nobody
    char *cause;          // of the alert that is being answered
    char *asking_cause;   // of that which led to a request
    char *deciding_cause; // of the request that is being decided
};

static void message_unref_p(sd_bus_message **message)
{
    sd_bus_message_unref(*message);
}

static void creds_unref_p(sd_bus_creds **creds)
{
    sd_bus_creds_unref(*creds);
}

// ---- Whom to believe ---------------------------------------------------------------------------

// The process that owns `name` as root; NULL if there is none.
static char *find_root_owner(sd_bus *bus, const char *name)
{
    CLEANUP(creds_unref_p) sd_bus_creds *creds = NULL;
    const char *owner;
    uid_t euid;
    if (sd_bus_get_name_creds(bus, name, SD_BUS_CREDS_UNIQUE_NAME | SD_BUS_CREDS_EUID, &creds) <
            0 ||
        sd_bus_creds_get_unique_name(creds, &owner) < 0)
        return NULL;
    if (sd_bus_creds_get_euid(creds, &euid) < 0 || euid != 0) {
        log_warning("%s is owned by somebody who is not root; it is not believed", name);
        return NULL;
    }
    return text_dup(owner);
}

static void find_agent(struct agent_link *link)
{
    free(link->owner);
    link->owner = find_root_owner(link->bus, BUS_NAME);
    if (link->owner)
        agent_link_refresh(link);
}

static int on_owner(sd_bus_message *message, void *userdata, sd_bus_error *error)
{
    (void)error;
    if (text_equal(sd_bus_message_get_sender(message), DRIVER))
        find_agent(userdata);
    return 0;
}

static int on_alert(sd_bus_message *message, void *userdata, sd_bus_error *error)
{
    struct agent_link *link = userdata;
    (void)error;
    if (link->owner && text_equal(sd_bus_message_get_sender(message), link->owner))
        agent_link_refresh(link);
    return 0;
}

// ---- The list ----------------------------------------------------------------------------------

static void ask_in(struct agent_link *link, uint64_t us)
{
    int r = sd_event_source_set_time_relative(link->timer, us);
    if (r >= 0)
        r = sd_event_source_set_enabled(link->timer, SD_EVENT_ONESHOT);
    if (r < 0)
        log_error("cannot set a timer: %s; alerts come with the next one", strerror(-r));
}

static int on_list(sd_bus_message *message, void *userdata, sd_bus_error *error)
{
    struct agent_link *link = userdata;
    CLEANUP_JSON json_object *list = NULL;
    (void)error;
    link->listing = sd_bus_slot_unref(link->listing);
    bool is_list = !sd_bus_message_is_method_error(message, NULL) && link->owner &&
                   text_equal(sd_bus_message_get_sender(message), link->owner) &&
                   bus_read_json(message, &list) == 0 && json_object_is_type(list, json_type_array);
    if (is_list)
        link->events.listed(link->events.context, list);
    if (link->again)
        ask_in(link, BETWEEN_LISTS_US);
    else if (!is_list && link->owner)
        ask_in(link, AGAIN_US);
    link->again = false;
    return 0;
}

static int ask_list(struct agent_link *link)
{
    CLEANUP(message_unref_p) sd_bus_message *message = NULL;
    int r = sd_bus_message_new_method_call(link->bus, &message, BUS_NAME, BUS_PATH, BUS_NAME,
                                           "ListAlerts");
    if (r >= 0)
        r = sd_bus_message_set_auto_start(message, false);
    if (r >= 0)
        r = sd_bus_message_append(message, "t", UINT64_C(0));
    if (r >= 0)
        r = sd_bus_call_async(link->bus, &link->listing, message, on_list, link, ANSWER_WITHIN_US);
    return r < 0 ? r : 0;
}

static int on_time(sd_event_source *source, uint64_t now_us, void *context)
{
    struct agent_link *link = context;
    (void)source;
    if (link->listing || !link->owner)
        return 0;
    link->asked_us = now_us;
    int r = ask_list(link);
    if (r < 0)
        ask_in(link, AGAIN_US);
    return 0;
}

void agent_link_refresh(struct agent_link *link)
{
    uint64_t now_us = 0;
    if (link->listing) {
        link->again = true;
        return;
    }
    (void)sd_event_now(link->event, CLOCK_MONOTONIC, &now_us);
    bool is_early = link->asked_us > 0 && now_us < link->asked_us + BETWEEN_LISTS_US;
    ask_in(link, is_early ? link->asked_us + BETWEEN_LISTS_US - now_us : 0);
}

// ---- The answer --------------------------------------------------------------------------------

static int on_answered(sd_bus_message *message, void *userdata, sd_bus_error *error)
{
    struct agent_link *link = userdata;
    CLEANUP_FREE char *cause = TAKE_PTR(link->cause);
    const sd_bus_error *failure = sd_bus_message_get_error(message);
    (void)error;
    link->answering = sd_bus_slot_unref(link->answering);
    if (failure && failure->message) {
        CLEANUP_FREE char *why = text_printable(failure->message);
        log_warning("an answer was not recorded: %s", why ? why : "?");
    }
    link->events.answered(link->events.context, cause, failure ? -EIO : 0);
    return 0;
}

int agent_link_answer(struct agent_link *link, const char *cause, uint64_t sequence)
{
    if (link->answering)
        return -EBUSY;
    int r = text_set(&link->cause, cause);
    if (r < 0)
        return r;
    r = sd_bus_call_method_async(link->bus, &link->answering, BUS_NAME, BUS_PATH, BUS_NAME,
                                 "Acknowledge", on_answered, link, "t", sequence);
    return r < 0 ? r : 0;
}

// ---- A request ---------------------------------------------------------------------------------

// The sentence of the agent is in English; what stands behind a line break are names.
static char *read_why(const sd_bus_error *failure)
{
    CLEANUP_FREE char *copy = text_dup(failure->message ? failure->message : "");
    if (!copy)
        return NULL;
    char *rest = strchr(copy, '\n');
    if (rest)
        *rest++ = '\0';
    CLEANUP_FREE char *text =
        text_format("%s%s%s", copy[0] ? _(copy) : "", rest ? " " : "", rest ? rest : "");
    return text ? text_printable(text) : NULL;
}

// Whatever a person wanted of the agent has come to: it is told to whom it concerns.
static void tell_outcome(const struct agent_link *link, sd_bus_message *message, const char *cause,
                         void (*tell)(void *context, const char *cause, const char *why))
{
    const sd_bus_error *failure = sd_bus_message_get_error(message);
    CLEANUP_FREE char *why = failure ? read_why(failure) : NULL;
    if (failure)
        log_warning("the agent did not do it: %s", why ? why : "?");
    tell(link->events.context, cause, failure && !why ? "" : why);
}

static int on_asked(sd_bus_message *message, void *userdata, sd_bus_error *error)
{
    struct agent_link *link = userdata;
    CLEANUP_FREE char *cause = TAKE_PTR(link->asking_cause);
    (void)error;
    link->asking = sd_bus_slot_unref(link->asking);
    tell_outcome(link, message, cause, link->events.asked);
    return 0;
}

int agent_link_ask(struct agent_link *link, const char *cause, json_object *terms)
{
    CLEANUP(message_unref_p) sd_bus_message *message = NULL;
    if (link->asking)
        return -EBUSY;
    int r = text_set(&link->asking_cause, cause);
    if (r == 0)
        r = sd_bus_message_new_method_call(link->bus, &message, BUS_NAME, BUS_PATH, BUS_NAME,
                                           "MakeRequest");
    if (r >= 0)
        r = sd_bus_message_append(message, "s", "device");
    if (r >= 0)
        r = bus_append_json(message, terms);
    if (r >= 0)
        r = sd_bus_call_async(link->bus, &link->asking, message, on_asked, link, ANSWER_WITHIN_US);
    return r < 0 ? r : 0;
}

// ---- A decision --------------------------------------------------------------------------------

static int on_decided(sd_bus_message *message, void *userdata, sd_bus_error *error)
{
    struct agent_link *link = userdata;
    CLEANUP_FREE char *cause = TAKE_PTR(link->deciding_cause);
    (void)error;
    link->deciding = sd_bus_slot_unref(link->deciding);
    tell_outcome(link, message, cause, link->events.decided);
    return 0;
}

static int append_decision(sd_bus_message *message, uint64_t number, bool approve)
{
    CLEANUP_FREE char *text = text_format("%" PRIu64, number);
    CLEANUP_JSON json_object *options = json_object_new_object();
    int r = text ? sd_bus_message_append(message, "s", text) : -ENOMEM;
    if (r < 0)
        return r;
    return approve ? bus_append_json(message, options) : sd_bus_message_append(message, "s", "");
}

int agent_link_decide(struct agent_link *link, const char *cause, uint64_t number, bool approve)
{
    CLEANUP(message_unref_p) sd_bus_message *message = NULL;
    if (link->deciding)
        return -EBUSY;
    int r = text_set(&link->deciding_cause, cause);
    if (r == 0)
        r = sd_bus_message_new_method_call(link->bus, &message, BUS_NAME, BUS_PATH, BUS_NAME,
                                           approve ? "ApproveRequest" : "RefuseRequest");
    if (r >= 0)
        r = sd_bus_message_set_allow_interactive_authorization(message, true);
    if (r >= 0)
        r = append_decision(message, number, approve);
    if (r >= 0)
        r = sd_bus_call_async(link->bus, &link->deciding, message, on_decided, link,
                              DECIDE_WITHIN_US);
    return r < 0 ? r : 0;
}

// ---- Somebody is back --------------------------------------------------------------------------

static bool says_unlocked(sd_bus_message *message)
{
    CLEANUP_JSON json_object *changed = NULL;
    const char *interface;
    if (sd_bus_message_is_signal(message, LOGIND_SESSION, "Unlock") > 0)
        return true;
    if (sd_bus_message_is_signal(message, DRIVER ".Properties", "PropertiesChanged") <= 0 ||
        sd_bus_message_read(message, "s", &interface) <= 0 ||
        !text_equal(interface, LOGIND_SESSION) || bus_read_json(message, &changed) < 0)
        return false;
    return json_get(changed, "LockedHint") && !json_get_bool(changed, "LockedHint");
}

static int on_logind(sd_bus_message *message, void *userdata, sd_bus_error *error)
{
    struct agent_link *link = userdata;
    (void)error;
    if (!says_unlocked(message))
        return 0;
    CLEANUP_FREE char *owner = find_root_owner(link->bus, LOGIND);
    if (owner && text_equal(sd_bus_message_get_sender(message), owner))
        link->events.unlocked(link->events.context);
    return 0;
}

// ---- Life --------------------------------------------------------------------------------------

void agent_link_free(struct agent_link *link)
{
    if (!link)
        return;
    sd_bus_slot_unref(link->alerts);
    sd_bus_slot_unref(link->owners);
    sd_bus_slot_unref(link->logind);
    sd_bus_slot_unref(link->listing);
    sd_bus_slot_unref(link->answering);
    sd_bus_slot_unref(link->asking);
    sd_bus_slot_unref(link->deciding);
    sd_event_source_disable_unref(link->timer);
    free(link->owner);
    free(link->cause);
    free(link->asking_cause);
    free(link->deciding_cause);
    free(link);
}

static int follow(struct agent_link *link)
{
    int r = sd_bus_add_match_async(link->bus, &link->alerts,
                                   "type='signal',sender='" BUS_NAME "',interface='" BUS_NAME
                                   "',member='Alert',path='" BUS_PATH "'",
                                   on_alert, NULL, link);
    if (r >= 0)
        r = sd_bus_add_match_async(link->bus, &link->owners,
                                   "type='signal',sender='" DRIVER
                                   "',member='NameOwnerChanged',arg0='" BUS_NAME "'",
                                   on_owner, NULL, link);
    if (r >= 0)
        r = sd_bus_add_match_async(link->bus, &link->logind,
                                   "type='signal',sender='" LOGIND
                                   "',path_namespace='/org/freedesktop/login1/session'",
                                   on_logind, NULL, link);
    return r;
}

int agent_link_new(sd_bus *bus, sd_event *event, const struct agent_events *events,
                   struct agent_link **ret)
{
    CLEANUP(agent_link_free_p) struct agent_link *link = calloc(1, sizeof *link);
    if (!link)
        return -ENOMEM;
    link->bus = bus;
    link->event = event;
    link->events = *events;
    int r = sd_event_add_time(event, &link->timer, CLOCK_MONOTONIC, 0, 1000, on_time, link);
    if (r >= 0)
        r = sd_event_source_set_enabled(link->timer, SD_EVENT_OFF);
    if (r >= 0)
        r = follow(link);
    if (r < 0)
        return r;
    find_agent(link);
    *ret = TAKE_PTR(link);
    return 0;
}
