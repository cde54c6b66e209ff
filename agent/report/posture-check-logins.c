// SPDX-License-Identifier: GPL-3.0-or-later
// Is everybody asked who they are?
#include "base/i18n.h"
#include "base/text.h"
#include "report/posture-check-parts.h"

#include <string.h>

// ---- Nobody is asked at all --------------------------------------------------------------------

static bool is_known_manager(const char *name)
{
    static const char *const known[] = {"gdm3", "gdm", "lightdm", "sddm", "lxdm"};
    for (size_t i = 0; i < ELEMENTS(known); i++)
        if (text_equal(known[i], name))
            return true;
    return false;
}

static void collect_automatic(json_object *automatic, struct posture_found *found)
{
    for (size_t i = 0; i < posture_length(automatic); i++) {
        json_object *entry = json_object_array_get_idx(automatic, i);
        const char *by = json_get_text(entry, "by"), *user = json_get_text(entry, "user");
        const char *kind = json_get_text(entry, "kind"), *path = json_get_text(entry, "path");
        posture_found_add(found, "%s: %s (%s)", by ? by : "?",
                          user   ? user
                          : kind ? kind
                                 : "?",
                          path ? path : "?");
    }
}

// Debian's display managers ask no member of this group for a password.
static void collect_members(json_object *groups, struct posture_found *found)
{
    json_object *members = json_get(json_get(groups, "members"), "nopasswdlogin");
    for (size_t i = 0; i < posture_length(members); i++) {
        const char *name = posture_text_at(members, i);
        posture_found_add(found, "nopasswdlogin: %s", name ? name : "?");
    }
}

int posture_look_at_autologin(const struct check *check, const struct check_sources *sources,
                              struct check_result *ret)
{
    CLEANUP(posture_found_clear_p) struct posture_found found = {0};
    json_object *part = posture_part(sources, "logins");
    json_object *groups = posture_part(sources, "sudo.groups");
    (void)check;
    if (!part || !groups)
        return posture_give_unseen(sources, ret);
    collect_automatic(json_get(part, "automatic"), &found);
    collect_members(groups, &found);
    if (found.n > 0)
        return posture_give_found(
            &found, FINDING_VIOLATION, _("logged in without being asked for a password"),
            _("take the setting out of the file that is named (for getty: "
              "“sudo systemctl revert getty@tty1”); of a group: “sudo gpasswd "
              "-d NAME nopasswdlogin”"),
            ret);
    if (posture_is_incomplete(part) || !json_get(part, "automatic"))
        return posture_give_unread(part, ret);
    if (posture_is_incomplete(groups) || !json_get(groups, "members"))
        return posture_give_unread(groups, ret);
    const char *manager = json_get_text(part, "default_manager");
    if (manager && !is_known_manager(manager))
        return check_give(
            ret, FINDING_UNVERIFIED,
            text_format(_("sekisho does not know the display manager “%s”"), manager),
            text_dup(_("use gdm3, lightdm or sddm: “sudo dpkg-reconfigure lightdm”")));
    return posture_give_ok(_("nobody is logged in without being asked"), ret);
}

// ---- What PAM asks -----------------------------------------------------------------------------

// ASKS_NOT: nothing in it asks, as far as it was read. LETS_IN: a line lets everybody in.
enum asking { ASKS, ASKS_PERHAPS, ASKS_NOT, LETS_IN };

// Modules that neither ask nor let anybody in by themselves.
static bool is_neutral(const char *module)
{
    static const char *const neutral[] = {
        "pam_deny.so",      "pam_env.so",     "pam_nologin.so", "pam_faildelay.so",
        "pam_rootok.so",    "pam_cap.so",     "pam_group.so",   "pam_succeed_if.so",
        "pam_securetty.so", "pam_shells.so",  "pam_wheel.so",   "pam_gnome_keyring.so",
        "pam_kwallet5.so",  "pam_kwallet.so", "pam_mail.so",    "pam_faillock.so",
        "pam_ecryptfs.so",  "pam_mount.so",   "pam_echo.so",    "pam_tally2.so",
        "pam_selinux.so",   "pam_permit.so",  "pam_unix.so",    "pam_sekisho.so",
    };
    for (size_t i = 0; i < ELEMENTS(neutral); i++)
        if (text_equal(neutral[i], module))
            return true;
    return false;
}

static bool ends_well(const char *control)
{
    return text_equal(control, "sufficient") || strstr(control, "success=done") ||
           strstr(control, "default=done");
}

// A wrong password must not lead on: "[success=1 default=ignore]" does not, as pam_deny follows.
static bool holds(const char *control)
{
    if (control[0] != '[')
        return !text_equal(control, "optional");
    const char *otherwise = strstr(control, "default=");
    return otherwise &&
           (strncmp(otherwise + 8, "ignore", 6) == 0 || strncmp(otherwise + 8, "die", 3) == 0 ||
            strncmp(otherwise + 8, "bad", 3) == 0);
}

