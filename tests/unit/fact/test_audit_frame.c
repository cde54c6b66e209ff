// SPDX-License-Identifier: GPL-3.0-or-later
#include "base/bytes.h"
#include "base/text.h"
#include "fact/audit_event.h"
#include "fact/audit_place.h"

#include <criterion/criterion.h>
#include <errno.h>
#include <string.h>

static const struct audit_event full = {
    .act = ACT_RENAME,
    .wall_ns = 1795000000123000000,
    .serial = 4711,
    .auid = 1001,
    .uid = 0,
    .session = UINT32_MAX,
    .pid = 50,
    .error = -1,
    .key = (char *)"sekisho-files",
    .exe = (char *)"/usr/bin/mv",
    .path = {(char *)"/f/日本 \\x0a", WAY_WHOLE, 1, UINT64_MAX},
    .to = {(char *)"b", WAY_UNRESOLVED, UINT64_MAX, 2},
    .replaced = true,
    .folder = true,
    .account = (char *)"root",
    .service = (char *)"",
    .terminal = (char *)"tty1",
    .address = (char *)"::1",
    .by_program = true,
    .missing = 4000000000u,
};

struct frame {
    char *data;
    size_t length;
};

static void frame_clear(struct frame *frame)
{
    free(frame->data);
}

static void put(struct frame *frame, const struct audit_event *event)
{
    cr_assert_eq(audit_frame_put_event(event, &frame->data, &frame->length), 0);
}

static int take(const struct frame *frame, struct audit_event **ret_event,
                struct audit_place **ret_place)
{
    // In a block of its own, so that a byte read behind it is found.
    CLEANUP_FREE char *data = malloc(frame->length);
    memcpy(data, frame->data, frame->length);
    return audit_frame_take(data, frame->length, ret_event, ret_place);
}

static void expect_answer(const struct frame *frame, int answer)
{
    CLEANUP(audit_event_free_p) struct audit_event *event = NULL;
    CLEANUP(audit_place_free_p) struct audit_place *place = NULL;
    cr_expect_eq(take(frame, &event, &place), answer);
    cr_expect_null(event);
    cr_expect_null(place);
}

static void expect_same_path(const struct audit_path *a, const struct audit_path *b)
{
    cr_expect_str_eq(a->text, b->text);
    cr_expect_eq(a->way, b->way);
    cr_expect_eq(a->inode, b->inode);
    cr_expect_eq(a->device, b->device);
}

Test(audit_frame, an_event_comes_out_as_it_went_in)
{
    CLEANUP(frame_clear) struct frame frame = {0}, again = {0};
    CLEANUP(audit_event_free_p) struct audit_event *event = NULL;
    CLEANUP(audit_place_free_p) struct audit_place *place = NULL;
    put(&frame, &full);
    cr_assert_eq(take(&frame, &event, &place), (int)frame.length);
    cr_assert_not_null(event);
    cr_expect_null(place);
    cr_expect_eq(event->act, full.act);
    cr_expect_eq(event->wall_ns, full.wall_ns);
    cr_expect_eq(event->serial, full.serial);
    cr_expect_eq(event->auid, full.auid);
    cr_expect_eq(event->session, full.session);
    cr_expect_eq(event->error, full.error);
    cr_expect_str_eq(event->key, full.key);
    expect_same_path(&event->path, &full.path);
    expect_same_path(&event->to, &full.to);
    cr_expect(event->replaced && event->folder && event->by_program);
    cr_expect_eq(event->missing, 4000000000u);
    cr_expect_str_eq(event->service, "");
    put(&again, event); // and so do the rest of the fields
    cr_assert_eq(again.length, frame.length);
    cr_expect_eq(memcmp(again.data, frame.data, frame.length), 0);
}

Test(audit_frame, what_is_not_there_stays_away)
{
    static const struct audit_event bare = {.act = ACT_AUDIT_TORN};
    CLEANUP(frame_clear) struct frame frame = {0};
    CLEANUP(audit_event_free_p) struct audit_event *event = NULL;
    put(&frame, &bare);
    cr_assert_eq(take(&frame, &event, NULL), (int)frame.length);
    cr_expect_null(event->key);
    cr_expect_null(event->path.text);
    cr_expect_null(event->address);
    cr_expect_not(event->replaced || event->folder || event->by_program);
}

static void fill(struct audit_place *place)
{
    *place = (struct audit_place){.offset = 99, .last = {1, 2}};
}

Test(audit_frame, a_place_comes_out_as_it_went_in)
{
    CLEANUP(frame_clear) struct frame frame = {0};
    CLEANUP(audit_place_free_p) struct audit_place *back = NULL;
    struct audit_place place;
    fill(&place);
    cr_assert_eq(audit_frame_put_place(&place, &frame.data, &frame.length), 0);
    cr_assert_eq(take(&frame, NULL, &back), (int)frame.length);
    cr_expect_eq(back->offset, 99);
    cr_expect_eq(back->last.serial, 2);
}

