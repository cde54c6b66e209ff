// SPDX-License-Identifier: GPL-3.0-or-later
#include "base/json.h"

#include <criterion/criterion.h>
#include <string.h>

static bool is_object(const char *text)
{
    return json_is_object(text, strlen(text));
}

Test(json, an_object_that_every_reader_takes_alike_is_one)
{
    static const char *const good[] = {
        "{}",
        " \t\r\n{ } \n",
        "{\"a\":1}",
        "{\"\":\"\"}",
        "{\"a\":[1,-0,0.5,1e9,1E+9,-1.5e-300,[],{}]}",
        "{\"a\":true,\"b\":false,\"c\":null}",
        "{\"a\":\"\\\"\\\\\\/\\b\\f\\n\\r\\t\\u00e9\\u20AC\\ud83d\\ude00\"}",
        "{\"\xe9\x96\xa2\":\"\x7f\"}",
        "{\"a\":{\"a\":1},\"b\":{\"a\":1}}",
        "{\"a\":123456789012345678901234567890,\"b\":1e999}",
    };
    for (size_t i = 0; i < ELEMENTS(good); i++)
        cr_expect(is_object(good[i]), "%s", good[i]);
}

Test(json, anything_else_is_none)
{
    static const char *const bad[] = {
        "",
        " ",
        "{",
        "}",
        "[]",
        "1",
        "\"a\"",
        "null",
        "{} {}",
        "{}x",
        "\xef\xbb\xbf{}",
        "{\"a\"}",
        "{\"a\":}",
        "{\"a\":1,}",
        "{,}",
        "{\"a\" 1}",
        "{a:1}",
        "{'a':1}",
        "{\"a\":01}",
        "{\"a\":+1}",
        "{\"a\":-}",
        "{\"a\":.5}",
        "{\"a\":1.}",
        "{\"a\":1e}",
        "{\"a\":0x1}",
        "{\"a\":NaN}",
        "{\"a\":Infinity}",
        "{\"a\":-Infinity}",
        "{\"a\":True}",
        "{\"a\":nul}",
        "{\"a\":[1,]}",
        "{\"a\":[1 2]}",
        "{\"a\":\"\n\"}",
        "{\"a\":\"\\x41\"}",
        "{\"a\":\"\\u12\"}",
        "{\"a\":\"\\u12g4\"}",
        "{\"a\":\"\\\"}",
        "{\"a\":\"}",
        "{\"a\":\"\xff\"}",
        "{/**/}",
        "\v{}",
    };
    for (size_t i = 0; i < ELEMENTS(bad); i++)
        cr_expect_not(is_object(bad[i]), "%s", bad[i]);
}

Test(json, what_readers_take_in_different_ways_is_none)
{
    cr_expect_not(is_object("{\"a\":1,\"a\":2}"), "a key twice");
    cr_expect_not(is_object("{\"a\":1,\"\\u0061\":2}"), "a key twice, once escaped");
    cr_expect_not(is_object("{\"b\":[{\"a\":1,\"a\":1}]}"), "a key twice, further in");
    cr_expect_not(is_object("{\"a\":\"\\u0000\"}"));
    cr_expect_not(is_object("{\"a\\u0000\":1}"));
    cr_expect_not(is_object("{\"a\":\"\\ud800\"}"));
    cr_expect_not(is_object("{\"a\":\"\\ud800\\u0041\"}"));
    cr_expect_not(is_object("{\"a\":\"\\udc00\\ud800\"}"));
    cr_expect_not(json_is_object("{}\0", 3));
}

Test(json, it_is_at_most_32_deep)
{
    char text[200] = "{\"a\":";
    memset(text + 5, '[', 31);
    memset(text + 36, ']', 31);
    memcpy(text + 67, "}", 2);
    cr_expect(is_object(text));
    memset(text + 5, '[', 32);
    memset(text + 37, ']', 32);
    memcpy(text + 69, "}", 2);
    cr_expect_not(is_object(text));
}
