// SPDX-License-Identifier: GPL-3.0-or-later
#include "base/json.h"
#include "base/util.h"
#include "bus/arguments.h"
#include "loopback.h"

#include <errno.h>
#include <string.h>

#define ARGUMENTS CLEANUP(arguments_clear) struct arguments

static char *repeat(char c, size_t n)
{
    char *text = malloc(n + 1);
    cr_assert_not_null(text);
    memset(text, c, n);
    text[n] = '\0';
    return text;
}

Test(arguments, texts_flag_and_document_are_read_in_order)
{
    LOOPBACK loopback = loopback_open();
    ARGUMENTS arguments = {0};
    cr_assert(sd_bus_message_append(loopback.message, "ssa{sv}", "export.created", "2026-11", 1,
                                    "rows", "t", UINT64_C(7)) >= 0);
    loopback_seal(&loopback);
    cr_assert_eq(arguments_read(loopback.message, "ssa{sv}", &arguments), 0);
    cr_expect_str_eq(arguments.texts[0], "export.created");
    cr_expect_str_eq(arguments.texts[1], "2026-11");
    cr_expect_eq(json_get_number(arguments.document, "rows"), 7);
}

Test(arguments, a_flag_is_read)
{
    LOOPBACK loopback = loopback_open();
    ARGUMENTS arguments = {0};
    cr_assert(sd_bus_message_append(loopback.message, "ssb", "usb", "enforce", 1) >= 0);
    loopback_seal(&loopback);
    cr_assert_eq(arguments_read(loopback.message, "ssb", &arguments), 0);
    cr_expect(arguments.flag);
}

Test(arguments, another_signature_is_refused)
{
    LOOPBACK loopback = loopback_open();
    ARGUMENTS arguments = {0};
    cr_assert(sd_bus_message_append(loopback.message, "ss", "a", "b") >= 0);
    loopback_seal(&loopback);
    cr_expect_eq(arguments_read(loopback.message, "s", &arguments), -EINVAL);
    cr_expect_eq(arguments_read(loopback.message, "sss", &arguments), -EINVAL);
    cr_expect_null(arguments.texts[0]);
}

Test(arguments, control_characters_become_visible_also_deep_in_a_document)
{
    LOOPBACK loopback = loopback_open();
    ARGUMENTS arguments = {0};
    cr_assert(sd_bus_message_append(loopback.message, "sa{sv}", "a\nb", 1, "list", "av", 1, "a{sv}",
                                    1, "reason", "s", "\x1b[31mred") >= 0);
    loopback_seal(&loopback);
    cr_assert_eq(arguments_read(loopback.message, "sa{sv}", &arguments), 0);
    cr_expect_str_eq(arguments.texts[0], "a\\x0ab");
    json_object *list = json_get(arguments.document, "list");
    cr_expect_str_eq(json_get_text(json_object_array_get_idx(list, 0), "reason"), "\\x1b[31mred");
}

Test(arguments, a_name_that_was_escaped_before_stays_as_it_is)
{
    LOOPBACK loopback = loopback_open();
    ARGUMENTS arguments = {0};
    cr_assert(sd_bus_message_append(loopback.message, "s", "0951:1666:A\\x0a関") >= 0);
    loopback_seal(&loopback);
    cr_assert_eq(arguments_read(loopback.message, "s", &arguments), 0);
    cr_expect_str_eq(arguments.texts[0], "0951:1666:A\\x0a関");
}

Test(arguments, a_key_with_control_characters_is_refused)
{
    LOOPBACK loopback = loopback_open();
    ARGUMENTS arguments = {0};
    cr_assert(sd_bus_message_append(loopback.message, "sa{sv}", "d", 1, "a\tb", "s", "x") >= 0);
    loopback_seal(&loopback);
    cr_expect_eq(arguments_read(loopback.message, "sa{sv}", &arguments), -EINVAL);
}

static int read_text_of(size_t length)
{
    LOOPBACK loopback = loopback_open();
    ARGUMENTS arguments = {0};
    CLEANUP_FREE char *text = repeat('x', length);
    cr_assert(sd_bus_message_append(loopback.message, "s", text) >= 0);
    loopback_seal(&loopback);
    return arguments_read(loopback.message, "s", &arguments);
}

static int read_document_of(size_t length)
{
    LOOPBACK loopback = loopback_open();
    ARGUMENTS arguments = {0};
    CLEANUP_FREE char *text = repeat('x', length);
    cr_assert(sd_bus_message_append(loopback.message, "sa{sv}", "d", 1, "k", "s", text) >= 0);
    loopback_seal(&loopback);
    return arguments_read(loopback.message, "sa{sv}", &arguments);
}

Test(arguments, a_number_is_read_whole_and_nothing_else_in_its_place)
{
    LOOPBACK loopback = loopback_open();
    ARGUMENTS arguments = {0};
    cr_assert(sd_bus_message_append(loopback.message, "t", UINT64_MAX) >= 0);
    loopback_seal(&loopback);
    cr_assert_eq(arguments_read(loopback.message, "t", &arguments), 0);
    cr_expect_eq(arguments.number, UINT64_MAX);
    LOOPBACK other = loopback_open();
    cr_assert(sd_bus_message_append(other.message, "x", INT64_C(-1)) >= 0);
    loopback_seal(&other);
    cr_expect_eq(arguments_read(other.message, "t", &arguments), -EINVAL);
}

Test(arguments, a_text_beyond_the_limit_is_refused)
{
    cr_expect_eq(read_text_of(ARGUMENT_TEXT_MAX), 0);
    cr_expect_eq(read_text_of(ARGUMENT_TEXT_MAX + 1), -EMSGSIZE);
}

Test(arguments, a_document_beyond_the_limit_is_refused)
{
    cr_expect_eq(read_document_of(ARGUMENT_DOCUMENT_MAX - 100), 0);
    cr_expect_eq(read_document_of(ARGUMENT_DOCUMENT_MAX), -EMSGSIZE);
}
