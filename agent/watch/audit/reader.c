// SPDX-License-Identifier: GPL-3.0-or-later
// Lines, events in the making, and their order.
#include "watch/audit/reader.h"

#include "base/moment.h"
#include "base/text.h"
#include "watch/audit/interpret.h"

#include <errno.h>
#include <string.h>
#include <sys/queue.h>

#define WAITING_MAX 128            // events that have begun and are not given out
#define PATIENCE_NS (2 * NS_PER_S) // of the log's own time
#define DISORDER_MAX 64            // by how much serials go back within a boot
#define UNDERWAY_MAX 16            // events that may be written still, though later ones have been

struct making {
    struct records records;     // of a call; empty for what is complete
    struct audit_event *single; // a record that is an event by itself
    uint64_t begin;             // offset of its first line
    bool complete;
    bool doubtful; // READER_DOUBT: nothing, if the kernel's count goes on
    TAILQ_ENTRY(making) next;
};

TAILQ_HEAD(making_queue, making);

struct audit_reader {
    struct reader_sink sink;
    struct descriptors *descriptors;
    struct making_queue queue; // by `begin`
    size_t waiting;
    char line[RECORD_LINE_MAX];
    size_t length; // of the line that is not whole yet
    bool too_long; // it is longer than that, and passed over
    uint64_t fed;  // offset behind the last byte
    uint64_t line_begin;
    struct audit_stamp last; // of the newest record
    uint64_t serial;         // the kernel's highest in this boot; 0: none yet
    struct audit_place place, told;
    size_t given; // events since the last place
};

static void making_free(struct making *making)
{
    if (!making)
        return;
    records_clear(&making->records);
    audit_event_free(making->single);
    free(making);
}

// ---- Giving out --------------------------------------------------------------------------------

static int tell_place(struct audit_reader *reader)
{
    struct making *first = TAILQ_FIRST(&reader->queue);
    reader->place.offset = first ? first->begin : reader->line_begin;
    if (reader->place.offset == reader->told.offset && reader->given == 0)
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
    reader->waiting--;
    int r = give(reader, first);
    making_free(first);
    if (r == 0 && reader->given >= READER_EVENTS_MAX - INTERPRET_EVENTS_MAX)
        r = tell_place(reader);
    return r;
}

// All at the head of the queue that are complete.
static int give_complete(struct audit_reader *reader)
{
    struct making *first;
    int r = 0;
    while (r == 0 && (first = TAILQ_FIRST(&reader->queue)) && first->complete)
        r = give_first(reader);
    return r;
}

// Nobody is waited for while others grow old behind him.
static void complete_old(struct audit_reader *reader)
{
    struct making *making;
    size_t excess = reader->waiting > WAITING_MAX ? reader->waiting - WAITING_MAX : 0;
    TAILQ_FOREACH(making, &reader->queue, next)
    {
        uint64_t stamp = making->records.stamp.wall_ns;
        if (excess > 0) {
            making->complete = true;
            excess--;
        } else if (!making->complete && !making->single &&
                   (reader->last.wall_ns >= stamp + PATIENCE_NS ||
                    reader->last.wall_ns + PATIENCE_NS <= stamp)) {
            making->complete = true; // the clock was set back: as good as 2 s later
        }
    }
}

// ---- Taking in ---------------------------------------------------------------------------------

static struct making *add(struct audit_reader *reader)
{
    struct making *making = calloc(1, sizeof *making);
    if (!making)
        return NULL;
    making->begin = reader->line_begin;
    TAILQ_INSERT_TAIL(&reader->queue, making, next);
    reader->waiting++;
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
static int add_torn(struct audit_reader *reader)
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

static int add_doubt(struct audit_reader *reader)
{
    int r = add_torn(reader);
    if (r == 0)
        TAILQ_LAST(&reader->queue, making_queue)->doubtful = true;
    return r;
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
    if (record_is(record, "PROCTITLE") || record_is(record, "EOE"))
        making->complete = true;
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

// What waits for the kernel's count has it now.
static void settle_singles(struct audit_reader *reader, bool goes_on, uint32_t missing)
{
    struct making *making, *previous;
    for (making = TAILQ_LAST(&reader->queue, making_queue); making; making = previous) {
        previous = TAILQ_PREV(making, making_queue, next);
        if (!making->single || making->complete)
            continue;
        if (making->doubtful && goes_on) {
            TAILQ_REMOVE(&reader->queue, making, next);
            reader->waiting--;
            making_free(making);
            continue;
        }
        making->single->missing = missing;
        making->complete = true;
        missing = 0; // told by the last of them
    }
}

static void count_serial(struct audit_reader *reader, uint64_t serial)
{
    bool same_boot = reader->serial != 0 && serial + DISORDER_MAX > reader->serial;
    bool goes_on = same_boot && serial <= reader->serial + 1;
    uint64_t missing = same_boot && !goes_on ? serial - reader->serial - 1 : 0;
    missing = missing > UNDERWAY_MAX ? missing - UNDERWAY_MAX : 0;
    settle_singles(reader, goes_on, missing < UINT32_MAX ? (uint32_t)missing : UINT32_MAX);
    if (serial > reader->serial || !same_boot)
        reader->serial = serial;
}
static int take_record(struct audit_reader *reader, const struct record *record, const char *line,
                       size_t length)
{
    if (is_of_kernel(record))
        count_serial(reader, record->stamp.serial);
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

static int take_line(struct audit_reader *reader, const char *line, size_t length)
{
    struct record record;
    while (length > 0 && *line == '\0') { // a file system's idea of what was not written
        line++;
        length--;
    }
    if (length == 0)
        return 0;
    if (length == strlen(READER_DOUBT) && memcmp(line, READER_DOUBT, length) == 0)
        return add_doubt(reader);
    const char *second = find_second(line, length);
    int r = second || record_parse(line, length, &record) < 0 ? add_torn(reader) : 0;
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
    int r = reader->too_long ? add_torn(reader) : take_line(reader, reader->line, reader->length);
    reader->length = 0;
    reader->too_long = false;
    reader->line_begin = reader->fed;
    if (r < 0)
        return r;
    complete_old(reader);
    return give_complete(reader);
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

// ---- Waiting -----------------------------------------------------------------------------------

bool audit_reader_waits(const struct audit_reader *reader)
{
    return !TAILQ_EMPTY(&reader->queue);
}

static bool has_its_paths(struct making *making)
{
    struct records copy = making->records;
    size_t paths = 0;
    records_parse(&copy);
    const struct record *call = records_find(&copy, "SYSCALL");
    for (size_t i = 0; i < copy.n; i++)
        paths += record_is(&copy.items[i], "PATH");
    return !call || record_number(call, "items", 10, 0) <= paths;
}

int audit_reader_flush(struct audit_reader *reader, bool all)
{
    struct making *making;
    TAILQ_FOREACH(making, &reader->queue, next)
    {
        if (all || (!making->complete && has_its_paths(making)))
            making->complete = true;
    }
    int r = give_complete(reader);
    return r < 0 ? r : tell_place(reader);
}

// ---- Life --------------------------------------------------------------------------------------

int audit_reader_new(const struct reader_sink *sink, struct audit_reader **ret)
{
    CLEANUP(audit_reader_free_p) struct audit_reader *reader = calloc(1, sizeof *reader);
    if (!reader)
        return -ENOMEM;
    reader->sink = *sink;
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
        making_free(making);
    }
    descriptors_free(reader->descriptors);
    free(reader);
}
