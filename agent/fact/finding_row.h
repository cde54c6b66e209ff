// SPDX-License-Identifier: GPL-3.0-or-later
// A check's finding as rows tell it: antivirus.ok and .failed, storage.encrypted and .unencrypted,
// posture.ok and .failed, finding.changed. Their details are {"check", "clause", "finding",
// "subject" (where there is one), "because" (the check whose finding explains this one), "before"
// (the finding until then, where there was one), "evidence", "remedy"}; a row of these kinds
// without "check" is about something else. As an entry of the register "findings": the first five
// and the row's number.
#pragma once

#include "base/util.h"

#include <json-c/json.h>
#include <stdbool.h>
#include <stdint.h>

#define FINDING_TEXT_MAX 4096 // bytes of each text
#define FINDINGS_MAX 512      // checks that the register holds

struct finding_row {
    uint64_t number; // of the row
    char *check;     // "antivirus.running". All texts owned
    char *clause;    // "5 (9)"
    char *finding;   // as the contract says it: "violation"
    char *subject;   // NULL: none
    char *because;   // NULL: it stands for itself
};
void finding_row_free(struct finding_row *row);
DEFINE_CLEANUP(struct finding_row, finding_row_free)

// From a row's details. −ENOENT: it is about something else; −EBADMSG: nobody would have written
// it.
must_check int finding_row_from_details(const char *details, struct finding_row **ret);
// As an entry of the register, and back. −EBADMSG for what the other would not have written.
must_check int finding_row_to_object(const struct finding_row *row, json_object **ret);
must_check int finding_row_from_object(json_object *object, struct finding_row **ret);
