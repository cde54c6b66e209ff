// SPDX-License-Identifier: GPL-3.0-or-later
// The policy's files: found, distrusted where somebody else could have written them, and read.
#include "base/file.h"
#include "base/i18n.h"
#include "base/text.h"
#include "policy/policy-read.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>

#define MAIN_FILE "policy.conf"
#define FOLDER "policy.d"
#define NAME_SHOWN_MAX 4096

// What all steps of one reading share.
struct reading {
    uid_t owner;
    struct policy_files *files;
    struct policy_mistakes *mistakes;
    size_t total; // bytes so far
    int site;     // the folder that stands in for the site's files in policy.d; −1: these count
};

void policy_files_clear(struct policy_files *files)
{
    for (size_t i = 0; i < files->n; i++) {
        free(files->items[i].name);
        free(files->items[i].text);
    }
    free(files->items);
    *files = (struct policy_files){0};
}

// "FOLDER/NAME", fit to be shown; "NAME" alone without a folder.
static char *shown_name(const char *folder, const char *name)
{
    CLEANUP_FREE char *path = folder ? text_format("%s/%s", folder, name) : strdup(name);
    return path ? text_escape(path, strlen(path), NAME_SHOWN_MAX) : NULL;
}

// root is always trusted: whoever is root needs no policy file.
static int check_owner(const struct reading *reading, const char *name, const struct stat *st)
{
    if (st->st_uid == reading->owner || st->st_uid == 0)
        return 0;
    return policy_mistake_add(
        reading->mistakes, name, 0,
        text_format(_("belongs to user %u, who could change the policy"), (unsigned)st->st_uid),
        text_format("chown %u %s", (unsigned)reading->owner, name));
}

static int check_mode(const struct reading *reading, const char *name, const struct stat *st)
{
    if ((st->st_mode & (S_IWGRP | S_IWOTH)) == 0)
        return 0;
    return policy_mistake_add(reading->mistakes, name, 0,
                              text_format(st->st_mode & S_IWOTH
                                              ? _("can be changed by everybody (mode %04o)")
                                              : _("can be changed by its group (mode %04o)"),
                                          (unsigned)(st->st_mode & 07777)),
                              text_format("chmod go-w %s", name));
}

static int check_trust(const struct reading *reading, const char *name, int fd, struct stat *ret)
{
    struct stat st;
    if (fstat(fd, &st) < 0)
        return -errno;
    int r = check_owner(reading, name, &st);
    if (r == 0)
        r = check_mode(reading, name, &st);
    if (r == 0)
        *ret = st;
    return r;
}

static int cannot(const struct reading *reading, const char *name, int error)
{
    if (error == ENOMEM)
        return -ENOMEM;
    if (error == ELOOP)
        return policy_mistake_add(
            reading->mistakes, name, 0, strdup(_("is a symbolic link")),
            strdup(_("put the file itself here: a link can be turned elsewhere")));
    return policy_mistake_add(
        reading->mistakes, name, 0, text_format(_("cannot be read: %s"), strerror(error)),
        strdup(error == EACCES ? _("run this as root")
                               : _("put it back, or reinstall the package sekisho")));
}

static int too_large(const struct reading *reading, const char *name)
{
    return policy_mistake_add(
        reading->mistakes, name, 0,
        text_format(_("all files together hold more than %d KiB"), POLICY_TEXT_MAX / 1024),
        strdup(_("approve devices with “sekisho usb allow” instead of listing them here")));
}

// Takes over *name and *text.
static int keep(struct reading *reading, char **name, char **text, size_t length)
{
    struct policy_files *files = reading->files;
    struct policy_file *items = reallocarray(files->items, files->n + 1, sizeof *items);
    if (!items)
        return -ENOMEM;
    files->items = items;
    items[files->n++] = (struct policy_file){TAKE_PTR(*name), TAKE_PTR(*text), length};
    reading->total += length;
    return 0;
}

