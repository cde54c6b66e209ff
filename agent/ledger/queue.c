// SPDX-License-Identifier: GPL-3.0-or-later
// The bounded queue: two rings that tickets index, one lock, an eventfd for the loop that reaps.
#include "ledger/queue.h"

#include "fact/encode.h"
#include "ledger/seal.h"

#include <assert.h>
#include <errno.h>
#include <pthread.h>
#include <string.h>
#include <sys/eventfd.h>
#include <time.h>

#define GROUP_NS (50 * NS_PER_MS) // how long a fact may wait for others
#define RESULTS_MAX (2 * QUEUE_MAX)

struct queue {
    pthread_mutex_t lock;
    pthread_cond_t work, done;
    int fd;
    struct queue_item items[QUEUE_MAX];     // of ticket t: t % QUEUE_MAX
    struct ledger_ack results[RESULTS_MAX]; // of ticket t: t % RESULTS_MAX
    uint64_t pushed, completed, reaped;     // the last ticket of each
    uint64_t urgent;                        // last ticket that must not wait for others
    uint64_t new_month;                     // to be reaped; 0: none
    uint64_t lost;
    bool unwritable;
    bool stopped;
    struct ledger_head head;
};

uint64_t queue_clock_ns(void)
{
    struct timespec t = {0};
    (void)clock_gettime(CLOCK_MONOTONIC, &t);
    return (uint64_t)t.tv_sec * NS_PER_S + (uint64_t)t.tv_nsec;
}

static void wait_until(struct queue *queue, pthread_cond_t *condition, uint64_t deadline_ns)
{
    if (deadline_ns == UINT64_MAX) {
        (void)pthread_cond_wait(condition, &queue->lock);
        return;
    }
    struct timespec t = {.tv_sec = (time_t)(deadline_ns / NS_PER_S),
                         .tv_nsec = (long)(deadline_ns % NS_PER_S)};
    (void)pthread_cond_timedwait(condition, &queue->lock, &t);
}

static void notify(struct queue *queue)
{
    (void)eventfd_write(queue->fd, 1);
}

// ---- Life --------------------------------------------------------------------------------------

int queue_new(struct queue **ret)
{
    struct queue *queue = calloc(1, sizeof *queue);
    if (!queue)
        return -ENOMEM;
    queue->fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    if (queue->fd < 0) {
        free(queue);
        return -errno;
    }
    pthread_condattr_t attributes;
    (void)pthread_mutex_init(&queue->lock, NULL); // these can't fail on Linux
    (void)pthread_condattr_init(&attributes);
    (void)pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
    (void)pthread_cond_init(&queue->work, &attributes);
    (void)pthread_cond_init(&queue->done, &attributes);
    (void)pthread_condattr_destroy(&attributes);
    *ret = queue;
    return 0;
}

static struct queue_item *item_of(struct queue *queue, uint64_t ticket)
{
    return &queue->items[ticket % QUEUE_MAX];
}

void queue_free(struct queue *queue)
{
    if (!queue)
        return;
    for (uint64_t t = queue->completed + 1; t <= queue->pushed; t++)
        fact_free(item_of(queue, t)->fact);
    (void)pthread_cond_destroy(&queue->work);
    (void)pthread_cond_destroy(&queue->done);
    (void)pthread_mutex_destroy(&queue->lock);
    close_p(&queue->fd);
    free(queue);
}

// ---- Asking ------------------------------------------------------------------------------------

static int refuse(const struct queue *queue, bool urgent, size_t n)
{
    if (queue->stopped || (queue->unwritable && !urgent))
        return -EIO;
    return queue->pushed - queue->reaped + n > QUEUE_MAX ? -ENOBUFS : 0;
}

static void insert(struct queue *queue, struct queue_item item, uint64_t at_ns)
{
    item.ticket = ++queue->pushed;
    item.pushed_ns = at_ns;
    *item_of(queue, item.ticket) = item;
}

// Takes the fact, unless it fails.
static int push(struct queue *queue, struct queue_item item, bool urgent, uint64_t *ret_ticket)
{
    (void)pthread_mutex_lock(&queue->lock);
    int r = refuse(queue, urgent, 1);
    if (r == 0) {
        insert(queue, item, queue_clock_ns());
        if (urgent)
            queue->urgent = queue->pushed;
        if (ret_ticket)
            *ret_ticket = queue->pushed;
        (void)pthread_cond_signal(&queue->work);
    }
    queue->lost += r == -EIO && item.fact;
    (void)pthread_mutex_unlock(&queue->lock);
    return r;
}

