// SPDX-License-Identifier: GPL-3.0-or-later
// A breach is known by when it began: both of its rows name that instant. It ends by its own row;
// where the agent ended first, or rows were lost, its end is not known.
#include "report/breaches.h"

#include "base/text.h"

#include <assert.h>
#include <errno.h>
#include <string.h>

static const char *const ends[] = {
    [BREACH_ENDED] = "ended",
    [BREACH_CONTINUES] = "continues",
    [BREACH_OPEN] = "open",
    [BREACH_UNKNOWN] = "unknown",
};
static_assert(ELEMENTS(ends) == BREACH_END_MAX, "a word for each end");

const char *breach_end_to_str(enum breach_end end)
{
    assert(end < BREACH_END_MAX);
    return ends[end];
}

static void breach_clear(struct breach *breach)
{
    free(breach->link);
    free(breach->mac);
    free(breach->reason);
    free(breach->outcome);
    *breach = (struct breach){0};
}

void breaches_clear(struct breaches *breaches)
{
    for (size_t i = 0; i < breaches->n; i++)
        breach_clear(&breaches->items[i]);
    free(breaches->items);
    spans_clear(&breaches->spans);
    *breaches = (struct breaches){0};
}

// ---- Rows --------------------------------------------------------------------------------------

static uint64_t since_of(const struct fact *fact, json_object *details)
{
    uint64_t since = json_get_number(details, "since_ns");
    return since != 0 ? since : fact->at.wall_ns;
}

static struct breach *find(struct breaches *breaches, uint64_t since_ns, const char *reason)
{
    for (size_t i = breaches->n; i > 0; i--) {
        struct breach *breach = &breaches->items[i - 1];
        if (breach->from_ns == since_ns && text_equal(breach->reason, reason))
            return breach;
    }
    return NULL;
}

static char *printable(const char *text)
{
    return text_printable(text ? text : "");
}

// *ret is NULL if there are too many.
static int add(struct breaches *breaches, const struct fact *fact, json_object *details,
               struct breach **ret)
{
    *ret = NULL;
    if (breaches->n >= BREACHES_MAX) {
        breaches->unlisted++;
        return 0;
    }
    struct breach *more = reallocarray(breaches->items, breaches->n + 1, sizeof *more);
    if (!more)
        return -ENOMEM;
    breaches->items = more;
    struct breach *new = &more[breaches->n++];
    bool told = fact->kind == FACT_AIRGAP_BROKEN && !text_equal(fact->outcome, "stated");
    *new = (struct breach){
        .link = printable(fact->object),
        .mac = printable(json_get_text(details, "mac")),
        .reason = printable(json_get_text(details, "reason")),
        .outcome = printable(told ? fact->outcome : NULL),
        .from_ns = since_of(fact, details),
        .end = BREACH_OPEN,
    };
    *ret = new;
    return new->link &&new->mac &&new->reason &&new->outcome ? 0 : -ENOMEM;
}

static int find_or_add(struct breaches *breaches, const struct fact *fact, json_object *details,
                       struct breach **ret)
{
    const char *reason = json_get_text(details, "reason");
    *ret = find(breaches, since_of(fact, details), reason ? reason : "");
    return *ret ? 0 : add(breaches, fact, details, ret);
}

static int take_broken(struct breaches *breaches, const struct fact *fact, json_object *details)
{
    struct breach *breach = NULL;
    int r = find_or_add(breaches, fact, details, &breach);
    if (breach && breach->end == BREACH_UNKNOWN)
        breach->end = BREACH_OPEN; // it is still there
    return r;
}

static int take_restored(struct breaches *breaches, const struct fact *fact, json_object *details)
{
    struct breach *breach = NULL;
    int r = find_or_add(breaches, fact, details, &breach);
    if (!breach)
        return r;
    breach->end = BREACH_ENDED;
    breach->until_ns = fact->at.wall_ns;
    breach->length_ns = json_get_number(details, "duration_ns");
    return r;
}

// Nobody saw what came from `seen_ns` to `to_ns`. Told again, it can only be known to be less.
static void lose(struct breaches *breaches, uint64_t seen_ns, uint64_t to_ns)
{
    for (size_t i = 0; i < breaches->n; i++) {
        struct breach *breach = &breaches->items[i];
        if (breach->from_ns >= to_ns)
            continue;
        if (breach->end == BREACH_OPEN ||
            (breach->end == BREACH_UNKNOWN && seen_ns < breach->until_ns)) {
            breach->end = BREACH_UNKNOWN;
            breach->until_ns = seen_ns > breach->from_ns ? seen_ns : breach->from_ns;
        }
    }
}

