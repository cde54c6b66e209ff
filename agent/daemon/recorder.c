// SPDX-License-Identifier: GPL-3.0-or-later
// Facts on their way to disk, in order, and what follows once they are there.
#include "daemon/recorder.h"

#include "base/json.h"
#include "base/log.h"
#include "base/text.h"
#include "bus/journal-queue.h"

#include <errno.h>
#include <inttypes.h>
#include <json-c/json.h>
#include <string.h>
#include <sys/queue.h>

#define WAIT_NS (10 * NS_PER_S)
#define ACKS_AT_ONCE 64

struct pending {
    uint64_t ticket;
    struct fact *fact;
    bool elsewhere; // a row of a group: whoever put it has it still
    size_t before;  // rows of its group that `done` is told of with it
    recorder_done done;
    void *context;
    uint64_t sequence; // filled in when it was acknowledged
    int error;
    TAILQ_ENTRY(pending) next;
};

TAILQ_HEAD(pending_queue, pending);

struct recorder {
    struct recorder_options options;
    struct journal_queue *journal;
    sd_event_source *source;
    struct pending_queue queue; // in the order of tickets
    uint64_t month;             // first row of a month that is still to be told of; 0: none
    uint64_t lost;              // facts that could not be queued since the last agent.gap
    uint64_t lost_since_ns;
};

static void pending_free(struct pending *pending)
{
    if (!pending)
        return;
    fact_free(pending->fact);
    free(pending);
}

// The journal tells what happens to the machine. What people do with files in the ordinary way
// stands in the ledger only: it would drive everything else out of the journal, thousands of rows a
// day.
static bool is_for_journal(const struct fact *fact)
{
    bool is_file = text_equal(fact_kind_object(fact->kind), "file");
    // A checkpoint of our own reading tells nobody anything.
    return fact->kind != FACT_TRAIL_READ && (!is_file || fact->severity > SEVERITY_INFO);
}

static void follow_up(struct recorder *recorder, const struct pending *done)
{
    if (done->sequence == 0) {
        if (!done->elsewhere)
            log_error("cannot record %s: %s; counted as a gap", fact_kind_to_str(done->fact->kind),
                      strerror(-done->error));
        return;
    }
    int r = registers_apply(recorder->options.registers, done->fact, done->sequence);
    if (r < 0)
        log_error("cannot update the registers: %s; they are rebuilt at the next start",
                  strerror(-r));
    if (is_for_journal(done->fact))
        r = journal_queue_put(recorder->journal, done->fact, done->sequence);
    if (r < 0 && r != -ENOBUFS) // those it counts itself
        log_error("cannot pass row %" PRIu64 " on to the journal: %s; it stands in the ledger",
                  done->sequence, strerror(-r));
    recorder->options.recorded(recorder->options.context, done->sequence, done->fact);
}

static void finish_first(struct recorder *recorder, const struct ledger_ack *ack)
{
    struct pending *first = TAILQ_FIRST(&recorder->queue);
    if (!first || first->ticket != ack->ticket)
        return; // a seal, which nobody waits for in this queue
    TAILQ_REMOVE(&recorder->queue, first, next);
    first->sequence = ack->sequence;
    first->error = ack->error;
    follow_up(recorder, first);
    if (first->done)
        first->done(first->context, ack->sequence ? ack->sequence - first->before : 0, ack->error);
    pending_free(first);
}

static struct fact *gap_of_lost(const struct recorder *recorder)
{
    struct json_object *details = json_object_new_object();
    json_add_text(details, "cause", "the ledger could not take rows");
    json_add_number(details, "lost", recorder->lost);
    json_add_number(details, "from_ns", recorder->lost_since_ns);
    json_add_number(details, "to_ns", moment_now().wall_ns);
    return recorder_fact(FACT_AGENT_GAP, NULL, "recorded", details);
}

