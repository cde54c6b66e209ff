// SPDX-License-Identifier: GPL-3.0-or-later
// Watches network links, default routes and the firewall. What the kernel says of a change is only
// taken as a sign that there was one: all links are read anew then, so that a burst, an overrun and
// the start are one code path.
#include "base/text.h"
#include "watch/network/counters.h"
#include "watch/network/dump.h"
#include "watch/network/nflog.h"
#include "watch/watch.h"

#include <errno.h>
#include <fcntl.h>
#include <libmnl/libmnl.h>
#include <linux/netfilter/nfnetlink.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <string.h>
#include <sys/socket.h>

#define MESSAGE_MAX 32768
#define MESSAGES_A_ROUND 1024    // then the loop's other sources have their turn
#define RECEIVE_BUFFER (1 << 20) // bytes of events that may wait while the loop is busy
#define ATTEMPTS 8               // to read links while they change
#define ATTEMPTS_GROUP 4244      // enforce/ruleset.h
#define FIREWALL_GROUP (1 << (NFNLGRP_NFTABLES - 1))

struct network_watch {
    struct watch_context context;
    struct net_links links; // as they were told last
    // Not there unless live:
    struct mnl_socket *routes, *firewall;
    sd_event_source *on_routes, *on_firewall;
    struct nflog *nflog;
};

// ---- Facts -------------------------------------------------------------------------------------

static int put_link(struct network_watch *watch, enum fact_kind kind, const struct net_link *link)
{
    CLEANUP(fact_free_p) struct fact *fact = fact_new(kind);
    if (!fact)
        return -ENOMEM;
    int r = net_link_copy(link, &fact->link);
    if (r == 0)
        r = text_set(&fact->object, link->name);
    if (r == 0)
        watch->context.sink.put(watch->context.sink.context, TAKE_PTR(fact));
    return r;
}

// "changed": somebody wrote to the firewall. "overrun": the kernel told more than could be taken.
static int put_sign(struct network_watch *watch, enum fact_kind kind, const char *outcome)
{
    CLEANUP(fact_free_p) struct fact *fact = fact_new(kind);
    int r = fact ? text_set(&fact->outcome, outcome) : -ENOMEM;
    if (r == 0)
        watch->context.sink.put(watch->context.sink.context, TAKE_PTR(fact));
    return r;
}

// One that can't be read is read a minute later: nothing is lost by that.
static void put_count(struct network_watch *watch)
{
    CLEANUP(fact_free_p) struct fact *fact = NULL;
    uint64_t packets;
    if (!watch->firewall || counters_read(&packets) < 0)
        return;
    fact = fact_new(FACT_SEEN_COUNT);
    if (!fact || !(fact->packets = malloc(sizeof *fact->packets)))
        return;
    *fact->packets = packets;
    watch->context.sink.put(watch->context.sink.context, TAKE_PTR(fact));
}

// ---- The present state ------------------------------------------------------------------------

static int read_links(const struct network_watch *watch, struct net_links *ret)
{
    int r = -EINTR;
    for (int i = 0; i < ATTEMPTS && r == -EINTR; i++)
        r = net_links_read(watch->context.sys, ret);
    return r;
}

// Those that have gone first: another one may have taken the name.
static int tell_gone(struct network_watch *watch, const struct net_links *now)
{
    int first = 0;
    for (size_t i = 0; i < watch->links.n; i++) {
        if (net_links_find(now, watch->links.items[i]->index))
            continue;
        int r = put_link(watch, FACT_SEEN_LINK_GONE, watch->links.items[i]);
        first = first < 0 ? first : r;
    }
    return first;
}

// A made-up tree has links if it has their folder: else those of the machine that the test runs on
// are not its.
static bool has_links(const struct network_watch *watch)
{
    return watch->context.machine || faccessat(watch->context.sys, "class/net", F_OK, 0) == 0;
}

static int refresh(struct network_watch *watch, bool all)
{
    if (!has_links(watch))
        return 0;
    CLEANUP(net_links_clear) struct net_links now = {0};
    int r = read_links(watch, &now);
    if (r < 0)
        return r;
    int first = tell_gone(watch, &now);
    for (size_t i = 0; i < now.n; i++) {
        const struct net_link *old = net_links_find(&watch->links, now.items[i]->index);
        if (!all && old && net_link_equal(old, now.items[i]))
            continue;
        r = put_link(watch, FACT_SEEN_LINK, now.items[i]);
        first = first < 0 ? first : r;
    }
    if (now.more && !watch->links.more)
        (void)!put_sign(watch, FACT_SEEN_NETWORK, "too many links");
    struct net_links old = watch->links;
    watch->links = now;
    now = old;
    return first;
}

static int network_snapshot(void *state)
{
    put_count(state);
    return refresh(state, true);
}

// ---- What happens -----------------------------------------------------------------------------

