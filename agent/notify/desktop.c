// SPDX-License-Identifier: GPL-3.0-or-later
// Calls never wait: a service that hangs costs a pop-up, not the notifier.
#include "notify/desktop.h"

#include "base/text.h"

#include <errno.h>
#include <string.h>

#define SERVICE "org.freedesktop.Notifications"
#define OBJECT "/org/freedesktop/Notifications"
#define DRIVER "org.freedesktop.DBus"
#define AS_LONG_AS_IT_LIVES UINT64_MAX // the bus tells when it does not
#define URGENCY_NORMAL 1
#define URGENCY_CRITICAL 2

struct desktop {
    sd_bus *bus;
    struct desktop_events events;
    sd_bus_slot *owners, *signals;
    sd_bus_slot *question, *showing; // calls that are not answered yet
    char *owner;                     // NULL: not there
    bool actions, markup;
};

static void message_unref_p(sd_bus_message **message)
{
    sd_bus_message_unref(*message);
}

// ---- Who it is, and what it can do -------------------------------------------------------------

static void read_capabilities(struct desktop *desktop, sd_bus_message *message)
{
    const char *word;
    desktop->actions = desktop->markup = false;
    if (sd_bus_message_enter_container(message, 'a', "s") < 0)
        return;
    while (sd_bus_message_read(message, "s", &word) > 0) {
        desktop->actions |= text_equal(word, "actions");
        desktop->markup |= text_equal(word, "body-markup");
    }
}

static int on_capabilities(sd_bus_message *message, void *userdata, sd_bus_error *error)
{
    struct desktop *desktop = userdata;
    (void)error;
    desktop->question = sd_bus_slot_unref(desktop->question);
    if (sd_bus_message_is_method_error(message, NULL))
        return 0; // nobody there: its name will be owned some time
    if (text_set(&desktop->owner, sd_bus_message_get_sender(message)) < 0)
        return -ENOMEM;
    read_capabilities(desktop, message);
    desktop->events.ready(desktop->events.context);
    return 0;
}

// Starts the service if the bus knows how to.
static int ask_capabilities(struct desktop *desktop)
{
    CLEANUP(message_unref_p) sd_bus_message *message = NULL;
    desktop->question = sd_bus_slot_unref(desktop->question);
    int r = sd_bus_message_new_method_call(desktop->bus, &message, SERVICE, OBJECT, SERVICE,
                                           "GetCapabilities");
    if (r >= 0)
        r = sd_bus_call_async(desktop->bus, &desktop->question, message, on_capabilities, desktop,
                              0); // starting may take long
    return r < 0 ? r : 0;
}

static void forget_owner(struct desktop *desktop)
{
    free(TAKE_PTR(desktop->owner));
    if (!desktop->showing)
        return;
    desktop->showing = sd_bus_slot_unref(desktop->showing);
    desktop->events.shown(desktop->events.context, 0);
}

static int on_owner(sd_bus_message *message, void *userdata, sd_bus_error *error)
{
    struct desktop *desktop = userdata;
    const char *name, *before, *now;
    (void)error;
    if (!text_equal(sd_bus_message_get_sender(message), DRIVER) ||
        sd_bus_message_read(message, "sss", &name, &before, &now) <= 0 ||
        !text_equal(name, SERVICE))
        return 0;
    if (text_equal(now, desktop->owner) && now[0])
        return 0; // it came because we asked
    forget_owner(desktop);
    return now[0] ? ask_capabilities(desktop) : 0;
}

// ---- What becomes of pop-ups -------------------------------------------------------------------

static int on_signal(sd_bus_message *message, void *userdata, sd_bus_error *error)
{
    struct desktop *desktop = userdata;
    uint32_t id, reason;
    const char *key;
    (void)error;
    if (!desktop->owner || !text_equal(sd_bus_message_get_sender(message), desktop->owner))
        return 0;
    if (sd_bus_message_is_signal(message, SERVICE, "NotificationClosed") > 0 &&
        sd_bus_message_read(message, "uu", &id, &reason) > 0)
        desktop->events.closed(desktop->events.context, id, reason);
    else if (sd_bus_message_is_signal(message, SERVICE, "ActionInvoked") > 0 &&
             sd_bus_message_read(message, "us", &id, &key) > 0)
        desktop->events.pressed(desktop->events.context, id, key);
    return 0;
}

