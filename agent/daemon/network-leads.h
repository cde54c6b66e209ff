// SPDX-License-Identifier: GPL-3.0-or-later
// Findings beside the links: forwarding, name servers and proxies that lead out. Clause 5 (1).
#pragma once

#include "daemon/options.h"
#include "daemon/recorder.h"
#include "policy/airgap.h"

enum network_lead { LEAD_FORWARDING, LEAD_RESOLVER, LEAD_PROXY, LEAD_MAX };

struct network_leads {
    char *told[LEAD_MAX]; // what the last row said of each; NULL: that there is none
};
void network_leads_clear(struct network_leads *leads);

// Looks at the settings, and records what has changed: posture.failed, posture.ok.
void network_leads_look(struct network_leads *leads, const struct places *places,
                        struct recorder *recorder, const struct airgap *airgap);
