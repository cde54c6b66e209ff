// SPDX-License-Identifier: GPL-3.0-or-later
// Links, peers and moments from the command line.
#include "cli/terms.h"

#include "base/json.h"
#include "base/moment.h"
#include "base/text.h"
#include "bus/bus.h"
#include "policy/airgap.h"

#include <errno.h>
#include <string.h>

json_object *terms_new(void)
{
    json_object *terms = json_object_new_object();
    json_add(terms, "links", json_object_new_array());
    json_add(terms, "peers", json_object_new_array());
    return terms;
}

static void append(json_object *terms, const char *list, json_object *entry)
{
    json_object_array_add(json_get(terms, list), entry);
}

// ---- Links -------------------------------------------------------------------------------------

static json_object *find_link(json_object *network, const char *name)
{
    json_object *links = json_get(network, "links");
    for (size_t i = 0; links && i < json_object_array_length(links); i++) {
        json_object *link = json_object_array_get_idx(links, i);
        if (text_equal(json_get_text(link, "link"), name))
            return link;
    }
    return NULL;
}

// By its address, or where it is plugged in if it has none that stays.
static enum cli_exit add_present(const struct command *command, const char *name,
                                 json_object *network, json_object *terms)
{
    json_object *link = find_link(network, name);
    const char *mac = json_get_text(link, "mac"), *path = json_get_text(link, "path");
    if (!link)
        return cli_usage(command,
                         _("%s: there is no such link; give its name from “sekisho net list”, its "
                           "address, or driver=… or path=…"),
                         name);
    if (json_get_bool(link, "loopback"))
        return cli_usage(command, _("%s: loopback needs no permission"), name);
    if (!mac && !path)
        return cli_usage(command, _("%s: it has no address that could be named"), name);
    json_object *entry = json_object_new_object();
    json_add_text(entry, "name", name);
    json_add_text(entry, "mac", mac);
    json_add_text(entry, "path", mac ? NULL : path);
    append(terms, "links", entry);
    return CLI_OK;
}

enum cli_exit terms_add_link(const struct command *command, const char *text, json_object *terms)
{
    uint8_t mac[NET_MAC_SIZE];
    char written[NET_MAC_TEXT_SIZE];
    json_object *entry = json_object_new_object();
    if (!airgap_is_text(text, AIRGAP_NAME_MAX)) {
        json_object_put(entry);
        return cli_usage(command, _("the name of a link is too long, or not printable"));
    }
    if (airgap_parse_mac(text, mac) == 0) {
        net_mac_format(mac, written);
        json_add_text(entry, "mac", written);
    } else if (strncmp(text, "driver=", 7) == 0 && text[7]) {
        json_add_text(entry, "driver", text + 7);
    } else if (strncmp(text, "path=", 5) == 0 && text[5]) {
        json_add_text(entry, "path", text + 5);
    } else {
        CLEANUP_JSON json_object *network = NULL;
        CLEANUP_FREE char *why = NULL;
        json_object_put(entry);
        int r = bus_call_list_network(&network, &why);
        return r < 0 ? cli_bus_failed(command, r, why) : add_present(command, text, network, terms);
    }
    append(terms, "links", entry);
    return CLI_OK;
}

// ---- Peers -------------------------------------------------------------------------------------

static enum cli_exit take_address(const struct command *command, const char *word,
                                  struct airgap_peer *peer)
{
    int r = airgap_parse_address(word, peer);
    const char *why = r == 0 ? airgap_objection(peer) : NULL;
    if (r == -EDOM)
        return cli_usage(command, _("%s: has bits set behind its prefix"), word);
    if (r == -ERANGE)
        return cli_usage(command, _("%s: has a prefix that is out of range"), word);
    if (r < 0)
        return cli_usage(
            command, _("%s: no address; write 192.168.10.20, 192.168.10.0/28 or fd00::20"), word);
    return why ? cli_usage(command, "%s %s", word, _(why)) : CLI_OK;
}

// "tcp:9100,515", "icmp"
static enum cli_exit take_protocol(const struct command *command, char *word,
                                   struct airgap_peer *peer)
{
    char *ports = strchr(word, ':');
    if (ports)
        *ports++ = '\0';
    if (airgap_protocol_from_str(word, &peer->protocol) < 0)
        return cli_usage(command, _("%s: no protocol; write tcp:PORTS, udp:PORTS or icmp"), word);
    if (ports && peer->protocol == AIRGAP_ICMP)
        return cli_usage(command, _("icmp has no ports"));
    if (ports && airgap_parse_ports(ports, peer) < 0)
        return cli_usage(command, _("%s: no list of ports; write 9100, 139,445 or 8000-8010"),
                         ports);
    return CLI_OK;
}

static enum cli_exit add_peer(const struct command *command, struct airgap_peer *peer,
                              json_object *terms)
{
    json_object *entry = NULL;
    int r = airgap_peer_to_object(peer, &entry);
    if (r < 0) {
        cli_error(command, "%s", strerror(-r));
        return CLI_FAILED;
    }
    append(terms, "peers", entry);
    return CLI_OK;
}

enum cli_exit terms_add_peer(const struct command *command, const char *text, const char *name,
                             json_object *terms)
{
    struct airgap_peer peer = {.direction = AIRGAP_OUT};
    CLEANUP_FREE char *copy = text_dup(text), *address = NULL;
    char *rest = copy, *words[4] = {0};
    size_t n = 0;
    for (char *word; n < ELEMENTS(words) && (word = strsep(&rest, " "));)
        if (word[0])
            words[n++] = word;
    if (n < 2 || n > 3)
        return cli_usage(command, _("%s: write a peer as “ADDRESS PROTOCOL[:PORTS] [DIRECTION]”"),
                         text);
    enum cli_exit status = take_address(command, words[0], &peer);
    if (status == CLI_OK)
        status = take_protocol(command, words[1], &peer);
    if (status == CLI_OK && n == 3 && airgap_direction_from_str(words[2], &peer.direction) < 0)
        status = cli_usage(command, _("%s: no direction; write out, in or both"), words[2]);
    if (status == CLI_OK && name && !airgap_is_text(name, AIRGAP_NAME_MAX))
        status = cli_usage(command, _("the name of the peer is too long, or not printable"));
    if (status != CLI_OK)
        return status;
    address = text_dup(words[0]);
    peer.name = name ? (char *)name : address; // borrowed
    return add_peer(command, &peer, terms);
}

// ---- The rest ----------------------------------------------------------------------------------

enum cli_exit terms_add_time(const struct command *command, const char *key, const char *text,
                             json_object *terms)
{
    uint64_t wall_ns;
    bool until = text_equal(key, "until");
    if ((until ? moment_parse_until(text, &wall_ns) : moment_parse(text, &wall_ns)) < 0)
        return cli_usage(command, _("--%s %s: no date; write YYYY-MM-DD, or “YYYY-MM-DD HH:MM”"),
                         key, text);
    if (until && wall_ns <= moment_now().wall_ns)
        return cli_usage(command, _("--until %s: lies in the past"), text);
    json_add_number(terms, until ? "until_ns" : "from_ns", wall_ns);
    return CLI_OK;
}

enum cli_exit terms_add_text(const struct command *command, const char *key, const char *text,
                             json_object *terms)
{
    if (!text_is_utf8(text, strlen(text)))
        return cli_usage(command, _("--%s: not UTF-8"), key);
    json_add_text(terms, key, text);
    return CLI_OK;
}
