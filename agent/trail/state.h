// SPDX-License-Identifier: GPL-3.0-or-later
// What the files of this room share: the parts of a trail. All but the settings stands in the
// checkpoint (checkpoint.c); every list is bounded.
#pragma once

#include "trail/trail.h"

#include <sys/queue.h>

#define FOLDS_MAX 4096        // windows that are open
#define FOLDS_COUNTING_MAX 64 // of which the checkpoint keeps those with repeats
#define FOLD_BUCKETS 1024
#define HELD_MAX 64
#define HELD_NS (5 * NS_PER_S) // from moving a file aside to its successor, and on to removing it
#define CREATIONS_MAX 64
#define CREATION_NS (30 * NS_PER_S) // from a new file to its renaming
#define SESSIONS_MAX 256
#define ATTEMPTS_MAX 64
#define ATTEMPT_NS (150 * NS_PER_S) // sshd gives 120 s to log in, and PAM makes it wait
#define BECOME_NS (3 * NS_PER_S)    // within which su or sudo may say twice that it has begun
// Longer texts of a deed or a login are not kept: it is a row at once, and folded with nothing.
#define DEED_TEXT_MAX 2048
#define SESSION_TEXT_MAX 256
#define STRANGERS_MAX 64

// What somebody did with a file, as its row says it. Names have their tokens; texts are owned.
struct deed {
    enum fact_kind kind;
    enum audit_act act;
    enum audit_way way; // of the name that is less sure; WAY_NONE for none at all
    bool refused, replaced, folder;
    bool medium;       // on a mounted removable one
    bool renamed_into; // a save: a new file was put in the place of the old one
    bool moved_aside;  // a save: the old file was moved aside
    unsigned steps;    // audit events that it stands for, if not one
    uint32_t auid, session, pid;
    uint64_t wall_ns;
    uint64_t inode; // where the name does not say which file it is
    char *exe, *object, *to;
};
void deed_clear(struct deed *deed);
// The bytes of its texts are at most DEED_TEXT_MAX.
bool deed_can_be_kept(const struct deed *deed);

// Repeats of one deed, from its first until `end_ns`.
struct fold {
    struct deed deed; // the first
    uint64_t end_ns;
    uint64_t ordinal;  // of the first's row among all that were given out, from 1
    uint64_t sequence; // of the first's row; 0: not known yet
    uint64_t count;    // of the repeats; their row is still to come
    uint64_t first_ns, last_ns;
    bool ended; // takes no more; waits for the sequence
    uint64_t hash;
    TAILQ_ENTRY(fold) by_age;
    LIST_ENTRY(fold) in_bucket;
};
TAILQ_HEAD(fold_list, fold);
LIST_HEAD(fold_bucket, fold);

struct folds {
    struct fold_list all;                     // the oldest first
    struct fold_bucket buckets[FOLD_BUCKETS]; // all that have not ended
    struct fold
        *counting[FOLDS_COUNTING_MAX]; // those with repeats, in the order of the second deed
    size_t n, n_counting;
};

// A file that was moved aside, as editors do before they write it anew.
struct held {
    struct deed deed;    // the renaming
    bool created;        // the new one has come
    uint64_t created_ns; // then
};

struct saves {
    struct held held[HELD_MAX]; // the oldest first
    size_t n_held;
    struct creation {
        uint64_t mark; // keyed hash of the process and the name
        uint64_t wall_ns;
    } creations[CREATIONS_MAX]; // the oldest first
    size_t n_creations;
};

struct session {
    uint32_t session, auid, pid;
    uint64_t opened_ns;
    uint64_t serial; // of the event that opened it
    char *object;
    char *as; // the account that su or sudo became; NULL: a login
};

struct sessions {
    struct session items[SESSIONS_MAX]; // the oldest first
    size_t n;
    struct attempt { // a login that failed
        uint32_t pid;
        uint64_t wall_ns;
        uint64_t mark;           // keyed hash of service, account and address
        bool by_pam, by_program; // who has said so
    } attempts[ATTEMPTS_MAX];    // the oldest first
    size_t n_attempts;
};

// Those who are no handlers and have a violation in a folder on a day; not in the checkpoint: read
// again, it may be told twice.
struct strangers {
    struct stranger {
        uint32_t auid;
        char *folder; // NULL: none
        char day[sizeof "YYYY-MM-DD"];
    } items[STRANGERS_MAX]; // in a ring
    size_t next;
};

struct trail {
    struct trail_settings settings;
    uint8_t hash_key[16];     // for what only this trail looks up
    struct moment boot;       // wall_ns: when it began
    char older[BOOT_ID_SIZE]; // of the boot that the restored checkpoint belonged to; "": none
    bool crossed;             // events of `boot` were seen, or `older` is the same
    uint64_t given, recorded; // rows given out; of which so many have a sequence
    uint64_t last_ns;         // time of the latest event; 0: none
    uint64_t ended_ns;        // auditd ended then, and has not started since; 0: it has
    uint64_t blind_ns;        // our rules were taken out, or auditing was switched off; 0: no
    uint64_t seeing_ns;       // … and the last of them was put back; 0: not yet
    bool torn;                // a torn line came after `last_ns`
    uint64_t missing;         // events of the kernel that are missing there; 0 in the checkpoint
    struct folds folds;
    struct saves saves;
    struct sessions sessions;
    struct strangers strangers;
};

