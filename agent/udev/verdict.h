// SPDX-License-Identifier: GPL-3.0-or-later
// The answers of usb-verdict: each reads one object, decides, enforces where the mode says so, and
// says what came of it.
#pragma once

#include "decision/decision.h"
#include "udev/place.h"
#include "watch/usb/sysfs.h"

struct answer {
    const char *verdict; // "allow", "partial", "block", or "gone": it is not there any more
    enum reason reason;
    char rule[32];
    bool pending; // the daemon authorizes it, once its record is durable
    bool whole;   // the daemon lets it in with all that is on it, so that nobody needs to ask about
                  // its interfaces and media
    int error;    // 0, or the errno with which enforcing it failed
};

// A device as it is now, among all that are plugged in.
struct view {
    struct usb_devices all;
    const struct usb_device *device; // in `all`
    struct verdict verdict;
};
void view_clear(struct view *view);
// −ENOENT: gone.
must_check int view_read(const struct place *place, const char *sysname, struct view *ret);

// It passes with no condition on what is on it.
bool verdict_is_plain(const struct verdict *verdict);

// The first error of many steps; what is gone is none.
void verdict_keep_first(int *first, int r);

// Each returns 0 also when enforcing failed (answer->error) or the object is gone; −EINVAL for a
// name that can't be.
must_check int verdict_device(const struct place *place, const char *sysname, struct answer *ret);
must_check int verdict_interface(const struct place *place, const char *sysname,
                                 struct answer *ret);

// Opens every bus, device and interface, gives media back that were held, and leaves a mark that
// keeps usb-verdict from shutting them again until the daemon comes. Continues after errors,
// returns the first. −EBUSY: the daemon is there, and would shut all of it again.
must_check int verdict_open_all(const struct place *place);

// Shuts out every device and interface that no default and no plain approval lets pass: for the
// time that nobody guards. Does nothing in observe mode. Continues after errors, returns the first.
must_check int verdict_close_storage(struct place *place);
