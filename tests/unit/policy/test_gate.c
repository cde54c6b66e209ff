// SPDX-License-Identifier: GPL-3.0-or-later
#include "base/digest.h"
#include "base/text.h"
#include "policy/gate.h"

#include <criterion/criterion.h>
#include <errno.h>
#include <string.h>

static struct gate *make(void)
{
    struct gate *gate = NULL;
    cr_assert_eq(gate_new_fallback(MODE_ENFORCE, &gate), 0);
    struct approval stick = {.number = 12,
                             .vendor = 0x0951,
                             .product = 0x1666,
                             .serial = (char *)"S1",
                             .encrypted = true};
    struct approval keyboard = {.vendor = 0x046d, .product = 0xc31c, .any_serial = true};
    cr_assert_eq(gate_add(gate, &stick), 0);
    gate->keyboards.rule = DEFAULT_NAMED;
    cr_assert_eq(gate_class_add(&gate->keyboards, &keyboard), 0);
    gate->mice.rule = DEFAULT_REFUSE;
    gate->clock_floor_ns = 1780000000000000000;
    return gate;
}

// A gate file with this JSON and the digest that fits it.
static char *seal(const char *json)
{
    uint8_t digest[DIGEST_SIZE];
    char hex[DIGEST_TEXT_SIZE];
    digest_of(json, strlen(json), digest);
    text_hex(digest, sizeof digest, hex);
    return text_format("sekisho-gate 1 %s\n%s", hex, json);
}

static void expect_decode(const char *text, int expected)
{
    CLEANUP(gate_free_p) struct gate *gate = NULL;
    cr_expect_eq(gate_decode(text, strlen(text), &gate), expected, "%.200s", text);
    cr_expect_eq(gate != NULL, expected == 0);
}

Test(gate, modes_have_names)
{
    enum gate_mode mode = MODE_OBSERVE;
    cr_expect_str_eq(gate_mode_to_str(MODE_ENFORCE), "enforce");
    cr_expect_eq(gate_mode_from_str("enforce", &mode), 0);
    cr_expect_eq(mode, MODE_ENFORCE);
    cr_expect_eq(gate_mode_from_str("Enforce", &mode), -EINVAL);
    cr_expect_eq(gate_mode_from_str("", &mode), -EINVAL);
}

Test(gate, the_fallback_lets_input_and_hubs_pass_and_approves_nothing)
{
    CLEANUP(gate_free_p) struct gate *gate = NULL;
    cr_assert_eq(gate_new_fallback(MODE_OBSERVE, &gate), 0);
    cr_expect_eq(gate->mode, MODE_OBSERVE);
    cr_expect_eq(gate->hubs.rule, DEFAULT_ALLOW);
    cr_expect_eq(gate->keyboards.rule, DEFAULT_ALLOW);
    cr_expect_eq(gate->mice.rule, DEFAULT_ALLOW);
    cr_expect_eq(gate->other_input.rule, DEFAULT_ALLOW);
    cr_expect_eq(gate->n_approvals, 0);
}

Test(gate, a_file_goes_there_and_back)
{
    CLEANUP(gate_free_p) struct gate *gate = make(), *back = NULL;
    CLEANUP_FREE char *text = NULL, *again = NULL;
    size_t length = 0, again_length = 0;
    cr_assert_eq(gate_encode(gate, &text, &length), 0);
    cr_expect_eq(length, strlen(text));
    cr_assert_eq(gate_decode(text, length, &back), 0, "%s", text);
    cr_assert_eq(gate_encode(back, &again, &again_length), 0);
    cr_expect_str_eq(text, again);
    cr_expect_eq(back->mode, MODE_ENFORCE);
    cr_expect_eq(back->clock_floor_ns, gate->clock_floor_ns);
    cr_expect_eq(back->keyboards.rule, DEFAULT_NAMED);
    cr_assert_eq(back->keyboards.n_named, 1);
    cr_expect(back->keyboards.named[0]->any_serial);
    cr_expect_eq(back->mice.rule, DEFAULT_REFUSE);
    cr_assert_eq(back->n_approvals, 1);
    cr_expect_str_eq(back->approvals[0]->serial, "S1");
    cr_expect(back->approvals[0]->encrypted);
}

Test(gate, each_changed_byte_is_refused)
{
    CLEANUP(gate_free_p) struct gate *gate = make();
    CLEANUP_FREE char *text = NULL;
    size_t length = 0;
    cr_assert_eq(gate_encode(gate, &text, &length), 0);
    for (size_t i = 0; i < length; i++) {
        struct gate *other = NULL;
        text[i] ^= 1;
        cr_expect_lt(gate_decode(text, length, &other), 0, "byte %zu", i);
        cr_expect_null(other);
        text[i] ^= 1;
    }
}

Test(gate, each_cut_is_refused)
{
    CLEANUP(gate_free_p) struct gate *gate = make();
    CLEANUP_FREE char *text = NULL;
    size_t length = 0;
    cr_assert_eq(gate_encode(gate, &text, &length), 0);
    for (size_t n = 0; n < length; n++) {
        struct gate *other = NULL;
        CLEANUP_FREE char *cut = strndup(text, n);
        cr_expect_lt(gate_decode(cut, n, &other), 0, "%zu bytes", n);
    }
}

