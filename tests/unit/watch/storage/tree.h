// SPDX-License-Identifier: GPL-3.0-or-later
// A made-up machine with disks, mappings and mounts, and what a look at it finds.
#pragma once

#include "../../usb_world.h"

#include "base/json.h"
#include "watch/storage/gather.h"

#define TREE_ROOT_MOUNT "21 1 8:1 / / rw - ext4 /dev/sda1 rw\n"

// A block device below devices/, with the links that the kernel makes to it.
static inline void tree_block(struct world *world, const char *folder, const char *number)
{
    CLEANUP_FREE char *up = text_format("../../%s", folder);
    CLEANUP_FREE char *class = text_format("class/block/%s", text_basename(folder));
    CLEANUP_FREE char *dev = text_format("dev/block/%s", number);
    CLEANUP_FREE char *node = text_format("dev/%s", text_basename(folder));
    world_folder(world->sys, folder);
    world_folder(world->sys, "class/block");
    world_folder(world->sys, "dev/block");
    cr_assert_eq(symlinkat(up, world->sys, class), 0);
    cr_assert_eq(symlinkat(up, world->sys, dev), 0);
    world_write(world->root, node, "", 0);
}

static inline void tree_virtual(struct world *world, const char *name, const char *number)
{
    CLEANUP_FREE char *folder = text_format("devices/virtual/block/%s", name);
    tree_block(world, folder, number);
}

static inline void tree_attribute(struct world *world, const char *name, const char *attribute,
                                  const char *value)
{
    CLEANUP_FREE char *folder = text_format("class/block/%s/%s", name, attribute);
    char *slash = strrchr(folder, '/');
    *slash = '\0';
    world_folder(world->sys, folder);
    world_set(world->sys, folder, slash + 1, value);
}

static inline void tree_slave(struct world *world, const char *name, const char *slave)
{
    CLEANUP_FREE char *attribute = text_format("slaves/%s", slave);
    tree_attribute(world, name, attribute, "");
}

static inline void tree_mapping(struct world *world, const char *name, const char *number,
                                const char *uuid, const char *slave)
{
    tree_virtual(world, name, number);
    tree_attribute(world, name, "dm/uuid", uuid);
    tree_slave(world, name, slave);
}

static inline void tree_mounts(struct world *world, const char *text)
{
    CLEANUP_FREE char *whole = text_format(TREE_ROOT_MOUNT "%s", text);
    world_write(world->root, "proc/self/mountinfo", whole, strlen(whole));
}

// sda with sda1, which is "/"; sdb; a folder /srv/a.
static inline void tree_new(struct world *world)
{
    world_new(world);
    world_folder(world->root, "proc/self");
    world_folder(world->root, "dev/mapper");
    world_folder(world->root, "srv/a");
    world_folder(world->root, "etc");
    tree_block(world, "devices/pci0/ata1/block/sda", "8:0");
    tree_block(world, "devices/pci0/ata1/block/sda/sda1", "8:1");
    tree_block(world, "devices/pci0/ata2/block/sdb", "8:16");
    tree_attribute(world, "sda1", "partition", "1\n");
    tree_mounts(world, "");
}

static inline json_object *tree_look(struct world *world, const char *folder)
{
    json_object *facts = NULL;
    char *arguments[] = {(char *)folder};
    cr_assert_eq(storage_gather(world->root, arguments, folder ? 1 : 0, &facts), 0);
    return facts;
}

static inline void tree_tell(FILE *out, json_object *list)
{
    for (size_t i = 0; list && i < json_object_array_length(list); i++) {
        static const char *const keys[] = {"path", "type", "name", "error"};
        json_object *layer = json_object_array_get_idx(list, i);
        fprintf(out, "%s%s", i > 0 ? " " : "", json_get_text(layer, "layer"));
        for (size_t j = 0; j < ELEMENTS(keys); j++)
            if (json_get_text(layer, keys[j]))
                fprintf(out, ":%s", json_get_text(layer, keys[j]));
        json_object *on = json_get(layer, "on");
        if (on && json_object_array_length(on) > 0) {
            fputs("(", out);
            tree_tell(out, on);
            fputs(")", out);
        }
    }
}

// "folder:/srv/a(mount:ext4(block:sda1(disk:sda)))"
static inline void tree_expect(json_object *list, const char *expected)
{
    CLEANUP_FREE char *text = NULL;
    size_t size;
    FILE *out = open_memstream(&text, &size);
    tree_tell(out, list);
    (void)fclose(out);
    cr_expect_str_eq(text, expected, "\n  %s\nnot %s", text, expected);
}

static inline json_object *tree_first(json_object *facts, const char *key)
{
    return json_object_array_get_idx(json_get(facts, key), 0);
}

static inline void tree_expect_places(struct world *world, const char *expected)
{
    CLEANUP_JSON json_object *facts = tree_look(world, "/srv/a");
    tree_expect(json_get(tree_first(facts, "folders"), "places"), expected);
}
