// SPDX-License-Identifier: GPL-3.0-or-later
// A gadget that is bound to a driver is recorded, and unbound where the mode is enforce.
#include "daemon/usb-gadgets.h"

#include "base/log.h"
#include "base/text.h"
#include "daemon/usb-rows.h"
#include "enforce/enforce.h"

#include <errno.h>
#include <string.h>

static void record(struct usb_guard *guard, const struct usb_setting *seen, const char *outcome)
{
    struct fact *fact = usb_row_tampered(seen->path, seen->value, outcome);
    if (fact && text_equal(outcome, "observed"))
        fact->severity = SEVERITY_WARNING;
    recorder_put(guard->options.recorder, fact, NULL, NULL);
}

// NULL: it is too early to say.
static const char *stop(const struct usb_guard *guard, const struct usb_setting *seen)
{
    if (!usb_guard_is_enforcing(guard))
        return "observed";
    int r = enforce_usb_unbind_gadget(guard->options.places->sys, seen->path);
    if (r == -EAGAIN)
        return NULL;
    if (r < 0)
        log_error("cannot unbind %s, by which this computer is a USB device (%s): %s, trying again "
                  "within a minute",
                  seen->path, seen->value, strerror(-r));
    return r < 0 ? "failed" : "unbound";
}

void usb_gadgets_on_seen(struct usb_guard *guard, const struct usb_setting *seen)
{
    bool known = text_equal(guard->gadget, seen->path);
    if (!seen->value) {
        if (known)
            free(TAKE_PTR(guard->gadget));
        return;
    }
    const char *outcome = stop(guard, seen);
    if (!outcome)
        return;
    if (text_equal(outcome, "unbound"))
        known = false;
    else if (text_set(&guard->gadget, seen->path) < 0)
        log_warning("no memory for %s: it is recorded again within a minute", seen->path);
    if (!known)
        record(guard, seen, outcome);
}