// Takes what waits. *ret_overrun: the kernel had more to tell than there was room for.
static bool drain(struct mnl_socket *socket, bool *ret_overrun)
{
    char message[MESSAGE_MAX];
    bool any = false;
    for (int i = 0; i < MESSAGES_A_ROUND; i++) {
        ssize_t n =
            recv(mnl_socket_get_fd(socket), message, sizeof message, MSG_DONTWAIT | MSG_TRUNC);
        if (n < 0 && errno == ENOBUFS)
            *ret_overrun = true;
        else if (n < 0 && errno != EINTR)
            break;
        any = true;
    }
    return any;
}

// A handler that fails has missed something; the next snapshot puts it. It stays in the loop.
static int on_routes(sd_event_source *source, int fd, uint32_t events, void *context)
{
    struct network_watch *watch = context;
    bool overrun = false;
    (void)source, (void)fd, (void)events;
    if (!drain(watch->routes, &overrun))
        return 0;
    if (overrun)
        (void)!put_sign(watch, FACT_SEEN_NETWORK, "overrun");
    (void)!refresh(watch, false);
    return 0;
}

static int on_firewall(sd_event_source *source, int fd, uint32_t events, void *context)
{
    struct network_watch *watch = context;
    bool overrun = false; // says the same: it has changed
    (void)source, (void)fd, (void)events;
    if (drain(watch->firewall, &overrun))
        (void)!put_sign(watch, FACT_SEEN_FIREWALL, "changed");
    return 0;
}

static void on_attempt(void *context, const struct net_attempt *attempt)
{
    struct network_watch *watch = context;
    CLEANUP(fact_free_p) struct fact *fact = fact_new(FACT_SEEN_ATTEMPT);
    if (!fact || !(fact->attempt = malloc(sizeof *attempt)))
        return; // the kernel counts it
    *fact->attempt = *attempt;
    watch->context.sink.put(watch->context.sink.context, TAKE_PTR(fact));
}

// ---- Start and stop ---------------------------------------------------------------------------

static int listen_to(struct network_watch *watch, int protocol, unsigned groups,
                     sd_event_io_handler_t handler, struct mnl_socket **ret_socket,
                     sd_event_source **ret_source)
{
    const int size = RECEIVE_BUFFER;
    *ret_socket = mnl_socket_open2(protocol, SOCK_CLOEXEC | SOCK_NONBLOCK);
    if (!*ret_socket)
        return -errno;
    int fd = mnl_socket_get_fd(*ret_socket);
    // Without the right to a larger buffer the usual one serves, and an overrun is noticed.
    (void)setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &size, sizeof size);
    if (mnl_socket_bind(*ret_socket, groups, MNL_SOCKET_AUTOPID) < 0)
        return -errno;
    int r = sd_event_add_io(watch->context.event, ret_source, fd, EPOLLIN, handler, watch);
    return r < 0 ? r : 0;
}

// A kernel without nftables has no firewall that could change.
static int listen_to_kernel(struct network_watch *watch)
{
    int r = listen_to(watch, NETLINK_ROUTE, RTMGRP_LINK | RTMGRP_IPV4_ROUTE | RTMGRP_IPV6_ROUTE,
                      on_routes, &watch->routes, &watch->on_routes);
    if (r < 0)
        return r;
    r = listen_to(watch, NETLINK_NETFILTER, FIREWALL_GROUP, on_firewall, &watch->firewall,
                  &watch->on_firewall);
    if (r == 0)
        r = nflog_listen(watch->context.event, ATTEMPTS_GROUP, on_attempt, watch, &watch->nflog);
    return r == -EPROTONOSUPPORT ? 0 : r;
}

static void network_stop(void *state)
{
    struct network_watch *watch = state;
    if (!watch)
        return;
    put_count(watch); // the last one
    sd_event_source_disable_unref(watch->on_routes);
    sd_event_source_disable_unref(watch->on_firewall);
    nflog_free(watch->nflog);
    if (watch->routes)
        (void)mnl_socket_close(watch->routes);
    if (watch->firewall)
        (void)mnl_socket_close(watch->firewall);
    net_links_clear(&watch->links);
    free(watch);
}

static void network_stop_p(struct network_watch **watch)
{
    network_stop(*watch);
}

static int network_start(const struct watch_context *context, void **ret_state)
{
    CLEANUP(network_stop_p) struct network_watch *watch = calloc(1, sizeof *watch);
    if (!watch)
        return -ENOMEM;
    watch->context = *context;
    if (context->live && context->machine) {
        int r = listen_to_kernel(watch);
        if (r < 0)
            return r;
    }
    *ret_state = TAKE_PTR(watch);
    return 0;
}

const struct watch watch_network = {
    .name = "network",
    .start = network_start,
    .stop = network_stop,
    .snapshot = network_snapshot,
};
