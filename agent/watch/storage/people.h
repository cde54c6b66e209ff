// SPDX-License-Identifier: GPL-3.0-or-later
// Who there is: the accounts and groups of this machine's files, by name only.
#pragma once

#include "watch/storage/survey.h"

// Adds "users" ({"name", "uid", "gid"}), "groups" ({"name", "gid", "members"}) and "sources", the
// words of nsswitch.conf for them; "users_error", "groups_error", "sources_error" where they can't
// be read or are more than anybody could judge.
void people_add(const struct survey *survey, json_object *document);
