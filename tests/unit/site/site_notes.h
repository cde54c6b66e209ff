// SPDX-License-Identifier: GPL-3.0-or-later
// Notes and cards of made-up workstations.
#pragma once

#include "base/text.h"
#include "site/card.h"

#include <criterion/criterion.h>
#include <errno.h>
#include <string.h>

// `who` is in its ledger, `where` in its hardware.
static inline struct note make_note(char who, uint8_t where)
{
    struct note note = {.key_epoch = 1,
                        .sequence = 41,
                        .epoch = 2,
                        .created_ns = 1795799566786854279,
                        .tool = "sekisho 0.1.0"};
    memset(note.ledger, who, ID_TEXT_SIZE - 1);
    memset(note.board, where, DIGEST_SIZE);
    memset(note.links, where, DIGEST_SIZE);
    return note;
}

static inline struct card make_card(const char *name, char who, uint8_t where, uint64_t at_ns)
{
    struct card card = {.note = make_note(who, where), .enrolled_ns = at_ns};
    text_copy(card.name, sizeof card.name, name);
    memset(card.key, who, DIGEST_SIZE);
    return card;
}
