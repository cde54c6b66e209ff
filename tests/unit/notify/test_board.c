// SPDX-License-Identifier: GPL-3.0-or-later
// Which pop-ups there are, when they are due, and what becomes of them.
#include "notify/board.h"

#include "base/moment.h"
#include "base/text.h"

#include <criterion/criterion.h>

#define S NS_PER_S
#define T0 (1000 * S)
#define BOARD CLEANUP(board_free_p) struct board *

static struct board *make_board(void)
{
    struct board *board = NULL;
    cr_assert_eq(board_new(&board), 0);
    return board;
}

static json_object *alert(const char *cause, uint64_t sequence)
{
    json_object *object = json_object_new_object();
    json_add_text(object, "cause", cause);
    json_add_text(object, "kind", "usb.blocked");
    json_add_text(object, "severity", "violation");
    json_add_number(object, "sequence", sequence);
    return object;
}

// The alerts "1", "2", … each with the sequence that its number is.
static void set_numbers(struct board *board, unsigned first, unsigned last, uint64_t now_ns)
{
    CLEANUP_JSON json_object *list = json_object_new_array();
    for (unsigned i = first; i <= last; i++) {
        CLEANUP_FREE char *cause = text_format("%u", i);
        json_object_array_add(list, alert(cause, i));
    }
    cr_assert_eq(board_set(board, list, now_ns), 0);
}

static void set_one(struct board *board, uint64_t sequence, uint64_t now_ns)
{
    CLEANUP_JSON json_object *list = json_object_new_array();
    json_object_array_add(list, alert("stick", sequence));
    cr_assert_eq(board_set(board, list, now_ns), 0);
}

// Shows whatever is due, with identifiers from 1 on; answers how many that were.
static unsigned show_all(struct board *board, uint64_t now_ns)
{
    struct popup *popup;
    unsigned n = 0;
    while ((popup = board_next(board, now_ns))) {
        n++;
        board_shown(popup, popup->id ? popup->id : 100 + n, popup->sequence, now_ns);
        cr_assert_lt(n, 200);
    }
    return n;
}

Test(board, an_alert_is_due_at_once_and_only_once)
{
    BOARD board = make_board();
    cr_expect_eq(board_due(board), BOARD_NEVER);
    set_one(board, 7, T0);
    cr_expect_eq(show_all(board, T0), 1);
    set_one(board, 7, T0 + S);
    cr_expect_null(board_next(board, T0 + 100 * S));
    cr_expect_eq(board_due(board), BOARD_NEVER);
}

Test(board, news_of_one_cause_bring_the_same_pop_up_up_to_date_at_most_once_a_second)
{
    BOARD board = make_board();
    set_one(board, 7, T0);
    (void)show_all(board, T0);
    set_one(board, 8, T0 + S / 10);
    set_one(board, 9, T0 + S / 5);
    cr_expect_null(board_next(board, T0 + S - 1));
    struct popup *popup = board_next(board, T0 + S);
    cr_assert_not_null(popup);
    cr_expect_eq(popup->id, 101);
    cr_expect_eq(popup->sequence, 9);
}

Test(board, what_comes_while_a_pop_up_is_on_its_way_is_shown_after_it)
{
    BOARD board = make_board();
    set_one(board, 7, T0);
    struct popup *popup = board_next(board, T0);
    set_one(board, 8, T0);
    board_shown(popup, 1, 7, T0);
    cr_expect_eq(popup->shown_sequence, 7);
    cr_expect_eq(board_due(board), T0 + S);
}

Test(board, an_alert_that_was_answered_is_closed)
{
    BOARD board = make_board();
    set_one(board, 7, T0);
    (void)show_all(board, T0);
    set_numbers(board, 1, 0, T0);
    cr_expect_eq(board_take_close(board), 101);
    cr_expect_eq(board_take_close(board), 0);
    cr_expect_null(board_by_id(board, 101));
}

Test(board, beyond_a_few_the_rest_is_counted_and_moves_up)
{
    BOARD board = make_board();
    set_numbers(board, 1, BOARD_VISIBLE + 3, T0);
    cr_expect_eq(show_all(board, T0), BOARD_VISIBLE + 1);
    struct popup *rest = board_by_cause(board, "");
    cr_expect_eq(rest->n_rest, 3);
    cr_expect_neq(rest->id, 0);
    set_numbers(board, 1, 3, T0 + S); // the newer ones were answered
    cr_expect_eq(show_all(board, T0 + S), 3);
    cr_expect_eq(rest->n_rest, 0);
    unsigned closed = 0;
    while (board_take_close(board))
        closed++;
    cr_expect_eq(closed, BOARD_VISIBLE + 1);
}

Test(board, one_that_is_pushed_off_is_closed_and_counted)
{
    BOARD board = make_board();
    set_numbers(board, 1, BOARD_VISIBLE, T0);
    (void)show_all(board, T0);
    set_numbers(board, 1, BOARD_VISIBLE + 1, T0 + S);
    cr_expect_eq(board_take_close(board), 101); // the oldest
    cr_expect_eq(show_all(board, T0 + S), 2);   // the newest, and the count
}

