// SPDX-License-Identifier: GPL-3.0-or-later
// A run of the agent reaches from agent.started to agent.stopped, or to the last row before the
// next start; agent.gap rows are taken out of it again.
#include "report/watched.h"

#include "base/text.h"

#include <string.h>

void watched_init(struct watched *watched, enum watched_cover cover, uint64_t begin_ns,
                  uint64_t end_ns)
{
    *watched = (struct watched){.cover = cover, .begin_ns = begin_ns, .end_ns = end_ns};
}

void watched_clear(struct watched *watched)
{
    spans_clear(&watched->on);
    spans_clear(&watched->seen);
    spans_clear(&watched->edges);
    spans_clear(&watched->holes);
    unread_clear(&watched->unread);
}

static int add(const struct watched *watched, struct spans *spans, uint64_t from_ns, uint64_t to_ns)
{
    return spans_add(spans, from_ns > watched->begin_ns ? from_ns : watched->begin_ns,
                     to_ns < watched->end_ns ? to_ns : watched->end_ns);
}

static int end_run(struct watched *watched)
{
    if (!watched->running)
        return 0;
    watched->running = false;
    return add(watched, &watched->seen, watched->run_from_ns, watched->alive_ns);
}

static void begin_run(struct watched *watched, uint64_t from_ns)
{
    watched->running = true;
    watched->stopped = false;
    watched->run_from_ns = watched->alive_ns = from_ns;
}

// The first row of a month whose boot began before it: the agent went on over the turn of the
// month. If it did not, an agent.gap row follows and takes the time out again.
static void begin_data(struct watched *watched, const struct moment *at)
{
    bool booted_before = at->wall_ns > at->monotonic_ns && //
                         at->wall_ns - at->monotonic_ns < watched->begin_ns;
    if (booted_before)
        begin_run(watched, at->wall_ns < watched->begin_ns ? at->wall_ns : watched->begin_ns);
}

static bool is_covered(const struct watched *watched, const struct fact *fact, json_object *details,
                       uint64_t from_ns)
{
    switch (watched->cover) {
    case WATCHED_GATE:
        return json_get_bool(details, "covered");
    case WATCHED_FIREWALL:
        return json_get_bool(details, "firewall") &&
               from_ns + fact->at.monotonic_ns <= fact->at.wall_ns + NS_PER_S;
    }
    return false;
}

static bool is_excused(const struct watched *watched, const struct fact *fact, json_object *details,
                       uint64_t from_ns, uint64_t to_ns)
{
    uint64_t length = to_ns - from_ns;
    if (is_covered(watched, fact, details, from_ns))
        return length <= WATCHED_START_UP_MAX_NS;
    // The end of an earlier boot, right behind an orderly stop.
    const char *boot = json_get_text(details, "boot");
    return watched->stopped && boot && !text_equal(boot, fact->at.boot) &&
           from_ns <= watched->stopped_ns + NS_PER_S * 5 && length <= WATCHED_SHUTDOWN_MAX_NS;
}

static int take_gap(struct watched *watched, const struct fact *fact, json_object *details)
{
    int r = unread_take(&watched->unread, fact, details);
    if (r < 0 || text_equal(json_get_text(details, "source"), "audit"))
        return r;
    uint64_t from = json_get_number(details, "from_ns"), to = json_get_number(details, "to_ns");
    watched->lost += json_get_number(details, "lost");
    if (from >= to)
        return 0;
    struct spans *spans =
        is_excused(watched, fact, details, from, to) ? &watched->edges : &watched->holes;
    return add(watched, spans, from, to);
}

int watched_take(struct watched *watched, const struct query_row *row, json_object *details)
{
    const struct fact *fact = &row->fact;
    if (!watched->any && watched->boot[0] == '\0' && fact->kind == FACT_LEDGER_OPENED)
        begin_data(watched, &fact->at);
    if (strcmp(watched->boot, fact->at.boot) != 0) {
        int r = watched->boot[0] ? end_run(watched) : 0;
        if (r < 0)
            return r;
        memcpy(watched->boot, fact->at.boot, sizeof watched->boot);
    }
    watched->last_ns = fact->at.wall_ns;
    if (watched->running && fact->at.wall_ns > watched->alive_ns)
        watched->alive_ns = fact->at.wall_ns;

    switch ((int)fact->kind) {
    case FACT_AGENT_STARTED:
        watched->any = true;
        if (watched->running)
            return 0; // it had died without a word: the gap row says for how long
        begin_run(watched, fact->at.wall_ns);
        return 0;
    case FACT_AGENT_STOPPED:
        watched->any = watched->stopped = true;
        watched->stopped_ns = fact->at.wall_ns;
        return end_run(watched);
    case FACT_AGENT_GAP:
        watched->any = true;
        return take_gap(watched, fact, details);
    case FACT_LEDGER_SEALED:
        watched->any = watched->any || watched->running;
        return 0;
    default:
        return 0;
    }
}

int watched_end(struct watched *watched)
{
    int r = end_run(watched);
    if (r == 0)
        r = spans_remove(&watched->holes, 0, watched->begin_ns);
    if (r == 0)
        r = spans_remove(&watched->edges, 0, watched->begin_ns);
    if (r == 0)
        r = unread_end(&watched->unread, watched->last_ns,
                       &(struct span){watched->begin_ns, watched->end_ns});
    if (r == 0)
        r = spans_remove_all(&watched->edges, &watched->holes);
    if (r == 0)
        r = spans_remove_all(&watched->seen, &watched->holes);
    if (r == 0)
        r = spans_remove_all(&watched->seen, &watched->edges);
    if (r == 0)
        r = spans_add_all(&watched->on, &watched->seen);
    if (r == 0)
        r = spans_add_all(&watched->on, &watched->edges);
    return r < 0 ? r : spans_add_all(&watched->on, &watched->holes);
}
