// SPDX-License-Identifier: GPL-3.0-or-later
#include "fact/tenant.h"

#include "../usb_world.h"

#include <criterion/criterion.h>

#define MS UINT64_C(1000000)
#define LEFT (UINT64_C(100000) * MS)

static struct world world;
static const struct usb_device stick = {
    .jack = (char *)"usb1-port2", .vendor = 0x0951, .product = 0x1666, .hash = {1}};

static void begin(void)
{
    world_new(&world);
}

static void end(void)
{
    world_free(&world);
}

TestSuite(tenant, .init = begin, .fini = end);

static enum tenant before(const struct usb_device *device, uint64_t now_ns)
{
    return tenant_before(world.root, device, now_ns, true);
}

Test(tenant, another_device_within_a_moment_is_noticed)
{
    struct usb_device other = stick, changed = stick;
    other.product++;
    other.hash[0]++;
    changed.hash[0]++;
    cr_expect_eq(before(&other, LEFT), TENANT_NONE, "nothing was there");
    cr_assert_eq(tenant_set(world.root, &stick, LEFT), 0);
    cr_expect_eq(before(&stick, LEFT + 100 * MS), TENANT_NONE, "itself again");
    cr_expect_eq(before(&other, LEFT + 100 * MS), TENANT_OTHER);
    cr_expect_eq(before(&changed, LEFT + 100 * MS), TENANT_CHANGED);
    cr_expect_eq(before(&other, LEFT + TENANT_MOMENT_NS), TENANT_NONE, "by hand");
}

Test(tenant, what_counts_is_when_it_came_not_when_it_is_looked_at)
{
    struct usb_device other = stick;
    other.hash[0]++;
    other.connected_ms = 5000;
    cr_assert_eq(tenant_set(world.root, &stick, LEFT), 0);
    cr_expect_eq(before(&other, LEFT + 5100 * MS), TENANT_CHANGED);
    cr_expect_eq(before(&other, LEFT + 9000 * MS), TENANT_NONE);
}

Test(tenant, one_that_is_there_has_just_left_if_another_one_is_at_its_port)
{
    struct usb_device other = stick, elsewhere = stick, nowhere = stick;
    other.hash[0]++;
    elsewhere.hash[0]++;
    elsewhere.jack = (char *)"usb1-port3";
    nowhere.hash[0]++;
    nowhere.jack = NULL;
    cr_assert_eq(tenant_set(world.root, &stick, 0), 0);
    cr_expect_eq(before(&other, LEFT), TENANT_CHANGED);
    cr_expect_eq(tenant_before(world.root, &other, LEFT, false), TENANT_NONE, "nobody watched");
    cr_expect_eq(before(&elsewhere, LEFT), TENANT_NONE);
    cr_expect_eq(before(&nowhere, LEFT), TENANT_NONE);
    cr_expect_eq(tenant_set(world.root, &nowhere, 0), 0);
}

Test(tenant, a_new_daemon_keeps_only_what_it_knows)
{
    struct usb_device there = stick, other = stick;
    there.jack = (char *)"usb1-port3";
    other.hash[0]++;
    cr_assert_eq(tenant_forget_present(world.root), 0, "nothing to forget");
    cr_assert_eq(tenant_set(world.root, &stick, LEFT), 0);
    cr_assert_eq(tenant_set(world.root, &there, 0), 0);
    cr_assert_eq(tenant_forget_present(world.root), 0);
    cr_expect_eq(before(&other, LEFT), TENANT_CHANGED);
    other.jack = there.jack;
    cr_expect_eq(before(&other, LEFT), TENANT_NONE);
    cr_assert_eq(tenant_forget_all(world.root), 0);
    other.jack = stick.jack;
    cr_expect_eq(before(&other, LEFT), TENANT_NONE);
}

Test(tenant, a_damaged_mark_says_nothing)
{
    static const char *const damaged[] = {"", "x", "x y", "x y z", "x y 1 z", "\n"};
    struct usb_device other = stick;
    other.hash[0]++;
    world_folder(world.root, "ports");
    for (size_t i = 0; i < ELEMENTS(damaged); i++) {
        world_set(world.root, "ports", "usb1-port2", damaged[i]);
        cr_expect_eq(before(&other, LEFT), TENANT_NONE, "%s", damaged[i]);
    }
}
