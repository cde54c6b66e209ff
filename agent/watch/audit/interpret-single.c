// SPDX-License-Identifier: GPL-3.0-or-later
// Records that are events by themselves: what PAM and login programs say, what auditd says of
// itself, and that somebody changed the rules.
#include "watch/audit/interpret.h"

#include "base/text.h"

#include <errno.h>
#include <string.h>

enum wanted { IF_ANY, IF_SUCCESS, IF_FAILURE };

static const struct {
    const char *type;
    enum wanted wanted;
    enum audit_act act;
} singles[] = {
    {"USER_START", IF_SUCCESS, ACT_LOGIN},        {"USER_LOGIN", IF_SUCCESS, ACT_LOGIN},
    {"USER_LOGIN", IF_FAILURE, ACT_LOGIN_FAILED}, {"USER_AUTH", IF_FAILURE, ACT_LOGIN_FAILED},
    {"USER_ACCT", IF_FAILURE, ACT_LOGIN_REFUSED}, {"USER_END", IF_ANY, ACT_LOGOUT},
    {"USER_LOGOUT", IF_ANY, ACT_LOGOUT},          {"USER_CMD", IF_FAILURE, ACT_LOGIN_REFUSED},
    {"DAEMON_START", IF_ANY, ACT_AUDIT_STARTED},  {"DAEMON_END", IF_ANY, ACT_AUDIT_ENDED},
    {"DAEMON_ABORT", IF_ANY, ACT_AUDIT_ENDED},    {"DAEMON_RESUME", IF_ANY, ACT_AUDIT_RESUMED},
    {"DAEMON_ERR", IF_ANY, ACT_AUDIT_TROUBLE},    {"CONFIG_CHANGE", IF_ANY, ACT_AUDIT_CHANGED},
};

static bool is_wanted(const struct record *record, enum wanted wanted)
{
    struct span result = record_field(record, "res");
    bool success = span_is(result, "success") || span_is(result, "1");
    return wanted == IF_ANY || success == (wanted == IF_SUCCESS);
}

static bool find(const struct record *record, enum audit_act *ret)
{
    for (size_t i = 0; i < ELEMENTS(singles); i++)
        if (record_is(record, singles[i].type) && is_wanted(record, singles[i].wanted)) {
            *ret = singles[i].act;
            return true;
        }
    return false;
}

bool interpret_is_single(const struct record *record)
{
    static const char *const parts[] = {"SYSCALL", "URINGOP", "CWD",     "PATH", "PROCTITLE",
                                        "EXECVE",  "OPENAT2", "UNKNOWN", "EOE",  "BPRM_FCAPS"};
    for (size_t i = 0; i < ELEMENTS(parts); i++)
        if (record->type.length >= strlen(parts[i]) &&
            memcmp(record->type.data, parts[i], strlen(parts[i])) == 0)
            return false;
    return true;
}

// Helpers by which a service talks to PAM, and the name by which people know it.
static const struct {
    const char *program, *service;
} helpers[] = {
    {"sshd-session", "sshd"}, // from OpenSSH 9.8 on
    {"sshd-auth", "sshd"},    // from 10.0 on
    {"gdm-session-worker", "gdm"},   {"sddm-helper", "sddm"},
    {"systemd-executor", "systemd"}, // from systemd 255 on
};

// The last name of the program; PAM's own name of a service is not in the record.
static int set_service(struct audit_event *event)
{
    if (!event->exe)
        return 0;
    const char *name = text_basename(event->exe);
    for (size_t i = 0; i < ELEMENTS(helpers); i++)
        if (text_equal(helpers[i].program, name))
            name = helpers[i].service;
    return text_set(&event->service, name);
}

// "/dev/tty1" of one program is "tty1" of another; sshd's own "sshd" is PAM's "ssh".
static int read_terminal(const struct record *record, struct audit_event *event)
{
    static const char devices[] = "/dev/";
    size_t n = strlen(devices);
    int r = record_word(record, "terminal", &event->terminal);
    if (r < 0 || !event->terminal)
        return r;
    if (strncmp(event->terminal, devices, n) == 0)
        memmove(event->terminal, event->terminal + n, strlen(event->terminal + n) + 1);
    return strcmp(event->terminal, "sshd") == 0 ? text_set(&event->terminal, "ssh") : 0;
}

static int read_person(const struct record *record, struct audit_event *event)
{
    event->auid = record_id(record, "auid");
    event->uid = record_id(record, "uid");
    event->session = record_id(record, "ses");
    event->pid = record_id(record, "pid");
    event->by_program = event->act != ACT_LOGIN && event->act != ACT_LOGOUT &&
                        (record_is(record, "USER_LOGIN") || record_is(record, "USER_CMD"));
    int r = record_text(record, "exe", &event->exe);
    if (r == 0)
        r = set_service(event);
    if (r == 0 && !record_field_is(record, "acct", "?"))
        r = record_text(record, "acct", &event->account);
    if (r == 0)
        r = read_terminal(record, event);
    if (r == 0)
        r = record_word(record, "addr", &event->address);
    return r;
}

// "remove_rule key=…", "set audit_enabled=0 old=1 …"
static int read_change(const struct record *record, struct audit_event *event)
{
    static const char mark[] = "op=";
    const struct span *fields = &record->fields;
    event->auid = record_id(record, "auid");
    event->session = record_id(record, "ses");
    event->uid = event->pid = 0;
    const char *what = memmem(fields->data, fields->length, mark, strlen(mark));
    what = what ? what + strlen(mark) : fields->data;
    event->path.text = text_escape(what, fields->length - (size_t)(what - fields->data), 200);
    event->path.way = WAY_UNRESOLVED;
    return event->path.text ? record_text(record, "key", &event->key) : -ENOMEM;
}

int interpret_single(const struct record *record, struct audit_event **ret)
{
    enum audit_act act;
    if (!find(record, &act))
        return 0;
    CLEANUP(audit_event_free_p) struct audit_event *event = calloc(1, sizeof *event);
    if (!event)
        return -ENOMEM;
    event->act = act;
    event->wall_ns = record->stamp.wall_ns;
    event->serial = record->stamp.serial;
    event->session = event->auid = event->uid = UINT32_MAX;
    int r = 0;
    if (act <= ACT_LOGOUT)
        r = read_person(record, event);
    else if (act == ACT_AUDIT_CHANGED)
        r = read_change(record, event);
    if (r == 0)
        *ret = TAKE_PTR(event);
    return r;
}
