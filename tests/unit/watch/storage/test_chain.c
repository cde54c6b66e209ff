// SPDX-License-Identifier: GPL-3.0-or-later
#include "tree.h"

TestSuite(chain);

#define LUKS "CRYPT-LUKS2-7796db80b1014377b5704d40c326ecd-x\n"

Test(chain, a_partition_stands_on_its_disk)
{
    CLEANUP(world_free) struct world world;
    tree_new(&world);
    tree_expect_places(&world, "folder:/srv/a(mount:ext4(block:sda1(disk:sda)))");
}

Test(chain, mappings_are_followed_and_named)
{
    CLEANUP(world_free) struct world world;
    tree_new(&world);
    tree_mapping(&world, "dm-0", "253:0", LUKS, "sdb");
    tree_mapping(&world, "dm-1", "253:1", "LVM-abc\n", "dm-0");
    tree_mounts(&world, "22 21 253:1 / /srv rw - xfs /dev/mapper/x rw\n");
    CLEANUP_JSON json_object *facts = tree_look(&world, "/srv/a");
    json_object *places = json_get(tree_first(facts, "folders"), "places");
    tree_expect(places, "folder:/srv/a(mount:xfs(block:dm-1(block:dm-0(disk:sdb))))");
    cr_expect(strstr(json_to_line(facts), "\"uuid\":\"CRYPT-LUKS2-"));
}

Test(chain, each_leg_of_a_raid_is_followed)
{
    CLEANUP(world_free) struct world world;
    tree_new(&world);
    tree_virtual(&world, "md0", "9:0");
    tree_attribute(&world, "md0", "md/level", "raid1\n");
    tree_mapping(&world, "dm-0", "253:0", LUKS, "sda1");
    tree_slave(&world, "md0", "sdb");
    tree_slave(&world, "md0", "dm-0");
    tree_mounts(&world, "22 21 9:0 / /srv rw - ext4 /dev/md0 rw\n");
    tree_expect_places(
        &world, "folder:/srv/a(mount:ext4(block:md0(block:dm-0(block:sda1(disk:sda)) disk:sdb)))");
}

Test(chain, a_file_as_a_disk_lies_where_the_file_lies)
{
    CLEANUP(world_free) struct world world;
    tree_new(&world);
    world_write(world.root, "srv/image", "", 0);
    tree_virtual(&world, "loop0", "7:0");
    tree_virtual(&world, "loop1", "7:1");
    tree_attribute(&world, "loop0", "loop/backing_file", "/srv/image\n");
    tree_attribute(&world, "loop1", "loop/backing_file", "/dev/sdb\n");
    tree_mounts(&world, "22 21 7:0 / /srv/a rw - ext4 /dev/loop0 rw\n");
    tree_expect_places(&world, "folder:/srv/a(mount:ext4(block:loop0(folder:/srv/image(mount:ext4("
                               "block:sda1(disk:sda))))))");
    tree_mounts(&world, "22 21 7:1 / /srv/a rw - ext4 /dev/loop1 rw\n");
    tree_expect_places(&world, "folder:/srv/a(mount:ext4(block:loop1(disk:sdb)))");
    tree_attribute(&world, "loop0", "loop/backing_file", "/srv/image (deleted)\n");
    tree_mounts(&world, "22 21 7:0 / /srv/a rw - ext4 /dev/loop0 rw\n");
    tree_expect_places(
        &world, "folder:/srv/a(mount:ext4(block:loop0(folder:/srv/image (deleted):ENOENT)))");
}

Test(chain, what_nothing_is_known_of_is_unknown)
{
    CLEANUP(world_free) struct world world;
    tree_new(&world);
    tree_virtual(&world, "nbd0", "43:0");
    tree_virtual(&world, "dm-7", "253:7");
    tree_attribute(&world, "dm-7", "dm/uuid", "LVM-x\n");
    tree_mounts(&world, "22 21 43:0 / /srv/a rw - ext4 /dev/nbd0 rw\n");
    tree_expect_places(&world, "folder:/srv/a(mount:ext4(unknown:nbd0:virtual))");
    tree_mounts(&world, "22 21 253:7 / /srv/a rw - ext4 /dev/dm-7 rw\n");
    tree_expect_places(&world, "folder:/srv/a(mount:ext4(unknown:dm-7:virtual))");
    tree_mounts(&world, "22 21 99:9 / /srv/a rw - ext4 /dev/gone rw\n");
    tree_expect_places(&world, "folder:/srv/a(mount:ext4(unknown:99:9:ENOENT))");
    tree_mounts(&world, "22 21 0:40 / /srv/a rw - zfs tank/a rw\n");
    tree_expect_places(&world, "folder:/srv/a(mount:zfs(unknown:zfs:type))");
    tree_mounts(&world, "22 21 0:40 / /srv/a rw - fuse.odd x rw\n");
    tree_expect_places(&world, "folder:/srv/a(mount:fuse.odd(unknown:fuse.odd:type))");
    tree_mounts(&world, "22 21 0:40 / /srv/a rw - nfs4 host:/x rw\n");
    tree_expect_places(&world, "folder:/srv/a(mount:nfs4(remote))");
}

