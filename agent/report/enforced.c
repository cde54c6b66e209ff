// SPDX-License-Identifier: GPL-3.0-or-later
// The mode holds from one row that tells it to the next.
#include "report/enforced.h"

#include "base/text.h"
#include "policy/gate.h"

void enforced_clear(struct enforced *enforced)
{
    spans_clear(&enforced->observed);
    spans_clear(&enforced->unknown);
    *enforced = (struct enforced){0};
}

static enum month_mode mode_of(const char *word)
{
    return text_equal(word, gate_mode_to_str(MODE_ENFORCE))   ? MONTH_MODE_ENFORCE
           : text_equal(word, gate_mode_to_str(MODE_OBSERVE)) ? MONTH_MODE_OBSERVE
                                                              : MONTH_MODE_UNKNOWN;
}

static void merge(struct enforced *enforced, enum month_mode mode)
{
    if (enforced->mode != MONTH_MODE_OBSERVE)
        enforced->mode = mode;
}

static int hold_until(struct enforced *enforced, uint64_t wall_ns)
{
    uint64_t since = enforced->since_ns;
    enforced->since_ns = wall_ns;
    switch (enforced->now) {
    case MONTH_MODE_OBSERVE:
        return spans_add(&enforced->observed, since, wall_ns);
    case MONTH_MODE_UNKNOWN:
        return spans_add(&enforced->unknown, since, wall_ns);
    case MONTH_MODE_ENFORCE:
        return 0;
    }
    return 0;
}

// Nothing told it before this row. What is stated, or found at a start, held before; a change is
// one to what did not.
static enum month_mode guess_earlier(const struct fact *fact, enum month_mode mode)
{
    bool changed = fact->kind == FACT_MODE_CHANGED && !text_equal(fact->outcome, "stated");
    return changed ? MONTH_MODE_OBSERVE : mode;
}

int enforced_take(struct enforced *enforced, const struct fact *fact, const char *word,
                  uint64_t begin_ns)
{
    if (!word)
        return 0;
    enum month_mode mode = mode_of(word);
    if (enforced->now == MONTH_MODE_UNKNOWN)
        enforced->now = guess_earlier(fact, mode);
    if (fact->at.wall_ns >= begin_ns) {
        merge(enforced, enforced->now);
        merge(enforced, mode);
    }
    int r = hold_until(enforced, fact->at.wall_ns);
    enforced->now = mode;
    return r;
}

int enforced_end(struct enforced *enforced, const struct span *period)
{
    if (enforced->mode == MONTH_MODE_UNKNOWN)
        enforced->mode = enforced->now;
    int r = hold_until(enforced, period->to_ns);
    if (r == 0)
        r = spans_cut(&enforced->observed, period);
    return r < 0 ? r : spans_cut(&enforced->unknown, period);
}