Test(board, a_dismissed_one_comes_back_later_if_it_can_be_answered)
{
    BOARD board = make_board();
    set_one(board, 7, T0);
    (void)show_all(board, T0);
    board_closed(board, 101, BOARD_CLOSED_DISMISSED, true, T0);
    cr_expect_eq(board_due(board), T0 + 600 * S);
    set_one(board, 8, T0 + S);
    cr_expect_eq(board_due(board), T0 + 61 * S);
}

Test(board, one_that_is_closed_by_a_press_of_its_button_keeps_what_was_pressed)
{
    BOARD board = make_board();
    set_one(board, 7, T0);
    (void)show_all(board, T0);
    struct popup *popup = board_by_id(board, 101);
    cr_assert_not_null(popup);
    popup->pressed = true;
    popup->step = POPUP_PURPOSE;
    popup->due_ns = T0 + S;
    board_closed(board, 101, BOARD_CLOSED_DISMISSED, true, T0);
    cr_expect_eq(popup->step, POPUP_PURPOSE);
    cr_expect_eq(board_due(board), T0 + S);
    cr_expect_not(popup->dismissed);
    board_shown(popup, 102, popup->sequence, T0 + S);
    board_closed(board, 102, BOARD_CLOSED_DISMISSED, true, T0 + S);
    cr_expect_eq(popup->step, POPUP_PLAIN);
    cr_expect(popup->dismissed);
}

Test(board, a_dismissed_one_that_can_not_be_answered_comes_back_with_news_only)
{
    BOARD board = make_board();
    set_one(board, 7, T0);
    (void)show_all(board, T0);
    board_closed(board, 101, BOARD_CLOSED_DISMISSED, false, T0);
    cr_expect_eq(board_due(board), BOARD_NEVER);
    set_one(board, 8, T0 + S);
    cr_expect_eq(board_due(board), T0 + 61 * S);
}

static void set_reminded(struct board *board, uint64_t times, uint64_t now_ns)
{
    CLEANUP_JSON json_object *list = json_object_new_array();
    json_object *object = alert("stick", 7);
    json_add_number(object, "reminded", times);
    json_object_array_add(list, object);
    cr_assert_eq(board_set(board, list, now_ns), 0);
}

Test(board, one_that_nobody_answers_for_long_comes_back_wherever_it_was)
{
    BOARD board = make_board();
    set_reminded(board, 3, T0); // before this session
    cr_expect_eq(show_all(board, T0), 1);
    set_reminded(board, 3, T0 + S);
    cr_expect_null(board_next(board, T0 + S));
    board_closed(board, 101, BOARD_CLOSED_DISMISSED, false, T0 + S);
    set_reminded(board, 4, T0 + 2 * S);
    cr_expect_eq(show_all(board, T0 + 2 * S), 1);
    set_reminded(board, 4, T0 + 3 * S);
    cr_expect_null(board_next(board, T0 + 3 * S));
}

Test(board, one_that_went_by_itself_comes_back_soon)
{
    BOARD board = make_board();
    set_one(board, 7, T0);
    (void)show_all(board, T0);
    board_closed(board, 101, 1, true, T0);
    cr_expect_eq(board_due(board), T0 + 10 * S);
}

Test(board, another_screen_and_an_unlocked_one_show_everything_again)
{
    BOARD board = make_board();
    set_one(board, 7, T0);
    (void)show_all(board, T0);
    board_show_again(board, T0 + S);
    cr_expect_eq(board_next(board, T0 + S)->id, 101); // in its place
    board_forget_screen(board, T0 + S);
    cr_expect_eq(board_next(board, T0 + S)->id, 0);
}

Test(board, one_that_is_being_answered_waits)
{
    BOARD board = make_board();
    set_one(board, 7, T0);
    board_next(board, T0)->answering = true;
    cr_expect_null(board_next(board, T0));
    cr_expect_eq(board_due(board), BOARD_NEVER);
}

Test(board, what_is_no_alert_is_left_out_and_too_many_do_no_harm)
{
    BOARD board = make_board();
    CLEANUP_JSON json_object *list = json_object_new_array();
    json_object_array_add(list, NULL);
    json_object_array_add(list, json_object_new_string("alert"));
    json_object_array_add(list, alert("", 3));
    json_object_array_add(list, alert("no number", 0));
    cr_assert_eq(board_set(board, list, T0), 0);
    cr_expect_null(board_next(board, T0));
    set_numbers(board, 1, 3 * BOARD_MAX, T0);
    cr_expect_eq(show_all(board, T0), BOARD_VISIBLE + 1);
}

// A desktop may take its time with an update, and somebody presses a button of what is still there.
Test(board, a_question_asked_while_an_update_is_on_its_way_is_shown_after_it)
{
    BOARD board = make_board();
    set_one(board, 1, T0);
    struct popup *popup = board_next(board, T0);
    cr_assert_not_null(popup);
    cr_expect_null(board_next(board, T0), "once is enough");
    popup->due_ns = T0; // as the press has it
    popup->pressed = true;
    board_shown(popup, 7, 1, T0 + S);
    cr_expect_eq(board_next(board, T0 + S), popup);
    board_shown(popup, 7, 1, T0 + 2 * S);
    cr_expect_eq(board_due(board), BOARD_NEVER);
}
