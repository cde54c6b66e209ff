// SPDX-License-Identifier: GPL-3.0-or-later
// Topic "paths": who may write to our own programs, and to the folders on the way to them.
#include "base/text.h"
#include "watch/posture/topics.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>

// Those that end in "/" with all that lies in them.
static const char *const paths[] = {
    "/",
    "/etc",
    "/etc/sekisho/",
    "/etc/sekisho/policy.d/",
    "/etc/systemd",
    "/etc/systemd/system",
    "/etc/systemd/system/sekishod.service.d/",
    "/etc/udev",
    "/etc/udev/rules.d",
    "/usr",
    "/usr/bin",
    "/usr/bin/sekisho",
    "/usr/lib",
    "/usr/lib/systemd",
    "/usr/lib/systemd/system",
    "/usr/lib/systemd/system/sekishod.service",
    "/usr/lib/systemd/system/sekisho-airgap.service",
    "/usr/lib/udev",
    "/usr/lib/udev/rules.d",
    "/usr/lib/udev/rules.d/60-sekisho-usb.rules",
    "/usr/libexec",
    "/usr/libexec/sekisho/",
    "/usr/sbin",
    "/usr/sbin/sekishod",
    "/var",
    "/var/lib",
    "/var/lib/sekisho/",
};

// "mode" is of text: "0755".
static void add(struct sight *sight, json_object *seen, const char *path)
{
    struct stat status;
    char mode[8];
    CLEANUP_CLOSE int fd = sight_open(sight, path, O_PATH);
    if (fd == -ENOENT || fd == -ENOTDIR)
        return;
    if (fd < 0 || fstat(fd, &status) < 0) {
        sight_note(sight, path, fd < 0 ? fd : -errno);
        return;
    }
    json_object *entry = json_object_new_object();
    (void)snprintf(mode, sizeof mode, "%04o", (unsigned)status.st_mode & 07777);
    sight_add_text(entry, "path", path);
    json_add_text(entry, "mode", mode);
    json_add_number(entry, "uid", status.st_uid);
    json_add_number(entry, "gid", status.st_gid);
    sight_append(sight, seen, entry, path);
}

static void add_folder(struct sight *sight, json_object *seen, const char *folder)
{
    struct sight_names names = {0};
    sight_list(sight, folder, "", &names);
    for (size_t i = 0; i < names.n; i++) {
        CLEANUP_FREE char *path = text_format("%s%s", folder, names.items[i]);
        if (path)
            add(sight, seen, path);
        else
            sight->r = -ENOMEM;
    }
    sight_names_clear(&names);
}

// "seen": [{"path", "mode", "uid", "gid"}] of what is there.
void posture_look_at_paths(struct sight *sight)
{
    json_object *seen = sight_array(sight, sight->topic, "seen");
    (void)sight_has_needed(sight, "/usr/sbin/sekishod");
    (void)sight_has_needed(sight, "/usr/libexec/sekisho");
    (void)sight_has_needed(sight, "/etc/sekisho");
    for (size_t i = 0; i < ELEMENTS(paths); i++) {
        add(sight, seen, paths[i]);
        if (paths[i][1] && paths[i][strlen(paths[i]) - 1] == '/')
            add_folder(sight, seen, paths[i]);
    }
}
