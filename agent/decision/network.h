// SPDX-License-Identifier: GPL-3.0-or-later
// What is decided on a network link. Pure, like decision.h. Clause 5 (1).
#pragma once

#include "fact/net_link.h"
#include "policy/airgap.h"

enum link_reason {
    LINK_LOOPBACK,  // it leads nowhere but back to this computer
    LINK_NAMED,     // the policy names it
    LINK_PERMITTED, // a permit names it
    LINK_NOT_NAMED,
    LINK_ELSEWHERE,     // it is hardware, and in another network namespace
    LINK_DEFAULT_ROUTE, // it may be up, but everything may be reached by it
    LINK_REASON_MAX,
};
const char *link_reason_to_str(enum link_reason reason); // "named": stable, for rows
must_check int link_reason_from_str(const char *text, enum link_reason *ret);
const char *link_reason_to_sentence(enum link_reason reason); // translated, for people

struct link_verdict {
    bool allowed; // it may be up
    bool breach;  // it is up and may not be, or leads to everywhere: the air gap is broken
    enum link_reason reason;
    const struct airgap_link *link; // of the policy, that it passes by; borrowed; NULL without
};

// - Loopback passes.
// - Anything else passes if the policy names it: all that an entry states is as it says, and it may
//   have no other. What is made by software (a bridge, a tunnel, a VLAN) has no driver and no
//   place, and passes only by its address.
// - A default route is a breach on whatever link: what is reached on purpose is named.
void decide_link(const struct airgap *airgap, const struct net_link *link,
                 struct link_verdict *ret);
