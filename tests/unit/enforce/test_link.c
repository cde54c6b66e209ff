// SPDX-License-Identifier: GPL-3.0-or-later
// In a network namespace of its own, with the real kernel's links.
#include "enforce/enforce.h"

#include <criterion/criterion.h>
#include <errno.h>
#include <net/if.h>
#include <sched.h>

static void run(const char *command)
{
    cr_assert_eq(system(command), 0, "%s", command);
}

Test(enforce_link, a_link_is_set_down_and_another_one_stays_as_it_is)
{
    cr_assert_eq(unshare(CLONE_NEWNET), 0, "needs root");
    run("ip link add v0 type veth peer name v1 && ip link set v0 up && ip link set v1 up");
    uint32_t index = if_nametoindex("v0");
    cr_expect_eq(enforce_link_down(index), 0);
    run("ip link show v0 | grep -q 'state DOWN' && ip link show v1 | grep -q ',UP'");
    cr_expect_eq(enforce_link_down(index), 0, "it is down already");
    cr_expect_eq(enforce_link_down(index + 1000), -ENODEV);
}
