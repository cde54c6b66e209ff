// SPDX-License-Identifier: GPL-3.0-or-later
#include "base/json.h"

#include <criterion/criterion.h>
#include <string.h>

static json_object *parse(const char *text)
{
    return json_parse(text, strlen(text), json_type_object);
}

static void expect_refused(const char *text)
{
    CLEANUP_JSON json_object *object = parse(text);
    cr_expect_null(object, "%s", text);
}

Test(json_parse, texts_beyond_ascii_are_read_as_they_were_written)
{
    static const char *const texts[] = {"é",        "関所",         "月次の納品", "𠮷野家",
                                        "a\u00a0b", "\x7f\xc2\x80", "\U0010ffff"};
    for (size_t i = 0; i < ELEMENTS(texts); i++) {
        CLEANUP_JSON json_object *written = json_object_new_object();
        json_add_text(written, texts[i], texts[i]);
        CLEANUP_JSON json_object *read = parse(json_object_to_json_string(written));
        cr_assert_not_null(read, "%s", texts[i]);
        cr_expect_str_eq(json_get_text(read, texts[i]), texts[i]);
    }
}

Test(json_parse, escapes_before_and_behind_such_texts_keep_their_meaning)
{
    CLEANUP_JSON json_object *object = parse("{\"a\":\"\\\\関\\\\所\\n\"}");
    cr_assert_not_null(object);
    cr_expect_str_eq(json_get_text(object, "a"), "\\関\\所\n");
}

Test(json_parse, a_backslash_escapes_nothing_beyond_ascii)
{
    expect_refused("{\"a\":\"\\関\"}");
    expect_refused("{\"a\":\"\\\\\\関\"}");
}

Test(json_parse, what_is_not_utf_8_is_refused)
{
    expect_refused("{\"a\":\"\xff\"}");
    expect_refused("{\"a\":\"\xc3\"}");
    expect_refused("{\"a\":\"\xed\xa0\x80\"}"); // half of a surrogate pair
    expect_refused("{\"a\":\"\xc0\xaf\"}");     // longer than it needs to be
}

Test(json_parse, only_one_strict_document_is_read)
{
    expect_refused("");
    expect_refused("[]");
    expect_refused("関");
    expect_refused("{関:1}");
    expect_refused("{\"a\":1} {}");
    expect_refused("{\"a\":1,}");
    expect_refused("{\"a\":'x'}");
    expect_refused("/* why */ {\"a\":1}");
}

Test(json_parse, only_what_is_written_as_we_write_it_is_exact)
{
    static const char *const others[] = {"{ \"a\":1}", "{\"a\":1,\"a\":1}", "{\"a\":1} ", "[1]",
                                         "",           "{\"a\":\"\\/\"}"};
    CLEANUP_JSON json_object *object = json_parse_exact("{\"a\":\"/\"}", 9);
    cr_assert(object);
    cr_expect_str_eq(json_get_text(object, "a"), "/");
    cr_expect_null(json_parse_exact("{\"a\":\"/\"}", 8), "longer than it may be");
    for (size_t i = 0; i < ELEMENTS(others); i++)
        cr_expect_null(json_parse_exact(others[i], 100), "%s", others[i]);
}
