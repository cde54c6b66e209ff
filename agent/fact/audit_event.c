// SPDX-License-Identifier: GPL-3.0-or-later
// The life of an audit event and of a place in auditd's log.
#include "fact/audit_event.h"

#include "fact/audit_place.h"

#include <assert.h>
#include <errno.h>

static const char *const act_names[] = {
    [ACT_READ] = "read",
    [ACT_WRITE] = "write",
    [ACT_CREATE] = "create",
    [ACT_DELETE] = "delete",
    [ACT_RENAME] = "rename",
    [ACT_CHANGE] = "change",
    [ACT_LOGIN] = "login",
    [ACT_LOGIN_FAILED] = "login-failed",
    [ACT_LOGIN_REFUSED] = "login-refused",
    [ACT_LOGOUT] = "logout",
    [ACT_AUDIT_STARTED] = "audit-started",
    [ACT_AUDIT_ENDED] = "audit-ended",
    [ACT_AUDIT_RESUMED] = "audit-resumed",
    [ACT_AUDIT_TROUBLE] = "audit-trouble",
    [ACT_AUDIT_CHANGED] = "audit-changed",
    [ACT_AUDIT_TORN] = "audit-torn",
};
static_assert(ELEMENTS(act_names) == ACT_MAX, "a name for each act");

const char *audit_act_to_str(enum audit_act act)
{
    assert(act < ACT_MAX);
    return act_names[act];
}

void audit_path_clear(struct audit_path *path)
{
    free(path->text);
    *path = (struct audit_path){0};
}

void audit_event_free(struct audit_event *event)
{
    if (!event)
        return;
    free(event->key);
    free(event->exe);
    audit_path_clear(&event->path);
    audit_path_clear(&event->to);
    free(event->account);
    free(event->service);
    free(event->terminal);
    free(event->address);
    free(event);
}

void audit_place_free(struct audit_place *place)
{
    free(place);
}

int audit_place_copy(const struct audit_place *place, struct audit_place **ret)
{
    struct audit_place *copy = malloc(sizeof *copy);
    if (!copy)
        return -ENOMEM;
    *copy = *place;
    *ret = copy;
    return 0;
}
