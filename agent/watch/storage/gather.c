// SPDX-License-Identifier: GPL-3.0-or-later
// Reads the protected folders: on what they lie down to the disk, who may read them, and where
// copies of their content go (swap, temporary folders, the image of a hibernation).
#include "watch/storage/gather.h"

#include "base/file.h"
#include "base/text.h"
#include "watch/storage/chain.h"
#include "watch/storage/memory.h"
#include "watch/storage/people.h"
#include "watch/storage/readers.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>

#define MOUNTS_MAX 64 // below one folder

// Where programs put copies without being asked.
static const char *const temporary[] = {"/tmp", "/var/tmp", "/dev/shm", "/var/spool/cups"};

// What is mounted below holds protected data, too. What another mount hides does not count.
static void add_mounts_below(struct survey *survey, json_object *list, const char *place)
{
    size_t n = 0;
    for (size_t i = 0; i < survey->mounts.n; i++) {
        const struct mountinfo_line *mount = &survey->mounts.items[i];
        if (!mountinfo_is_inside(mount->point, place))
            continue;
        if (++n > MOUNTS_MAX) {
            survey_add_unknown(survey, list, place, "E2BIG");
            return;
        }
        if (mountinfo_find(&survey->mounts, mount->point) == mount)
            chain_add_place(survey, list, mount->point, 0);
    }
}

static json_object *add_folder(struct survey *survey, json_object *list, const char *path,
                               char **ret_place)
{
    json_object *folder = survey_append(list);
    CLEANUP_CLOSE int fd = -1;
    if (!folder)
        return NULL;
    survey_add_name(folder, "folder", path);
    int r = survey_open(survey, path, O_PATH, &fd);
    if (r == 0)
        r = survey_place(survey, fd, ret_place);
    if (r < 0) {
        survey_add_error(folder, "error", r);
        return folder;
    }
    json_object *places = survey_list(folder, "places");
    chain_add_place(survey, places, *ret_place, 0);
    add_mounts_below(survey, places, *ret_place);
    return folder;
}

static void add_protected(struct survey *survey, json_object *list, const char *path)
{
    CLEANUP_FREE char *place = NULL;
    json_object *folder = add_folder(survey, list, path, &place);
    if (folder && place)
        readers_add(survey, folder, place);
}

static void add_temporary(struct survey *survey, json_object *list, const char *path)
{
    CLEANUP_FREE char *place = NULL;
    (void)add_folder(survey, list, path, &place);
}

int storage_gather(int root, char *const arguments[], size_t n, json_object **ret)
{
    CLEANUP_JSON json_object *document = json_object_new_object();
    CLEANUP(survey_end) struct survey survey = {0};
    int r = document ? survey_begin(root, &survey) : -ENOMEM;
    if (r < 0)
        return r;
    json_object *folders = survey_list(document, "folders");
    json_object *copies = survey_list(document, "temporary");
    for (size_t i = 0; i < n; i++)
        add_protected(&survey, folders, arguments[i]);
    for (size_t i = 0; i < ELEMENTS(temporary); i++)
        add_temporary(&survey, copies, temporary[i]);
    memory_add(&survey, document);
    people_add(&survey, document);
    *ret = TAKE_PTR(document);
    return 0;
}
