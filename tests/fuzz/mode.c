// SPDX-License-Identifier: GPL-3.0-or-later
// Fuzzes the mode file.
#include "base/text.h"
#include "policy/guard.h"

#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

// What is accepted says the same when it is written again, and read again. An older version's file
// is shorter, so the text itself may differ.
static void decode(const char *text, size_t length)
{
    struct guard_modes modes, again;
    CLEANUP_FREE char *written = NULL;
    if (guard_modes_decode(text, length, &modes) < 0)
        return;
    if (guard_modes_encode(&modes, &written) < 0 ||
        guard_modes_decode(written, strlen(written), &again) < 0 ||
        memcmp(&modes, &again, sizeof modes) != 0)
        abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    enum guard guard;
    CLEANUP_FREE char *name = strndup((const char *)data, size);
    if (!name)
        abort();
    decode((const char *)data, size);
    if (guard_from_str(name, &guard) == 0 && !text_equal(guard_to_str(guard), name))
        abort();
    return 0;
}
