// SPDX-License-Identifier: GPL-3.0-or-later
// The rows register.stated: how a month that begins with its own file knows what older ones said.
#pragma once

#include "base/json.h"

// How many entries the row states of the register `name`, and in *ret the array of them, borrowed;
// 0 if it is about another one.
size_t stated_entries(json_object *details, const char *name, json_object **ret);
