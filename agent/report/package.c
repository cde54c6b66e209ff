// SPDX-License-Identifier: GPL-3.0-or-later
// Making a package.
#include "report/package.h"

#include "base/file.h"
#include "base/text.h"
#include "ledger/reader.h"
#include "report/derive.h"
#include "report/opening.h"
#include "report/package-file.h"

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>

void package_clear(struct package *package)
{
    free(package->path);
    manifest_clear(&package->manifest);
    verify_result_clear(&package->verified);
    memset(package, 0, sizeof *package);
}

// ---- Names -------------------------------------------------------------------------------------

// "sekisho-HOST-YYYY-MM[-partial]"; of the host's name only what every file system takes.
static char *make_name(const char *host, const char *month, bool partial)
{
    CLEANUP_FREE char *safe = strndup(host, 64);
    if (!safe)
        return NULL;
    for (char *p = safe; *p; p++)
        if (!isalnum((unsigned char)*p) && !strchr(".-", *p))
            *p = '_';
    return text_format("sekisho-%s-%s%s", safe, month, partial ? "-partial" : "");
}

// ---- Folders -----------------------------------------------------------------------------------

// Only what a package is made of: anything else in there is not ours, and stays.
static void remove_folder(int parent, const char *name, const char *month)
{
    CLEANUP_CLOSE int folder =
        openat(parent, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    if (folder < 0)
        return;
    char file[32], journal[48];
    (void)unlinkat(folder, MANIFEST_NAME, 0); // first: without it, it is no package any more
    for (enum manifest_part part = 0; part < MANIFEST_PART_MAX; part++) {
        manifest_name_part(part, month, file);
        (void)unlinkat(folder, file, 0);
        (void)snprintf(journal, sizeof journal, "%s-journal", file);
        (void)unlinkat(folder, journal, 0);
    }
    (void)unlinkat(parent, name, AT_REMOVEDIR);
}

// What stands under the final name: 0 nothing, 1 a partial package that may be replaced, −EEXIST.
static int look_at_old(int parent, const char *name)
{
    CLEANUP_CLOSE int folder =
        openat(parent, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    if (folder < 0)
        return errno == ENOENT ? 0 : -EEXIST;
    struct manifest old = {0};
    int r = manifest_read(folder, &old);
    bool partial = r == 0 && old.partial;
    manifest_clear(&old);
    return partial ? 1 : -EEXIST;
}

// FAT on a stick can't exchange names: the old folder steps aside first.
static int put_in_place(int parent, const char *temporary, const char *name, const char *month)
{
    int r = look_at_old(parent, name);
    if (r < 0)
        return r;
    CLEANUP_FREE char *aside = text_format("%s.old", temporary);
    if (!aside)
        return -ENOMEM;
    if (r > 0 && renameat(parent, name, parent, aside) < 0)
        return -errno;
    if (renameat(parent, temporary, parent, name) < 0) {
        int error = -errno;
        if (r > 0)
            (void)renameat(parent, aside, parent, name);
        return error;
    }
    if (r > 0)
        remove_folder(parent, aside, month);
    return file_sync_dir(parent);
}

// ---- Contents ----------------------------------------------------------------------------------

struct build {
    const struct package_options *options;
    const char *path; // of the temporary folder
    int folder;
    struct package *package;
};

static void tell(const struct build *build, enum package_step step, uint64_t rows)
{
    if (build->options->progress)
        build->options->progress(build->options->context, step, rows);
}

static void on_rows(void *context, uint64_t rows)
{
    tell(context, PACKAGE_WRITING, rows);
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

static int write_events(struct build *build, const char *ledger)
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

static int copy_ledger(struct build *build, const char *ledger)
{
    struct manifest_file *file = &build->package->manifest.files[MANIFEST_LEDGER];
    tell(build, PACKAGE_COPYING, 0);
    int r = reader_copy(build->options->ledger, ledger);
    if (r < 0)
        return r;
    CLEANUP_CLOSE int fd = openat(build->folder, file->name, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
    if (fd < 0 || fchmod(fd, 0640) < 0 || fsync(fd) < 0)
        return -errno;
    return package_file_hash(build->folder, file->name, &file->size, file->sha256);
}

static int verify_copy(struct build *build, const char *ledger)
{
    struct package *package = build->package;
    const struct verify_witness nothing = {0};
    tell(build, PACKAGE_VERIFYING, package->manifest.rows);
    int r = verify_files(&ledger, 1, &nothing, &package->verified);
    if (r < 0)
        return r;
    package->manifest.epoch = package->verified.epoch;
    memcpy(package->manifest.head, package->verified.head, DIGEST_SIZE);
    return 0;
}

static int fill(struct build *build)
{
    struct manifest *manifest = &build->package->manifest;
    CLEANUP_FREE char *ledger =
        text_format("%s/%s", build->path, manifest->files[MANIFEST_LEDGER].name);
    if (!ledger)
        return -ENOMEM;
    int r = copy_ledger(build, ledger);
    if (r == 0)
        r = write_events(build, ledger);
    if (r == 0)
        r = verify_copy(build, ledger);
    if (r == 0)
        r = manifest_write(build->folder, manifest); // syncs the folder, too
    if (r == 0)
        tell(build, PACKAGE_DONE, manifest->rows);
    return r;
}

static int describe(const struct package_options *options, struct manifest *manifest)
{
    struct opening opening = {0};
    int r = opening_read(options->ledger, &opening);
    if (r < 0)
        return r;
    manifest->host = TAKE_PTR(opening.host);
    memcpy(manifest->ledger, opening.ledger, sizeof manifest->ledger);
    memcpy(manifest->month, opening.month, sizeof manifest->month);
    opening_clear(&opening);
    manifest->partial = options->partial;
    manifest->created_ns = moment_now().wall_ns;
    for (enum manifest_part part = 0; part < MANIFEST_PART_MAX; part++)
        manifest_name_part(part, manifest->month, manifest->files[part].name);
    manifest->time_zone = text_dup(options->time_zone);
    manifest->tool = text_dup("sekisho " SEKISHO_VERSION);
    return manifest->time_zone && manifest->tool ? 0 : -ENOMEM;
}

static int build_in(const struct package_options *options, int parent, const char *name,
                    struct package *package)
{
    CLEANUP_FREE char *temporary = text_format(".%s.%d", name, (int)getpid());
    CLEANUP_FREE char *path = temporary ? text_format("%s/%s", options->folder, temporary) : NULL;
    if (!path)
        return -ENOMEM;
    remove_folder(parent, temporary, package->manifest.month); // left by a crash
    if (mkdirat(parent, temporary, 0750) < 0)
        return -errno;
    CLEANUP_CLOSE int folder =
        openat(parent, temporary, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    struct build build = {options, path, folder, package};
    int r = folder < 0 ? -errno : fill(&build);
    if (r == 0)
        r = put_in_place(parent, temporary, name, package->manifest.month);
    if (r < 0)
        remove_folder(parent, temporary, package->manifest.month);
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
    CLEANUP_FREE char *name =
        make_name(package->manifest.host, package->manifest.month, options->partial);
    if (!name)
        return -ENOMEM;
    package->path = text_format("%s/%s", options->folder, name);
    if (!package->path)
        return -ENOMEM;
    r = look_at_old(parent, name); // before the work, and again before the rename
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
