// SPDX-License-Identifier: GPL-3.0-or-later
// A device has come: decided, written down if nobody else does, and opened or shut.
#include "udev/verdict.h"

#include "base/log.h"
#include "enforce/enforce.h"
#include "fact/spool.h"
#include "fact/usb_name.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

static const char *word_for(const struct view *view)
{
    return !view->verdict.allowed ? "block" : view->verdict.partial ? "partial" : "allow";
}

static bool is_whole(const struct place *place, const struct verdict *verdict)
{
    return place->gate->mode == MODE_ENFORCE && place->agent_alive && verdict->needs_record &&
           verdict->allowed && !verdict->partial && verdict_is_plain(verdict);
}

// For the daemon to record when it comes. 0, 1 (only counted), or −errno.
static int spool(const struct place *place, const struct view *view, const struct answer *answer)
{
    // The texts are borrowed; nobody frees them here.
    const struct spool_entry entry = {
        .at = moment_now(),
        .device = (struct usb_device *)view->device,
        .verdict = (char *)answer->verdict,
        .reason = (char *)reason_to_str(answer->reason),
        .rule = (char *)answer->rule,
        .mode = (char *)gate_mode_to_str(place->gate->mode),
        .error = -answer->error,
    };
    return place->run < 0 ? -ENOENT : spool_write(place->run, &entry);
}

static int open_device(const struct place *place, const struct view *view, struct answer *answer)
{
    if (view->device->authorized)
        return 0;
    if (view->verdict.needs_record && place->agent_alive) {
        answer->pending = true;
        return 0;
    }
    // What the initramfs opens is what the system stands on: it has to be there after sleep.
    if (!place->initramfs && usb_device_has_function(view->device, USB_STORAGE))
        return enforce_usb_authorize_storage(place->sys, view->device->sysname);
    return enforce_usb_authorize(place->sys, view->device->sysname);
}

static int enforce(const struct place *place, const struct view *view, struct answer *answer)
{
    const char *sysname = view->device->sysname;
    if (view->device->root_hub)
        return enforce_usb_shut_bus(place->sys, sysname);
    if (!view->verdict.allowed)
        return view->device->authorized && !place_needs(place, sysname)
                   ? enforce_usb_deauthorize(place->sys, sysname)
                   : 0;
    // A device takes the default for its interfaces when it is authorized: shut it before.
    int r = enforce_usb_shut_interfaces(place->sys, sysname);
    return r < 0 ? r : open_device(place, view, answer);
}

static void shut_unrecorded(struct answer *answer, int error)
{
    answer->verdict = "block";
    answer->reason = REASON_AGENT_AWAY;
    answer->error = error;
}

// Closing acts are enforced first and then written down, opening acts the other way round: what
// can't be written down is not opened.
static void act(const struct place *place, const struct view *view, struct answer *answer)
{
    bool enforcing = place->gate->mode == MODE_ENFORCE;
    bool spooling = !place->agent_alive && !view->device->root_hub;
    bool opening = view->verdict.allowed && view->verdict.needs_record;
    if (spooling && opening) {
        int r = spool(place, view, answer);
        if (r != 0 && enforcing && !view->device->authorized) {
            shut_unrecorded(answer, r < 0 ? r : -ENOSPC);
            return;
        }
    }
    if (enforcing)
        answer->error = enforce(place, view, answer);
    if (spooling && !opening) {
        int r = spool(place, view, answer);
        if (r < 0)
            log_warning("spool: %s, going on without a record", strerror(-r));
    }
}

int verdict_device(const struct place *place, const char *sysname, struct answer *ret)
{
    CLEANUP(view_clear) struct view view = {0};
    struct answer answer = {.verdict = "gone"};
    struct usb_name name;
    int r = usb_name_parse_device(sysname, &name);
    if (r == 0)
        r = view_read(place, sysname, &view);
    if (r == 0) {
        answer.verdict = word_for(&view);
        answer.reason = view.verdict.reason;
        (void)snprintf(answer.rule, sizeof answer.rule, "%s", view.verdict.rule);
        answer.whole = is_whole(place, &view.verdict);
        act(place, &view, &answer);
    } else if (r != -ENOENT) {
        return r;
    }
    *ret = answer;
    return 0;
}
