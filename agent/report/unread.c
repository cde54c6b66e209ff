// SPDX-License-Identifier: GPL-3.0-or-later
// A gap that lasts is told twice: when it begins, and once it has ended.
#include "report/unread.h"

#include "base/text.h"

#include <string.h>

void unread_clear(struct unread *unread)
{
    spans_clear(&unread->spans);
    *unread = (struct unread){0};
}

static void set_open(struct unread *unread, uint64_t before, uint64_t after)
{
    for (size_t i = 0; i < UNREAD_OPEN_MAX; i++)
        if (unread->open_ns[i] == before) {
            unread->open_ns[i] = after;
            return;
        }
}

// With a boot all begins anew, and no row tells the end: it was before this one.
static int close_open(struct unread *unread, uint64_t to_ns)
{
    int r = 0;
    for (size_t i = 0; r == 0 && i < UNREAD_OPEN_MAX; i++) {
        if (unread->open_ns[i] != 0)
            r = spans_add(&unread->spans, unread->open_ns[i], to_ns);
        unread->open_ns[i] = 0;
    }
    return r;
}

int unread_take(struct unread *unread, const struct fact *fact, json_object *details)
{
    if (strcmp(unread->boot, fact->at.boot) != 0) {
        int r = close_open(unread, fact->at.wall_ns);
        if (r < 0)
            return r;
        memcpy(unread->boot, fact->at.boot, sizeof unread->boot);
    }
    uint64_t from = json_get_number(details, "from_ns"), to = json_get_number(details, "to_ns");
    // auditd's own, from an orderly end to the next start, is none: the machine was off.
    if (!text_equal(json_get_text(details, "source"), "audit") || json_get_bool(details, "booted"))
        return 0;
    unread->lost += json_get_number(details, "lost");
    if (to == 0) {
        set_open(unread, 0, from);
        to = fact->at.wall_ns;
    } else if (from != 0)
        set_open(unread, from, 0);
    if (to > 0 && (from == 0 || from >= to))
        from = to - 1; // however short: it is there
    return spans_add(&unread->spans, from, to);
}

int unread_end(struct unread *unread, uint64_t now_ns, const struct span *period)
{
    int r = close_open(unread, now_ns);
    return r < 0 ? r : spans_cut(&unread->spans, period);
}
