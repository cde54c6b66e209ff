// SPDX-License-Identifier: GPL-3.0-or-later
// Lines, events in the making, and their order.
#include "watch/audit/reader.h"

#include "base/text.h"
#include "watch/audit/interpret.h"
#include "watch/audit/reader-parts.h"

#include <errno.h>
#include <string.h>

#define PATIENCE_LINES 2048 // behind the first one of an event

void reader_free_making(struct making *making)
{
    if (!making)
        return;
    records_clear(&making->records);
    audit_event_free(making->single);
    free(making);
}

// ---- Giving out ---------------------------------------------------------------------------------

#define IS_FULL(reader) ((reader)->given >= READER_EVENTS_MAX - INTERPRET_EVENTS_MAX)

// Not while there is a SYSCALL record ahead (out of order) of an event that was given out: whoever
// went on from here would give it out again. With so many of them that it can't be helped, he does.
static int tell_place(struct audit_reader *reader)
{
    struct making *first = TAILQ_FIRST(&reader->queue);
    reader->place.offset = first ? first->begin : reader->line_begin;
    if (reader->place.offset == reader->told.offset && reader->given == 0)
        return 0;
    if (reader->place.offset <= reader->call && !IS_FULL(reader))
        return 0;
    reader->told = reader->place;
    reader->given = 0;
    return reader->sink.place(reader->sink.context, &reader->place);
}

static int give_event(struct audit_reader *reader, const struct audit_event *event)
{
    reader->given++;
    if (event->wall_ns >= reader->place.last.wall_ns)
        reader->place.last = (struct audit_stamp){event->wall_ns, event->serial};
    return reader->sink.event(reader->sink.context, event);
}

static int give(struct audit_reader *reader, struct making *making)
{
    if (making->single)
        return give_event(reader, making->single);
    records_parse(&making->records);
    for (size_t i = 0; i < INTERPRET_EVENTS_MAX; i++) {
        CLEANUP(audit_event_free_p) struct audit_event *event = NULL;
        int r = interpret_call(&making->records, reader->descriptors, i, &event);
        if (r < 0 || !event)
            return r;
        r = give_event(reader, event);
        if (r < 0)
            return r;
    }
    return 0;
}

static int give_first(struct audit_reader *reader)
{
    struct making *first = TAILQ_FIRST(&reader->queue);
    TAILQ_REMOVE(&reader->queue, first, next);
    if (first->called && first->call > reader->call)
        reader->call = first->call;
    int r = give(reader, first);
    reader_free_making(first);
    if (r == 0 && IS_FULL(reader))
        r = tell_place(reader);
    return r;
}

// Nobody is waited for for ever. Time says nothing here: the clock may have been set. Nor does how
// many events wait, which whoever goes on from a place sees otherwise.
static bool is_ripe(const struct audit_reader *reader, const struct making *making)
{
    return making->complete || reader->lines - making->line >= PATIENCE_LINES;
}

// All at the head of the queue that are ripe; behind one that is not, nobody is older.
static int give_ripe(struct audit_reader *reader)
{
    struct making *first;
    int r = 0;
    while (r == 0 && (first = TAILQ_FIRST(&reader->queue)) && is_ripe(reader, first))
        r = give_first(reader);
    return r;
}

// ---- Taking in ----------------------------------------------------------------------------------

static struct making *add(struct audit_reader *reader)
{
    struct making *making = calloc(1, sizeof *making);
    if (!making)
        return NULL;
    making->begin = reader->line_begin;
    making->line = reader->lines;
    TAILQ_INSERT_TAIL(&reader->queue, making, next);
    return making;
}

static bool waits_for_count(enum audit_act act)
{
    return act == ACT_AUDIT_STARTED || act == ACT_AUDIT_RESUMED || act == ACT_AUDIT_TROUBLE ||
           act == ACT_AUDIT_TORN;
}

static int add_single(struct audit_reader *reader, struct audit_event *event)
{
    struct making *making = add(reader);
    if (!making) {
        audit_event_free(event);
        return -ENOMEM;
    }
    making->single = event;
    making->complete = !waits_for_count(event->act);
    return 0;
}

