// SPDX-License-Identifier: GPL-3.0-or-later
// Hands on: what the agent lists to the board, what the board wants to the desktop, what a person
// answers to the agent.
#include "notify/notifier.h"

#include "base/log.h"
#include "base/moment.h"
#include "base/text.h"
#include "notify/agent.h"
#include "notify/apply.h"
#include "notify/board.h"
#include "notify/decide.h"
#include "notify/desktop.h"
#include "notify/memory.h"
#include "notify/words.h"

#include <errno.h>
#include <string.h>

#define NS_PER_US 1000
#define UNLOCKED_NS (10 * NS_PER_S) // between two times that everything is shown again
#define ANSWERED_NS (2 * NS_PER_S)  // for the list without it to come

struct notifier {
    int folder;
    struct board *board;
    struct desktop *desktop;
    struct agent_link *agent;
    sd_event_source *timer;
    char *showing;             // cause of the pop-up that the desktop is asked for; NULL: none
    uint64_t showing_sequence; // and what it tells of
    bool remembers;            // what an earlier notifier left on the screen has been looked up
    bool listed;               // the agent has told what there is
    uint64_t unlocked_ns;      // when everything was shown again
};

static uint64_t now_ns(void)
{
    return moment_now().monotonic_ns;
}

// ---- From the board to the desktop -------------------------------------------------------------

static int show(struct notifier *notifier, struct popup *popup)
{
    CLEANUP(words_clear) struct words words = {0};
    CLEANUP(apply_clear) struct apply_offer offer = {0};
    bool markup = desktop_reads_markup(notifier->desktop);
    bool has_buttons = popup->alert && desktop_has_actions(notifier->desktop);
    int r = popup->alert ? words_make(popup->alert, markup, popup->failed, &words)
                         : words_make_rest(popup->n_rest, &words);
    if (r == 0)
        r = decide_is_asked(popup) ? decide_offer(popup, has_buttons, markup, &words, &offer)
                                   : apply_offer(popup, has_buttons, markup, &words, &offer);
    if (r == 0)
        r = text_set(&notifier->showing, popup->cause);
    if (r < 0)
        return r;
    struct desktop_note note = {
        .replaces = popup->id,
        .title = words.title,
        .body = words.body,
        // The one that counts stays with those it counts.
        .critical =
            !popup->alert || text_equal(json_get_text(popup->alert, "severity"), "violation"),
    };
    memcpy(note.buttons, offer.buttons, sizeof note.buttons);
    notifier->showing_sequence = popup->sequence;
    return desktop_show(notifier->desktop, &note);
}

static void wake_at(struct notifier *notifier, uint64_t due_ns)
{
    uint64_t now = now_ns(), wait_us = due_ns > now ? (due_ns - now) / NS_PER_US + 1 : 0;
    int r = due_ns == BOARD_NEVER ? sd_event_source_set_enabled(notifier->timer, SD_EVENT_OFF)
                                  : sd_event_source_set_time_relative(notifier->timer, wait_us);
    if (r >= 0 && due_ns != BOARD_NEVER)
        r = sd_event_source_set_enabled(notifier->timer, SD_EVENT_ONESHOT);
    if (r < 0)
        log_error("cannot set a timer: %s; pop-ups come with the next alert", strerror(-r));
}

// The next step: one pop-up at a time, so that a slow desktop is never flooded.
static void step(struct notifier *notifier)
{
    struct popup *popup;
    uint32_t id;
    if (!desktop_is_free(notifier->desktop) || !notifier->listed)
        return;
    if (!notifier->remembers) {
        memory_load(notifier->folder, notifier->board, desktop_owner(notifier->desktop));
        notifier->remembers = true;
    }
    while ((id = board_take_close(notifier->board)) != 0)
        desktop_close(notifier->desktop, id);
    while ((popup = board_next(notifier->board, now_ns()))) {
        int r = show(notifier, popup);
        if (r == 0)
            return; // on_shown() goes on
        log_warning("cannot show an alert: %s; trying again", strerror(-r));
        board_not_shown(popup, now_ns());
    }
    wake_at(notifier, board_due(notifier->board));
}

