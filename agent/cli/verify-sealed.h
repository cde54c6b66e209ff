// SPDX-License-Identifier: GPL-3.0-or-later
// What `sekisho verify` says of sealed packages, and the keys that it opens them with.
#pragma once

#include "cli/ask.h"
#include "cli/cli.h"

#include "base/json.h"
#include "ledger/verify.h"
#include "report/package.h"

struct sealed_request {
    const char *site;              // file of the site's certificate; NULL: this PC's own, if any
    const char *key, *certificate; // files of a recipient; both or none
    const char *scratch;           // folder; NULL: TMPDIR, else /var/tmp
    struct passphrase_source passphrase;
};

struct sealed_keys {
    X509 *site, *certificate;
    EVP_PKEY *key;
    const char *scratch;
};
void sealed_keys_clear(struct sealed_keys *keys);
static inline void sealed_keys_clear_p(struct sealed_keys *keys)
{
    sealed_keys_clear(keys);
}

// `state`: where this PC's own site stands. CLI_OK, or it has said why not. *ret starts as zeros.
enum cli_exit sealed_keys_read(const struct sealed_request *request, const char *state,
                               struct sealed_keys *ret);

// The packages of one run. While one is open an interrupt waits until all are closed, so that
// nothing readable stays behind.
struct sealed_set {
    struct package *packages;
    size_t n;
};
void sealed_set_close(struct sealed_set *set);
static inline void sealed_set_close_p(struct sealed_set *set)
{
    sealed_set_close(set);
}

// CLI_OK with the package, which is the set's last, or it has said why not.
enum cli_exit sealed_open(const char *path, const struct sealed_keys *keys,
                          const struct verify_witness *witness, struct sealed_set *set);

// Were its rows looked at, and is it known whose PC has signed it?
bool sealed_is_judged(const struct package *package);
void sealed_print(const struct package *package);
void sealed_add(json_object *object, const struct package *package);
