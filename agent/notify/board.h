// SPDX-License-Identifier: GPL-3.0-or-later
// Which pop-ups there should be, and when which of them has something to say: pure, told the time.
// A cause has one; the newest few stand by themselves, the rest are counted in one more.
#pragma once

#include "base/json.h"

#include <stdbool.h>
#include <stdint.h>

#define BOARD_VISIBLE 4 // pop-ups of their own
#define BOARD_MAX 100   // alerts; what goes beyond is not in the list of the agent either
#define BOARD_NEVER UINT64_MAX

#define BOARD_CLOSED_DISMISSED 2 // as org.freedesktop.Notifications counts its reasons

// What somebody who wants to use a blocked device is asked for.
enum popup_step {
    POPUP_PLAIN, // nothing: it tells of the alert
    POPUP_PURPOSE,
    POPUP_UNTIL,
};

struct popup {
    char *cause;             // "" of the one that counts the rest
    json_object *alert;      // as the agent told it; NULL of the one that counts the rest
    uint64_t sequence;       // of the newest row
    uint64_t reminded;       // how often the agent has said that nobody answers
    uint64_t shown_sequence; // of the newest row that it told of: what a press of its button means
    uint64_t due_ns;         // when it is to be shown or brought up to date; BOARD_NEVER
    uint64_t shown_ns;       // when it was last; 0: never
    uint64_t n_rest;         // how many it counts
    uint32_t id;             // the desktop's; 0: not on the screen
    bool hidden;             // counted in the rest
    bool dismissed;          // somebody put it away without an answer
    bool pressed;            // one of its buttons was, since it was shown: desktops close it then
    bool answering;          // an answer is on its way
    bool failed;             // and the last one could not be recorded
    enum popup_step step;
    size_t purpose; // the one chosen, for the step after it
    char *trouble;  // why what was asked for could not be; NULL: nothing is in the way
};

struct board;
must_check int board_new(struct board **ret);
void board_free(struct board *board);
DEFINE_CLEANUP(struct board, board_free)

// The unanswered alerts are these, oldest first (ListAlerts). −ENOMEM: some of them are missing.
must_check int board_set(struct board *board, json_object *list, uint64_t now_ns);

// The pop-up to be shown next, NULL if none is due. Borrowed until the next board_set(). It is not
// due any more, but for what happens from now on: a button pressed while the desktop is busy with
// it, say.
struct popup *board_next(struct board *board, uint64_t now_ns);
// It is on the screen, and tells of the rows up to `sequence`.
void board_shown(struct popup *popup, uint32_t id, uint64_t sequence, uint64_t now_ns);
// The desktop could not show it: again later.
void board_not_shown(struct popup *popup, uint64_t now_ns);
// An identifier whose pop-up has nothing to say any more; 0: none.
uint32_t board_take_close(struct board *board);
// When board_next() will have something; BOARD_NEVER.
uint64_t board_due(const struct board *board);

struct popup *board_by_id(struct board *board, uint32_t id);
struct popup *board_by_cause(struct board *board, const char *cause);
// The i-th, the one that counts the rest included; NULL behind the last.
const struct popup *board_at(const struct board *board, size_t i);

// The desktop closed it. One that was dismissed comes back later if it can be answered
// (`can_answer`), otherwise with news only; one that went by itself comes back soon.
void board_closed(struct board *board, uint32_t id, uint32_t reason, bool can_answer,
                  uint64_t now_ns);
// Another desktop: nothing is on its screen.
void board_forget_screen(struct board *board, uint64_t now_ns);
// Somebody is back: what is unanswered is shown once more.
void board_show_again(struct board *board, uint64_t now_ns);