static int on_time(sd_event_source *source, uint64_t usec, void *context)
{
    (void)source, (void)usec;
    step(context);
    return 0;
}

// ---- From the desktop --------------------------------------------------------------------------

static void on_ready(void *context)
{
    struct notifier *notifier = context;
    board_forget_screen(notifier->board, now_ns());
    notifier->remembers = false;
    step(notifier);
}

static void on_shown(void *context, uint32_t id)
{
    struct notifier *notifier = context;
    CLEANUP_FREE char *cause = TAKE_PTR(notifier->showing);
    struct popup *popup = cause ? board_by_cause(notifier->board, cause) : NULL;
    bool is_wanted = popup && !popup->hidden && (popup->alert || popup->n_rest > 0);
    if (popup && is_wanted && id != 0)
        board_shown(popup, id, notifier->showing_sequence, now_ns());
    else if (popup && is_wanted)
        board_not_shown(popup, now_ns());
    else if (id != 0)
        desktop_close(notifier->desktop, id); // answered meanwhile
    if (id != 0)
        memory_save(notifier->folder, notifier->board, desktop_owner(notifier->desktop));
    step(notifier);
}

static void on_closed(void *context, uint32_t id, uint32_t reason)
{
    struct notifier *notifier = context;
    board_closed(notifier->board, id, reason, desktop_has_actions(notifier->desktop), now_ns());
    step(notifier);
}

static void acknowledge(struct notifier *notifier, struct popup *popup)
{
    int r = agent_link_answer(notifier->agent, popup->cause, popup->shown_sequence);
    popup->answering = r == 0;
    popup->failed = r < 0;
    if (r < 0)
        popup->due_ns = now_ns();
}

// The last answer is there: the request goes out.
static void ask(struct notifier *notifier, struct popup *popup, uint64_t until_ns)
{
    CLEANUP_JSON json_object *terms = apply_terms(popup, until_ns);
    popup->step = POPUP_PLAIN;
    int r = terms ? agent_link_ask(notifier->agent, popup->cause, terms) : -EINVAL;
    popup->answering = r == 0;
    if (r < 0)
        log_warning("cannot send a request: %s", strerror(-r));
}

static void decide(struct notifier *notifier, struct popup *popup, bool approve)
{
    int r = agent_link_decide(notifier->agent, popup->cause,
                              json_get_number(popup->alert, "request"), approve);
    popup->answering = r == 0;
    if (r < 0)
        log_warning("cannot send a decision: %s", strerror(-r));
}

static void on_button(void *context, uint32_t id, const char *key)
{
    struct notifier *notifier = context;
    struct popup *popup = board_by_id(notifier->board, id);
    uint64_t until_ns = 0;
    if (!popup || !popup->alert || popup->answering)
        return;
    enum decide_result decision = decide_press(popup, key);
    if (decision != DECIDE_NOTHING) {
        decide(notifier, popup, decision == DECIDE_APPROVE);
        return;
    }
    switch (apply_press(popup, key, &until_ns)) {
    case APPLY_ACKNOWLEDGED:
        acknowledge(notifier, popup);
        break;
    case APPLY_COMPLETE:
        ask(notifier, popup, until_ns);
        popup->due_ns = now_ns();
        break;
    case APPLY_NEXT:
        popup->due_ns = now_ns();
        break;
    case APPLY_NOTHING:
        return;
    }
    popup->pressed = true;
    step(notifier);
}

// ---- From the agent ----------------------------------------------------------------------------

static void on_listed(void *context, json_object *list)
{
    struct notifier *notifier = context;
    int r = board_set(notifier->board, list, now_ns());
    if (r < 0)
        log_warning("cannot keep every alert: %s; asking again with the next one", strerror(-r));
    notifier->listed = true;
    step(notifier);
}

