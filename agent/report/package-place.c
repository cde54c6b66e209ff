// SPDX-License-Identifier: GPL-3.0-or-later
// Names and folders of packages. Of what lies there, only what is ours is ever removed.
#include "report/package-place.h"

#include "base/file.h"
#include "base/text.h"
#include "report/sealed-manifest.h"

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <fnmatch.h>
#include <string.h>
#include <sys/stat.h>

// Of the host's name only what every file system takes.
char *package_place_name(const struct manifest *manifest)
{
    CLEANUP_FREE char *safe = strndup(manifest->host, 64);
    if (!safe)
        return NULL;
    for (char *p = safe; *p; p++)
        if (!isalnum((unsigned char)*p) && !strchr(".-", *p))
            *p = '_';
    return text_format("sekisho-%s-%s%s", safe, manifest->month,
                       manifest->partial ? "-partial" : "");
}

// ---- Removing ----------------------------------------------------------------------------------

bool package_place_owns(const char *file)
{
#define DB "[0-9][0-9][0-9][0-9]-[0-9][0-9].db"
#define PART ".[0-9][0-9][0-9].cms"
    static const char *const patterns[] = {DB,
                                           DB "-journal",
                                           DB PART,
                                           "report.html" PART,
                                           "events.csv",
                                           "events.jsonl",
                                           MANIFEST_NAME,
                                           MANIFEST_SEALED_NAME,
                                           ".manifest.*.new"}; // as file_replace_at() names it
    for (size_t i = 0; i < ELEMENTS(patterns); i++)
        if (fnmatch(patterns[i], file, FNM_PERIOD) == 0)
            return true;
    return false;
}

static bool is_ours(void *context, const char *file)
{
    (void)context;
    return package_place_owns(file);
}

// Only what a package is made of: anything else in there is not ours, and stays.
static void remove_folder(int parent, const char *name)
{
    CLEANUP_CLOSE int folder =
        openat(parent, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    if (folder < 0)
        return;
    // First: without it, it is no package any more.
    (void)unlinkat(folder, MANIFEST_NAME, 0);
    (void)unlinkat(folder, MANIFEST_SEALED_NAME, 0);
    if (file_remove_entries(folder, ".", is_ours, NULL) == 0)
        (void)unlinkat(parent, name, AT_REMOVEDIR);
}

void package_place_drop(int parent, const char *temporary)
{
    remove_folder(parent, temporary);
}

// ".NAME.PID", and ".NAME.PID.old" for what stepped aside.
static bool is_left_over(const char *file, const char *name, bool *ret_old)
{
    size_t length = strlen(name);
    if (file[0] != '.' || strncmp(file + 1, name, length) != 0 || file[1 + length] != '.')
        return false;
    const char *number = file + length + 2, *rest = number + strspn(number, "0123456789");
    *ret_old = strcmp(rest, ".old") == 0;
    return rest > number && (*rest == '\0' || *ret_old);
}

static int remove_left_overs(int parent, const char *name)
{
    CLEANUP(closedir_p) DIR *entries = NULL;
    int r = file_open_entries(parent, ".", &entries);
    if (r < 0)
        return r;
    for (const struct dirent *entry; (entry = readdir(entries));) {
        bool is_old;
        if (!is_left_over(entry->d_name, name, &is_old))
            continue;
        // Pulled while the new one was taking its place: the old one is whole, and goes back.
        if (!is_old || renameat(parent, entry->d_name, parent, name) < 0)
            remove_folder(parent, entry->d_name);
    }
    return 0;
}

// ---- What stands there -------------------------------------------------------------------------

static bool is_partial(int folder)
{
    CLEANUP(manifest_clear_p) struct manifest plain = {0}, sealed = {0};
    CLEANUP(envelope_signed_clear_p) struct envelope_signed message = {0};
    int r = manifest_read(folder, &plain);
    if (r != -ENOENT)
        return r == 0 && plain.partial;
    r = sealed_manifest_read(folder, &message);
    if (r == 0)
        r = sealed_manifest_decode(&message, &sealed);
    return r == 0 && sealed.partial;
}

// 0 nothing, 1 a partial package that may be replaced, −EEXIST.
static int look_at_old(int parent, const char *name)
{
    CLEANUP_CLOSE int folder =
        openat(parent, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    if (folder < 0)
        return errno == ENOENT ? 0 : -EEXIST;
    return is_partial(folder) ? 1 : -EEXIST;
}

int package_place_is_free(int parent, const char *name)
{
    int r = look_at_old(parent, name);
    return r < 0 ? r : 0;
}

// ---- Taking the place --------------------------------------------------------------------------

int package_place_begin(int parent, const char *name, char **ret_temporary)
{
    CLEANUP_FREE char *temporary = text_format(".%s.%d", name, (int)getpid());
    if (!temporary)
        return -ENOMEM;
    int r = remove_left_overs(parent, name);
    if (r < 0)
        return r;
    if (mkdirat(parent, temporary, 0750) < 0)
        return -errno;
    *ret_temporary = TAKE_PTR(temporary);
    return 0;
}

// FAT on a stick can't exchange names: the old folder steps aside first.
int package_place_end(int parent, const char *temporary, const char *name)
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
        remove_folder(parent, aside);
    return file_sync_dir(parent);
}
