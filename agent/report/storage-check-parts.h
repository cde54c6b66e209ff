// SPDX-License-Identifier: GPL-3.0-or-later
// What the files of storage-check share.
#pragma once

#include "base/json.h"
#include "base/util.h"
#include "report/check.h"

#define STORAGE_CLAUSE "5 (6)"

// ---- storage-chain.c: is what lies on these layers encrypted? -----------------------------------

// From good to bad: of several the worst counts.
enum chain_state {
    CHAIN_ENCRYPTED, // on each way down, or never on a disk
    CHAIN_UNKNOWN,
    CHAIN_PLAIN,
    CHAIN_STATE_MAX,
};

struct chain {
    enum chain_state state;
    char *leg; // the worst way down, "ext4 /srv → dm-1 → sdb"; NULL: there is none. Owned
};
void chain_clear(struct chain *chain);

// Judges a list of layers (agent/watch/storage/chain.h). `swap`: what memory may be written to;
// NULL: not known.
must_check int chain_judge(json_object *layers, const struct chain *swap, struct chain *ret);
// The worst of all swaps; encrypted without a leg if there is none.
must_check int chain_judge_swaps(json_object *facts, struct chain *ret);

// ---- storage-notes.c: what is said of several folders ------------------------------------------

struct notes {
    char *text;
    size_t size, n;
    size_t shown; // entries that are written out; the rest is "…"
    FILE *out;
};
must_check int notes_begin(struct notes *notes, size_t shown);
void notes_add(struct notes *notes, const char *format, ...) printf_like(2, 3);
// The text, owned by the caller; NULL on lack of memory. Ends the notes.
char *notes_end(struct notes *notes);
void notes_clear(struct notes *notes);

// A subject: every entry counts, and a long one is shortened to a digest.
char *notes_end_subject(struct notes *notes);

// ---- storage-tally.c: several folders become one finding ---------------------------------------

struct storage_tally {
    struct chain swap;
    struct notes legs[CHAIN_STATE_MAX];
    struct notes subject; // what is not encrypted
    enum chain_state worst;
};
must_check int storage_tally_begin(struct storage_tally *tally, json_object *facts);
// `found`: what `health` saw of it; NULL: nothing.
must_check int storage_tally_add(struct storage_tally *tally, const char *folder,
                                 json_object *found);
must_check int storage_tally_give(struct storage_tally *tally, const char *remedy,
                                  struct check_result *ret);
void storage_tally_clear(struct storage_tally *tally);

// ---- The checks --------------------------------------------------------------------------------

// Unverified: there is no policy, or it protects no folder. 1: it did say so; 0: go on.
must_check int storage_give_unprotected(const struct check_sources *sources,
                                        struct check_result *ret);
// What `health` saw of this folder; NULL: nothing.
json_object *storage_find_folder(json_object *facts, const char *folder);

int storage_look_at_swap(const struct check *check, const struct check_sources *sources,
                         struct check_result *ret);
int storage_look_at_temporary(const struct check *check, const struct check_sources *sources,
                              struct check_result *ret);
int storage_look_at_hibernation(const struct check *check, const struct check_sources *sources,
                                struct check_result *ret);
int storage_look_at_readers(const struct check *check, const struct check_sources *sources,
                            struct check_result *ret);
