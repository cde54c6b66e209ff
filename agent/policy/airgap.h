// SPDX-License-Identifier: GPL-3.0-or-later
// The air gap: the policy's section "network", which is also what the firewall is made of, and its
// file form. The daemon writes the file (/var/lib/sekisho/airgap); the program `airgap` reads it at
// power-on, before any network manager and without the daemon. Clause 5 (1).
//
// File: one line "sekisho-airgap 1 SHA256\n" with the SHA-256 (hexadecimal) of all that follows,
// then one JSON object, and only one way to write each.
#pragma once

#include "fact/net_link.h"
#include "fact/radio.h"
#include "policy/gate.h"

#include <netinet/in.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define AIRGAP_FILE_MAX (1u << 20)
#define AIRGAP_LINKS_MAX 64
#define AIRGAP_PEERS_MAX 256
#define AIRGAP_PORTS_MAX 16 // ranges of one peer
#define AIRGAP_NAME_MAX 128 // bytes

// A network link that may exist. What is not stated is not asked about; one of the three is.
struct airgap_link {
    char *name; // for people: "office LAN"; NULL: none
    bool has_mac;
    uint8_t mac[NET_MAC_SIZE];
    char *driver; // the kernel's: "e1000e"; NULL: any
    char *path;   // where it is plugged in, as udev's ID_PATH: "pci-0000:00:1f.6"; NULL: anywhere
    uint64_t permit; // number of the permit that it is of; 0: it stands in the policy
};

enum airgap_protocol { AIRGAP_TCP, AIRGAP_UDP, AIRGAP_ICMP, AIRGAP_PROTOCOL_MAX };
const char *airgap_protocol_to_str(enum airgap_protocol protocol); // "tcp", "udp", "icmp"
must_check int airgap_protocol_from_str(const char *text, enum airgap_protocol *ret);

// Who begins: this machine (AIRGAP_OUT), the peer (AIRGAP_IN), either.
enum airgap_direction { AIRGAP_OUT, AIRGAP_IN, AIRGAP_BOTH, AIRGAP_DIRECTION_MAX };
const char *airgap_direction_to_str(enum airgap_direction direction); // "out", "in", "both"
must_check int airgap_direction_from_str(const char *text, enum airgap_direction *ret);

struct airgap_ports {
    uint16_t first, last; // first ≤ last, neither 0
};

// Equipment that may be reached. AIRGAP_ICMP is the echo of ICMP or ICMPv6, and has no ports.
struct airgap_peer {
    char *name; // "printer 2F"
    int family; // AF_INET, AF_INET6
    union {
        struct in_addr v4;
        struct in6_addr v6;
    } address;      // no bit set behind the prefix
    uint8_t prefix; // 32, 128: one address; never 0
    enum airgap_protocol protocol;
    enum airgap_direction direction;
    struct airgap_ports ports[AIRGAP_PORTS_MAX]; // the server's side; ascending, apart
    size_t n_ports;                              // 0: all ports
    uint64_t permit;                             // as of a link
    uint64_t until_ns;                           // wall time at which its permit ends; 0: open end
};

struct airgap {
    enum gate_mode mode;
    struct airgap_link *links;
    size_t n_links;
    struct airgap_peer *peers;
    size_t n_peers;
    uint32_t radios; // the types that may be on: bit 1 << enum radio_type
};

void airgap_link_clear(struct airgap_link *link);
void airgap_clear(struct airgap *airgap);
void airgap_free(struct airgap *airgap);
DEFINE_CLEANUP(struct airgap, airgap_free)
// Append a copy. −ENOSPC over the limits above.
must_check int airgap_add_link(struct airgap *airgap, const struct airgap_link *link);
must_check int airgap_add_peer(struct airgap *airgap, const struct airgap_peer *peer);
// What stands in the policy only: nothing that is of a permit.
must_check int airgap_copy_lasting(const struct airgap *airgap, struct airgap **ret);

// Nothing but loopback: what holds with no readable file.
must_check int airgap_new_fallback(enum gate_mode mode, struct airgap **ret);

// "52:54:00:12:34:56"; −EINVAL, also for all zeros, broadcast and multicast addresses.
must_check int airgap_parse_mac(const char *text, uint8_t ret[NET_MAC_SIZE]);
// "192.168.10.20", "192.168.10.0/24", "fd00::/64" into family, address and prefix. −EINVAL: it is
// none, in any but the usual spelling too ("010.0.0.1", "10.1"); −ERANGE: the prefix is out of
// range or 0; −EDOM: bits are set behind the prefix.
must_check int airgap_parse_address(const char *text, struct airgap_peer *ret);
#define AIRGAP_ADDRESS_SIZE 50
void airgap_format_address(const struct airgap_peer *peer, char ret[AIRGAP_ADDRESS_SIZE]);
// Why such an address can't be a peer, a sentence behind its name, N_(); NULL if it can.
const char *airgap_objection(const struct airgap_peer *peer);
bool airgap_has_host_bits(const struct airgap_peer *peer);
// "445,139", "8000-8010" into ports, in order, what overlaps or touches as one range. −EINVAL: it
// is no such list; −ERANGE: port 0, one over 65535, or a range that ends before it begins; −ENOSPC.
must_check int airgap_parse_ports(const char *text, struct airgap_peer *ret);
// The way back; "" for all ports. NULL on lack of memory; the caller frees it.
char *airgap_format_ports(const struct airgap_peer *peer);

struct json_object;
// As it stands in the file, and on the bus. The caller puts it.
must_check int airgap_peer_to_object(const struct airgap_peer *peer, struct json_object **ret);

// Adds the lists "links" and "peers", as they stand in the file.
must_check int airgap_scope_to_object(const struct airgap *scope, struct json_object *object);
// The way back, to the end of what `scope` has; it forgives what is beside them. −EBADMSG.
must_check int airgap_scope_from_object(struct json_object *object, struct airgap *scope);
// 1 to `max` printable bytes, as text_escape() leaves them.
bool airgap_is_text(const char *text, size_t max);

// −EFBIG over AIRGAP_FILE_MAX.
must_check int airgap_encode(const struct airgap *airgap, char **ret_text, size_t *ret_length);
// −EBADMSG (damaged, foreign), −EPROTONOSUPPORT (another version). Never half of one.
must_check int airgap_decode(const char *text, size_t length, struct airgap **ret);
