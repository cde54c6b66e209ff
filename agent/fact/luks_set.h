// SPDX-License-Identifier: GPL-3.0-or-later
// The LUKS containers that were found on a medium or a device: their UUIDs as one text, each once,
// in the order in which they were found, with one space between.
#pragma once

#include "base/text.h"

#include <stdbool.h>

#define LUKS_SET_MAX 64
#define LUKS_SET_MORE "more" // stands for all beyond the maximum, and is no UUID: nobody names it

// Adds one UUID, as text_to_uuid() writes it, or LUKS_SET_MORE. *set starts as NULL; the caller
// frees it.
must_check int luks_set_add(char **set, const char *uuid);
must_check int luks_set_add_all(char **set, const char *more);

// Goes through a set (NULL: empty): *rest starts as the set. False: no further one.
bool luks_set_next(const char **rest, char ret[UUID_TEXT_SIZE]);
bool luks_set_has(const char *set, const char *uuid);