static void confess_lost(struct recorder *recorder)
{
    if (recorder->lost == 0 || !ledger_is_writable(recorder->options.ledger))
        return;
    CLEANUP(fact_free_p) struct fact *gap = gap_of_lost(recorder);
    uint64_t ticket;
    if (gap && ledger_append(recorder->options.ledger, gap, &ticket) == 0)
        recorder->lost = 0;
}

// What is restated has to know of each row before it: none may still be on its way.
static void begin_month(struct recorder *recorder)
{
    uint64_t first = recorder->month;
    if (first == 0 || !TAILQ_EMPTY(&recorder->queue))
        return;
    recorder->month = 0;
    if (recorder->options.month)
        recorder->options.month(recorder->options.context, first);
}

static void reap(struct recorder *recorder)
{
    struct ledger_ack acks[ACKS_AT_ONCE];
    size_t n;
    do {
        n = ledger_reap(recorder->options.ledger, acks, ELEMENTS(acks));
        for (size_t i = 0; i < n; i++) {
            if (acks[i].new_month)
                recorder->month = acks[i].sequence;
            else
                finish_first(recorder, &acks[i]);
        }
    } while (n == ELEMENTS(acks));
    begin_month(recorder);
    confess_lost(recorder);
}

static int on_ledger(sd_event_source *source, int fd, uint32_t events, void *context)
{
    (void)source, (void)fd, (void)events;
    struct recorder *recorder = context;
    reap(recorder);
    if (recorder->options.answered)
        recorder->options.answered(recorder->options.context);
    return 0;
}

// What is refused because the ledger can't be written it counts itself, and says so once it can.
static void count_lost(struct recorder *recorder, int error, recorder_done done, void *context)
{
    if (error != -EIO && recorder->lost++ == 0) {
        recorder->lost_since_ns = moment_now().wall_ns;
        log_error("the ledger takes no rows: %s; counting what is lost", strerror(-error));
    }
    if (done)
        done(context, 0, error);
}

static int enqueue(struct recorder *recorder, struct pending *pending)
{
    if (!pending->fact)
        return -ENOMEM;
    int r = ledger_append(recorder->options.ledger, pending->fact, &pending->ticket);
    if (r < 0)
        return r;
    TAILQ_INSERT_TAIL(&recorder->queue, pending, next);
    return 0;
}

// Takes `fact`, always; `done` is called only if 0 is returned.
static int put(struct recorder *recorder, struct fact *fact, recorder_done done, void *context,
               uint64_t *ret_ticket)
{
    struct pending *pending = calloc(1, sizeof *pending);
    if (!pending) {
        fact_free(fact);
        return -ENOMEM;
    }
    *pending = (struct pending){.fact = fact, .done = done, .context = context};
    int r = enqueue(recorder, pending);
    if (r < 0) {
        pending_free(pending);
        return r;
    }
    *ret_ticket = pending->ticket;
    return 0;
}

void recorder_put(struct recorder *recorder, struct fact *fact, recorder_done done, void *context)
{
    uint64_t ticket;
    int r = put(recorder, fact, done, context, &ticket);
    if (r < 0)
        count_lost(recorder, r, done, context);
    else if (done)
        ledger_hurry(recorder->options.ledger, ticket);
}

// Memory for `n` rows to wait in; takes the facts, always.
static int make_group(struct fact **facts, size_t n, struct pending_queue *ret)
{
    int r = 0;
    for (size_t i = 0; i < n; i++) {
        struct pending *pending = calloc(1, sizeof *pending);
        if (!pending || !facts[i])
            r = -ENOMEM;
        if (!pending) {
            fact_free(facts[i]);
            continue;
        }
        *pending = (struct pending){.fact = facts[i], .elsewhere = true};
        TAILQ_INSERT_TAIL(ret, pending, next);
    }
    return r;
}

static void drop_all(struct pending_queue *queue)
{
    struct pending *pending;
    while ((pending = TAILQ_FIRST(queue))) {
        TAILQ_REMOVE(queue, pending, next);
        pending_free(pending);
    }
}

