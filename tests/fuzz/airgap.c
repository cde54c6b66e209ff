// SPDX-License-Identifier: GPL-3.0-or-later
// Fuzzes the compiled air gap, and the rules that are made of it: the input as it comes, and behind
// a header whose digest fits, because no fuzzer guesses a SHA-256. And the input as a link's name.
#include "base/digest.h"
#include "base/text.h"
#include "enforce/ruleset.h"

#include <arpa/inet.h>
#include <errno.h>
#include <linux/if.h>
#include <stdio.h>
#include <string.h>

#define PLACES 16 // of a file that are damaged, one after the other
#define LINK "eth0"
#define DEVICE "device \""

// Bytes that a ruleset may have: without a peer, and for each, on one link.
#define RULES_MAX 2048
#define PEER_MAX 3072

// ---- The file ----------------------------------------------------------------------------------

static void expect_refused(const char *text, size_t length)
{
    struct airgap *airgap = NULL;
    if (airgap_decode(text, length, &airgap) >= 0 || airgap)
        abort();
}

// Another version is one changed byte away, and told as such.
static void expect_damage_found(const char *text, size_t length)
{
    CLEANUP_FREE char *copy = malloc(length);
    if (!copy)
        abort();
    size_t step = length / PLACES + 1;
    for (size_t at = (uint8_t)text[length / 2] % step; at < length; at += step) {
        // of its own size, so that a byte read behind it is noticed
        CLEANUP_FREE char *cut = malloc(at > 0 ? at : 1);
        if (!cut)
            abort();
        memcpy(cut, text, at);
        expect_refused(cut, at);
        memcpy(copy, text, length);
        copy[at] ^= (char)(1 << at % 8);
        expect_refused(copy, length);
    }
}

static void check_peer(const struct airgap_peer *peer)
{
    uint32_t before = 0; // the end of the range before, and the one that would touch it
    if (peer->prefix == 0 || peer->prefix > (peer->family == AF_INET ? 32 : 128) ||
        airgap_has_host_bits(peer) || peer->n_ports > AIRGAP_PORTS_MAX ||
        (peer->protocol == AIRGAP_ICMP && peer->n_ports > 0))
        abort();
    for (size_t i = 0; i < peer->n_ports; i++) {
        if (peer->ports[i].first == 0 || peer->ports[i].first > peer->ports[i].last ||
            (i > 0 && peer->ports[i].first <= before + 1))
            abort();
        before = peer->ports[i].last;
    }
}

static void check_same(const struct airgap *airgap, const char *text, size_t length)
{
    CLEANUP_FREE char *again = NULL;
    size_t again_length = 0;
    if (airgap_encode(airgap, &again, &again_length) < 0 || again_length != length ||
        memcmp(again, text, length) != 0)
        abort();
}

// ---- The rules ---------------------------------------------------------------------------------

typedef int (*ruleset)(const struct airgap *airgap, char *const *links, size_t n_links,
                       char **ret_text);

static char *rules_by(ruleset make, const struct airgap *airgap)
{
    char *link = (char *)LINK, *text = NULL;
    if (make(airgap, &link, 1, &text) < 0)
        abort();
    return text;
}

static char *rules_of(const struct airgap *airgap)
{
    return rules_by(ruleset_for, airgap);
}

// 10.0.0.0/8, fd00::1, 445-445, 0xffff…, and the second at which a permit ends
static bool is_value(const char *word)
{
    struct in6_addr address;
    char host[INET6_ADDRSTRLEN + 1];
    unsigned first, last;
    int end = 0;
    if (word[0] && strspn(word, "0123456789") == strlen(word))
        return true;
    if (strncmp(word, "0x", 2) == 0)
        return strspn(word + 2, "0123456789abcdef") == strlen(word + 2);
    if (sscanf(word, "%u-%u%n", &first, &last, &end) == 2 && word[end] == '\0')
        return first > 0 && first <= last && last <= UINT16_MAX;
    size_t length = strcspn(word, "/");
    if (length >= sizeof host || (word[length] == '/' && strspn(word + length + 1, "0123456789") !=
                                                             strlen(word + length + 1)))
        return false;
    memcpy(host, word, length);
    host[length] = '\0';
    return inet_pton(AF_INET, host, &address) == 1 || inet_pton(AF_INET6, host, &address) == 1;
}

// The rules with "#" for each value.
static char *skeleton_of(const char *rules)
{
    char *skeleton = malloc(strlen(rules) + 1), *out = skeleton;
    char word[64];
    if (!skeleton)
        abort();
    while (*rules) {
        size_t length = strcspn(rules, " \n{};,\"");
        if (length >= sizeof word)
            abort();
        memcpy(word, rules, length);
        word[length] = '\0';
        out = stpcpy(out, is_value(word) ? "#" : word);
        rules += length;
        if (*rules)
            *out++ = *rules++;
    }
    *out = '\0';
    return skeleton;
}

