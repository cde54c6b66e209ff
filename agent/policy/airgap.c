// SPDX-License-Identifier: GPL-3.0-or-later
// Links and peers: kept in lists, read from and written as the words of a policy.
#include "policy/airgap.h"

#include "base/i18n.h"
#include "base/text.h"

#include <arpa/inet.h>
#include <assert.h>
#include <errno.h>
#include <string.h>

// ---- Names -------------------------------------------------------------------------------------

static const char *const protocols[] = {
    [AIRGAP_TCP] = "tcp", [AIRGAP_UDP] = "udp", [AIRGAP_ICMP] = "icmp"};
static_assert(ELEMENTS(protocols) == AIRGAP_PROTOCOL_MAX, "a name for each protocol");

static const char *const directions[] = {
    [AIRGAP_OUT] = "out", [AIRGAP_IN] = "in", [AIRGAP_BOTH] = "both"};
static_assert(ELEMENTS(directions) == AIRGAP_DIRECTION_MAX, "a name for each direction");

// Its place in the list; −EINVAL.
static int find_word(const char *const *words, size_t n, const char *text)
{
    for (size_t i = 0; i < n; i++)
        if (text_equal(words[i], text))
            return (int)i;
    return -EINVAL;
}

const char *airgap_protocol_to_str(enum airgap_protocol protocol)
{
    assert(protocol < AIRGAP_PROTOCOL_MAX);
    return protocols[protocol];
}

int airgap_protocol_from_str(const char *text, enum airgap_protocol *ret)
{
    int r = find_word(protocols, ELEMENTS(protocols), text);
    if (r < 0)
        return r;
    *ret = (enum airgap_protocol)r;
    return 0;
}

const char *airgap_direction_to_str(enum airgap_direction direction)
{
    assert(direction < AIRGAP_DIRECTION_MAX);
    return directions[direction];
}

int airgap_direction_from_str(const char *text, enum airgap_direction *ret)
{
    int r = find_word(directions, ELEMENTS(directions), text);
    if (r < 0)
        return r;
    *ret = (enum airgap_direction)r;
    return 0;
}

// ---- Life --------------------------------------------------------------------------------------

void airgap_link_clear(struct airgap_link *link)
{
    free(link->name);
    free(link->driver);
    free(link->path);
    *link = (struct airgap_link){0};
}

void airgap_clear(struct airgap *airgap)
{
    for (size_t i = 0; i < airgap->n_links; i++)
        airgap_link_clear(&airgap->links[i]);
    for (size_t i = 0; i < airgap->n_peers; i++)
        free(airgap->peers[i].name);
    free(airgap->links);
    free(airgap->peers);
    *airgap = (struct airgap){0};
}

void airgap_free(struct airgap *airgap)
{
    if (!airgap)
        return;
    airgap_clear(airgap);
    free(airgap);
}

int airgap_new_fallback(enum gate_mode mode, struct airgap **ret)
{
    struct airgap *airgap = calloc(1, sizeof *airgap);
    if (!airgap)
        return -ENOMEM;
    airgap->mode = mode;
    *ret = airgap;
    return 0;
}

int airgap_add_link(struct airgap *airgap, const struct airgap_link *link)
{
    if (airgap->n_links >= AIRGAP_LINKS_MAX)
        return -ENOSPC;
    struct airgap_link *links =
        reallocarray(airgap->links, airgap->n_links + 1, sizeof *airgap->links);
    if (!links)
        return -ENOMEM;
    airgap->links = links;
    CLEANUP(airgap_link_clear) struct airgap_link copy = *link;
    copy.name = copy.driver = copy.path = NULL;
    if (text_set(&copy.name, link->name) < 0 || text_set(&copy.driver, link->driver) < 0 ||
        text_set(&copy.path, link->path) < 0)
        return -ENOMEM;
    links[airgap->n_links++] = copy;
    copy = (struct airgap_link){0};
    return 0;
}

int airgap_add_peer(struct airgap *airgap, const struct airgap_peer *peer)
{
    if (airgap->n_peers >= AIRGAP_PEERS_MAX)
        return -ENOSPC;
    struct airgap_peer *peers =
        reallocarray(airgap->peers, airgap->n_peers + 1, sizeof *airgap->peers);
    if (!peers)
        return -ENOMEM;
    airgap->peers = peers;
    char *name = text_dup(peer->name);
    if (!name)
        return -ENOMEM;
    peers[airgap->n_peers] = *peer;
    peers[airgap->n_peers++].name = name;
    return 0;
}