// As new, but for the settings and the boot.
void trail_reset(struct trail *trail);
// Sets `crossed`, once `boot` or `older` is another.
void trail_compare_boots(struct trail *trail);

// ---- Rows (row.c) ------------------------------------------------------------------------------
struct actor {
    uint32_t auid, session, pid;
    const char *exe;
};
// By all three clocks: an event has only the wall's.
struct moment row_moment(const struct trail *trail, uint64_t wall_ns);
// A row of that time, with nothing but who did it. −ENOMEM.
must_check int row_new(const struct trail *trail, enum fact_kind kind, uint64_t wall_ns,
                       struct fact **ret);
must_check int row_sign(const struct trail *trail, const struct actor *actor, struct fact *fact);
// Takes over both. Nothing in `details`: the row has none.
must_check int row_give(struct trail *trail, struct trail_rows *rows, struct fact *fact,
                        json_object *details);
must_check int row_set_json(char **field, json_object *object);
must_check int json_new(json_object **ret);
// Is `wall_ns` within `span_ns` after `since_ns`? As much before it too: events come a little out
// of order, and a clock that steps back must not keep anything open.
bool is_within(uint64_t wall_ns, uint64_t since_ns, uint64_t span_ns);

// ---- Files (files.c, fold.c, save.c) -----------------------------------------------------------
must_check int files_take(struct trail *trail, const struct audit_event *event,
                          struct trail_rows *rows);
// The deed's row so far, for the caller to free: at that moment, signed, without details.
must_check int deed_row(const struct trail *trail, const struct deed *deed, uint64_t wall_ns,
                        struct fact **ret);
// The deed's row. Its texts stay the caller's.
must_check int deed_give(struct trail *trail, const struct deed *deed, struct trail_rows *rows);

void folds_init(struct folds *folds);
void folds_clear(struct folds *folds);
// The deed's row, or one repeat more. Takes the texts out of `deed`.
must_check int folds_take(struct trail *trail, struct deed *deed, struct trail_rows *rows);
must_check int folds_settle(struct trail *trail, uint64_t wall_ns, struct trail_rows *rows);
uint64_t folds_due_ns(const struct folds *folds); // UINT64_MAX: nothing waits
// A window with repeats, as it was kept. Takes over `fold`.
void folds_put_back(struct trail *trail, struct fold *fold);

// What the deed has to do with saving. *ret_taken: it is part of a save, and held back. It may have
// become another deed.
must_check int saves_take(struct trail *trail, struct deed *deed, struct trail_rows *rows,
                          bool *ret_taken);
must_check int saves_settle(struct trail *trail, uint64_t wall_ns, struct trail_rows *rows);
uint64_t saves_due_ns(const struct saves *saves); // UINT64_MAX: nothing waits
void saves_clear(struct saves *saves);

// ---- Protected folders (protected.c) -----------------------------------------------------------
// Does the name lead into one (*ret)? By its words alone: symlinks on the way are not followed.
// `path`: as an event has it, absolute. −ENOMEM.
must_check int protected_holds(const struct trail_settings *settings, const char *path, bool *ret);

// ---- Strangers (strangers.c) -------------------------------------------------------------------
// Raises the severity of the deed's row, and says why, if who did it is no handler of the folder.
must_check int strangers_judge(struct trail *trail, const struct deed *deed, struct fact *fact,
                               json_object *details);
void strangers_clear(struct strangers *strangers);

// ---- Persons (sessions.c, attempts.c) ----------------------------------------------------------
must_check int sessions_take(struct trail *trail, const struct audit_event *event,
                             struct trail_rows *rows);
// All that are open were cut off.
must_check int sessions_cut(struct trail *trail, struct trail_rows *rows);
void sessions_clear(struct sessions *sessions);
// A login that failed or was refused: is it news, or the same attempt in other words?
bool attempts_take(struct trail *trail, const struct audit_event *event);

// ---- auditd itself (gaps.c) --------------------------------------------------------------------
must_check int gaps_take(struct trail *trail, const struct audit_event *event,
                         struct trail_rows *rows);
// A line was torn, and this is the first event after it.
must_check int gaps_end_torn(struct trail *trail, const struct audit_event *event,
                             struct trail_rows *rows);

// The rules are back, and that is all there is to wait for.
must_check int gaps_end_blind(struct trail *trail, struct trail_rows *rows);
uint64_t gaps_due_ns(const struct trail *trail); // UINT64_MAX: nothing waits

// ---- The checkpoint (checkpoint-put.c; trail_restore() stands in checkpoint.c) -----------------
// What is the same in many, and what is not.
must_check int checkpoint_put_lasting(const struct trail *trail, const struct audit_place *place,
                                      json_object **ret);
must_check int checkpoint_put(const struct trail *trail, const struct audit_place *place,
                              json_object **ret);
