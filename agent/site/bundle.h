// SPDX-License-Identifier: GPL-3.0-or-later
// What a site hands to all of its workstations at once: certificates and policy, as one document
// with a version. It stands in a message that the site has signed (envelope.h); here is only what
// is in it.
#pragma once

#include "base/digest.h"
#include "base/json-take.h"
#include "base/util.h"
#include "site/card.h"
#include "site/certificate.h"
#include "site/envelope.h"

#include <stddef.h>
#include <stdint.h>

#define BUNDLE_FORMAT "sekisho-bundle/1"
#define BUNDLE_NAME "site-bundle.cms"
#define BUNDLE_POLICIES_MAX 32
#define BUNDLE_POLICY_MAX (256 * 1024) // bytes of all of its policy files
#define BUNDLE_VERSION_MAX INT64_MAX

struct bundle_host {
    char name[CARD_NAME_MAX + 1];
    char ledger[ID_TEXT_SIZE];
    char *certificate; // PEM
};

struct bundle_policy {
    char name[CARD_NAME_MAX + 1]; // "officers.conf": of a name as card_is_name(), with that ending
    char *text;
};

struct bundle {
    uint64_t version;    // 1 and up; higher for each content
    uint64_t created_ns; // wall time
    char *site;          // its certificate, PEM
    char *recipients[ENVELOPE_RECIPIENTS_MAX];
    size_t n_recipients;
    struct bundle_host *hosts;
    size_t n_hosts;
    struct bundle_policy *policies; // by name
    size_t n_policies;
};

void bundle_clear(struct bundle *bundle);

// −EINVAL: a name that is none, twice, or without ".conf"; −ENOSPC: too many or too long. Keeps the
// order.
must_check int bundle_add_policy(struct bundle *bundle, const char *name, const char *text);
must_check int bundle_add_host(struct bundle *bundle, const struct bundle_host *host); // copies
must_check int bundle_add_recipient(struct bundle *bundle, const char *certificate);

// As JSON text; the caller frees it.
must_check int bundle_encode(const struct bundle *bundle, char **ret);
// −EBADMSG: not what bundle_encode() writes. The certificates are texts still.
must_check int bundle_decode(const char *text, size_t length, struct bundle *ret);

// Of everything but version and time of making: is it the same content?
must_check int bundle_digest(const struct bundle *bundle, uint8_t ret[DIGEST_SIZE]);
