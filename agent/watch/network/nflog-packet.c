// SPDX-License-Identifier: GPL-3.0-or-later
// Reads the messages of nfnetlink_log.
#include "fact/fact.h"
#include "watch/network/nflog.h"

#include <arpa/inet.h>
#include <libmnl/libmnl.h>
#include <linux/netfilter.h>
#include <linux/netfilter/nfnetlink.h>
#include <linux/netfilter/nfnetlink_log.h>
#include <string.h>

struct parts {
    const uint8_t *end; // of the message
    const struct nlattr *all[NFULA_MAX + 1];
};

// libmnl lets the last one reach into what the message's length is rounded up by.
static int keep(const struct nlattr *attribute, void *context)
{
    struct parts *parts = context;
    if ((const uint8_t *)attribute + attribute->nla_len > parts->end)
        return MNL_CB_STOP;
    if (mnl_attr_type_valid(attribute, NFULA_MAX) > 0)
        parts->all[mnl_attr_get_type(attribute)] = attribute;
    return MNL_CB_OK;
}

static uint32_t read_number(const struct nlattr *attribute, uint32_t otherwise)
{
    return attribute && mnl_attr_validate(attribute, MNL_TYPE_U32) == 0
               ? ntohl(mnl_attr_get_u32(attribute))
               : otherwise;
}

static void read_chain(const struct nlattr *prefix, char ret[NET_CHAIN_SIZE])
{
    if (!prefix || mnl_attr_validate(prefix, MNL_TYPE_NUL_STRING) < 0)
        return;
    const char *text = mnl_attr_get_str(prefix);
    size_t length = strspn(text, "abcdefghijklmnopqrstuvwxyz");
    if (length < NET_CHAIN_SIZE)
        memcpy(ret, text, length);
}

// At a device's egress a packet begins with the link layer's header; anywhere else it does not,
// even if the kernel tells of one.
static size_t link_header(const struct parts *parts, uint8_t family, uint8_t hook)
{
    const struct nlattr *header = parts->all[NFULA_L2HDR];
    bool leaves = family == NFPROTO_NETDEV && hook == NF_NETDEV_EGRESS;
    return leaves && header ? mnl_attr_get_payload_len(header) : 0;
}

static void read_packet(const struct parts *parts, uint8_t family, struct net_attempt *attempt)
{
    const struct nlattr *head = parts->all[NFULA_PACKET_HDR], *data = parts->all[NFULA_PAYLOAD];
    struct nfulnl_msg_packet_hdr header;
    if (!head || !data || mnl_attr_get_payload_len(head) < sizeof header)
        return;
    memcpy(&header, mnl_attr_get_payload(head), sizeof header);
    const uint8_t *packet = mnl_attr_get_payload(data);
    size_t length = mnl_attr_get_payload_len(data),
           skipped = link_header(parts, family, header.hook);
    if (skipped > length)
        skipped = length;
    net_attempt_parse(ntohs(header.hw_protocol), packet + skipped, length - skipped, attempt);
}

static void read_message(const struct nlmsghdr *message, nflog_seen seen, void *context)
{
    const struct nfgenmsg *generic = mnl_nlmsg_get_payload(message);
    struct parts parts = {.end = (const uint8_t *)message + message->nlmsg_len};
    if (message->nlmsg_type != (NFNL_SUBSYS_ULOG << 8 | NFULNL_MSG_PACKET) ||
        mnl_nlmsg_get_payload_len(message) < sizeof *generic ||
        mnl_attr_parse(message, sizeof *generic, keep, &parts) < 0)
        return;
    const struct nlattr *out = parts.all[NFULA_IFINDEX_OUTDEV],
                        *in = parts.all[NFULA_IFINDEX_INDEV];
    // The socket that a packet from outside is for may be known here: not who sent it.
    struct net_attempt attempt = {
        .uid = in ? FACT_NO_UID : read_number(parts.all[NFULA_UID], FACT_NO_UID),
        .link = read_number(out ? out : in, 0),
    };
    read_chain(parts.all[NFULA_PREFIX], attempt.chain);
    read_packet(&parts, generic->nfgen_family, &attempt);
    seen(context, &attempt);
}

// mnl_nlmsg_ok() of libmnl 1.0.4 takes a length of more than INT_MAX for a right one.
void nflog_read(const void *data, size_t size, nflog_seen seen, void *context)
{
    for (const uint8_t *at = data; size >= sizeof(struct nlmsghdr);) {
        const struct nlmsghdr *message = (const struct nlmsghdr *)at;
        if (message->nlmsg_len < sizeof *message || message->nlmsg_len > size)
            return;
        read_message(message, seen, context);
        size_t step = MNL_ALIGN((size_t)message->nlmsg_len);
        if (step > size)
            return;
        at += step;
        size -= step;
    }
}
