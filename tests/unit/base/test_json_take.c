// SPDX-License-Identifier: GPL-3.0-or-later
// Fields of foreign documents: taken as they ought to be written, or not at all.
#include "base/json-take.h"

#include <criterion/criterion.h>
#include <errno.h>
#include <string.h>

#define HASH "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff"

static json_object *document;

static void parse(const char *text)
{
    document = json_parse(text, strlen(text), json_type_object);
    cr_assert_not_null(document);
}

static void put(void)
{
    json_object_put(document);
}

TestSuite(json_take, .fini = put);

Test(json_take, a_text_is_printable_and_within_its_limit)
{
    char *text = NULL;
    parse("{\"a\":\"関所\",\"empty\":\"\",\"control\":\"a\\nb\",\"nul\":\"a\\u0000b\",\"n\":1}");
    cr_assert_eq(json_take_text(document, "a", 6, &text), 0);
    cr_expect_str_eq(text, "関所");
    free(text);
    text = NULL;
    cr_expect_eq(json_take_text(document, "a", 5, &text), -EBADMSG);
    for (size_t i = 0; i < 5; i++) {
        static const char *const bad[] = {"empty", "control", "nul", "n", "absent"};
        cr_expect_eq(json_take_text(document, bad[i], 10, &text), -EBADMSG, "%s", bad[i]);
    }
    cr_expect_null(text);
}

Test(json_take, a_number_is_not_negative_and_fits_into_63_bits)
{
    uint64_t number = 7;
    parse("{\"max\":9223372036854775807,\"over\":9223372036854775808,\"less\":-1,\"half\":0.5}");
    cr_expect_eq(json_take_number(document, "over", &number), -EBADMSG);
    cr_expect_eq(json_take_number(document, "less", &number), -EBADMSG);
    cr_expect_eq(json_take_number(document, "half", &number), -EBADMSG);
    cr_expect_eq(number, 7);
    cr_expect_eq(json_take_number(document, "max", &number), 0);
    cr_expect_eq(number, INT64_MAX);
}

Test(json_take, a_hash_and_an_id_stand_in_small_letters)
{
    uint8_t hash[DIGEST_SIZE];
    char id[ID_TEXT_SIZE];
    parse("{\"hash\":\"" HASH "\",\"big\":\"00112233445566778899AABBCCDDEEFF\","
          "\"id\":\"00112233445566778899aabbccddeeff\"}");
    cr_assert_eq(json_take_hash(document, "hash", hash), 0);
    cr_expect_eq(hash[1], 0x11);
    cr_assert_eq(json_take_id(document, "id", id), 0);
    cr_expect_str_eq(id, "00112233445566778899aabbccddeeff");
    cr_expect_eq(json_take_id(document, "big", id), -EBADMSG);
    cr_expect_eq(json_take_id(document, "hash", id), -EBADMSG);
    cr_expect_eq(json_take_hash(document, "id", hash), -EBADMSG);
    json_add_hash(document, "again", hash);
    cr_expect_str_eq(json_get_text(document, "again"), HASH);
}
