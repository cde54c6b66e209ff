// SPDX-License-Identifier: GPL-3.0-or-later
// One pop-up for each cause, in the order of their newest rows.
#include "notify/board.h"

#include "base/moment.h"
#include "base/text.h"

#include <errno.h>
#include <string.h>

#define UPDATE_NS (1 * NS_PER_S)   // between two updates of one pop-up
#define AGAIN_NS (10 * NS_PER_S)   // after the desktop lost it
#define NEWS_NS (60 * NS_PER_S)    // a dismissed one comes back with news
#define REMIND_NS (600 * NS_PER_S) // or without
#define CLOSES_MAX (BOARD_MAX + 1)

struct board {
    struct popup *popups[BOARD_MAX]; // oldest first
    size_t n;
    struct popup rest;
    uint32_t closes[CLOSES_MAX];
    size_t n_closes;
};

static void popup_free(struct popup *popup)
{
    if (!popup)
        return;
    json_object_put(popup->alert);
    free(popup->cause);
    free(popup->trouble);
    free(popup);
}

int board_new(struct board **ret)
{
    struct board *board = calloc(1, sizeof *board);
    if (!board)
        return -ENOMEM;
    board->rest.cause = strdup("");
    if (!board->rest.cause) {
        free(board);
        return -ENOMEM;
    }
    board->rest.due_ns = BOARD_NEVER;
    *ret = board;
    return 0;
}

void board_free(struct board *board)
{
    if (!board)
        return;
    for (size_t i = 0; i < board->n; i++)
        popup_free(board->popups[i]);
    free(board->rest.cause);
    free(board);
}

static uint64_t earlier(uint64_t a, uint64_t b)
{
    return a < b ? a : b;
}

// ---- What there is -----------------------------------------------------------------------------

static void close_on_screen(struct board *board, struct popup *popup)
{
    if (popup->id != 0 && board->n_closes < CLOSES_MAX)
        board->closes[board->n_closes++] = popup->id;
    popup->id = 0;
    popup->due_ns = BOARD_NEVER;
}

static struct popup *popup_new(const char *cause, uint64_t now_ns)
{
    struct popup *popup = calloc(1, sizeof *popup);
    char *copy = strdup(cause);
    if (!popup || !copy) {
        free(popup);
        free(copy);
        return NULL;
    }
    popup->cause = copy;
    popup->due_ns = now_ns;
    return popup;
}

// Nobody has answered for long: it comes back, also one that was put away.
static void remind(struct popup *popup, uint64_t reminded, uint64_t now_ns)
{
    if (reminded > popup->reminded && popup->shown_ns != 0)
        popup->due_ns = now_ns;
    popup->reminded = reminded;
}

static void update(struct popup *popup, json_object *alert, uint64_t now_ns)
{
    uint64_t sequence = json_get_number(alert, "sequence");
    json_object_put(popup->alert);
    popup->alert = json_object_get(alert);
    remind(popup, json_get_number(alert, "reminded"), now_ns);
    if (popup->sequence == sequence)
        return;
    uint64_t wait_ns = popup->dismissed ? NEWS_NS : UPDATE_NS;
    uint64_t from_ns = popup->dismissed ? now_ns : popup->shown_ns;
    bool is_first = popup->shown_ns == 0;
    popup->sequence = sequence;
    popup->due_ns = is_first ? now_ns : earlier(popup->due_ns, from_ns + wait_ns);
}

// Takes the pop-up of this cause out of the board's old array, which then has a hole there.
static struct popup *take(struct board *board, const char *cause)
{
    for (size_t i = 0; i < board->n; i++)
        if (board->popups[i] && text_equal(board->popups[i]->cause, cause))
            return TAKE_PTR(board->popups[i]);
    return NULL;
}

// What concerns others is for those who look for it, and is no pop-up.
static bool is_alert(json_object *alert)
{
    return (!json_get(alert, "concerns") || json_get_bool(alert, "concerns")) &&
           json_get_text(alert, "cause") && json_get_text(alert, "cause")[0] &&
           json_get_text(alert, "kind") && json_get_number(alert, "sequence") > 0;
}

static void replace(struct board *board, struct popup *const *popups, size_t n)
{
    for (size_t i = 0; i < board->n; i++) {
        if (!board->popups[i])
            continue;
        close_on_screen(board, board->popups[i]);
        popup_free(board->popups[i]);
    }
    memcpy(board->popups, popups, n * sizeof(struct popup *));
    board->n = n;
}

static void count_rest(struct board *board, uint64_t n, uint64_t now_ns)
{
    struct popup *rest = &board->rest;
    if (n == rest->n_rest)
        return;
    rest->n_rest = n;
    if (n == 0)
        close_on_screen(board, rest);
    else
        rest->due_ns = rest->shown_ns ? earlier(rest->due_ns, rest->shown_ns + UPDATE_NS) : now_ns;
}

static void choose_visible(struct board *board, uint64_t now_ns)
{
    size_t hidden = board->n > BOARD_VISIBLE ? board->n - BOARD_VISIBLE : 0;
    for (size_t i = 0; i < board->n; i++) {
        struct popup *popup = board->popups[i];
        if (i < hidden && !popup->hidden)
            close_on_screen(board, popup);
        if (i >= hidden && popup->hidden)
            popup->due_ns = now_ns;
        popup->hidden = i < hidden;
    }
    count_rest(board, hidden, now_ns);
}

