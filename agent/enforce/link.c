// SPDX-License-Identifier: GPL-3.0-or-later
// Network links are set down and moved by rtnetlink(7), which has the answer before it returns.
#include "enforce/enforce.h"

#include <errno.h>
#include <libmnl/libmnl.h>
#include <linux/if.h>
#include <linux/rtnetlink.h>

static int hear(struct mnl_socket *socket, unsigned sequence)
{
    _Alignas(struct nlmsghdr) char buffer[4096];
    ssize_t n = mnl_socket_recvfrom(socket, buffer, sizeof buffer);
    if (n < 0)
        return -errno;
    int r = mnl_cb_run(buffer, (size_t)n, sequence, mnl_socket_get_portid(socket), NULL, NULL);
    return r < 0 ? -errno : 0;
}

struct request {
    _Alignas(struct nlmsghdr) char buffer[256];
    struct nlmsghdr *header;
    struct ifinfomsg *info;
};

static void begin(struct request *request, uint32_t index)
{
    request->header = mnl_nlmsg_put_header(request->buffer);
    request->header->nlmsg_type = RTM_NEWLINK;
    request->header->nlmsg_flags = NLM_F_REQUEST | NLM_F_ACK;
    request->header->nlmsg_seq = 1;
    request->info = mnl_nlmsg_put_extra_header(request->header, sizeof *request->info);
    request->info->ifi_family = AF_UNSPEC;
    request->info->ifi_index = (int)index;
}

static int ask(const struct request *request)
{
    struct mnl_socket *socket = mnl_socket_open2(NETLINK_ROUTE, SOCK_CLOEXEC);
    if (!socket)
        return -errno;
    int r = 0;
    if (mnl_socket_bind(socket, 0, MNL_SOCKET_AUTOPID) < 0 ||
        mnl_socket_sendto(socket, request->header, request->header->nlmsg_len) < 0)
        r = -errno;
    if (r == 0)
        r = hear(socket, 1);
    (void)mnl_socket_close(socket);
    return r;
}

int enforce_link_down(uint32_t index)
{
    struct request request;
    begin(&request, index);
    request.info->ifi_change = IFF_UP; // of the flags only this one, and to 0
    return ask(&request);
}

int enforce_link_move(uint32_t index, int namespace)
{
    struct request request;
    begin(&request, index);
    mnl_attr_put_u32(request.header, IFLA_NET_NS_FD, (uint32_t) namespace);
    return ask(&request);
}
