// SPDX-License-Identifier: GPL-3.0-or-later
// What a medium on a decided device may be.
#include "decision/decision.h"

enum medium_verdict decide_medium(const struct verdict *usb, const struct medium *medium)
{
    // Storage passes by an approval only, whatever else of the device passes.
    if (!usb->allowed || !usb->approval)
        return MEDIUM_REFUSE;
    if (usb->encrypted) {
        switch (medium->content) {
        case MEDIUM_UNCHECKED:
        case MEDIUM_EMPTY: // until something is in it, which is looked at anew
            return MEDIUM_HOLD;
        case MEDIUM_PLAIN:
        case MEDIUM_UNREADABLE: // nobody can say what it holds
        case MEDIUM_CONTENT_MAX:
            return MEDIUM_REFUSE;
        case MEDIUM_ENCRYPTED:
            break;
        }
    }
    return usb->read_only && !medium->read_only ? MEDIUM_HOLD : MEDIUM_OPEN;
}
