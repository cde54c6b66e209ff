// SPDX-License-Identifier: GPL-3.0-or-later
// The ledger's face, and its writer: one thread that takes batches from the queue to the book,
// seals, and knows what to do when the disk is full.
#include "ledger/ledger.h"

#include "base/text.h"
#include "ledger/ballast.h"
#include "ledger/book.h"
#include "ledger/queue.h"

#include <errno.h>
#include <pthread.h>
#include <string.h>

#define RETRY_NS NS_PER_S

struct ledger {
    struct book *book; // the writer's alone, once it runs
    struct queue *queue;
    pthread_t writer;
    bool running;
    uint64_t seal_interval_ns;
    uint64_t sealed_at_ns; // CLOCK_MONOTONIC
    // While the ledger can't be written: why, since when, and when it is tried again.
    int trouble; // −errno; 0: all is well
    uint64_t trouble_wall_ns;
    uint64_t retry_at_ns;
    struct ledger_head found; // by ledger_open()
};

// One thing to write: rows, or a seal.
struct job {
    struct fact *facts[QUEUE_TAKE_MAX];
    size_t n;
    const char *reason; // non-NULL: a seal
    uint64_t first;     // row it became
};

static int run_job(struct ledger *ledger, struct job *job)
{
    int r = job->reason ? book_seal(ledger->book, job->reason, &job->first)
                        : book_append(ledger->book, job->facts, job->n, &job->first);
    if (r == 0 && job->reason)
        ledger->sealed_at_ns = queue_clock_ns();
    queue_publish(ledger->queue, book_head(ledger->book), book_take_new_month(ledger->book));
    return r;
}

// ---- Trouble -----------------------------------------------------------------------------------

static void begin_trouble(struct ledger *ledger, int error)
{
    ledger->retry_at_ns = queue_clock_ns() + RETRY_NS;
    if (ledger->trouble)
        return;
    ledger->trouble = error;
    ledger->trouble_wall_ns = moment_now().wall_ns;
    queue_set_unwritable(ledger->queue);
}

// The first failure gives the ballast's room free: what was accepted still gets in, and a seal
// after it.
static int write_job(struct ledger *ledger, struct job *job)
{
    int r = run_job(ledger, job);
    if (r == 0)
        return 0;
    begin_trouble(ledger, r);
    if ((r != -ENOSPC && r != -EIO) || !ballast_release(book_folder(ledger->book)))
        return r;
    r = run_job(ledger, job);
    if (r == 0 && !job->reason)
        (void)!run_job(ledger,
                       &(struct job){.reason = "disk-full"}); // the trouble is known already
    return r;
}

static int describe_gap(const struct ledger *ledger, uint64_t lost, struct fact *gap)
{
    const char *error = strerrorname_np(-ledger->trouble);
    gap->details = text_format(
        "{\"cause\":\"the ledger could not be written\",\"error\":\"%s\",\"lost\":%llu,"
        "\"from_ns\":%llu,\"to_ns\":%llu}",
        error ? error : "unknown", (unsigned long long)lost,
        (unsigned long long)ledger->trouble_wall_ns, (unsigned long long)gap->at.wall_ns);
    if (!gap->details)
        return -ENOMEM;
    int r = text_set(&gap->object, book_host(ledger->book));
    return r < 0 ? r : text_set(&gap->outcome, "lost");
}

static int record_gap(struct ledger *ledger, uint64_t lost)
{
    CLEANUP(fact_free_p) struct fact *gap = book_fact(ledger->book, FACT_AGENT_GAP);
    int r = gap ? describe_gap(ledger, lost, gap) : -ENOMEM;
    return r < 0 ? r : run_job(ledger, &(struct job){.facts = {gap}, .n = 1});
}

// The way back: room for the ballast, what was lost as a row, and a seal as the proof that it
// works.
static int end_trouble(struct ledger *ledger)
{
    int r = ballast_restore(book_folder(ledger->book));
    if (r < 0)
        return r;
    uint64_t lost;
    do {
        lost = queue_lost(ledger->queue);
        r = lost > 0 ? record_gap(ledger, lost) : 0;
        if (r == 0)
            r = run_job(ledger, &(struct job){.reason = "recovered"});
        if (r < 0)
            return r;
    } while (!queue_set_writable(ledger->queue, lost));
    ledger->trouble = 0;
    return 0;
}

// ---- The writer --------------------------------------------------------------------------------

// What a seal must follow at once; NULL: nothing.
static const char *reason_to_seal(const struct job *job)
{
    const char *reason = NULL;
    for (size_t i = 0; i < job->n; i++) {
        const struct fact *fact = job->facts[i];
        if (fact->severity == SEVERITY_VIOLATION)
            return "violation";
        if (fact->kind == FACT_POLICY_LOADED || fact->kind == FACT_POLICY_REJECTED)
            reason = "policy";
        if (fact->kind == FACT_MODE_CHANGED)
            reason = "mode";
    }
    return reason;
}

