// SPDX-License-Identifier: GPL-3.0-or-later
// Each item: what breaches it, what leaves it open, and only then ok.
#include "report/finding.h"

#include <assert.h>
#include <time.h>

static const char *const remarks[] = {
    [REMARK_NO_ROWS] = "no-rows",
    [REMARK_LEDGER_BROKEN] = "ledger-broken",
    [REMARK_HOLES] = "holes",
    [REMARK_LOST] = "lost",
    [REMARK_UNREAD] = "unread",
    [REMARK_BREACHES] = "breaches",
    [REMARK_BREACHES_LEAST] = "breaches-least",
    [REMARK_FIREWALL] = "firewall",
    [REMARK_NETWORK_GAPS] = "network-gaps",
    [REMARK_PACKETS_PASSED] = "packets-passed",
    [REMARK_OBSERVE] = "observe",
    [REMARK_MODE_UNKNOWN] = "mode-unknown",
    [REMARK_USABLE] = "usable",
    [REMARK_FOREIGN_MOUNTS] = "foreign-mounts",
    [REMARK_FAILED_MEDIA] = "failed-media",
    [REMARK_REFUSED_MEDIA] = "refused-media",
    [REMARK_SELF_APPROVED] = "self-approved",
    [REMARK_TAMPERED] = "tampered",
    [REMARK_OPEN_STARTS] = "open-starts",
    [REMARK_CLOCK] = "clock",
    [REMARK_RETENTION_UNKNOWN] = "retention-unknown",
    [REMARK_LATE_REPORTS] = "late-reports",
    [REMARK_UNANSWERED] = "unanswered",
    [REMARK_UNKEPT] = "unkept",
    [REMARK_UNATTESTED] = "unattested",
    [REMARK_INSTALLED] = "installed",
    [REMARK_PARTIAL] = "partial",
    [REMARK_CHECKS_VIOLATED] = "checks-violated",
    [REMARK_CHECKS_UNVERIFIED] = "checks-unverified",
    [REMARK_CHECKS_UNSEEN] = "checks-unseen",
    [REMARK_SAID_LATE] = "said-late",
    [REMARK_UNRECORDED] = "unrecorded",
    [REMARK_UNREGISTERED] = "unregistered",
    [REMARK_ERASURES_FAILED] = "erasures-failed",
    [REMARK_ERASURES_UNFINISHED] = "erasures-unfinished",
    [REMARK_UNDOCUMENTED] = "undocumented",
    [REMARK_TAKEOUTS_OVERDUE] = "takeouts-overdue",
    [REMARK_TAKEOUTS_PLAIN] = "takeouts-plain",
    [REMARK_POLICIES_REJECTED] = "policies-rejected",
};
static_assert(ELEMENTS(remarks) == REMARK_MAX, "a word for each remark");

const char *finding_remark_to_str(enum finding_remark remark)
{
    assert(remark < REMARK_MAX);
    return remarks[remark];
}

bool finding_note(struct finding *finding, enum finding_remark remark, bool holds)
{
    finding->remarks[remark] = finding->remarks[remark] || holds;
    return holds;
}

bool finding_is_ungrounded(const struct finding_sources *sources, struct finding *finding)
{
    const struct month *month = sources->month;
    bool ungrounded =
        finding_note(finding, REMARK_LEDGER_BROKEN, sources->verified->outcome == VERIFY_BROKEN);
    ungrounded |= finding_note(finding, REMARK_NO_ROWS, month->rows == 0 || !month->watched.any);
    ungrounded |= finding_note(finding, REMARK_LOST, month->watched.lost > 0);
    return ungrounded;
}

bool finding_is_doubtful(const struct finding_sources *sources, const struct watched *watched,
                         struct finding *finding)
{
    bool doubtful = finding_is_ungrounded(sources, finding);
    doubtful |= finding_note(finding, REMARK_HOLES, watched->holes.n > 0);
    return doubtful;
}

enum finding_value finding_choose(bool violated, bool doubtful)
{
    return violated ? FINDING_VIOLATION : doubtful ? FINDING_UNVERIFIED : FINDING_OK;
}

static void derive_foreign_devices(const struct finding_sources *sources, struct finding *finding)
{
    const struct month *month = sources->month;
    bool violated = finding_note(finding, REMARK_USABLE, month->blocked.usable > 0);
    violated |= finding_note(finding, REMARK_FOREIGN_MOUNTS, month->foreign_mounts > 0);
    violated |= finding_note(finding, REMARK_TAMPERED, month->tampered > 0);
    bool doubtful = finding_is_doubtful(sources, &month->watched, finding);
    doubtful |= finding_note(finding, REMARK_OBSERVE, month->gate.mode == MONTH_MODE_OBSERVE);
    doubtful |= finding_note(finding, REMARK_MODE_UNKNOWN, month->gate.mode == MONTH_MODE_UNKNOWN);
    doubtful |= finding_note(finding, REMARK_OPEN_STARTS, month->open_starts > 0);
    finding->value = finding_choose(violated, doubtful);
    finding->count = month->blocked.plugs;
}

