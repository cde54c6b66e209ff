// SPDX-License-Identifier: GPL-3.0-or-later
// What is decided on a network link and on a radio. Pure, like decision.h. Clause 5 (1).
#pragma once

#include "fact/net_link.h"
#include "fact/radio.h"
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

// ---- Radios ------------------------------------------------------------------------------------

enum radio_reason {
    RADIO_NAMED,     // the policy names its type
    RADIO_NOT_NAMED, // the word of this one is what a row names as the cause: "radio"
    RADIO_RECEIVES,  // it cannot send
    RADIO_REASON_MAX,
};
const char *radio_reason_to_str(enum radio_reason reason); // "named": stable, for rows
must_check int radio_reason_from_str(const char *text, enum radio_reason *ret);
const char *radio_reason_to_sentence(enum radio_reason reason); // translated, for people

struct radio_verdict {
    bool allowed; // it may be on
    bool breach;  // it is on and may not be: the air gap is broken
    enum radio_reason reason;
};

// - Radios of a type that the policy names may be on; which links they become is decided by the
//   links.
// - GPS passes by itself: its receiver has nothing to send with. FM does not: many of its chips
// send
//   as well, and rfkill tells the one from the other no more than what a later kernel adds.
// - A radio that a switch blocks is not on, and is blocked by software all the same: switches are
//   turned.
bool radio_type_may_be_on(const struct airgap *airgap, enum radio_type type);
void decide_radio(const struct airgap *airgap, const struct radio *radio,
                  struct radio_verdict *ret);
