// SPDX-License-Identifier: GPL-3.0-or-later
// What the real kernel logs in a network namespace of its own, and messages that are made here.
#include "fact/fact.h"
#include "watch/network/nflog.h"

#include <arpa/inet.h>
#include <criterion/criterion.h>
#include <libmnl/libmnl.h>
#include <linux/netfilter.h>
#include <linux/netfilter/nfnetlink.h>
#include <linux/netfilter/nfnetlink_log.h>
#include <net/if.h>
#include <sched.h>
#include <string.h>
#include <sys/socket.h>

#define GROUP 4244
#define SEEN_MAX 64

static struct net_attempt seen[SEEN_MAX];
static size_t n_seen;

static void keep(void *context, const struct net_attempt *attempt)
{
    (void)context;
    cr_assert_lt(n_seen, SEEN_MAX);
    seen[n_seen++] = *attempt;
}

static const struct net_attempt *first_of(const char *chain, uint16_t ethertype, uint16_t port)
{
    for (size_t i = 0; i < n_seen; i++)
        if (strcmp(seen[i].chain, chain) == 0 && seen[i].ethertype == ethertype &&
            seen[i].port == port)
            return &seen[i];
    return NULL;
}

static void run(const char *command)
{
    cr_assert_eq(system(command), 0, "%s", command);
}

// ---- The kernel --------------------------------------------------------------------------------

static void prepare_links(void)
{
    cr_assert_eq(unshare(CLONE_NEWNET), 0, "needs root");
    run("ip link add v0 type veth peer name v1 && ip link set v0 up && ip link set v1 up");
    run("ip address add 192.0.2.1/24 dev v0 && ip address add 2001:db8::1/64 dev v0 nodad");
    run("ip neighbour add 192.0.2.7 lladdr 42:00:00:00:00:07 dev v0");
    run("ip neighbour add 2001:db8::7 lladdr 62:00:00:00:00:07 dev v0");
}