int airgap_copy_lasting(const struct airgap *airgap, struct airgap **ret)
{
    CLEANUP(airgap_free_p) struct airgap *copy = NULL;
    int r = airgap_new_fallback(airgap->mode, &copy);
    if (r == 0)
        copy->radios = airgap->radios;
    for (size_t i = 0; r == 0 && i < airgap->n_links; i++)
        if (airgap->links[i].permit == 0)
            r = airgap_add_link(copy, &airgap->links[i]);
    for (size_t i = 0; r == 0 && i < airgap->n_peers; i++)
        if (airgap->peers[i].permit == 0)
            r = airgap_add_peer(copy, &airgap->peers[i]);
    if (r < 0)
        return r;
    *ret = TAKE_PTR(copy);
    return 0;
}

// ---- Addresses ---------------------------------------------------------------------------------

int airgap_parse_mac(const char *text, uint8_t ret[NET_MAC_SIZE])
{
    static const uint8_t nothing[NET_MAC_SIZE];
    uint8_t mac[NET_MAC_SIZE];
    if (strlen(text) != NET_MAC_SIZE * 3 - 1)
        return -EINVAL;
    for (size_t i = 0; i < NET_MAC_SIZE; i++) {
        char digits[3] = {text[i * 3], text[i * 3 + 1], '\0'};
        if (text_unhex(digits, 1, &mac[i]) < 0 || (i > 0 && text[i * 3 - 1] != ':'))
            return -EINVAL;
    }
    if (memcmp(mac, nothing, sizeof mac) == 0 || (mac[0] & 1)) // broadcast is a multicast address
        return -EINVAL;
    memcpy(ret, mac, sizeof mac);
    return 0;
}

static size_t width_of(const struct airgap_peer *peer)
{
    return peer->family == AF_INET ? 32 : 128;
}

// Written as inet_ntop() would: "010.0.0.1" and the like mean another thing to other programs.
static int parse_host(const char *text, struct airgap_peer *peer)
{
    char again[INET6_ADDRSTRLEN];
    peer->family = strchr(text, ':') ? AF_INET6 : AF_INET;
    if (inet_pton(peer->family, text, &peer->address) != 1 ||
        !inet_ntop(peer->family, &peer->address, again, sizeof again))
        return -EINVAL;
    return peer->family == AF_INET6 || strcmp(text, again) == 0 ? 0 : -EINVAL;
}

bool airgap_has_host_bits(const struct airgap_peer *peer)
{
    const uint8_t *bytes = (const uint8_t *)&peer->address;
    for (size_t bit = peer->prefix; bit < width_of(peer); bit++)
        if (bytes[bit / 8] & (0x80 >> bit % 8))
            return true;
    return false;
}

int airgap_parse_address(const char *text, struct airgap_peer *ret)
{
    char host[INET6_ADDRSTRLEN];
    struct airgap_peer peer = *ret;
    uint64_t prefix = 0;
    size_t length = strcspn(text, "/");
    if (length >= sizeof host)
        return -EINVAL;
    memcpy(host, text, length);
    host[length] = '\0';
    memset(&peer.address, 0, sizeof peer.address);
    int r = parse_host(host, &peer);
    if (r < 0)
        return r;
    if (text[length] == '\0')
        prefix = width_of(&peer);
    else if (text_to_u64(text + length + 1, 10, UINT32_MAX, &prefix) < 0)
        return -EINVAL;
    if (prefix == 0 || prefix > width_of(&peer))
        return -ERANGE;
    peer.prefix = (uint8_t)prefix;
    if (airgap_has_host_bits(&peer))
        return -EDOM;
    *ret = peer;
    return 0;
}

void airgap_format_address(const struct airgap_peer *peer, char ret[AIRGAP_ADDRESS_SIZE])
{
    char host[INET6_ADDRSTRLEN] = "";
    (void)inet_ntop(peer->family, &peer->address, host, sizeof host);
    if (peer->prefix == width_of(peer))
        (void)snprintf(ret, AIRGAP_ADDRESS_SIZE, "%s", host);
    else
        (void)snprintf(ret, AIRGAP_ADDRESS_SIZE, "%s/%u", host, peer->prefix);
}

