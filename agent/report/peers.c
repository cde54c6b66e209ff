// SPDX-License-Identifier: GPL-3.0-or-later
// Adds up what one address was sent, or sent, by protocol and port.
#include "report/peers.h"

#include "base/text.h"

#include <errno.h>
#include <string.h>

void peers_clear(struct peers *peers)
{
    for (size_t i = 0; i < peers->n; i++)
        free(peers->items[i].address);
    free(peers->items);
    *peers = (struct peers){0};
}

// The first of a kind has a row of its own, its repeats one for the hour, and what is beyond the
// kinds that are told apart one for all.
static uint64_t count_of(json_object *details)
{
    uint64_t folded = json_get_number(details, "folded");
    uint64_t repeats = json_get_number(details, "repeats");
    return folded > 0 ? folded : repeats > 0 ? repeats : 1;
}

static bool is_same(const struct peer *a, const struct peer *b)
{
    return a->port == b->port && a->protocol == b->protocol && a->ethertype == b->ethertype &&
           a->passed == b->passed && text_equal(a->chain, b->chain) &&
           text_equal(a->address, b->address);
}

// Takes the address.
static int add(struct peers *peers, struct peer *peer)
{
    for (size_t i = 0; i < peers->n; i++) {
        struct peer *old = &peers->items[i];
        if (!is_same(old, peer))
            continue;
        old->count += peer->count;
        if (peer->last_ns > old->last_ns)
            old->last_ns = peer->last_ns;
        free(peer->address);
        return 0;
    }
    if (peers->n >= PEERS_MAX) {
        peers->unlisted += peer->count;
        free(peer->address);
        return 0;
    }
    struct peer *more = reallocarray(peers->items, peers->n + 1, sizeof *more);
    if (!more) {
        free(peer->address);
        return -ENOMEM;
    }
    peers->items = more;
    more[peers->n++] = *peer;
    return 0;
}

int peers_take(struct peers *peers, const struct fact *fact, json_object *details,
               uint64_t *ret_count)
{
    const char *chain = json_get_text(details, "chain");
    bool came = text_equal(chain, "input"); // the other side is who sent it
    const char *address = json_get_text(details, came ? "source" : "destination");
    struct peer peer = {
        .ethertype = json_get_number(details, "ethertype"),
        .protocol = json_get_number(details, "protocol"),
        .port = json_get_number(details, "port"),
        .passed = text_equal(fact->outcome, "observed"),
        .count = count_of(details),
        .first_ns = fact->at.wall_ns,
        .last_ns = fact->at.wall_ns,
    };
    text_copy(peer.chain, sizeof peer.chain, chain ? chain : "");
    *ret_count = peer.count;
    *(peer.passed ? &peers->passed : &peers->stopped) += peer.count;
    if (json_get_number(details, "folded") > 0) {
        peers->unlisted += peer.count;
        return 0;
    }
    peer.address = text_printable(address ? address : "");
    return peer.address ? add(peers, &peer) : -ENOMEM;
}
