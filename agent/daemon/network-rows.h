// SPDX-License-Identifier: GPL-3.0-or-later
// How a verdict on a network link reads as a row.
#pragma once

#include "base/moment.h"
#include "decision/network.h"
#include "fact/fact.h"

// network.changed. NULL on lack of memory, like the others.
struct fact *network_row(const struct net_link *link, const struct link_verdict *verdict,
                         const char *outcome);
// airgap.broken. `since` is what airgap.restored names, too: a link may have another name by then.
struct fact *network_row_broken(const struct net_link *link, const struct link_verdict *verdict,
                                const struct moment *since, const char *outcome);
// airgap.restored: what had broken it, and for how long, also if the clock was set meanwhile.
struct fact *network_row_restored(const struct net_link *link, enum link_reason reason,
                                  const struct moment *since);
// network.changed for so many changes that have no rows of their own.
struct fact *network_row_folded(uint64_t changes);

struct json_object;
// What people and exports want to know of a link.
struct json_object *net_link_to_json(const struct net_link *link);
void link_verdict_to_json(const struct link_verdict *verdict, struct json_object *object);
