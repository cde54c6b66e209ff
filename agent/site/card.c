// SPDX-License-Identifier: GPL-3.0-or-later
// Cards as JSON, judged against each other, and listed.
#include "site/card.h"

#include "base/moment.h"
#include "base/text.h"

#include <ctype.h>
#include <errno.h>
#include <inttypes.h>
#include <string.h>

bool card_is_name(const char *name)
{
    size_t length = strlen(name);
    if (length == 0 || length > CARD_NAME_MAX || !isalnum((unsigned char)name[0]))
        return false;
    for (const char *c = name; *c; c++)
        if (!isascii(*c) || (!isalnum((unsigned char)*c) && !strchr("-_.", *c)))
            return false;
    return true;
}

// ---- One card ----------------------------------------------------------------------------------

static json_object *to_object(const struct card *card)
{
    json_object *object = json_object_new_object();
    json_add_text(object, "format", CARD_FORMAT);
    json_add_text(object, "name", card->name);
    json_add(object, "note", note_to_object(&card->note));
    json_add_hash(object, "key_sha256", card->key);
    json_add_hash(object, "request_sha256", card->request);
    json_add_hash(object, "certificate_sha256", card->certificate);
    json_add_number(object, "enrolled_ns", card->enrolled_ns);
    return object;
}

int card_encode(const struct card *card, char **ret)
{
    CLEANUP_JSON json_object *object = to_object(card);
    return json_to_text(object, ret);
}

static int take_all(json_object *object, struct card *card)
{
    const char *name = json_get_text(object, "name");
    if (!name || !card_is_name(name))
        return -EBADMSG;
    text_copy(card->name, sizeof card->name, name);
    int r = note_from_object(json_get(object, "note"), &card->note);
    if (r == 0)
        r = json_take_hash(object, "key_sha256", card->key);
    if (r == 0)
        r = json_take_hash(object, "request_sha256", card->request);
    if (r == 0)
        r = json_take_hash(object, "certificate_sha256", card->certificate);
    if (r == 0)
        r = json_take_number(object, "enrolled_ns", &card->enrolled_ns);
    return r;
}

int card_decode(const char *text, struct card *ret)
{
    struct card card = {0};
    CLEANUP_JSON json_object *object = json_parse_exact(text, CARD_MAX);
    int r = object ? take_all(object, &card) : -EBADMSG;
    if (r < 0)
        return r;
    CLEANUP_JSON json_object *again = to_object(&card);
    if (!json_is_same(object, again))
        return -EBADMSG;
    *ret = card;
    return 0;
}

// ---- All of them -------------------------------------------------------------------------------

void cards_clear(struct cards *cards)
{
    free(cards->items);
    *cards = (struct cards){0};
}

int cards_add(struct cards *cards, const struct card *card)
{
    if (cards->n == CARDS_MAX)
        return -ENOSPC;
    struct card *items = reallocarray(cards->items, cards->n + 1, sizeof *items);
    if (!items)
        return -ENOMEM;
    size_t at = cards->n++;
    cards->items = items;
    for (; at > 0 && items[at - 1].enrolled_ns > card->enrolled_ns; at--)
        items[at] = items[at - 1];
    items[at] = *card;
    return 0;
}

uint64_t cards_replaced_ns(const struct cards *cards, size_t i)
{
    for (size_t k = i + 1; k < cards->n; k++)
        if (text_equal(cards->items[k].name, cards->items[i].name))
            return cards->items[k].enrolled_ns;
    return 0;
}

static enum card_finding judge_pair(const struct card *known, const struct card *card)
{
    bool same_key = memcmp(known->key, card->key, DIGEST_SIZE) == 0;
    bool same_ledger = text_equal(known->note.ledger, card->note.ledger);
    if (!same_key && !same_ledger)
        return CARD_NEW;
    if (!note_is_same_hardware(&known->note, &card->note))
        return CARD_COPY;
    return same_key && same_ledger ? CARD_KNOWN : CARD_REKEYED;
}

enum card_finding cards_judge(const struct cards *cards, const struct card *card, size_t *ret_other)
{
    enum card_finding finding = CARD_NEW;
    for (size_t i = 0; i < cards->n; i++) {
        const struct card *known = &cards->items[i];
        enum card_finding pair = judge_pair(known, card);
        if (pair == CARD_NEW && text_equal(known->name, card->name) &&
            cards_replaced_ns(cards, i) == 0)
            pair = CARD_REPLACES;
        if (pair == CARD_NEW)
            continue;
        *ret_other = i;
        finding = pair;
        if (pair != CARD_REPLACES)
            return pair;
    }
    return finding;
}

// ---- The inventory -----------------------------------------------------------------------------

static void put_line(FILE *file, const struct cards *cards, size_t i)
{
    const struct card *card = &cards->items[i];
    char enrolled[40], replaced[40] = "-", key[DIGEST_TEXT_SIZE], hash[DIGEST_TEXT_SIZE];
    uint64_t replaced_ns = cards_replaced_ns(cards, i);
    moment_to_utc(card->enrolled_ns, enrolled);
    if (replaced_ns > 0)
        moment_to_utc(replaced_ns, replaced);
    text_hex(card->note.key, DIGEST_SIZE, key);
    text_hex(card->note.hash, DIGEST_SIZE, hash);
    fprintf(file, "%s\t%s\t%s\t%s\t%" PRIu64 "\t%s\t%" PRIu64 "\t%s\n", card->name,
            card->note.ledger, enrolled, replaced, card->note.key_epoch, key, card->note.sequence,
            hash);
}

char *cards_to_inventory(const struct cards *cards)
{
    char *text = NULL;
    size_t length = 0;
    FILE *file = open_memstream(&text, &length);
    if (!file)
        return NULL;
    fputs("# sekisho-inventory/1: name, ledger, enrolled, replaced, epoch of the key, sealing key, "
          "row, its head\n",
          file);
    for (size_t i = 0; i < cards->n; i++)
        put_line(file, cards, i);
    if (fclose(file) == 0)
        return text;
    free(text);
    return NULL;
}
