// SPDX-License-Identifier: GPL-3.0-or-later
// The fuzzers' self-test: a real parser, and behind it the classic mistake of a buffer that is too
// short. If run.py does not see it found, no other result of it is worth anything.
#include "base/text.h"
#include "policy/approval.h"

#include <string.h>

#ifndef SEKISHO_PLANTED_BUG
#error "this target exists to be found"
#endif

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct approval approval = {0};
    CLEANUP_FREE char *text = strndup((const char *)data, size);
    CLEANUP_FREE char *hex = malloc(32);
    if (!text || !hex)
        abort();
    if (approval_parse_device(text, true, &approval) == 0 && approval.serial)
        text_hex(approval.serial, strlen(approval.serial), hex); // the planted bug
    free(approval.serial);
    return 0;
}
