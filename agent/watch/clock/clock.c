// SPDX-License-Identifier: GPL-3.0-or-later
// Watches the wall clock being set: by hand, by a time server, or after a sleep by a clock of the
// board that went wrong. Every record carries that time.
#include "watch/watch.h"

#include "base/json.h"
#include "base/text.h"
#include "watch/clock/step.h"

#include <errno.h>
#include <sys/timerfd.h>
#include <time.h>

struct clock_watch {
    struct watch_context context;
    struct moment last;
    sd_event_source *source; // NULL unless live
    int timer;
};

static int put(struct clock_watch *watch, uint64_t from_ns, uint64_t to_ns, int64_t step_ms)
{
    CLEANUP(fact_free_p) struct fact *fact = fact_new(FACT_SEEN_CLOCK);
    CLEANUP_JSON json_object *details = json_object_new_object();
    if (!fact || !details)
        return -ENOMEM;
    json_add_number(details, "from_ns", from_ns);
    json_add_number(details, "to_ns", to_ns);
    json_add(details, "step_ms", json_object_new_int64(step_ms));
    int r =
        text_set(&fact->details, json_object_to_json_string_ext(details, JSON_C_TO_STRING_PLAIN));
    if (r == 0)
        watch->context.sink.put(watch->context.sink.context, TAKE_PTR(fact));
    return r;
}

static int clock_snapshot(void *state)
{
    struct clock_watch *watch = state;
    struct moment now = moment_now();
    uint64_t expected;
    int64_t step_ms = clock_step_ms(&watch->last, &now, &expected);
    int r = step_ms ? put(watch, expected, now.wall_ns, step_ms) : 0;
    if (r == 0)
        watch->last = now;
    return r;
}

// A time that never comes: what ends the wait is that the clock is set (timerfd_create(2)).
static int wait_for_step(struct clock_watch *watch)
{
    const struct itimerspec never = {.it_value.tv_sec = INT32_MAX};
    int flags = TFD_TIMER_ABSTIME | TFD_TIMER_CANCEL_ON_SET;
    return timerfd_settime(watch->timer, flags, &never, NULL) < 0 ? -errno : 0;
}

// What fails here the next snapshot sees.
static int on_timer(sd_event_source *source, int fd, uint32_t events, void *context)
{
    struct clock_watch *watch = context;
    uint64_t expired;
    (void)source, (void)events;
    (void)!read(fd, &expired, sizeof expired); // −ECANCELED
    (void)!wait_for_step(watch);
    (void)!clock_snapshot(watch);
    return 0;
}

static void clock_stop(void *state)
{
    struct clock_watch *watch = state;
    if (!watch)
        return;
    sd_event_source_disable_unref(watch->source);
    close_p(&watch->timer);
    free(watch);
}

static void clock_stop_p(struct clock_watch **watch)
{
    clock_stop(*watch);
}

static int listen_to_clock(struct clock_watch *watch)
{
    watch->timer = timerfd_create(CLOCK_REALTIME, TFD_NONBLOCK | TFD_CLOEXEC);
    if (watch->timer < 0)
        return -errno;
    int r = wait_for_step(watch);
    return r < 0 ? r
                 : sd_event_add_io(watch->context.event, &watch->source, watch->timer, EPOLLIN,
                                   on_timer, watch);
}

static int clock_start(const struct watch_context *context, void **ret_state)
{
    CLEANUP(clock_stop_p) struct clock_watch *watch = calloc(1, sizeof *watch);
    if (!watch)
        return -ENOMEM;
    watch->context = *context;
    watch->timer = -1;
    watch->last = moment_now();
    int r = context->live ? listen_to_clock(watch) : 0;
    if (r < 0)
        return r;
    *ret_state = TAKE_PTR(watch);
    return 0;
}

const struct watch watch_clock = {
    .name = "clock",
    .start = clock_start,
    .stop = clock_stop,
    .snapshot = clock_snapshot,
};