// Half a line, or none: what a power cut left, or somebody who wrote into the file.
int reader_add_torn(struct audit_reader *reader)
{
    struct audit_event *event = calloc(1, sizeof *event);
    if (!event)
        return -ENOMEM;
    event->act = ACT_AUDIT_TORN;
    event->wall_ns = reader->last.wall_ns;
    event->serial = reader->last.serial;
    event->auid = event->uid = event->session = UINT32_MAX;
    return add_single(reader, event);
}

static struct making *find(struct audit_reader *reader, const struct audit_stamp *stamp)
{
    struct making *making;
    TAILQ_FOREACH_REVERSE(making, &reader->queue, making_queue, next)
    {
        if (!making->single && making->records.stamp.wall_ns == stamp->wall_ns &&
            making->records.stamp.serial == stamp->serial)
            return making->complete ? NULL : making;
    }
    return NULL;
}

// Nothing that the trail does not read needs to be kept.
static bool is_read(const struct record *record)
{
    static const char *const types[] = {"SYSCALL", "CWD",           "PATH",         "URINGOP",
                                        "OPENAT2", "UNKNOWN[1336]", "UNKNOWN[1337]"};
    for (size_t i = 0; i < ELEMENTS(types); i++)
        if (record_is(record, types[i]))
            return true;
    return false;
}

static bool is_call(const struct record *record)
{
    return record_is(record, "SYSCALL") || record_is(record, "URINGOP") ||
           record_is(record, "UNKNOWN[1336]"); // auditd before 3.1
}

// auditd that could not keep up for a moment gets records again from the kernel, out of order: the
// last one does not end what is not all there.
static void note_part(struct making *making, const struct record *record, uint64_t begin)
{
    if (is_call(record)) {
        making->called = true;
        making->call = begin;
        making->items = record_number(record, "items", 10, 0);
    } else if (record_is(record, "PATH"))
        making->paths++;
    else if (record_is(record, "PROCTITLE") || record_is(record, "EOE"))
        making->ended = true;
    making->complete = making->ended && making->called && making->paths >= making->items;
}

static int take_part(struct audit_reader *reader, const struct record *record, const char *line,
                     size_t length)
{
    struct making *making = find(reader, &record->stamp);
    if (!making) {
        making = add(reader);
        if (!making)
            return -ENOMEM;
        making->records.stamp = record->stamp;
    }
    note_part(making, record, reader->line_begin);
    if (!is_read(record))
        return 0;
    int r = records_add(&making->records, line, length);
    return r == -E2BIG ? 0 : r; // more than any call of ours has
}

static bool is_of_kernel(const struct record *record)
{
    static const char own[] = "DAEMON_"; // auditd's, which have a count of their own
    return record->type.length < strlen(own) || memcmp(record->type.data, own, strlen(own)) != 0;
}

// ---- Lines --------------------------------------------------------------------------------------

static int take_record(struct audit_reader *reader, const struct record *record, const char *line,
                       size_t length)
{
    if (is_of_kernel(record))
        reader_count(reader, record->stamp.serial);
    reader->last = record->stamp;
    if (!interpret_is_single(record))
        return take_part(reader, record, line, length);
    struct audit_event *event = NULL;
    int r = interpret_single(record, &event);
    return r < 0 || !event ? r : add_single(reader, event);
}

// Where the record of a line begins: behind "node=…", if auditd names the host.
static const char *expected_head(const char *line, size_t length)
{
    const char *space = memchr(line, ' ', length);
    bool named = length > 5 && memcmp(line, "node=", 5) == 0;
    return named && space ? space + 1 : line;
}

// The last record in a line that has two, or half of one before it: a power cut took the newline.
static const char *find_second(const char *line, size_t length)
{
    static const char mark[] = " msg=audit(";
    const char *found = NULL;
    for (const char *at = line; (at = memmem(at, length - (size_t)(at - line), mark, strlen(mark)));
         at++)
        found = at;
    while (found && found > line &&
           (length - (size_t)(found - line) < 5 || memcmp(found, "type=", 5) != 0))
        found--;
    return found && found > expected_head(line, length) ? found : NULL;
}

static bool ends_with(const char *line, size_t length, const char *text)
{
    size_t n = strlen(text);
    return length >= n && memcmp(line + length - n, text, n) == 0;
}

