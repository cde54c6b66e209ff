// SPDX-License-Identifier: GPL-3.0-or-later
// The air gap as a file; only one way to write each.
#include "base/json.h"
#include "base/text.h"
#include "fact/net_link.h"
#include "policy/airgap.h"
#include "policy/compiled.h"

#include <errno.h>
#include <string.h>

#define MAGIC "sekisho-airgap"

// ---- Writing -----------------------------------------------------------------------------------

static int link_to_object(const struct airgap_link *link, json_object **ret)
{
    char mac[NET_MAC_TEXT_SIZE];
    json_object *object = json_object_new_object();
    if (!object)
        return -ENOMEM;
    json_add_text(object, "name", link->name);
    if (link->has_mac) {
        net_mac_format(link->mac, mac);
        json_add_text(object, "mac", mac);
    }
    json_add_text(object, "driver", link->driver);
    json_add_text(object, "path", link->path);
    if (link->permit != 0)
        json_add_number(object, "permit", link->permit);
    *ret = object;
    return 0;
}

int airgap_peer_to_object(const struct airgap_peer *peer, json_object **ret)
{
    char address[AIRGAP_ADDRESS_SIZE];
    CLEANUP_FREE char *ports = airgap_format_ports(peer);
    json_object *object = ports ? json_object_new_object() : NULL;
    if (!object)
        return -ENOMEM;
    airgap_format_address(peer, address);
    json_add_text(object, "name", peer->name);
    json_add_text(object, "address", address);
    json_add_text(object, "protocol", airgap_protocol_to_str(peer->protocol));
    json_add_text(object, "ports", ports[0] ? ports : NULL);
    json_add_text(object, "direction", airgap_direction_to_str(peer->direction));
    if (peer->permit != 0)
        json_add_number(object, "permit", peer->permit);
    if (peer->until_ns != 0)
        json_add_number(object, "until_ns", peer->until_ns);
    *ret = object;
    return 0;
}

static int append(json_object *array, json_object *object)
{
    if (json_object_array_add(array, object) == 0)
        return 0;
    json_object_put(object);
    return -ENOMEM;
}

static int add_links(const struct airgap *airgap, json_object *array)
{
    json_object *object = NULL;
    int r = 0;
    for (size_t i = 0; r == 0 && i < airgap->n_links; i++) {
        r = link_to_object(&airgap->links[i], &object);
        if (r == 0)
            r = append(array, object);
    }
    return r;
}

static int add_peers(const struct airgap *airgap, json_object *array)
{
    json_object *object = NULL;
    int r = 0;
    for (size_t i = 0; r == 0 && i < airgap->n_peers; i++) {
        r = airgap_peer_to_object(&airgap->peers[i], &object);
        if (r == 0)
            r = append(array, object);
    }
    return r;
}

int airgap_scope_to_object(const struct airgap *scope, json_object *object)
{
    json_object *links = json_object_new_array(), *peers = json_object_new_array();
    if (!links || !peers) {
        json_object_put(links);
        json_object_put(peers);
        return -ENOMEM;
    }
    json_add(object, "links", links); // which takes them over
    json_add(object, "peers", peers);
    int r = add_links(scope, links);
    return r < 0 ? r : add_peers(scope, peers);
}

// Left out where there are none, as in files of before there were any.
static int add_radios(const struct airgap *airgap, json_object *object)
{
    int r = 0;
    if (airgap->radios == 0)
        return 0;
    json_object *array = json_object_new_array();
    json_add(object, "radios", array); // which takes it over
    for (enum radio_type t = 0; r == 0 && t < RADIO_UNKNOWN; t++)
        if (airgap->radios & 1U << t)
            r = append(array, json_object_new_string(radio_type_to_str(t)));
    return r;
}

int airgap_encode(const struct airgap *airgap, char **ret_text, size_t *ret_length)
{
    CLEANUP_JSON json_object *object = json_object_new_object();
    if (!object)
        return -ENOMEM;
    json_add_text(object, "mode", gate_mode_to_str(airgap->mode));
    int r = airgap_scope_to_object(airgap, object);
    if (r == 0)
        r = add_radios(airgap, object);
    return r < 0 ? r : compiled_write(MAGIC, object, AIRGAP_FILE_MAX, ret_text, ret_length);
}

// ---- Reading -----------------------------------------------------------------------------------

bool airgap_is_text(const char *text, size_t max)
{
    if (text[0] == '\0' || strlen(text) > max)
        return false;
    CLEANUP_FREE char *escaped = text_escape(text, strlen(text), max);
    return text_equal(escaped, text);
}

