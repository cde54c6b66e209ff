// SPDX-License-Identifier: GPL-3.0-or-later
// watch_audit: follows auditd's log from a place on, through a reader without rights, and never
// forgets how far it is.
#include "watch/watch.h"

#include "base/log.h"
#include "base/text.h"
#include "fact/audit_event.h"
#include "watch/audit/filter.h"
#include "watch/audit/reader.h"
#include "watch/audit/stream.h"

#include <errno.h>
#include <string.h>
#include <sys/inotify.h>

#define BUFFER_SIZE 65536
// A busy log changes thousands of times a second: it is looked at this often.
#define LOOK_US 50000
#define FAILURES_MAX 3 // of readers at one place, before its line is passed over
#define CHANGES (IN_MODIFY | IN_CREATE | IN_MOVED_TO | IN_MOVED_FROM | IN_DELETE)

struct audit_watch {
    struct watch_context context;
    struct log_files files;
    struct stream stream;
    struct filter *filter; // NULL: nothing is followed
    int changes;           // inotify
    sd_event_source *on_changes, *on_look;
    char buffer[BUFFER_SIZE]; // read and not taken by the filter yet
    size_t begin, end;
    struct fact **held; // events since the last place
    size_t n_held;
    struct audit_place place; // the last one put: where another reader goes on
    struct audit_stamp floor; // 0: events up to this were there already (a log that is another one)
    unsigned failures;
    bool paused;
    bool renamed; // files came or went since the last scan
};

static int start_filter(struct audit_watch *watch);
static void pump(struct audit_watch *watch);

// ---- Facts -------------------------------------------------------------------------------------

static void forget_held(struct audit_watch *watch)
{
    for (size_t i = 0; i < watch->n_held; i++)
        fact_free(watch->held[i]);
    watch->n_held = 0;
}

static bool is_old(struct audit_watch *watch, const struct audit_event *event)
{
    const struct audit_stamp *floor = &watch->floor;
    if (floor->wall_ns == 0)
        return false;
    if (event->act == ACT_AUDIT_TORN) // it has no time of its own, and all this is a gap
        return true;
    if (event->wall_ns < floor->wall_ns ||
        (event->wall_ns == floor->wall_ns && event->serial <= floor->serial))
        return true;
    watch->floor.wall_ns = 0;
    return false;
}

static int on_event(void *context, struct audit_event *event)
{
    struct audit_watch *watch = context;
    if (is_old(watch, event)) {
        audit_event_free(event);
        return 0;
    }
    struct fact *fact = fact_new(FACT_SEEN_AUDIT);
    if (!fact) {
        audit_event_free(event);
        return -ENOMEM;
    }
    fact->audit = event;
    if (watch->n_held >= READER_EVENTS_MAX) {
        fact_free(fact);
        return -EBADMSG;
    }
    watch->held[watch->n_held++] = fact;
    return 0;
}

static void put_held(struct audit_watch *watch)
{
    const struct fact_sink *sink = &watch->context.sink;
    size_t n = watch->n_held;
    watch->n_held = 0;
    for (size_t i = 0; i < n; i++)
        sink->put(sink->context, watch->held[i]);
}

static int on_place(void *context, struct audit_place *place)
{
    struct audit_watch *watch = context;
    const struct fact_sink *sink = &watch->context.sink;
    CLEANUP(audit_place_free_p) struct audit_place *owned = place;
    CLEANUP(fact_free_p) struct fact *fact = fact_new(FACT_SEEN_AUDIT_PLACE);
    if (!fact)
        return -ENOMEM;
    int r = stream_locate(&watch->stream, owned);
    if (r < 0)
        return r;
    watch->failures = 0;
    if (owned->last.wall_ns == 0) // this reader has given out nothing yet
        owned->last = watch->place.last;
    if (watch->floor.wall_ns != 0)
        owned->last = watch->floor;
    watch->place = *owned;
    // Whoever went on from a place among what was there already would not know how far it goes.
    if (watch->floor.wall_ns != 0)
        return 0;
    fact->place = TAKE_PTR(owned);
    put_held(watch);
    sink->put(sink->context, TAKE_PTR(fact));
    return 0;
}

// ---- The reader's end --------------------------------------------------------------------------

static void stop_filter(struct audit_watch *watch)
{
    filter_free(TAKE_PTR(watch->filter));
    forget_held(watch);
    watch->begin = watch->end = 0;
}

// From the last place on, as if nothing had been read behind it.
static int begin_at_place(struct audit_watch *watch)
{
    size_t file;
    uint64_t offset = watch->place.offset;
    int r = stream_find(&watch->files, &watch->place, &file);
    if (r < 0)
        return r;
    if (watch->failures >= FAILURES_MAX) {
        log_error("audit-read fails at byte %llu of the audit log; its line is passed over and "
                  "recorded as a gap",
                  (unsigned long long)offset);
        r = stream_skip_line(&watch->files, file, offset, &offset);
    }
    if (r == 0)
        r = stream_begin(&watch->stream, &watch->files, file, offset);
    if (r == 0 && watch->failures >= FAILURES_MAX)
        watch->stream.insert = "what could not be read\n";
    return r == 0 ? start_filter(watch) : r;
}

