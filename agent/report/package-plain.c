// SPDX-License-Identifier: GPL-3.0-or-later
// Filling a plain package: the ledger's copy, CSV and JSON from it, and the manifest.
#include "report/package-parts.h"

#include "base/text.h"
#include "report/derive.h"
#include "report/package-file.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>

static void on_rows(void *context, uint64_t rows)
{
    package_tell(context, PACKAGE_WRITING, rows);
}

static FILE *create(int folder, const char *name)
{
    int fd = openat(folder, name, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0640);
    FILE *file = fd < 0 ? NULL : fdopen(fd, "w");
    if (fd >= 0 && !file)
        (void)close(fd);
    return file;
}

static int finish(FILE *file)
{
    return fflush(file) != 0 || fsync(fileno(file)) < 0 ? -errno : 0;
}

static int write_events(struct package_build *build, const char *ledger)
{
    struct manifest *manifest = &build->package->manifest;
    struct manifest_file *files = manifest->files;
    CLEANUP_FCLOSE FILE *csv = create(build->folder, files[MANIFEST_CSV].name);
    CLEANUP_FCLOSE FILE *jsonl = csv ? create(build->folder, files[MANIFEST_JSONL].name) : NULL;
    if (!jsonl)
        return -errno;
    const struct derive_options options = {.ledger = ledger,
                                           .host = manifest->host,
                                           .csv = csv,
                                           .jsonl = jsonl,
                                           .progress = on_rows,
                                           .context = build};
    struct derived derived;
    int r = derive_run(&options, &derived);
    if (r == 0)
        r = finish(csv);
    if (r == 0)
        r = finish(jsonl);
    if (r < 0)
        return r;
    manifest->rows = derived.rows;
    manifest->first = derived.first;
    manifest->last = derived.last;
    files[MANIFEST_CSV].size = derived.csv_size;
    memcpy(files[MANIFEST_CSV].sha256, derived.csv_sha256, DIGEST_SIZE);
    files[MANIFEST_JSONL].size = derived.jsonl_size;
    memcpy(files[MANIFEST_JSONL].sha256, derived.jsonl_sha256, DIGEST_SIZE);
    return 0;
}

static int hash_ledger(struct package_build *build)
{
    struct manifest_file *file = &build->package->manifest.files[MANIFEST_LEDGER];
    if (fchmodat(build->folder, file->name, 0640, 0) < 0)
        return -errno;
    return package_file_hash(build->folder, file->name, &file->size, file->sha256);
}

int package_fill_plain(struct package_build *build)
{
    struct manifest *manifest = &build->package->manifest;
    CLEANUP_FREE char *ledger =
        text_format("%s/%s", build->path, manifest->files[MANIFEST_LEDGER].name);
    if (!ledger)
        return -ENOMEM;
    int r = package_copy_ledger(build, ledger);
    if (r == 0)
        r = hash_ledger(build);
    if (r == 0)
        r = write_events(build, ledger);
    if (r == 0)
        r = package_verify_copy(build, ledger);
    return r < 0 ? r : manifest_write(build->folder, manifest); // syncs the folder, too
}