static enum asking judge_stack(json_object *lines)
{
    enum asking asking = ASKS_NOT;
    for (size_t i = 0; i < posture_length(lines); i++) {
        json_object *line = json_object_array_get_idx(lines, i);
        const char *control = json_get_text(line, "control");
        const char *module = json_get_text(line, "module");
        if (!control || !module)
            return ASKS_PERHAPS;
        if (text_equal(module, "pam_permit.so") && ends_well(control))
            return LETS_IN;
        if (text_equal(module, "pam_unix.so")) {
            if (!holds(control))
                return LETS_IN;
            asking = ASKS;
        } else if (!is_neutral(module) && asking == ASKS_NOT) {
            asking = ASKS_PERHAPS;
        }
    }
    return asking;
}

static void collect_stacks(json_object *services, enum asking wanted, struct posture_found *found)
{
    for (size_t i = 0; i < posture_length(services); i++) {
        json_object *service = json_object_array_get_idx(services, i);
        const char *name = json_get_text(service, "service");
        if (judge_stack(json_get(service, "auth")) == wanted)
            posture_found_add(found, "%s", name ? name : "?");
    }
}

int posture_look_at_pam(const struct check *check, const struct check_sources *sources,
                        struct check_result *ret)
{
    CLEANUP(posture_found_clear_p) struct posture_found open = {0}, unknown = {0};
    json_object *part = posture_part(sources, "pam");
    (void)check;
    if (!part)
        return posture_give_unseen(sources, ret);
    collect_stacks(json_get(part, "services"), LETS_IN, &open);
    if (!posture_is_incomplete(part))
        collect_stacks(json_get(part, "services"), ASKS_NOT, &open);
    collect_stacks(json_get(part, "services"), ASKS_PERHAPS, &unknown);
    if (open.n > 0)
        return posture_give_found(
            &open, FINDING_VIOLATION, _("let everybody in, or do not ask for a password"),
            _("“sudo pam-auth-update --force” writes the common files anew; a "
              "service's own file in /etc/pam.d has to hold “@include "
              "common-auth”, and no “sufficient pam_permit.so”"),
            ret);
    if (posture_is_incomplete(part) || posture_length(json_get(part, "services")) == 0)
        return posture_give_unread(part, ret);
    if (unknown.n > 0)
        return posture_give_found(&unknown, FINDING_UNVERIFIED,
                                  _("ask without pam_unix, by what sekisho does not know"),
                                  _("have somebody who knows the modules attest that they ask for "
                                    "a password or a card"),
                                  ret);
    return posture_give_ok(_("every service asks for a password"), ret);
}

// ---- nullok ------------------------------------------------------------------------------------

static bool has_nullok(json_object *lines)
{
    for (size_t i = 0; i < posture_length(lines); i++)
        if (json_get_bool(json_object_array_get_idx(lines, i), "nullok"))
            return true;
    return false;
}

static bool has_empty_password(json_object *accounts)
{
    for (size_t i = 0; i < posture_length(accounts); i++)
        if (text_equal(json_get_text(json_object_array_get_idx(accounts, i), "password"), "empty"))
            return true;
    return false;
}

// Debian has it as it comes. It lets nobody in as long as no password is empty, and the minute one
// is, posture.empty_passwords says so: by itself it is told, not held against anybody.
int posture_look_at_nullok(const struct check *check, const struct check_sources *sources,
                           struct check_result *ret)
{
    CLEANUP(posture_found_clear_p) struct posture_found found = {0};
    json_object *part = posture_part(sources, "pam"), *services = json_get(part, "services");
    json_object *accounts = posture_part(sources, "accounts");
    (void)check;
    if (!part || !accounts)
        return posture_give_unseen(sources, ret);
    for (size_t i = 0; i < posture_length(services); i++) {
        json_object *service = json_object_array_get_idx(services, i);
        const char *name = json_get_text(service, "service");
        if (has_nullok(json_get(service, "auth")))
            posture_found_add(&found, "%s", name ? name : "?");
    }
    if (found.n > 0 && has_empty_password(json_get(accounts, "accounts")))
        return posture_give_found(&found, FINDING_VIOLATION,
                                  _("accounts with an empty password are let in (nullok)"),
                                  _("take the word “nullok” out of /etc/pam.d/common-auth and of "
                                    "the files that are named; give the accounts passwords"),
                                  ret);
    if (posture_is_incomplete(part) || posture_length(services) == 0)
        return posture_give_unread(part, ret);
    if (found.n == 0)
        return posture_give_ok(_("an empty password lets nobody in"), ret);
    if (posture_is_incomplete(accounts) || !json_get(accounts, "accounts"))
        return posture_give_unread(accounts, ret);
    json_object *passwords = posture_part(sources, "accounts.passwords");
    if (!passwords)
        return posture_give_unseen(sources, ret);
    if (posture_is_incomplete(passwords))
        return posture_give_unread(passwords, ret);
    return posture_give_ok(_("nullok is set, but no account has an empty password"), ret);
}
