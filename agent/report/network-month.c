// SPDX-License-Identifier: GPL-3.0-or-later
// Hands the rows on, and names the gaps.
#include "report/network-month.h"

#include "base/text.h"
#include "policy/guard.h"

#include <assert.h>
#include <errno.h>

#define FIREWALL "firewall" // agent.tampered

static const char *const causes[] = {
    [NETWORK_GAP_AWAY] = "agent-away",
    [NETWORK_GAP_OBSERVE] = "observe",
    [NETWORK_GAP_MODE_UNKNOWN] = "mode-unknown",
    [NETWORK_GAP_CLOCK] = "clock",
};
static_assert(ELEMENTS(causes) == NETWORK_GAP_CAUSE_MAX, "a word for each cause");

const char *network_gap_cause_to_str(enum network_gap_cause cause)
{
    assert(cause < NETWORK_GAP_CAUSE_MAX);
    return causes[cause];
}

void network_month_init(struct network_month *network, const struct span *month)
{
    *network = (struct network_month){0};
    watched_init(&network->watched, WATCHED_FIREWALL, month->from_ns, month->to_ns);
}

void network_month_clear(struct network_month *network)
{
    watched_clear(&network->watched);
    enforced_clear(&network->enforced);
    breaches_clear(&network->breaches);
    peers_clear(&network->peers);
    spans_clear(&network->steps);
    spans_clear(&network->open);
    free(network->gaps);
    *network = (struct network_month){0};
}

void network_month_begin(struct network_month *network, uint64_t begin_ns)
{
    network->watched.begin_ns = begin_ns;
}

// ---- Rows --------------------------------------------------------------------------------------

static int take_mode(struct network_month *network, const struct fact *fact, json_object *details)
{
    const char *guard = guard_to_str(GUARD_NETWORK);
    const char *word = fact->kind == FACT_AGENT_STARTED
                           ? json_get_text(json_get(details, "modes"), guard)
                       : text_equal(fact->object, guard) ? json_get_text(details, "mode")
                                                         : NULL;
    return enforced_take(&network->enforced, fact, word, network->watched.begin_ns);
}

static int take_step(struct network_month *network, json_object *details)
{
    uint64_t from = json_get_number(details, "from_ns"), to = json_get_number(details, "to_ns");
    return from < to ? spans_add(&network->steps, from, to)
                     : spans_add(&network->steps, to, from); // set back: it was there twice
}

static int take_other(struct network_month *network, const struct fact *fact, json_object *details)
{
    switch ((int)fact->kind) {
    case FACT_AGENT_STARTED:
    case FACT_MODE_CHANGED:
        return take_mode(network, fact, details);
    case FACT_CLOCK_STEPPED:
        return take_step(network, details);
    case FACT_AGENT_TAMPERED:
        network->tampered += text_equal(fact->object, FIREWALL) &&
                             fact->at.wall_ns >= network->watched.begin_ns &&
                             fact->at.wall_ns < network->watched.end_ns;
        return 0;
    default:
        return 0;
    }
}

int network_month_take(struct network_month *network, const struct query_row *row,
                       json_object *details)
{
    int r = watched_take(&network->watched, row, details);
    if (r == 0)
        r = breaches_take(&network->breaches, &row->fact, details);
    return r < 0 ? r : take_other(network, &row->fact, details);
}

// ---- The month ---------------------------------------------------------------------------------

static int name_gaps(struct network_month *network, const struct spans *spans,
                     enum network_gap_cause cause)
{
    struct network_gap *more =
        reallocarray(network->gaps, network->n_gaps + spans->n + 1, sizeof *more);
    if (!more)
        return -ENOMEM;
    network->gaps = more;
    for (size_t i = 0; i < spans->n; i++)
        more[network->n_gaps++] = (struct network_gap){spans->items[i], cause};
    return spans_add_all(&network->open, spans);
}

// While nobody was there it is that which is to be named.
static int name_seen_gaps(struct network_month *network, struct spans *spans,
                          enum network_gap_cause cause)
{
    int r = spans_keep(spans, &network->watched.on);
    if (r == 0)
        r = spans_remove_all(spans, &network->watched.holes);
    return r < 0 ? r : name_gaps(network, spans, cause);
}

static int by_begin(const void *a, const void *b)
{
    const struct network_gap *x = a, *y = b;
    return x->span.from_ns < y->span.from_ns ? -1 : x->span.from_ns > y->span.from_ns;
}

int network_month_end(struct network_month *network, const struct span *month, uint64_t now_ns)
{
    int r = watched_end(&network->watched);
    if (r == 0)
        r = enforced_end(&network->enforced, month);
    if (r == 0)
        r = breaches_end(&network->breaches, month, now_ns);
    if (r == 0)
        r = name_gaps(network, &network->watched.holes, NETWORK_GAP_AWAY);
    if (r == 0)
        r = name_seen_gaps(network, &network->enforced.observed, NETWORK_GAP_OBSERVE);
    if (r == 0)
        r = name_seen_gaps(network, &network->enforced.unknown, NETWORK_GAP_MODE_UNKNOWN);
    if (r == 0)
        r = name_seen_gaps(network, &network->steps, NETWORK_GAP_CLOCK);
    if (r == 0 && network->n_gaps > 0)
        qsort(network->gaps, network->n_gaps, sizeof network->gaps[0], by_begin);
    return r;
}
