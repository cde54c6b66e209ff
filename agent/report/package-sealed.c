// SPDX-License-Identifier: GPL-3.0-or-later
// Filling a sealed package. Nothing readable touches the medium: the ledger's copy and the report
// stand on the PC's own disk, are encrypted part by part, and the signed manifest comes last.
#include "report/package-parts.h"

#include "base/file.h"
#include "base/text.h"
#include "report/sealed-manifest.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>

// One file on its way into parts.
struct cut {
    struct package_build *build;
    struct manifest_file *file;
    int source;
    uint8_t *content; // of one part: ENVELOPE_CONTENT_MAX bytes
    struct digest *digest;
};

static int write_part(struct cut *cut, size_t i, const uint8_t *message, size_t length)
{
    char name[MANIFEST_NAME_SIZE];
    manifest_name_part(cut->file, i, name);
    CLEANUP_CLOSE int fd = openat(cut->build->folder, name,
                                  O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0640);
    if (fd < 0)
        return -errno;
    int r = file_write_all(fd, message, length);
    if (r < 0)
        return r;
    digest_of(message, length, cut->file->parts[i].sha256);
    cut->file->parts[i].size = length;
    return fsync(fd) < 0 ? -errno : 0;
}

static int seal_part(struct cut *cut, size_t i)
{
    const struct enrolled *enrolled = cut->build->options->enrolled;
    CLEANUP_FREE uint8_t *message = NULL;
    size_t length, sealed;
    int r = file_read_some(cut->source, cut->content, ENVELOPE_CONTENT_MAX, &length);
    if (r < 0)
        return r;
    cut->file->size += length;
    digest_add(cut->digest, cut->content, length);
    r = envelope_seal(cut->content, length, enrolled->recipients, enrolled->n_recipients, &message,
                      &sealed);
    return r < 0 ? r : write_part(cut, i, message, sealed);
}

static int seal_parts(struct cut *cut, uint64_t size)
{
    struct manifest_file *file = cut->file;
    size_t n = manifest_count_parts(size);
    if (n > MANIFEST_PARTS_MAX)
        return -EFBIG;
    file->parts = calloc(n, sizeof *file->parts);
    if (!file->parts)
        return -ENOMEM;
    file->n_parts = n;
    int r = 0;
    for (size_t i = 0; r == 0 && i < n; i++) {
        package_tell(cut->build, PACKAGE_SEALING, i);
        r = seal_part(cut, i);
    }
    if (r == 0)
        digest_end(cut->digest, file->sha256);
    return r < 0 || file->size == size ? r : -EIO; // nobody else writes there
}

static int seal_file(struct package_build *build, enum manifest_item item, const char *path)
{
    CLEANUP(digest_free_p) struct digest *digest = NULL;
    CLEANUP_CLOSE int source = open(path, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
    CLEANUP_FREE uint8_t *content = malloc(ENVELOPE_CONTENT_MAX);
    struct stat status;
    if (source < 0 || fstat(source, &status) < 0)
        return -errno;
    int r = content ? digest_new(&digest) : -ENOMEM;
    struct cut cut = {build, &build->package->manifest.files[item], source, content, digest};
    return r < 0 ? r : seal_parts(&cut, (uint64_t)status.st_size);
}

// ---- What goes in ------------------------------------------------------------------------------

static int seal_ledger(struct package_build *build, const char *path)
{
    struct manifest *manifest = &build->package->manifest;
    int r = package_copy_ledger(build, path);
    if (r == 0)
        r = package_verify_copy(build, path);
    if (r < 0)
        return r;
    manifest->rows = build->package->verified.rows;
    manifest->first = build->package->verified.first;
    manifest->last = build->package->verified.last;
    return seal_file(build, MANIFEST_LEDGER, path);
}

static int seal_report(struct package_build *build, const char *path)
{
    const char *report = build->options->report;
    int r = file_replace_at(AT_FDCWD, path, 0600, report, strlen(report));
    return r < 0 ? r : seal_file(build, MANIFEST_REPORT, path);
}

static int seal_all(struct package_build *build, const char *ledger, const char *report)
{
    int r = seal_ledger(build, ledger);
    if (r == 0)
        r = seal_report(build, report);
    return r < 0 ? r
                 : sealed_manifest_write(build->folder, &build->package->manifest,
                                         build->options->enrolled);
}

int package_fill_sealed(struct package_build *build)
{
    const struct manifest_file *files = build->package->manifest.files;
    CLEANUP_FREE char *ledger =
        text_format("%s/%s", build->options->scratch, files[MANIFEST_LEDGER].name);
    CLEANUP_FREE char *report =
        text_format("%s/%s", build->options->scratch, files[MANIFEST_REPORT].name);
    int r = ledger && report ? seal_all(build, ledger, report) : -ENOMEM;
    if (ledger)
        (void)unlink(ledger);
    if (report)
        (void)unlink(report);
    return r;
}
