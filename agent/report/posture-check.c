// SPDX-License-Identifier: GPL-3.0-or-later
// Is the machine set up as the standard wants it? The list; each check is in the file of its topic.
#include "report/posture-check.h"

#include "report/posture-check-parts.h"

#define WHO "5 (8)"            // who works here is known, and has shown it
#define RIGHTS "5 (3)"         // who may do what is limited
#define RECORDS "5 (3), 5 (6)" // what was done is recorded with its time
#define DATA "5 (6)"           // data on disk is read by nobody else
#define GROUND "9"             // all other checks stand on it

const struct check posture_checks[] = {
    {WHO, "posture.autologin", posture_look_at_autologin, NULL},
    {WHO, "posture.empty_passwords", posture_look, &posture_empty_passwords},
    {WHO, "posture.nullok", posture_look_at_nullok, NULL},
    {WHO, "posture.pam", posture_look_at_pam, NULL},
    {WHO, "posture.shared_accounts", posture_look, &posture_shared_accounts},
    {WHO, "posture.uid_zero", posture_look, &posture_uid_zero},
    {WHO, "posture.duplicate_uids", posture_look, &posture_duplicate_uids},
    {WHO, "posture.ssh_root", posture_look_at_ssh_root, NULL},
    {WHO, "posture.ssh_passwords", posture_look_at_ssh_passwords, NULL},
    {WHO, "posture.ssh_keys", posture_look_at_ssh_keys, NULL},
    {WHO, "posture.screen_lock", posture_look_at_screen_lock, NULL},
    {WHO, "posture.boot_password", posture_look_at_boot_password, NULL},
    {WHO, "posture.recovery", posture_look_at_recovery, NULL},
    // Another system, or another kernel, would read the disk past all of this.
    {DATA, "posture.secure_boot", posture_look_at_secure_boot, NULL},
    {DATA, "posture.lockdown", posture_look, &posture_lockdown},
    {RECORDS, "posture.clock_source", posture_look_at_clock_source, NULL},
    {RECORDS, "posture.clock_rtc", posture_look_at_clock_rtc, NULL},
    {RECORDS, "posture.time_zone", posture_look_at_time_zone, NULL},
    {DATA, "posture.core_dumps", posture_look_at_core_dumps, NULL},
    {DATA, "posture.hibernation", posture_look_at_hibernation, NULL},
    {RIGHTS, "posture.sudo", posture_look_at_sudo, NULL},
    {RIGHTS, "posture.administrators", posture_look_at_administrators, NULL},
    {GROUND, "posture.own_paths", posture_look, &posture_own_paths},
    {GROUND, "posture.own_package", posture_look, &posture_own_package},
};
const size_t posture_n_checks = ELEMENTS(posture_checks);
