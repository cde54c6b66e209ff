// SPDX-License-Identifier: GPL-3.0-or-later
// One device among the others, and what is decided on it.
#include "udev/verdict.h"

#include "base/moment.h"
#include "base/text.h"

#include <errno.h>

void view_clear(struct view *view)
{
    usb_devices_clear(&view->all);
}

int view_read(const struct place *place, const char *sysname, struct view *ret)
{
    CLEANUP(view_clear) struct view view = {0};
    int r = usb_sysfs_read_beside(place->sys, sysname, &view.all);
    if (r < 0)
        return r;
    for (size_t i = 0; i < view.all.n && !view.device; i++)
        if (text_equal(view.all.items[i]->sysname, sysname))
            view.device = view.all.items[i];
    if (!view.device)
        return -ENOENT;

    const struct moment now = moment_now();
    const struct host host = {
        .agent_alive = place->agent_alive,
        .locked = place->screen_locked,
        .before = tenant_before(place->run, view.device, now.monotonic_ns, place->agent_alive),
        .wall_ns = now.wall_ns,
        .plugged = view.all.items,
        .n_plugged = view.all.n,
    };
    decide_usb(place->gate, &host, view.device, &view.verdict);
    *ret = view;
    view = (struct view){0};
    return 0;
}

bool verdict_is_plain(const struct verdict *verdict)
{
    return verdict->allowed && !verdict->read_only && !verdict->encrypted && !verdict->unidentified;
}

void verdict_keep_first(int *first, int r)
{
    if (*first == 0 && r < 0 && r != -ENOENT && r != -ENODEV)
        *first = r;
}
