// SPDX-License-Identifier: GPL-3.0-or-later
// Asks nf_tables for its counter objects.
#include "watch/network/counters.h"

#include <arpa/inet.h>
#include <endian.h>
#include <errno.h>
#include <libmnl/libmnl.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter/nfnetlink.h>
#include <string.h>

#define TABLE "sekisho" // enforce/ruleset.h
#define BUFFER_SIZE 32768U
#define ATTEMPTS 8 // to read them while somebody changes the firewall

// ---- One object --------------------------------------------------------------------------------

struct parts {
    const struct nlattr *all[NFTA_OBJ_MAX + 1];
};

static int keep(const struct nlattr *attribute, void *context)
{
    struct parts *parts = context;
    if (mnl_attr_type_valid(attribute, NFTA_OBJ_MAX) > 0)
        parts->all[mnl_attr_get_type(attribute)] = attribute;
    return MNL_CB_OK;
}

static bool is_our_counter(const struct parts *parts)
{
    const struct nlattr *table = parts->all[NFTA_OBJ_TABLE], *type = parts->all[NFTA_OBJ_TYPE];
    return table && mnl_attr_validate(table, MNL_TYPE_NUL_STRING) == 0 &&
           strcmp(mnl_attr_get_str(table), TABLE) == 0 && type &&
           mnl_attr_validate(type, MNL_TYPE_U32) == 0 &&
           ntohl(mnl_attr_get_u32(type)) == NFT_OBJECT_COUNTER && parts->all[NFTA_OBJ_DATA];
}

static uint64_t read_object(const struct nlmsghdr *message)
{
    struct parts parts = {0};
    const struct nlattr *attribute;
    if (mnl_attr_parse(message, sizeof(struct nfgenmsg), keep, &parts) < 0 ||
        !is_our_counter(&parts))
        return 0;
    mnl_attr_for_each_nested(attribute, parts.all[NFTA_OBJ_DATA])
    {
        if (mnl_attr_get_type(attribute) == NFTA_COUNTER_PACKETS &&
            mnl_attr_validate(attribute, MNL_TYPE_U64) == 0)
            return be64toh(mnl_attr_get_u64(attribute));
    }
    return 0;
}

// ---- All of them -------------------------------------------------------------------------------

static int on_object(const struct nlmsghdr *message, void *context)
{
    uint64_t *sum = context;
    if (message->nlmsg_type == (NFNL_SUBSYS_NFTABLES << 8 | NFT_MSG_NEWOBJ))
        *sum += read_object(message);
    return MNL_CB_OK;
}

static int ask(struct mnl_socket *socket, uint64_t *sum)
{
    _Alignas(struct nlmsghdr) char buffer[BUFFER_SIZE];
    struct nlmsghdr *request = mnl_nlmsg_put_header(buffer);
    request->nlmsg_type = NFNL_SUBSYS_NFTABLES << 8 | NFT_MSG_GETOBJ;
    request->nlmsg_flags = NLM_F_REQUEST | NLM_F_DUMP;
    request->nlmsg_seq = 1;
    struct nfgenmsg *header = mnl_nlmsg_put_extra_header(request, sizeof *header);
    *header = (struct nfgenmsg){.nfgen_family = AF_UNSPEC, .version = NFNETLINK_V0};
    if (mnl_socket_bind(socket, 0, MNL_SOCKET_AUTOPID) < 0 ||
        mnl_socket_sendto(socket, request, request->nlmsg_len) < 0)
        return -errno;
    for (int r = MNL_CB_OK; r > MNL_CB_STOP;) {
        ssize_t n = mnl_socket_recvfrom(socket, buffer, sizeof buffer);
        if (n < 0)
            return -errno;
        r = mnl_cb_run(buffer, (size_t)n, 1, mnl_socket_get_portid(socket), on_object, sum);
        if (r < 0)
            return -errno;
    }
    return 0;
}

static int read_once(uint64_t *ret_packets)
{
    uint64_t sum = 0;
    struct mnl_socket *socket = mnl_socket_open2(NETLINK_NETFILTER, SOCK_CLOEXEC);
    if (!socket)
        return -errno;
    int r = ask(socket, &sum);
    (void)mnl_socket_close(socket);
    if (r == 0)
        *ret_packets = sum;
    return r;
}

int counters_read(uint64_t *ret_packets)
{
    int r = -EINTR;
    for (int i = 0; i < ATTEMPTS && r == -EINTR; i++)
        r = read_once(ret_packets);
    return r;
}
