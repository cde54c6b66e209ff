// SPDX-License-Identifier: GPL-3.0-or-later
// Is the screen locked? logind says so of the session in front (LockedHint), as far as its desktop
// tells logind; a desktop that does not leaves the screen "not locked". And who locks and unlocks:
// each change of that hint, of whichever person's session.
#include "watch/watch.h"

#include "base/text.h"

#include <errno.h>
#include <string.h>
#include <systemd/sd-bus.h>
#include <systemd/sd-login.h>

#define LOGIND "org.freedesktop.login1"
#define SESSIONS "/org/freedesktop/login1/session"
#define SEAT "seat0"

struct login_watch {
    struct watch_context context;
    sd_bus *bus; // NULL unless live, or without a system bus: then there is no logind either
    sd_bus_slot *changes, *question;
    char *session; // in front when logind was asked last; NULL: none, or it has not answered
};

static int put(struct login_watch *watch, bool locked)
{
    CLEANUP(fact_free_p) struct fact *fact = fact_new(FACT_SEEN_SCREEN);
    if (!fact)
        return -ENOMEM;
    int r = text_set(&fact->object, SEAT);
    if (r == 0)
        r = text_set(&fact->outcome, locked ? "locked" : "unlocked");
    if (r == 0)
        watch->context.sink.put(watch->context.sink.context, TAKE_PTR(fact));
    return r;
}

static void forget_session(struct login_watch *watch)
{
    free(TAKE_PTR(watch->session));
}

// A question that fails is asked again with the next change or snapshot.
static int on_answer(sd_bus_message *message, void *userdata, sd_bus_error *error)
{
    struct login_watch *watch = userdata;
    int locked;
    (void)error;
    if (sd_bus_message_is_method_error(message, NULL) ||
        sd_bus_message_read(message, "v", "b", &locked) < 0 || put(watch, locked) < 0)
        forget_session(watch);
    return 0;
}

static int ask(struct login_watch *watch)
{
    CLEANUP_FREE char *path = NULL;
    forget_session(watch);
    int r = sd_seat_get_active(SEAT, &watch->session, NULL);
    if (r < 0) // nobody has a session there
        return put(watch, false);
    r = sd_bus_path_encode(SESSIONS, watch->session, &path);
    watch->question = sd_bus_slot_unref(watch->question);
    if (r >= 0)
        r = sd_bus_call_method_async(watch->bus, &watch->question, LOGIND, path,
                                     "org.freedesktop.DBus.Properties", "Get", on_answer, watch,
                                     "ss", LOGIND ".Session", "LockedHint");
    if (r < 0)
        forget_session(watch);
    return r < 0 ? r : 0;
}

// ---- Changes -----------------------------------------------------------------------------------

// 1 if this is a change of a session's hint, and what it is now.
static int read_hint(sd_bus_message *message, int *ret_locked)
{
    const char *name;
    int r = sd_bus_message_read(message, "s", &name);
    if (r <= 0 || !text_equal(name, LOGIND ".Session"))
        return r < 0 ? r : 0;
    r = sd_bus_message_enter_container(message, 'a', "{sv}");
    while (r > 0 && (r = sd_bus_message_enter_container(message, 'e', "sv")) > 0) {
        r = sd_bus_message_read(message, "s", &name);
        if (r > 0 && text_equal(name, "LockedHint"))
            return sd_bus_message_read(message, "v", "b", ret_locked);
        if (r > 0)
            r = sd_bus_message_skip(message, "v");
        if (r >= 0)
            r = sd_bus_message_exit_container(message);
    }
    return r;
}

// As the object of login.*: "lightdm :0".
static char *name_session(const char *session)
{
    CLEANUP_FREE char *service = NULL;
    CLEANUP_FREE char *terminal = NULL;
    (void)sd_session_get_service(session, &service);
    if (sd_session_get_display(session, &terminal) < 0)
        (void)sd_session_get_tty(session, &terminal);
    CLEANUP_FREE char *name = text_format("%s%s%s", service ? service : "session",
                                          terminal ? " " : "", terminal ? terminal : "");
    return name ? text_escape(name, strlen(name), 128) : NULL;
}