static void on_ended(void *context)
{
    struct audit_watch *watch = context;
    watch->failures++;
    stop_filter(watch);
    int r = begin_at_place(watch);
    if (r < 0)
        log_error("cannot read the audit log on: %s; trying again with the next look around",
                  strerror(-r));
    else
        pump(watch);
}

// ---- Pumping -----------------------------------------------------------------------------------

static void on_writable(void *context)
{
    pump(context);
}

static int start_filter(struct audit_watch *watch)
{
    CLEANUP_FREE char *program = text_format("%s/audit-read", watch->context.programs);
    int r = !program ? -ENOMEM
                     : filter_start(
                           &(struct filter_options){
                               .event = watch->context.event,
                               .program = program,
                               .event_seen = on_event,
                               .place_seen = on_place,
                               .writable = on_writable,
                               .ended = on_ended,
                               .context = watch,
                           },
                           &watch->filter);
    if (r == 0)
        filter_pause(watch->filter, watch->paused);
    return r;
}

// 1: the filter took all there was; 0: nothing more to give, or it takes no more now.
static int pump_once(struct audit_watch *watch)
{
    size_t taken;
    if (watch->begin == watch->end) {
        watch->begin = 0;
        int r = stream_read(&watch->stream, &watch->files, watch->buffer, BUFFER_SIZE, &watch->end);
        if (r < 0)
            watch->end = 0;
        if (r < 0 || watch->end == 0)
            return r;
    }
    int r = filter_write(watch->filter, watch->buffer + watch->begin, watch->end - watch->begin,
                         &taken);
    if (r < 0)
        return r;
    watch->begin += taken;
    return watch->begin == watch->end;
}

static void pump(struct audit_watch *watch)
{
    int r = 1;
    if (watch->renamed && watch->filter) {
        r = log_files_scan(&watch->files);
        watch->renamed = r < 0; // auditd is at renaming still: with the next look
        r = 1;
    }
    // While the watch pauses, too: a reader who gets nothing takes it that nothing was written.
    // What he gives out waits in his pipe, and what he can't, in ours.
    while (r > 0 && watch->filter)
        r = pump_once(watch);
    if (r == -EPIPE)
        on_ended(watch);
    else if (r < 0)
        log_error("cannot read the audit log: %s; trying again with the next change", strerror(-r));
}

// ---- Changes -----------------------------------------------------------------------------------

static void drain_changes(struct audit_watch *watch)
{
    union {
        struct inotify_event event; // for its alignment
        char bytes[16384];
    } buffer;
    ssize_t n;
    while ((n = read(watch->changes, &buffer, sizeof buffer)) > 0)
        for (ssize_t at = 0; at < n;) {
            const struct inotify_event *event = (const void *)(buffer.bytes + at);
            watch->renamed = watch->renamed || (event->mask & ~(uint32_t)IN_MODIFY) != 0;
            at += (ssize_t)(sizeof *event + event->len);
        }
}

static int look_later(struct audit_watch *watch)
{
    int r = sd_event_source_set_time_relative(watch->on_look, LOOK_US);
    return r < 0 ? r : sd_event_source_set_enabled(watch->on_look, SD_EVENT_ONESHOT);
}

static int on_changes(sd_event_source *source, int fd, uint32_t events, void *context)
{
    struct audit_watch *watch = context;
    (void)fd, (void)events;
    drain_changes(watch);
    pump(watch);
    int r = sd_event_source_set_enabled(source, SD_EVENT_OFF);
    return r < 0 ? r : look_later(watch);
}

static int on_look(sd_event_source *source, uint64_t usec, void *context)
{
    struct audit_watch *watch = context;
    (void)source, (void)usec;
    drain_changes(watch);
    pump(watch);
    if (watch->renamed) {
        int r = look_later(watch);
        if (r < 0)
            return r;
    }
    return sd_event_source_set_enabled(watch->on_changes, SD_EVENT_ON);
}

static int listen_to_changes(struct audit_watch *watch)
{
    sd_event *event = watch->context.event;
    CLEANUP_FREE char *path = text_format("/proc/self/fd/%d", watch->files.folder);
    if (!path)
        return -ENOMEM;
    watch->changes = inotify_init1(IN_CLOEXEC | IN_NONBLOCK);
    if (watch->changes < 0 || inotify_add_watch(watch->changes, path, CHANGES | IN_ONLYDIR) < 0)
        return -errno;
    int r = sd_event_add_io(event, &watch->on_changes, watch->changes, EPOLLIN, on_changes, watch);
    if (r >= 0)
        r = sd_event_add_time_relative(event, &watch->on_look, CLOCK_MONOTONIC, LOOK_US, LOOK_US,
                                       on_look, watch);
    return r < 0 ? r : 0;
}

