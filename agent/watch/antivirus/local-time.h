// SPDX-License-Identifier: GPL-3.0-or-later
// Times as programs write them into their logs: in the machine's own zone, in English.
#pragma once

#include "base/util.h"

#include <stdint.h>

// `form` as of strptime(3); the whole text has to be of it. Seconds since 1970. −EBADMSG.
must_check int local_time_parse(const char *text, const char *form, uint64_t *ret_s);