static void take_gap(struct breaches *breaches, json_object *details)
{
    uint64_t from = json_get_number(details, "from_ns"), to = json_get_number(details, "to_ns");
    if (text_equal(json_get_text(details, "source"), "audit") || from >= to)
        return;
    lose(breaches, from < breaches->last_ns ? from : breaches->last_ns, to);
}

// Rows about the agent's own present. Those about people are caught up from auditd's log, and may
// tell of a time in which nobody watched the network.
static bool is_present(enum fact_kind kind)
{
    return kind == FACT_LEDGER_OPENED || kind == FACT_LEDGER_SEALED || kind == FACT_AIRGAP_BROKEN ||
           kind == FACT_AIRGAP_RESTORED || kind == FACT_NETWORK_CHANGED ||
           kind == FACT_AGENT_STARTED || kind == FACT_AGENT_STOPPED;
}

static void note_boot(struct breaches *breaches, const struct fact *fact)
{
    if (strcmp(breaches->boot, fact->at.boot) == 0)
        return;
    lose(breaches, breaches->last_ns, UINT64_MAX);
    memcpy(breaches->boot, fact->at.boot, sizeof breaches->boot);
}

int breaches_take(struct breaches *breaches, const struct fact *fact, json_object *details)
{
    int r = 0;
    if (is_present(fact->kind))
        note_boot(breaches, fact);
    switch ((int)fact->kind) {
    case FACT_AIRGAP_BROKEN:
        r = take_broken(breaches, fact, details);
        break;
    case FACT_AIRGAP_RESTORED:
        r = take_restored(breaches, fact, details);
        break;
    case FACT_AGENT_GAP:
        take_gap(breaches, details);
        break;
    case FACT_AGENT_STARTED: // after a death without a gap: not even its moment is known
        lose(breaches, breaches->last_ns, UINT64_MAX);
        break;
    case FACT_AGENT_STOPPED:
        lose(breaches, fact->at.wall_ns, UINT64_MAX);
        break;
    default:
        break;
    }
    if (is_present(fact->kind))
        breaches->last_ns = fact->at.wall_ns;
    return r;
}

// ---- The month ---------------------------------------------------------------------------------

static void settle(struct breach *breach, const struct span *month, uint64_t now_ns,
                   uint64_t last_ns)
{
    if (breach->end == BREACH_OPEN) {
        breach->until_ns = last_ns > breach->from_ns ? last_ns : breach->from_ns;
        breach->end = now_ns < month->to_ns ? BREACH_OPEN : BREACH_UNKNOWN;
    }
    if (breach->from_ns < month->to_ns && breach->until_ns >= month->to_ns) {
        breach->end = BREACH_CONTINUES;
        breach->until_ns = month->to_ns;
    }
    breach->earlier = breach->from_ns < month->from_ns;
}

// Where it lies on the wall clock. Its length is counted by the other clock, which nobody sets.
static struct span place(const struct breach *breach, const struct span *month)
{
    uint64_t until = breach->until_ns;
    if (breach->end == BREACH_ENDED && breach->length_ns > 0)
        until = breach->from_ns + breach->length_ns;
    return (struct span){breach->from_ns > month->from_ns ? breach->from_ns : month->from_ns,
                         until < month->to_ns ? until : month->to_ns};
}

// One that ended in the very instant in which it began was there all the same.
static bool is_outside(const struct breach *breach, const struct span *month)
{
    return breach->from_ns >= month->to_ns ||
           (breach->earlier && breach->until_ns <= month->from_ns);
}

int breaches_end(struct breaches *breaches, const struct span *month, uint64_t now_ns)
{
    size_t kept = 0;
    int r = 0;
    for (size_t i = 0; i < breaches->n; i++) {
        struct breach *breach = &breaches->items[i];
        settle(breach, month, now_ns, breaches->last_ns);
        if (is_outside(breach, month)) {
            breach_clear(breach);
            continue;
        }
        struct span span = place(breach, month);
        breach->length_ns = span.from_ns < span.to_ns ? span.to_ns - span.from_ns : 0;
        breaches->least |= breach->end == BREACH_OPEN || breach->end == BREACH_UNKNOWN;
        if (r == 0)
            r = spans_add(&breaches->spans, span.from_ns, span.to_ns);
        breaches->items[kept++] = *breach;
    }
    breaches->n = kept;
    return r;
}
