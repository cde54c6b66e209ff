// SPDX-License-Identifier: GPL-3.0-or-later
// Who may act as root, and who may write to what the checks themselves rest on?
#include "base/i18n.h"
#include "base/text.h"
#include "report/posture-check-parts.h"

#include <string.h>

#define ALIAS_DEPTH_MAX 8
#define NAME_SIZE 256
#define WRITABLE_BY_GROUP 020
#define WRITABLE_BY_ALL 002

// ---- sudo without a password -------------------------------------------------------------------

static void collect_open(json_object *part, struct posture_found *found)
{
    json_object *rules = json_get(part, "rules"), *open = json_get(part, "open");
    for (size_t i = 0; i < posture_length(rules); i++) {
        json_object *rule = json_object_array_get_idx(rules, i);
        const char *who = json_get_text(rule, "who"), *path = json_get_text(rule, "path");
        if (json_get_bool(rule, "nopasswd") && !text_equal(who, "root"))
            posture_found_add(found, "%s (%s)", who ? who : "?", path ? path : "?");
    }
    for (size_t i = 0; i < posture_length(open); i++) {
        const char *path = posture_text_at(open, i);
        posture_found_add(found, "Defaults (%s)", path ? path : "?");
    }
}

int posture_look_at_sudo(const struct check *check, const struct check_sources *sources,
                         struct check_result *ret)
{
    CLEANUP(posture_found_clear_p) struct posture_found found = {0};
    json_object *part = posture_part(sources, "sudo");
    const char *other = json_get_text(part, "other");
    (void)check;
    if (!part)
        return posture_give_unseen(sources, ret);
    collect_open(part, &found);
    if (found.n > 0)
        return posture_give_found(&found, FINDING_VIOLATION,
                                  _("become root without giving a password"),
                                  _("“sudo visudo”, or “sudo visudo -f FILE”: take NOPASSWD: and "
                                    "!authenticate out"),
                                  ret);
    if (posture_is_incomplete(part) || !json_get(part, "installed") || !json_get(part, "rules"))
        return posture_give_unread(part, ret);
    if (other)
        return check_give(ret, FINDING_UNVERIFIED,
                          text_format(_("sekisho does not know how “%s” is set up"), other),
                          text_format(_("use sudo: “sudo apt purge %s”"), other));
    if (!json_get_bool(part, "installed"))
        return posture_give_not_applicable(_("sudo is not installed"), ret);
    return posture_give_ok(_("nobody becomes root without giving a password"), ret);
}

// ---- Administrators ----------------------------------------------------------------------------

struct gathering {
    const struct policy *policy;
    json_object *aliases, *members;
    struct posture_found *found;
};

static void add_name(const struct gathering *gathering, const char *name)
{
    if (!policy_names_have(&gathering->policy->administrators, name) && !text_equal(name, "root") &&
        !posture_found_has(gathering->found, name))
        posture_found_add(gathering->found, "%s", name);
}

static void add_group(const struct gathering *gathering, const char *group)
{
    json_object *members = json_get(gathering->members, group);
    for (size_t i = 0; i < posture_length(members); i++) {
        const char *name = posture_text_at(members, i);
        add_name(gathering, name ? name : "?");
    }
}

// "alice,%sudo,ADMINS,!bob": whom a "!" takes out again is not for us to follow.
static void add_list(const struct gathering *gathering, const char *list, unsigned depth)
{
    char name[NAME_SIZE];
    while (*list) {
        size_t length = strcspn(list, ",");
        bool negated = list[0] == '!';
        (void)snprintf(name, sizeof name, "%.*s", (int)length, list);
        list += length + (list[length] == ',');
        const char *alias = json_get_text(gathering->aliases, name);
        if (negated)
            continue;
        if (name[0] == '%' && name[1] != '#' && name[1] != ':')
            add_group(gathering, name + 1);
        else if (alias && depth < ALIAS_DEPTH_MAX)
            add_list(gathering, alias, depth + 1);
        else
            add_name(gathering, name);
    }
}

