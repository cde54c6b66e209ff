// SPDX-License-Identifier: GPL-3.0-or-later
#include "base/text.h"
#include "policy/approval.h"

#include <criterion/criterion.h>
#include <errno.h>
#include <string.h>

static struct approval parse(const char *text)
{
    struct approval approval = {0};
    cr_assert_eq(approval_parse_device(text, true, &approval), 0, "%s", text);
    return approval;
}

static void expect_refused(const char *text)
{
    struct approval approval = {.vendor = 7};
    cr_expect_eq(approval_parse_device(text, false, &approval), -EINVAL, "%s", text);
    cr_expect_eq(approval.vendor, 7, "untouched on failure");
}

// One of each field, as a granted approval has them.
static struct approval full(void)
{
    return (struct approval){
        .number = 417,
        .vendor = 0x0951,
        .product = 0x1666,
        .serial = (char *)"AB\\x0012",
        .has_hash = true,
        .hash = {0xde, 0xad},
        .port = (char *)"pci-0000:00:04.0-usb-0:2",
        .read_only = true,
        .until_ns = 1790000000000000000,
        .reason = (char *)"月次の納品 / \"quoted\"",
        .permit = (char *)"市-2026-12",
        .approver = (char *)"sato",
        .approver_uid = 1001,
        .granted_ns = 1780000000123456789,
        .description = (char *)"Kingston DataTraveler",
    };
}

Test(approval, a_device_is_named_by_vendor_product_and_serial)
{
    struct approval approval = parse("0951:1A66:AB:12");
    cr_expect_eq(approval.vendor, 0x0951);
    cr_expect_eq(approval.product, 0x1a66);
    cr_expect_str_eq(approval.serial, "AB:12");
    free(approval.serial);
}

Test(approval, a_device_without_a_serial_is_named_by_two_numbers)
{
    struct approval approval = parse("0951:1666");
    cr_expect_null(approval.serial);
    cr_expect_not(approval.any_serial);
}

Test(approval, a_star_means_any_serial_only_where_that_is_allowed)
{
    cr_expect(parse("0951:1666:*").any_serial);
    struct approval approval = {0};
    cr_expect_eq(approval_parse_device("0951:1666:*", false, &approval), 0);
    cr_expect_str_eq(approval.serial, "*", "a serial like any other");
    cr_expect_not(approval.any_serial);
    free(approval.serial);
}

Test(approval, a_name_that_is_not_exact_is_refused)
{
    static const char *const wrong[] = {
        "",
        "0951",
        "951:1666",
        "0951:166",
        "0951:16666",
        "0951-1666",
        "0x51:1666",
        " 0951:1666",
        "0951:1666 ",
        "0951:1666:",
        "095g:1666",
        "0951:1666;A",
        "0951:1666:a\n",
        "0951:1666:\\",
        "0951:1666:\\x41",
        "0951:1666:\xff",
        "é951:1666",
        "0951::1666",
    };
    for (size_t i = 0; i < ELEMENTS(wrong); i++)
        expect_refused(wrong[i]);
}

Test(approval, an_escaped_serial_is_kept_as_it_is)
{
    struct approval approval = parse("0951:1666:\\x00\\xff ");
    cr_expect_str_eq(approval.serial, "\\x00\\xff ");
    free(approval.serial);
}

Test(approval, every_part_that_it_names_has_to_match)
{
    struct approval approval = full();
    struct usb_device device = {.vendor = 0x0951,
                                .product = 0x1666,
                                .serial = (char *)"AB\\x0012",
                                .port = (char *)"pci-0000:00:04.0-usb-0:2",
                                .hash = {0xde, 0xad}};
    cr_expect(approval_matches(&approval, &device));

    struct usb_device other = device;
    other.vendor++;
    cr_expect_not(approval_matches(&approval, &other));
    other = device;
    other.product++;
    cr_expect_not(approval_matches(&approval, &other));
    other = device;
    other.serial = (char *)"AB";
    cr_expect_not(approval_matches(&approval, &other));
    other = device;
    other.hash[31] = 1;
    cr_expect_not(approval_matches(&approval, &other));
    other = device;
    other.port = NULL;
    cr_expect_not(approval_matches(&approval, &other));
}

Test(approval, what_it_does_not_name_is_not_compared)
{
    struct approval approval = {.vendor = 1, .product = 2, .serial = (char *)"S"};
    struct usb_device device = {
        .vendor = 1, .product = 2, .serial = (char *)"S", .port = (char *)"p", .hash = {9}};
    cr_expect(approval_matches(&approval, &device));
}

