// SPDX-License-Identifier: GPL-3.0-or-later
#include "fact/radio.h"

#include <criterion/criterion.h>
#include <errno.h>
#include <linux/rfkill.h>
#include <string.h>
#include <unistd.h>

Test(radio, every_type_of_the_kernel_has_a_name_of_its_own)
{
    for (uint8_t kernel = RFKILL_TYPE_WLAN; kernel < NUM_RFKILL_TYPES; kernel++) {
        const struct rfkill_event event = {.idx = 1, .type = kernel};
        struct radio_event read;
        enum radio_type back;
        cr_assert_eq(radio_event_parse(&event, sizeof event, &read), 0);
        cr_expect_eq(read.type, (enum radio_type)(kernel - 1));
        cr_assert_eq(radio_type_from_str(radio_type_to_str(read.type), &back), 0);
        cr_expect_eq(back, read.type);
    }
}

Test(radio, a_type_of_a_later_kernel_is_unknown)
{
    const struct rfkill_event event = {.type = NUM_RFKILL_TYPES};
    struct radio_event read;
    cr_assert_eq(radio_event_parse(&event, sizeof event, &read), 0);
    cr_expect_eq(read.type, RADIO_UNKNOWN);
}

Test(radio, an_event_is_read_whatever_a_kernel_puts_behind_it)
{
    uint8_t message[RADIO_MESSAGE_SIZE] = {0};
    const struct rfkill_event event = {
        .idx = 0x01020304, .type = RFKILL_TYPE_BLUETOOTH, .op = RFKILL_OP_CHANGE, .hard = 1};
    struct radio_event read;
    memcpy(message, &event, sizeof event);
    for (size_t length = sizeof event; length <= sizeof message; length++) {
        cr_assert_eq(radio_event_parse(message, length, &read), 0);
        cr_expect(read.act == RADIO_CHANGED && read.index == 0x01020304 && read.hard && !read.soft);
    }
    for (size_t length = 0; length < sizeof event; length++)
        cr_expect_eq(radio_event_parse(message, length, &read), -EBADMSG);
}

Test(radio, what_is_only_for_the_kernel_is_no_event)
{
    const struct rfkill_event event = {.op = RFKILL_OP_CHANGE_ALL};
    struct radio_event read = {.index = 7};
    cr_expect_eq(radio_event_parse(&event, sizeof event, &read), -EBADMSG);
    cr_expect_eq(read.index, 7, "untouched");
}

Test(radio, requests_are_what_every_kernel_takes)
{
    struct rfkill_event event;
    uint8_t request[RADIO_REQUEST_SIZE];
    radio_request_one(9, true, request);
    memcpy(&event, request, sizeof event);
    cr_expect(event.idx == 9 && event.op == RFKILL_OP_CHANGE && event.soft == 1);
    radio_request_type(RADIO_WWAN, false, request);
    memcpy(&event, request, sizeof event);
    cr_expect(event.type == RFKILL_TYPE_WWAN && event.op == RFKILL_OP_CHANGE_ALL &&
              event.soft == 0);
}

Test(radio, a_copy_has_texts_of_its_own)
{
    struct radio radio = {
        .index = 2, .name = (char *)"hci0", .type = RADIO_BLUETOOTH, .soft = true};
    struct radio *copy = NULL;
    cr_assert_eq(radio_copy(&radio, &copy), 0);
    cr_expect(copy->name != radio.name && copy->soft && !copy->driver);
    cr_expect_str_eq(copy->name, "hci0");
    radio_free(copy);
}