int board_set(struct board *board, json_object *list, uint64_t now_ns)
{
    struct popup *popups[BOARD_MAX];
    size_t n = 0, length = json_object_array_length(list);
    int r = 0;
    for (size_t i = 0; i < length && n < BOARD_MAX && r == 0; i++) {
        json_object *alert = json_object_array_get_idx(list, i);
        if (!is_alert(alert))
            continue;
        const char *cause = json_get_text(alert, "cause");
        struct popup *popup = take(board, cause);
        if (!popup)
            popup = popup_new(cause, now_ns);
        if (!popup) {
            r = -ENOMEM;
            continue;
        }
        update(popup, alert, now_ns);
        popups[n++] = popup;
    }
    replace(board, popups, n);
    choose_visible(board, now_ns);
    return r;
}

// ---- What is to be shown -----------------------------------------------------------------------

static bool is_waiting(const struct popup *popup)
{
    return !popup->hidden && !popup->answering && popup->due_ns != BOARD_NEVER;
}

static struct popup *find_due(struct board *board, uint64_t now_ns)
{
    for (size_t i = 0; i < board->n; i++)
        if (is_waiting(board->popups[i]) && board->popups[i]->due_ns <= now_ns)
            return board->popups[i];
    return is_waiting(&board->rest) && board->rest.due_ns <= now_ns ? &board->rest : NULL;
}

struct popup *board_next(struct board *board, uint64_t now_ns)
{
    struct popup *popup = find_due(board, now_ns);
    if (popup)
        popup->due_ns = BOARD_NEVER; // what makes it due from now on wants another look at it
    return popup;
}

void board_shown(struct popup *popup, uint32_t id, uint64_t sequence, uint64_t now_ns)
{
    popup->id = id;
    popup->shown_sequence = sequence;
    popup->shown_ns = now_ns;
    if (popup->sequence != sequence) // news came while it was on its way
        popup->due_ns = now_ns + UPDATE_NS;
    popup->dismissed = popup->pressed = false;
}

void board_not_shown(struct popup *popup, uint64_t now_ns)
{
    popup->due_ns = now_ns + AGAIN_NS;
}

uint32_t board_take_close(struct board *board)
{
    return board->n_closes > 0 ? board->closes[--board->n_closes] : 0;
}

uint64_t board_due(const struct board *board)
{
    uint64_t due_ns = is_waiting(&board->rest) ? board->rest.due_ns : BOARD_NEVER;
    for (size_t i = 0; i < board->n; i++)
        if (is_waiting(board->popups[i]))
            due_ns = earlier(due_ns, board->popups[i]->due_ns);
    return due_ns;
}

struct popup *board_by_id(struct board *board, uint32_t id)
{
    for (size_t i = 0; id != 0 && i < board->n; i++)
        if (board->popups[i]->id == id)
            return board->popups[i];
    return id != 0 && board->rest.id == id ? &board->rest : NULL;
}

struct popup *board_by_cause(struct board *board, const char *cause)
{
    for (size_t i = 0; i < board->n; i++)
        if (text_equal(board->popups[i]->cause, cause))
            return board->popups[i];
    return cause[0] ? NULL : &board->rest;
}

const struct popup *board_at(const struct board *board, size_t i)
{
    if (i < board->n)
        return board->popups[i];
    return i == board->n ? &board->rest : NULL;
}

// ---- What the desktop did ----------------------------------------------------------------------

// Somebody cannot go on before this person has decided.
static bool is_awaited(const struct popup *popup)
{
    return popup->alert && text_equal(json_get_text(popup->alert, "outcome"), "waiting");
}

// What becomes of a request is told, and asks for no answer.
static bool is_news(const struct popup *popup)
{
    return popup->alert && text_equal(json_get_text(popup->alert, "severity"), "notice");
}

void board_closed(struct board *board, uint32_t id, uint32_t reason, bool can_answer,
                  uint64_t now_ns)
{
    struct popup *popup = board_by_id(board, id);
    if (!popup)
        return;
    popup->id = 0;
    if (popup->pressed)
        return; // what the button asked for goes on
    popup->dismissed = reason == BOARD_CLOSED_DISMISSED;
    popup->step = POPUP_PLAIN;
    if (is_awaited(popup))
        popup->due_ns = now_ns + REMIND_NS;
    else if (is_news(popup)) // it has been on the screen: that is all it wants
        popup->due_ns = BOARD_NEVER;
    else if (!popup->dismissed)
        popup->due_ns = now_ns + AGAIN_NS;
    else
        popup->due_ns = can_answer ? now_ns + REMIND_NS : BOARD_NEVER;
}

static void show_all(struct board *board, uint64_t now_ns)
{
    for (size_t i = 0; i < board->n; i++)
        if (!board->popups[i]->hidden)
            board->popups[i]->due_ns = now_ns;
    if (board->rest.n_rest > 0)
        board->rest.due_ns = now_ns;
}

void board_forget_screen(struct board *board, uint64_t now_ns)
{
    for (size_t i = 0; i < board->n; i++)
        board->popups[i]->id = 0;
    board->rest.id = 0;
    board->n_closes = 0;
    show_all(board, now_ns);
}

void board_show_again(struct board *board, uint64_t now_ns)
{
    show_all(board, now_ns);
}
