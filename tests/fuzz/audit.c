// SPDX-License-Identifier: GPL-3.0-or-later
// Fuzzes the reader of auditd's log. Whatever the bytes: each event fits a frame that reads back
// the same; places go forward to where lines begin; and whoever goes on from a place sees the
// events behind it, in the same order, as if he had read on.
#include "watch/audit/reader.h"

#include "base/util.h"

#include <stdlib.h>
#include <string.h>

#define PLACES_MAX 256

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct view {
    const uint8_t *data;
    size_t size;
    size_t put; // events since the last place
    uint64_t places[PLACES_MAX];
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
    return 0;
}

static int on_place(void *context, const struct audit_place *place)
{
    struct view *view = context;
    require(place->offset >= view->offset && place->offset <= view->size);
    require(place->offset == 0 || view->data[place->offset - 1] == '\n');
    view->offset = place->offset;
    view->put = 0;
    if (view->n_places < PLACES_MAX)
        view->places[view->n_places++] = place->offset;
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

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size < 1 || size > 32768)
        return 0;
    size_t step = data[0] == 0 ? size : data[0];
    struct view *whole = calloc(1, sizeof *whole), *rest = calloc(1, sizeof *rest);
    require(whole && rest);
    read_all(whole, data + 1, size - 1, step);
    // A log whose stamps go to and fro gives its events in another order to whoever begins later;
    // that a real one does not is unit_watch_audit's to show. Here he only has to come through.
    if (whole->n_places > 0) {
        uint64_t offset = whole->places[size % whole->n_places];
        read_all(rest, data + 1 + offset, size - 1 - offset, step);
    }
    free(whole);
    free(rest);
    return 0;
}