Test(gate, another_version_is_told_apart_from_damage)
{
    expect_decode("sekisho-gate 2 00\n{}", -EPROTONOSUPPORT);
    expect_decode("usbguard 1 00\n{}", -EBADMSG);
    expect_decode("", -EBADMSG);
}

#define CLASSES "\"hubs\":\"allow\",\"keyboards\":\"allow\",\"mice\":\"allow\","
#define CAUTIONS ",\"further_keyboards\":\"allow\",\"keyboards_while_locked\":\"ask\""
#define APPROVAL                                                                                   \
    "{\"number\":0,\"vendor\":\"0001\",\"product\":\"0002\",\"read_only\":false,"                  \
    "\"encrypted\":false,\"until_ns\":0,\"approver_uid\":0,\"granted_ns\":0}"

Test(gate, a_right_digest_does_not_help_a_wrong_document)
{
    static const struct {
        const char *json;
        int expected;
    } cases[] = {
        {"{\"mode\":\"enforce\",\"clock_floor_ns\":0," CLASSES "\"other_input\":[" APPROVAL
         "]" CAUTIONS ",\"approvals\":[" APPROVAL "]}",
         0},
        {"{}", -EBADMSG},
        {"{\"mode\":\"enforce\",\"clock_floor_ns\":0," CLASSES
         "\"other_input\":\"allow\",\"further_keyboards\":\"never\","
         "\"keyboards_while_locked\":\"ask\",\"approvals\":[]}",
         -EBADMSG},
        {"[]", -EBADMSG},
        {"{\"mode\":\"open\",\"clock_floor_ns\":0," CLASSES "\"other_input\":\"allow\"" CAUTIONS
         ",\"approvals\":[]}",
         -EBADMSG},
        {"{\"mode\":\"enforce\",\"clock_floor_ns\":-1," CLASSES "\"other_input\":\"allow\"" CAUTIONS
         ",\"approvals\":[]}",
         -EBADMSG},
        {"{\"mode\":\"enforce\",\"clock_floor_ns\":0," CLASSES "\"other_input\":\"named\"" CAUTIONS
         ",\"approvals\":[]}",
         -EBADMSG},
        {"{\"mode\":\"enforce\",\"clock_floor_ns\":0," CLASSES "\"other_input\":1" CAUTIONS
         ",\"approvals\":[]}",
         -EBADMSG},
        {"{\"mode\":\"enforce\",\"clock_floor_ns\":0," CLASSES "\"other_input\":\"allow\"" CAUTIONS
         ",\"approvals\":{}}",
         -EBADMSG},
        {"{\"mode\":\"enforce\",\"clock_floor_ns\":0," CLASSES "\"other_input\":\"allow\"" CAUTIONS
         ",\"approvals\":[],\"more\":1}",
         -EBADMSG},
        {"{\"mode\":\"observe\",\"mode\":\"enforce\",\"clock_floor_ns\":0," CLASSES
         "\"other_input\":\"allow\"" CAUTIONS ",\"approvals\":[]}",
         -EBADMSG},
        {"{\"mode\":\"enforce\",\"clock_floor_ns\":0," CLASSES "\"other_input\":\"allow\"" CAUTIONS
         ",\"approvals\":[" APPROVAL ",{}]}",
         -EBADMSG},
    };
    for (size_t i = 0; i < ELEMENTS(cases); i++) {
        CLEANUP_FREE char *text = seal(cases[i].json);
        expect_decode(text, cases[i].expected);
    }
}

Test(gate, more_approvals_than_the_limit_are_refused)
{
    CLEANUP(gate_free_p) struct gate *gate = NULL, *back = NULL;
    CLEANUP_FREE char *text = NULL;
    size_t length = 0;
    cr_assert_eq(gate_new_fallback(MODE_ENFORCE, &gate), 0);
    for (unsigned i = 0; i < APPROVALS_MAX; i++)
        cr_assert_eq(gate_add(gate, &(struct approval){.product = (uint16_t)i}), 0);
    cr_expect_eq(gate_add(gate, &(struct approval){.vendor = 1}), -ENOSPC);
    cr_assert_eq(gate_encode(gate, &text, &length), 0);
    cr_assert_eq(gate_decode(text, length, &back), 0);
    cr_expect_eq(back->n_approvals, APPROVALS_MAX);
}

Test(gate, a_file_over_its_limit_is_not_written)
{
    CLEANUP(gate_free_p) struct gate *gate = NULL;
    char reason[APPROVAL_TEXT_MAX + 1], *text = NULL;
    size_t length = 0;
    memset(reason, 'a', sizeof reason - 1);
    reason[sizeof reason - 1] = '\0';
    cr_assert_eq(gate_new_fallback(MODE_ENFORCE, &gate), 0);
    for (unsigned i = 0; i < APPROVALS_MAX; i++)
        cr_assert_eq(gate_add(gate, &(struct approval){.reason = reason}), 0);
    cr_expect_eq(gate_encode(gate, &text, &length), -EFBIG);
    cr_expect_null(text);
}
