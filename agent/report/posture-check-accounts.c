// SPDX-License-Identifier: GPL-3.0-or-later
// Is behind each account one person, who has to give a password?
#include "base/i18n.h"
#include "base/text.h"
#include "report/posture-check-parts.h"

#include <string.h>
#include <strings.h>

static const char *name_of(json_object *account)
{
    const char *name = json_get_text(account, "name");
    return name ? name : "?";
}

// Each of the accounts that `is_wrong` says yes to.
static void collect(json_object *part, struct posture_found *found,
                    bool (*is_wrong)(json_object *account))
{
    json_object *accounts = json_get(part, "accounts");
    for (size_t i = 0; i < posture_length(accounts); i++) {
        json_object *account = json_object_array_get_idx(accounts, i);
        if (is_wrong(account))
            posture_found_add(found, "%s", name_of(account));
    }
}

// ---- Empty passwords ---------------------------------------------------------------------------

static bool is_empty(json_object *account)
{
    return text_equal(json_get_text(account, "password"), "empty");
}

static void collect_empty(const struct check_sources *sources, json_object *part,
                          struct posture_found *found)
{
    (void)sources;
    collect(part, found, is_empty);
}

const struct posture_question posture_empty_passwords = {
    .part = "accounts",
    .needs = "accounts",
    .also = "accounts.passwords",
    .collect = collect_empty,
    .ok = N_("no account has an empty password"),
    .bad = N_("without a password"),
    .remedy = N_("“sudo passwd NAME” sets one, “sudo passwd -l NAME” shuts the account"),
};

// ---- Shared accounts ---------------------------------------------------------------------------

// What such accounts are called here, romanized Japanese too; a number may stand behind it.
static const char *const usual_names[] = {
    "guest",  "user", "test", "demo", "share", "shared", "common", "public",  "everyone",
    "anyone", "temp", "tmp",  "pc",   "kyoyu", "kyouyu", "kyotsu", "kyoutsu",
};

static bool is_called(const char *name, const char *word)
{
    size_t length = strlen(word);
    if (strncasecmp(name, word, length) != 0)
        return false;
    const char *rest = name + length;
    rest += strspn(rest, "-_");
    return rest[strspn(rest, "0123456789")] == '\0';
}

static bool is_shared(const struct policy *policy, const char *name)
{
    if (policy && policy->shared_names.n > 0) {
        for (size_t i = 0; i < policy->shared_names.n; i++)
            if (is_called(name, policy->shared_names.items[i]))
                return true;
        return false;
    }
    for (size_t i = 0; i < ELEMENTS(usual_names); i++)
        if (is_called(name, usual_names[i]))
            return true;
    return false;
}

// One that is locked lets nobody in.
static void collect_shared(const struct check_sources *sources, json_object *part,
                           struct posture_found *found)
{
    json_object *accounts = json_get(part, "accounts");
    for (size_t i = 0; i < posture_length(accounts); i++) {
        json_object *account = json_object_array_get_idx(accounts, i);
        if (json_get_bool(account, "login") && is_shared(sources->policy, name_of(account)) &&
            !text_equal(json_get_text(account, "password"), "locked"))
            posture_found_add(found, "%s", name_of(account));
    }
}

const struct posture_question posture_shared_accounts = {
    .part = "accounts",
    .needs = "accounts",
    .also = "accounts.passwords",
    .collect = collect_shared,
    .ok = N_("no account is named as one for several persons"),
    .bad = N_("accounts for nobody in person"),
    .remedy =
        N_("give each person an account of their own (“sudo adduser NAME”) and shut this one: "
           "“sudo usermod --lock --shell /usr/sbin/nologin NAME”"),
};

// ---- Numbers -----------------------------------------------------------------------------------

static bool is_second_root(json_object *account)
{
    return json_get(account, "uid") && json_get_number(account, "uid") == 0 &&
           !text_equal(json_get_text(account, "name"), "root");
}

static void collect_second_roots(const struct check_sources *sources, json_object *part,
                                 struct posture_found *found)
{
    (void)sources;
    collect(part, found, is_second_root);
}

const struct posture_question posture_uid_zero = {
    .part = "accounts",
    .needs = "accounts",
    .collect = collect_second_roots,
    .ok = N_("only root has uid 0"),
    .bad = N_("root under another name"),
    .remedy =
        N_("give the account a uid of its own (“sudo usermod --uid NUMBER NAME”) or delete it "
           "(“sudo deluser NAME”)"),
};

// Named once, with all who share the number.
static void collect_same(json_object *accounts, size_t first, struct posture_found *found)
{
    json_object *one = json_object_array_get_idx(accounts, first);
    uint64_t uid = json_get_number(one, "uid");
    for (size_t i = 0; i < first; i++)
        if (json_get_number(json_object_array_get_idx(accounts, i), "uid") == uid)
            return;
    for (size_t i = first + 1; i < posture_length(accounts); i++) {
        json_object *other = json_object_array_get_idx(accounts, i);
        if (json_get_number(other, "uid") == uid)
            posture_found_add(found, "%s = %s", name_of(one), name_of(other));
    }
}

// uid 0 has a check of its own.
static void collect_duplicates(const struct check_sources *sources, json_object *part,
                               struct posture_found *found)
{
    json_object *accounts = json_get(part, "accounts");
    (void)sources;
    for (size_t i = 0; i < posture_length(accounts); i++)
        if (json_get_number(json_object_array_get_idx(accounts, i), "uid") != 0)
            collect_same(accounts, i, found);
}

const struct posture_question posture_duplicate_uids = {
    .part = "accounts",
    .needs = "accounts",
    .collect = collect_duplicates,
    .ok = N_("no two accounts have the same uid"),
    .bad = N_("two names for one uid"),
    .remedy =
        N_("give one of them another: “sudo usermod --uid NUMBER NAME”; what one of them did, "
           "the records show as done by either"),
};
