// SPDX-License-Identifier: GPL-3.0-or-later
// Watches the radios by the kernel's rfkill. Who opens /dev/rfkill is told of all that are there
// (a snapshot), and from then on of what changes, each change by itself: a radio that was unblocked
// and is blocked again was seen open.
#include "watch/watch.h"

#include "base/text.h"
#include "watch/radio/hardware.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#define RADIOS_MAX 256
#define EVENTS_A_ROUND 256 // then the loop's other sources have their turn

struct radios {
    struct radio *items[RADIOS_MAX]; // owned
    size_t n;
};

struct radio_watch {
    struct watch_context context;
    struct radios radios; // as they were told last
    int fd;               // −1: no rfkill in the kernel so far, or not live
    sd_event_source *source;
};

static void radios_clear(struct radios *radios)
{
    while (radios->n > 0)
        radio_free(radios->items[--radios->n]);
}

// Where it stands in the list; its length: nowhere.
static size_t find(const struct radios *radios, uint32_t index)
{
    size_t i = 0;
    while (i < radios->n && radios->items[i]->index != index)
        i++;
    return i;
}

static int open_node(const struct radio_watch *watch)
{
    int fd = openat(watch->context.dev, RADIO_NODE, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
    return fd < 0 ? -errno : fd;
}

// ---- Facts -------------------------------------------------------------------------------------

static int put(const struct radio_watch *watch, enum fact_kind kind, const struct radio *radio,
               const char *outcome)
{
    CLEANUP(fact_free_p) struct fact *fact = fact_new(kind);
    if (!fact)
        return -ENOMEM;
    int r = radio_copy(radio, &fact->radio);
    if (r == 0)
        r = text_set(&fact->object, radio->name);
    if (r == 0)
        r = text_set(&fact->outcome, outcome);
    if (r == 0)
        watch->context.sink.put(watch->context.sink.context, TAKE_PTR(fact));
    return r;
}

// ---- The list ----------------------------------------------------------------------------------

static int add(const struct radio_watch *watch, struct radios *radios,
               const struct radio_event *event)
{
    CLEANUP(radio_free_p) struct radio *radio = calloc(1, sizeof *radio);
    if (!radio)
        return -ENOMEM;
    *radio = (struct radio){
        .index = event->index, .type = event->type, .soft = event->soft, .hard = event->hard};
    int r = hardware_read(watch->context.sys, radio);
    if (r < 0)
        return r;
    if (radios->n >= RADIOS_MAX)
        return -ENOSPC;
    radios->items[radios->n++] = TAKE_PTR(radio);
    return 0;
}

static void take_out(struct radios *radios, size_t at)
{
    radio_free(radios->items[at]);
    radios->items[at] = radios->items[--radios->n];
}

// ---- What happens ------------------------------------------------------------------------------

static int on_change(struct radio_watch *watch, struct radio *radio,
                     const struct radio_event *event)
{
    if (radio->soft == event->soft && radio->hard == event->hard)
        return 0;
    radio->soft = event->soft;
    radio->hard = event->hard;
    return put(watch, FACT_SEEN_RADIO, radio, NULL);
}

// "came": it was not there before, in distinction from one that was found.
static int handle(struct radio_watch *watch, const struct radio_event *event)
{
    size_t at = find(&watch->radios, event->index);
    bool known = at < watch->radios.n;
    int r = 0;
    if (event->act == RADIO_REMOVED) {
        if (known) {
            r = put(watch, FACT_SEEN_RADIO_GONE, watch->radios.items[at], NULL);
            take_out(&watch->radios, at);
        }
        return r;
    }
    if (known)
        return on_change(watch, watch->radios.items[at], event);
    r = add(watch, &watch->radios, event);
    return r < 0 ? r : put(watch, FACT_SEEN_RADIO, watch->radios.items[at], "came");
}

// A handler that fails has missed something; the next snapshot puts it. It stays in the loop.
static void drain(struct radio_watch *watch)
{
    struct radio_event event;
    for (int i = 0; i < EVENTS_A_ROUND && radio_event_read(watch->fd, &event) == 0; i++)
        (void)!handle(watch, &event);
}

static int on_readable(sd_event_source *source, int fd, uint32_t events, void *context)
{
    (void)source, (void)fd, (void)events;
    drain(context);
    return 0;
}

// ---- The present state -------------------------------------------------------------------------

// What is there is told first. What happens meanwhile comes by the other descriptor, too. Over the
// limit radios are not told, but blocked by their type as all others.
static int read_radios(const struct radio_watch *watch, struct radios *ret)
{
    struct radio_event event = {.act = RADIO_ADDED};
    CLEANUP_CLOSE int fd = open_node(watch);
    int r = fd < 0 ? fd : 0;
    while (r == 0 && event.act == RADIO_ADDED) {
        r = radio_event_read(fd, &event);
        if (r == 0 && event.act == RADIO_ADDED && ret->n < RADIOS_MAX)
            r = add(watch, ret, &event);
    }
    return r == -EAGAIN ? 0 : r;
}

static int tell_gone(const struct radio_watch *watch, const struct radios *now)
{
    int first = 0;
    for (size_t i = 0; i < watch->radios.n; i++) {
        if (find(now, watch->radios.items[i]->index) < now->n)
            continue;
        int r = put(watch, FACT_SEEN_RADIO_GONE, watch->radios.items[i], NULL);
        first = first < 0 ? first : r;
    }
    return first;
}

// What it says of the present is left to the snapshot.
static int listen_to_kernel(struct radio_watch *watch)
{
    struct radio_event event = {.act = RADIO_ADDED};
    CLEANUP_CLOSE int fd = open_node(watch);
    if (fd < 0)
        return fd;
    while (event.act == RADIO_ADDED && radio_event_read(fd, &event) == 0)
        ;
    int r = sd_event_add_io(watch->context.event, &watch->source, fd, EPOLLIN, on_readable, watch);
    if (r < 0)
        return r;
    watch->fd = TAKE_FD(fd);
    return 0;
}

// rfkill is a module: it may come at any time.
static int look_for_node(struct radio_watch *watch)
{
    if (watch->fd >= 0) {
        drain(watch); // what has happened comes before what is
        return 0;
    }
    int r = watch->context.live ? listen_to_kernel(watch) : 0;
    return radio_is_missing(r) ? 0 : r;
}

static int radio_snapshot(void *state)
{
    struct radio_watch *watch = state;
    CLEANUP(radios_clear) struct radios now = {0};
    int r = look_for_node(watch);
    if (r < 0)
        return r;
    r = read_radios(watch, &now);
    if (r < 0 && !radio_is_missing(r))
        return r;
    int first = tell_gone(watch, &now);
    for (size_t i = 0; i < now.n; i++) {
        r = put(watch, FACT_SEEN_RADIO, now.items[i], NULL);
        first = first < 0 ? first : r;
    }
    radios_clear(&watch->radios);
    watch->radios = now;
    now = (struct radios){0};
    return first;
}

// ---- Start and stop ----------------------------------------------------------------------------

static void radio_stop(void *state)
{
    struct radio_watch *watch = state;
    if (!watch)
        return;
    sd_event_source_disable_unref(watch->source);
    close_p(&watch->fd);
    radios_clear(&watch->radios);
    free(watch);
}

static void radio_stop_p(struct radio_watch **watch)
{
    radio_stop(*watch);
}

static int radio_start(const struct watch_context *context, void **ret_state)
{
    CLEANUP(radio_stop_p) struct radio_watch *watch = calloc(1, sizeof *watch);
    if (!watch)
        return -ENOMEM;
    watch->context = *context;
    watch->fd = -1;
    int r = look_for_node(watch);
    if (r < 0)
        return r;
    *ret_state = TAKE_PTR(watch);
    return 0;
}

const struct watch watch_radio = {
    .name = "radio",
    .start = radio_start,
    .stop = radio_stop,
    .snapshot = radio_snapshot,
};
