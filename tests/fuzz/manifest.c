// SPDX-License-Identifier: GPL-3.0-or-later
// Fuzzes a package's manifest: it comes on a stick.
#include "report/manifest.h"

#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct manifest manifest = {0}, again = {0};
    CLEANUP_FREE char *text = NULL;
    if (manifest_decode((const char *)data, size, MANIFEST_PLAIN, &manifest) < 0)
        return 0;
    // What is accepted is written again, and read again as the same.
    if (manifest_encode(&manifest, &text) < 0 ||
        manifest_decode(text, strlen(text), MANIFEST_PLAIN, &again) < 0 ||
        strcmp(manifest.host, again.host) != 0 ||
        memcmp(manifest.files, again.files, sizeof manifest.files) != 0 ||
        manifest.created_ns != again.created_ns)
        abort();
    manifest_clear(&manifest);
    manifest_clear(&again);
    return 0;
}