static void derive_permitted_use(const struct finding_sources *sources, struct finding *finding)
{
    const struct month *month = sources->month;
    bool violated = finding_note(finding, REMARK_FAILED_MEDIA, month->failed_media > 0);
    (void)finding_note(finding, REMARK_REFUSED_MEDIA, month->refused_media > month->failed_media);
    (void)finding_note(finding, REMARK_SELF_APPROVED, month->self_approvals > 0);
    bool doubtful = finding_is_doubtful(sources, &month->watched, finding);
    finding->value = finding_choose(violated, doubtful);
    finding->count = month->used.plugs;
    if (finding->value == FINDING_OK && month->used.plugs == 0 && month->refused_media == 0 &&
        month->self_approvals == 0)
        finding->value = FINDING_NOT_APPLICABLE;
}

// The rule of the clause: no breach, and at no time could there have been one that nobody saw.
static void derive_air_gap(const struct finding_sources *sources, struct finding *finding)
{
    const struct month *month = sources->month;
    const struct network_month *network = &month->network;
    uint64_t breaches = network->breaches.n + network->breaches.unlisted;
    bool violated = finding_note(finding, REMARK_BREACHES, breaches > 0);
    violated |= finding_note(finding, REMARK_FIREWALL, network->tampered > 0);
    (void)finding_note(finding, REMARK_BREACHES_LEAST, network->breaches.least);
    bool doubtful = finding_is_doubtful(sources, &network->watched, finding);
    doubtful |= finding_note(finding, REMARK_NETWORK_GAPS, network->n_gaps > 0);
    doubtful |= finding_note(finding, REMARK_PACKETS_PASSED, network->peers.passed > 0);
    doubtful |= finding_note(finding, REMARK_OBSERVE, network->enforced.mode == MONTH_MODE_OBSERVE);
    doubtful |=
        finding_note(finding, REMARK_MODE_UNKNOWN, network->enforced.mode == MONTH_MODE_UNKNOWN);
    doubtful |= finding_note(finding, REMARK_CLOCK, month->clock_steps > 0);
    finding->value = finding_choose(violated, doubtful);
    finding->count = breaches;
}

// For this one a broken ledger is the breach itself.
static void derive_logs_kept(const struct finding_sources *sources, struct finding *finding)
{
    const struct month *month = sources->month;
    bool violated =
        finding_note(finding, REMARK_LEDGER_BROKEN, sources->verified->outcome == VERIFY_BROKEN);
    bool doubtful = finding_note(finding, REMARK_NO_ROWS, month->rows == 0);
    doubtful |= finding_note(finding, REMARK_LOST, month->watched.lost > 0);
    doubtful |= finding_note(finding, REMARK_UNREAD, month->watched.unread.spans.n > 0);
    doubtful |= finding_note(finding, REMARK_RETENTION_UNKNOWN, sources->contract_end_ns == 0);
    finding->value = finding_choose(violated, doubtful);
    finding->count = month->rows;
}

// That nothing was lost or leaked which no program saw only a person can say.
static void derive_incidents(const struct finding_sources *sources, struct finding *finding)
{
    const struct month *month = sources->month;
    const struct incident_month *incidents = &month->incidents;
    bool violated = finding_note(finding, REMARK_LATE_REPORTS, incidents->late > 0);
    bool doubtful = finding_is_doubtful(sources, &month->watched, finding);
    doubtful |= finding_note(finding, REMARK_UNANSWERED, incidents->unanswered > 0);
    doubtful |= finding_note(finding, REMARK_UNKEPT, incidents->unkept);
    doubtful |= finding_note(finding, REMARK_UNATTESTED, !incidents->attested);
    finding->value = finding_choose(violated, doubtful);
    finding->count = incidents->opened + incidents->unlisted;
}

static void derive_watched(const struct finding_sources *sources, struct finding *finding)
{
    const struct month *month = sources->month;
    bool violated = finding_note(finding, REMARK_TAMPERED, month->tampered > 0);
    bool doubtful = finding_is_doubtful(sources, &month->watched, finding);
    doubtful |= finding_note(finding, REMARK_CLOCK, month->clock_steps > 0);
    (void)finding_note(finding, REMARK_INSTALLED, month->installed); // these two only say what the
    (void)finding_note(finding, REMARK_PARTIAL, month->partial);     // period is
    finding->value = finding_choose(violated, doubtful);
    finding->count = month->watched.holes.n;
}

void finding_derive(const struct finding_sources *sources, struct finding ret[FINDING_ITEM_MAX])
{
    for (enum finding_item item = 0; item < FINDING_ITEM_MAX; item++)
        ret[item] = (struct finding){0};
    derive_foreign_devices(sources, &ret[FINDING_FOREIGN_DEVICES]);
    derive_permitted_use(sources, &ret[FINDING_PERMITTED_USE]);
    derive_air_gap(sources, &ret[FINDING_AIR_GAP]);
    derive_logs_kept(sources, &ret[FINDING_LOGS_KEPT]);
    derive_incidents(sources, &ret[FINDING_INCIDENTS]);
    derive_watched(sources, &ret[FINDING_WATCHED]);
}

uint64_t finding_prune_ns(uint64_t contract_end_ns)
{
    if (contract_end_ns == 0)
        return 0;
    time_t seconds = (time_t)(contract_end_ns / NS_PER_S);
    struct tm tm;
    localtime_r(&seconds, &tm);
    // mktime turns 29 February of a year that has none into 1 March: later, never earlier.
    tm.tm_year++;
    tm.tm_isdst = -1;
    return (uint64_t)mktime(&tm) * NS_PER_S;
}
