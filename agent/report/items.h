// SPDX-License-Identifier: GPL-3.0-or-later
// The 30 items of the monthly report, clause 10: each from what the month's rows say of it, and
// from all checks behind it, the worse of both. Pure.
#pragma once

#include "report/check.h"
#include "report/finding.h"
#include "report/usage.h"

enum item {
    ITEM_POLICIES,
    ITEM_OFFICERS,
    ITEM_SECRECY,
    ITEM_DESIGNATED,
    ITEM_TRAINING,
    ITEM_SUPERVISION,
    ITEM_AREA,
    ITEM_ENTRIES,
    ITEM_MEDIA_REGISTER,
    ITEM_FOREIGN_DEVICES,
    ITEM_PERMITTED_USE,
    ITEM_AIR_GAP,
    ITEM_SERVER,
    ITEM_LOGINS,
    ITEM_ASSETS,
    ITEM_ENCRYPTION,
    ITEM_FILES,
    ITEM_LOGS_KEPT,
    ITEM_AUTHENTICATION,
    ITEM_ANTIVIRUS,
    ITEM_ERASURES,
    ITEM_DISPOSALS,
    ITEM_SUBCONTRACTING,
    ITEM_INCIDENTS,
    ITEM_TAKEOUTS,
    ITEM_LAW,
    ITEM_AUDITS,
    ITEM_CERTIFICATE,
    ITEM_WATCHED,
    ITEM_SPECIAL, // what the 29 others come to
    ITEM_MAX,
};

enum item_way {
    ITEM_AUTOMATIC = 1, // the agent saw it
    ITEM_ATTESTED = 2,  // a person has said so
};

struct item_form {
    const char *key;     // in JSON and for the form
    const char *number;  // "10"
    const char *clauses; // "4 (5), 5 (4)"
    const char *annex;   // letter; NULL: none
    unsigned ways;
};
const struct item_form *item_form_of(enum item item);

// Does a check of this clause and name stand behind the item?
bool item_is_fed_by(enum item item, const char *clause, const char *check);

// One check behind an item, as its month was.
struct item_check {
    const char *name;              // borrowed
    const struct checked *checked; // borrowed; NULL: nobody ever looked
    enum finding_value value;      // what counts of it
    bool unseen;                   // for some of the time, or ever, nobody looked
    bool said_late;                // a person said so only in the course of the month
};
// Each check that the agent makes for the item, and each that rows tell of.
typedef void (*item_visitor)(void *context, const struct item_check *check);
void item_visit(enum item item, const struct checked_month *checked, item_visitor see,
                void *context);

struct item_finding {
    struct finding finding;
    uint64_t checks;                    // behind it
    uint64_t values[FINDING_VALUE_MAX]; // of those
    struct span violated;               // from the first violation of one up to the end of the last
    uint64_t violated_ns;               // time in all in which there was one; several count once
    bool mended;                        // at the end none of them was violated any more
};

struct item_sources {
    struct finding_sources of;
    const struct usage *usage; // NULL: it is not known what people did
};
// −ENOMEM.
must_check int items_derive(const struct item_sources *sources, struct item_finding ret[ITEM_MAX]);
