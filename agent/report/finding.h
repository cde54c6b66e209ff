// SPDX-License-Identifier: GPL-3.0-or-later
// From a month's rows to the standard's findings. Pure. The rule above all: 適 (ok) only if the
// agent watched for all of the time that the PC was on, and the ledger verifies.
#pragma once

#include "ledger/verify.h"
#include "report/finding-value.h"
#include "report/month.h"

#include <stddef.h>

// Those of the month's 30 items that the rows of the month tell without any check. report/items.h
// has all.
enum finding_item {
    FINDING_FOREIGN_DEVICES, // item 10, clauses 4 (5), 5 (4)
    FINDING_PERMITTED_USE,   // item 11, clause 5 (4)
    FINDING_AIR_GAP,         // item 12, clause 5 (1)
    FINDING_LOGS_KEPT,       // item 18, clause 5 (6)
    FINDING_INCIDENTS,       // item 24, clause 6
    FINDING_WATCHED,         // item 29, clause 9
    FINDING_ITEM_MAX,
};

// Why it is not simply ok. The words stand in the template.
enum finding_remark {
    REMARK_NO_ROWS,        // nothing was recorded: "0 件" would be a lie
    REMARK_LEDGER_BROKEN,  // the ledger does not verify
    REMARK_HOLES,          // powered on, and nobody was watching
    REMARK_LOST,           // facts that could not be recorded
    REMARK_UNREAD,         // logins and file access were not recorded, or not all
    REMARK_BREACHES,       // the air gap was broken
    REMARK_BREACHES_LEAST, // … for longer than is known
    REMARK_FIREWALL,       // it was changed from outside
    REMARK_NETWORK_GAPS,   // in some of the time something can have passed unseen
    REMARK_PACKETS_PASSED, // what the firewall would have stopped was only observed
    REMARK_OBSERVE,        // devices or packets were only observed for some of the time
    REMARK_MODE_UNKNOWN,
    REMARK_USABLE, // devices without approval that could be used
    REMARK_FOREIGN_MOUNTS,
    REMARK_FAILED_MEDIA,
    REMARK_REFUSED_MEDIA,
    REMARK_SELF_APPROVED, // who asked for something approved it, as the policy allows
    REMARK_TAMPERED,
    REMARK_OPEN_STARTS, // an initramfs did not shut the gate, or could not be looked at
    REMARK_CLOCK,
    REMARK_RETENTION_UNKNOWN, // the policy does not say when the contract ends
    REMARK_LATE_REPORTS,      // the city was told too late, or not yet
    REMARK_UNANSWERED,        // incidents that nobody has acknowledged
    REMARK_UNKEPT,            // violations of a time in which no incidents were kept
    REMARK_UNATTESTED,        // nobody says that nothing else was lost or leaked
    REMARK_INSTALLED,         // the agent came in this month
    REMARK_PARTIAL,           // the month is not over
    REMARK_CHECKS_VIOLATED,   // a check of the item found a violation at some time
    REMARK_CHECKS_UNVERIFIED, // … or could not tell
    REMARK_CHECKS_UNSEEN,     // … or was not made for some of the time, or never
    REMARK_SAID_LATE,         // what a person says was said only in the course of the month
    REMARK_UNRECORDED,        // no row tells that logins and file access were recorded
    REMARK_UNREGISTERED,      // a device was used by an approval that the register does not have
    REMARK_ERASURES_FAILED,
    REMARK_ERASURES_UNFINISHED,
    REMARK_UNDOCUMENTED, // disposed of without a document
    REMARK_TAKEOUTS_OVERDUE,
    REMARK_TAKEOUTS_PLAIN,    // taken out, not encrypted, and no permit is named
    REMARK_POLICIES_REJECTED, // a policy was not taken over: the one before stayed in force
    REMARK_MAX,
};
const char *finding_remark_to_str(enum finding_remark remark);

struct finding {
    uint64_t count; // what the item counts: plugs, used devices, rows, hours are the template's
    enum finding_value value;
    bool remarks[REMARK_MAX];
};

struct finding_sources {
    const struct month *month;
    const struct verify_result *verified;
    uint64_t contract_end_ns; // 0: the policy does not say
};

void finding_derive(const struct finding_sources *sources, struct finding ret[FINDING_ITEM_MAX]);

// Notes the remark if it holds, and answers whether it does.
bool finding_note(struct finding *finding, enum finding_remark remark, bool holds);
// What keeps every finding from being ok; the second also of what the agent had to watch for.
bool finding_is_ungrounded(const struct finding_sources *sources, struct finding *finding);
bool finding_is_doubtful(const struct finding_sources *sources, const struct watched *watched,
                         struct finding *finding);
enum finding_value finding_choose(bool violated, bool doubtful);

// The first day after the contract's end plus one year: nothing may be pruned before. 0 for 0.
uint64_t finding_prune_ns(uint64_t contract_end_ns);
