// SPDX-License-Identifier: GPL-3.0-or-later
// Paths below the root, and objects in the document.
#include "watch/storage/survey.h"

#include "base/text.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/openat2.h>
#include <string.h>
#include <sys/syscall.h>

#define LAYERS_MAX 2048

// ---- Paths -------------------------------------------------------------------------------------

void survey_self(int fd, char ret[SURVEY_SELF_SIZE])
{
    (void)snprintf(ret, SURVEY_SELF_SIZE, "/proc/self/fd/%d", fd);
}

static int path_of(int fd, char **ret)
{
    char self[SURVEY_SELF_SIZE], path[PATH_MAX];
    survey_self(fd, self);
    ssize_t n = readlink(self, path, sizeof path - 1);
    if (n < 0)
        return -errno;
    if ((size_t)n == sizeof path - 1)
        return -ENAMETOOLONG;
    path[n] = '\0';
    char *copy = text_dup(path);
    if (!copy)
        return -ENOMEM;
    *ret = copy;
    return 0;
}

// Another root needs the kernel's help to keep symlinks below it.
static int open_below(const struct survey *survey, const char *path, int flags)
{
    const struct open_how how = {.flags = (uint64_t)flags, .resolve = RESOLVE_IN_ROOT};
    return (int)syscall(SYS_openat2, survey->root, path, &how, sizeof how);
}

// On the machine itself without openat2(), which sekishod's sandbox does not have: it could set the
// bits that RestrictSUIDSGID= is about.
int survey_open(const struct survey *survey, const char *path, int flags, int *ret_fd)
{
    int all = flags | O_CLOEXEC;
    if (!(flags & O_PATH)) // which takes none of these
        all |= O_NONBLOCK | O_NOCTTY;
    int fd = survey->prefix[0] ? open_below(survey, path, all) : open(path, all);
    if (fd < 0)
        return -errno;
    *ret_fd = fd;
    return 0;
}

int survey_place(const struct survey *survey, int fd, char **ret)
{
    CLEANUP_FREE char *path = NULL;
    int r = path_of(fd, &path);
    if (r < 0)
        return r;
    size_t length = strlen(survey->prefix);
    if (strncmp(path, survey->prefix, length) != 0 || (path[length] && path[length] != '/'))
        return -EXDEV;
    char *place = text_dup(path[length] ? path + length : "/");
    if (!place)
        return -ENOMEM;
    *ret = place;
    return 0;
}

static int read_mounts(struct survey *survey)
{
    CLEANUP_CLOSE int proc = openat(survey->root, "proc", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    return proc < 0 ? -errno : mountinfo_read(proc, &survey->mounts);
}

int survey_begin(int root, struct survey *ret)
{
    struct survey survey = {.root = root};
    int r = path_of(root, &survey.prefix);
    if (r < 0)
        return r;
    if (strcmp(survey.prefix, "/") == 0)
        survey.prefix[0] = '\0';
    survey.mounts_error = read_mounts(&survey);
    *ret = survey;
    return 0;
}

void survey_end(struct survey *survey)
{
    mountinfo_clear(&survey->mounts);
    free(survey->prefix);
}

// ---- The document ------------------------------------------------------------------------------

json_object *survey_list(json_object *object, const char *key)
{
    json_object *list = json_get(object, key);
    if (list)
        return list;
    list = json_object_new_array();
    if (list)
        json_add(object, key, list);
    return list;
}

json_object *survey_append(json_object *list)
{
    json_object *object = list ? json_object_new_object() : NULL;
    if (object && json_object_array_add(list, object) == 0)
        return object;
    json_object_put(object);
    return NULL;
}

json_object *survey_add_layer(struct survey *survey, json_object *list, const char *layer)
{
    bool too_many = survey->n_layers >= LAYERS_MAX;
    json_object *object = survey_append(list);
    if (!object)
        return NULL;
    json_add_text(object, "layer", too_many ? "unknown" : layer);
    if (too_many) {
        survey_add_error(object, "error", -E2BIG);
        return NULL;
    }
    survey->n_layers++;
    return object;
}

void survey_add_name(json_object *object, const char *key, const char *name)
{
    CLEANUP_FREE char *shown = text_escape(name, strlen(name), PATH_MAX);
    json_add_text(object, key, shown);
}

void survey_add_error(json_object *object, const char *key, int error)
{
    const char *name = strerrorname_np(-error);
    json_add_text(object, key, name ? name : "?");
}

void survey_add_unknown(struct survey *survey, json_object *list, const char *name, const char *why)
{
    json_object *layer = survey_add_layer(survey, list, "unknown");
    if (!layer)
        return;
    survey_add_name(layer, "name", name);
    json_add_text(layer, "error", why);
}
