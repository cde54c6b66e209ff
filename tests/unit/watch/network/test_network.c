// SPDX-License-Identifier: GPL-3.0-or-later
// In a network namespace of its own, with the real kernel's links.
#include "fact/net_link.h"
#include "watch/watch.h"

#include <criterion/criterion.h>
#include <fcntl.h>
#include <sched.h>
#include <string.h>

#define SEEN_MAX 4096

static struct fact *seen[SEEN_MAX];
static size_t n_seen;
static sd_event *loop;
static int sys = -1;

static void keep(void *context, struct fact *fact)
{
    (void)context;
    cr_assert_lt(n_seen, SEEN_MAX);
    seen[n_seen++] = fact;
}

static void forget(void)
{
    while (n_seen > 0)
        fact_free(seen[--n_seen]);
}

static void run(const char *command)
{
    cr_assert_eq(system(command), 0, "%s", command);
}

static void *start(bool live)
{
    void *state = NULL;
    static struct watch_context context;
    cr_assert_eq(unshare(CLONE_NEWNET), 0, "needs root");
    cr_assert_eq(sd_event_new(&loop), 0);
    sys = open("/sys", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    context = (struct watch_context){
        .sink = {keep, NULL}, .event = loop, .sys = sys, .machine = true, .live = live};
    cr_assert_eq(watch_network.start(&context, &state), 0);
    return state;
}

static void stop(void *state)
{
    watch_network.stop(state);
    forget();
    sd_event_unref(loop);
    close_p(&sys);
}

static const struct fact *last_of(enum fact_kind kind, const char *name)
{
    for (size_t i = n_seen; i > 0; i--)
        if (seen[i - 1]->kind == kind && seen[i - 1]->link &&
            strcmp(seen[i - 1]->link->name, name) == 0)
            return seen[i - 1];
    return NULL;
}

// Until nothing has happened for a while.
static void wait_quiet(void)
{
    while (sd_event_run(loop, 500 * 1000) > 0)
        ;
}

Test(watch_network, the_present_links_are_told)
{
    void *state = start(false);
    run("ip link add v0 address 52:54:00:12:34:56 type veth peer name v1");
    run("ip link set v0 up");
    cr_assert_eq(watch_network.snapshot(state), 0);
    const struct fact *loopback = last_of(FACT_SEEN_LINK, "lo"),
                      *link = last_of(FACT_SEEN_LINK, "v0"), *other = last_of(FACT_SEEN_LINK, "v1");
    cr_assert(loopback && link && other);
    cr_expect(loopback->link->loopback);
    cr_expect(!loopback->link->has_mac);
    cr_expect_eq(memcmp(link->link->mac, "\x52\x54\x00\x12\x34\x56", 6), 0);
    cr_expect(link->link->has_mac && link->link->up && !link->link->loopback);
    cr_expect_str_eq(link->link->kind, "veth");
    cr_expect(!other->link->up);
    cr_expect(!link->link->routed);
    stop(state);
}

Test(watch_network, what_happens_to_a_link_is_told)
{
    void *state = start(true);
    cr_assert_eq(watch_network.snapshot(state), 0);
    run("ip link add v0 type veth peer name v1");
    wait_quiet();
    cr_assert(last_of(FACT_SEEN_LINK, "v0"));
    cr_expect(!last_of(FACT_SEEN_LINK, "v0")->link->up);
    run("ip link set v0 up");
    wait_quiet();
    cr_expect(last_of(FACT_SEEN_LINK, "v0")->link->up);
    run("ip link delete v0");
    wait_quiet();
    cr_expect(last_of(FACT_SEEN_LINK_GONE, "v0"));
    cr_expect(last_of(FACT_SEEN_LINK_GONE, "v1"));
    stop(state);
}

Test(watch_network, a_link_that_is_another_one_under_the_same_name_has_gone_and_come)
{
    void *state = start(true);
    run("ip link add v0 type veth peer name v1");
    cr_assert_eq(watch_network.snapshot(state), 0);
    uint32_t index = last_of(FACT_SEEN_LINK, "v0")->link->index;
    run("ip link delete v0 && ip link add v0 type veth peer name v1");
    wait_quiet();
    cr_assert(last_of(FACT_SEEN_LINK_GONE, "v0"));
    cr_expect_eq(last_of(FACT_SEEN_LINK_GONE, "v0")->link->index, index);
    cr_expect_neq(last_of(FACT_SEEN_LINK, "v0")->link->index, index);
    stop(state);
}

Test(watch_network, default_routes_of_both_families_are_told)
{
    static const char *const routes[][2] = {
        {"ip route add default via 192.0.2.2", "ip route delete default"},
        {"ip -6 route add default via 2001:db8::2 dev v0", "ip -6 route delete default"},
        {"ip route add default nexthop via 192.0.2.2 dev v0 nexthop via 192.0.2.3 dev v0",
         "ip route delete default"},
        {"ip route add default via 192.0.2.2 table 77", "ip route delete default table 77"},
    };
    void *state = start(true);
    run("ip link add v0 type veth peer name v1 && ip link set v0 up && ip link set v1 up");
    run("ip address add 192.0.2.1/24 dev v0 && ip address add 2001:db8::1/64 dev v0 nodad");
    cr_assert_eq(watch_network.snapshot(state), 0);
    for (size_t i = 0; i < ELEMENTS(routes); i++) {
        cr_expect(!last_of(FACT_SEEN_LINK, "v0")->link->routed, "%s", routes[i][0]);
        run(routes[i][0]);
        wait_quiet();
        cr_expect(last_of(FACT_SEEN_LINK, "v0")->link->routed, "%s", routes[i][0]);
        run(routes[i][1]);
        wait_quiet();
    }
    cr_expect(!last_of(FACT_SEEN_LINK, "v0")->link->routed);
    stop(state);
}

Test(watch_network, a_write_to_the_firewall_is_told)
{
    void *state = start(true);
    wait_quiet();
    forget();
    run("nft add table inet somebody");
    wait_quiet();
    cr_assert_eq(n_seen, 1);
    cr_expect_eq(seen[0]->kind, FACT_SEEN_FIREWALL);
    stop(state);
}

// The loop does not run meanwhile, so that the kernel has more to tell than its buffer holds.
Test(watch_network, after_an_overrun_all_links_are_right, .timeout = 120)
{
    void *state = start(true);
    cr_assert_eq(watch_network.snapshot(state), 0);
    forget();
    run("for i in $(seq 1000); do echo link add v$i type veth peer name w$i; done | ip -batch -");
    run("for i in $(seq 999); do echo link delete v$i; done | ip -batch -");
    run("ip link set v1000 up");
    wait_quiet();
    bool overrun = false;
    for (size_t i = 0; i < n_seen; i++)
        overrun |= seen[i]->kind == FACT_SEEN_NETWORK;
    cr_expect(overrun);
    cr_assert(last_of(FACT_SEEN_LINK, "v1000"));
    cr_expect(last_of(FACT_SEEN_LINK, "v1000")->link->up);
    cr_expect(last_of(FACT_SEEN_LINK, "w1000"));
    cr_expect(!last_of(FACT_SEEN_LINK, "v5"), "it had gone before anybody looked");
    stop(state);
}
