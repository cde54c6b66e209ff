// SPDX-License-Identifier: GPL-3.0-or-later
// The union of both lists.
#include "daemon/strangers.h"

#include "base/text.h"
#include "daemon/operator-keeper.h"

#include <grp.h>
#include <pwd.h>
#include <string.h>

#define RECORD_SIZE 65536 // of one group, with its members

static const struct handlers *find(const struct policy *policy, const char *folder)
{
    for (size_t i = 0; policy && i < policy->n_handlers; i++)
        if (text_equal(policy->handlers[i]->folder, folder))
            return policy->handlers[i];
    return NULL;
}

static bool has_primary(const char *login, gid_t gid)
{
    CLEANUP_FREE char *buffer = malloc(RECORD_SIZE);
    struct passwd record, *account = NULL;
    return buffer && getpwnam_r(login, &record, buffer, RECORD_SIZE, &account) == 0 && account &&
           account->pw_gid == gid;
}

static bool is_member(const char *login, const char *name)
{
    CLEANUP_FREE char *buffer = malloc(RECORD_SIZE);
    struct group record, *group = NULL;
    if (!buffer || getgrnam_r(name, &record, buffer, RECORD_SIZE, &group) != 0 || !group)
        return false;
    for (char **member = group->gr_mem; *member; member++)
        if (text_equal(*member, login))
            return true;
    return has_primary(login, group->gr_gid);
}

static bool is_named(const struct handlers *handlers, const char *login)
{
    if (policy_names_have(&handlers->users, login))
        return true;
    for (size_t i = 0; i < handlers->groups.n; i++)
        if (is_member(login, handlers->groups.items[i]))
            return true;
    return false;
}

bool strangers_include(const struct strangers_asked *asked)
{
    const struct handlers *handlers = find(asked->policy, asked->folder);
    bool anybody = handlers && handlers->users.n + handlers->groups.n > 0;
    bool handles =
        operator_keeper_handles(asked->registers, asked->login, asked->folder, &anybody) ||
        (handlers && asked->login && is_named(handlers, asked->login));
    return anybody && !handles;
}
