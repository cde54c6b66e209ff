// SPDX-License-Identifier: GPL-3.0-or-later
// In a network namespace of its own, with the real kernel's routes.
#include "enforce/enforce.h"

#include <criterion/criterion.h>
#include <errno.h>
#include <net/if.h>
#include <sched.h>

static void run(const char *command)
{
    cr_assert_eq(system(command), 0, "%s", command);
}

static void begin(void)
{
    cr_assert_eq(unshare(CLONE_NEWNET), 0, "needs root");
    run("ip link add v0 type veth peer name v1; ip link set v0 up; ip link set v1 up; "
        "ip address add 192.168.7.2/24 dev v0; ip address add 192.168.8.2/24 dev v1; "
        "ip -6 address add fd00:7::2/64 dev v0 nodad");
}

Test(enforce_route, every_default_route_by_a_link_goes_and_the_rest_stays)
{
    begin();
    run("ip route add default via 192.168.7.1; ip route add default via 192.168.7.9 metric 50; "
        "ip route add default via 192.168.7.1 table 77; ip route add default dev v0 metric 9; "
        "ip -6 route add default via fd00:7::1; ip route add 10.0.0.0/8 via 192.168.7.1; "
        "ip route add default via 192.168.8.1 metric 700");
    cr_expect_eq(enforce_default_routes_remove(if_nametoindex("v0")), 0);
    run("test \"$(ip route show table all default)\" = "
        "\"default via 192.168.8.1 dev v1 metric 700 \"");
    run("test -z \"$(ip -6 route show table all default)\"");
    run("ip route show | grep -q '^10.0.0.0/8 via 192.168.7.1' && "
        "ip route show | grep -q '^192.168.7.0/24'");
    cr_expect_eq(enforce_default_routes_remove(if_nametoindex("v0")), 0, "there is none any more");
}

Test(enforce_route, one_of_several_ways_takes_the_route_with_it)
{
    begin();
    run("ip route add default nexthop via 192.168.8.1 nexthop via 192.168.7.1");
    cr_expect_eq(enforce_default_routes_remove(if_nametoindex("v0")), 0);
    run("test -z \"$(ip route show default)\"");
}

Test(enforce_route, one_by_a_named_next_hop_goes_too)
{
    begin();
    run("ip nexthop add id 5 via 192.168.7.1 dev v0; ip route add default nhid 5");
    cr_expect_eq(enforce_default_routes_remove(if_nametoindex("v0")), 0);
    run("test -z \"$(ip route show default)\"");
}

Test(enforce_route, what_leads_nowhere_stays)
{
    begin();
    run("ip route add unreachable default metric 4000");
    cr_expect_eq(enforce_default_routes_remove(if_nametoindex("v0")), 0);
    run("ip route show | grep -q '^unreachable default'");
}
