// SPDX-License-Identifier: GPL-3.0-or-later
// Who came and who went. Several records tell of one login; services and greeters are no persons.
#include "base/text.h"
#include "trail/state.h"

#include <errno.h>
#include <string.h>

#define CUT_OFF "cut off"

// ---- Who is no person ---------------------------------------------------------------------------

static const char *const service_names[] = {
    "cron",    "crond",        "CRON",    "atd",      "anacron",
    "systemd", "systemd-user", "polkitd", "polkit-1", "polkit-agent-helper-1",
};
static const char *const greeter_accounts[] = {"gdm", "lightdm", "sddm", "Debian-gdm"};
static const char *const becoming_names[] = {"su",      "su-l",      "sudo",   "sudo-i",
                                             "runuser", "runuser-l", "pkexec", "doas"};
#define GREETER "-greeter"

static bool is_among(const char *const *names, size_t n, const char *name)
{
    for (size_t i = 0; i < n; i++)
        if (text_equal(names[i], name))
            return true;
    return false;
}

static bool ends_in(const char *text, const char *end)
{
    size_t length = strlen(text), n = strlen(end);
    return length >= n && strcmp(text + length - n, end) == 0;
}

static bool is_no_person(const struct trail *trail, const struct audit_event *event)
{
    char name[64];
    const struct trail_settings *settings = &trail->settings;
    if (is_among(service_names, ELEMENTS(service_names), event->service) ||
        is_among(greeter_accounts, ELEMENTS(greeter_accounts), event->account) ||
        (event->service && ends_in(event->service, GREETER)))
        return true;
    return event->auid != UINT32_MAX && settings->name_of(settings->context, event->auid, name) &&
           is_among(greeter_accounts, ELEMENTS(greeter_accounts), name);
}

// Somebody who is here already becomes somebody else.
static bool is_becoming(const struct audit_event *event)
{
    return is_among(becoming_names, ELEMENTS(becoming_names), event->service);
}

// ---- Rows ---------------------------------------------------------------------------------------

// "login tty1", "lightdm :0"; where a terminal says nothing more, the service alone.
static char *object_of(const struct audit_event *event)
{
    const char *service = event->service ? event->service : "?";
    const char *terminal = event->terminal ? event->terminal : "";
    bool tells = !is_becoming(event) && (strncmp(terminal, "tty", 3) == 0 || terminal[0] == ':');
    size_t length = strlen(service) + (tells ? strlen(terminal) + 1 : 0);
    if (length > SESSION_TEXT_MAX)
        return strdup("?"); // the details have it
    return tells ? text_format("%s %s", service, terminal) : strdup(service);
}

static json_object *describe(const struct audit_event *event)
{
    json_object *details = json_object_new_object();
    if (!details)
        return NULL;
    json_add_text(details, "service", event->service);
    json_add_text(details, "terminal", event->terminal);
    json_add_text(details, "address", event->address);
    return details;
}

// Takes over `details`.
static int give(struct trail *trail, enum fact_kind kind, const struct audit_event *event,
                const char *outcome, json_object *details, struct trail_rows *rows)
{
    CLEANUP_JSON json_object *object = details;
    CLEANUP(fact_free_p) struct fact *fact = NULL;
    const struct actor actor = {event->auid, event->session, event->pid, event->exe};
    if (!object || row_new(trail, kind, event->wall_ns, &fact) < 0 ||
        row_sign(trail, &actor, fact) < 0 || text_set(&fact->outcome, outcome) < 0)
        return -ENOMEM;
    fact->object = object_of(event);
    if (!fact->object)
        return -ENOMEM;
    return row_give(trail, rows, TAKE_PTR(fact), TAKE_PTR(object));
}

// ---- Those who are here -------------------------------------------------------------------------

static void forget(struct sessions *sessions, size_t at)
{
    struct session *session = &sessions->items[at];
    free(session->object);
    free(session->as);
    sessions->n--;
    memmove(session, session + 1, (sessions->n - at) * sizeof *session);
}

static size_t find(const struct sessions *sessions, const struct audit_event *event)
{
    bool becoming = is_becoming(event);
    size_t at = sessions->n;
    while (at-- > 0) {
        const struct session *s = &sessions->items[at];
        if ((s->as != NULL) != becoming)
            continue;
        if (becoming ? s->pid == event->pid : s->session == event->session)
            return at;
    }
    return SESSIONS_MAX;
}

// A session of which nobody saw the end.
static int give_up(struct trail *trail, size_t at, const char *outcome, struct trail_rows *rows)
{
    struct session *session = &trail->sessions.items[at];
    CLEANUP(fact_free_p) struct fact *fact = NULL;
    CLEANUP_JSON json_object *details = NULL;
    const struct actor actor = {session->auid, session->session, session->pid, NULL};
    if (json_new(&details) < 0 || row_new(trail, FACT_LOGIN_ENDED, trail->last_ns, &fact) < 0 ||
        row_sign(trail, &actor, fact) < 0 || text_set(&fact->object, session->object) < 0 ||
        text_set(&fact->outcome, outcome) < 0)
        return -ENOMEM;
    json_add_text(details, "as", session->as);
    json_add_number(details, "since_ns", session->opened_ns);
    forget(&trail->sessions, at);
    return row_give(trail, rows, TAKE_PTR(fact), TAKE_PTR(details));
}

