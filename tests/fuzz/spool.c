// SPDX-License-Identifier: GPL-3.0-or-later
// Fuzzes the files of the spool: what is accepted must be what would have been written.
#include "fact/spool.h"

#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    CLEANUP(spool_entry_free_p) struct spool_entry *entry = NULL;
    CLEANUP_FREE char *again = NULL;
    if (spool_entry_from_json((const char *)data, size, &entry) < 0)
        return 0;
    if (spool_entry_to_json(entry, &again) < 0 || strlen(again) != size ||
        memcmp(again, data, size) != 0)
        abort();
    return 0;
}
