// SPDX-License-Identifier: GPL-3.0-or-later
// Checking a plain package: it came on a stick, and everything in it may have been made up.
#include "report/package.h"

#include "base/i18n.h"
#include "base/text.h"
#include "report/derive.h"
#include "report/package-file.h"
#include "report/package-parts.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <string.h>

// ---- Files -------------------------------------------------------------------------------------

static int check_file(struct package_check *check, const struct manifest_file *file)
{
    uint64_t size;
    uint8_t sha256[DIGEST_SIZE];
    int r = package_file_hash(check->folder, file->name, &size, sha256);
    if (r == -ENOENT)
        return package_add_fault(check, file->name, text_dup(_("the file is missing")));
    if (r == -EINVAL)
        return package_add_fault(check, file->name, text_dup(_("this is no regular file")));
    if (r < 0)
        return r;
    if (size != file->size)
        return package_add_fault(
            check, file->name,
            text_format(_("it has %" PRIu64 " bytes, the manifest says %" PRIu64), size,
                        file->size));
    if (memcmp(sha256, file->sha256, DIGEST_SIZE) != 0)
        return package_add_fault(
            check, file->name, text_dup(_("its content is not what the manifest's SHA-256 says")));
    return 0;
}

// ---- Contents ----------------------------------------------------------------------------------

static int check_one_derived(struct package_check *check, const struct manifest_file *file,
                             uint64_t size, const uint8_t sha256[DIGEST_SIZE])
{
    if (file->size == size && memcmp(file->sha256, sha256, DIGEST_SIZE) == 0)
        return 0;
    return package_add_fault(check, file->name,
                             text_dup(_("it does not say what the ledger says")));
}

static int check_derived(struct package_check *check, const char *ledger)
{
    const struct manifest *manifest = &check->package->manifest;
    const struct derive_options options = {.ledger = ledger, .host = manifest->host};
    struct derived derived;
    int r = derive_run(&options, &derived);
    if (r == -EBADMSG)
        return 0; // no ledger at all: said already
    if (r == 0)
        r = check_one_derived(check, &manifest->files[MANIFEST_CSV], derived.csv_size,
                              derived.csv_sha256);
    if (r == 0)
        r = check_one_derived(check, &manifest->files[MANIFEST_JSONL], derived.jsonl_size,
                              derived.jsonl_sha256);
    return r;
}

static int check_ledger(struct package_check *check)
{
    const struct manifest_file *file = &check->package->manifest.files[MANIFEST_LEDGER];
    CLEANUP_FREE char *ledger = text_format("%s/%s", check->path, file->name);
    if (!ledger)
        return -ENOMEM;
    int r = package_check_ledger(check, ledger);
    if (r < 0) // missing or unreadable, but the rest is looked at nevertheless
        return r == -ENOENT ? 0 : r;
    return check_derived(check, ledger);
}

static int check_all(struct package_check *check)
{
    int r = manifest_read(check->folder, &check->package->manifest);
    if (r == -EBADMSG)
        return package_add_fault(check, MANIFEST_NAME,
                                 text_dup(_("this is no manifest that sekisho has written")));
    if (r < 0)
        return r;
    r = check_ledger(check);
    for (enum manifest_item item = 0; r == 0 && item < MANIFEST_ITEM_MAX; item++)
        if (manifest_has(MANIFEST_PLAIN, item))
            r = check_file(check, &check->package->manifest.files[item]);
    return r < 0 ? r : package_check_strangers(check);
}

int package_verify(const char *path, const struct verify_witness *witness, struct package *ret)
{
    CLEANUP_CLOSE int folder = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (folder < 0)
        return -errno;
    struct package package = {.path = text_dup(path), .verified = {.outcome = VERIFY_OPEN_END}};
    struct package_check check = {path, folder, witness, &package};
    int r = package.path ? check_all(&check) : -ENOMEM;
    if (r < 0) {
        package_clear(&package);
        return r;
    }
    *ret = package;
    return 0;
}

int package_read_zone(const char *path, char **ret_zone)
{
    CLEANUP_CLOSE int folder = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (folder < 0)
        return -errno;
    struct manifest manifest = {0};
    int r = manifest_read(folder, &manifest);
    if (r < 0)
        return r;
    *ret_zone = TAKE_PTR(manifest.time_zone);
    manifest_clear(&manifest);
    return 0;
}
