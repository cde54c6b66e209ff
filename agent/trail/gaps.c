// SPDX-License-Identifier: GPL-3.0-or-later
// When auditd itself did not write: nobody knows what happened then, and the ledger says so.
#include "base/text.h"
#include "trail/state.h"

#include <errno.h>
#include <string.h>

#define ON_ITS_WAY_NS (10 * NS_PER_S) // what the kernel may hold for an auditd that is slow
#define REGISTERS_NS (2 * NS_PER_S)   // auditd says that it began before the kernel knows of it
#define RESTORED_NS NS_PER_S          // no further rule was put back for so long: all are there

struct gap {
    const char *cause;
    uint64_t from_ns, to_ns;
    uint64_t lost; // events that are known to be missing: the least
    bool torn;     // the last line before it is half of one
    bool booted;   // in order, and the machine was off for a part of it
};

static int give(struct trail *trail, const struct gap *gap, struct trail_rows *rows)
{
    CLEANUP(fact_free_p) struct fact *fact = NULL;
    CLEANUP_JSON json_object *details = NULL;
    // The clock may have been set back meanwhile.
    bool forward = gap->from_ns <= gap->to_ns;
    if (json_new(&details) < 0 || row_new(trail, FACT_AGENT_GAP, gap->to_ns, &fact) < 0 ||
        text_set(&fact->outcome, "unwatched") < 0)
        return -ENOMEM;
    if (gap->booted)
        fact->severity = SEVERITY_NOTICE;
    json_add_text(details, "source", "audit");
    json_add_text(details, "cause", gap->cause);
    json_add_number(details, "from_ns", forward ? gap->from_ns : gap->to_ns);
    json_add_number(details, "to_ns", forward ? gap->to_ns : gap->from_ns);
    if (!forward) // the end by the clock as it was is not known, only that it comes after both
        json_add_bool(details, "set_back", true);
    if (gap->lost)
        json_add_number(details, "lost", gap->lost);
    if (gap->torn)
        json_add_bool(details, "torn", true);
    if (gap->booted)
        json_add_bool(details, "booted", true);
    return row_give(trail, rows, TAKE_PTR(fact), TAKE_PTR(details));
}

// What the kernel had on its way to auditd when that said goodbye is lost: nothing is sure behind
// the last event that was written.
static uint64_t last_written_ns(const struct trail *trail, uint64_t ended_ns)
{
    uint64_t earliest_ns = ended_ns > ON_ITS_WAY_NS ? ended_ns - ON_ITS_WAY_NS : 0;
    bool is_recent = trail->last_ns >= earliest_ns && trail->last_ns <= ended_ns;
    return is_recent ? trail->last_ns : earliest_ns;
}

static int take_start(struct trail *trail, const struct audit_event *event, struct trail_rows *rows)
{
    uint64_t ended = trail->ended_ns;
    struct gap gap = {
        .cause = ended ? "auditd was not running" : "auditd ended without saying so",
        .from_ns = ended ? ended : trail->last_ns,
        .to_ns = event->wall_ns + REGISTERS_NS,
        .lost = event->missing + trail->missing,
        .torn = trail->torn,
        .booted = ended && ended < trail->boot.wall_ns && event->wall_ns >= trail->boot.wall_ns,
    };
    trail->ended_ns = 0;
    trail->torn = false;
    trail->missing = 0;
    return gap.from_ns ? give(trail, &gap, rows) : 0; // nothing is known before the first event
}

static int take_trouble(struct trail *trail, const struct audit_event *event, const char *cause,
                        struct trail_rows *rows)
{
    uint64_t missing = trail->missing;
    trail->missing = 0;
    struct gap gap = {
        .cause = cause,
        .from_ns = trail->last_ns ? trail->last_ns : event->wall_ns,
        .to_ns = event->wall_ns,
        .lost = event->missing + missing,
    };
    return give(trail, &gap, rows);
}

int gaps_end_torn(struct trail *trail, const struct audit_event *event, struct trail_rows *rows)
{
    if (!trail->torn || event->act == ACT_AUDIT_TORN || event->act == ACT_AUDIT_STARTED)
        return 0;
    trail->torn = false;
    return take_trouble(trail, event, "a part of auditd's log is missing or torn", rows);
}

// ---- Rules that were taken out, auditing that was switched off ----------------------------------

static bool begins(const char *text, const char *word)
{
    return text && strncmp(text, word, strlen(word)) == 0;
}

static bool is_of_our_rules(const struct audit_event *event, const char *change)
{
    return begins(event->path.text, change) && begins(event->key, TRAIL_KEY_PREFIX);
}

// Rules are put back one by one: the last one counts.
static void take_change(struct trail *trail, const struct audit_event *event)
{
    const char *what = event->path.text;
    if (is_of_our_rules(event, "remove_rule") || begins(what, "set audit_enabled=0")) {
        if (!trail->blind_ns)
            trail->blind_ns = event->wall_ns;
        trail->seeing_ns = 0;
    } else if (trail->blind_ns &&
               (is_of_our_rules(event, "add_rule") || begins(what, "set audit_enabled=1") ||
                begins(what, "set audit_enabled=2"))) {
        trail->seeing_ns = event->wall_ns;
    }
}

int gaps_end_blind(struct trail *trail, struct trail_rows *rows)
{
    const struct gap gap = {.cause = "the audit rules were not in the kernel",
                            .from_ns = trail->blind_ns,
                            .to_ns = trail->seeing_ns};
    if (!gap.from_ns || !gap.to_ns)
        return 0;
    trail->blind_ns = trail->seeing_ns = 0;
    return give(trail, &gap, rows);
}

uint64_t gaps_due_ns(const struct trail *trail)
{
    return trail->blind_ns && trail->seeing_ns ? trail->seeing_ns + RESTORED_NS : UINT64_MAX;
}

int gaps_take(struct trail *trail, const struct audit_event *event, struct trail_rows *rows)
{
    switch (event->act) {
    case ACT_AUDIT_STARTED:
        return take_start(trail, event, rows);
    case ACT_AUDIT_ENDED:
        trail->ended_ns = last_written_ns(trail, event->wall_ns);
        return 0;
    case ACT_AUDIT_RESUMED:
        return take_trouble(trail, event, "auditd had suspended writing", rows);
    case ACT_AUDIT_TROUBLE:
        return take_trouble(trail, event, "auditd could not write", rows);
    case ACT_AUDIT_TORN:
        trail->torn = true;
        trail->missing += event->missing;
        return 0;
    case ACT_AUDIT_CHANGED:
        take_change(trail, event);
        return 0;
    case ACT_READ:
    case ACT_WRITE:
    case ACT_CREATE:
    case ACT_DELETE:
    case ACT_RENAME:
    case ACT_CHANGE:
    case ACT_LOGIN:
    case ACT_LOGIN_FAILED:
    case ACT_LOGIN_REFUSED:
    case ACT_LOGOUT:
    case ACT_MAX:
        break;
    }
    return 0;
}
