// SPDX-License-Identifier: GPL-3.0-or-later
// The one brain: from facts, gate and host to a verdict. Pure: no descriptor, clock or log in here.
#pragma once

#include "fact/medium.h"
#include "fact/tenant.h"
#include "policy/gate.h"

#include <stdbool.h>

enum reason {
    REASON_ROOT_HUB,
    REASON_DEFAULT, // hub, keyboard, mouse or other input that passes by the policy's default
    REASON_NAMED,   // it stands in the policy's list of named hubs, keyboards, mice
    REASON_APPROVED,
    REASON_PARTLY, // some interfaces pass, others do not
    REASON_NO_APPROVAL,
    REASON_NOT_NAMED, // a keyboard (…) that is not among the named ones
    REASON_MALFORMED, // its descriptors contradict themselves
    REASON_EXPIRED,
    REASON_CLOCK_UNTRUSTED, // a timed approval, and the clock was set back
    REASON_AGENT_AWAY, // a timed, read-only or encrypted approval, and the daemon is not there to
                       // hold it
    REASON_TWIN,       // the same identity is already plugged in
    REASON_MODEL_CHANGED, // identity is approved, but its descriptors are not those that were
                          // approved
    REASON_WRONG_PORT,
    REASON_WRONG_MEDIUM,  // it holds a LUKS container that no approval of it names
    REASON_TURNED,        // a moment ago something else was let in at its port
    REASON_ACCEPTED,      // a keyboard at a doubtful moment; somebody at the machine accepted it
    REASON_ASKED,         // such a keyboard, and nobody has answered yet
    REASON_FURTHER,       // such a keyboard: another one works
    REASON_LOCKED,        // such a keyboard: it came while the screen was locked
    REASON_FLOOD,         // something at this port plugs itself in again and again
    REASON_EXPORTED,      // it is given to another computer over the network
    REASON_ASLEEP,        // storage, and the machine sleeps or is about to
    REASON_NOT_ENCRYPTED, // approved for encrypted media only, and this one holds something
                          // readable
    REASON_NOT_READ_ONLY, // approved for reading only, and mounted for writing before that was held
    REASON_MAX,
};
const char *
reason_to_str(enum reason reason); // "no-approval": stable, for rows and udev properties
must_check int reason_from_str(const char *text, enum reason *ret);
const char *reason_to_sentence(enum reason reason); // translated, for people

// The last known state.
struct host {
    bool agent_alive;   // the daemon is there to hold timed, read-only and encrypted approvals
    bool locked;        // the screen was locked when the device came
    bool accepted;      // somebody at the machine has accepted it, for as long as it is plugged in
    enum tenant before; // what was let in at its port a moment before it came
    uint64_t wall_ns;
    struct usb_device *const *plugged; // borrowed; the device decided upon may be among them
    size_t n_plugged;
};

struct verdict {
    bool allowed; // the device may be authorized: an interface passes, or an approval covers it
    bool partial; // it may, but not every interface passes
    enum reason reason;              // the most important one
    const struct approval *approval; // that it passes by; borrowed from the gate; NULL without
    bool unidentified; // by one of several approvals, each of which names its LUKS UUID: which one
                       // shows when the medium has been looked at
    // "root-hub", "default:keyboard", "named:keyboard", "approval:417", "policy:2" (place in the
    // gate), "luks" (unidentified), "none". With REASON_EXPIRED and the like too: what would have
    // let it pass.
    char rule[32];
    bool read_only;
    bool encrypted;
    uint64_t until_ns; // 0: open end
    bool needs_record; // opening act: the daemon records it durably before it authorizes
    // For each of device->interfaces: does it pass? Alternate settings of one interface pass only
    // together.
    bool interface[USB_INTERFACES_MAX];
};

// - Root hubs pass; a device whose descriptors contradict themselves does not, approved or not.
// - Nor does one that is given to another computer over the network.
// - Each interface is decided on its own: hubs, keyboards, mice and other input by the gate's
//   defaults, everything else by an approval, which covers the whole device. All alternate settings
//   of an interface pass together or not at all.
// - A hub that claims to be something else as well passes by no default.
// - A keyboard or other input that would pass by default waits or is refused, as the gate says,
// when
//   another one works or the screen is locked; one that is driven already keeps working.
//   Descriptors tell a keyboard only as far as it says so: one that poses as a mouse is taken for a
//   mouse.
// - What comes a moment after something else was let in at its port is that device in another
// shape,
//   hubs excepted: it passes by no default and no name; by an approval if that names the model, or
//   if not even the numbers are the same.
// - Of several approvals in force the most specific one counts: serial before any serial, then
//   LUKS UUID, model, port; the conditions of equally specific ones add up. It is chosen before it
//   is asked whether it can be used, so that a wider one never steps in for a narrow one that
//   can't.
// - Approvals that name LUKS UUIDs stand beside each other, whatever else they name: each container
//   found on the device has to be named by one of them, and the conditions of all of them add up.
//   They tell twins apart; but two devices with the same container on them are twins all the same.
// - A timed approval ends at until_ns by the clock or by the ledger's last row, whichever is later;
//   with a clock that is behind that row, what has not ended is not trusted either.
void decide_usb(const struct gate *gate, const struct host *host, const struct usb_device *device,
                struct verdict *ret);

// For what only the daemon knows: nothing of it passes, for this reason.
void verdict_refuse(struct verdict *verdict, enum reason reason);

// Does interface `number` of `configuration` pass, by this verdict? Not if the descriptors know
// none.
bool verdict_covers(const struct verdict *verdict, const struct usb_device *device,
                    uint8_t configuration, uint8_t number);

// What a medium on an approved device may be.
enum medium_verdict {
    MEDIUM_OPEN,   // usable (read-only where the approval says so)
    MEDIUM_HOLD,   // keep the node root-only until it has been looked at
    MEDIUM_REFUSE, // deauthorize the device
};
enum medium_verdict decide_medium(const struct verdict *usb, const struct medium *medium);