Test(approval, a_device_without_a_serial_matches_only_an_approval_without_one)
{
    struct usb_device nameless = {.vendor = 1, .product = 2};
    struct usb_device named = {.vendor = 1, .product = 2, .serial = (char *)"S"};
    struct approval without = {.vendor = 1, .product = 2};
    struct approval with = {.vendor = 1, .product = 2, .serial = (char *)"S"};
    struct approval any = {.vendor = 1, .product = 2, .any_serial = true};
    cr_expect(approval_matches(&without, &nameless));
    cr_expect_not(approval_matches(&without, &named));
    cr_expect_not(approval_matches(&with, &nameless));
    cr_expect(approval_matches(&any, &nameless));
    cr_expect(approval_matches(&any, &named));
}

Test(approval, it_is_plain_without_condition_and_end)
{
    cr_expect(approval_is_plain(&(struct approval){.vendor = 1}));
    cr_expect_not(approval_is_plain(&(struct approval){.read_only = true}));
    cr_expect_not(approval_is_plain(&(struct approval){.encrypted = true}));
    cr_expect_not(approval_is_plain(&(struct approval){.until_ns = 1}));
}

Test(approval, two_are_for_the_same_device_whatever_they_grant)
{
    struct approval a = full(), b = full();
    b.read_only = false;
    b.until_ns = 0;
    b.reason = NULL;
    b.number = 1;
    cr_expect(approval_is_for_same(&a, &b));
    b.port = NULL;
    cr_expect_not(approval_is_for_same(&a, &b));
    b = full();
    b.has_hash = false;
    cr_expect_not(approval_is_for_same(&a, &b));
    b = full();
    b.hash[0] = 0;
    cr_expect_not(approval_is_for_same(&a, &b));
}

Test(approval, a_copy_owns_its_texts)
{
    struct approval original = full();
    struct approval *copy = NULL;
    cr_assert_eq(approval_copy(&original, &copy), 0);
    cr_expect_str_eq(copy->reason, original.reason);
    cr_expect_neq(copy->reason, original.reason);
    cr_expect(approval_is_for_same(&original, copy));
    approval_free(copy);
}

Test(approval, json_goes_there_and_back)
{
    struct approval original = full();
    CLEANUP_FREE char *json = NULL, *again = NULL;
    CLEANUP(approval_free_p) struct approval *back = NULL;
    cr_assert_eq(approval_to_json(&original, &json), 0);
    cr_assert_eq(approval_from_json(json, &back), 0, "%s", json);
    cr_assert_eq(approval_to_json(back, &again), 0);
    cr_expect_str_eq(json, again);
    cr_expect(approval_is_for_same(&original, back));
    cr_expect_eq(back->number, 417);
    cr_expect_eq(back->until_ns, original.until_ns);
    cr_expect_eq(back->granted_ns, original.granted_ns);
    cr_expect_eq(back->approver_uid, 1001);
    cr_expect(back->read_only);
    cr_expect_not(back->encrypted);
    cr_expect_str_eq(back->reason, original.reason);
    cr_expect_str_eq(back->permit, original.permit);
    cr_expect_str_eq(back->approver, original.approver);
    cr_expect_str_eq(back->description, original.description);
}

static const char smallest[] =
    "{\"number\":0,\"vendor\":\"0001\",\"product\":\"0002\",\"read_only\":false,"
    "\"encrypted\":false,\"until_ns\":0,\"approver_uid\":0,\"granted_ns\":0}";

Test(approval, the_smallest_json_is_read)
{
    CLEANUP(approval_free_p) struct approval *approval = NULL;
    cr_assert_eq(approval_from_json(smallest, &approval), 0);
    cr_expect_eq(approval->product, 2);
    cr_expect_null(approval->serial);
}

// `smallest` with the first `from` replaced by `to`.
static void expect_bad(const char *from, const char *to)
{
    struct approval *approval = NULL;
    const char *at = strstr(smallest, from);
    cr_assert_not_null(at, "%s", from);
    CLEANUP_FREE char *json =
        text_format("%.*s%s%s", (int)(at - smallest), smallest, to, at + strlen(from));
    cr_expect_eq(approval_from_json(json, &approval), -EBADMSG, "%s", json);
    cr_expect_null(approval);
}

