// SPDX-License-Identifier: GPL-3.0-or-later
// The list of rooms.
#include "report/rooms.h"

#include "report/airgap-check.h"
#include "report/antivirus-check.h"
#include "report/attest-check.h"
#include "report/audit-setup.h"
#include "report/guard-check.h"
#include "report/operator-check.h"
#include "report/posture-check.h"
#include "report/storage-check.h"

const struct check_room_list check_rooms[CHECK_ROOM_MAX] = {
    [CHECK_GUARDS] = {guard_checks, &guard_n_checks, false, false},
    [CHECK_STORAGE] = {storage_checks, &storage_n_checks, true, true},
    [CHECK_AIRGAP] = {airgap_checks, &airgap_n_checks, false, false},
    [CHECK_AUDIT] = {audit_setup_checks, &audit_setup_n_checks, true, true},
    [CHECK_POSTURE] = {posture_checks, &posture_n_checks, true, true},
    [CHECK_ANTIVIRUS] = {antivirus_checks, &antivirus_n_checks, true, true},
    [CHECK_ATTEST] = {attest_checks, &attest_n_checks, false, true},
    [CHECK_OPERATORS] = {operator_checks, &operator_n_checks, false, true},
};
