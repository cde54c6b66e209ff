// SPDX-License-Identifier: GPL-3.0-or-later
// What posture looks at: each function adds to the object of its topic what it sees, and judges
// nothing. What each key means stands above the function.
#pragma once

#include "watch/posture/sight.h"

void posture_look_at_logins(struct sight *sight);
void posture_look_at_accounts(struct sight *sight);
void posture_look_at_pam(struct sight *sight);
void posture_look_at_ssh(struct sight *sight);
void posture_look_at_screen(struct sight *sight);
void posture_look_at_boot(struct sight *sight);
void posture_look_at_clock(struct sight *sight);
void posture_look_at_memory(struct sight *sight);
void posture_look_at_sudo(struct sight *sight);
void posture_look_at_paths(struct sight *sight);
void posture_look_at_package(struct sight *sight);

// ---- Parts of topics, in files of their own ----------------------------------------------------

// logins: appends to `automatic` who is logged in at a console without being asked.
void posture_look_at_getty(struct sight *sight, json_object *automatic);
// ssh: who may come with which keys. `files`: words of AuthorizedKeysFile.
void posture_look_at_keys(struct sight *sight, const char *files);
// screen: what the system says, and what a person's own file says.
void posture_look_at_gnome(struct sight *sight);
void posture_look_at_kde(struct sight *sight, const char *path, json_object *ret);
void posture_look_at_xfce(struct sight *sight, const char *folder, json_object *ret);
// boot
void posture_look_at_grub(struct sight *sight);
void posture_look_at_firmware(struct sight *sight);
// memory
void posture_look_at_cores(struct sight *sight);
void posture_look_at_hibernation(struct sight *sight);
