// SPDX-License-Identifier: GPL-3.0-or-later
// An approval: who may plug in what, how, and until when. Clauses 4 (5) and 5 (4).
#pragma once

#include "base/digest.h"
#include "base/util.h"
#include "fact/usb.h"

#include <json-c/json.h>
#include <stdbool.h>
#include <stdint.h>

#define APPROVALS_MAX 4096
#define APPROVAL_TEXT_MAX 2048 // bytes in each of its texts: more than a device can answer

struct approval {
    uint64_t number; // sequence of the ledger row that granted it; 0 for one that stands in the
                     // policy file
    uint16_t vendor, product;
    char *serial; // escaped as in struct usb_device; NULL: only a device without a serial matches
    bool any_serial; // policy file only: "0951:1666:*", a device without a serial too
    bool has_hash;   // false: approved by VID:PID[:SERIAL] before it was ever seen
    uint8_t hash[DIGEST_SIZE];
    char *port; // non-NULL: at this port only
    char *luks; // non-NULL: for the medium with this LUKS UUID only (lower case); `encrypted` is
                // set with it
    bool read_only;
    bool encrypted;
    uint64_t until_ns; // wall time at which it ends; 0: open end
    char *reason;
    char *permit;   // number of the city's permit, NULL for none
    char *approver; // login name; the policy file's name for one that stands there
    uint32_t approver_uid;
    uint64_t granted_ns;
    uint64_t request;  // number of the request that it answers; 0: none
    char *description; // manufacturer and name when it was approved, for people
};

void approval_free(struct approval *approval);
DEFINE_CLEANUP(struct approval, approval_free)
must_check int approval_copy(const struct approval *approval, struct approval **ret);

bool approval_matches(const struct approval *approval, const struct usb_device *device);
// Nothing timed, read-only or encrypted: what may be granted while the daemon is away.
bool approval_is_plain(const struct approval *approval);
// Same thing (vendor, product, serial, hash, port, LUKS UUID): a new approval replaces the old one.
bool approval_is_for_same(const struct approval *a, const struct approval *b);

// "VID:PID[:SERIAL]", as typed by an admin or standing in the policy: four hexadecimal digits each,
// the serial in its escaped form; "*" as serial only if `allow_any`. Sets vendor, product, serial
// and any_serial. −EINVAL.
must_check int approval_parse_device(const char *text, bool allow_any, struct approval *approval);

// As one JSON object: the details of approval.granted rows, the register, and the gate file. The
// caller frees the text. −EINVAL if a text is too long or not in its escaped form.
must_check int approval_to_json(const struct approval *approval, char **ret);
// −EBADMSG for anything that approval_to_json() would not have written, byte for byte (missing,
// unknown, doubled, wrong type, too long).
must_check int approval_from_json(const char *json, struct approval **ret);
// The same as an object inside a larger document; a doubled key can't be seen here.
must_check int approval_to_object(const struct approval *approval, json_object **ret);
must_check int approval_from_object(json_object *object, struct approval **ret);
