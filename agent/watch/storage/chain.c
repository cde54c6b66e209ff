// SPDX-License-Identifier: GPL-3.0-or-later
// From a place to its mount, and from a mount to what its file system keeps the content in.
#include "watch/storage/chain.h"

#include "base/file.h"
#include "base/text.h"
#include "watch/storage/fscrypt.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>

#define FOLDERS_MAX 128 // of one overlay
#define JOURNAL_OPTIONS_MAX 65536

// One mount while it is written down.
struct layer {
    struct survey *survey;
    const struct mountinfo_line *mount;
    json_object *object;
    unsigned depth; // of what is below
};

static json_object *below(const struct layer *layer)
{
    return survey_list(layer->object, "on");
}

// ---- File systems ------------------------------------------------------------------------------

static void add_bottom(const struct layer *layer, const char *kind)
{
    (void)survey_add_layer(layer->survey, below(layer), kind);
}

static void add_memory(const struct layer *layer)
{
    bool stays = strcmp(layer->mount->type, "ramfs") == 0 ||
                 mountinfo_has_option(layer->mount->super_options, "noswap");
    add_bottom(layer, stays ? "memory" : "swappable");
}

static void add_remote(const struct layer *layer)
{
    add_bottom(layer, "remote");
}

// Whose devices are not all in sight, or who encrypts by itself and does not say so here.
static void add_unknown(const struct layer *layer)
{
    survey_add_unknown(layer->survey, below(layer), layer->mount->type, "type");
}

static void add_devices(const struct layer *layer)
{
    static const char *const more[] = {"logdev", "rtdev"}; // XFS keeps content there, too
    if (major(layer->mount->number) == 0) {
        add_unknown(layer);
        return;
    }
    chain_add_number(layer->survey, below(layer), layer->mount->number, layer->depth);
    for (size_t i = 0; i < ELEMENTS(more); i++) {
        CLEANUP_FREE char *device = NULL;
        if (mountinfo_option(layer->mount->super_options, more[i], 0, &device) == 0)
            chain_add_node(layer->survey, below(layer), device, layer->depth);
    }
}

// The kernel's name of the device that is named as source: "dm-0".
static int read_source(const struct layer *layer, char **ret)
{
    CLEANUP_JSON json_object *list = json_object_new_array();
    struct survey look = *layer->survey; // a look aside, of which nothing is written down
    if (!list)
        return -ENOMEM;
    chain_add_node(&look, list, layer->mount->source, layer->depth);
    const char *name = json_get_text(json_object_array_get_idx(list, 0), "name");
    *ret = text_dup(name);
    return *ret ? 0 : -ENODEV;
}

// Does it write content into its journal, too? mountinfo does not say so where that is the file
// system's own default; /proc/fs says it always.
static void add_journal(const struct layer *layer)
{
    CLEANUP_FREE char *path = NULL, *options = NULL, *device = NULL;
    if (read_source(layer, &device) == 0)
        path = text_format("proc/fs/%s/%s/options", layer->mount->type, device);
    if (!path || file_read_at(layer->survey->root, path, JOURNAL_OPTIONS_MAX, &options, NULL) < 0)
        json_add_text(layer->object, "data", "unknown");
    else if (strstr(options, "data=journal"))
        json_add_text(layer->object, "data", "journal");
}

static void add_ext(const struct layer *layer)
{
    add_devices(layer);
    add_journal(layer);
}

// The next folder of "/a:/b\:c", unescaped in place. NULL: there is none.
static char *take_folder(char **rest)
{
    char *folder = *rest, *to = folder;
    if (!folder)
        return NULL;
    char *from = folder;
    for (; *from && *from != ':'; from++) {
        if (*from == '\\' && from[1])
            from++;
        *to++ = *from;
    }
    *rest = *from ? from + 1 : NULL;
    *to = '\0';
    return folder;
}

// 0: there are no more options of this name.
static bool add_folders(const struct layer *layer, const char *key, size_t index, size_t *n)
{
    CLEANUP_FREE char *value = NULL;
    if (mountinfo_option(layer->mount->super_options, key, index, &value) < 0)
        return false;
    char *rest = value;
    for (char *folder; (folder = take_folder(&rest));) {
        if (folder[0] == '\0') // "::" stands before folders that hold content only
            continue;
        if (++*n > FOLDERS_MAX)
            survey_add_unknown(layer->survey, below(layer), key, "E2BIG");
        else if (folder[0] != '/')
            survey_add_unknown(layer->survey, below(layer), folder, "relative");
        else
            chain_add_place(layer->survey, below(layer), folder, layer->depth);
        if (*n > FOLDERS_MAX)
            return false;
    }
    return true;
}

static void add_overlay(const struct layer *layer)
{
    static const char *const keys[] = {"upperdir", "workdir", "lowerdir", "lowerdir+", "datadir+"};
    size_t n = 0;
    for (size_t i = 0; i < ELEMENTS(keys); i++)
        for (size_t index = 0; add_folders(layer, keys[i], index, &n); index++)
            ;
}

