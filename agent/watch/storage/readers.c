// SPDX-License-Identifier: GPL-3.0-or-later
// Goes down to the folder, and asks each step for owner, mode and ACL.
#include "watch/storage/readers.h"

#include "base/text.h"
#include "watch/storage/acl.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/xattr.h>

// The ACL under `name`, if there is one.
static int add_acl(json_object *step, const char *key, int fd, const char *name)
{
    char self[SURVEY_SELF_SIZE];
    CLEANUP_FREE void *data = malloc(ACL_SIZE_MAX);
    CLEANUP_JSON json_object *acl = NULL;
    if (!data)
        return -ENOMEM;
    survey_self(fd, self); // what is only a path has no attributes by its descriptor
    ssize_t n = getxattr(self, name, data, ACL_SIZE_MAX);
    if (n < 0)
        return errno == ENODATA || errno == EOPNOTSUPP ? 0 : -errno;
    int r = acl_parse(data, (size_t)n, &acl);
    if (r == 0)
        json_add(step, key, TAKE_PTR(acl));
    return r;
}

static int add_rights(json_object *step, int fd)
{
    struct stat st;
    if (fstat(fd, &st) < 0)
        return -errno;
    json_add_number(step, "owner", st.st_uid);
    json_add_number(step, "group", st.st_gid);
    json_add_number(step, "mode", st.st_mode & 07777);
    int r = add_acl(step, "acl", fd, "system.posix_acl_access");
    return r < 0 ? r : add_acl(step, "default", fd, "system.posix_acl_default");
}

// FUSE asks nobody's rights but lets in its own user only, unless it is told otherwise.
static bool is_private(const struct survey *survey, const char *place, uint64_t *ret_user)
{
    const struct mountinfo_line *mount = mountinfo_find(&survey->mounts, place);
    CLEANUP_FREE char *user = NULL;
    return mount && strncmp(mount->type, "fuse", 4) == 0 &&
           !mountinfo_has_option(mount->super_options, "allow_other") &&
           mountinfo_option(mount->super_options, "user_id", 0, &user) == 0 &&
           text_to_u64(user, 10, UINT32_MAX, ret_user) == 0;
}

static void add_step(const struct survey *survey, json_object *list, const char *path)
{
    json_object *step = survey_append(list);
    CLEANUP_CLOSE int fd = -1;
    uint64_t user;
    if (!step)
        return;
    survey_add_name(step, "path", path);
    if (is_private(survey, path, &user)) {
        json_add_number(step, "only", user);
        return;
    }
    int r = survey_open(survey, path, O_PATH | O_NOFOLLOW, &fd);
    if (r == 0)
        r = add_rights(step, fd);
    if (r < 0)
        survey_add_error(step, "error", r);
}

void readers_add(const struct survey *survey, json_object *folder, const char *place)
{
    json_object *list = survey_list(folder, "steps");
    if (!list)
        return;
    add_step(survey, list, "/");
    for (size_t length = 1; place[length]; length++) {
        if (place[length + 1] != '/' && place[length + 1] != '\0')
            continue;
        CLEANUP_FREE char *path = strndup(place, length + 1);
        if (path)
            add_step(survey, list, path);
    }
    json_add_bool(folder, "steps_whole", true);
}