static int read_file(struct reading *reading, int dir, const char *path, const char *folder)
{
    CLEANUP_FREE char *name = shown_name(folder, path), *text = NULL;
    size_t length = 0;
    struct stat st;
    if (!name)
        return -ENOMEM;
    // O_NONBLOCK: a FIFO of that name must not hold up the agent.
    CLEANUP_CLOSE int fd =
        openat(dir, path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
    if (fd < 0)
        return cannot(reading, name, errno);
    int r = check_trust(reading, name, fd, &st);
    if (r < 0)
        return r == -ENOMEM ? r : cannot(reading, name, -r);
    if (!S_ISREG(st.st_mode))
        return policy_mistake_add(reading->mistakes, name, 0, strdup(_("is not a file")),
                                  strdup(_("move it away, or put a text file here")));
    r = file_read_fd(fd, POLICY_TEXT_MAX, &text, &length);
    if (r == -EFBIG || (r == 0 && reading->total + length > POLICY_TEXT_MAX))
        return too_large(reading, name);
    if (r < 0)
        return cannot(reading, name, -r);
    return keep(reading, &name, &text, length);
}

static int is_part(const struct dirent *entry)
{
    const char *dot = strrchr(entry->d_name, '.');
    return entry->d_name[0] != '.' && dot && strcmp(dot, ".conf") == 0;
}

static int is_own_part(const struct dirent *entry)
{
    return is_part(entry) &&
           strncmp(entry->d_name, POLICY_SITE_PREFIX, strlen(POLICY_SITE_PREFIX)) != 0;
}

static int by_name(const struct dirent **a, const struct dirent **b)
{
    return strcmp((*a)->d_name, (*b)->d_name); // not by locale: the same order everywhere
}

// The parts of a policy, by name; those of `site`, if there is such a folder, among the others.
struct parts {
    struct dirent **own, **site;
    int n_own, n_site;
};

static void parts_clear(struct parts *parts)
{
    for (int i = 0; i < parts->n_own; i++)
        free(parts->own[i]);
    for (int i = 0; i < parts->n_site; i++)
        free(parts->site[i]);
    free(parts->own);
    free(parts->site);
}

static int scan(const struct reading *reading, int dir, struct parts *parts)
{
    parts->n_own =
        scandirat(dir, ".", &parts->own, reading->site < 0 ? is_part : is_own_part, by_name);
    if (parts->n_own >= 0 && reading->site >= 0)
        parts->n_site = scandirat(reading->site, ".", &parts->site, is_part, by_name);
    return parts->n_own < 0 || parts->n_site < 0 ? -errno : 0;
}

static int read_entries(struct reading *reading, int dir, const char *folder,
                        const struct parts *parts)
{
    if (parts->n_own + parts->n_site > POLICY_FILES_MAX)
        return policy_mistake_add(reading->mistakes, folder, 0,
                                  text_format(_("holds more than %d files"), POLICY_FILES_MAX),
                                  strdup(_("put their contents together in fewer files")));
    int r = 0;
    for (int own = 0, site = 0; r == 0 && (own < parts->n_own || site < parts->n_site);) {
        bool is_site =
            own == parts->n_own || (site < parts->n_site &&
                                    strcmp(parts->site[site]->d_name, parts->own[own]->d_name) < 0);
        r = is_site ? read_file(reading, reading->site, parts->site[site++]->d_name, folder)
                    : read_file(reading, dir, parts->own[own++]->d_name, folder);
    }
    return r;
}

static int read_folder(struct reading *reading, int etc, const char *folder_name)
{
    CLEANUP_FREE char *folder = shown_name(folder_name, FOLDER);
    CLEANUP(parts_clear) struct parts parts = {0};
    struct stat st;
    if (!folder)
        return -ENOMEM;
    CLEANUP_CLOSE int dir = openat(etc, FOLDER, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    if (dir < 0 && errno != ENOENT) // O_DIRECTORY makes a link to a folder ENOTDIR
        return cannot(reading, folder, errno == ENOTDIR ? ELOOP : errno);
    if (dir < 0 && reading->site < 0)
        return 0;
    int r = dir < 0 ? 0 : check_trust(reading, folder, dir, &st);
    if (r < 0)
        return r == -ENOMEM ? r : cannot(reading, folder, -r);
    // Without policy.d nothing is found of one's own: in the other folder all names are the site's.
    r = scan(reading, dir < 0 ? reading->site : dir, &parts);
    if (r < 0)
        return cannot(reading, folder, -r);
    return read_entries(reading, dir, folder, &parts);
}

int policy_files_read(int etc, int site, const char *folder_name, uid_t trusted_owner,
                      struct policy_files *ret, struct policy_mistakes *mistakes)
{
    struct policy_files files = {0};
    struct reading reading = {
        .owner = trusted_owner, .files = &files, .mistakes = mistakes, .site = site};
    struct stat st;
    int r = check_trust(&reading, folder_name, etc, &st);
    if (r < 0 && r != -ENOMEM)
        r = cannot(&reading, folder_name, -r);
    if (r == 0)
        r = read_file(&reading, etc, MAIN_FILE, folder_name);
    if (r == 0)
        r = read_folder(&reading, etc, folder_name);
    if (r < 0) {
        policy_files_clear(&files);
        return r;
    }
    *ret = files;
    return 0;
}

int policy_files_read_one(const char *path, uid_t trusted_owner, struct policy_files *ret,
                          struct policy_mistakes *mistakes)
{
    struct policy_files files = {0};
    struct reading reading = {
        .owner = trusted_owner, .files = &files, .mistakes = mistakes, .site = -1};
    int r = read_file(&reading, AT_FDCWD, path, NULL);
    if (r < 0) {
        policy_files_clear(&files);
        return r;
    }
    *ret = files;
    return 0;
}
