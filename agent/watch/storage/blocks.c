// SPDX-License-Identifier: GPL-3.0-or-later
// From a block device down to its disks, as sysfs tells it.
#include "watch/storage/chain.h"

#include "base/file.h"
#include "base/text.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>

#define BLOCK_FOLDER "sys/class/block"

// One block device while it is written down.
struct block {
    struct survey *survey;
    const char *name;
    char *folder; // below the root
    json_object *layer;
    unsigned depth;
};

// ---- What sysfs says of it ---------------------------------------------------------------------

static int read_attribute(const struct block *block, const char *name, char **ret)
{
    CLEANUP_FREE char *path = text_format("%s/%s", block->folder, name);
    return path ? file_read_line_at(block->survey->root, path, PATH_MAX, ret) : -ENOMEM;
}

static void add_attribute(const struct block *block, const char *name, const char *key)
{
    CLEANUP_FREE char *value = NULL;
    if (read_attribute(block, name, &value) == 0)
        survey_add_name(block->layer, key, value);
}

static bool has(const struct block *block, const char *name)
{
    CLEANUP_FREE char *path = text_format("%s/%s", block->folder, name);
    struct stat st;
    return path && fstatat(block->survey->root, path, &st, 0) == 0;
}

// "../../devices/pci0000:00/…/sda/sda1": where its folder truly is.
static int read_link(int root, const char *link, char ret[PATH_MAX])
{
    ssize_t n = readlinkat(root, link, ret, PATH_MAX - 1);
    if (n < 0)
        return -errno;
    ret[n] = '\0';
    return 0;
}

// ---- What it stands on -------------------------------------------------------------------------

static json_object *below(const struct block *block)
{
    return survey_list(block->layer, "on");
}

static void say_unknown(const struct block *block, const char *why)
{
    json_add_text(block->layer, "layer", "unknown");
    json_add_text(block->layer, "error", why);
}

static void add_disk_of_partition(const struct block *block)
{
    char target[PATH_MAX];
    char *slash =
        read_link(block->survey->root, block->folder, target) == 0 ? strrchr(target, '/') : NULL;
    if (slash)
        *slash = '\0';
    if (!slash || !strchr(target, '/'))
        say_unknown(block, "partition");
    else
        chain_add_block(block->survey, below(block), text_basename(target), block->depth + 1);
}

// true: it has slaves, or nobody can tell.
static bool add_slaves(const struct block *block)
{
    CLEANUP_FREE char *path = text_format("%s/slaves", block->folder);
    int n = path ? chain_add_entries(block->survey, below(block), path, block->depth + 1) : -ENOMEM;
    if (n < 0 && n != -ENOENT)
        say_unknown(block, "slaves");
    return n != 0 && n != -ENOENT;
}

static bool add_backing_file(const struct block *block)
{
    CLEANUP_FREE char *file = NULL;
    int r = read_attribute(block, "loop/backing_file", &file);
    if (r < 0)
        return false;
    survey_add_name(block->layer, "file", file);
    if (strncmp(file, "/dev/", 5) == 0)
        chain_add_node(block->survey, below(block), file, block->depth + 1);
    else
        chain_add_place(block->survey, below(block), file, block->depth + 1);
    return true;
}

// zram writes what it is told to forget to a device, if it has been given one.
static bool add_compressed_memory(const struct block *block)
{
    CLEANUP_FREE char *device = NULL;
    if (strncmp(block->name, "zram", 4) != 0)
        return false;
    int r = read_attribute(block, "backing_dev", &device);
    if (r == 0 && strcmp(device, "none") != 0)
        chain_add_node(block->survey, below(block), device, block->depth + 1);
    else if (r == 0 || r == -ENOENT) // ENOENT: a kernel that can't
        json_add_text(block->layer, "layer", "memory");
    else
        say_unknown(block, "backing_dev");
    return true;
}

static bool is_ram_disk(const char *name)
{
    return strncmp(name, "ram", 3) == 0 && name[3] >= '0' && name[3] <= '9';
}

// By which bus the kernel reaches it: what is behind another one than "ata" may say of itself what
// it likes.
static void add_bus(const struct block *block, const char *target)
{
    static const char *const buses[] = {"/usb", "/virtio", "/nvme", "/mmc", "/ata"};
    for (size_t i = 0; i < ELEMENTS(buses); i++)
        if (strstr(target, buses[i])) {
            json_add_text(block->layer, "bus", buses[i] + 1);
            return;
        }
}