static bool may_be_text(const char *text, size_t max)
{
    return !text || airgap_is_text(text, max);
}

// The texts are borrowed from the object.
static int link_from_object(json_object *object, struct airgap *airgap)
{
    const char *mac = json_get_text(object, "mac");
    struct airgap_link link = {
        .name = (char *)json_get_text(object, "name"),
        .driver = (char *)json_get_text(object, "driver"),
        .path = (char *)json_get_text(object, "path"),
        .has_mac = mac != NULL,
        .permit = json_get_number(object, "permit"),
    };
    if (mac && airgap_parse_mac(mac, link.mac) < 0)
        return -EBADMSG;
    if (!may_be_text(link.name, AIRGAP_NAME_MAX) || !may_be_text(link.driver, AIRGAP_NAME_MAX) ||
        !may_be_text(link.path, AIRGAP_NAME_MAX) || (!mac && !link.driver && !link.path))
        return -EBADMSG;
    return airgap_add_link(airgap, &link);
}

static int peer_from_object(json_object *object, struct airgap *airgap)
{
    const char *address = json_get_text(object, "address"),
               *protocol = json_get_text(object, "protocol"),
               *ports = json_get_text(object, "ports"),
               *direction = json_get_text(object, "direction");
    struct airgap_peer peer = {.name = (char *)json_get_text(object, "name"),
                               .permit = json_get_number(object, "permit"),
                               .until_ns = json_get_number(object, "until_ns")};
    if (!peer.name || !airgap_is_text(peer.name, AIRGAP_NAME_MAX) || !address || !protocol ||
        !direction)
        return -EBADMSG;
    if (airgap_parse_address(address, &peer) < 0 ||
        airgap_protocol_from_str(protocol, &peer.protocol) < 0 ||
        airgap_direction_from_str(direction, &peer.direction) < 0)
        return -EBADMSG;
    if (ports && (peer.protocol == AIRGAP_ICMP || airgap_parse_ports(ports, &peer) < 0))
        return -EBADMSG;
    return airgap_add_peer(airgap, &peer);
}

static int radio_from_object(json_object *object, struct airgap *airgap)
{
    enum radio_type type;
    const char *word =
        json_object_is_type(object, json_type_string) ? json_object_get_string(object) : NULL;
    if (!word || radio_type_from_str(word, &type) < 0 || type == RADIO_UNKNOWN)
        return -EBADMSG;
    airgap->radios |= 1U << type;
    return 0;
}

static int read_list(json_object *array, struct airgap *airgap,
                     int (*read)(json_object *object, struct airgap *airgap))
{
    if (!json_object_is_type(array, json_type_array))
        return -EBADMSG;
    for (size_t i = 0; i < json_object_array_length(array); i++) {
        int r = read(json_object_array_get_idx(array, i), airgap);
        if (r < 0)
            return r == -ENOSPC ? -EBADMSG : r;
    }
    return 0;
}

int airgap_scope_from_object(json_object *object, struct airgap *scope)
{
    int r = read_list(json_get(object, "links"), scope, link_from_object);
    return r < 0 ? r : read_list(json_get(object, "peers"), scope, peer_from_object);
}

// What is there twice, beside it, or written in another way shows when it is encoded again.
static int check_same(const struct airgap *airgap, const char *text, size_t length)
{
    CLEANUP_FREE char *again = NULL;
    size_t again_length = 0;
    int r = airgap_encode(airgap, &again, &again_length);
    if (r == -ENOMEM)
        return r;
    return r == 0 && again_length == length && memcmp(again, text, length) == 0 ? 0 : -EBADMSG;
}

int airgap_decode(const char *text, size_t length, struct airgap **ret)
{
    CLEANUP(airgap_free_p) struct airgap *airgap = NULL;
    CLEANUP_JSON json_object *object = NULL;
    int r = compiled_read(MAGIC, text, length, AIRGAP_FILE_MAX, &object);
    if (r < 0)
        return r;
    r = airgap_new_fallback(MODE_ENFORCE, &airgap);
    if (r < 0)
        return r;
    const char *mode = json_get_text(object, "mode");
    if (!mode || gate_mode_from_str(mode, &airgap->mode) < 0)
        return -EBADMSG;
    r = airgap_scope_from_object(object, airgap);
    if (r == 0 && json_get(object, "radios"))
        r = read_list(json_get(object, "radios"), airgap, radio_from_object);
    if (r == 0)
        r = check_same(airgap, text, length);
    if (r < 0)
        return r;
    *ret = TAKE_PTR(airgap);
    return 0;
}
