// SPDX-License-Identifier: GPL-3.0-or-later
// The list of watches.
#include "daemon/watches.h"

#include "base/log.h"

#include <errno.h>
#include <string.h>

static const struct watch *const all[] = {
    &watch_login,   &watch_usb,   &watch_medium,  &watch_gadget,    &watch_clock,  &watch_audit,
    &watch_network, &watch_radio, &watch_storage, &watch_antivirus, &watch_posture};

struct watches {
    struct watch_context context; // watches borrow it
    void *states[ELEMENTS(all)];
    size_t started;
};

int watches_start(const struct watch_context *context, struct watches **ret)
{
    CLEANUP(watches_stop_p) struct watches *watches = calloc(1, sizeof *watches);
    if (!watches)
        return -ENOMEM;
    watches->context = *context;
    for (; watches->started < ELEMENTS(all); watches->started++) {
        size_t i = watches->started;
        int r = all[i]->start(&watches->context, &watches->states[i]);
        if (r < 0) {
            log_error("the watch %s does not start: %s", all[i]->name, strerror(-r));
            return r;
        }
    }
    *ret = TAKE_PTR(watches);
    return 0;
}

void watches_stop(struct watches *watches)
{
    if (!watches)
        return;
    while (watches->started > 0) {
        watches->started--;
        all[watches->started]->stop(watches->states[watches->started]);
    }
    free(watches);
}

int watches_snapshot(struct watches *watches)
{
    int first = 0;
    for (size_t i = 0; i < ELEMENTS(all); i++) {
        int r = all[i]->snapshot(watches->states[i]);
        if (r < 0) {
            log_error("the watch %s can't read the present state: %s", all[i]->name, strerror(-r));
            first = first < 0 ? first : r;
        }
    }
    return first;
}

void *watches_state(const struct watches *watches, const struct watch *watch)
{
    for (size_t i = 0; i < ELEMENTS(all); i++)
        if (all[i] == watch)
            return watches->states[i];
    return NULL;
}
