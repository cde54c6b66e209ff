// SPDX-License-Identifier: GPL-3.0-or-later
// A named time zone, read from the system's database, without touching TZ: a policy's dates are cut
// in the policy's zone before any program has made that zone its own.
#pragma once

#include "base/util.h"

#include <stdint.h>

#define ZONE_FOLDER "/usr/share/zoneinfo"

struct zone;

// "Asia/Tokyo". −EINVAL: not a name of that form; −ENOENT: no such zone; −EBADMSG: the file is no
// time zone (RFC 8536).
must_check int zone_open(const char *name, struct zone **ret);
void zone_free(struct zone *zone);
DEFINE_CLEANUP(struct zone, zone_free)

// The first instant of the day "YYYY-MM-DD", or of the `later`th day after it, in wall nanoseconds.
// −EINVAL: no such day; −ERANGE: before 1970, after YEAR_MAX (moment.h), or a day for which the
// zone's rules are not known.
must_check int zone_parse_day(const struct zone *zone, const char *text, unsigned later,
                              uint64_t *ret_wall_ns);
