// SPDX-License-Identifier: GPL-3.0-or-later
// Opens the folders the daemon works in; makes its own where they are missing.
#include "daemon/options.h"

#include "base/file.h"
#include "base/log.h"
#include "base/text.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <string.h>
#include <sys/stat.h>

#define LEDGER_GROUP "sekisho-audit"
#define GROUP_SIZE_MAX 65536 // with its members

static const struct places closed = {
    .etc = -1,
    .state = -1,
    .run = -1,
    .sys = -1,
    .proc = -1,
    .dev = -1,
    .modprobe = -1,
    .log = -1,
};

static int open_below(const char *root, const char *path, int *ret_fd)
{
    CLEANUP_FREE char *full = text_format("%s%s", root, path);
    if (!full)
        return -ENOMEM;
    int fd = open(full, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0)
        return -errno;
    *ret_fd = fd;
    return 0;
}

static int make_below(const char *root, const char *path, mode_t mode, int *ret_fd)
{
    CLEANUP_FREE char *full = text_format("%s%s", root, path);
    return full ? file_open_dir_at(AT_FDCWD, full, mode, ret_fd) : -ENOMEM;
}

// −ENOENT: this machine has no such group.
static int find_group(const char *name, gid_t *ret)
{
    char buffer[GROUP_SIZE_MAX];
    struct group group, *found = NULL;
    int r = getgrnam_r(name, &group, buffer, sizeof buffer, &found);
    if (r != 0 || !found)
        return r != 0 ? -r : -ENOENT;
    *ret = group.gr_gid;
    return 0;
}

// Those who may read the record reach ledger/ and nothing beside it: the state folder can be passed
// through, not listed, and every other file in it is root's. An older version kept them out.
static int share_ledger(int state)
{
    CLEANUP_CLOSE int folder = -1;
    struct stat status;
    gid_t group;
    int r = file_open_dir_at(state, "ledger", 0750, &folder);
    if (r < 0)
        return r;
    if (fstat(folder, &status) < 0)
        return -errno;
    if (status.st_gid != 0 || find_group(LEDGER_GROUP, &group) < 0)
        return 0; // shared already, by somebody's own choice perhaps; or with nobody
    // Without its set-group-ID bit, which the unit's sandbox forbids: new files get their group by
    // name.
    return fchown(folder, (uid_t)-1, group) < 0 || fchmod(folder, 0750) < 0 ? -errno : 0;
}

static int open_state(const char *path, int *ret_fd)
{
    CLEANUP_CLOSE int fd = -1;
    struct stat status;
    int r = make_below("", path, 0711, &fd);
    if (r < 0)
        return r;
    if (fstat(fd, &status) < 0)
        return -errno;
    if ((status.st_mode & 07777) == 0700 && fchmod(fd, 0711) < 0)
        return -errno;
    r = share_ledger(fd);
    if (r < 0) // recording goes on: only readers who are not root are kept out
        log_warning("cannot share the ledger with the group " LEDGER_GROUP ": %s", strerror(-r));
    *ret_fd = TAKE_FD(fd);
    return 0;
}

static int open_all(const struct options *o, struct places *places)
{
    int r = open_below("", o->config, &places->etc);
    if (r < 0)
        return r;
    r = open_state(o->state, &places->state);
    if (r < 0)
        return r;
    r = make_below(o->root, "/run/sekisho", 0755, &places->run);
    if (r < 0)
        return r;
    r = open_below(o->root, "/sys", &places->sys);
    if (r < 0)
        return r;
    r = open_below(o->root, "/proc", &places->proc);
    if (r < 0)
        return r;
    r = open_below(o->root, "/dev", &places->dev);
    if (r < 0)
        return r;
    r = make_below(o->root, "/etc/modprobe.d", 0755, &places->modprobe);
    if (r < 0)
        return r;
    places->programs = text_format("%s" SEKISHO_LIBEXECDIR, o->root);
    if (!places->programs)
        return -ENOMEM;
    r = open_below(o->root, "/var/log", &places->log);
    return r == -ENOENT ? 0 : r; // then nothing can be followed there, which the trail says
}

int places_open(const struct options *options, struct places *ret)
{
    struct places places = closed;
    int r = open_all(options, &places);
    if (r < 0) {
        places_close(&places);
        return r;
    }
    *ret = places;
    return 0;
}

void places_close(struct places *places)
{
    int *const all[] = {&places->etc,  &places->state, &places->run,      &places->sys,
                        &places->proc, &places->dev,   &places->modprobe, &places->log};
    for (size_t i = 0; i < ELEMENTS(all); i++)
        close_p(all[i]);
    free(places->programs);
    *places = closed;
}
