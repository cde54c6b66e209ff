// SPDX-License-Identifier: GPL-3.0-or-later
#include "base/json.h"
#include "bus/bus.h"
#include "loopback.h"

#include <errno.h>
#include <math.h>
#include <string.h>

static json_object *parse(const char *text)
{
    json_object *object = json_tokener_parse(text);
    cr_assert_not_null(object, "the test's own JSON: %s", text);
    return object;
}

// Over D-Bus and back: what comes out, and the signature it travelled under.
static void expect_round_trip(const char *text, const char *signature)
{
    LOOPBACK loopback = loopback_open();
    CLEANUP_JSON json_object *before = parse(text), *after = NULL;
    cr_assert_eq(bus_append_json(loopback.message, before), 0);
    loopback_seal(&loopback);
    cr_expect_str_eq(sd_bus_message_get_signature(loopback.message, 1), signature);
    cr_assert_eq(bus_read_json(loopback.message, &after), 0);
    cr_expect_str_eq(json_object_to_json_string_ext(after, JSON_C_TO_STRING_PLAIN), text);
}

static int append_nested(unsigned depth)
{
    LOOPBACK loopback = loopback_open();
    CLEANUP_JSON json_object *outer = json_object_new_array();
    for (unsigned i = 1; i < depth; i++) {
        json_object *inner = outer;
        outer = json_object_new_array();
        json_object_array_add(outer, inner);
    }
    return bus_append_json(loopback.message, outer);
}

Test(json, an_object_comes_back_as_it_was)
{
    expect_round_trip("{\"a\":1,\"b\":-7,\"c\":true,\"d\":\"関所\",\"e\":0.5,\"f\":null}", "a{sv}");
}

Test(json, an_array_of_documents_comes_back_in_its_order)
{
    expect_round_trip("[{\"n\":2},{\"n\":1},[],{},\"x\"]", "av");
}

Test(json, an_empty_object_and_an_empty_array_are_told_apart)
{
    expect_round_trip("{\"o\":{},\"a\":[]}", "a{sv}");
}

Test(json, nanoseconds_and_the_largest_numbers_keep_every_digit)
{
    expect_round_trip("{\"ns\":1795431600123456789,\"low\":-9223372036854775808,"
                      "\"high\":9223372036854775807,\"t\":18446744073709551615}",
                      "a{sv}");
}

Test(json, nesting_beyond_the_limit_is_refused)
{
    cr_expect_eq(append_nested(17), 0);
    cr_expect_eq(append_nested(18), -EMSGSIZE);
}

Test(json, a_text_with_a_nul_in_it_is_refused)
{
    LOOPBACK loopback = loopback_open();
    CLEANUP_JSON json_object *object = json_object_new_object();
    json_object_object_add(object, "text", json_object_new_string_len("a\0b", 3));
    cr_expect_eq(bus_append_json(loopback.message, object), -EINVAL);
}

Test(json, a_lone_value_is_no_document)
{
    LOOPBACK loopback = loopback_open();
    CLEANUP_JSON json_object *number = json_object_new_int(1);
    cr_expect_eq(bus_append_json(loopback.message, number), -EINVAL);
    cr_expect_eq(bus_append_json(loopback.message, NULL), -EINVAL);
}

Test(json, integers_of_every_width_are_read)
{
    LOOPBACK loopback = loopback_open();
    CLEANUP_JSON json_object *object = NULL;
    cr_assert(sd_bus_message_append(loopback.message, "a{sv}", 7, "y", "y", 255, "n", "n", -2, "q",
                                    "q", 3, "i", "i", -4, "u", "u", 5, "x", "x", INT64_C(-6), "t",
                                    "t", UINT64_C(7)) >= 0);
    loopback_seal(&loopback);
    cr_assert_eq(bus_read_json(loopback.message, &object), 0);
    cr_expect_str_eq(json_object_to_json_string_ext(object, JSON_C_TO_STRING_PLAIN),
                     "{\"y\":255,\"n\":-2,\"q\":3,\"i\":-4,\"u\":5,\"x\":-6,\"t\":7}");
}

static int read_variant(const char *type, ...)
{
    LOOPBACK loopback = loopback_open();
    CLEANUP_JSON json_object *object = NULL;
    va_list list;
    va_start(list, type);
    cr_assert(sd_bus_message_open_container(loopback.message, 'a', "v") >= 0);
    cr_assert(sd_bus_message_open_container(loopback.message, 'v', type) >= 0);
    cr_assert(sd_bus_message_appendv(loopback.message, type, list) >= 0);
    cr_assert(sd_bus_message_close_container(loopback.message) >= 0);
    cr_assert(sd_bus_message_close_container(loopback.message) >= 0);
    va_end(list);
    loopback_seal(&loopback);
    return bus_read_json(loopback.message, &object);
}

Test(json, what_json_can_not_say_is_refused)
{
    cr_expect_eq(read_variant("d", INFINITY), -EBADMSG);
    cr_expect_eq(read_variant("d", NAN), -EBADMSG);
    cr_expect_eq(read_variant("(ss)", "a", "b"), -EBADMSG);
    cr_expect_eq(read_variant("as", 1, "a"), -EBADMSG);
    cr_expect_eq(read_variant("g", "ss"), -EBADMSG);
    cr_expect_eq(read_variant("v", "s", "a"), -EBADMSG);
    cr_expect_eq(read_variant("h", STDIN_FILENO), -EBADMSG);
    cr_expect_eq(read_variant("s", "a"), 0, "and only that");
}

Test(json, a_doubled_key_is_refused)
{
    LOOPBACK loopback = loopback_open();
    CLEANUP_JSON json_object *object = NULL;
    cr_assert(sd_bus_message_append(loopback.message, "a{sv}", 2, "until_ns", "t", UINT64_C(1),
                                    "until_ns", "t", UINT64_C(0)) >= 0);
    loopback_seal(&loopback);
    cr_expect_eq(bus_read_json(loopback.message, &object), -EBADMSG);
    cr_expect_null(object);
}

static int read_many(unsigned n)
{
    LOOPBACK loopback = loopback_open();
    CLEANUP_JSON json_object *object = NULL;
    cr_assert(sd_bus_message_open_container(loopback.message, 'a', "v") >= 0);
    for (unsigned i = 0; i < n; i++)
        cr_assert(sd_bus_message_append(loopback.message, "v", "y", 0) >= 0);
    cr_assert(sd_bus_message_close_container(loopback.message) >= 0);
    loopback_seal(&loopback);
    return bus_read_json(loopback.message, &object);
}

Test(json, more_values_than_the_limit_are_refused)
{
    cr_expect_eq(read_many(100000), 0);
    cr_expect_eq(read_many(100001), -EMSGSIZE);
}

Test(json, a_message_with_something_else_in_it_is_refused)
{
    LOOPBACK loopback = loopback_open();
    CLEANUP_JSON json_object *object = NULL;
    cr_assert(sd_bus_message_append(loopback.message, "s", "text") >= 0);
    loopback_seal(&loopback);
    cr_expect_eq(bus_read_json(loopback.message, &object), -EBADMSG);
}
