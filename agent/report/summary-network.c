// SPDX-License-Identifier: GPL-3.0-or-later
// The air gap's part of the document: "network", with the breaches, the attempts and the time.
#include "base/text.h"
#include "report/summary-parts.h"

#include <inttypes.h>
#include <string.h>

#define BREACHES_SHOWN 8 // the rest stands in the CSV
#define PEERS_SHOWN 5
#define GAPS_SHOWN 8

// "list" with all of them, "shown" with the first; `make` gives each.
static void add_lists(json_object *section, size_t n, size_t n_shown,
                      json_object *(*make)(const void *items, size_t i), const void *items)
{
    const struct summary_list list = summary_list_begin(section, "list", n, n_shown, SUMMARY_FIRST);
    for (size_t i = 0; i < n; i++)
        summary_list_add(&list, make(items, i));
}

// ---- Breaches ----------------------------------------------------------------------------------

static json_object *make_breach(const void *items, size_t i)
{
    const struct breach *breach = (const struct breach *)items + i;
    json_object *object = json_object_new_object();
    json_add_text(object, "link", breach->link);
    json_add_text(object, "mac", breach->mac);
    json_add_text(object, "reason", breach->reason);
    json_add_text(object, "outcome", breach->outcome);
    json_add_text(object, "end", breach_end_to_str(breach->end));
    json_add_bool(object, "earlier", breach->earlier);
    summary_add_time(object, "from", breach->from_ns);
    // People name the last day of a month, not the instant behind it.
    summary_add_time(object, "until", breach->until_ns - (breach->end == BREACH_CONTINUES ? 1 : 0));
    summary_add_duration(object, "length", breach->length_ns);
    return object;
}

static void add_breaches(json_object *network, const struct breaches *breaches)
{
    json_object *section = json_section(network, "breaches");
    add_lists(section, breaches->n, BREACHES_SHOWN, make_breach, breaches->items);
    json_add_number(section, "count", breaches->n + breaches->unlisted);
    json_add_number(section, "unlisted", breaches->unlisted);
    json_add_bool(section, "least", breaches->least || breaches->unlisted > 0);
    summary_add_duration(section, "length", spans_total(&breaches->spans, 0, UINT64_MAX));
}

// ---- Attempts ----------------------------------------------------------------------------------

// "tcp", "ip 47", "arp", "ethertype 88b5"
static char *name_protocol(const struct peer *peer)
{
    static const struct {
        uint64_t number;
        const char *name;
    } known[] = {{1, "icmp"}, {2, "igmp"}, {6, "tcp"}, {17, "udp"}, {58, "icmpv6"}};
    bool ip = peer->ethertype == 0x0800 || peer->ethertype == 0x86dd;
    if (peer->ethertype == 0x0806)
        return text_dup("arp");
    if (!ip)
        return text_format("ethertype %04" PRIx64, peer->ethertype);
    for (size_t i = 0; i < ELEMENTS(known); i++)
        if (known[i].number == peer->protocol)
            return text_dup(known[i].name);
    return text_format("ip %" PRIu64, peer->protocol);
}

static json_object *make_peer(const void *items, size_t i)
{
    const struct peer *peer = ((const struct peer *const *)items)[i];
    CLEANUP_FREE char *protocol = name_protocol(peer);
    if (!protocol)
        abort(); // lack of memory, as in base/json.c
    json_object *object = json_object_new_object();
    json_add_text(object, "address", peer->address);
    json_add_text(object, "chain", peer->chain);
    json_add_text(object, "protocol", protocol);
    json_add_number(object, "port", peer->port);
    json_add_bool(object, "passed", peer->passed);
    json_add_number(object, "count", peer->count);
    summary_add_time(object, "first", peer->first_ns);
    summary_add_time(object, "last", peer->last_ns);
    return object;
}

static int by_count(const void *a, const void *b)
{
    const struct peer *x = *(const struct peer *const *)a, *y = *(const struct peer *const *)b;
    if (x->count != y->count)
        return x->count > y->count ? -1 : 1;
    int order = strcmp(x->address, y->address);
    return order != 0 ? order : x->port < y->port ? -1 : x->port > y->port;
}

static void add_attempts(json_object *network, const struct peers *peers)
{
    json_object *section = json_section(network, "attempts");
    const struct peer **sorted = calloc(peers->n + 1, sizeof *sorted);
    if (!sorted)
        abort(); // lack of memory, as in base/json.c
    for (size_t i = 0; i < peers->n; i++)
        sorted[i] = &peers->items[i];
    qsort(sorted, peers->n, sizeof *sorted, by_count);
    add_lists(section, peers->n, PEERS_SHOWN, make_peer, sorted);
    free(sorted);
    json_add_number(section, "stopped", peers->stopped);
    json_add_number(section, "passed", peers->passed);
    json_add_number(section, "different", peers->n);
    json_add_number(section, "unlisted", peers->unlisted);
}

// ---- Time --------------------------------------------------------------------------------------

static json_object *make_gap(const void *items, size_t i)
{
    const struct network_gap *gap = (const struct network_gap *)items + i;
    json_object *object = json_object_new_object();
    json_add_text(object, "cause", network_gap_cause_to_str(gap->cause));
    summary_add_time(object, "from", gap->span.from_ns);
    summary_add_time(object, "to", gap->span.to_ns);
    summary_add_duration(object, "length", gap->span.to_ns - gap->span.from_ns);
    return object;
}

static void add_time(json_object *section, const struct network_month *network)
{
    json_object *gaps = json_section(section, "gaps");
    uint64_t on = spans_total(&network->watched.on, 0, UINT64_MAX);
    uint64_t open = spans_total(&network->open, 0, UINT64_MAX);
    summary_add_duration(section, "on", on);
    summary_add_duration(section, "guarded", on - open);
    summary_add_duration(section, "unguarded", open);
    summary_add_percent(section, "percent", on - open, on);
    add_lists(gaps, network->n_gaps, GAPS_SHOWN, make_gap, network->gaps);
    json_add_number(gaps, "count", network->n_gaps);
}

void summary_add_network(json_object *document, const struct month *month)
{
    json_object *network = json_section(document, "network");
    add_breaches(network, &month->network.breaches);
    add_attempts(network, &month->network.peers);
    add_time(network, &month->network);
    json_add_number(network, "tampered", month->network.tampered);
}