Test(chain, a_cache_that_is_no_slave_stays_unknown)
{
    CLEANUP(world_free) struct world world;
    tree_new(&world);
    tree_virtual(&world, "bcache0", "251:0");
    tree_slave(&world, "bcache0", "sdb");
    tree_mounts(&world, "22 21 251:0 / /srv/a rw - ext4 /dev/bcache0 rw\n");
    tree_expect_places(&world,
                       "folder:/srv/a(mount:ext4(block:bcache0(disk:sdb unknown:bcache0:cache)))");
}

Test(chain, devices_in_a_circle_come_to_an_end)
{
    CLEANUP(world_free) struct world world;
    tree_new(&world);
    tree_mapping(&world, "dm-0", "253:0", "LVM-a\n", "dm-1");
    tree_mapping(&world, "dm-1", "253:1", "LVM-b\n", "dm-0");
    tree_mounts(&world, "22 21 253:0 / /srv/a rw - ext4 /dev/dm-0 rw\n");
    CLEANUP_JSON json_object *facts = tree_look(&world, "/srv/a");
    const char *line = json_to_line(facts);
    cr_expect(strstr(line, "ELOOP"));
    CLEANUP_JSON json_object *again = json_parse(line, strlen(line), json_type_object);
    cr_expect_not_null(again, "what is printed can be read");
}

Test(chain, a_tangle_of_devices_is_bounded)
{
    CLEANUP(world_free) struct world world;
    tree_new(&world);
    for (int i = 0; i < 12; i++) {
        CLEANUP_FREE char *name = text_format("dm-%d", i), *number = text_format("253:%d", i);
        tree_virtual(&world, name, number);
        for (int j = 0; j < 12; j++) {
            CLEANUP_FREE char *slave = text_format("dm-%d", j);
            tree_slave(&world, name, slave);
        }
    }
    tree_mounts(&world, "22 21 253:0 / /srv/a rw - ext4 /dev/dm-0 rw\n");
    CLEANUP_JSON json_object *facts = tree_look(&world, "/srv/a");
    cr_expect(strstr(json_to_line(facts), "E2BIG"));
    cr_expect_lt(strlen(json_to_line(facts)), 1u << 20);
}

Test(chain, an_overlay_lies_on_all_of_its_folders)
{
    CLEANUP(world_free) struct world world;
    tree_new(&world);
    world_folder(world.root, "low:er");
    world_folder(world.root, "up");
    tree_mounts(&world, "22 21 0:44 / /srv/a rw - overlay o "
                        "rw,lowerdir=/low\\134:er:/none::rel,upperdir=/up,workdir=/work\n");
    tree_expect_places(&world,
                       "folder:/srv/a(mount:overlay("
                       "folder:/up(mount:ext4(block:sda1(disk:sda))) folder:/work:ENOENT "
                       "folder:/low:er(mount:ext4(block:sda1(disk:sda))) folder:/none:ENOENT "
                       "unknown:rel:relative))");
}

Test(chain, btrfs_lies_on_all_of_its_devices)
{
    CLEANUP(world_free) struct world world;
    tree_new(&world);
    tree_mapping(&world, "dm-0", "253:0", LUKS, "sdb");
    world_folder(world.sys, "fs/btrfs/features");
    tree_mounts(&world, "22 21 0:44 / /srv/a rw - btrfs /dev/dm-0 rw\n");
    tree_expect_places(&world, "folder:/srv/a(mount:btrfs(unknown:btrfs:type))");
    world_folder(world.sys, "fs/btrfs/uuid/devices/dm-0");
    world_folder(world.sys, "fs/btrfs/uuid/devices/sda1");
    tree_expect_places(&world,
                       "folder:/srv/a(mount:btrfs(block:dm-0(disk:sdb) block:sda1(disk:sda)))");
}

Test(chain, fuse_names_its_cipher_folder)
{
    CLEANUP(world_free) struct world world;
    tree_new(&world);
    world_folder(world.root, "cipher");
    tree_mounts(&world, "22 21 0:44 / /srv/a rw - fuse.gocryptfs /cipher rw\n");
    CLEANUP_JSON json_object *unmarked = tree_look(&world, "/srv/a");
    cr_expect_null(strstr(json_to_line(unmarked), "\"mark\""));
    world_write(world.root, "cipher/gocryptfs.conf", "", 0);
    CLEANUP_JSON json_object *marked = tree_look(&world, "/srv/a");
    cr_expect(strstr(json_to_line(marked), "\"mark\":\"gocryptfs.conf\""));
    tree_expect_places(
        &world,
        "folder:/srv/a(mount:fuse.gocryptfs(folder:/cipher(mount:ext4(block:sda1(disk:sda)))))");
    tree_mounts(&world, "22 21 0:44 / /srv/a rw - fuse.encfs encfs rw\n");
    tree_expect_places(&world, "folder:/srv/a(mount:fuse.encfs(unknown:encfs:source))");
}

Test(chain, memory_is_swappable_unless_it_stays)
{
    CLEANUP(world_free) struct world world;
    tree_new(&world);
    tree_mounts(&world, "22 21 0:44 / /srv/a rw - tmpfs t rw,size=4k\n");
    tree_expect_places(&world, "folder:/srv/a(mount:tmpfs(swappable))");
    tree_mounts(&world, "22 21 0:44 / /srv/a rw - tmpfs t rw,noswap\n");
    tree_expect_places(&world, "folder:/srv/a(mount:tmpfs(memory))");
    tree_mounts(&world, "22 21 0:44 / /srv/a rw - ramfs t rw\n");
    tree_expect_places(&world, "folder:/srv/a(mount:ramfs(memory))");
}
