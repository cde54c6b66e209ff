// SPDX-License-Identifier: GPL-3.0-or-later
// All checks there are, in rooms: what one source of facts serves.
#pragma once

#include "report/check.h"

enum check_room {
    CHECK_GUARDS,
    CHECK_STORAGE,
    CHECK_AIRGAP,
    CHECK_AUDIT,
    CHECK_POSTURE,
    CHECK_ANTIVIRUS,
    CHECK_ATTEST,
    CHECK_OPERATORS,
    CHECK_ROOM_MAX,
};

struct check_room_list {
    const struct check *checks;
    const size_t *n;
    bool of_files;    // nothing else is asked: also of another machine's root folder
    bool is_recorded; // the agent looks by itself, and what it finds becomes a row
};
extern const struct check_room_list check_rooms[CHECK_ROOM_MAX];
