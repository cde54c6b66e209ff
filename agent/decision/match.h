// SPDX-License-Identifier: GPL-3.0-or-later
// Which approval holds for a device, and whether it can be used now. Within this room only.
#pragma once

#include "decision/decision.h"

struct match {
    const struct approval *approval; // the one that counts, usable or not; NULL: none in force
    enum reason reason;              // REASON_APPROVED, or why it (or a near one) does not do
    bool unidentified; // of several that name LUKS UUIDs, and nobody has seen yet which is on it
    bool read_only;
    bool encrypted;
    uint64_t until_ns;
};

struct match match_approval(const struct gate *gate, const struct host *host,
                            const struct usb_device *device);

// By the clock, or by the ledger's last row: has it ended?
bool match_has_ended(const struct approval *approval, const struct gate *gate,
                     const struct host *host);

// "approval:417", or "policy:2" for one that stands in the policy file.
void match_name_approval(const struct gate *gate, const struct approval *approval, char rule[32]);
