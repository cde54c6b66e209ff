// SPDX-License-Identifier: GPL-3.0-or-later
// One event of the kernel's audit subsystem, as far as the trail of logins and file access wants
// it: what a reader without rights made of the records in auditd's log.
#pragma once

#include "base/util.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum audit_act {
    // A file below a protected folder, or on a medium: `path`, for some also `to`.
    ACT_READ,   // opened for reading, executed
    ACT_WRITE,  // opened for writing, truncated
    ACT_CREATE, // made by open, mkdir, mknod, symlink; by link from `path` as `to`
    ACT_DELETE, // unlink, rmdir
    ACT_RENAME, // from `path` to `to`
    ACT_CHANGE, // mode, owner, times, extended attributes
    // A person.
    ACT_LOGIN,         // a session was opened
    ACT_LOGIN_FAILED,  // a password, a key or a name was wrong
    ACT_LOGIN_REFUSED, // all was right, and the account may not
    ACT_LOGOUT,        // a session was closed
    // Auditing itself.
    ACT_AUDIT_STARTED, // auditd began (DAEMON_START)
    ACT_AUDIT_ENDED,   // auditd ended in order (DAEMON_END, DAEMON_ABORT)
    ACT_AUDIT_RESUMED, // auditd had suspended writing (DAEMON_RESUME)
    ACT_AUDIT_TROUBLE, // auditd could not write (DAEMON_ERR)
    ACT_AUDIT_CHANGED, // rules or settings in the kernel (CONFIG_CHANGE); `path` is what changed:
                       // "remove_rule key=…", "set audit_enabled=0 old=1 …"
    ACT_AUDIT_TORN,    // a line that is no record: half of one that a power cut left
    ACT_MAX,
};

const char *audit_act_to_str(enum audit_act act);

// How the text of a path was found.
enum audit_way {
    WAY_NONE,       // there is no path: text is NULL
    WAY_WHOLE,      // absolute, or relative to a working folder that the record names
    WAY_DESCRIPTOR, // relative to a descriptor whose opening is in the log: right unless the
                    // process changed what stands behind the number unseen
    WAY_UNRESOLVED, // relative to nobody knows what: text is what the program said, or NULL
    WAY_MAX,
};

struct audit_path {
    char *text; // owned; escaped (text_escape), without "//", "/./" and a slash at the end; ".."
                // stays where it is, for a symlink may stand before it
    enum audit_way way;
    uint64_t inode;  // 0: the record does not say
    uint64_t device; // makedev(); 0: the record does not say
};

struct audit_event {
    enum audit_act act;
    uint64_t wall_ns; // of the record: the kernel's clock, in milliseconds
    uint64_t serial;  // of the record; restarts at boot, and DAEMON_* count for themselves
    uint32_t auid;    // audit login uid; UINT32_MAX: unset
    uint32_t uid;     // effective uid
    uint32_t session; // audit session; UINT32_MAX: unset
    uint32_t pid;
    int32_t error; // 0: it was done; else why not, as errno (EACCES, EPERM)
    // Of auditing itself (ACT_AUDIT_STARTED to ACT_AUDIT_TORN): of the events that the kernel has
    // counted before the next one in the log, at least so many are not there.
    uint32_t missing;
    char *key; // of the rule that saw it; NULL
    char *exe; // path of the program, escaped; NULL
    struct audit_path path, to;
    bool replaced; // ACT_RENAME: something stood at `to` before
    bool folder;   // the object is a folder
    // Of a person. Escaped; NULL where the record does not say.
    char *account;  // who is to be: the name that was typed, so perhaps a password
    char *service;  // "sshd", "login", "su": the program's last name, or whose helper it is
    char *terminal; // "tty1", "ssh", ":0"; without "/dev/"
    char *address;  // where from
    // ACT_LOGIN_FAILED, ACT_LOGIN_REFUSED: the program itself says so (USER_LOGIN; USER_CMD of
    // sudo), perhaps once PAM has said it (USER_AUTH): of both there is one attempt.
    bool by_program;
};

void audit_event_free(struct audit_event *event);
DEFINE_CLEANUP(struct audit_event, audit_event_free)
void audit_path_clear(struct audit_path *path);

// ---- Between the reader without rights and the daemon: frames ----------------------------------
// u32 length of what follows, u8 type, then the fields; numbers are big-endian, a text is u32
// length and its bytes. Decoding trusts nothing: every text is checked to be as text_escape()
// writes it.

#define AUDIT_FRAME_MAX (128u << 10) // two paths of 8,190 bytes, escaped, and the rest

struct audit_place;

// Appends one frame to *buffer (grown by realloc, *length bytes in it). −ENOMEM; −EMSGSIZE: texts
// too long for a frame, nothing is appended.
must_check int audit_frame_put_event(const struct audit_event *event, char **buffer,
                                     size_t *length);
must_check int audit_frame_put_place(const struct audit_place *place, char **buffer,
                                     size_t *length);

// Takes the first frame of `data`. Returns the bytes it took, 0 if it is not all there yet,
// −EBADMSG if it never will be right, −ENOMEM. Exactly one of the two outputs becomes non-NULL.
must_check int audit_frame_take(const void *data, size_t length, struct audit_event **ret_event,
                                struct audit_place **ret_place);