static int take_line(struct audit_reader *reader, const char *line, size_t length)
{
    struct record record;
    while (length > 0 && *line == '\0') { // a file system's idea of what was not written
        line++;
        length--;
    }
    if (length == 0)
        return 0;
    if (ends_with(line, length, READER_DOUBT))
        return length == strlen(READER_DOUBT) ? reader_add_doubt(reader) : reader_add_torn(reader);
    if (ends_with(line, length, READER_CUT))
        return reader_add_torn(reader);
    const char *second = find_second(line, length);
    int r = second || record_parse(line, length, &record) < 0 ? reader_add_torn(reader) : 0;
    if (second) {
        length -= (size_t)(second - line);
        line = second;
    }
    if (r == 0 && record_parse(line, length, &record) == 0)
        r = take_record(reader, &record, line, length);
    return r;
}

static int end_line(struct audit_reader *reader)
{
    int r = reader->too_long ? reader_add_torn(reader)
                             : take_line(reader, reader->line, reader->length);
    reader->length = 0;
    reader->too_long = false;
    reader->line_begin = reader->fed;
    reader->lines++;
    return r < 0 ? r : give_ripe(reader);
}

static void keep(struct audit_reader *reader, const char *data, size_t length)
{
    if (length > sizeof reader->line - reader->length) {
        reader->too_long = true;
        return;
    }
    memcpy(reader->line + reader->length, data, length);
    reader->length += length;
}

int audit_reader_feed(struct audit_reader *reader, const void *data, size_t length)
{
    const char *rest = data;
    int r = 0;
    while (r == 0 && length > 0) {
        const char *newline = memchr(rest, '\n', length);
        size_t n = newline ? (size_t)(newline - rest) : length;
        keep(reader, rest, n);
        n += newline != NULL;
        rest += n;
        length -= n;
        reader->fed += n;
        if (newline)
            r = end_line(reader);
    }
    return r < 0 ? r : tell_place(reader);
}

// ---- Waiting ------------------------------------------------------------------------------------

bool audit_reader_waits(const struct audit_reader *reader)
{
    return !TAILQ_EMPTY(&reader->queue);
}

int audit_reader_flush(struct audit_reader *reader, bool all)
{
    struct making *making, *next;
    for (making = TAILQ_FIRST(&reader->queue); making; making = next) {
        next = TAILQ_NEXT(making, next);
        if (making->doubtful && !making->complete) {
            if (all || reader->serial != making->serial)
                reader_settle_doubt(reader, making);
        } else if (all || (making->called && making->paths >= making->items)) {
            making->complete = true;
        }
    }
    int r = give_ripe(reader);
    return r < 0 ? r : tell_place(reader);
}

int audit_reader_tick(struct audit_reader *reader)
{
    struct making *making, *next;
    for (making = TAILQ_FIRST(&reader->queue); making; making = next) {
        next = TAILQ_NEXT(making, next);
        if (making->complete || ++making->ticks < READER_TICKS)
            continue;
        if (making->doubtful)
            reader_settle_doubt(reader, making);
        else
            making->complete = true;
    }
    int r = give_ripe(reader);
    return r < 0 ? r : tell_place(reader);
}

// ---- Life ---------------------------------------------------------------------------------------

int audit_reader_new(const struct reader_sink *sink, struct audit_reader **ret)
{
    CLEANUP(audit_reader_free_p) struct audit_reader *reader = calloc(1, sizeof *reader);
    if (!reader)
        return -ENOMEM;
    reader->sink = *sink;
    reader->seen = UINT64_MAX;
    TAILQ_INIT(&reader->queue);
    int r = descriptors_new(&reader->descriptors);
    if (r < 0)
        return r;
    *ret = TAKE_PTR(reader);
    return 0;
}

void audit_reader_free(struct audit_reader *reader)
{
    struct making *making;
    if (!reader)
        return;
    while ((making = TAILQ_FIRST(&reader->queue))) {
        TAILQ_REMOVE(&reader->queue, making, next);
        reader_free_making(making);
    }
    descriptors_free(reader->descriptors);
    free(reader);
}