// logind's number of a session is the one of audit, unless it begins with a letter.
static const char *audit_session(const char *session)
{
    return strspn(session, "0123456789") == strlen(session) ? session : NULL;
}

static int put_lock(struct login_watch *watch, const char *session, bool locked)
{
    CLEANUP(fact_free_p) struct fact *fact = fact_new(FACT_SEEN_LOCK);
    uid_t uid;
    if (!fact)
        return -ENOMEM;
    int r = sd_session_get_uid(session, &uid);
    if (r < 0)
        return r; // it ended meanwhile
    fact->uid = uid;
    fact->object = name_session(session);
    r = fact->object ? text_set(&fact->session, audit_session(session)) : -ENOMEM;
    if (r == 0)
        r = text_set(&fact->outcome, locked ? "locked" : "unlocked");
    if (r == 0)
        watch->context.sink.put(watch->context.sink.context, TAKE_PTR(fact));
    return r;
}

static bool is_person(const char *session)
{
    CLEANUP_FREE char *class = NULL;
    return sd_session_get_class(session, &class) >= 0 && text_equal(class, "user");
}

static int on_change(sd_bus_message *message, void *userdata, sd_bus_error *error)
{
    CLEANUP_FREE char *session = NULL;
    int locked;
    (void)error;
    if (read_hint(message, &locked) > 0 &&
        sd_bus_path_decode(sd_bus_message_get_path(message), SESSIONS, &session) > 0 &&
        is_person(session))
        (void)!put_lock(userdata, session, locked);
    (void)!ask(userdata);
    return 0;
}

static int login_snapshot(void *state)
{
    struct login_watch *watch = state;
    if (!watch->bus)
        return 0;
    CLEANUP_FREE char *session = NULL;
    bool is_known = watch->session && sd_seat_get_active(SEAT, &session, NULL) >= 0 &&
                    text_equal(session, watch->session);
    return is_known ? 0 : ask(watch); // logind tells by itself what becomes of a session it knows
}

static void login_stop(void *state)
{
    struct login_watch *watch = state;
    if (!watch)
        return;
    sd_bus_slot_unref(watch->changes);
    sd_bus_slot_unref(watch->question);
    sd_bus_flush_close_unref(watch->bus);
    free(watch->session);
    free(watch);
}

static void login_stop_p(struct login_watch **watch)
{
    login_stop(*watch);
}

static int listen_to_logind(struct login_watch *watch)
{
    if (sd_bus_open_system(&watch->bus) < 0)
        return 0;
    int r = sd_bus_attach_event(watch->bus, watch->context.event, SD_EVENT_PRIORITY_NORMAL);
    // The session in front changes at the seat, its lock at the session: both below this path.
    if (r >= 0)
        r = sd_bus_add_match( // waited for: an answer that comes too late ends the connection
            watch->bus, &watch->changes,
            "type='signal',sender='" LOGIND "',interface='org.freedesktop.DBus.Properties',"
            "member='PropertiesChanged',path_namespace='/org/freedesktop/login1'",
            on_change, watch);
    return r < 0 ? r : 0;
}

static int login_start(const struct watch_context *context, void **ret_state)
{
    CLEANUP(login_stop_p) struct login_watch *watch = calloc(1, sizeof *watch);
    if (!watch)
        return -ENOMEM;
    watch->context = *context;
    if (context->live) {
        int r = listen_to_logind(watch);
        if (r < 0)
            return r;
    }
    *ret_state = TAKE_PTR(watch);
    return 0;
}

const struct watch watch_login = {
    .name = "login",
    .start = login_start,
    .stop = login_stop,
    .snapshot = login_snapshot,
};
