// SPDX-License-Identifier: GPL-3.0-or-later
// From what a caller says to a request: checked, bounded, and made printable.
#pragma once

#include "daemon/request-keeper.h"

// A new request of this person, open. −EINVAL, −ENOENT, … and a sentence.
must_check int request_terms_take(const struct request_keeper *keeper, const struct bus_person *who,
                                  const char *what, json_object *terms, struct request **ret,
                                  char **ret_why);