static void write_batch(struct ledger *ledger, const struct queue_item *const *items, size_t n)
{
    struct job job = {.n = n, .reason = items[0]->fact ? NULL : items[0]->reason};
    for (size_t i = 0; i < n; i++)
        job.facts[i] = items[i]->fact;
    int r = write_job(ledger, &job);
    // The seal follows the acknowledgement: that frees the facts.
    const char *reason = r == 0 && !job.reason ? reason_to_seal(&job) : NULL;
    queue_complete(ledger->queue, n, job.first, r == 0 ? 0 : r == -ENOSPC ? -ENOSPC : -EIO);
    if (reason)
        (void)!write_job(ledger, &(struct job){.reason = reason}); // begins the trouble if it fails
}

static uint64_t deadline_ns(const struct ledger *ledger)
{
    if (ledger->trouble)
        return ledger->retry_at_ns;
    return ledger->seal_interval_ns ? ledger->sealed_at_ns + ledger->seal_interval_ns : UINT64_MAX;
}

static void on_deadline(struct ledger *ledger)
{
    if (!ledger->trouble)
        (void)!write_job(ledger, &(struct job){.reason = "interval"});
    else if (end_trouble(ledger) < 0)
        ledger->retry_at_ns = queue_clock_ns() + RETRY_NS;
}

static void *write_until_stopped(void *context)
{
    struct ledger *ledger = context;
    const struct queue_item *items[QUEUE_TAKE_MAX];
    while (!queue_is_done(ledger->queue)) {
        size_t n = queue_take(ledger->queue, deadline_ns(ledger), items);
        if (n > 0)
            write_batch(ledger, items, n);
        if (deadline_ns(ledger) <= queue_clock_ns())
            on_deadline(ledger);
    }
    if (ledger->trouble)
        (void)!end_trouble(ledger); // the last chance to say what was lost
    (void)!write_job(ledger, &(struct job){.reason = "stop"});
    return NULL;
}

// ---- The face ----------------------------------------------------------------------------------

static void start(struct ledger *ledger, int trouble)
{
    int r = ballast_restore(book_folder(ledger->book));
    if (trouble < 0 || r < 0)
        begin_trouble(ledger, trouble < 0 ? trouble : r);
    (void)!write_job(ledger, &(struct job){.reason = "start"});
}

int ledger_open(const struct ledger_options *options, struct ledger **ret)
{
    CLEANUP(ledger_close_p) struct ledger *ledger = calloc(1, sizeof *ledger);
    if (!ledger)
        return -ENOMEM;
    ledger->seal_interval_ns = options->seal_interval_ns;
    int trouble = 0;
    int r = queue_new(&ledger->queue);
    if (r == 0)
        r = book_open(options, &ledger->book, &trouble);
    if (r < 0)
        return r;
    if (!book_is_new(ledger->book))
        ledger->found = *book_head(ledger->book);
    start(ledger, trouble);
    r = -pthread_create(&ledger->writer, NULL, write_until_stopped, ledger);
    if (r < 0)
        return r;
    ledger->running = true;
    *ret = TAKE_PTR(ledger);
    return 0;
}

void ledger_close(struct ledger *ledger)
{
    if (!ledger)
        return;
    if (ledger->running) {
        queue_stop(ledger->queue);
        (void)pthread_join(ledger->writer, NULL);
    }
    book_free(ledger->book);
    queue_free(ledger->queue);
    free(ledger);
}

int ledger_append(struct ledger *ledger, const struct fact *fact, uint64_t *ret_ticket)
{
    return queue_push_fact(ledger->queue, fact, ret_ticket);
}

int ledger_append_group(struct ledger *ledger, struct fact *const *facts, size_t n,
                        uint64_t *ret_first_ticket)
{
    return queue_push_group(ledger->queue, facts, n, ret_first_ticket);
}

int ledger_seal(struct ledger *ledger, const char *reason, uint64_t *ret_ticket)
{
    return queue_push_seal(ledger->queue, reason, ret_ticket);
}

int ledger_fd(const struct ledger *ledger)
{
    return queue_fd(ledger->queue);
}

size_t ledger_reap(struct ledger *ledger, struct ledger_ack *ret_acks, size_t max)
{
    return queue_reap(ledger->queue, ret_acks, max);
}

void ledger_hurry(struct ledger *ledger, uint64_t ticket)
{
    queue_hurry(ledger->queue, ticket);
}

int ledger_wait(struct ledger *ledger, uint64_t ticket, uint64_t timeout_ns)
{
    return queue_wait(ledger->queue, ticket, timeout_ns);
}

bool ledger_is_writable(const struct ledger *ledger)
{
    return queue_is_writable(ledger->queue);
}

void ledger_get_head(const struct ledger *ledger, struct ledger_head *ret)
{
    queue_get_head(ledger->queue, ret);
}

void ledger_get_found(const struct ledger *ledger, struct ledger_head *ret)
{
    *ret = ledger->found;
}

void ledger_head_code(const struct ledger_head *head, char ret[40])
{
    (void)snprintf(ret, 40, "%llu-%02x%02x-%02x%02x", (unsigned long long)head->sequence,
                   head->hash[0], head->hash[1], head->hash[2], head->hash[3]);
}
