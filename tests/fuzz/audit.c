// SPDX-License-Identifier: GPL-3.0-or-later
// Fuzzes the reader of auditd's log. Whatever the bytes: each event fits a frame that reads back
// the same; places go forward to where lines begin; and whoever goes on from a place sees the
// events behind it, in the same order, as if he had read on.
#include "watch/audit/reader.h"

#include "base/util.h"
#include "watch/audit/record.h"

#include <stdlib.h>
#include <string.h>

#define PLACES_MAX 256
#define SEEN_MAX 4096
#define CALLS_MAX 1024

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

// What somebody who went on from another place has to see alike.
struct seen {
    uint64_t wall_ns, serial;
    uint32_t pid;
    enum audit_act act;
};

struct view {
    const uint8_t *data;
    size_t size;
    size_t put; // events since the last place
    struct seen events[SEEN_MAX];
    size_t n; // of those, and how many there were before each place
    struct {
        uint64_t offset;
        size_t n;
    } places[PLACES_MAX];
    size_t n_places;
    uint64_t offset;
};

static void require(int truth)
{
    if (!truth)
        abort();
}

static void check_frame(const struct audit_event *event)
{
    CLEANUP_FREE char *first = NULL, *second = NULL;
    size_t length = 0, again_length = 0;
    CLEANUP(audit_event_free_p) struct audit_event *again = NULL;
    struct audit_place *place = NULL;
    require(audit_frame_put_event(event, &first, &length) == 0);
    require(audit_frame_take(first, length - 1, &again, &place) == 0);
    require(audit_frame_take(first, length, &again, &place) == (int)length && !place);
    require(audit_frame_put_event(again, &second, &again_length) == 0);
    require(length == again_length && memcmp(first, second, length) == 0);
}

static int on_event(void *context, const struct audit_event *event)
{
    struct view *view = context;
    check_frame(event);
    require(++view->put <= READER_EVENTS_MAX);
    // Whether a torn line is worth telling depends on the count before it, and so does its time.
    if (event->act != ACT_AUDIT_TORN && view->n < SEEN_MAX)
        view->events[view->n++] =
            (struct seen){event->wall_ns, event->serial, event->pid, event->act};
    return 0;
}

static int on_place(void *context, const struct audit_place *place)
{
    struct view *view = context;
    require(place->offset >= view->offset && place->offset <= view->size);
    require(place->offset == 0 || view->data[place->offset - 1] == '\n');
    view->offset = place->offset;
    view->put = 0;
    if (view->n_places < PLACES_MAX) {
        view->places[view->n_places].offset = place->offset;
        view->places[view->n_places++].n = view->n;
    }
    return 0;
}

static void read_all(struct view *view, const uint8_t *data, size_t size, size_t step)
{
    CLEANUP(audit_reader_free_p) struct audit_reader *reader = NULL;
    const struct reader_sink sink = {on_event, on_place, view};
    view->data = data;
    view->size = size;
    require(audit_reader_new(&sink, &reader) == 0);
    for (size_t at = 0; at < size; at += step) {
        size_t n = size - at < step ? size - at : step;
        require(audit_reader_feed(reader, data + at, n) == 0);
    }
    require(audit_reader_flush(reader, true) == 0);
}

// The kernel gives no two calls the same stamp. Where a log has them, which of the records between
// them belong to which depends on where one began to read.
static bool is_orderly(const uint8_t *data, size_t size)
{
    struct audit_stamp calls[CALLS_MAX];
    size_t n = 0;
    struct record record;
    for (size_t at = 0; at < size;) {
        const uint8_t *line = memmem(data + at, size - at, "type=", 5);
        if (!line)
            break;
        at = (size_t)(line - data) + 5;
        if (record_parse((const char *)line, size - (at - 5), &record) < 0 ||
            (!record_is(&record, "SYSCALL") && !record_is(&record, "URINGOP") &&
             !record_is(&record, "UNKNOWN[1336]")))
            continue;
        for (size_t i = 0; i < n; i++)
            if (calls[i].wall_ns == record.stamp.wall_ns && calls[i].serial == record.stamp.serial)
                return false;
        if (n == CALLS_MAX)
            return false;
        calls[n++] = record.stamp;
    }
    return true;
}

static bool is_alike(const struct seen *a, const struct seen *b)
{
    return a->wall_ns == b->wall_ns && a->serial == b->serial && a->pid == b->pid &&
           a->act == b->act;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size < 1 || size > 32768)
        return 0;
    size_t step = data[0] == 0 ? size : data[0];
    struct view *whole = calloc(1, sizeof *whole), *rest = calloc(1, sizeof *rest);
    require(whole && rest);
    read_all(whole, data + 1, size - 1, step);
    if (whole->n_places > 0 && whole->n < SEEN_MAX && is_orderly(data + 1, size - 1)) {
        size_t which = size % whole->n_places, n = whole->places[which].n;
        uint64_t offset = whole->places[which].offset;
        read_all(rest, data + 1 + offset, size - 1 - offset, step);
        require(rest->n == whole->n - n);
        for (size_t i = 0; i < rest->n; i++)
            require(is_alike(&rest->events[i], &whole->events[n + i]));
    }
    free(whole);
    free(rest);
    return 0;
}
