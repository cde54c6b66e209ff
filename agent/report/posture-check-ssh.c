// SPDX-License-Identifier: GPL-3.0-or-later
// Who gets in by ssh, and how? A Match block counts as if everybody matched: for whom it does is
// not for us to guess.
#include "base/i18n.h"
#include "base/text.h"
#include "report/posture-check-parts.h"

#include <errno.h>
#include <string.h>
#include <strings.h>

// 1: *ret holds the result, as nothing is to be judged; 0: `part` and `global` are there.
static int begin(const struct check_sources *sources, json_object **ret_part,
                 struct check_result *ret)
{
    json_object *part = posture_part(sources, "ssh");
    if (!part)
        return posture_give_unseen(sources, ret) < 0 ? -ENOMEM : 1;
    const char *other = json_get_text(part, "other");
    int r = 0;
    if (json_get_bool(part, "installed")) {
        *ret_part = part;
        return 0;
    }
    if (posture_is_incomplete(part) || !json_get(part, "installed"))
        r = posture_give_unread(part, ret);
    else if (other)
        r = check_give(ret, FINDING_UNVERIFIED,
                       text_format(_("sekisho does not know the ssh server “%s”"), other),
                       text_format(_("“sudo apt purge %s”, or use openssh-server"), other));
    else
        r = posture_give_not_applicable(_("no ssh server is installed"), ret);
    return r < 0 ? r : 1;
}

static bool is_value(json_object *block, const char *keyword, const char *value)
{
    const char *text = json_get_text(block, keyword);
    return text && strcasecmp(text, value) == 0;
}

// Calls `is_wrong` for what is set for all and for each Match block.
static void collect(json_object *part,
                    bool (*is_wrong)(json_object *block, json_object *global, const char **ret_key),
                    struct posture_found *found)
{
    json_object *global = json_get(part, "global"), *matches = json_get(part, "matches");
    const char *key = NULL;
    if (is_wrong(global, global, &key)) {
        const char *value = json_get_text(global, key);
        posture_found_add(found, "%s %s", key, value ? value : "?");
    }
    for (size_t i = 0; i < posture_length(matches); i++) {
        json_object *block = json_object_array_get_idx(matches, i);
        const char *criteria = json_get_text(block, "criteria");
        if (is_wrong(block, global, &key)) {
            const char *value = json_get_text(block, key);
            posture_found_add(found, "Match %s: %s %s", criteria ? criteria : "?", key,
                              value ? value : "?");
        }
    }
}

// What is set in a block, and for all if it is not.
static bool is_in_force(json_object *block, json_object *global, const char *keyword,
                        const char *value)
{
    return is_value(json_get(block, keyword) ? block : global, keyword, value);
}

// ---- root --------------------------------------------------------------------------------------

static bool lets_root_in(json_object *block, json_object *global, const char **ret_key)
{
    *ret_key = "permitrootlogin";
    (void)global;
    return json_get(block, *ret_key) && !is_value(block, *ret_key, "no");
}

int posture_look_at_ssh_root(const struct check *check, const struct check_sources *sources,
                             struct check_result *ret)
{
    CLEANUP(posture_found_clear_p) struct posture_found found = {0};
    json_object *part;
    (void)check;
    int r = begin(sources, &part, ret);
    if (r != 0)
        return r < 0 ? r : 0;
    collect(part, lets_root_in, &found);
    if (found.n > 0)
        return posture_give_found(&found, FINDING_VIOLATION,
                                  _("root may come by ssh, and nobody knows who that is"),
                                  _("“PermitRootLogin no” in /etc/ssh/sshd_config, and in each "
                                    "Match block that says otherwise; “sudo systemctl reload ssh”"),
                                  ret);
    if (posture_is_incomplete(part) || !json_get_text(json_get(part, "global"), "permitrootlogin"))
        return posture_give_unread(part, ret);
    return posture_give_ok(_("PermitRootLogin no"), ret);
}

// ---- Passwords ---------------------------------------------------------------------------------

static bool takes_empty(json_object *block, json_object *global, const char **ret_key)
{
    *ret_key = "permitemptypasswords";
    (void)global;
    return json_get(block, *ret_key) && !is_value(block, *ret_key, "no");
}

// What AuthenticationMethods asks for beside a password does not make it none.
static bool needs_more(json_object *block, json_object *global)
{
    const char *methods = json_get_text(json_get(block, "authenticationmethods") ? block : global,
                                        "authenticationmethods");
    return methods && !strstr(methods, "any") && !strstr(methods, "password") &&
           !strstr(methods, "keyboard-interactive");
}

static bool takes_passwords(json_object *block, json_object *global, const char **ret_key)
{
    if (needs_more(block, global))
        return false;
    *ret_key = "passwordauthentication";
    if (json_get(block, *ret_key) && !is_value(block, *ret_key, "no"))
        return true;
    *ret_key = "kbdinteractiveauthentication"; // by PAM, which asks for the password
    return json_get(block, *ret_key) && !is_value(block, *ret_key, "no") &&
           is_in_force(block, global, "usepam", "yes");
}

