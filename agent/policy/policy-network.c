// SPDX-License-Identifier: GPL-3.0-or-later
// The section "network": which links may be up, and who may be reached.
#include "base/i18n.h"
#include "base/text.h"
#include "policy/policy-section.h"

#include <arpa/inet.h>
#include <errno.h>
#include <string.h>

static void refuse_word(struct reader *reader, const config_setting_t *setting, const char *what,
                        const char *const *words, size_t n, const char *all)
{
    const char *meant = nearest_word(config_setting_get_string(setting), words, n);
    reader_refuse(reader, setting, what,
                  meant ? text_format(_("did you mean “%s”?"), meant) : strdup(all));
}

static void read_name(struct reader *reader, const config_setting_t *setting, void *field)
{
    const char *value = reader_text(reader, setting, AIRGAP_NAME_MAX);
    CLEANUP_FREE char *escaped = value ? text_escape(value, strlen(value), AIRGAP_NAME_MAX) : NULL;
    if (!value)
        return;
    bool is_plain = text_equal(escaped, value);
    if (escaped && !is_plain)
        reader_refuse(reader, setting, _("holds a backslash or a character that cannot be shown"),
                      strdup(_("write a plain name")));
    else if (!is_plain || text_set(field, value) < 0)
        reader->r = -ENOMEM;
}

// ---- Links -------------------------------------------------------------------------------------

static void read_mac(struct reader *reader, const config_setting_t *setting, void *field)
{
    struct airgap_link *link = field;
    const char *value = reader_string(reader, setting);
    if (!value)
        return;
    if (airgap_parse_mac(value, link->mac) < 0)
        reader_refuse(reader, setting, _("is no address of a network adapter"),
                      strdup(_("write it as “sekisho net list” shows it: \"52:54:00:12:34:56\"")));
    else
        link->has_mac = true;
}

static const struct key link_keys[] = {
    {"name", read_name, offsetof(struct airgap_link, name)},
    {"mac", read_mac},
    {"driver", read_name, offsetof(struct airgap_link, driver)},
    {"path", read_name, offsetof(struct airgap_link, path)},
};
static const struct key_table link_table = {"network.links", link_keys, ELEMENTS(link_keys)};

static bool is_same_link(const struct airgap_link *a, const struct airgap_link *b)
{
    return a->has_mac == b->has_mac && memcmp(a->mac, b->mac, sizeof a->mac) == 0 &&
           text_equal(a->driver, b->driver) && text_equal(a->path, b->path);
}

static bool has_link(const struct airgap *airgap, const struct airgap_link *link)
{
    for (size_t i = 0; i < airgap->n_links; i++)
        if (is_same_link(&airgap->links[i], link))
            return true;
    return false;
}

static void read_link(struct reader *reader, const config_setting_t *group)
{
    struct airgap *airgap = &reader->policy->network;
    CLEANUP(airgap_link_clear) struct airgap_link link = {0};
    size_t before = reader->mistakes->n;
    reader_read_group(reader, group, &link_table, &link);
    if (reader->r < 0 || reader->mistakes->n > before)
        return;
    if (!link.has_mac && !link.driver && !link.path) {
        reader_mistake(reader, group, strdup(_("this entry of network.links names no link")),
                       strdup(_("state mac, driver or path, as “sekisho net list” shows them")));
        return;
    }
    if (has_link(airgap, &link)) {
        reader_mistake(reader, group, strdup(_("this link stands twice in the list")),
                       strdup(_("keep one of the two")));
        return;
    }
    int r = airgap_add_link(airgap, &link);
    if (r == -ENOSPC)
        reader_mistake(reader, group, text_format(_("more than %d links"), AIRGAP_LINKS_MAX),
                       strdup(_("take out those that are not there any more")));
    else if (r < 0)
        reader->r = r;
}

// ---- Peers: the address -------------------------------------------------------------------------

static bool is_broadcast(const struct airgap_peer *peer)
{
    return peer->family == AF_INET && peer->address.v4.s_addr == INADDR_BROADCAST;
}

// The network in which the address lies: what was meant, most likely.
static char *name_network(const char *text)
{
    char address[AIRGAP_ADDRESS_SIZE], host[INET6_ADDRSTRLEN];
    struct airgap_peer peer = {0};
    uint64_t prefix = 0;
    size_t length = strcspn(text, "/");
    (void)snprintf(host, sizeof host, "%.*s", (int)length, text);
    if (airgap_parse_address(host, &peer) < 0 ||
        text_to_u64(text + length + 1, 10, peer.prefix, &prefix) < 0)
        return strdup(_("write the network's own address"));
    uint8_t *bytes = (uint8_t *)&peer.address;
    for (size_t bit = prefix; bit < peer.prefix; bit++)
        bytes[bit / 8] &= (uint8_t) ~(0x80 >> bit % 8);
    peer.prefix = (uint8_t)prefix;
    airgap_format_address(&peer, address);
    return text_format(_("write \"%s\", or one address without the prefix"), address);
}

static void read_address(struct reader *reader, const config_setting_t *setting, void *field)
{
    struct airgap_peer *peer = field, read = *peer;
    const char *value = reader_string(reader, setting);
    int r = value ? airgap_parse_address(value, &read) : 0;
    const char *why = value && r == 0 ? airgap_objection(&read) : NULL;
    if (!value)
        return;
    if (r == -EDOM)
        reader_refuse(reader, setting, _("has bits set behind its prefix"), name_network(value));
    else if (r == -ERANGE)
        reader_refuse(
            reader, setting, _("has a prefix that is out of range"),
            strdup(_("write 1 to 32 for IPv4 and 1 to 128 for IPv6; everything can't be named")));
    else if (r < 0)
        reader_refuse(
            reader, setting, _("is no address"),
            strdup(_("write it as \"192.168.10.20\", \"192.168.10.0/28\" or \"fd00::20\"; "
                     "names are not looked up")));
    else if (why)
        reader_refuse(reader, setting, _(why), strdup(_("name the equipment that the work needs")));
    else
        *peer = read;
}

