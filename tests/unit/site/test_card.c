// SPDX-License-Identifier: GPL-3.0-or-later
// Notes and cards: written and read as one text only, and who is who.
#include "site_notes.h"

Test(note, comes_back_as_it_was_and_in_no_other_form)
{
    struct note note = make_note('a', 1), again;
    CLEANUP_JSON json_object *object = note_to_object(&note);
    CLEANUP_FREE char *text = text_dup(json_to_line(object));
    cr_assert_eq(note_decode(text, &again), 0);
    cr_expect_eq(memcmp(&note, &again, sizeof note), 0);
    CLEANUP_FREE char *spaced = text_format(" %s", text);
    cr_expect_eq(note_decode(spaced, &again), -EBADMSG);
    json_add_number(object, "more", 1);
    cr_expect_eq(note_decode(json_to_line(object), &again), -EBADMSG);
    cr_expect_eq(note_decode("{}", &again), -EBADMSG);
    cr_expect_eq(note_decode("", &again), -EBADMSG);
}

Test(note, each_key_is_needed)
{
    struct note note = make_note('a', 1), again;
    CLEANUP_JSON json_object *whole = note_to_object(&note);
    json_object_object_foreach(whole, key, value)
    {
        CLEANUP_JSON json_object *part = note_to_object(&note);
        (void)value;
        json_object_object_del(part, key);
        cr_expect_eq(note_from_object(part, &again), -EBADMSG, "%s", key);
    }
}

Test(card, a_name_names_a_workstation_and_a_file)
{
    static const char *const good[] = {"pc-1", "PC.example", "7_a"}, *const bad[] = {
                                                                         "",      ".pc",  "-pc",
                                                                         "../pc", "a/b",  "a b",
                                                                         "関所",  "a\tb", "pc\n",
                                                                         "_a"};
    char longest[CARD_NAME_MAX + 2];
    for (size_t i = 0; i < ELEMENTS(good); i++)
        cr_expect(card_is_name(good[i]), "%s", good[i]);
    for (size_t i = 0; i < ELEMENTS(bad); i++)
        cr_expect_not(card_is_name(bad[i]), "%s", bad[i]);
    memset(longest, 'a', sizeof longest - 1);
    longest[sizeof longest - 1] = '\0';
    cr_expect_not(card_is_name(longest));
    longest[CARD_NAME_MAX] = '\0';
    cr_expect(card_is_name(longest));
}

Test(card, comes_back_as_it_was_and_in_no_other_form)
{
    struct card card = make_card("pc-1", 'a', 1, 5), again;
    CLEANUP_FREE char *text = NULL;
    cr_assert_eq(card_encode(&card, &text), 0);
    cr_assert_eq(card_decode(text, &again), 0);
    cr_expect_eq(memcmp(&card, &again, sizeof card), 0);
    char *name = strstr(text, "pc-1");
    name[0] = '/';
    cr_expect_eq(card_decode(text, &again), -EBADMSG);
}

// ---- Who is who --------------------------------------------------------------------------------

static struct cards cards;

static void enrol(const struct card *card)
{
    cr_assert_eq(cards_add(&cards, card), 0);
}

static void clear(void)
{
    cards_clear(&cards);
}

TestSuite(cards, .fini = clear);

static enum card_finding judge(const char *name, char who, uint8_t where)
{
    struct card card = make_card(name, who, where, 100);
    size_t other = 99;
    enum card_finding finding = cards_judge(&cards, &card, &other);
    cr_expect_eq(other == 99, finding == CARD_NEW);
    return finding;
}

Test(cards, a_copy_is_found_by_its_ledger_and_by_its_key)
{
    struct card card = make_card("pc-1", 'a', 1, 5);
    enrol(&card);
    size_t other;
    cr_expect_eq(judge("pc-1", 'a', 1), CARD_KNOWN);
    cr_expect_eq(judge("pc-2", 'a', 1), CARD_KNOWN);
    cr_expect_eq(judge("pc-1", 'a', 2), CARD_COPY);
    cr_expect_eq(judge("pc-2", 'a', 2), CARD_COPY);
    cr_expect_eq(judge("pc-2", 'b', 2), CARD_NEW);
    cr_expect_eq(judge("pc-2", 'b', 1), CARD_NEW); // the same machine, installed again
    struct card only_key = make_card("pc-2", 'b', 2, 9);
    memcpy(only_key.key, card.key, DIGEST_SIZE);
    cr_expect_eq(cards_judge(&cards, &only_key, &other), CARD_COPY);
    struct card only_ledger = make_card("pc-2", 'a', 2, 9);
    memset(only_ledger.key, 'x', DIGEST_SIZE);
    cr_expect_eq(cards_judge(&cards, &only_ledger, &other), CARD_COPY);
    only_ledger.note = card.note;
    cr_expect_eq(cards_judge(&cards, &only_ledger, &other), CARD_REKEYED);
    struct card one_link = make_card("pc-1", 'a', 1, 9);
    one_link.note.links[0] ^= 1;
    cr_expect_eq(cards_judge(&cards, &one_link, &other), CARD_COPY);
}

Test(cards, a_copy_is_found_behind_one_whose_name_it_wants)
{
    struct card first = make_card("pc-1", 'a', 1, 5), second = make_card("pc-2", 'b', 2, 6);
    enrol(&first);
    enrol(&second);
    size_t other;
    struct card copy = make_card("pc-1", 'b', 3, 9);
    cr_expect_eq(cards_judge(&cards, &copy, &other), CARD_COPY);
    cr_expect_eq(other, 1);
}

Test(cards, who_takes_a_name_replaces_the_one_before)
{
    struct card third = make_card("pc-1", 'c', 1, 30), first = make_card("pc-1", 'a', 1, 10),
                second = make_card("pc-1", 'b', 1, 20), other = make_card("pc-2", 'd', 2, 25);
    enrol(&third);
    enrol(&first);
    enrol(&other);
    enrol(&second);
    cr_expect_eq(cards_replaced_ns(&cards, 0), 20);
    cr_expect_eq(cards_replaced_ns(&cards, 1), 30);
    cr_expect_eq(cards_replaced_ns(&cards, 2), 0);
    cr_expect_eq(cards_replaced_ns(&cards, 3), 0);
    size_t which = 0;
    struct card next = make_card("pc-1", 'e', 1, 40);
    cr_expect_eq(cards_judge(&cards, &next, &which), CARD_REPLACES);
    cr_expect_eq(which, 3);
}

Test(cards, the_inventory_has_a_line_for_each)
{
    struct card first = make_card("pc-1", 'a', 1, 10), second = make_card("pc-1", 'b', 1, 20);
    enrol(&first);
    enrol(&second);
    CLEANUP_FREE char *text = cards_to_inventory(&cards);
    cr_assert_not_null(text);
    cr_expect_eq(strncmp(text, "# sekisho-inventory/1: ", 23), 0);
    cr_expect_not_null(strstr(text, "\npc-1\taaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\t"
                                    "1970-01-01T00:00:00.000000010Z\t"
                                    "1970-01-01T00:00:00.000000020Z\t1\t"));
    cr_expect_not_null(strstr(text, "\t1970-01-01T00:00:00.000000020Z\t-\t1\t"));
}
