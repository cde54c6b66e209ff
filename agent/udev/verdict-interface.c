// SPDX-License-Identifier: GPL-3.0-or-later
// An interface has come, which happens when its device has been authorized: granted or left shut.
#include "udev/verdict.h"

#include "enforce/enforce.h"
#include "fact/usb_name.h"

#include <errno.h>
#include <stdio.h>

static bool is_granted(const struct usb_device *device, const struct usb_name *name)
{
    for (size_t i = 0; i < device->n_interfaces; i++)
        if (device->interfaces[i].configuration == name->configuration &&
            device->interfaces[i].number == name->number)
            return device->interfaces[i].granted;
    return true; // not described: find out by trying
}

static int enforce(const struct place *place, const struct view *view, const struct usb_name *name,
                   const char *sysname, bool covered)
{
    if (view->device->root_hub)
        return 0; // it is bound before udev hears of the bus
    if (covered)
        return enforce_usb_grant_interface(place->sys, sysname);
    if (place_needs(place, view->device->sysname))
        return 0;
    int r = is_granted(view->device, name) ? enforce_usb_refuse_interface(place->sys, sysname) : 0;
    // Somebody authorized what must not be. The daemon puts that back and tells; without it, here.
    if (!view->verdict.allowed && !place->agent_alive && view->device->authorized) {
        int shut = enforce_usb_deauthorize(place->sys, view->device->sysname);
        r = shut < 0 ? shut : 0; // with the device its interfaces have gone
    }
    return r;
}

int verdict_interface(const struct place *place, const char *sysname, struct answer *ret)
{
    CLEANUP(view_clear) struct view view = {0};
    struct answer answer = {.verdict = "gone"};
    struct usb_name name;
    int r = usb_name_parse_interface(sysname, &name);
    if (r == 0)
        r = view_read(place, name.device, &view);
    if (r == 0) {
        bool covered = view.device->root_hub ||
                       verdict_covers(&view.verdict, view.device, name.configuration, name.number);
        answer.verdict = covered ? "allow" : "block";
        answer.reason = view.verdict.reason;
        (void)snprintf(answer.rule, sizeof answer.rule, "%s", view.verdict.rule);
        if (place->gate->mode == MODE_ENFORCE)
            answer.error = enforce(place, &view, &name, sysname, covered);
    } else if (r != -ENOENT) {
        return r;
    }
    *ret = answer;
    return 0;
}