// Recorded: the list that the agent has now is without it, or with what came meanwhile.
static void on_answered(void *context, const char *cause, int error)
{
    struct notifier *notifier = context;
    struct popup *popup = board_by_cause(notifier->board, cause);
    if (popup) {
        popup->answering = false;
        popup->failed = error < 0;
        popup->due_ns = now_ns() + (error < 0 ? 0 : ANSWERED_NS);
    }
    agent_link_refresh(notifier->agent);
    step(notifier);
}

// NULL: the pop-up has gone meanwhile.
static struct popup *note_outcome(struct notifier *notifier, const char *cause, const char *why)
{
    struct popup *popup = board_by_cause(notifier->board, cause);
    agent_link_refresh(notifier->agent);
    if (!popup || !popup->alert)
        return NULL;
    popup->answering = false;
    popup->due_ns = now_ns();
    if (text_set(&popup->trouble, why) < 0)
        log_warning("cannot keep why the agent did not do it: no memory");
    return popup;
}

// Who asks has read it.
static void on_asked(void *context, const char *cause, const char *why)
{
    struct notifier *notifier = context;
    struct popup *popup = note_outcome(notifier, cause, why);
    if (popup && !why)
        acknowledge(notifier, popup);
    step(notifier);
}

// Recorded: the list that the agent has now is without it.
static void on_decided(void *context, const char *cause, const char *why)
{
    struct notifier *notifier = context;
    struct popup *popup = note_outcome(notifier, cause, why);
    if (popup && !why)
        popup->due_ns += ANSWERED_NS;
    step(notifier);
}

static void on_unlocked(void *context)
{
    struct notifier *notifier = context;
    uint64_t now = now_ns();
    if (notifier->unlocked_ns != 0 && now < notifier->unlocked_ns + UNLOCKED_NS)
        return;
    notifier->unlocked_ns = now;
    board_show_again(notifier->board, now);
    step(notifier);
}

// ---- Life --------------------------------------------------------------------------------------

void notifier_free(struct notifier *notifier)
{
    if (!notifier)
        return;
    agent_link_free(notifier->agent);
    desktop_free(notifier->desktop);
    board_free(notifier->board);
    sd_event_source_disable_unref(notifier->timer);
    free(notifier->showing);
    free(notifier);
}

static int build(struct notifier *notifier, sd_event *event, sd_bus *system, sd_bus *session)
{
    const struct desktop_events of_desktop = {.ready = on_ready,
                                              .shown = on_shown,
                                              .closed = on_closed,
                                              .pressed = on_button,
                                              .context = notifier};
    const struct agent_events of_agent = {.listed = on_listed,
                                          .answered = on_answered,
                                          .asked = on_asked,
                                          .decided = on_decided,
                                          .unlocked = on_unlocked,
                                          .context = notifier};
    int r = board_new(&notifier->board);
    if (r == 0)
        r = sd_event_add_time(event, &notifier->timer, CLOCK_MONOTONIC, 0, 1000, on_time, notifier);
    if (r >= 0)
        r = sd_event_source_set_enabled(notifier->timer, SD_EVENT_OFF);
    if (r >= 0)
        r = desktop_new(session, &of_desktop, &notifier->desktop);
    if (r >= 0)
        r = agent_link_new(system, event, &of_agent, &notifier->agent);
    return r < 0 ? r : 0;
}

int notifier_new(sd_event *event, sd_bus *system, sd_bus *session, int folder,
                 struct notifier **ret)
{
    CLEANUP(notifier_free_p) struct notifier *notifier = calloc(1, sizeof *notifier);
    if (!notifier)
        return -ENOMEM;
    notifier->folder = folder;
    int r = build(notifier, event, system, session);
    if (r < 0)
        return r;
    *ret = TAKE_PTR(notifier);
    return 0;
}
