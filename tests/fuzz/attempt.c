// SPDX-License-Identifier: GPL-3.0-or-later
// Fuzzes what the firewall logs: as messages of nfnetlink_log, and as an ethertype with a packet
// behind it, which is also put into such messages.
#include "base/text.h"
#include "fact/fact.h"
#include "watch/network/nflog.h"

#include <arpa/inet.h>
#include <libmnl/libmnl.h>
#include <linux/netfilter.h>
#include <linux/netfilter/nfnetlink.h>
#include <linux/netfilter/nfnetlink_log.h>
#include <net/ethernet.h>
#include <netinet/in.h>
#include <sanitizer/asan_interface.h>
#include <string.h>
#include <sys/mman.h>

#define ROOM 16384 // for one input
#define WALL 4096
#define CUT_MAX 160 // bytes of headers that are looked at cut off at each byte

#define UID 1000
#define LINK 3

// ---- Memory ------------------------------------------------------------------------------------

// A copy that ends at a wall: libmnl is not instrumented, so that only a fault tells if it is led
// past the end. Up to three bytes in between, for alignment, are ours alone to notice.
static const uint8_t *place(const void *data, size_t size)
{
    static uint8_t *room;
    if (!room) {
        room = mmap(NULL, ROOM + WALL, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
        if (room == MAP_FAILED || mprotect(room + ROOM, WALL, PROT_NONE) < 0)
            abort();
    }
    if (size > ROOM)
        abort();
    uint8_t *copy = room + ROOM - MNL_ALIGN(size);
    ASAN_UNPOISON_MEMORY_REGION(room, ROOM);
    if (size > 0)
        memcpy(copy, data, size);
    ASAN_POISON_MEMORY_REGION(copy + size, MNL_ALIGN(size) - size);
    return copy;
}

// ---- What must hold ----------------------------------------------------------------------------

static bool is_zero(const void *data, size_t size)
{
    const uint8_t *bytes = data;
    for (size_t i = 0; i < size; i++)
        if (bytes[i] != 0)
            return false;
    return true;
}

// "" if there is none, else the usual spelling of just these bytes.
static void check_address(const struct net_attempt *attempt, bool destination)
{
    const uint8_t *address = destination ? attempt->destination : attempt->source;
    uint8_t again[16] = {0};
    char text[NET_ADDRESS_TEXT_SIZE];
    net_attempt_format(attempt, destination, text);
    if (strspn(text, "0123456789abcdef:.") != strlen(text))
        abort();
    if (attempt->ethertype != ETHERTYPE_IP && attempt->ethertype != ETHERTYPE_IPV6) {
        if (text[0] != '\0' || !is_zero(address, 16))
            abort();
        return;
    }
    int family = attempt->ethertype == ETHERTYPE_IP ? AF_INET : AF_INET6;
    if (inet_pton(family, text, again) != 1 || memcmp(again, address, sizeof again) != 0)
        abort();
}

static void check(const struct net_attempt *attempt)
{
    bool is_ip = attempt->ethertype == ETHERTYPE_IP || attempt->ethertype == ETHERTYPE_IPV6;
    uint8_t protocol = attempt->protocol;
    size_t length = strnlen(attempt->chain, NET_CHAIN_SIZE);
    if (length == NET_CHAIN_SIZE || strspn(attempt->chain, "abcdefghijklmnopqrstuvwxyz") != length)
        abort();
    if (attempt->port != 0 && protocol != IPPROTO_TCP && protocol != IPPROTO_UDP &&
        protocol != IPPROTO_SCTP && protocol != IPPROTO_UDPLITE)
        abort();
    if (!is_ip && protocol != 0)
        abort();
    check_address(attempt, false);
    check_address(attempt, true);
}

// Field by field: a structure also has bytes between them.
static bool is_same(const struct net_attempt *a, const struct net_attempt *b)
{
    return a->ethertype == b->ethertype && a->protocol == b->protocol && a->port == b->port &&
           memcmp(a->source, b->source, sizeof a->source) == 0 &&
           memcmp(a->destination, b->destination, sizeof a->destination) == 0;
}

// Whatever is told of a packet that is cut off is told of the whole one.
static void check_cut(const struct net_attempt *cut, const struct net_attempt *whole)
{
    if ((cut->protocol != 0 && cut->protocol != whole->protocol) ||
        (cut->port != 0 && cut->port != whole->port))
        abort();
    if ((!is_zero(cut->source, 16) && memcmp(cut->source, whole->source, 16) != 0) ||
        (!is_zero(cut->destination, 16) && memcmp(cut->destination, whole->destination, 16) != 0))
        abort();
}

// ---- Messages ----------------------------------------------------------------------------------

struct told {
    size_t n;
    struct net_attempt last;
};

static void on_told(void *context, const struct net_attempt *attempt)
{
    struct told *told = context;
    check(attempt);
    told->n++;
    told->last = *attempt;
}

static void read_messages(const uint8_t *data, size_t size, struct told *told)
{
    nflog_read(place(data, size), size, on_told, told);
}

static struct nlmsghdr *begin(char *buffer, uint8_t family, uint16_t ethertype, uint8_t hook)
{
    const struct nfulnl_msg_packet_hdr head = {.hw_protocol = htons(ethertype), .hook = hook};
    struct nlmsghdr *message = mnl_nlmsg_put_header(buffer);
    message->nlmsg_type = NFNL_SUBSYS_ULOG << 8 | NFULNL_MSG_PACKET;
    struct nfgenmsg *generic = mnl_nlmsg_put_extra_header(message, sizeof *generic);
    generic->nfgen_family = family;
    mnl_attr_put(message, NFULA_PACKET_HDR, sizeof head, &head);
    mnl_attr_put_strz(message, NFULA_PREFIX, "egress ");
    mnl_attr_put_u32(message, NFULA_IFINDEX_OUTDEV, htonl(LINK));
    mnl_attr_put_u32(message, NFULA_UID, htonl(UID));
    return message;
}

// In a message the packet says what it says without one.
static void expect_told(const struct nlmsghdr *message, const struct net_attempt *expected)
{
    struct told told = {0};
    read_messages((const uint8_t *)message, message->nlmsg_len, &told);
    if (told.n != 1 || told.last.uid != UID || told.last.link != LINK ||
        !text_equal(told.last.chain, "egress") || !is_same(&told.last, expected))
        abort();
}

// ---- Packets -----------------------------------------------------------------------------------

static struct net_attempt parse(uint16_t ethertype, const uint8_t *data, size_t size)
{
    struct net_attempt attempt = {0};
    net_attempt_parse(ethertype, place(data, size), size, &attempt);
    check(&attempt);
    if (attempt.ethertype != ethertype)
        abort();
    return attempt;
}

static void read_packet(uint16_t ethertype, const uint8_t *data, size_t size)
{
    static _Alignas(struct nlmsghdr) char buffer[ROOM];
    static uint8_t frame[ETHER_HDR_LEN + ROOM];
    const struct net_attempt whole = parse(ethertype, data, size);
    for (size_t cut = 0; cut < size && cut < CUT_MAX; cut++) {
        const struct net_attempt attempt = parse(ethertype, data, cut);
        check_cut(&attempt, &whole);
    }
    struct nlmsghdr *message = begin(buffer, NFPROTO_IPV4, ethertype, NF_INET_LOCAL_OUT);
    mnl_attr_put(message, NFULA_PAYLOAD, size, data);
    expect_told(message, &whole);
    // As the same packet is logged at its link's egress.
    memset(frame, 0x45, ETHER_HDR_LEN);
    if (size > 0)
        memcpy(frame + ETHER_HDR_LEN, data, size);
    message = begin(buffer, NFPROTO_NETDEV, ethertype, NF_NETDEV_EGRESS);
    mnl_attr_put(message, NFULA_L2HDR, ETHER_HDR_LEN, frame);
    mnl_attr_put(message, NFULA_PAYLOAD, ETHER_HDR_LEN + size, frame);
    expect_told(message, &whole);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct told told = {0};
    if (size > ROOM / 2)
        return 0;
    read_messages(data, size, &told);
    if (size >= 2)
        read_packet((uint16_t)(data[0] << 8 | data[1]), data + 2, size - 2);
    return 0;
}
