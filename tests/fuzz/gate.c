// SPDX-License-Identifier: GPL-3.0-or-later
// Fuzzes the gate file: as it comes, and behind a header whose digest fits, because no fuzzer
// guesses a SHA-256. And the same text as an approval of its own.
#include "policy/gate.h"
#include "base/digest.h"
#include "base/text.h"

#include <string.h>

// What is accepted must be what would have been written.
static void decode(const char *text, size_t length)
{
    CLEANUP(gate_free_p) struct gate *gate = NULL;
    CLEANUP_FREE char *again = NULL;
    size_t again_length = 0;
    if (gate_decode(text, length, &gate) < 0)
        return;
    if (gate_encode(gate, &again, &again_length) < 0 || again_length != length ||
        memcmp(again, text, length) != 0)
        abort();
}

static void read_approval(const char *json)
{
    CLEANUP(approval_free_p) struct approval *approval = NULL;
    CLEANUP_FREE char *again = NULL;
    if (approval_from_json(json, &approval) < 0)
        return;
    if (approval_to_json(approval, &again) < 0 || strcmp(again, json) != 0)
        abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    uint8_t digest[DIGEST_SIZE];
    char hex[DIGEST_TEXT_SIZE];
    digest_of(data, size, digest);
    text_hex(digest, sizeof digest, hex);
    CLEANUP_FREE char *json = strndup((const char *)data, size);
    CLEANUP_FREE char *sealed = json ? text_format("sekisho-gate 1 %s\n%s", hex, json) : NULL;
    if (!sealed)
        abort();
    decode((const char *)data, size);
    decode(sealed, strlen(sealed));
    read_approval(json);
    return 0;
}
