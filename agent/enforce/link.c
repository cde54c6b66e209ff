// SPDX-License-Identifier: GPL-3.0-or-later
// Network links are set down by rtnetlink(7), which has the answer before it returns.
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

static int set_down(struct mnl_socket *socket, uint32_t index)
{
    _Alignas(struct nlmsghdr) char buffer[256];
    struct nlmsghdr *request = mnl_nlmsg_put_header(buffer);
    request->nlmsg_type = RTM_NEWLINK;
    request->nlmsg_flags = NLM_F_REQUEST | NLM_F_ACK;
    request->nlmsg_seq = 1;
    struct ifinfomsg *info = mnl_nlmsg_put_extra_header(request, sizeof *info);
    info->ifi_family = AF_UNSPEC;
    info->ifi_index = (int)index;
    info->ifi_change = IFF_UP; // of the flags only this one, and to 0
    if (mnl_socket_bind(socket, 0, MNL_SOCKET_AUTOPID) < 0 ||
        mnl_socket_sendto(socket, request, request->nlmsg_len) < 0)
        return -errno;
    return hear(socket, 1);
}

int enforce_link_down(uint32_t index)
{
    struct mnl_socket *socket = mnl_socket_open2(NETLINK_ROUTE, SOCK_CLOEXEC);
    if (!socket)
        return -errno;
    int r = set_down(socket, index);
    (void)mnl_socket_close(socket);
    return r;
}
