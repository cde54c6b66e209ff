// SPDX-License-Identifier: GPL-3.0-or-later
// What every source of facts is. A watch knows neither policy nor ledger; it has no header of its
// own, only its `const struct watch watch_NAME` below.
#pragma once

#include "fact/fact.h"

#include <systemd/sd-event.h>

// What a watch is handed: where to put facts, the loop, and the trees it may look at, so that a
// test hands it others.
struct watch_context {
    struct fact_sink sink;
    sd_event *event;
    int sys; // directory descriptors of /sys, /proc, /run, /dev; borrowed for the watch's life
    int proc;
    int run;
    int dev;
    int log;              // of /var/log; −1: there is none
    const char *programs; // folder of our helper programs; borrowed
    bool machine; // the trees are this machine's own, and so is what the kernel says by other ways
    bool live;    // false: snapshot only; no kernel socket is opened (tests, `sekisho check`)
};

struct watch {
    const char *name;
    // Starts to put what happens from now on. *ret_state is the watch's own, handed back to the
    // others.
    must_check int (*start)(const struct watch_context *context, void **ret_state);
    void (*stop)(void *state); // takes NULL
    // Puts the present state as facts: at start, for a check, after a policy change, and each
    // minute.
    must_check int (*snapshot)(void *state);
};

extern const struct watch watch_usb;
extern const struct watch watch_medium;
extern const struct watch watch_login;
extern const struct watch watch_gadget;
extern const struct watch watch_clock;
extern const struct watch watch_audit;
extern const struct watch watch_network;
extern const struct watch watch_radio;
extern const struct watch watch_antivirus;
extern const struct watch watch_storage;
extern const struct watch watch_posture;

// What the daemon asks of watch_medium for an approval that is for encrypted media only: a look at
// every byte of the disk `sysname` ("sda"). It may take minutes; the answer is a SEEN_MEDIUM with
// the content. It stands for as long as the medium is there: after each change it is looked at
// again, and a SEEN_MEDIUM follows if the answer is another one. −ENODEV: no such medium on USB.
must_check int watch_medium_examine(void *state, const char *sysname);
// Nothing that was found counts any longer, and nobody wants a look: what was not held meanwhile
// may be another thing by now.
void watch_medium_forget(void *state);

// What the daemon tells watch_audit, which follows auditd's log and puts SEEN_AUDIT (an event) and
// SEEN_AUDIT_PLACE (how far; each place covers the events before it, at most 256, which are put
// together with it or not at all). Nothing is put before the first of these calls. `from`: a
// checkpoint's place; NULL: from the present end of the log on (a new installation promises nothing
// of what was before). 0: it goes on exactly there. 1: that place is not in any file any more; it
// goes on with the oldest event that is later than the place's last one, and the daemon has to
// record a gap. −errno: not now (no log, no auditd); try again.
must_check int watch_audit_resume(void *state, const struct audit_place *from);
// Where it begins after that call: the first checkpoint of a new installation, which promises what
// comes from then on.
must_check int watch_audit_where(void *state, struct audit_place **ret);
// Stops and resumes the flow; what is not put meanwhile stays in auditd's files.
void watch_audit_pause(void *state, bool pause);
// Everything before this place is durable: rotated files that are held for it may go.
void watch_audit_release(void *state, const struct audit_place *place);

// What the daemon tells watch_storage: the protected folders (absolute paths), copied. They are
// looked at soon.
must_check int watch_storage_set_folders(void *state, char *const folders[], size_t n);
