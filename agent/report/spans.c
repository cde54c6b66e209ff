// SPDX-License-Identifier: GPL-3.0-or-later
// A sorted array: a month has some hundred stretches.
#include "report/spans.h"

#include <errno.h>
#include <stdbool.h>
#include <string.h>

void spans_clear(struct spans *spans)
{
    free(spans->items);
    memset(spans, 0, sizeof *spans);
}

static int append(struct spans *spans, uint64_t from_ns, uint64_t to_ns)
{
    if (from_ns >= to_ns)
        return 0;
    struct span *more = reallocarray(spans->items, spans->n + 1, sizeof *more);
    if (!more)
        return -ENOMEM;
    spans->items = more;
    spans->items[spans->n++] = (struct span){from_ns, to_ns};
    return 0;
}

static int by_begin(const void *a, const void *b)
{
    const struct span *x = a, *y = b;
    return x->from_ns < y->from_ns ? -1 : x->from_ns > y->from_ns;
}

// Sorts and joins what touches.
static void join(struct spans *spans)
{
    if (spans->n == 0)
        return;
    qsort(spans->items, spans->n, sizeof spans->items[0], by_begin);
    size_t last = 0;
    for (size_t i = 1; i < spans->n; i++) {
        struct span *end = &spans->items[last], next = spans->items[i];
        if (next.from_ns > end->to_ns)
            spans->items[++last] = next;
        else if (next.to_ns > end->to_ns)
            end->to_ns = next.to_ns;
    }
    spans->n = last + 1;
}

int spans_add(struct spans *spans, uint64_t from_ns, uint64_t to_ns)
{
    // In the order of time, as rows come, nothing has to be sorted.
    bool in_order = spans->n == 0 || spans->items[spans->n - 1].to_ns < from_ns;
    int r = append(spans, from_ns, to_ns);
    if (r == 0 && !in_order)
        join(spans);
    return r;
}

int spans_remove(struct spans *spans, uint64_t from_ns, uint64_t to_ns)
{
    if (from_ns >= to_ns)
        return 0;
    struct spans left = {0};
    int r = 0;
    for (size_t i = 0; r == 0 && i < spans->n; i++) {
        const struct span *s = &spans->items[i];
        r = append(&left, s->from_ns, s->to_ns < from_ns ? s->to_ns : from_ns);
        if (r == 0)
            r = append(&left, s->from_ns > to_ns ? s->from_ns : to_ns, s->to_ns);
    }
    if (r < 0) {
        spans_clear(&left);
        return r;
    }
    spans_clear(spans);
    *spans = left;
    return 0;
}

int spans_cut(struct spans *spans, const struct span *period)
{
    int r = spans_remove(spans, 0, period->from_ns);
    return r < 0 ? r : spans_remove(spans, period->to_ns, UINT64_MAX);
}

int spans_remove_all(struct spans *spans, const struct spans *others)
{
    int r = 0;
    for (size_t i = 0; r == 0 && i < others->n; i++)
        r = spans_remove(spans, others->items[i].from_ns, others->items[i].to_ns);
    return r;
}

int spans_add_all(struct spans *spans, const struct spans *others)
{
    int r = 0;
    for (size_t i = 0; r == 0 && i < others->n; i++)
        r = spans_add(spans, others->items[i].from_ns, others->items[i].to_ns);
    return r;
}

int spans_keep(struct spans *spans, const struct spans *others)
{
    struct spans outside = {0};
    int r = spans_add_all(&outside, spans);
    if (r == 0)
        r = spans_remove_all(&outside, others);
    if (r == 0)
        r = spans_remove_all(spans, &outside);
    spans_clear(&outside);
    return r;
}

uint64_t spans_total(const struct spans *spans, uint64_t from_ns, uint64_t to_ns)
{
    uint64_t total = 0;
    for (size_t i = 0; i < spans->n; i++) {
        uint64_t from = spans->items[i].from_ns > from_ns ? spans->items[i].from_ns : from_ns;
        uint64_t to = spans->items[i].to_ns < to_ns ? spans->items[i].to_ns : to_ns;
        total += from < to ? to - from : 0;
    }
    return total;
}