int posture_look_at_ssh_passwords(const struct check *check, const struct check_sources *sources,
                                  struct check_result *ret)
{
    CLEANUP(posture_found_clear_p) struct posture_found empty = {0}, found = {0};
    json_object *part;
    (void)check;
    int r = begin(sources, &part, ret);
    if (r != 0)
        return r < 0 ? r : 0;
    collect(part, takes_empty, &empty);
    collect(part, takes_passwords, &found);
    if (empty.n > 0)
        return posture_give_found(&empty, FINDING_VIOLATION,
                                  _("an empty password is enough for ssh"),
                                  _("“PermitEmptyPasswords no” in /etc/ssh/sshd_config; “sudo "
                                    "systemctl reload ssh”"),
                                  ret);
    if (!sources->policy)
        return posture_give_no_policy(ret);
    if (found.n > 0 && !sources->policy->ssh_passwords)
        return posture_give_found(
            &found, FINDING_VIOLATION, _("a password is enough for ssh, against the policy"),
            _("“PasswordAuthentication no” and “KbdInteractiveAuthentication no” in "
              "/etc/ssh/sshd_config, “sudo systemctl reload ssh”; or permit it: "
              "“ssh_passwords = true;” in posture = { … } of the policy"),
            ret);
    if (posture_is_incomplete(part) ||
        !json_get_text(json_get(part, "global"), "passwordauthentication"))
        return posture_give_unread(part, ret);
    return posture_give_ok(found.n > 0 ? _("passwords for ssh are permitted by the policy")
                                       : _("no password lets anybody in by ssh"),
                           ret);
}

// ---- Keys --------------------------------------------------------------------------------------

static bool is_permitted(const struct policy *policy, const char *user)
{
    for (size_t i = 0; user && i < policy->ssh_keys.n; i++)
        if (text_equal(policy->ssh_keys.items[i], user))
            return true;
    return false;
}

// Keys that are in no file of anybody's, so that we can't say whose they are.
static void collect_elsewhere(json_object *block, struct posture_found *found)
{
    static const char *const keywords[] = {"authorizedkeyscommand", "trustedusercakeys"};
    for (size_t i = 0; i < ELEMENTS(keywords); i++)
        if (json_get(block, keywords[i]) && !is_value(block, keywords[i], "none"))
            posture_found_add(found, "%s", keywords[i]);
    if (json_get(block, "hostbasedauthentication") &&
        !is_value(block, "hostbasedauthentication", "no"))
        posture_found_add(found, "hostbasedauthentication");
    if (json_get(block, "criteria") && json_get(block, "authorizedkeysfile"))
        posture_found_add(found, "authorizedkeysfile");
}

static void collect_all_elsewhere(json_object *part, struct posture_found *found)
{
    json_object *matches = json_get(part, "matches");
    collect_elsewhere(json_get(part, "global"), found);
    for (size_t i = 0; i < posture_length(matches); i++)
        collect_elsewhere(json_object_array_get_idx(matches, i), found);
}

static void collect_keys(const struct policy *policy, json_object *keys,
                         struct posture_found *found)
{
    for (size_t i = 0; i < posture_length(keys); i++) {
        json_object *entry = json_object_array_get_idx(keys, i);
        const char *user = json_get_text(entry, "user"), *path = json_get_text(entry, "path");
        if (!is_permitted(policy, user))
            posture_found_add(found, "%s (%s)", user ? user : "?", path ? path : "?");
    }
}

int posture_look_at_ssh_keys(const struct check *check, const struct check_sources *sources,
                             struct check_result *ret)
{
    CLEANUP(posture_found_clear_p) struct posture_found found = {0}, elsewhere = {0};
    json_object *part;
    (void)check;
    int r = begin(sources, &part, ret);
    if (r != 0)
        return r < 0 ? r : 0;
    json_object *persons = json_get(part, "persons"), *keys = json_get(persons, "keys");
    if (!sources->policy)
        return posture_give_no_policy(ret);
    collect_keys(sources->policy, keys, &found);
    collect_all_elsewhere(part, &elsewhere);
    if (found.n > 0)
        return posture_give_found(&found, FINDING_VIOLATION,
                                  _("keys of those whom the policy permits none"),
                                  _("delete the file, or name the account: “ssh_keys = "
                                    "[\"NAME\"];” in posture = { … } of the policy"),
                                  ret);
    if (elsewhere.n > 0)
        return posture_give_found(&elsewhere, FINDING_UNVERIFIED, _("keys may come from elsewhere"),
                                  _("take these lines out of /etc/ssh/sshd_config"), ret);
    if (posture_is_incomplete(part))
        return posture_give_unread(part, ret);
    if (posture_is_incomplete(persons) || !keys)
        return posture_give_unread(persons, ret);
    return posture_give_ok(posture_length(keys) > 0
                               ? _("only those have keys whom the policy names")
                               : _("nobody has a key for ssh"),
                           ret);
}