// ---- Peers: the rest ----------------------------------------------------------------------------

static void read_protocol(struct reader *reader, const config_setting_t *setting, void *field)
{
    static const char *const words[] = {"tcp", "udp", "icmp"};
    struct airgap_peer *peer = field;
    const char *value = reader_string(reader, setting);
    if (value && airgap_protocol_from_str(value, &peer->protocol) < 0)
        refuse_word(reader, setting, _("is no protocol"), words, ELEMENTS(words),
                    _("write \"tcp\", \"udp\" or \"icmp\""));
}

static void read_direction(struct reader *reader, const config_setting_t *setting, void *field)
{
    static const char *const words[] = {"out", "in", "both"};
    struct airgap_peer *peer = field;
    const char *value = reader_string(reader, setting);
    if (value && airgap_direction_from_str(value, &peer->direction) < 0)
        refuse_word(reader, setting, _("is no direction"), words, ELEMENTS(words),
                    _("write \"out\" (this PC begins), \"in\" (the peer begins) or \"both\""));
}

static void read_ports(struct reader *reader, const config_setting_t *setting, void *field)
{
    struct airgap_peer *peer = field;
    const char *value = reader_string(reader, setting);
    int r = value ? airgap_parse_ports(value, peer) : 0;
    if (r == -ERANGE)
        reader_refuse(reader, setting, _("is out of range"),
                      strdup(_("ports are 1 to 65535, and a range begins with the smaller one")));
    else if (r == -ENOSPC)
        reader_refuse(
            reader, setting, _("are too many ports"),
            text_format(_("name at most %d of them or their ranges, or leave the line out for "
                          "all ports"),
                        AIRGAP_PORTS_MAX));
    else if (r < 0)
        reader_refuse(
            reader, setting, _("is no list of ports"),
            strdup(_("write it as \"9100\", \"139,445\" or \"8000-8010\", without spaces")));
}

static const struct key peer_keys[] = {
    {"name", read_name, offsetof(struct airgap_peer, name), .required = true},
    {"address", read_address, .required = true},
    {"protocol", read_protocol, .required = true},
    {"ports", read_ports},
    {"direction", read_direction},
};
static const struct key_table peer_table = {"network.peers", peer_keys, ELEMENTS(peer_keys)};

static bool is_same_peer(const struct airgap_peer *a, const struct airgap_peer *b)
{
    char a_text[AIRGAP_ADDRESS_SIZE], b_text[AIRGAP_ADDRESS_SIZE];
    airgap_format_address(a, a_text);
    airgap_format_address(b, b_text);
    return text_equal(a_text, b_text) && a->protocol == b->protocol &&
           a->direction == b->direction && a->n_ports == b->n_ports &&
           memcmp(a->ports, b->ports, a->n_ports * sizeof a->ports[0]) == 0;
}

static bool has_peer(const struct airgap *airgap, const struct airgap_peer *peer)
{
    for (size_t i = 0; i < airgap->n_peers; i++)
        if (is_same_peer(&airgap->peers[i], peer))
            return true;
    return false;
}

// What can only be said of the whole entry. Answers whether it can stay.
static bool check_peer(struct reader *reader, const config_setting_t *group,
                       const struct airgap_peer *peer)
{
    if (peer->protocol == AIRGAP_ICMP && peer->n_ports > 0)
        reader_mistake(reader, group, strdup(_("icmp has no ports")),
                       strdup(_("take the line “ports” out")));
    else if (is_broadcast(peer) && peer->protocol != AIRGAP_UDP)
        reader_mistake(reader, group, strdup(_("a broadcast can only be udp")),
                       strdup(_("name the equipment that the work needs")));
    else if (has_peer(&reader->policy->network, peer))
        reader_mistake(reader, group, strdup(_("this peer stands twice in the list")),
                       strdup(_("keep one of the two")));
    else
        return true;
    return false;
}

static void read_peer(struct reader *reader, const config_setting_t *group)
{
    struct airgap_peer peer = {.direction = AIRGAP_OUT};
    size_t before = reader->mistakes->n;
    reader_read_group(reader, group, &peer_table, &peer);
    if (reader->r == 0 && reader->mistakes->n == before && check_peer(reader, group, &peer)) {
        int r = airgap_add_peer(&reader->policy->network, &peer);
        if (r == -ENOSPC)
            reader_mistake(reader, group, text_format(_("more than %d peers"), AIRGAP_PEERS_MAX),
                           strdup(_("name a network instead of each device in it")));
        else if (r < 0)
            reader->r = r;
    }
    free(peer.name);
}

// ---- The section --------------------------------------------------------------------------------

// Lists in other files add to these.
static void read_links(struct reader *reader, const config_setting_t *setting, void *field)
{
    (void)field;
    section_read_list(reader, setting, read_link);
}

static void read_peers(struct reader *reader, const config_setting_t *setting, void *field)
{
    (void)field;
    section_read_list(reader, setting, read_peer);
}

static const struct key network_keys[] = {
    {"links", read_links}, {"peers", read_peers}, {"radios", network_read_radios}};
const struct key_table section_network = {"network", network_keys, ELEMENTS(network_keys)};
