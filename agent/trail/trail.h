// SPDX-License-Identifier: GPL-3.0-or-later
// The trail of logins and file access: audit events in, rows for the ledger out. Pure: no
// descriptor, no clock, no log; the same events give the same rows, whenever and however often they
// are read. Clauses 5 (3), 5 (6), 5 (10), 7.
//
// Its state is part of each checkpoint (trail.read, whose details are written here), and the
// checkpoint is committed together with the rows of the events that it has behind it. So whoever
// restores a checkpoint and goes on reading from its place counts each event once.
//
// Rows, beside what fact.h says of every row:
//   file.*            object the path (escaped), outcome "done" or "refused" (severity notice; what
//                     failed for another reason is no row); user, session, pid and exe of who did
//                     it. An object of which the record gives no name is "? (inode N)", "?", or
//                     "?" in the folder that is told.
//                     file.printed: lp or lpr opened it. details, all of it optional:
//                       "to"        file.renamed, and a link: the second path
//                       "replaced"  true: something stood at "to" before
//                       "saved"     file.written: how, if not by writing into it: "rename" (a new
//                                   file was put in its place), "backup" (the old one was moved
//                                   aside, a new one written in its place; "to": as which name it
//                                   is still there)
//                       "steps"     how many audit events this row stands for, if not for one
//                       "path"      how the path was found, if not whole: "descriptor",
//                                   "unresolved"
//                       "folder"    true: the object is a folder
//                       "reason"    "not-a-handler": who did it is none of those who work with the
//                                   folder "protected"; severity violation for the first such row
//                                   of a person, folder and day, warning for the others
//                       "of"        a follow-up row: the sequence of the first row of which this
//                                   says that it happened "count" more times, between "first_ns"
//                                   and "last_ns" (wall time); it has "to" and none of the others
//   medium.written    as file.written, on a mounted removable medium: a file was made or opened for
//                     writing there. Deleting and renaming there are file.deleted and file.renamed
//                     (a copy gets its last name by renaming); reading, attributes are no rows
//   login.*           object the service and terminal ("sshd", "login tty1", "su"); outcome "done",
//                     "failed", "refused", or as below.
//                     details: "service", "terminal", "address", and "as": the account that su or
//                     sudo become, which is no login of its own. "account": of a failed login, only
//                     if it is the name of somebody who exists; "masked": true where it is not.
//                     login.ended: "since_ns" when the session was opened; outcome "ended", or
//                     "cut off" for one that a crash or a power cut ended (told at the first event
//                     of the next boot), "not followed" for the oldest of more than 256
//                     login.succeeded of an account for emergencies is a violation: "emergency":
//                     true
//   agent.gap         outcome "unwatched"; "source": "audit", "cause", "from_ns", "to_ns"; "torn":
//                     true, the last line before it is half of one; "booted": true, auditd ended in
//                     order and the machine was off for a part of it (severity notice). It begins
//                     with the last event that was written, at most 10 s before auditd said
//                     goodbye, and ends 2 s after it said that it began: what the kernel has on its
//                     way then is lost; "set_back": true, the clock went back meanwhile: what was
//                     done after "to_ns" by the clock as it was, up to the power cut or the
//                     restart, is in it, too
//   trail.read        the checkpoint: object what lasts of it, details what changes
//
// Twelve digits that are a My Number (check digit; full-width digits and hyphens between them too)
// stand as "[MN:" 16 hexadecimal digits "]" in every path: the same number gives the same token on
// this machine, and the token does not give the number away.
#pragma once

#include "base/json.h"
#include "fact/audit_event.h"
#include "fact/audit_place.h"
#include "fact/fact.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define TRAIL_KEY_SIZE 32
#define TRAIL_KEY_PREFIX "sekisho-"
#define TRAIL_KEY_FILES "sekisho-files"   // the audit rules' keys: protected folders
#define TRAIL_KEY_MEDIUM "sekisho-medium" // … and mounted removable media
// … and what was refused before the kernel had come to a protected folder, wherever it was: only
// the name tells
#define TRAIL_KEY_REFUSED "sekisho-refused"

struct trail;

struct trail_settings {
    uint64_t fold_ns;     // policy; 0: every access is a row
    char *const *folders; // policy: all names of the protected ones; borrowed
    size_t n_folders;
    uint8_t key[TRAIL_KEY_SIZE]; // for My Numbers' tokens
    // The login name of a uid, and whether an account of that name exists; false: no. The name is
    // asked for with every row.
    bool (*name_of)(void *context, uint32_t uid, char ret[64]);
    bool (*exists)(void *context, const char *account);
    void *context;
    // Is this person (login name: NULL where the uid has none) no handler of that folder, which has
    // handlers? NULL: nobody is asked.
    bool (*is_stranger)(void *strangers, uint32_t uid, const char *login, const char *folder);
    // Does a row of its own tell already that this process was refused this account? NULL: none
    // does.
    bool (*is_told)(void *strangers, uint32_t pid, const char *account, uint64_t wall_ns);
    // Is it an account that nobody uses but in an emergency? NULL: there are none.
    bool (*is_for_emergencies)(void *strangers, const char *account);
    void *strangers;
};

// Rows in the making. Owned.
struct trail_rows {
    struct fact **items;
    size_t n;
};
void trail_rows_clear(struct trail_rows *rows);

must_check int trail_new(const struct trail_settings *settings, struct trail **ret);
void trail_free(struct trail *trail);
DEFINE_CLEANUP(struct trail, trail_free)
// Another policy: what is folded already stays as it was begun.
void trail_set_fold(struct trail *trail, uint64_t fold_ns);
// Borrowed until the next call.
void trail_set_folders(struct trail *trail, char *const *folders, size_t n);

// Where the machine's boot began and its id: rows of events from then on belong to it, older ones
// to the boot that the restored checkpoint names (or to this one, if there is none).
void trail_set_boot(struct trail *trail, const struct moment *now);

// One object of both texts of a trail.read row, for trail_restore(). −EBADMSG: one is missing, or
// no object of JSON. The caller owns it.
must_check int trail_checkpoint_parse(const char *object, const char *details, json_object **ret);

// Goes on from the newest trail.read row, `sequence`, whatever came before.
// *ret_place is where to go on reading; the caller frees it. −EBADMSG: they can't be understood;
// the trail is as new then.
must_check int trail_restore(struct trail *trail, json_object *details, uint64_t sequence,
                             struct audit_place **ret_place);

// One event: appends the rows that it gives at once. −ENOMEM leaves the trail unusable: free it,
// restore the last checkpoint into a new one.
must_check int trail_take(struct trail *trail, const struct audit_event *event,
                          struct trail_rows *rows);
// Appends the rows that are due by `wall_ns` (of the latest event, or of the clock when nothing has
// come for a while; an earlier instant ends nothing that began since): follow-ups of folded
// repeats, and what was held back to see whether it is a save. Called before each checkpoint.
// Follow-ups of what was not recorded yet stay.
must_check int trail_settle(struct trail *trail, uint64_t wall_ns, struct trail_rows *rows);
// When the next is due; 0: nothing waits.
uint64_t trail_due_ns(const struct trail *trail);

// The checkpoint for `place`: the last row of the group that holds all rows given out since the one
// before. The caller owns the fact.
must_check int trail_checkpoint(struct trail *trail, const struct audit_place *place,
                                struct fact **ret);
// The group is durable: its rows, in the order in which they were given out, have the sequences
// from `first` on. Called once for each checkpoint, before the next event.
void trail_recorded(struct trail *trail, uint64_t first);
