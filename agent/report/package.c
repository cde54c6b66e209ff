// SPDX-License-Identifier: GPL-3.0-or-later
// Making a package, in either form.
#include "report/package.h"

#include "base/file.h"
#include "base/text.h"
#include "ledger/reader.h"
#include "report/opening.h"
#include "report/package-parts.h"
#include "report/package-place.h"
#include "site/certificate.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>

void package_drop_contents(struct package *package)
{
    if (package->contents && file_remove_entries(AT_FDCWD, package->contents, NULL, NULL) == 0)
        (void)rmdir(package->contents);
    free(TAKE_PTR(package->contents));
}

void package_clear(struct package *package)
{
    package_drop_contents(package);
    free(package->path);
    free(package->signer.name);
    free(package->signer.identity);
    manifest_clear(&package->manifest);
    verify_result_clear(&package->verified);
    memset(package, 0, sizeof *package);
}

int package_find(const char *path, bool *ret_sealed)
{
    static const char *const names[] = {MANIFEST_SEALED_NAME, MANIFEST_NAME};
    CLEANUP_CLOSE int folder = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (folder < 0)
        return -errno;
    for (size_t i = 0; i < ELEMENTS(names); i++)
        if (faccessat(folder, names[i], F_OK, AT_SYMLINK_NOFOLLOW) == 0) {
            *ret_sealed = i == 0;
            return 0;
        }
    return -errno;
}

// ---- What both forms need ----------------------------------------------------------------------

void package_tell(const struct package_build *build, enum package_step step, uint64_t done)
{
    if (build->options->progress)
        build->options->progress(build->options->context, step, done);
}

int package_copy_ledger(struct package_build *build, const char *path)
{
    package_tell(build, PACKAGE_COPYING, 0);
    int r = reader_copy(build->options->ledger, path);
    if (r < 0)
        return r;
    CLEANUP_CLOSE int fd = open(path, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
    return fd < 0 || fsync(fd) < 0 ? -errno : 0;
}

int package_verify_copy(struct package_build *build, const char *path)
{
    struct package *package = build->package;
    const struct verify_witness nothing = {0};
    package_tell(build, PACKAGE_VERIFYING, package->manifest.rows);
    int r = verify_files(&path, 1, &nothing, &package->verified);
    if (r < 0)
        return r;
    package->manifest.epoch = package->verified.epoch;
    memcpy(package->manifest.head, package->verified.head, DIGEST_SIZE);
    return 0;
}

// ---- The manifest, as far as it is known before ------------------------------------------------

static int describe_people(const struct enrolled *enrolled, struct manifest *manifest)
{
    CLEANUP_FREE char *identity = NULL;
    int r = certificate_identity(enrolled->certificate, &identity);
    if (r < 0 || !text_equal(identity, manifest->ledger))
        return r == -ENOMEM ? r : -EKEYREJECTED;
    r = certificate_fingerprint(enrolled->certificate, manifest->certificate);
    if (r == 0)
        r = certificate_fingerprint(enrolled->site, manifest->site);
    for (size_t i = 0; r == 0 && i < enrolled->n_recipients; i++)
        r = certificate_fingerprint(enrolled->recipients[i], manifest->recipients[i]);
    manifest->n_recipients = enrolled->n_recipients;
    return r;
}

static int describe_ledger(const char *ledger, struct manifest *manifest)
{
    struct opening opening = {0};
    int r = opening_read(ledger, &opening);
    if (r < 0)
        return r;
    manifest->host = TAKE_PTR(opening.host);
    memcpy(manifest->ledger, opening.ledger, sizeof manifest->ledger);
    memcpy(manifest->month, opening.month, sizeof manifest->month);
    opening_clear(&opening);
    return 0;
}

static int describe(const struct package_options *options, struct manifest *manifest)
{
    int r = describe_ledger(options->ledger, manifest);
    if (r < 0)
        return r;
    manifest->form = options->enrolled ? MANIFEST_SEALED : MANIFEST_PLAIN;
    manifest->partial = options->partial;
    manifest->created_ns = moment_now().wall_ns;
    for (enum manifest_item item = 0; item < MANIFEST_ITEM_MAX; item++)
        if (manifest_has(manifest->form, item))
            manifest_name_item(item, manifest->month, manifest->files[item].name);
    manifest->time_zone = text_dup(options->time_zone);
    manifest->tool = text_dup("sekisho " SEKISHO_VERSION);
    if (!manifest->time_zone || !manifest->tool)
        return -ENOMEM;
    return options->enrolled ? describe_people(options->enrolled, manifest) : 0;
}

// ---- Making ------------------------------------------------------------------------------------

static int fill(struct package_build *build)
{
    int r = build->options->enrolled ? package_fill_sealed(build) : package_fill_plain(build);
    if (r == 0)
        package_tell(build, PACKAGE_DONE, build->package->manifest.rows);
    return r;
}

static int build_in(const struct package_options *options, int parent, const char *name,
                    struct package *package)
{
    CLEANUP_FREE char *temporary = NULL;
    int r = package_place_begin(parent, name, &temporary);
    if (r < 0)
        return r;
    CLEANUP_FREE char *path = text_format("%s/%s", options->folder, temporary);
    CLEANUP_CLOSE int folder =
        openat(parent, temporary, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    struct package_build build = {options, path, folder, package};
    r = !path ? -ENOMEM : folder < 0 ? -errno : fill(&build);
    if (r == 0)
        r = package_place_end(parent, temporary, name);
    if (r < 0)
        package_place_drop(parent, temporary);
    return r;
}

static int make(const struct package_options *options, struct package *package)
{
    int r = describe(options, &package->manifest);
    if (r < 0)
        return r;
    CLEANUP_CLOSE int parent = open(options->folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (parent < 0)
        return -errno;
    CLEANUP_FREE char *name = package_place_name(&package->manifest);
    if (!name)
        return -ENOMEM;
    package->path = text_format("%s/%s", options->folder, name);
    if (!package->path)
        return -ENOMEM;
    r = package_place_is_free(parent, name); // before the work, and again before the rename
    return r < 0 ? r : build_in(options, parent, name, package);
}

int package_make(const struct package_options *options, struct package *ret)
{
    struct package package = {0};
    int r = make(options, &package);
    if (r < 0) {
        if (r == -EEXIST)
            *ret = (struct package){.path = TAKE_PTR(package.path)};
        package_clear(&package);
        return r;
    }
    *ret = package;
    return 0;
}