// Takes the facts, unless it fails.
static int push_group(struct queue *queue, struct fact *const *facts, size_t n,
                      uint64_t *ret_first_ticket)
{
    (void)pthread_mutex_lock(&queue->lock);
    int r = refuse(queue, false, n);
    if (r == 0) {
        uint64_t first = queue->pushed + 1, at_ns = queue_clock_ns();
        for (size_t i = 0; i < n; i++)
            insert(queue, (struct queue_item){.fact = facts[i], .group = first + n - 1}, at_ns);
        queue->urgent = queue->pushed;
        if (ret_first_ticket)
            *ret_first_ticket = first;
        (void)pthread_cond_signal(&queue->work);
    }
    (void)pthread_mutex_unlock(&queue->lock);
    return r;
}

static int copy_fact(const struct fact *fact, struct fact **ret)
{
    struct fact_row row;
    int r = fact_to_row(fact, 1, &row); // what can't be a row is refused now
    return r < 0 ? r : fact_copy(fact, ret);
}

int queue_push_fact(struct queue *queue, const struct fact *fact, uint64_t *ret_ticket)
{
    CLEANUP(fact_free_p) struct fact *copy = NULL;
    int r = copy_fact(fact, &copy);
    if (r == 0)
        r = push(queue, (struct queue_item){.fact = copy}, fact->severity == SEVERITY_VIOLATION,
                 ret_ticket);
    if (r == 0)
        (void)TAKE_PTR(copy);
    return r;
}

int queue_push_group(struct queue *queue, struct fact *const *facts, size_t n,
                     uint64_t *ret_first_ticket)
{
    size_t copied = 0;
    int r = 0;
    assert(n > 0 && n <= LEDGER_GROUP_MAX);
    struct fact **copies = calloc(n, sizeof *copies);
    if (!copies)
        return -ENOMEM;
    while (copied < n && (r = copy_fact(facts[copied], &copies[copied])) == 0)
        copied++;
    if (r == 0)
        r = push_group(queue, copies, n, ret_first_ticket);
    while (r < 0 && copied > 0)
        fact_free(copies[--copied]);
    free(copies);
    return r;
}

int queue_push_seal(struct queue *queue, const char *reason, uint64_t *ret_ticket)
{
    struct queue_item item = {0};
    if (!seal_is_reason(reason))
        return -EINVAL;
    (void)snprintf(item.reason, sizeof item.reason, "%s", reason);
    return push(queue, item, true, ret_ticket);
}

size_t queue_reap(struct queue *queue, struct ledger_ack *ret_acks, size_t max)
{
    size_t n = 0;
    eventfd_t ignored;
    (void)pthread_mutex_lock(&queue->lock);
    (void)eventfd_read(queue->fd, &ignored);
    if (queue->new_month != 0 && n < max) {
        ret_acks[n++] = (struct ledger_ack){.sequence = queue->new_month, .new_month = true};
        queue->new_month = 0;
    }
    while (queue->reaped < queue->completed && n < max)
        ret_acks[n++] = queue->results[++queue->reaped % RESULTS_MAX];
    if (queue->reaped < queue->completed || queue->new_month != 0)
        notify(queue);
    (void)pthread_mutex_unlock(&queue->lock);
    return n;
}

static int result_of(struct queue *queue, uint64_t ticket)
{
    const struct ledger_ack *result = &queue->results[ticket % RESULTS_MAX];
    return result->ticket == ticket ? result->error : -ESTALE;
}

static void hurry(struct queue *queue, uint64_t ticket)
{
    assert(ticket > 0 && ticket <= queue->pushed);
    if (ticket > queue->urgent)
        queue->urgent = ticket;
    (void)pthread_cond_signal(&queue->work);
}

void queue_hurry(struct queue *queue, uint64_t ticket)
{
    (void)pthread_mutex_lock(&queue->lock);
    hurry(queue, ticket);
    (void)pthread_mutex_unlock(&queue->lock);
}

int queue_wait(struct queue *queue, uint64_t ticket, uint64_t timeout_ns)
{
    uint64_t deadline_ns = queue_clock_ns() + timeout_ns;
    (void)pthread_mutex_lock(&queue->lock);
    hurry(queue, ticket);
    while (queue->completed < ticket && queue_clock_ns() < deadline_ns)
        wait_until(queue, &queue->done, deadline_ns);
    int r = queue->completed < ticket ? -ETIMEDOUT : result_of(queue, ticket);
    (void)pthread_mutex_unlock(&queue->lock);
    return r;
}

int queue_fd(const struct queue *queue)
{
    return queue->fd;
}

bool queue_is_writable(struct queue *queue)
{
    (void)pthread_mutex_lock(&queue->lock);
    bool writable = !queue->unwritable;
    (void)pthread_mutex_unlock(&queue->lock);
    return writable;
}