// A file system that encrypts what it keeps in another folder, and names that: gocryptfs and
// eCryptfs "/cipher", CryFS "cryfs@/cipher", EncFS not at all.
static void add_cipher_folder(const struct layer *layer)
{
    static const char *const marks[] = {"gocryptfs.conf", "cryfs.config", ".encfs6.xml"};
    const char *folder = strchr(layer->mount->source, '/');
    if (!folder) {
        survey_add_unknown(layer->survey, below(layer), layer->mount->source, "source");
        return;
    }
    for (size_t i = 0; i < ELEMENTS(marks); i++) {
        CLEANUP_FREE char *path = text_format("%s/%s", folder, marks[i]);
        CLEANUP_CLOSE int fd = -1;
        if (path && survey_open(layer->survey, path, O_PATH | O_NOFOLLOW, &fd) == 0)
            json_add_text(layer->object, "mark", marks[i]);
    }
    chain_add_place(layer->survey, below(layer), folder, layer->depth);
}

// ---- btrfs -------------------------------------------------------------------------------------

// All devices of the file system whose folder this is, if one of them is `device`.
static bool add_members(const struct layer *layer, const char *folder, const char *device)
{
    CLEANUP_FREE char *path = text_format("sys/fs/btrfs/%s/devices", folder), *own = NULL;
    struct stat st;
    own = path ? text_format("%s/%s", path, device) : NULL;
    return own && fstatat(layer->survey->root, own, &st, 0) == 0 &&
           chain_add_entries(layer->survey, below(layer), path, layer->depth) > 0;
}

static void add_btrfs(const struct layer *layer)
{
    CLEANUP_FREE char *device = NULL;
    CLEANUP(closedir_p) DIR *dir = NULL;
    bool found = false;
    if (read_source(layer, &device) == 0 &&
        file_open_entries(layer->survey->root, "sys/fs/btrfs", &dir) == 0)
        for (struct dirent *entry; !found && (entry = readdir(dir));)
            found = entry->d_name[0] != '.' && add_members(layer, entry->d_name, device);
    if (!found)
        add_unknown(layer);
}

// ---- Which is which ----------------------------------------------------------------------------

static const struct {
    const char *type;
    void (*add)(const struct layer *layer);
} types[] = {
    {"tmpfs", add_memory},
    {"devtmpfs", add_memory},
    {"ramfs", add_memory},
    {"ext3", add_ext},
    {"ext4", add_ext},
    {"overlay", add_overlay},
    {"btrfs", add_btrfs},
    {"ecryptfs", add_cipher_folder},
    {"fuse.gocryptfs", add_cipher_folder},
    {"fuse.cryfs", add_cipher_folder},
    {"fuse.encfs", add_cipher_folder},
    {"nfs", add_remote},
    {"nfs4", add_remote},
    {"cifs", add_remote},
    {"smb3", add_remote},
    {"9p", add_remote},
    {"virtiofs", add_remote},
    {"afs", add_remote},
    {"ceph", add_remote},
    {"ocfs2", add_remote},
    {"gfs2", add_remote},
    {"fuse.sshfs", add_remote},
    {"fuse.rclone", add_remote},
    {"fuse.davfs", add_remote},
    {"fuse.glusterfs", add_remote},
    {"fuse.gvfsd-fuse", add_remote},
    {"zfs", add_unknown},
    {"bcachefs", add_unknown},
};

static void add_contents(const struct layer *layer)
{
    for (size_t i = 0; i < ELEMENTS(types); i++)
        if (strcmp(types[i].type, layer->mount->type) == 0) {
            types[i].add(layer);
            return;
        }
    add_devices(layer);
}

void chain_add_mount(struct survey *survey, json_object *list, const struct mountinfo_line *mount,
                     unsigned depth)
{
    json_object *object = survey_add_layer(survey, list, "mount");
    if (!object)
        return;
    survey_add_name(object, "point", mount->point);
    survey_add_name(object, "type", mount->type);
    survey_add_name(object, "source", mount->source);
    add_contents(&(struct layer){survey, mount, object, depth + 1});
}

// ---- Places ------------------------------------------------------------------------------------

static void add_place(struct survey *survey, json_object *folder, const char *path, unsigned depth)
{
    CLEANUP_CLOSE int fd = -1;
    CLEANUP_FREE char *place = NULL;
    int r = survey_open(survey, path, O_PATH, &fd);
    if (r == 0)
        r = survey_place(survey, fd, &place);
    if (r == 0)
        r = survey->mounts_error;
    const struct mountinfo_line *mount = r == 0 ? mountinfo_find(&survey->mounts, place) : NULL;
    if (!mount) {
        survey_add_error(folder, "error", r < 0 ? r : -ENODEV);
        return;
    }
    fscrypt_add(survey, folder, path, fd);
    chain_add_mount(survey, survey_list(folder, "on"), mount, depth);
}

void chain_add_place(struct survey *survey, json_object *list, const char *path, unsigned depth)
{
    json_object *folder = survey_add_layer(survey, list, "folder");
    if (!folder)
        return;
    survey_add_name(folder, "path", path);
    if (depth > CHAIN_DEPTH_MAX)
        survey_add_error(folder, "error", -ELOOP);
    else
        add_place(survey, folder, path, depth + 1);
}