Test(approval, json_that_it_would_not_have_written_is_refused)
{
    expect_bad("\"number\":0,", "");
    expect_bad("\"number\":0", "\"number\":0,\"surprise\":1");
    expect_bad("\"number\":0", "\"number\":0,\"number\":0");
    expect_bad("\"number\":0", "\"number\":\"0\"");
    expect_bad("\"number\":0", "\"number\":-1");
    expect_bad("\"number\":0", "\"number\":1.5");
    expect_bad("\"number\":0", "\"number\":9223372036854775808");
    expect_bad("\"number\":0", "\"number\":99999999999999999999");
    expect_bad("\"number\":0", "\"number\": 0");
    expect_bad("\"number\":0", "\"number\":null");
    expect_bad("\"0001\"", "\"001\"");
    expect_bad("\"0001\"", "\"000A\"");
    expect_bad("\"0001\"", "1");
    expect_bad("\"approver_uid\":0", "\"approver_uid\":4294967296");
    expect_bad("\"read_only\":false", "\"read_only\":0");
    expect_bad("\"read_only\":false", "\"hash\":\"00\",\"read_only\":false");
    expect_bad("\"read_only\":false", "\"any_serial\":false,\"read_only\":false");
    expect_bad("\"granted_ns\":0", "\"granted_ns\":0,\"serial\":null");
    expect_bad("\"granted_ns\":0", "\"granted_ns\":0,\"serial\":7");
    expect_bad("\"granted_ns\":0", "\"granted_ns\":0,\"serial\":\"a\\u0000b\"");
    expect_bad("\"granted_ns\":0", "\"granted_ns\":0,\"serial\":\"a\\u001bb\"");
    expect_bad("\"granted_ns\":0", "\"granted_ns\":0,\"reason\":\"\xff\"");
    expect_bad("}", "} ");
    expect_bad("}", "");
    expect_bad("}", "}{}");
}

Test(approval, any_serial_and_a_serial_exclude_each_other)
{
    struct approval approval = {.any_serial = true, .serial = (char *)"S"};
    char *json = NULL;
    cr_expect_eq(approval_to_json(&approval, &json), -EINVAL);
    expect_bad("\"read_only\":false,\"encrypted\":false,\"until_ns\":0,\"approver_uid\":0,"
               "\"granted_ns\":0",
               "\"any_serial\":true,\"read_only\":false,\"encrypted\":false,\"until_ns\":0,"
               "\"approver_uid\":0,\"granted_ns\":0,\"serial\":\"S\"");
}

Test(approval, a_luks_uuid_is_lower_case_and_asks_for_encryption)
{
    static const char *const wrong[] = {"7796DB80-b101-43dd-b570-94d40c326ecd", "7796db80", ""};
    CLEANUP_FREE char *json = NULL, *plain = NULL;
    CLEANUP(approval_free_p) struct approval *again = NULL;
    struct approval approval = full();
    approval.encrypted = true;
    approval.luks = (char *)"7796db80-b101-43dd-b570-94d40c326ecd";
    cr_assert_eq(approval_to_json(&approval, &json), 0);
    cr_assert_eq(approval_from_json(json, &again), 0, "%s", json);
    cr_expect_str_eq(again->luks, approval.luks);
    cr_expect(approval_is_for_same(&approval, again));
    text_copy(again->luks, UUID_TEXT_SIZE, "4f42f162-5415-4196-96ec-69f7b2c530af");
    cr_expect_not(approval_is_for_same(&approval, again));

    for (size_t i = 0; i < ELEMENTS(wrong); i++) {
        approval.luks = (char *)wrong[i];
        cr_expect_eq(approval_to_json(&approval, &plain), -EINVAL, "%s", wrong[i]);
    }
    approval.luks = again->luks;
    approval.encrypted = false;
    cr_expect_eq(approval_to_json(&approval, &plain), -EINVAL);
    char *flag = strstr(json, "\"encrypted\":true");
    cr_assert_not_null(flag);
    CLEANUP_FREE char *open = text_format("%.*s\"encrypted\":false%s", (int)(flag - json), json,
                                          flag + strlen("\"encrypted\":true"));
    CLEANUP(approval_free_p) struct approval *none = NULL;
    cr_expect_eq(approval_from_json(open, &none), -EBADMSG);
}

Test(approval, a_text_that_is_too_long_is_neither_written_nor_read)
{
    char text[APPROVAL_TEXT_MAX + 2], *json = NULL;
    struct approval approval = {.reason = text};
    memset(text, 'a', sizeof text);
    text[APPROVAL_TEXT_MAX + 1] = '\0';
    cr_expect_eq(approval_to_json(&approval, &json), -EINVAL);

    text[APPROVAL_TEXT_MAX] = '\0';
    cr_assert_eq(approval_to_json(&approval, &json), 0);
    CLEANUP(approval_free_p) struct approval *back = NULL;
    cr_expect_eq(approval_from_json(json, &back), 0);
    free(json);
}

Test(approval, an_unescaped_text_is_not_written)
{
    struct approval approval = {.reason = (char *)"line\nbreak"};
    char *json = NULL;
    cr_expect_eq(approval_to_json(&approval, &json), -EINVAL);
    cr_expect_null(json);
}