Test(audit_frame, frames_are_taken_one_after_the_other)
{
    CLEANUP(frame_clear) struct frame frame = {0};
    CLEANUP(audit_event_free_p) struct audit_event *event = NULL;
    CLEANUP(audit_place_free_p) struct audit_place *back = NULL;
    struct audit_place place;
    fill(&place);
    put(&frame, &full);
    size_t first = frame.length;
    cr_assert_eq(audit_frame_put_place(&place, &frame.data, &frame.length), 0);
    cr_assert_eq(take(&frame, &event, &back), (int)first);
    cr_assert_eq(audit_frame_take(frame.data + first, frame.length - first, &event, &back),
                 (int)(frame.length - first));
    cr_expect_not_null(event);
    cr_expect_not_null(back);
}

Test(audit_frame, half_a_frame_is_waited_for)
{
    CLEANUP(frame_clear) struct frame frame = {0};
    put(&frame, &full);
    for (struct frame cut = frame; cut.length > 0;) {
        cut.length--;
        expect_answer(&cut, 0);
    }
}

Test(audit_frame, a_frame_that_says_it_is_shorter_is_refused)
{
    CLEANUP(frame_clear) struct frame frame = {0};
    struct audit_place place;
    put(&frame, &full);
    for (size_t length = 1; length < frame.length - 4; length++) {
        (void)bytes_put_u32((uint8_t *)frame.data, (uint32_t)length);
        expect_answer(&frame, -EBADMSG);
    }
    fill(&place);
    frame.length = 0;
    cr_assert_eq(audit_frame_put_place(&place, &frame.data, &frame.length), 0);
    for (size_t length = 1; length < frame.length - 4; length++) {
        (void)bytes_put_u32((uint8_t *)frame.data, (uint32_t)length);
        expect_answer(&frame, -EBADMSG);
    }
}

static void expect_text_refused(const char *text)
{
    CLEANUP(frame_clear) struct frame frame = {0};
    struct audit_event event = full;
    event.path.text = (char *)text;
    put(&frame, &event);
    expect_answer(&frame, -EBADMSG);
}

Test(audit_frame, dirty_text_is_refused)
{
    expect_text_refused("/f/\x1b[2J");
    expect_text_refused("/f/\n");
    expect_text_refused("/f/\xff");
    expect_text_refused("/f/\xe6\x97"); // half a character
    expect_text_refused("/f/\xe2\x80\xae"
                        "txt.exe"); // right to left
}

Test(audit_frame, a_nul_in_a_text_is_refused)
{
    CLEANUP(frame_clear) struct frame frame = {0};
    put(&frame, &full);
    char *at = memmem(frame.data, frame.length, "sekisho-files", 13);
    cr_assert_not_null(at);
    at[5] = '\0';
    expect_answer(&frame, -EBADMSG);
}

// The four bytes at `offset` behind the head become `value`.
static void expect_number_refused(size_t offset, uint32_t value)
{
    CLEANUP(frame_clear) struct frame frame = {0};
    put(&frame, &full);
    (void)bytes_put_u32((uint8_t *)frame.data + 5 + offset, value);
    expect_answer(&frame, -EBADMSG);
}

Test(audit_frame, numbers_out_of_their_range_are_refused)
{
    expect_number_refused(0, ACT_MAX);
    expect_number_refused(4, 0x80000000);  // the time
    expect_number_refused(12, 0x80000000); // the serial
    expect_number_refused(40, 8);          // a flag that nobody knows
}

Test(audit_frame, a_head_that_no_frame_has_is_refused)
{
    CLEANUP(frame_clear) struct frame frame = {0};
    put(&frame, &full);
    frame.data[4] = 3;
    expect_answer(&frame, -EBADMSG);
    (void)bytes_put_u32((uint8_t *)frame.data, 0);
    expect_answer(&frame, -EBADMSG);
    (void)bytes_put_u32((uint8_t *)frame.data, AUDIT_FRAME_MAX);
    expect_answer(&frame, -EBADMSG);
}

Test(audit_frame, what_is_too_long_for_a_frame_is_not_begun)
{
    CLEANUP(frame_clear) struct frame frame = {0};
    CLEANUP_FREE char *text = malloc(AUDIT_FRAME_MAX + 2);
    struct audit_event event = full;
    memset(text, 'a', AUDIT_FRAME_MAX + 1);
    for (size_t length = AUDIT_FRAME_MAX + 1; length >= AUDIT_FRAME_MAX - 1; length--) {
        text[length] = '\0';
        event.path.text = text;
        cr_expect_eq(audit_frame_put_event(&event, &frame.data, &frame.length), -EMSGSIZE);
    }
    cr_expect_eq(frame.length, 0);
}