static bool is_v4_in(const struct airgap_peer *peer, const char *network, unsigned prefix)
{
    struct in_addr base;
    if (peer->family != AF_INET || inet_pton(AF_INET, network, &base) != 1)
        return false;
    uint32_t mask = htonl(UINT32_MAX << (32 - prefix));
    return (peer->address.v4.s_addr & mask) == base.s_addr;
}

const char *airgap_objection(const struct airgap_peer *peer)
{
    const struct in6_addr *v6 = &peer->address.v6;
    bool is_v6 = peer->family == AF_INET6;
    if (is_v4_in(peer, "127.0.0.0", 8) || (is_v6 && IN6_IS_ADDR_LOOPBACK(v6)))
        return N_("is this computer itself, which needs no permission");
    if (is_v4_in(peer, "224.0.0.0", 4) || (is_v6 && v6->s6_addr[0] == 0xff))
        return N_("is a multicast address, and nobody in particular");
    if (is_v4_in(peer, "0.0.0.0", 8) || (is_v6 && IN6_IS_ADDR_UNSPECIFIED(v6)))
        return N_("is no address of a device");
    if (is_v6 && IN6_IS_ADDR_V4MAPPED(v6))
        return N_("is an IPv4 address in another spelling");
    return NULL;
}

// ---- Ports -------------------------------------------------------------------------------------

// "445" or "8000-8010" up to `end`.
static int parse_range(const char *text, size_t length, struct airgap_ports *ret)
{
    char word[sizeof "65535-65535"];
    uint64_t first, last;
    if (length >= sizeof word)
        return -EINVAL;
    memcpy(word, text, length);
    word[length] = '\0';
    char *hyphen = strchr(word, '-');
    if (hyphen)
        *hyphen = '\0';
    int r = text_to_u64(word, 10, UINT16_MAX, &first);
    if (r == 0)
        r = text_to_u64(hyphen ? hyphen + 1 : word, 10, UINT16_MAX, &last);
    if (r < 0)
        return r;
    if (first == 0 || last < first)
        return -ERANGE;
    *ret = (struct airgap_ports){(uint16_t)first, (uint16_t)last};
    return 0;
}

// In order; what overlaps or touches becomes one.
static int insert_range(struct airgap_peer *peer, struct airgap_ports range)
{
    size_t at = 0;
    while (at < peer->n_ports && peer->ports[at].last + 1U < range.first)
        at++;
    size_t end = at;
    for (; end < peer->n_ports && peer->ports[end].first <= range.last + 1U; end++) {
        range.first = peer->ports[end].first < range.first ? peer->ports[end].first : range.first;
        range.last = peer->ports[end].last > range.last ? peer->ports[end].last : range.last;
    }
    if (end == at && peer->n_ports >= AIRGAP_PORTS_MAX)
        return -ENOSPC;
    memmove(&peer->ports[at + 1], &peer->ports[end], (peer->n_ports - end) * sizeof peer->ports[0]);
    peer->n_ports = peer->n_ports - (end - at) + 1;
    peer->ports[at] = range;
    return 0;
}

int airgap_parse_ports(const char *text, struct airgap_peer *ret)
{
    struct airgap_peer peer = *ret;
    peer.n_ports = 0;
    for (;;) {
        struct airgap_ports range = {0};
        size_t length = strcspn(text, ",");
        int r = parse_range(text, length, &range);
        if (r == 0)
            r = insert_range(&peer, range);
        if (r < 0)
            return r;
        if (text[length] == '\0')
            break;
        text += length + 1;
    }
    *ret = peer;
    return 0;
}

char *airgap_format_ports(const struct airgap_peer *peer)
{
    size_t length = 0;
    char *text = NULL;
    FILE *stream = open_memstream(&text, &length);
    if (!stream)
        return NULL;
    for (size_t i = 0; i < peer->n_ports; i++) {
        const struct airgap_ports *range = &peer->ports[i];
        fprintf(stream, "%s%u", i > 0 ? "," : "", range->first);
        if (range->last != range->first)
            fprintf(stream, "-%u", range->last);
    }
    if (fclose(stream) == 0)
        return text;
    free(text);
    return NULL;
}
