// SPDX-License-Identifier: GPL-3.0-or-later
#include "watch/medium/mounts.h"

#include "tree.h"

#include <criterion/criterion.h>
#include <errno.h>

static int parse(struct world *world, const char *text, struct mounts *ret)
{
    CLEANUP_FREE char *copy = text_dup(text);
    return mounts_parse(world->sys, world->root, copy, ret);
}

Test(mounts, only_what_stands_on_usb_is_kept)
{
    CLEANUP(world_free) struct world world;
    CLEANUP(mounts_clear) struct mounts mounts = {0};
    tree_new(&world);
    cr_assert_eq(
        parse(&world,
              "22 1 259:0 / / rw,relatime shared:1 - ext4 /dev/nvme0n1 rw\n"
              "23 22 0:21 / /proc rw - proc proc rw\n"
              "40 22 8:1 / /media/a\\040b rw,nosuid shared:7 master:2 - vfat /dev/sda1 rw\n",
              &mounts),
        0);
    cr_assert_eq(mounts.n, 1);
    const struct mount *m = mounts.items[0].mount;
    cr_expect_eq(mounts.items[0].id, 40);
    cr_expect_str_eq(m->point, "/media/a b");
    cr_expect_str_eq(m->type, "vfat");
    cr_expect_str_eq(m->source, "/dev/sda1");
    cr_expect_str_eq(m->disk, "sda");
    cr_expect_str_eq(m->usb, "1-2");
    cr_expect(!m->read_only && !m->through_crypt && !m->gone);
}

Test(mounts, a_mount_of_what_cryptsetup_opened_is_through_crypt)
{
    CLEANUP(world_free) struct world world;
    CLEANUP(mounts_clear) struct mounts mounts = {0};
    tree_new(&world);
    tree_mapping(&world, "dm-0", "253:0", "CRYPT-LUKS1-x\n", "sda1");
    cr_assert_eq(parse(&world, "41 22 253:0 / /mnt ro - ext4 /dev/mapper/x rw\n", &mounts), 0);
    cr_assert_eq(mounts.n, 1);
    cr_expect(mounts.items[0].mount->through_crypt);
    cr_expect(mounts.items[0].mount->read_only);
}

Test(mounts, read_only_is_said_by_the_mount_or_by_the_file_system)
{
    CLEANUP(world_free) struct world world;
    CLEANUP(mounts_clear) struct mounts mounts = {0};
    tree_new(&world);
    cr_assert_eq(parse(&world,
                       "41 22 8:1 / /a rw,noatime - ext4 /dev/sda1 ro,errors=remount-ro\n"
                       "42 22 8:1 / /b rw,noatime - ext4 /dev/sda1 rw,errors=remount-ro\n",
                       &mounts),
                 0);
    cr_expect(mounts.items[0].mount->read_only);
    cr_expect_not(mounts.items[1].mount->read_only);
}

Test(mounts, odd_names_are_kept_for_unmounting_and_escaped_for_people)
{
    CLEANUP(world_free) struct world world;
    CLEANUP(mounts_clear) struct mounts mounts = {0};
    tree_new(&world);
    cr_assert_eq(parse(&world, "41 22 8:1 / /a\\012b\\134c rw - vfat /dev/\033[31m rw\n", &mounts),
                 0);
    cr_expect_str_eq(mounts.items[0].mount->point, "/a\nb\\c");
    cr_expect_str_eq(mounts.items[0].mount->source, "/dev/\\x1b[31m");
}

Test(mounts, what_the_kernel_would_not_write_is_refused)
{
    static const char *const lines[] = {
        "x",
        "41 22 8:1 / /a rw vfat /dev/sda1 rw", // no separator
        "41 22 8:1x / /a rw - vfat /dev/sda1 rw",
        "-1 22 8:1 / /a rw - vfat /dev/sda1 rw",
        "41 22 8:1 / /a rw - vfat /dev/sda1",
    };
    for (size_t i = 0; i < ELEMENTS(lines); i++) {
        CLEANUP(world_free) struct world world;
        struct mounts mounts;
        tree_new(&world);
        cr_expect_eq(parse(&world, lines[i], &mounts), -EBADMSG, "%s", lines[i]);
    }
}
