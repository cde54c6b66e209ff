// SPDX-License-Identifier: GPL-3.0-or-later
// Topic "accounts": who there is.
#include "watch/posture/topics.h"

static json_object *describe(const struct account *account)
{
    json_object *entry = json_object_new_object();
    sight_add_text(entry, "name", account->name);
    json_add_number(entry, "uid", account->uid);
    json_add_bool(entry, "login", account_has_login(account));
    json_add_bool(entry, "person", account_is_person(account));
    json_add_text(entry, "password", account_password_to_str(account->password));
    return entry;
}

// "accounts": [{"name", "uid", "login": has a shell to log in with, "person", "password": "set",
// "empty", "locked", "missing" or "unknown"}]; "passwords": {"errors"}, of what tells those.
void posture_look_at_accounts(struct sight *sight)
{
    json_object *array = sight_array(sight, sight->topic, "accounts");
    json_object *accounts = sight->topic;
    sight_note_accounts(sight);
    for (size_t i = 0; i < sight->accounts.n; i++)
        sight_append(sight, array, describe(&sight->accounts.items[i]), "/etc/passwd");
    sight->topic = json_section(accounts, "passwords");
    if (sight->shadow_error < 0)
        sight_note(sight, "/etc/shadow", sight->shadow_error);
    sight->topic = accounts;
}