static void gather_administrators(const struct check_sources *sources, json_object *part,
                                  struct posture_found *found)
{
    static const char *const groups[] = {"sudo", "admin", "wheel"};
    json_object *rules = json_get(part, "rules");
    const struct gathering gathering = {
        .policy = sources->policy,
        .aliases = json_get(part, "aliases"),
        .members = json_get(json_get(part, "groups"), "members"),
        .found = found,
    };
    for (size_t i = 0; i < ELEMENTS(groups); i++)
        add_group(&gathering, groups[i]);
    for (size_t i = 0; i < posture_length(rules); i++) {
        json_object *rule = json_object_array_get_idx(rules, i);
        const char *who = json_get_text(rule, "who");
        if (json_get_bool(rule, "all") && who)
            add_list(&gathering, who, 0);
    }
}

int posture_look_at_administrators(const struct check *check, const struct check_sources *sources,
                                   struct check_result *ret)
{
    CLEANUP(posture_found_clear_p) struct posture_found found = {0};
    json_object *part = posture_part(sources, "sudo"), *groups = json_get(part, "groups");
    (void)check;
    if (!part || !groups)
        return posture_give_unseen(sources, ret);
    if (!sources->policy)
        return posture_give_no_policy(ret);
    gather_administrators(sources, part, &found);
    bool named = sources->policy->administrators.n > 0;
    if (found.n > 0)
        return posture_give_found(
            &found, named ? FINDING_VIOLATION : FINDING_UNVERIFIED,
            named ? _("may act as root, and the policy does not name them")
                  : _("the policy names no administrators; these may act as root"),
            _("name them: “administrators = [\"NAME\"];” in posture = { … } of the policy; or "
              "“sudo "
              "gpasswd -d NAME sudo”"),
            ret);
    if (posture_is_incomplete(part) || !json_get(part, "rules"))
        return posture_give_unread(part, ret);
    if (posture_is_incomplete(groups) || !json_get(groups, "members"))
        return posture_give_unread(groups, ret);
    return posture_give_ok(_("only those may act as root whom the policy names"), ret);
}

// ---- What we rest on ---------------------------------------------------------------------------

static bool is_loose(json_object *entry)
{
    const char *mode = json_get_text(entry, "mode");
    uint64_t bits;
    if (!mode || text_to_u64(mode, 8, 07777, &bits) < 0 || !json_get(entry, "uid"))
        return true;
    return json_get_number(entry, "uid") != 0 || bits & WRITABLE_BY_ALL ||
           (bits & WRITABLE_BY_GROUP && json_get_number(entry, "gid") != 0);
}

static void collect_loose(const struct check_sources *sources, json_object *part,
                          struct posture_found *found)
{
    json_object *seen = json_get(part, "seen");
    (void)sources;
    for (size_t i = 0; i < posture_length(seen); i++) {
        json_object *entry = json_object_array_get_idx(seen, i);
        const char *path = json_get_text(entry, "path");
        if (is_loose(entry))
            posture_found_add(found, "%s", path ? path : "?");
    }
}

const struct posture_question posture_own_paths = {
    .part = "paths",
    .needs = "seen",
    .collect = collect_loose,
    .ok = N_("only root may write to sekisho's programs and settings, and on the way to them"),
    .bad = N_("others than root may write to"),
    .remedy = N_("“sudo chown root:root PATH” and “sudo chmod go-w PATH”; then “sudo apt-get "
                 "install --reinstall sekisho”, as somebody may have changed what lies there"),
};

static void collect_changed(const struct check_sources *sources, json_object *part,
                            struct posture_found *found)
{
    json_object *changed = json_get(part, "changed");
    (void)sources;
    for (size_t i = 0; i < posture_length(changed); i++) {
        const char *path = posture_text_at(changed, i);
        posture_found_add(found, "%s", path ? path : "?");
    }
}

const struct posture_question posture_own_package = {
    .part = "package",
    .needs = "changed",
    .collect = collect_changed,
    .ok = N_("sekisho's files are those that its package brought"),
    .bad = N_("not as the package brought it, or gone"),
    .remedy = N_("find out who changed it (“sudo sekisho log”); “sudo apt-get install --reinstall "
                 "sekisho”"),
};
