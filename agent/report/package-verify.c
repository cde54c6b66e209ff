// SPDX-License-Identifier: GPL-3.0-or-later
// Checking a package: it came on a stick, and everything in it may have been made up.
#include "report/package.h"

#include "base/i18n.h"
#include "base/text.h"
#include "report/derive.h"
#include "report/opening.h"
#include "report/package-file.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <string.h>

#define STRANGERS_MAX 10 // files that do not belong there, named one by one

struct check {
    const char *path;
    int folder;
    const struct verify_witness *witness;
    struct package *package;
};

// Takes `what`.
static int add_fault(struct verify_result *result, const char *file, char *what)
{
    result->outcome = VERIFY_BROKEN;
    if (result->n_faults >= VERIFY_FAULTS_MAX) {
        free(what);
        return 0;
    }
    CLEANUP_FREE char *name = text_printable(file);
    struct verify_fault *more =
        reallocarray(result->faults, result->n_faults + 1, sizeof *result->faults);
    if (more)
        result->faults = more;
    if (!more || !name || !what) {
        free(what);
        return -ENOMEM;
    }
    result->faults[result->n_faults++] =
        (struct verify_fault){.file = TAKE_PTR(name), .what = what};
    return 0;
}

// ---- Files -------------------------------------------------------------------------------------

static int check_file(struct check *check, const struct manifest_file *file)
{
    struct verify_result *result = &check->package->verified;
    uint64_t size;
    uint8_t sha256[DIGEST_SIZE];
    int r = package_file_hash(check->folder, file->name, &size, sha256);
    if (r == -ENOENT)
        return add_fault(result, file->name, text_dup(_("the file is missing")));
    if (r == -EINVAL)
        return add_fault(result, file->name, text_dup(_("this is no regular file")));
    if (r < 0)
        return r;
    if (size != file->size)
        return add_fault(result, file->name,
                         text_format(_("it has %" PRIu64 " bytes, the manifest says %" PRIu64),
                                     size, file->size));
    if (memcmp(sha256, file->sha256, DIGEST_SIZE) != 0)
        return add_fault(result, file->name,
                         text_dup(_("its content is not what the manifest's SHA-256 says")));
    return 0;
}

static bool belongs(const struct manifest *manifest, const char *name)
{
    if (strcmp(name, ".") == 0 || strcmp(name, "..") == 0 || strcmp(name, MANIFEST_NAME) == 0)
        return true;
    for (size_t i = 0; i < MANIFEST_PART_MAX; i++)
        if (strcmp(name, manifest->files[i].name) == 0)
            return true;
    return false;
}

static int check_strangers(struct check *check)
{
    DIR *entries = opendir(check->path);
    if (!entries)
        return -errno;
    int r = 0, found = 0;
    for (const struct dirent *entry; r == 0 && found < STRANGERS_MAX && (entry = readdir(entries));)
        if (!belongs(&check->package->manifest, entry->d_name)) {
            r = add_fault(&check->package->verified, entry->d_name,
                          text_dup(_("the manifest does not name this file")));
            found++;
        }
    (void)closedir(entries);
    return r;
}

// ---- Contents ----------------------------------------------------------------------------------

static int check_opening(struct check *check, const char *ledger)
{
    const struct manifest *manifest = &check->package->manifest;
    struct opening opening = {0};
    int r = opening_read(ledger, &opening);
    if (r == -ENODATA || r == -EBADMSG)
        return 0; // the ledger's own verification names that
    if (r < 0)
        return r;
    bool same = text_equal(opening.host, manifest->host) &&
                text_equal(opening.month, manifest->month) &&
                text_equal(opening.ledger, manifest->ledger);
    opening_clear(&opening);
    return same ? 0
                : add_fault(
                      &check->package->verified, MANIFEST_NAME,
                      text_dup(_("it names another host, month or ledger than the ledger does")));
}

static int check_head(struct check *check)
{
    const struct manifest *manifest = &check->package->manifest;
    struct verify_result *result = &check->package->verified;
    if (result->outcome == VERIFY_BROKEN)
        return 0; // what is compared here hangs on the chain
    bool same = result->epoch == manifest->epoch && result->rows == manifest->rows &&
                result->first == manifest->first && result->last == manifest->last &&
                memcmp(result->head, manifest->head, DIGEST_SIZE) == 0;
    return same
               ? 0
               : add_fault(
                     result, MANIFEST_NAME,
                     text_dup(_("it names other rows, another head or epoch than the ledger has")));
}

static int check_one_derived(struct check *check, const struct manifest_file *file, uint64_t size,
                             const uint8_t sha256[DIGEST_SIZE])
{
    if (file->size == size && memcmp(file->sha256, sha256, DIGEST_SIZE) == 0)
        return 0;
    return add_fault(&check->package->verified, file->name,
                     text_dup(_("it does not say what the ledger says")));
}

static int check_derived(struct check *check, const char *ledger)
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

static int check_ledger(struct check *check)
{
    const struct manifest_file *file = &check->package->manifest.files[MANIFEST_LEDGER];
    CLEANUP_FREE char *ledger = text_format("%s/%s", check->path, file->name);
    if (!ledger)
        return -ENOMEM;
    int r =
        verify_files((const char *const *)&ledger, 1, check->witness, &check->package->verified);
    if (r < 0) // missing or unreadable, but the rest is looked at nevertheless
        return r == -ENOENT ? 0 : r;
    r = check_opening(check, ledger);
    if (r == 0)
        r = check_head(check);
    return r < 0 ? r : check_derived(check, ledger);
}

static int check_all(struct check *check)
{
    int r = manifest_read(check->folder, &check->package->manifest);
    if (r == -EBADMSG)
        return add_fault(&check->package->verified, MANIFEST_NAME,
                         text_dup(_("this is no manifest that sekisho has written")));
    if (r < 0)
        return r;
    r = check_ledger(check);
    for (size_t i = 0; r == 0 && i < MANIFEST_PART_MAX; i++)
        r = check_file(check, &check->package->manifest.files[i]);
    return r < 0 ? r : check_strangers(check);
}

int package_verify(const char *path, const struct verify_witness *witness, struct package *ret)
{
    CLEANUP_CLOSE int folder = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (folder < 0)
        return -errno;
    struct package package = {.path = text_dup(path), .verified = {.outcome = VERIFY_OPEN_END}};
    struct check check = {path, folder, witness, &package};
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
