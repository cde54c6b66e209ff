// SPDX-License-Identifier: GPL-3.0-or-later
#include "watch/medium/footing.h"

#include "tree.h"

#include <criterion/criterion.h>
#include <errno.h>
#include <sys/sysmacros.h>

// A made-up /proc beside the made-up /sys; there is no /dev.
static void tell(struct world *world, const char *mountinfo, const char *swaps)
{
    world_folder(world->root, "proc/self");
    world_set(world->root, "proc/self", "mountinfo", mountinfo);
    if (swaps)
        world_set(world->root, "proc", "swaps", swaps);
}

static int read_footing(struct world *world, struct footing *ret)
{
    CLEANUP_CLOSE int proc = openat(world->root, "proc", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    return footing_read(world->sys, proc, world->root, ret);
}

static bool is_vital(struct world *world, const char *usb)
{
    CLEANUP_CLOSE int proc = openat(world->root, "proc", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    return footing_is_vital(world->sys, proc, world->root, usb);
}

static void expect_one(struct world *world, const char *usb, const char *what, bool vital)
{
    CLEANUP(footing_clear) struct footing footing = {0};
    cr_assert_eq(read_footing(world, &footing), 0);
    cr_assert_eq(footing.n, 1);
    cr_expect_str_eq(footing.items[0].usb, usb);
    cr_expect_str_eq(footing.items[0].what, what);
    cr_expect_eq(footing.items[0].vital, vital);
}

Test(footing, a_stick_that_people_mount_carries_nothing)
{
    CLEANUP(world_free) struct world world;
    CLEANUP(footing_clear) struct footing footing = {0};
    tree_new(&world);
    tell(&world,
         "22 1 259:0 / / rw - ext4 /dev/nvme0n1 rw\n"
         "40 22 8:1 / /media/stick rw - vfat /dev/sda1 rw\n"
         "41 22 8:1 / /home/tanaka/usb rw - vfat /dev/sda1 rw\n"
         "42 22 8:1 / /varied rw - vfat /dev/sda1 rw\n",
         "Filename Type Size Used Priority\n/dev/nvme0n1 partition 8 0 -2\n");
    cr_assert_eq(read_footing(&world, &footing), 0);
    cr_expect_eq(footing.n, 0);
    cr_expect_not(is_vital(&world, "1-2"));
}

Test(footing, each_file_system_of_the_system_counts)
{
    static const struct {
        const char *point;
        bool vital;
    } cases[] = {{"/", true},          {"/usr", true},  {"/var", true},  {"/boot", false},
                 {"/boot/efi", false}, {"/efi", false}, {"/home", false}};
    for (size_t i = 0; i < ELEMENTS(cases); i++) {
        CLEANUP(world_free) struct world world;
        CLEANUP_FREE char *line =
            text_format("22 1 8:1 / %s rw - ext4 /dev/sda1 rw\n", cases[i].point);
        tree_new(&world);
        tell(&world, line, NULL);
        expect_one(&world, "1-2", cases[i].point, cases[i].vital);
        cr_expect_eq(is_vital(&world, "1-2"), cases[i].vital, "%s", cases[i].point);
    }
}

Test(footing, the_root_is_found_below_luks_and_lvm)
{
    CLEANUP(world_free) struct world world;
    tree_new(&world);
    tree_mapping(&world, "dm-0", "253:0", "CRYPT-LUKS2-x\n", "sda1");
    tree_mapping(&world, "dm-1", "253:1", "LVM-x\n", "dm-0");
    tell(&world, "22 1 253:1 / / rw - ext4 /dev/mapper/vg-root rw\n", NULL);
    expect_one(&world, "1-2", "/", true);
}

Test(footing, every_disk_of_a_mirror_counts)
{
    CLEANUP(world_free) struct world world;
    CLEANUP(footing_clear) struct footing footing = {0};
    tree_new(&world);
    world_folder(world.sys, "devices/pci0000:00/usb1/1-3/1-3.4");
    world_set(world.sys, "devices/pci0000:00/usb1/1-3", "idVendor", "1d6b\n");
    world_set(world.sys, "devices/pci0000:00/usb1/1-3/1-3.4", "idVendor", "46f4\n");
    tree_block(&world, "devices/pci0000:00/usb1/1-3/1-3.4/1-3.4:1.0/host3/3:0:0:0/block/sdb",
               "8:16");
    tree_mapping(&world, "md0", "9:0", "\n", "sda1");
    world_set(world.sys, "devices/virtual/block/md0/slaves", "sdb", "");
    tell(&world, "22 1 9:0 / / rw - ext4 /dev/md0 rw\n23 22 9:0 /h /home rw - ext4 /dev/md0 rw\n",
         NULL);
    cr_assert_eq(read_footing(&world, &footing), 0);
    cr_expect_eq(footing.n, 4); // two disks, two points
    cr_expect(is_vital(&world, "1-2"));
    cr_expect(is_vital(&world, "1-3.4"));
    cr_expect(is_vital(&world, "1-3")); // the hub that it hangs on
    cr_expect_not(is_vital(&world, "1-3.40"));
    cr_expect_not(is_vital(&world, "1"));
}

Test(footing, a_swap_file_on_usb_counts)
{
    CLEANUP(world_free) struct world world;
    tree_new(&world);
    tell(&world,
         "22 1 259:0 / / rw - ext4 /dev/nvme0n1 rw\n40 22 8:1 / /mnt/a\\040b rw - ext4 /dev/sda1 "
         "rw\n",
         "Filename Type Size Used Priority\n/mnt/a\\040b/swap file 1024 0 -2\n");
    expect_one(&world, "1-2", "swap", true);
}

Test(footing, a_swap_file_beside_the_mount_does_not)
{
    CLEANUP(world_free) struct world world;
    CLEANUP(footing_clear) struct footing footing = {0};
    tree_new(&world);
    tell(&world, "40 22 8:1 / /mnt/a rw - ext4 /dev/sda1 rw\n",
         "Filename Type Size Used Priority\n/mnt/ab/swap file 1024 0 -2\n/swap file 8 0 -3\n");
    cr_assert_eq(read_footing(&world, &footing), 0);
    cr_expect_eq(footing.n, 0);
}

Test(footing, a_swap_partition_on_usb_counts)
{
    CLEANUP(world_free) struct world world;
    tree_new(&world);
    tell(&world, "22 1 259:0 / / rw - ext4 /dev/nvme0n1 rw\n",
         "Filename\t\t\t\tType\t\tSize\t\tUsed\t\tPriority\n"
         "/dev/sda1                               partition\t1024\t0\t-2\n");
    if (mknodat(world.root, "sda1", S_IFBLK | 0600, makedev(8, 1)) < 0)
        cr_skip_test("making a device node needs root");
    expect_one(&world, "1-2", "swap", true);
}

Test(footing, what_can_not_be_read_is_an_error_and_holds_nothing_open)
{
    CLEANUP(world_free) struct world world;
    struct footing footing;
    tree_new(&world);
    tell(&world, "what the kernel would not write\n", NULL);
    cr_expect_eq(read_footing(&world, &footing), -EBADMSG);
    cr_expect_not(is_vital(&world, "1-2"));
}
