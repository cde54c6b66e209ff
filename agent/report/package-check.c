// SPDX-License-Identifier: GPL-3.0-or-later
// What is checked of a package in either form.
#include "report/package-parts.h"

#include "base/i18n.h"
#include "base/text.h"
#include "report/opening.h"

#include <dirent.h>
#include <errno.h>
#include <string.h>

#define STRANGERS_MAX 10 // files that do not belong there, named one by one

int package_add_fault(struct package_check *check, const char *file, char *what)
{
    struct verify_result *result = &check->package->verified;
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

// ---- The ledger against the manifest -----------------------------------------------------------

static int add_manifest_fault(struct package_check *check, char *what)
{
    bool is_sealed = check->package->manifest.form == MANIFEST_SEALED;
    return package_add_fault(check, is_sealed ? MANIFEST_SEALED_NAME : MANIFEST_NAME, what);
}

static int check_opening(struct package_check *check, const char *ledger)
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
                : add_manifest_fault(
                      check,
                      text_dup(_("it names another host, month or ledger than the ledger does")));
}

static int check_head(struct package_check *check)
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
               : add_manifest_fault(
                     check,
                     text_dup(_("it names other rows, another head or epoch than the ledger has")));
}

int package_check_ledger(struct package_check *check, const char *ledger)
{
    int r = verify_files(&ledger, 1, check->witness, &check->package->verified);
    if (r == 0)
        r = check_opening(check, ledger);
    return r < 0 ? r : check_head(check);
}

// ---- Files that do not belong there ------------------------------------------------------------

static bool is_part_of(const struct manifest_file *file, const char *name)
{
    char part[MANIFEST_NAME_SIZE];
    for (size_t i = 0; i < file->n_parts; i++) {
        manifest_name_part(file, i, part);
        if (strcmp(name, part) == 0)
            return true;
    }
    return file->n_parts == 0 && file->name[0] && strcmp(name, file->name) == 0;
}

static bool belongs(const struct manifest *manifest, const char *name)
{
    bool is_sealed = manifest->form == MANIFEST_SEALED;
    if (strcmp(name, ".") == 0 || strcmp(name, "..") == 0 ||
        strcmp(name, is_sealed ? MANIFEST_SEALED_NAME : MANIFEST_NAME) == 0)
        return true;
    for (size_t i = 0; i < MANIFEST_ITEM_MAX; i++)
        if (is_part_of(&manifest->files[i], name))
            return true;
    return false;
}

int package_check_strangers(struct package_check *check)
{
    DIR *entries = opendir(check->path);
    if (!entries)
        return -errno;
    int r = 0, found = 0;
    for (const struct dirent *entry; r == 0 && found < STRANGERS_MAX && (entry = readdir(entries));)
        if (!belongs(&check->package->manifest, entry->d_name)) {
            r = package_add_fault(check, entry->d_name,
                                  text_dup(_("the manifest does not name this file")));
            found++;
        }
    (void)closedir(entries);
    return r;
}
