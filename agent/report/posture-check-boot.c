// SPDX-License-Identifier: GPL-3.0-or-later
// Can somebody at the keyboard start the machine as root, or start another system?
#include "base/i18n.h"
#include "base/text.h"
#include "report/posture-check-parts.h"

#include <string.h>

// ---- The boot menu -----------------------------------------------------------------------------

// superusers="root admin": spaces, commas and the like stand between.
static bool has_password(json_object *part)
{
    const char *users = json_get_text(part, "superusers"), *hashed = json_get_text(part, "hashed");
    static const char between[] = " ,;&|";
    while (users && hashed && *users) {
        users += strspn(users, between);
        size_t length = strcspn(users, between);
        for (const char *p = hashed; length > 0 && *p; p += strcspn(p, " "), p += *p == ' ')
            if (strncmp(p, users, length) == 0 && p[length] == ' ')
                return true;
        users += length;
    }
    return false;
}

int posture_look_at_boot_password(const struct check *check, const struct check_sources *sources,
                                  struct check_result *ret)
{
    json_object *part = posture_part(sources, "boot.grub");
    const char *loader = json_get_text(part, "loader");
    (void)check;
    if (!part)
        return posture_give_unseen(sources, ret);
    if (posture_is_incomplete(part) || !loader)
        return posture_give_unread(part, ret);
    if (text_equal(loader, "systemd-boot") && json_get(part, "editor"))
        return json_get_bool(part, "editor")
                   ? check_give(ret, FINDING_VIOLATION,
                                text_dup(_("anybody can edit what systemd-boot starts")),
                                text_dup(_("“editor no” in loader/loader.conf on the boot "
                                           "partition")))
                   : posture_give_ok(_("systemd-boot lets nobody edit what it starts"), ret);
    if (json_get_bool(part, "plain_password"))
        return check_give(ret, FINDING_VIOLATION,
                          text_dup(_("the boot menu's password stands there in plain text")),
                          text_dup(_("“grub-mkpasswd-pbkdf2”, and “password_pbkdf2 root HASH” "
                                     "in its place")));
    if (has_password(part))
        return posture_give_ok(_("the boot menu asks for a password before it is edited"), ret);
    return check_give(
        ret, FINDING_VIOLATION,
        text_dup(_("anybody can edit the boot menu's entries, and start a shell of root by that")),
        text_dup(_("“grub-mkpasswd-pbkdf2”; in /etc/grub.d/40_custom “set superusers=\"root\"” "
                   "and “password_pbkdf2 root HASH”; “--unrestricted” in CLASS= of "
                   "/etc/grub.d/10_linux, so that nobody is asked at a usual start; “sudo "
                   "update-grub”")));
}

int posture_look_at_recovery(const struct check *check, const struct check_sources *sources,
                             struct check_result *ret)
{
    CLEANUP(posture_found_clear_p) struct posture_found found = {0};
    json_object *menu = posture_part(sources, "boot.grub");
    json_object *rescue = posture_part(sources, "boot.rescue"),
                *forced = json_get(rescue, "forced");
    (void)check;
    if (!menu || !rescue)
        return posture_give_unseen(sources, ret);
    for (size_t i = 0; i < posture_length(forced); i++) {
        const char *path = posture_text_at(forced, i);
        posture_found_add(&found, "%s", path ? path : "?");
    }
    if (json_get_number(menu, has_password(menu) ? "open_recovery" : "recovery") > 0)
        posture_found_add(&found, "grub.cfg");
    if (found.n > 0)
        return posture_give_found(
            &found, FINDING_VIOLATION, _("recovery mode is open to anybody"),
            _("for grub.cfg: “GRUB_DISABLE_RECOVERY=true” in /etc/default/grub, “sudo "
              "update-grub”; for a unit: take SYSTEMD_SULOGIN_FORCE out, “sudo systemctl "
              "daemon-reload”"),
            ret);
    if (posture_is_incomplete(menu) || !json_get(menu, "loader"))
        return posture_give_unread(menu, ret);
    if (posture_is_incomplete(rescue) || !forced)
        return posture_give_unread(rescue, ret);
    return posture_give_ok(_("no way into a shell of root without a password"), ret);
}

// ---- Firmware and kernel -----------------------------------------------------------------------

int posture_look_at_secure_boot(const struct check *check, const struct check_sources *sources,
                                struct check_result *ret)
{
    json_object *part = posture_part(sources, "boot.firmware");
    (void)check;
    if (!part)
        return posture_give_unseen(sources, ret);
    if (json_get(part, "efi") && !json_get_bool(part, "efi"))
        return posture_give_not_applicable(
            _("started by a BIOS (or in its mode): there is no Secure Boot"), ret);
    if (posture_is_incomplete(part) || !json_get(part, "efi") || !json_get(part, "secure") ||
        !json_get(part, "setup"))
        return posture_give_unread(part, ret);
    if (json_get_bool(part, "secure") && !json_get_bool(part, "setup"))
        return posture_give_ok(_("Secure Boot is on"), ret);
    return check_give(ret, FINDING_VIOLATION,
                      text_dup(json_get_bool(part, "setup")
                                   ? _("Secure Boot is in setup mode: it takes anybody's keys")
                                   : _("Secure Boot is off")),
                      text_dup(_("turn it on in the firmware's setup, and give that a password; "
                                 "“mokutil --sb-state” shows it")));
}

static void collect_lockdown(const struct check_sources *sources, json_object *part,
                             struct posture_found *found)
{
    const char *mode = json_get_text(part, "mode");
    (void)sources;
    if (mode && !text_equal(mode, "integrity") && !text_equal(mode, "confidentiality"))
        posture_found_add(found, "%s", mode);
}

const struct posture_question posture_lockdown = {
    .part = "boot.firmware.lockdown",
    .needs = "mode",
    .collect = collect_lockdown,
    .ok = N_("root can't change the running kernel"),
    .bad = N_("root can change the running kernel, and silence its records; lockdown"),
    .remedy = N_("turn Secure Boot on, or put “lockdown=integrity” into GRUB_CMDLINE_LINUX in "
                 "/etc/default/grub; “sudo update-grub”"),
};
