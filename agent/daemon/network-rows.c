// SPDX-License-Identifier: GPL-3.0-or-later
// Rows about network links.
#include "daemon/network-rows.h"

#include "base/json.h"
#include "base/moment.h"
#include "daemon/recorder.h"

struct json_object *net_link_to_json(const struct net_link *link)
{
    char mac[NET_MAC_TEXT_SIZE];
    struct json_object *object = json_object_new_object();
    json_add_text(object, "link", link->name);
    if (link->has_mac) {
        net_mac_format(link->mac, mac);
        json_add_text(object, "mac", mac);
    }
    json_add_text(object, "kind", link->kind);
    json_add_text(object, "driver", link->driver);
    json_add_text(object, "path", link->path);
    json_add_bool(object, "loopback", link->loopback);
    json_add_bool(object, "up", link->up);
    json_add_bool(object, "default_route", link->routed);
    return object;
}

void link_verdict_to_json(const struct link_verdict *verdict, struct json_object *object)
{
    json_add_bool(object, "allowed", verdict->allowed);
    json_add_bool(object, "breach", verdict->breach);
    json_add_text(object, "reason", link_reason_to_str(verdict->reason));
    json_add_text(object, "name", verdict->link ? verdict->link->name : NULL);
}

struct fact *network_row(const struct net_link *link, const struct link_verdict *verdict,
                         const char *outcome)
{
    struct json_object *details = net_link_to_json(link);
    link_verdict_to_json(verdict, details);
    return recorder_fact(FACT_NETWORK_CHANGED, link->name, outcome, details);
}

struct fact *network_row_broken(const struct net_link *link, const struct link_verdict *verdict,
                                const struct moment *since, const char *outcome)
{
    struct json_object *details = net_link_to_json(link);
    link_verdict_to_json(verdict, details);
    json_add_number(details, "since_ns", since->wall_ns);
    return recorder_fact(FACT_AIRGAP_BROKEN, link->name, outcome, details);
}

struct fact *network_row_restored(const struct net_link *link, enum link_reason reason,
                                  const struct moment *since)
{
    struct moment now = moment_now();
    struct json_object *details = net_link_to_json(link);
    json_add_text(details, "reason", link_reason_to_str(reason));
    json_add_number(details, "since_ns", since->wall_ns);
    json_add_number(details, "duration_ns", now.monotonic_ns - since->monotonic_ns);
    return recorder_fact(FACT_AIRGAP_RESTORED, link->name, "restored", details);
}

struct fact *network_row_folded(uint64_t changes)
{
    struct json_object *details = json_object_new_object();
    json_add_number(details, "folded", changes);
    return recorder_fact(FACT_NETWORK_CHANGED, NULL, "folded", details);
}