void recorder_put_group(struct recorder *recorder, struct fact **facts, size_t n,
                        recorder_done done, void *context)
{
    struct pending_queue group = TAILQ_HEAD_INITIALIZER(group);
    struct pending *pending;
    uint64_t ticket;
    int r = make_group(facts, n, &group);
    if (r == 0)
        r = ledger_append_group(recorder->options.ledger, facts, n, &ticket);
    if (r < 0) {
        drop_all(&group);
        done(context, 0, r);
        return;
    }
    for (pending = TAILQ_FIRST(&group); pending; pending = TAILQ_NEXT(pending, next))
        pending->ticket = ticket++;
    pending = TAILQ_LAST(&group, pending_queue);
    pending->done = done;
    pending->context = context;
    pending->before = n - 1;
    TAILQ_CONCAT(&recorder->queue, &group, next);
}

void recorder_put_found(struct recorder *recorder, struct fact *fact, recorder_done done,
                        void *context)
{
    if (fact)
        recorder_put_group(recorder, &fact, 1, done, context);
    else
        done(context, 0, -ENOMEM);
}

int recorder_wait(struct recorder *recorder)
{
    const struct pending *last = TAILQ_LAST(&recorder->queue, pending_queue);
    int r = last ? ledger_wait(recorder->options.ledger, last->ticket, WAIT_NS) : 0;
    reap(recorder);
    return r == -ETIMEDOUT ? r : 0;
}

struct answer {
    uint64_t sequence;
    int error;
    bool abandoned; // nobody waits any longer: whoever fills it in frees it
};

static void on_answer(void *context, uint64_t sequence, int error)
{
    struct answer *answer = context;
    if (answer->abandoned) {
        free(answer);
        return;
    }
    answer->sequence = sequence;
    answer->error = error;
}

int recorder_put_and_wait(struct recorder *recorder, struct fact *fact, uint64_t *ret_sequence)
{
    struct answer *answer = calloc(1, sizeof *answer);
    uint64_t ticket;
    if (!answer) {
        fact_free(fact);
        return -ENOMEM;
    }
    int r = put(recorder, fact, on_answer, answer, &ticket);
    if (r < 0) {
        free(answer);
        return r;
    }
    r = ledger_wait(recorder->options.ledger, ticket, WAIT_NS);
    if (r < 0) {
        answer->abandoned = true; // its row may still become durable
        return r;
    }
    reap(recorder);
    uint64_t sequence = answer->sequence;
    r = answer->error;
    free(answer);
    if (r == 0)
        *ret_sequence = sequence;
    return r;
}

int recorder_new(const struct recorder_options *options, struct recorder **ret)
{
    CLEANUP(recorder_free_p) struct recorder *recorder = calloc(1, sizeof *recorder);
    if (!recorder)
        return -ENOMEM;
    recorder->options = *options;
    recorder->options.journal = NULL; // lent for this call
    TAILQ_INIT(&recorder->queue);
    int r = journal_queue_new(options->event, options->journal, &recorder->journal);
    if (r < 0)
        return r;
    r = sd_event_add_io(options->event, &recorder->source, ledger_fd(options->ledger), EPOLLIN,
                        on_ledger, recorder);
    if (r < 0)
        return r;
    *ret = TAKE_PTR(recorder);
    return 0;
}

void recorder_free(struct recorder *recorder)
{
    if (!recorder)
        return;
    sd_event_source_disable_unref(recorder->source);
    drop_all(&recorder->queue);
    journal_queue_free(recorder->journal);
    free(recorder);
}

struct fact *recorder_fact(enum fact_kind kind, const char *object, const char *outcome,
                           struct json_object *details)
{
    CLEANUP(fact_free_p) struct fact *fact = fact_new(kind);
    bool ok =
        fact && text_set(&fact->object, object) == 0 && text_set(&fact->outcome, outcome) == 0;
    if (ok && details)
        ok = text_set(&fact->details, json_to_line(details)) == 0;
    json_object_put(details);
    return ok ? TAKE_PTR(fact) : NULL;
}
