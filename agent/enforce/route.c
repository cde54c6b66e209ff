// SPDX-License-Identifier: GPL-3.0-or-later
// Default routes are taken away by rtnetlink(7): each is named to the kernel as the kernel has told
// it.
#include "enforce/enforce.h"

#include <errno.h>
#include <libmnl/libmnl.h>
#include <linux/rtnetlink.h>
#include <string.h>

#define BUFFER_SIZE 32768U // what rtnetlink(7) fills at once
#define ROUTES_MAX 64      // taken away at a time; the next look takes the rest
#define ROUTE_SIZE 512     // of a message; one that is longer stays, and is reported
#define SEQUENCE 1

struct routes {
    uint32_t index; // of the link
    _Alignas(struct nlmsghdr) char items[ROUTES_MAX][ROUTE_SIZE];
    size_t n;
    bool left; // one was too long, or too many
};

// ---- Which they are ----------------------------------------------------------------------------

static bool goes_one_way(const struct nlattr *ways, uint32_t index)
{
    const char *at = mnl_attr_get_payload(ways);
    size_t left = mnl_attr_get_payload_len(ways);
    while (left >= sizeof(struct rtnexthop)) {
        const struct rtnexthop *way = (const struct rtnexthop *)at;
        size_t length = RTNH_ALIGN(way->rtnh_len);
        if ((uint32_t)way->rtnh_ifindex == index)
            return true;
        if (length < sizeof *way || length >= left)
            return false;
        at += length;
        left -= length;
    }
    return false;
}

static bool goes_out_by(const struct nlmsghdr *message, uint32_t index)
{
    const struct nlattr *attribute;
    mnl_attr_for_each(attribute, message, sizeof(struct rtmsg))
    {
        int type = mnl_attr_get_type(attribute);
        if (type == RTA_OIF && mnl_attr_validate(attribute, MNL_TYPE_U32) == 0 &&
            mnl_attr_get_u32(attribute) == index)
            return true;
        if (type == RTA_MULTIPATH && goes_one_way(attribute, index))
            return true;
    }
    return false;
}

static bool has_named_hop(const struct nlmsghdr *message)
{
    const struct nlattr *attribute;
    mnl_attr_for_each(attribute, message, sizeof(struct rtmsg)) if (mnl_attr_get_type(attribute) ==
                                                                    RTA_NH_ID) return true;
    return false;
}

// The kernel tells of a next hop that has a name of its own what it is, too, and takes only one of
// both.
static void copy_route(const struct nlmsghdr *message, void *ret)
{
    bool named = has_named_hop(message);
    const struct nlattr *attribute;
    struct nlmsghdr *copy = mnl_nlmsg_put_header(ret);
    memcpy(mnl_nlmsg_put_extra_header(copy, sizeof(struct rtmsg)), mnl_nlmsg_get_payload(message),
           sizeof(struct rtmsg));
    mnl_attr_for_each(attribute, message, sizeof(struct rtmsg))
    {
        int type = mnl_attr_get_type(attribute);
        if (!named ||
            (type != RTA_OIF && type != RTA_GATEWAY && type != RTA_VIA && type != RTA_MULTIPATH))
            mnl_attr_put(copy, attribute->nla_type, mnl_attr_get_payload_len(attribute),
                         mnl_attr_get_payload(attribute));
    }
}

static int on_route(const struct nlmsghdr *message, void *context)
{
    struct routes *routes = context;
    const struct rtmsg *route = mnl_nlmsg_get_payload(message);
    if (message->nlmsg_type != RTM_NEWROUTE || route->rtm_dst_len != 0 ||
        route->rtm_type != RTN_UNICAST || !goes_out_by(message, routes->index))
        return MNL_CB_OK;
    if (routes->n == ROUTES_MAX || message->nlmsg_len > ROUTE_SIZE) {
        routes->left = true;
        return MNL_CB_OK;
    }
    copy_route(message, routes->items[routes->n++]);
    return MNL_CB_OK;
}

// ---- Asking ------------------------------------------------------------------------------------

// Up to the end of what answers the message with this number.
static int hear(struct mnl_socket *socket, mnl_cb_t on_answer, void *context)
{
    _Alignas(struct nlmsghdr) char buffer[BUFFER_SIZE];
    for (int r = MNL_CB_OK; r > MNL_CB_STOP;) {
        ssize_t n = mnl_socket_recvfrom(socket, buffer, sizeof buffer);
        if (n < 0)
            return -errno;
        r = mnl_cb_run(buffer, (size_t)n, SEQUENCE, mnl_socket_get_portid(socket), on_answer,
                       context);
        if (r < 0)
            return -errno;
    }
    return 0;
}

static int list(struct mnl_socket *socket, uint8_t family, struct routes *routes)
{
    _Alignas(struct nlmsghdr) char buffer[64];
    struct nlmsghdr *request = mnl_nlmsg_put_header(buffer);
    request->nlmsg_type = RTM_GETROUTE;
    request->nlmsg_flags = NLM_F_REQUEST | NLM_F_DUMP;
    request->nlmsg_seq = SEQUENCE;
    struct rtmsg *route = mnl_nlmsg_put_extra_header(request, sizeof *route);
    route->rtm_family = family;
    if (mnl_socket_sendto(socket, request, request->nlmsg_len) < 0)
        return -errno;
    return hear(socket, on_route, routes);
}

static int take_away(struct mnl_socket *socket, void *item)
{
    struct nlmsghdr *message = item;
    message->nlmsg_type = RTM_DELROUTE;
    message->nlmsg_flags = NLM_F_REQUEST | NLM_F_ACK;
    message->nlmsg_seq = SEQUENCE;
    message->nlmsg_pid = 0;
    if (mnl_socket_sendto(socket, message, message->nlmsg_len) < 0)
        return -errno;
    int r = hear(socket, NULL, NULL);
    return r == -ESRCH ? 0 : r; // it has gone by itself
}

static int take_all_away(struct mnl_socket *socket, struct routes *routes)
{
    if (mnl_socket_bind(socket, 0, MNL_SOCKET_AUTOPID) < 0)
        return -errno;
    int r = list(socket, AF_INET, routes);
    if (r == 0)
        r = list(socket, AF_INET6, routes);
    for (size_t i = 0; r == 0 && i < routes->n; i++)
        r = take_away(socket, routes->items[i]);
    return r == 0 && routes->left ? -E2BIG : r;
}

int enforce_default_routes_remove(uint32_t index)
{
    CLEANUP_FREE struct routes *routes = calloc(1, sizeof *routes);
    struct mnl_socket *socket = mnl_socket_open2(NETLINK_ROUTE, SOCK_CLOEXEC);
    int r = !routes ? -ENOMEM : !socket ? -errno : 0;
    if (r == 0) {
        routes->index = index;
        r = take_all_away(socket, routes);
    }
    if (socket)
        (void)mnl_socket_close(socket);
    return r;
}
