// SPDX-License-Identifier: GPL-3.0-or-later
// Who may read a folder: its rights, and those of each folder on the way to it.
#pragma once

#include "watch/storage/survey.h"

// Adds "steps", from "/" to the folder itself: "path", "owner", "group", "mode", "acl" where there
// is one, and "default" (the ACL of what is made in it); or "error". A step in a FUSE file system
// that lets in nobody but the person who mounted it says "only" instead.
void readers_add(const struct survey *survey, json_object *folder, const char *place);
