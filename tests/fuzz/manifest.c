// SPDX-License-Identifier: GPL-3.0-or-later
// Fuzzes a package's manifest, in either form: it comes on a stick.
#include "report/manifest.h"

#include <string.h>

static void expect_same_file(const struct manifest_file *a, const struct manifest_file *b)
{
    if (strcmp(a->name, b->name) != 0 || a->size != b->size ||
        memcmp(a->sha256, b->sha256, DIGEST_SIZE) != 0 || a->n_parts != b->n_parts ||
        (a->n_parts > 0 && memcmp(a->parts, b->parts, a->n_parts * sizeof *a->parts) != 0))
        abort();
}

// What is accepted is written again, and read again as the same.
static void expect_same(const struct manifest *manifest)
{
    CLEANUP(manifest_clear_p) struct manifest again = {0};
    CLEANUP_FREE char *text = NULL;
    if (manifest_encode(manifest, &text) < 0 ||
        manifest_decode(text, strlen(text), manifest->form, &again) < 0 ||
        strcmp(manifest->host, again.host) != 0 || manifest->created_ns != again.created_ns ||
        manifest->n_recipients != again.n_recipients)
        abort();
    for (enum manifest_item item = 0; item < MANIFEST_ITEM_MAX; item++)
        expect_same_file(&manifest->files[item], &again.files[item]);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    for (enum manifest_form form = 0; form < MANIFEST_FORM_MAX; form++) {
        CLEANUP(manifest_clear_p) struct manifest manifest = {0};
        if (manifest_decode((const char *)data, size, form, &manifest) == 0)
            expect_same(&manifest);
    }
    return 0;
}
