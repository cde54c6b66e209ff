// SPDX-License-Identifier: GPL-3.0-or-later
#include "base/file.h"
#include "base/text.h"
#include "bus/journal-queue.h"

#include <criterion/criterion.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/un.h>

// A journald of our own.
struct desk {
    char folder[32];
    char *path;
    int journald;
    sd_event *event;
    struct journal_queue *queue;
};

static void listen_on(struct desk *desk)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    (void)snprintf(address.sun_path, sizeof address.sun_path, "%s", desk->path);
    (void)unlink(desk->path);
    desk->journald = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    cr_assert_eq(bind(desk->journald, (struct sockaddr *)&address, sizeof address), 0);
}

static void desk_open(struct desk *desk, bool listening)
{
    *desk = (struct desk){.folder = "/tmp/sekisho-journal-XXXXXX", .journald = -1};
    cr_assert_not_null(mkdtemp(desk->folder));
    desk->path = text_format("%s/socket", desk->folder);
    if (listening)
        listen_on(desk);
    cr_assert_geq(sd_event_new(&desk->event), 0);
    cr_assert_eq(journal_queue_new(desk->event, desk->path, &desk->queue), 0);
}

static void desk_close(struct desk *desk)
{
    journal_queue_free(desk->queue);
    sd_event_unref(desk->event);
    close_p(&desk->journald);
    (void)unlink(desk->path);
    cr_assert_eq(rmdir(desk->folder), 0);
    free(desk->path);
}

static int put(struct desk *desk, uint64_t sequence, const char *details)
{
    CLEANUP(fact_free_p) struct fact *fact = fact_new(FACT_USB_BLOCKED);
    fact->details = details ? text_dup(details) : NULL;
    return journal_queue_put(desk->queue, fact, sequence);
}

// The next datagram as text; NULL if there is none. One in a file is read from there.
static char *receive(struct desk *desk)
{
    static char buffer[1 << 16];
    char control[CMSG_SPACE(sizeof(int))];
    struct iovec part = {buffer, sizeof buffer};
    struct msghdr message = {.msg_iov = &part,
                             .msg_iovlen = 1,
                             .msg_control = control,
                             .msg_controllen = sizeof control};
    ssize_t n = recvmsg(desk->journald, &message, MSG_CMSG_CLOEXEC);
    if (n < 0)
        return NULL;
    struct cmsghdr *rights = CMSG_FIRSTHDR(&message);
    if (!rights)
        return strndup(buffer, (size_t)n);

    CLEANUP_CLOSE int file = -1;
    char *text = NULL;
    memcpy(&file, CMSG_DATA(rights), sizeof file);
    cr_expect_eq(fcntl(file, F_GET_SEALS),
                 F_SEAL_SEAL | F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE);
    cr_assert_eq(lseek(file, 0, SEEK_SET), 0);
    cr_assert_eq(file_read_fd(file, 16 << 20, &text, NULL), 0);
    return text;
}

static bool is_row(const char *datagram, uint64_t sequence)
{
    CLEANUP_FREE char *field = text_format("SEKISHO_SEQUENCE=%llu\n", (unsigned long long)sequence);
    return datagram && strstr(datagram, field);
}

static void expect_row(struct desk *desk, uint64_t sequence)
{
    CLEANUP_FREE char *datagram = receive(desk);
    cr_expect(is_row(datagram, sequence), "row %llu: %s", (unsigned long long)sequence,
              datagram ? datagram : "nothing came");
}

Test(journal_queue, rows_arrive_in_their_order)
{
    CLEANUP(desk_close) struct desk desk;
    desk_open(&desk, true);
    for (uint64_t i = 1; i <= 5; i++)
        cr_expect_eq(put(&desk, i, NULL), 0);
    for (uint64_t i = 1; i <= 5; i++)
        expect_row(&desk, i);
}

Test(journal_queue, a_value_with_lines_is_sent_with_its_length)
{
    static const char expected[] = "SEKISHO_DETAILS\n\x03\0\0\0\0\0\0\0a\nb\n";
    char datagram[4096];
    CLEANUP(desk_close) struct desk desk;
    desk_open(&desk, true);
    cr_expect_eq(put(&desk, 1, "a\nb"), 0);
    ssize_t n = recv(desk.journald, datagram, sizeof datagram, 0);
    cr_assert_gt(n, 0);
    cr_expect_not_null(memmem(datagram, (size_t)n, expected, sizeof expected - 1));
}

Test(journal_queue, a_row_too_large_for_a_datagram_arrives_as_a_sealed_file)
{
    CLEANUP(desk_close) struct desk desk;
    CLEANUP_FREE char *details = calloc(1, (4 << 20) + 1);
    desk_open(&desk, true);
    memset(details, 'x', 4 << 20);
    cr_expect_eq(put(&desk, 7, details), 0);
    CLEANUP_FREE char *datagram = receive(&desk);
    cr_expect(is_row(datagram, 7));
    cr_expect_not_null(strstr(datagram, details));
}

Test(journal_queue, where_no_journal_runs_rows_are_for_nobody)
{
    CLEANUP(desk_close) struct desk desk;
    desk_open(&desk, false);
    for (uint64_t i = 0; i < 2 * JOURNAL_WAITING_MAX; i++)
        cr_expect_eq(put(&desk, i, NULL), 0);
}

Test(journal_queue, a_journald_that_started_anew_gets_the_next_row)
{
    CLEANUP(desk_close) struct desk desk;
    desk_open(&desk, true);
    cr_expect_eq(put(&desk, 1, NULL), 0);
    close_p(&desk.journald);
    cr_expect_eq(put(&desk, 2, NULL), 0); // to nobody
    listen_on(&desk);
    cr_expect_eq(put(&desk, 3, NULL), 0);
    expect_row(&desk, 3);
}

Test(journal_queue, one_that_does_not_read_is_not_waited_for_and_hears_how_much_it_missed,
     .timeout = 20)
{
    CLEANUP(desk_close) struct desk desk;
    desk_open(&desk, true);
    uint64_t n = 0, lost = 0;
    for (int r = 0; lost < 3; r = put(&desk, ++n, NULL)) { // the socket fills, then the queue
        cr_assert(r == 0 || r == -ENOBUFS);
        lost += r == -ENOBUFS;
    }
    lost++; // the one behind the last test
    for (uint64_t i = 1; i <= n - lost; i++) {
        CLEANUP_FREE char *datagram = NULL;
        while (!(datagram = receive(&desk)))
            cr_assert_gt(sd_event_run(desk.event, UINT64_MAX), 0);
        cr_assert(is_row(datagram, i), "%s", datagram);
    }
    while (sd_event_run(desk.event, 0) > 0)
        ;
    CLEANUP_FREE char *told = receive(&desk);
    CLEANUP_FREE char *expected = text_format("MESSAGE=%llu rows were", (unsigned long long)lost);
    cr_expect_eq(strncmp(told ? told : "", expected, strlen(expected)), 0, "%s", told);
}