int sessions_cut(struct trail *trail, struct trail_rows *rows)
{
    int r = 0;
    while (trail->sessions.n > 0 && r == 0)
        r = give_up(trail, 0, CUT_OFF, rows);
    return r;
}

void sessions_clear(struct sessions *sessions)
{
    while (sessions->n > 0)
        forget(sessions, sessions->n - 1);
    sessions->n_attempts = 0;
}

static const char *as_of(const struct audit_event *event)
{
    if (!is_becoming(event))
        return NULL;
    return event->account && strlen(event->account) <= SESSION_TEXT_MAX ? event->account : "?";
}

static int note(struct trail *trail, const struct audit_event *event, struct trail_rows *rows)
{
    struct sessions *sessions = &trail->sessions;
    if (sessions->n == SESSIONS_MAX) {
        int r = give_up(trail, 0, "not followed", rows);
        if (r < 0)
            return r;
    }
    struct session session = {
        .session = event->session,
        .auid = event->auid,
        .pid = event->pid,
        .opened_ns = event->wall_ns,
        .serial = event->serial,
        .object = object_of(event),
    };
    if (!session.object || text_set(&session.as, as_of(event)) < 0) {
        free(session.object);
        return -ENOMEM;
    }
    sessions->items[sessions->n++] = session;
    return 0;
}

// ---- What happens -------------------------------------------------------------------------------

// The same number may be another session's, of a boot that nobody saw begin: serials restart too.
// And the same process id another su's, long after one that was killed.
static bool is_another(const struct session *session, const struct audit_event *event)
{
    return session->auid != event->auid || event->serial + 1000 < session->serial ||
           (session->as && !is_within(event->wall_ns, session->opened_ns, BECOME_NS));
}

// Such an account is no way to work: each use of it is looked at.
static bool is_emergency(const struct trail *trail, const struct audit_event *event)
{
    const struct trail_settings *settings = &trail->settings;
    const char *account = as_of(event);
    char name[64];
    if (!settings->is_for_emergencies)
        return false;
    if (!account && settings->name_of(settings->context, event->auid, name))
        account = name;
    return account && settings->is_for_emergencies(settings->strangers, account);
}

static int take_login(struct trail *trail, const struct audit_event *event, struct trail_rows *rows)
{
    if (event->auid == UINT32_MAX || event->session == UINT32_MAX)
        return 0;
    size_t at = find(&trail->sessions, event);
    if (at < SESSIONS_MAX && !is_another(&trail->sessions.items[at], event))
        return 0; // told once more, by the program itself
    int r = at < SESSIONS_MAX ? give_up(trail, at, CUT_OFF, rows) : 0;
    json_object *details = r < 0 ? NULL : describe(event);
    if (!details)
        return -ENOMEM;
    bool emergency = is_emergency(trail, event);
    json_add_text(details, "as", as_of(event));
    if (emergency)
        json_add_bool(details, "emergency", true);
    r = give(trail, FACT_LOGIN_SUCCEEDED, event, "done", details, rows);
    if (r < 0)
        return r;
    if (emergency)
        rows->items[rows->n - 1]->severity = SEVERITY_VIOLATION;
    return note(trail, event, rows);
}

static int take_logout(struct trail *trail, const struct audit_event *event,
                       struct trail_rows *rows)
{
    size_t at = find(&trail->sessions, event);
    if (at == SESSIONS_MAX)
        return 0;
    json_object *details = describe(event);
    if (!details)
        return -ENOMEM;
    struct session *session = &trail->sessions.items[at];
    json_add_text(details, "as", session->as);
    json_add_number(details, "since_ns", session->opened_ns);
    int r = give(trail, FACT_LOGIN_ENDED, event, "ended", details, rows);
    forget(&trail->sessions, at);
    return r;
}

// A name that nobody here has may be a password, typed a line too early.
static int take_failure(struct trail *trail, const struct audit_event *event,
                        struct trail_rows *rows)
{
    const struct trail_settings *settings = &trail->settings;
    bool refused = event->act == ACT_LOGIN_REFUSED;
    if (!attempts_take(trail, event))
        return 0;
    if (refused && settings->is_told &&
        settings->is_told(settings->strangers, event->pid, event->account, event->wall_ns))
        return 0;
    json_object *details = describe(event);
    if (!details)
        return -ENOMEM;
    if (event->account && settings->exists(settings->context, event->account))
        json_add_text(details, "account", event->account);
    else if (event->account)
        json_add_bool(details, "masked", true);
    return give(trail, refused ? FACT_LOGIN_REFUSED : FACT_LOGIN_FAILED, event,
                refused ? "refused" : "failed", details, rows);
}

int sessions_take(struct trail *trail, const struct audit_event *event, struct trail_rows *rows)
{
    if (is_no_person(trail, event))
        return 0;
    if (event->act == ACT_LOGIN)
        return take_login(trail, event, rows);
    if (event->act == ACT_LOGOUT)
        return take_logout(trail, event, rows);
    return take_failure(trail, event, rows);
}
