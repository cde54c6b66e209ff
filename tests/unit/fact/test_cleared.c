// SPDX-License-Identifier: GPL-3.0-or-later
#include "fact/cleared.h"

#include "../usb_world.h"

#include <criterion/criterion.h>
#include <errno.h>

Test(cleared, a_mark_is_for_one_disk_with_one_medium)
{
    CLEANUP(world_free) struct world world;
    world_new(&world);
    cr_expect_eq(cleared_is_set(world.root, 9, "sda"), 0);
    cr_assert_eq(cleared_set(world.root, 9, "sda"), 0);
    cr_expect_eq(cleared_is_set(world.root, 9, "sda"), 1);
    cr_expect_eq(cleared_is_set(world.root, 10, "sda"), 0);
    cr_expect_eq(cleared_is_set(world.root, 9, "sdb"), 0);
}

Test(cleared, a_mark_is_readable_by_root_only)
{
    struct stat st;
    CLEANUP(world_free) struct world world;
    world_new(&world);
    cr_assert_eq(cleared_set(world.root, 9, "sda"), 0);
    cr_assert_eq(fstatat(world.root, "media", &st, 0), 0);
    cr_expect_eq(st.st_mode & 07777, 0700);
    cr_assert_eq(fstatat(world.root, "media/9", &st, 0), 0);
    cr_expect_eq(st.st_mode & 07777, 0600);
}

Test(cleared, a_medium_without_a_number_of_its_own_is_never_cleared)
{
    CLEANUP(world_free) struct world world;
    world_new(&world);
    cr_expect_eq(cleared_set(world.root, 0, "sda"), -EINVAL);
    cr_expect_eq(cleared_is_set(world.root, 0, "sda"), 0);
}

Test(cleared, what_is_forgotten_is_not_set_any_more)
{
    CLEANUP(world_free) struct world world;
    world_new(&world);
    cr_assert_eq(cleared_set(world.root, 9, "sda"), 0);
    cr_assert_eq(cleared_set(world.root, 10, "sdb"), 0);
    cr_assert_eq(cleared_set(world.root, 11, "sdc"), 0);
    cr_expect_eq(cleared_forget(world.root, 9), 0);
    cr_expect_eq(cleared_forget(world.root, 9), 0);
    cr_expect_eq(cleared_is_set(world.root, 9, "sda"), 0);
    cr_expect_eq(cleared_is_set(world.root, 10, "sdb"), 1);
    cr_expect_eq(cleared_forget_all(world.root), 0);
    cr_expect_eq(cleared_is_set(world.root, 10, "sdb"), 0);
    cr_expect_eq(cleared_is_set(world.root, 11, "sdc"), 0);
    cr_expect_eq(cleared_forget_all(world.root), 0);
}

Test(cleared, a_mark_that_says_something_else_is_none)
{
    CLEANUP(world_free) struct world world;
    world_new(&world);
    world_folder(world.root, "media");
    world_set(world.root, "media", "9", "sda encrypted\nand more\n");
    cr_expect_eq(cleared_is_set(world.root, 9, "sda"), 0);
}