static void send_to(int family, const char *address, uint16_t port)
{
    struct sockaddr_in v4 = {.sin_family = AF_INET, .sin_port = htons(port)};
    struct sockaddr_in6 v6 = {.sin6_family = AF_INET6, .sin6_port = htons(port)};
    cr_assert_eq(inet_pton(family, address,
                           family == AF_INET ? (void *)&v4.sin_addr : (void *)&v6.sin6_addr),
                 1);
    const struct sockaddr *to = family == AF_INET ? (void *)&v4 : (void *)&v6;
    CLEANUP_CLOSE int fd = socket(family, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    cr_assert_eq(sendto(fd, "x", 1, 0, to, family == AF_INET ? sizeof v4 : sizeof v6), 1);
}

static void expect_sent(const char *chain, uint16_t ethertype, const char *from, const char *to)
{
    char text[NET_ADDRESS_TEXT_SIZE];
    const struct net_attempt *attempt = first_of(chain, ethertype, 53);
    cr_assert(attempt, "%s %04x", chain, ethertype);
    cr_expect_eq(attempt->protocol, IPPROTO_UDP);
    cr_expect_eq(attempt->uid, 0, "root's: %u", attempt->uid);
    cr_expect_eq(attempt->link, if_nametoindex("v0"));
    net_attempt_format(attempt, false, text);
    cr_expect_str_eq(text, from);
    net_attempt_format(attempt, true, text);
    cr_expect_str_eq(text, to);
}

// At a link's egress the kernel logs the link layer's header in front of the packet.
Test(nflog, a_packet_is_told_alike_wherever_it_is_stopped)
{
    sd_event *loop = NULL;
    struct nflog *nflog = NULL;
    prepare_links();
    run("nft 'table inet t { chain output { type filter hook output priority 0; "
        "log prefix \"output \" group 4244; }; }; "
        "table netdev t { chain egress { type filter hook egress device v0 priority 0; "
        "log prefix \"egress \" group 4244; drop; }; }'");
    cr_assert_eq(sd_event_new(&loop), 0);
    cr_assert_eq(nflog_listen(loop, GROUP, keep, NULL, &nflog), 0);
    send_to(AF_INET, "192.0.2.7", 53);
    send_to(AF_INET6, "2001:db8::7", 53);
    while (sd_event_run(loop, 1500 * 1000) > 0) // the kernel keeps what it logs for a second
        ;
    expect_sent("output", 0x0800, "192.0.2.1", "192.0.2.7");
    expect_sent("egress", 0x0800, "192.0.2.1", "192.0.2.7");
    expect_sent("output", 0x86dd, "2001:db8::1", "2001:db8::7");
    expect_sent("egress", 0x86dd, "2001:db8::1", "2001:db8::7");
    nflog_free(nflog);
    sd_event_unref(loop);
}

// ---- Messages ----------------------------------------------------------------------------------

static const uint8_t udp4[] = {0x45, 0, 0,   28, 0,   0,  0,    0,    64, 17, 0, 0, 192, 0,
                               2,    1, 198, 51, 100, 53, 0x9c, 0x40, 0,  53, 0, 8, 0,   0};

// Of a packet that is stopped at `hook`; its link and its socket's owner are known.
static struct nlmsghdr *write_message(char *buffer, uint8_t family, uint8_t hook, uint16_t link)
{
    const struct nfulnl_msg_packet_hdr head = {.hw_protocol = htons(0x0800), .hook = hook};
    struct nlmsghdr *message = mnl_nlmsg_put_header(buffer);
    message->nlmsg_type = NFNL_SUBSYS_ULOG << 8 | NFULNL_MSG_PACKET;
    struct nfgenmsg *generic = mnl_nlmsg_put_extra_header(message, sizeof *generic);
    generic->nfgen_family = family;
    mnl_attr_put(message, NFULA_PACKET_HDR, sizeof head, &head);
    mnl_attr_put_u32(message, link, htonl(7));
    mnl_attr_put_u32(message, NFULA_UID, htonl(1000));
    return message;
}

Test(nflog, only_who_sends_is_told_and_not_who_would_have_got_it)
{
    _Alignas(struct nlmsghdr) char buffer[512];
    struct nlmsghdr *message =
        write_message(buffer, NFPROTO_IPV4, NF_INET_LOCAL_OUT, NFULA_IFINDEX_OUTDEV);
    nflog_read(message, message->nlmsg_len, keep, NULL);
    message = write_message(buffer, NFPROTO_IPV4, NF_INET_LOCAL_IN, NFULA_IFINDEX_INDEV);
    nflog_read(message, message->nlmsg_len, keep, NULL);
    cr_assert_eq(n_seen, 2);
    cr_expect_eq(seen[0].uid, 1000);
    cr_expect_eq(seen[1].uid, FACT_NO_UID);
    cr_expect(seen[0].link == 7 && seen[1].link == 7);
}

// A bridge's packets come with that header too, but begin behind it.
Test(nflog, the_header_of_the_link_layer_is_passed_over_only_where_it_is)
{
    _Alignas(struct nlmsghdr) char buffer[512];
    struct nlmsghdr *message =
        write_message(buffer, NFPROTO_BRIDGE, NF_INET_FORWARD, NFULA_IFINDEX_OUTDEV);
    mnl_attr_put(message, NFULA_L2HDR, 14, udp4);
    mnl_attr_put(message, NFULA_PAYLOAD, sizeof udp4, udp4);
    nflog_read(message, message->nlmsg_len, keep, NULL);
    message = write_message(buffer, NFPROTO_NETDEV, NF_NETDEV_EGRESS, NFULA_IFINDEX_OUTDEV);
    mnl_attr_put(message, NFULA_L2HDR, 200, (const char[200]){0});
    mnl_attr_put(message, NFULA_PAYLOAD, sizeof udp4, udp4);
    nflog_read(message, message->nlmsg_len, keep, NULL);
    cr_assert_eq(n_seen, 2);
    cr_expect_eq(seen[0].port, 53);
    cr_expect_eq(seen[1].port, 0, "there is nothing behind it");
}

Test(nflog, a_length_that_does_not_fit_ends_the_reading)
{
    static const uint32_t wrong[] = {0, 15, 0x7fffffff, 0x80000000, 0xffffff30, 0xffffffff};
    _Alignas(struct nlmsghdr) char buffer[512];
    struct nlmsghdr *message =
        write_message(buffer, NFPROTO_IPV4, NF_INET_LOCAL_OUT, NFULA_IFINDEX_OUTDEV);
    uint32_t size = message->nlmsg_len;
    for (size_t i = 0; i < ELEMENTS(wrong); i++) {
        message->nlmsg_len = wrong[i];
        nflog_read(message, size, keep, NULL);
        cr_expect_eq(n_seen, 0, "%x", wrong[i]);
    }
    message->nlmsg_len = size;
    nflog_read(message, size - 1, keep, NULL);
    cr_expect_eq(n_seen, 0, "it is cut off");
    nflog_read(message, size, keep, NULL);
    cr_expect_eq(n_seen, 1);
}

// What stands behind the message is another one's, or nobody's.
Test(nflog, a_part_that_reaches_beyond_its_message_is_not_told)
{
    _Alignas(struct nlmsghdr) char buffer[512];
    struct nlmsghdr *message =
        write_message(buffer, NFPROTO_IPV4, NF_INET_LOCAL_OUT, NFULA_IFINDEX_OUTDEV);
    mnl_attr_put(message, NFULA_PAYLOAD, sizeof udp4, udp4);
    message->nlmsg_len -= 3;
    nflog_read(message, message->nlmsg_len, keep, NULL);
    cr_assert_eq(n_seen, 1);
    cr_expect(seen[0].uid == 1000 && seen[0].ethertype == 0);
    message->nlmsg_len += 3;
    nflog_read(message, message->nlmsg_len, keep, NULL);
    cr_assert_eq(n_seen, 2);
    cr_expect_eq(seen[1].port, 53);
}
