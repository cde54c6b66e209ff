// SPDX-License-Identifier: GPL-3.0-or-later
// Which profiles there are, and what became of them.
#include "watch/antivirus/profile.h"

#include "base/file.h"
#include "base/text.h"
#include "watch/antivirus/profile-read.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>

#define FILE_MAX (64 * 1024)
#define SUFFIX ".conf"

static const char *const fault_names[] = {
    [PROFILE_FAULT_UNREADABLE] = "unreadable", [PROFILE_FAULT_UNTRUSTED] = "untrusted",
    [PROFILE_FAULT_SYNTAX] = "syntax",         [PROFILE_FAULT_UNKNOWN_KEY] = "unknown-key",
    [PROFILE_FAULT_WRONG_TYPE] = "wrong-type", [PROFILE_FAULT_NO_PATH] = "no-path",
    [PROFILE_FAULT_MISSING] = "missing",       [PROFILE_FAULT_TOO_MANY] = "too-many",
};
static_assert(ELEMENTS(fault_names) == PROFILE_FAULT_MAX, "a name for each fault");

const char *profile_fault_to_str(enum profile_fault fault)
{
    return fault_names[fault];
}

void profile_clear(struct profile *profile)
{
    free(profile->file);
    for (size_t i = 0; i < PROFILE_TEXT_MAX; i++)
        free(profile->text[i]);
    for (size_t i = 0; i < PROFILE_LIST_MAX; i++) {
        free(profile->names[i]);
        free(profile->command[i]);
    }
    *profile = (struct profile){0};
}

void profiles_clear(struct profiles *profiles)
{
    for (size_t i = 0; i < profiles->n; i++)
        profile_clear(&profiles->items[i]);
    for (size_t i = 0; i < profiles->n_mistakes; i++) {
        free(profiles->mistakes[i].file);
        free(profiles->mistakes[i].key);
    }
    free(profiles->items);
    free(profiles->mistakes);
    *profiles = (struct profiles){0};
}

int profiles_add_mistake(struct profiles *profiles, const struct profile_mistake *mistake)
{
    struct profile_mistake *more =
        reallocarray(profiles->mistakes, profiles->n_mistakes + 1, sizeof *more);
    if (!more)
        return -ENOMEM;
    profiles->mistakes = more;
    struct profile_mistake copy = *mistake;
    copy.file = text_escape(mistake->file, strlen(mistake->file), 256);
    copy.key = mistake->key ? text_escape(mistake->key, strlen(mistake->key), 64) : NULL;
    if (!copy.file || (mistake->key && !copy.key)) {
        free(copy.file);
        free(copy.key);
        return -ENOMEM;
    }
    more[profiles->n_mistakes++] = copy;
    return 0;
}

// ---- One file ----------------------------------------------------------------------------------

// A profile may name a program that we then run as root: whoever can write it is root.
static bool is_trusted(int fd)
{
    struct stat seen;
    return fstat(fd, &seen) == 0 && S_ISREG(seen.st_mode) && (seen.st_mode & 022) == 0 &&
           (seen.st_uid == 0 || seen.st_uid == geteuid());
}

static int take(struct profiles *profiles, struct profile *profile)
{
    struct profile *more = reallocarray(profiles->items, profiles->n + 1, sizeof *more);
    if (!more)
        return -ENOMEM;
    profiles->items = more;
    more[profiles->n++] = *profile;
    *profile = (struct profile){0};
    return 0;
}

static int read_text(struct profiles *profiles, int fd, const char *path)
{
    CLEANUP(profile_clear) struct profile profile = {0};
    CLEANUP_FREE char *text = NULL;
    size_t length = 0;
    int r = file_read_fd(fd, FILE_MAX, &text, &length);
    if (r == -ENOMEM)
        return r;
    if (r < 0 || strlen(text) != length)
        return profiles_add_mistake(
            profiles, &(struct profile_mistake){(char *)path, 0, PROFILE_FAULT_UNREADABLE, NULL});
    profile.file = text_dup(path);
    r = profile.file ? profile_parse(text, &profile, profiles) : -ENOMEM;
    return r > 0 ? take(profiles, &profile) : r;
}

static int read_one(struct profiles *profiles, int root, const char *folder, const char *name)
{
    CLEANUP_FREE char *path = text_format("/%s/%s", folder, name);
    if (!path)
        return -ENOMEM;
    CLEANUP_CLOSE int fd = openat(root, path + 1, O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
    if (fd < 0)
        return profiles_add_mistake(
            profiles, &(struct profile_mistake){path, 0, PROFILE_FAULT_UNREADABLE, NULL});
    if (!is_trusted(fd))
        return profiles_add_mistake(
            profiles, &(struct profile_mistake){path, 0, PROFILE_FAULT_UNTRUSTED, NULL});
    return read_text(profiles, fd, path);
}

// ---- Both folders ------------------------------------------------------------------------------

struct entry {
    char *name;
    const char *folder;
};

struct entries {
    struct entry items[PROFILES_MAX];
    size_t n;
};

static void entries_clear(struct entries *entries)
{
    while (entries->n > 0)
        free(entries->items[--entries->n].name);
}

static bool is_profile(const char *name)
{
    size_t length = strlen(name);
    return name[0] != '.' && length > strlen(SUFFIX) &&
           strcmp(name + length - strlen(SUFFIX), SUFFIX) == 0;
}

// The site's comes in the place of the vendor's, which was read before.
static int note(struct profiles *profiles, struct entries *entries, const char *folder,
                const char *name)
{
    for (size_t i = 0; i < entries->n; i++)
        if (strcmp(entries->items[i].name, name) == 0) {
            entries->items[i].folder = folder;
            return 0;
        }
    if (entries->n == PROFILES_MAX)
        return profiles_add_mistake(
            profiles, &(struct profile_mistake){(char *)name, 0, PROFILE_FAULT_TOO_MANY, NULL});
    char *copy = text_dup(name);
    if (!copy)
        return -ENOMEM;
    entries->items[entries->n++] = (struct entry){copy, folder};
    return 0;
}

static int list(struct profiles *profiles, int root, const char *folder, struct entries *entries)
{
    CLEANUP(closedir_p) DIR *folder_entries = NULL;
    int r = file_open_entries(root, folder, &folder_entries);
    if (r == -ENOENT || r == -ENOMEM)
        return r == -ENOENT ? 0 : r;
    if (r < 0)
        return profiles_add_mistake(
            profiles, &(struct profile_mistake){(char *)folder, 0, PROFILE_FAULT_UNREADABLE, NULL});
    for (struct dirent *entry; r == 0 && (entry = readdir(folder_entries));)
        if (is_profile(entry->d_name))
            r = note(profiles, entries, folder, entry->d_name);
    return r;
}

static int by_name(const void *a, const void *b)
{
    const struct entry *x = a, *y = b;
    return strcmp(x->name, y->name);
}

int profiles_read(int root, struct profiles *ret)
{
    CLEANUP(entries_clear) struct entries entries = {0};
    struct profiles profiles = {0};
    int r = list(&profiles, root, PROFILE_VENDOR_FOLDER, &entries);
    if (r == 0)
        r = list(&profiles, root, PROFILE_SITE_FOLDER, &entries);
    if (r == 0)
        qsort(entries.items, entries.n, sizeof *entries.items, by_name);
    for (size_t i = 0; r == 0 && i < entries.n; i++)
        r = read_one(&profiles, root, entries.items[i].folder, entries.items[i].name);
    if (r < 0) {
        profiles_clear(&profiles);
        return r;
    }
    *ret = profiles;
    return 0;
}
