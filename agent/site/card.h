// SPDX-License-Identifier: GPL-3.0-or-later
// The admin's card of each workstation that was enrolled, and what they say together: who is a copy
// of whom, and who took whose place. Cards are never changed: that one was replaced follows from a
// later one of the same name.
#pragma once

#include "base/digest.h"
#include "base/util.h"
#include "site/note.h"

#include <json-c/json.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define CARD_FORMAT "sekisho-host/1"
#define CARD_MAX 8192 // bytes of a file
#define CARDS_MAX 10000
#define CARD_NAME_MAX 63 // bytes, as of a host's name

struct card {
    char name[CARD_NAME_MAX + 1];
    struct note note;                 // as it was at the enrolment: what is pinned
    uint8_t key[DIGEST_SIZE];         // of the workstation's own key (key_digest())
    uint8_t request[DIGEST_SIZE];     // of the request
    uint8_t certificate[DIGEST_SIZE]; // of the certificate
    uint64_t enrolled_ns;             // wall time of the admin's machine
};

// Fit to name a workstation and a file: letters, digits, "-", "_" and ".", beginning with one of
// the first two.
bool card_is_name(const char *name);

// As JSON text; the caller frees it.
must_check int card_encode(const struct card *card, char **ret);
// −EBADMSG: not what card_encode() writes.
must_check int card_decode(const char *text, struct card *ret);

// ---- All of them -------------------------------------------------------------------------------

struct cards {
    struct card *items; // by enrolled_ns
    size_t n;
};
void cards_clear(struct cards *cards);
// Keeps the order. −ENOSPC over CARDS_MAX.
must_check int cards_add(struct cards *cards, const struct card *card);
// When another one took its name; 0: never. Of two of the same moment the second in the list did.
uint64_t cards_replaced_ns(const struct cards *cards, size_t i);

enum card_finding {
    CARD_NEW,      // nobody like it was ever enrolled
    CARD_KNOWN,    // enrolled with this very key on this very machine
    CARD_COPY,     // its key or its ledger is that of another machine
    CARD_REKEYED,  // this machine's ledger, with another key
    CARD_REPLACES, // new, and the name is in use
    CARD_FINDING_MAX,
};

// `card`: of the one that asks. *ret_other is the index of the card that it is about; untouched for
// CARD_NEW.
enum card_finding cards_judge(const struct cards *cards, const struct card *card,
                              size_t *ret_other);

// The inventory, for other programs: a line of remarks, then one a workstation. The caller frees
// it; NULL on lack of memory.
char *cards_to_inventory(const struct cards *cards);
