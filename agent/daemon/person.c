// SPDX-License-Identifier: GPL-3.0-or-later
// The audit login of a process, and the signature under a fact.
#include "daemon/person.h"

#include "base/i18n.h"
#include "base/login.h"
#include "base/text.h"

#include <errno.h>
#include <grp.h>
#include <pwd.h>
#include <string.h>
#include <systemd/sd-login.h>

#define READERS "sekisho-audit"
#define GROUPS_MAX 256

void person_sign(struct fact *fact, const struct bus_person *who)
{
    fact->uid = who->uid;
    fact->pid = who->pid;
    if (text_set(&fact->user, who->name) < 0 || text_set(&fact->exe, who->exe) < 0 ||
        text_set(&fact->session, who->session) < 0)
        return; // the uid and the pid are there
}

int person_record(const struct bus_person *who, struct recorder *recorder, struct fact *row,
                  uint64_t *ret_sequence, char **ret_why)
{
    if (!row)
        return bus_refuse(-ENOMEM, ret_why, N_("No memory."));
    person_sign(row, who);
    int r = recorder_put_and_wait(recorder, row, ret_sequence);
    return r == 0
               ? 0
               : bus_refuse(r, ret_why, N_("The entry could not be recorded. See: sekisho status"));
}

int person_of_process(int proc, uint32_t pid, uint32_t *ret_uid, char **ret_name)
{
    uint32_t uid = LOGIN_NONE;
    int r = login_of_process(proc, pid, &uid);
    if (r < 0)
        return r;
    const struct passwd *entry = uid == LOGIN_NONE ? NULL : getpwuid(uid);
    char *name = entry ? text_escape(entry->pw_name, strlen(entry->pw_name), 256) : NULL;
    *ret_uid = uid;
    *ret_name = name;
    return 0;
}

bool person_is_in_group(const struct bus_person *who, const char *group)
{
    gid_t groups[GROUPS_MAX];
    int n = GROUPS_MAX;
    const struct passwd *person = getpwuid(who->uid);
    if (!person)
        return false;
    CLEANUP_FREE char *name = text_dup(person->pw_name);
    gid_t own = person->pw_gid;
    const struct group *entry = name ? getgrnam(group) : NULL;
    if (!entry || getgrouplist(name, own, groups, &n) < 0)
        return false;
    for (int i = 0; i < n; i++)
        if (groups[i] == entry->gr_gid)
            return true;
    return false;
}

// A terminal in a desktop runs below the user's manager and in no session: the one on its user's
// display counts then.
static int session_of(pid_t pid, char **ret)
{
    uid_t uid;
    if (sd_pid_get_session(pid, ret) >= 0)
        return 0;
    int r = sd_pid_get_owner_uid(pid, &uid);
    if (r >= 0)
        r = sd_uid_get_display(uid, ret);
    return r < 0 ? r : 0;
}

bool person_sits_at_the_machine(const struct bus_person *who)
{
    CLEANUP_FREE char *session = NULL, *seat = NULL;
    return session_of((pid_t)who->pid, &session) == 0 && sd_session_is_remote(session) == 0 &&
           sd_session_get_seat(session, &seat) >= 0 && sd_session_is_active(session) > 0;
}

bool person_is_administrator(const struct bus_person *who, const struct policy *policy)
{
    return who->is_root || (policy && policy_names_have(&policy->administrators, who->name));
}

bool person_may_see_others(const struct bus_person *who, const struct policy *policy)
{
    return person_is_administrator(who, policy) || person_is_in_group(who, READERS);
}
