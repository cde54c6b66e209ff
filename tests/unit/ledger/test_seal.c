// SPDX-License-Identifier: GPL-3.0-or-later
#include "ledger/seal.h"

#include "base/bytes.h"
#include "base/text.h"

#include <criterion/criterion.h>
#include <errno.h>
#include <string.h>

static const uint8_t ledger[LEDGER_ID_SIZE] = {1, 2, 3};

static struct seal example(void)
{
    struct seal seal = {.epoch = 7, .covers = 41, .reason = "interval"};
    memset(seal.head, 0xab, sizeof seal.head);
    memset(seal.next_key, 0xcd, sizeof seal.next_key);
    return seal;
}

Test(seal, the_signature_is_over_the_bytes_in_the_format)
{
    uint8_t private_key[ED25519_KEY_SIZE], public_key[ED25519_KEY_SIZE], message[119], *p = message;
    struct seal seal = example();
    cr_assert_eq(ed25519_generate(private_key, public_key), 0);
    cr_assert_eq(seal_sign(&seal, ledger, 99, private_key), 0);

    memcpy(p, "sekisho seal 1", 15);
    memcpy(p + 15, ledger, 16);
    p = bytes_put_u64(p + 31, 7);
    p = bytes_put_u64(p, 41);
    memset(p, 0xab, 32);
    p = bytes_put_u64(p + 32, 99);
    memset(p, 0xcd, 32);
    cr_assert_eq(p + 32 - message, (ptrdiff_t)sizeof message);
    cr_expect_eq(ed25519_check(public_key, message, sizeof message, seal.signature), 0);
}

Test(seal, everything_that_is_signed_is_bound)
{
    uint8_t private_key[ED25519_KEY_SIZE], public_key[ED25519_KEY_SIZE],
        other[LEDGER_ID_SIZE] = {9};
    struct seal seal = example(), changed;
    cr_assert_eq(ed25519_generate(private_key, public_key), 0);
    cr_assert_eq(seal_sign(&seal, ledger, 99, private_key), 0);
    cr_expect_eq(seal_check(&seal, ledger, 99, public_key), 0);
    cr_expect_eq(seal_check(&seal, ledger, 98, public_key), -EBADMSG);
    cr_expect_eq(seal_check(&seal, other, 99, public_key), -EBADMSG);
    changed = seal;
    changed.epoch++;
    cr_expect_eq(seal_check(&changed, ledger, 99, public_key), -EBADMSG);
    changed = seal;
    changed.covers++;
    cr_expect_eq(seal_check(&changed, ledger, 99, public_key), -EBADMSG);
    changed = seal;
    changed.head[0] ^= 1;
    cr_expect_eq(seal_check(&changed, ledger, 99, public_key), -EBADMSG);
    changed = seal;
    changed.next_key[31] ^= 1;
    cr_expect_eq(seal_check(&changed, ledger, 99, public_key), -EBADMSG);
}

Test(seal, goes_to_json_and_back)
{
    CLEANUP_FREE char *json = NULL;
    struct seal seal = example(), back;
    cr_assert_eq(seal_to_json(&seal, &json), 0);
    cr_assert_eq(seal_from_json(json, &back), 0);
    cr_expect_eq(memcmp(&seal, &back, sizeof seal), 0);
}

Test(seal, only_its_own_spelling_is_read)
{
    CLEANUP_FREE char *json = NULL;
    struct seal seal = example(), back;
    cr_assert_eq(seal_to_json(&seal, &json), 0);
    const char *rest = json + 1;
    CLEANUP_FREE char *spaced = text_format("{ %s", rest);
    CLEANUP_FREE char *doubled = text_format("{\"epoch\":7,%s", rest);
    CLEANUP_FREE char *longer = text_format("{\"more\":1,%s", rest);
    CLEANUP_FREE char *behind = text_format("%s ", json);
    CLEANUP_FREE char *text_number =
        text_format("{\"epoch\":\"7\"%s", rest + strlen("\"epoch\":7"));
    const char *wrong[] = {spaced, doubled, longer, behind, text_number, "", "{}", "[]", "7", "{"};
    for (size_t i = 0; i < ELEMENTS(wrong); i++)
        cr_expect_eq(seal_from_json(wrong[i], &back), -EBADMSG, "%s", wrong[i]);
}

Test(seal, a_reason_is_a_short_word)
{
    cr_expect(seal_is_reason("disk-full"));
    cr_expect_not(seal_is_reason(""));
    cr_expect_not(seal_is_reason("Stop"));
    cr_expect_not(seal_is_reason("a-word-of-more-than-thirty-two-chars"));
}

Test(opening, goes_to_json_and_back_with_a_japanese_host)
{
    CLEANUP_FREE char *json = NULL;
    struct opening opening = {.month = "2026-11", .host = "関所 \"1\"\\", .previous_sequence = 3},
                   back;
    cr_assert_eq(opening_to_json(&opening, &json), 0);
    cr_expect(strstr(json, "\"host\":\"関所 \\\"1\\\"\\\\\""), "%s", json);
    cr_assert_eq(opening_from_json(json, &back), 0);
    cr_expect_eq(memcmp(&opening, &back, sizeof opening), 0);
}

Test(opening, an_impossible_month_is_refused)
{
    CLEANUP_FREE char *json = NULL;
    struct opening opening = {.month = "2026-13", .host = "h"}, back;
    cr_assert_eq(opening_to_json(&opening, &json), 0);
    cr_expect_eq(opening_from_json(json, &back), -EBADMSG);
}
