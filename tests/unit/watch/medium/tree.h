// SPDX-License-Identifier: GPL-3.0-or-later
// Block devices in the made-up /sys of usb_world.h.
#pragma once

#include "../../usb_world.h"

#define TREE_DISK "devices/pci0000:00/usb1/1-2/1-2:1.0/host2/2:0:0:0/block/sda"

// A folder below devices/ with its number, and the links that the kernel makes to it.
static inline void tree_block(struct world *world, const char *folder, const char *number)
{
    CLEANUP_FREE char *up2 = text_format("../../%s", folder), *up1 = text_format("../%s", folder);
    CLEANUP_FREE char *class = text_format("class/block/%s", text_basename(folder));
    CLEANUP_FREE char *block = text_format("block/%s", text_basename(folder));
    CLEANUP_FREE char *dev = text_format("dev/block/%s", number);
    world_folder(world->sys, folder);
    world_set(world->sys, folder, "dev", number);
    world_folder(world->sys, "class/block");
    world_folder(world->sys, "dev/block");
    world_folder(world->sys, "block");
    (void)symlinkat(up2, world->sys, class);
    (void)symlinkat(up2, world->sys, dev);
    (void)symlinkat(up1, world->sys, block);
}

static inline void tree_disk(struct world *world, const char *folder, const char *number,
                             const char *sectors, const char *sequence)
{
    tree_block(world, folder, number);
    world_set(world->sys, folder, "size", sectors);
    world_set(world->sys, folder, "ro", "0\n");
    world_set(world->sys, folder, "diskseq", sequence);
}

// sda on USB device 1-2, with sda1; nvme0n1 on none.
static inline void tree_new(struct world *world)
{
    world_new(world);
    world_folder(world->sys, "devices/pci0000:00/usb1/1-2");
    world_set(world->sys, "devices/pci0000:00/usb1", "idVendor", "1d6b\n");
    world_set(world->sys, "devices/pci0000:00/usb1/1-2", "idVendor", "46f4\n");
    tree_disk(world, TREE_DISK, "8:0", "131072\n", "9\n");
    tree_block(world, TREE_DISK "/sda1", "8:1");
    world_set(world->sys, TREE_DISK "/sda1", "partition", "1\n");
    tree_disk(world, "devices/pci0000:00/nvme/nvme0/nvme0n1", "259:0", "1000\n", "1\n");
}

// A mapping `name` over `slave`; uuid as device-mapper shows it.
static inline void tree_mapping(struct world *world, const char *name, const char *number,
                                const char *uuid, const char *slave)
{
    CLEANUP_FREE char *folder = text_format("devices/virtual/block/%s", name);
    CLEANUP_FREE char *dm = text_format("%s/dm", folder);
    CLEANUP_FREE char *slaves = text_format("%s/slaves", folder);
    tree_block(world, folder, number);
    world_folder(world->sys, dm);
    world_set(world->sys, dm, "uuid", uuid);
    world_folder(world->sys, slaves);
    world_set(world->sys, slaves, slave, "");
}
