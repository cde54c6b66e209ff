// SPDX-License-Identifier: GPL-3.0-or-later
// Fuzzes what travels between workstations and their site, by its first letter: n the note of a
// request, c a workstation's card, b a bundle's content, p a key typed from paper.
#include "site/bundle.h"
#include "site/card.h"
#include "site/note.h"
#include "site/paper.h"

#include "base/text.h"

#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

// What is accepted is written again as it was.

static void fuzz_note(const char *text)
{
    struct note note;
    if (note_decode(text, &note) < 0)
        return;
    CLEANUP_JSON json_object *object = note_to_object(&note);
    if (!text_equal(json_to_line(object), text) || !note_is_same_hardware(&note, &note))
        abort();
}

static void fuzz_card(const char *text)
{
    struct card card;
    struct cards cards = {0};
    CLEANUP_FREE char *again = NULL;
    size_t other = 1;
    if (card_decode(text, &card) < 0)
        return;
    if (card_encode(&card, &again) < 0 || !text_equal(again, text) || !card_is_name(card.name))
        abort();
    // The same one again is known; with another key and ledger it takes the name over.
    if (cards_add(&cards, &card) < 0 || cards_judge(&cards, &card, &other) != CARD_KNOWN ||
        other != 0)
        abort();
    card.key[0] ^= 1;
    if (cards_judge(&cards, &card, &other) != CARD_REKEYED)
        abort();
    card.note.board[0] ^= 1;
    if (cards_judge(&cards, &card, &other) != CARD_COPY)
        abort();
    card.note.ledger[0] = card.note.ledger[0] == '0' ? '1' : '0';
    if (cards_judge(&cards, &card, &other) != CARD_REPLACES || cards_add(&cards, &card) < 0 ||
        cards_replaced_ns(&cards, 0) != card.enrolled_ns || cards_replaced_ns(&cards, 1) != 0)
        abort();
    CLEANUP_FREE char *inventory = cards_to_inventory(&cards);
    if (!inventory)
        abort();
    cards_clear(&cards);
}

static void fuzz_bundle(const char *text, size_t length)
{
    struct bundle bundle = {0};
    CLEANUP_FREE char *again = NULL;
    uint8_t digest[DIGEST_SIZE];
    if (bundle_decode(text, length, &bundle) < 0)
        return;
    if (bundle_encode(&bundle, &again) < 0 || strlen(again) != length ||
        memcmp(again, text, length) != 0 || bundle_digest(&bundle, digest) < 0 ||
        bundle.version == 0)
        abort();
    bundle_clear(&bundle);
}

static void fuzz_paper(const char *text, size_t length)
{
    uint8_t secret[PAPER_SECRET_SIZE], again[PAPER_SECRET_SIZE];
    unsigned line = PAPER_LINES + 1;
    struct paper paper;
    int r = paper_read(text, length, secret, &line);
    if (line > PAPER_LINES)
        abort();
    if (r < 0)
        return;
    paper_write(secret, &paper);
    CLEANUP_FREE char *typed = text_format("%s\n%s\n%s\n%s", paper.lines[0], paper.lines[1],
                                           paper.lines[2], paper.lines[3]);
    if (!typed || paper_read(typed, strlen(typed), again, &line) < 0 ||
        memcmp(secret, again, sizeof secret) != 0)
        abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    CLEANUP_FREE char *text = size > 0 ? malloc(size) : NULL;
    if (!text)
        return 0;
    memcpy(text, data + 1, size - 1);
    text[size - 1] = '\0';
    if (data[0] == 'n')
        fuzz_note(text);
    else if (data[0] == 'c')
        fuzz_card(text);
    else if (data[0] == 'b')
        fuzz_bundle(text, size - 1);
    else if (data[0] == 'p')
        fuzz_paper(text, size - 1);
    return 0;
}
