// SPDX-License-Identifier: GPL-3.0-or-later
// Goes down the layers below a file: each of them can only make the claim smaller.
#include "report/erase-ground.h"

#include "base/text.h"
#include "report/storage-check-parts.h"

#include <string.h>

#define DEPTH_MAX 32

struct walk {
    bool in_place, magnetic;
    bool memory;    // some way ends in memory, which is not encryption
    unsigned depth; // of where it is
};

void erase_ground_clear(struct erase_ground *ground)
{
    free(ground->way);
    *ground = (struct erase_ground){0};
}

static bool is_one_of(const char *text, const char *const *list, size_t n)
{
    for (size_t i = 0; text && i < n; i++)
        if (strcmp(text, list[i]) == 0)
            return true;
    return false;
}

static bool begins_with(const char *text, const char *prefix)
{
    return text && strncmp(text, prefix, strlen(prefix)) == 0;
}

static void walk_list(struct walk *walk, json_object *list);

// Others write elsewhere (btrfs, overlay, f2fs, …) or are another machine's or program's.
static void walk_mount(struct walk *walk, json_object *layer)
{
    static const char *const plain[] = {"ext2", "ext3",  "ext4",  "xfs",
                                        "vfat", "msdos", "exfat", "tmpfs"};
    if (!is_one_of(json_get_text(layer, "type"), plain, ELEMENTS(plain)))
        walk->in_place = false;
    if (json_get(layer, "data")) // its journal holds content, or nobody can tell
        walk->magnetic = false;
    walk_list(walk, json_get(layer, "on"));
}

// LVM on device-mapper of LVM: a snapshot, a thin volume, a cache.
static bool is_on_lvm(json_object *layer)
{
    json_object *on = json_get(layer, "on");
    size_t n = json_object_is_type(on, json_type_array) ? json_object_array_length(on) : 0;
    for (size_t i = 0; i < n; i++)
        if (begins_with(json_get_text(json_object_array_get_idx(on, i), "uuid"), "LVM-"))
            return true;
    return false;
}

// Does what is written to it go to one place below, or to the same place of each copy?
static bool block_is_plain(json_object *layer)
{
    static const char *const levels[] = {"linear", "raid0", "raid1", "raid10"};
    const char *uuid = json_get_text(layer, "uuid"), *level = json_get_text(layer, "level"),
               *name = json_get_text(layer, "name");
    if (level)
        return is_one_of(level, levels, ELEMENTS(levels));
    if (uuid)
        return begins_with(uuid, "CRYPT-LUKS") || begins_with(uuid, "CRYPT-PLAIN") ||
               (begins_with(uuid, "LVM-") && !is_on_lvm(layer));
    return name && !begins_with(name, "dm-") && !begins_with(name, "md") &&
           !begins_with(name, "bcache");
}

// A stick says "rotational" as well, and so does a virtual disk whatever it lies on.
static bool disk_is_magnetic(json_object *layer)
{
    static const char *const made_up[] = {"QEMU", "VBOX", "VMware", "Virtual", "Msft"};
    const char *model = json_get_text(layer, "model");
    for (size_t i = 0; model && i < ELEMENTS(made_up); i++)
        if (begins_with(model, made_up[i]))
            return false;
    return model && text_equal(json_get_text(layer, "rotational"), "1") &&
           text_equal(json_get_text(layer, "bus"), "ata");
}

static void walk_layer(struct walk *walk, json_object *layer)
{
    const char *kind = json_get_text(layer, "layer");
    if (text_equal(kind, "mount")) {
        walk_mount(walk, layer);
    } else if (text_equal(kind, "disk")) {
        walk->magnetic = walk->magnetic && disk_is_magnetic(layer);
    } else if (text_equal(kind, "block")) {
        walk->magnetic = walk->magnetic && block_is_plain(layer);
        walk_list(walk, json_get(layer, "on"));
    } else if (text_equal(kind, "folder") && !json_get(layer, "error")) {
        walk_list(walk, json_get(layer, "on"));
    } else {
        walk->magnetic = false;
        walk->memory = walk->memory || text_equal(kind, "memory");
        // Where content in memory may be written to is not the file system's to say.
        walk->in_place =
            walk->in_place && (text_equal(kind, "memory") || text_equal(kind, "swappable") ||
                               text_equal(json_get_text(layer, "error"), "virtual"));
    }
}

static void walk_list(struct walk *walk, json_object *list)
{
    size_t n = json_object_is_type(list, json_type_array) ? json_object_array_length(list) : 0;
    if (n == 0 || walk->depth == DEPTH_MAX) {
        walk->in_place = walk->magnetic = false;
        return;
    }
    walk->depth++;
    for (size_t i = 0; i < n; i++)
        walk_layer(walk, json_object_array_get_idx(list, i));
    walk->depth--;
}

int erase_ground_judge(json_object *layers, struct erase_ground *ret)
{
    struct walk walk = {.in_place = true, .magnetic = true};
    struct chain chain = {0};
    int r = chain_judge(layers, NULL, &chain);
    if (r < 0)
        return r;
    walk_list(&walk, layers);
    *ret = (struct erase_ground){.in_place = walk.in_place,
                                 .encrypted = chain.state == CHAIN_ENCRYPTED && !walk.memory,
                                 .magnetic = walk.magnetic,
                                 .way = TAKE_PTR(chain.leg)};
    chain_clear(&chain);
    return 0;
}