// What tells a magnetic disk from one that writes elsewhere than it is told to.
static void add_disk(const struct block *block)
{
    char target[PATH_MAX];
    json_add_text(block->layer, "layer", "disk");
    add_attribute(block, "queue/rotational", "rotational");
    add_attribute(block, "device/model", "model");
    if (read_link(block->survey->root, block->folder, target) == 0)
        add_bus(block, target);
    if (text_equal(json_get_text(block->layer, "bus"), "mmc"))
        add_attribute(block, "device/type", "card"); // "SD"; "MMC" is soldered in
}

// A device that no bus carries and that names nothing below: what is behind it (nbd, zvol, drbd)
// can't be seen. An NVMe disk of several paths hangs there, too.
static bool is_bottomless(const struct block *block)
{
    char target[PATH_MAX];
    return read_link(block->survey->root, block->folder, target) < 0 ||
           (strstr(target, "/virtual/") && strncmp(block->name, "nvme", 4) != 0);
}

static void add_bottom(const struct block *block)
{
    if (is_ram_disk(block->name))
        json_add_text(block->layer, "layer", "memory");
    else if (is_bottomless(block))
        say_unknown(block, "virtual");
    else
        add_disk(block);
}

static void add_below(const struct block *block)
{
    if (has(block, "partition"))
        add_disk_of_partition(block);
    else if (!add_slaves(block) && !add_backing_file(block) && !add_compressed_memory(block))
        add_bottom(block);
    if (strncmp(block->name, "bcache", strlen("bcache")) == 0) // its cache is no slave
        survey_add_unknown(block->survey, below(block), block->name, "cache");
}

// ---- Ways in -----------------------------------------------------------------------------------

static bool is_name(const char *name)
{
    return name[0] && name[0] != '.' && !strchr(name, '/');
}

void chain_add_block(struct survey *survey, json_object *list, const char *name, unsigned depth)
{
    struct stat st;
    CLEANUP_FREE char *folder = text_format(BLOCK_FOLDER "/%s", name);
    if (depth > CHAIN_DEPTH_MAX || !folder || !is_name(name)) {
        survey_add_unknown(survey, list, name, depth > CHAIN_DEPTH_MAX ? "ELOOP" : "name");
        return;
    }
    if (fstatat(survey->root, folder, &st, 0) < 0) {
        survey_add_unknown(survey, list, name, strerrorname_np(errno));
        return;
    }
    struct block block = {survey, name, folder, survey_add_layer(survey, list, "block"), depth};
    if (!block.layer)
        return;
    survey_add_name(block.layer, "name", name);
    add_attribute(&block, "dm/uuid", "uuid");
    add_attribute(&block, "dm/name", "mapping");
    add_attribute(&block, "md/level", "level");
    add_below(&block);
}

static int is_no_dot(const struct dirent *entry)
{
    return entry->d_name[0] != '.';
}

int chain_add_entries(struct survey *survey, json_object *list, const char *folder, unsigned depth)
{
    struct dirent **entries = NULL;
    int n = scandirat(survey->root, folder, &entries, is_no_dot, alphasort);
    if (n < 0)
        return -errno;
    for (int i = 0; i < n; i++) {
        chain_add_block(survey, list, entries[i]->d_name, depth);
        free(entries[i]);
    }
    free(entries);
    return n;
}

void chain_add_number(struct survey *survey, json_object *list, uint64_t number, unsigned depth)
{
    char link[64], shown[32], target[PATH_MAX];
    (void)snprintf(shown, sizeof shown, "%u:%u", major(number), minor(number));
    (void)snprintf(link, sizeof link, "sys/dev/block/%s", shown);
    int r = read_link(survey->root, link, target);
    if (r < 0)
        survey_add_unknown(survey, list, shown, strerrorname_np(-r));
    else
        chain_add_block(survey, list, text_basename(target), depth);
}

void chain_add_node(struct survey *survey, json_object *list, const char *path, unsigned depth)
{
    CLEANUP_CLOSE int fd = -1;
    CLEANUP_FREE char *place = NULL;
    struct stat st;
    int r = survey_open(survey, path, O_PATH, &fd);
    if (r == 0)
        r = fstat(fd, &st) < 0 ? -errno : survey_place(survey, fd, &place);
    if (r < 0)
        survey_add_unknown(survey, list, path, strerrorname_np(-r));
    else if (S_ISBLK(st.st_mode))
        chain_add_number(survey, list, st.st_rdev, depth);
    else if (mountinfo_is_inside(place, "/dev"))
        chain_add_block(survey, list, text_basename(place), depth); // an image has no nodes
    else
        survey_add_unknown(survey, list, path, "ENOTBLK");
}