static int on_shown(sd_bus_message *message, void *userdata, sd_bus_error *error)
{
    struct desktop *desktop = userdata;
    uint32_t id = 0;
    (void)error;
    desktop->showing = sd_bus_slot_unref(desktop->showing);
    if (sd_bus_message_is_method_error(message, NULL) ||
        sd_bus_message_read(message, "u", &id) <= 0)
        id = 0;
    desktop->events.shown(desktop->events.context, id);
    return 0;
}

// ---- Asking ------------------------------------------------------------------------------------

static int append_buttons(sd_bus_message *message, const struct desktop_note *note)
{
    int r = sd_bus_message_open_container(message, 'a', "s");
    for (size_t i = 0; r >= 0 && i < DESKTOP_BUTTONS_MAX && note->buttons[i].key; i++)
        r = sd_bus_message_append(message, "ss", note->buttons[i].key, note->buttons[i].label);
    return r < 0 ? r : sd_bus_message_close_container(message);
}

static int append_note(sd_bus_message *message, const struct desktop_note *note)
{
    int r = sd_bus_message_append(message, "susss", "sekisho", note->replaces,
                                  note->critical ? "security-high" : "dialog-warning", note->title,
                                  note->body);
    if (r >= 0)
        r = append_buttons(message, note);
    if (r >= 0)
        r = sd_bus_message_append(message, "a{sv}", 3, "urgency", "y",
                                  note->critical ? URGENCY_CRITICAL : URGENCY_NORMAL, "category",
                                  "s", "device.error", "desktop-entry", "s", "sekisho-notify");
    return r < 0 ? r : sd_bus_message_append(message, "i", note->critical ? 0 : -1);
}

int desktop_show(struct desktop *desktop, const struct desktop_note *note)
{
    CLEANUP(message_unref_p) sd_bus_message *message = NULL;
    int r =
        sd_bus_message_new_method_call(desktop->bus, &message, SERVICE, OBJECT, SERVICE, "Notify");
    if (r >= 0)
        r = append_note(message, note);
    if (r >= 0)
        // A busy service still shows what it was asked for: asked again it would show it twice, and
        // only the second could be answered.
        r = sd_bus_call_async(desktop->bus, &desktop->showing, message, on_shown, desktop,
                              AS_LONG_AS_IT_LIVES);
    return r < 0 ? r : 0;
}

void desktop_close(struct desktop *desktop, uint32_t id)
{
    // If that does not arrive, the pop-up stays until somebody closes it.
    (void)sd_bus_call_method_async(desktop->bus, NULL, SERVICE, OBJECT, SERVICE,
                                   "CloseNotification", NULL, NULL, "u", id);
}

const char *desktop_owner(const struct desktop *desktop)
{
    return desktop->owner;
}

bool desktop_has_actions(const struct desktop *desktop)
{
    return desktop->actions;
}

bool desktop_reads_markup(const struct desktop *desktop)
{
    return desktop->markup;
}

bool desktop_is_free(const struct desktop *desktop)
{
    return desktop->owner && !desktop->question && !desktop->showing;
}

// ---- Life --------------------------------------------------------------------------------------

void desktop_free(struct desktop *desktop)
{
    if (!desktop)
        return;
    sd_bus_slot_unref(desktop->owners);
    sd_bus_slot_unref(desktop->signals);
    sd_bus_slot_unref(desktop->question);
    sd_bus_slot_unref(desktop->showing);
    free(desktop->owner);
    free(desktop);
}

int desktop_new(sd_bus *bus, const struct desktop_events *events, struct desktop **ret)
{
    CLEANUP(desktop_free_p) struct desktop *desktop = calloc(1, sizeof *desktop);
    if (!desktop)
        return -ENOMEM;
    desktop->bus = bus;
    desktop->events = *events;
    int r = sd_bus_add_match_async(bus, &desktop->owners,
                                   "type='signal',sender='" DRIVER "',member='NameOwnerChanged',"
                                   "arg0='" SERVICE "'",
                                   on_owner, NULL, desktop);
    if (r >= 0)
        r = sd_bus_add_match_async(bus, &desktop->signals,
                                   "type='signal',interface='" SERVICE "',path='" OBJECT "'",
                                   on_signal, NULL, desktop);
    if (r >= 0)
        r = ask_capabilities(desktop);
    if (r < 0)
        return r;
    *ret = TAKE_PTR(desktop);
    return 0;
}