// The same number of peers and ranges of ports, and not one text or number of the policy's.
static struct airgap *plain_copy(const struct airgap *airgap)
{
    struct airgap *plain = NULL;
    if (airgap_new_fallback(airgap->mode, &plain) < 0)
        abort();
    for (size_t i = 0; i < airgap->n_peers; i++) {
        const struct airgap_peer *peer = &airgap->peers[i];
        struct airgap_peer copy = {.name = (char *)"peer",
                                   .protocol = peer->protocol,
                                   .direction = peer->direction,
                                   .n_ports = peer->n_ports,
                                   .until_ns = peer->until_ns ? 1 : 0};
        // The same address has one chain, so that which are the same is a part of the shape.
        copy.family = peer->family;
        copy.prefix = peer->prefix;
        memcpy(&copy.address, &peer->address, sizeof copy.address);
        for (size_t j = 0; j < peer->n_ports; j++)
            copy.ports[j] = (struct airgap_ports){(uint16_t)(2 * j + 1), (uint16_t)(2 * j + 1)};
        if (airgap_add_peer(plain, &copy) < 0)
            abort();
    }
    return plain;
}

// Nothing that the policy says gets into the rules but its choices, addresses and ports.
static void check_rules(ruleset make, const struct airgap *airgap)
{
    CLEANUP(airgap_free_p) struct airgap *plain = plain_copy(airgap);
    CLEANUP_FREE char *rules = rules_by(make, airgap), *plain_rules = rules_by(make, plain);
    CLEANUP_FREE char *skeleton = skeleton_of(rules), *expected = skeleton_of(plain_rules);
    size_t length = strlen(rules);
    if (length > RULES_MAX + airgap->n_peers * PEER_MAX)
        abort();
    if (strspn(rules, "abcdefghijklmnopqrstuvwxyz0123456789 \n{};,:.\"=!&@/<_-") != length)
        abort();
    if (!text_equal(skeleton, expected))
        abort();
}

// As a link's name: refused, or in the rules just where the usual one is, within its quotes.
static void check_link_name(const char *name)
{
    static char *usual, *rest;
    CLEANUP(airgap_free_p) struct airgap *airgap = NULL;
    CLEANUP_FREE char *rules = NULL;
    if (airgap_new_fallback(MODE_ENFORCE, &airgap) < 0)
        abort();
    if (!usual) {
        usual = rules_of(airgap);
        rest = strstr(usual, DEVICE LINK) + strlen(DEVICE);
    }
    if (ruleset_for(airgap, (char *const[]){(char *)name}, 1, &rules) < 0)
        return;
    size_t before = (size_t)(rest - usual), length = strlen(name);
    if (length == 0 || length >= IFNAMSIZ || strcspn(name, " \t\n\"\\*$@") != length)
        abort();
    if (strncmp(rules, usual, before) != 0 || strncmp(rules + before, name, length) != 0 ||
        !text_equal(rules + before + length, rest + strlen(LINK)))
        abort();
}

// ---- The target --------------------------------------------------------------------------------

static void decode(const char *text, size_t length)
{
    CLEANUP(airgap_free_p) struct airgap *airgap = NULL;
    int r = airgap_decode(text, length, &airgap);
    if (r < 0) {
        if (airgap || (r != -EBADMSG && r != -EPROTONOSUPPORT))
            abort();
        return;
    }
    if (airgap->n_links > AIRGAP_LINKS_MAX || airgap->n_peers > AIRGAP_PEERS_MAX)
        abort();
    for (size_t i = 0; i < airgap->n_peers; i++)
        check_peer(&airgap->peers[i]);
    check_same(airgap, text, length);
    expect_damage_found(text, length);
    check_rules(ruleset_for, airgap);
    check_rules(ruleset_for_owner, airgap);
}

static void decode_sealed(const uint8_t *data, size_t size)
{
    uint8_t digest[DIGEST_SIZE];
    char hex[DIGEST_TEXT_SIZE];
    digest_of(data, size, digest);
    text_hex(digest, sizeof digest, hex);
    CLEANUP_FREE char *head = text_format("sekisho-airgap 1 %s\n", hex);
    CLEANUP_FREE char *sealed = head ? malloc(strlen(head) + size) : NULL;
    if (!sealed)
        abort();
    memcpy(sealed, head, strlen(head));
    if (size > 0)
        memcpy(sealed + strlen(head), data, size);
    decode(sealed, strlen(head) + size);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    CLEANUP_FREE char *name = strndup((const char *)data, size);
    if (!name)
        abort();
    decode((const char *)data, size);
    decode_sealed(data, size);
    check_link_name(name);
    return 0;
}
