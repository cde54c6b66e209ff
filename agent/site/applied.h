// SPDX-License-Identifier: GPL-3.0-or-later
// Which bundle holds on a workstation: a file in keys/site/ beside the certificates, for the agent,
// which reads no certificates.
#pragma once

#include "base/digest.h"
#include "base/json-take.h"
#include "base/util.h"
#include "site/card.h"

#include <stdint.h>

#define APPLIED_FORMAT "sekisho-applied/1"
#define APPLIED_FILE "applied.json"
#define APPLIED_MAX 2048    // bytes
#define APPLIED_SITE_MAX 64 // of the site's name

struct applied {
    uint64_t version;                     // of the bundle
    uint8_t bundle[DIGEST_SIZE];          // of the file bundle.cms
    char site_name[APPLIED_SITE_MAX + 1]; // printable
    uint8_t site[DIGEST_SIZE];            // fingerprint of the site's certificate
    char name[CARD_NAME_MAX + 1];         // of this workstation, as the site calls it
    char ledger[ID_TEXT_SIZE];            // its identity
    uint8_t certificate[DIGEST_SIZE];     // fingerprint of its certificate
    uint64_t signed_ns;                   // wall time, as the site says
};

// The caller puts it.
json_object *applied_to_object(const struct applied *applied);
must_check int applied_write(int folder, const struct applied *applied);
// −ENOENT; −EBADMSG: not what applied_write() writes.
must_check int applied_read(int folder, struct applied *ret);