// ---- What the daemon says ----------------------------------------------------------------------

static void let_go(struct audit_watch *watch)
{
    stop_filter(watch);
    stream_close(&watch->stream);
    watch->on_changes = sd_event_source_disable_unref(watch->on_changes);
    watch->on_look = sd_event_source_disable_unref(watch->on_look);
    close_p(&watch->changes);
    watch->changes = -1;
    log_files_close(&watch->files);
    watch->floor = (struct audit_stamp){0};
    watch->failures = 0;
    watch->renamed = false;
}

// The log is not the one that was read, or not all of it is there any more.
static int begin_with_oldest(struct audit_watch *watch, const struct audit_place *from)
{
    watch->floor = from->last;
    int r = stream_begin(&watch->stream, &watch->files, 0, 0);
    return r < 0 ? r : 1;
}

static int begin(struct audit_watch *watch, const struct audit_place *from)
{
    size_t file;
    uint64_t offset;
    if (watch->files.n == 0)
        return -ENOENT;
    if (from) {
        watch->place = *from;
        int r = stream_find(&watch->files, from, &file);
        if (r == -ENOENT)
            return begin_with_oldest(watch, from);
        return r < 0 ? r : stream_begin(&watch->stream, &watch->files, file, from->offset);
    }
    file = watch->files.n - 1;
    int r = stream_find_end(&watch->files, file, &offset);
    return r < 0 ? r : stream_begin(&watch->stream, &watch->files, file, offset);
}

// Where the stream begins is a place, too: a reader that fails at once goes on from there.
static int note_beginning(struct audit_watch *watch)
{
    struct audit_place place = {.last = watch->place.last};
    int r = stream_locate(&watch->stream, &place);
    if (r == 0)
        watch->place = place;
    return r;
}

static int resume(struct audit_watch *watch, const struct audit_place *from)
{
    int r = watch->context.log < 0 ? -ENOENT : log_files_open(watch->context.log, &watch->files);
    if (r == 0)
        r = listen_to_changes(watch); // before the first look, so that nothing falls between
    if (r == 0)
        r = log_files_scan(&watch->files);
    if (r < 0)
        return r;
    watch->place = (struct audit_place){0};
    int moved = begin(watch, from);
    if (moved < 0)
        return moved;
    r = note_beginning(watch);
    if (r == 0)
        r = start_filter(watch);
    return r < 0 ? r : moved;
}

int watch_audit_resume(void *state, const struct audit_place *from)
{
    struct audit_watch *watch = state;
    if (!watch->context.live)
        return -EOPNOTSUPP;
    let_go(watch);
    watch->paused = false;
    int r = resume(watch, from);
    if (r < 0)
        let_go(watch);
    else
        pump(watch);
    return r;
}

void watch_audit_pause(void *state, bool pause)
{
    struct audit_watch *watch = state;
    watch->paused = pause;
    if (!watch->filter)
        return;
    filter_pause(watch->filter, pause);
    if (!pause)
        pump(watch);
}

int watch_audit_where(void *state, struct audit_place **ret)
{
    const struct audit_watch *watch = state;
    return audit_place_copy(&watch->place, ret);
}

void watch_audit_release(void *state, const struct audit_place *place)
{
    struct audit_watch *watch = state;
    if (watch->files.folder >= 0)
        log_files_let_go(&watch->files, place->device, place->inode);
}

// ---- The watch ---------------------------------------------------------------------------------

static int audit_snapshot(void *state)
{
    struct audit_watch *watch = state;
    if (watch->files.folder < 0)
        return 0;
    watch->renamed = true; // in case a change got lost
    if (!watch->filter)
        on_ended(watch);
    else
        pump(watch);
    return 0;
}

static void audit_stop(void *state)
{
    struct audit_watch *watch = state;
    if (!watch)
        return;
    let_go(watch);
    free(watch->held);
    free(watch);
}

static int audit_start(const struct watch_context *context, void **ret_state)
{
    struct audit_watch *watch = calloc(1, sizeof *watch);
    if (!watch)
        return -ENOMEM;
    watch->context = *context;
    watch->changes = watch->files.folder = watch->files.held = -1;
    watch->held = calloc(READER_EVENTS_MAX, sizeof *watch->held);
    if (!watch->held) {
        free(watch);
        return -ENOMEM;
    }
    *ret_state = watch;
    return 0;
}

const struct watch watch_audit = {
    .name = "audit",
    .start = audit_start,
    .stop = audit_stop,
    .snapshot = audit_snapshot,
};