void queue_get_head(struct queue *queue, struct ledger_head *ret)
{
    (void)pthread_mutex_lock(&queue->lock);
    *ret = queue->head;
    (void)pthread_mutex_unlock(&queue->lock);
}

void queue_stop(struct queue *queue)
{
    (void)pthread_mutex_lock(&queue->lock);
    queue->stopped = true;
    (void)pthread_cond_broadcast(&queue->work);
    (void)pthread_mutex_unlock(&queue->lock);
}

// ---- Writing -----------------------------------------------------------------------------------

// When the oldest waiting ticket must be written.
static uint64_t due_ns(struct queue *queue)
{
    uint64_t waiting = queue->pushed - queue->completed;
    if (waiting == 0)
        return UINT64_MAX;
    if (queue->stopped || queue->urgent > queue->completed || waiting >= QUEUE_BATCH_MAX)
        return 0;
    return item_of(queue, queue->completed + 1)->pushed_ns + GROUP_NS;
}

// Up to the last ticket of a group that is the oldest; otherwise as many facts as there are before
// the next group or seal, or that seal.
static size_t take_batch(struct queue *queue, const struct queue_item *ret_items[QUEUE_TAKE_MAX])
{
    uint64_t group = item_of(queue, queue->completed + 1)->group;
    uint64_t last = group ? group : queue->pushed;
    size_t n = 0, max = group ? QUEUE_TAKE_MAX : QUEUE_BATCH_MAX;
    for (uint64_t t = queue->completed + 1; t <= last && n < max; t++) {
        const struct queue_item *item = item_of(queue, t);
        if (n > 0 && (!item->fact || item->group != group))
            break;
        ret_items[n++] = item;
        if (!item->fact)
            break;
    }
    return n;
}

size_t queue_take(struct queue *queue, uint64_t deadline_ns,
                  const struct queue_item *ret_items[QUEUE_TAKE_MAX])
{
    size_t n = 0;
    (void)pthread_mutex_lock(&queue->lock);
    for (;;) {
        uint64_t due = due_ns(queue), at = queue_clock_ns();
        if (due <= at)
            n = take_batch(queue, ret_items);
        if (n > 0 || queue->stopped || deadline_ns <= at)
            break;
        wait_until(queue, &queue->work, due < deadline_ns ? due : deadline_ns);
    }
    (void)pthread_mutex_unlock(&queue->lock);
    return n;
}

bool queue_is_done(struct queue *queue)
{
    (void)pthread_mutex_lock(&queue->lock);
    bool done = queue->stopped && queue->completed == queue->pushed;
    (void)pthread_mutex_unlock(&queue->lock);
    return done;
}

void queue_publish(struct queue *queue, const struct ledger_head *head, uint64_t new_month)
{
    (void)pthread_mutex_lock(&queue->lock);
    queue->head = *head;
    if (new_month != 0) {
        queue->new_month = new_month;
        notify(queue);
    }
    (void)pthread_mutex_unlock(&queue->lock);
}

void queue_complete(struct queue *queue, size_t n, uint64_t first, int error)
{
    (void)pthread_mutex_lock(&queue->lock);
    for (size_t i = 0; i < n; i++) {
        uint64_t ticket = ++queue->completed;
        struct queue_item *item = item_of(queue, ticket);
        queue->results[ticket % RESULTS_MAX] = (struct ledger_ack){
            .ticket = ticket, .sequence = error ? 0 : first + i, .error = error};
        queue->lost += error && item->fact && !item->group;
        fact_free(TAKE_PTR(item->fact));
    }
    notify(queue);
    (void)pthread_cond_broadcast(&queue->done);
    (void)pthread_mutex_unlock(&queue->lock);
}

void queue_set_unwritable(struct queue *queue)
{
    (void)pthread_mutex_lock(&queue->lock);
    queue->unwritable = true;
    notify(queue);
    (void)pthread_mutex_unlock(&queue->lock);
}

bool queue_set_writable(struct queue *queue, uint64_t accounted)
{
    (void)pthread_mutex_lock(&queue->lock);
    queue->lost -= accounted;
    bool writable = queue->lost == 0;
    if (writable) {
        queue->unwritable = false;
        notify(queue);
    }
    (void)pthread_mutex_unlock(&queue->lock);
    return writable;
}

uint64_t queue_lost(struct queue *queue)
{
    (void)pthread_mutex_lock(&queue->lock);
    uint64_t lost = queue->lost;
    (void)pthread_mutex_unlock(&queue->lock);
    return lost;
}
