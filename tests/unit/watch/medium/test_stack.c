// SPDX-License-Identifier: GPL-3.0-or-later
#include "watch/medium/stack.h"

#include "tree.h"

#include <criterion/criterion.h>
#include <errno.h>
#include <sys/sysmacros.h>

#define LUKS "CRYPT-LUKS2-7796db80b1014377b5704d40c326ecd-luks-x\n"

static void expect_stack(struct world *world, uint64_t number, bool through_crypt)
{
    struct stack stack = {0};
    cr_assert_eq(stack_read(world->sys, number, &stack), 0);
    cr_expect_str_eq(stack.disk, "sda");
    cr_expect_str_eq(stack.usb, "1-2");
    cr_expect_eq(stack.through_crypt, through_crypt);
    stack_clear(&stack);
}

Test(stack, a_partition_stands_on_its_disk_and_its_usb_device)
{
    CLEANUP(world_free) struct world world;
    tree_new(&world);
    expect_stack(&world, makedev(8, 0), false);
    expect_stack(&world, makedev(8, 1), false);
}

Test(stack, a_disk_elsewhere_is_no_business_of_ours)
{
    CLEANUP(world_free) struct world world;
    struct stack stack;
    tree_new(&world);
    cr_expect_eq(stack_read(world.sys, makedev(259, 0), &stack), -ENODEV);
    cr_expect_eq(stack_read(world.sys, makedev(0, 31), &stack), -ENODEV);
}

Test(stack, a_luks_mapping_is_seen_through_other_mappings)
{
    CLEANUP(world_free) struct world world;
    tree_new(&world);
    tree_mapping(&world, "dm-0", "253:0", LUKS, "sda1");
    tree_mapping(&world, "dm-1", "253:1", "LVM-abc\n", "dm-0");
    expect_stack(&world, makedev(253, 0), true);
    expect_stack(&world, makedev(253, 1), true);
}

Test(stack, only_luks_counts_as_encrypted)
{
    static const char *const uuids[] = {"CRYPT-PLAIN-x\n", "CRYPT-VERITY-abc-x\n",
                                        "CRYPT-INTEGRITY-x\n", "LVM-x\n", "\n"};
    for (size_t i = 0; i < ELEMENTS(uuids); i++) {
        CLEANUP(world_free) struct world world;
        tree_new(&world);
        tree_mapping(&world, "dm-0", "253:0", uuids[i], "sda1");
        expect_stack(&world, makedev(253, 0), false);
    }
}

Test(stack, one_way_around_the_encryption_is_enough_to_be_bare)
{
    CLEANUP(world_free) struct world world;
    tree_new(&world);
    tree_mapping(&world, "dm-0", "253:0", LUKS, "sda1");
    tree_mapping(&world, "dm-1", "253:1", "LVM-abc\n", "dm-0");
    world_set(world.sys, "devices/virtual/block/dm-1/slaves", "sda", "");
    expect_stack(&world, makedev(253, 1), false);
}

Test(stack, a_loop_device_over_a_node_hides_nothing)
{
    CLEANUP(world_free) struct world world;
    tree_new(&world);
    tree_block(&world, "devices/virtual/block/loop0", "7:0");
    world_folder(world.sys, "devices/virtual/block/loop0/loop");
    world_set(world.sys, "devices/virtual/block/loop0/loop", "backing_file", "/dev/sda1\n");
    expect_stack(&world, makedev(7, 0), false);
}

Test(stack, mappings_in_a_circle_come_to_an_end)
{
    CLEANUP(world_free) struct world world;
    struct stack stack;
    tree_new(&world);
    tree_mapping(&world, "dm-0", "253:0", LUKS, "dm-1");
    tree_mapping(&world, "dm-1", "253:1", LUKS, "dm-0");
    cr_expect_eq(stack_read(world.sys, makedev(253, 0), &stack), -ENODEV);
}

Test(stack, the_disk_of_an_event_is_found_in_its_path)
{
    CLEANUP_FREE char *disk = NULL, *none = NULL;
    cr_assert_eq(stack_disk_of("/" TREE_DISK "/sda1", &disk), 0);
    cr_expect_str_eq(disk, "sda");
    cr_expect_eq(stack_disk_of("/devices/virtual/net/lo", &none), -EINVAL);
}
