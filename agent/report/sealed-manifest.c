// SPDX-License-Identifier: GPL-3.0-or-later
// manifest.cms: SignedData whose content is the manifest's JSON text.
#include "report/sealed-manifest.h"

#include "base/file.h"
#include "report/package-file.h"

#include <errno.h>
#include <string.h>

int sealed_manifest_write(int folder, const struct manifest *manifest,
                          const struct enrolled *enrolled)
{
    CLEANUP_FREE char *text = NULL;
    CLEANUP_FREE uint8_t *message = NULL;
    size_t length;
    int r = manifest_encode(manifest, &text);
    if (r == 0)
        r = envelope_sign(text, strlen(text), enrolled->certificate, enrolled->key, &message,
                          &length);
    return r < 0 ? r : file_replace_at(folder, MANIFEST_SEALED_NAME, 0640, message, length);
}

int sealed_manifest_read(int folder, struct envelope_signed *ret)
{
    CLEANUP_FREE char *message = NULL;
    size_t length;
    int r = package_file_read(folder, MANIFEST_SEALED_NAME, 2 * MANIFEST_MAX, &message, &length);
    if (r < 0)
        return r == -EFBIG || r == -EINVAL ? -EBADMSG : r;
    return envelope_read_signed(message, length, ret);
}

int sealed_manifest_decode(const struct envelope_signed *message, struct manifest *ret)
{
    if (message->length > MANIFEST_MAX)
        return -EBADMSG;
    return manifest_decode((const char *)message->data, message->length, MANIFEST_SEALED, ret);
}
