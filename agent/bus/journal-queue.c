// SPDX-License-Identifier: GPL-3.0-or-later
// systemd's native journal protocol (systemd.io/JOURNAL_NATIVE_PROTOCOL) over a socket that never
// blocks; sd_journal_sendv() does.
#include "bus/journal-queue.h"

#include "base/file.h"
#include "base/text.h"
#include "bus/journal.h"

#include <endian.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/queue.h>
#include <sys/socket.h>
#include <sys/un.h>

struct packet {
    char *data;
    size_t length;
    STAILQ_ENTRY(packet) next;
};

STAILQ_HEAD(packets, packet);

struct journal_queue {
    sd_event *event;
    struct sockaddr_un address;
    int fd;                   // −1: not connected
    sd_event_source *waiting; // for journald to read on
    struct packets packets;
    size_t n;
    uint64_t lost;
};

// ---- Packets -----------------------------------------------------------------------------------

static void packet_free(struct packet *packet)
{
    if (!packet)
        return;
    free(packet->data);
    free(packet);
}
DEFINE_CLEANUP(struct packet, packet_free)

// "KEY=value", or with the length before it where the value has lines.
static void print_field(FILE *file, const struct iovec *field)
{
    const char *text = field->iov_base, *value = memchr(text, '=', field->iov_len);
    size_t key = (size_t)(value - text);
    uint64_t length = htole64(field->iov_len - key - 1);
    if (!memchr(text, '\n', field->iov_len)) {
        (void)fwrite(text, 1, field->iov_len, file);
    } else {
        (void)fprintf(file, "%.*s\n", (int)key, text);
        (void)fwrite(&length, sizeof length, 1, file);
        (void)fwrite(value + 1, 1, field->iov_len - key - 1, file);
    }
    (void)fputc('\n', file);
}

static int pack(const struct journal_entry *entry, struct packet **ret)
{
    CLEANUP(packet_free_p) struct packet *packet = calloc(1, sizeof *packet);
    FILE *file = packet ? open_memstream(&packet->data, &packet->length) : NULL;
    if (!file)
        return -ENOMEM;
    for (size_t i = 0; i < entry->n; i++)
        print_field(file, &entry->fields[i]);
    bool failed = ferror(file) != 0;
    if (fclose(file) != 0 || failed)
        return -ENOMEM;
    *ret = TAKE_PTR(packet);
    return 0;
}

static void append(struct journal_queue *queue, struct packet *packet)
{
    STAILQ_INSERT_TAIL(&queue->packets, packet, next);
    queue->n++;
}

static void drop_first(struct journal_queue *queue)
{
    struct packet *packet = STAILQ_FIRST(&queue->packets);
    STAILQ_REMOVE_HEAD(&queue->packets, next);
    queue->n--;
    packet_free(packet);
}

// ---- The socket --------------------------------------------------------------------------------

static int on_writable(sd_event_source *source, int fd, uint32_t events, void *context);

static void hang_up(struct journal_queue *queue)
{
    queue->waiting = sd_event_source_disable_unref(queue->waiting);
    close_p(&queue->fd);
    queue->fd = -1;
}

static int dial(struct journal_queue *queue)
{
    queue->fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (queue->fd < 0)
        return -errno;
    int r = connect(queue->fd, (const struct sockaddr *)&queue->address, sizeof queue->address);
    if (r < 0)
        r = -errno;
    else
        r = sd_event_add_io(queue->event, &queue->waiting, queue->fd, 0, on_writable, queue);
    if (r < 0)
        hang_up(queue);
    return r < 0 ? r : 0;
}

// One that is too large for the socket goes as a sealed file in memory.
static int send_large(int fd, const struct packet *packet)
{
    const int seals = F_SEAL_SEAL | F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE;
    CLEANUP_CLOSE int memory = memfd_create("sekisho-row", MFD_CLOEXEC | MFD_ALLOW_SEALING);
    if (memory < 0)
        return -errno;
    int r = file_write_all(memory, packet->data, packet->length);
    if (r < 0)
        return r;
    if (fcntl(memory, F_ADD_SEALS, seals) < 0)
        return -errno;
    union {
        struct cmsghdr header;
        char room[CMSG_SPACE(sizeof(int))];
    } control = {0};
    struct msghdr message = {.msg_control = &control, .msg_controllen = sizeof control};
    struct cmsghdr *rights = CMSG_FIRSTHDR(&message);
    rights->cmsg_level = SOL_SOCKET;
    rights->cmsg_type = SCM_RIGHTS;
    rights->cmsg_len = CMSG_LEN(sizeof memory);
    memcpy(CMSG_DATA(rights), &memory, sizeof memory);
    return sendmsg(fd, &message, MSG_NOSIGNAL) < 0 ? -errno : 0;
}

static int send_packet(int fd, const struct packet *packet)
{
    if (send(fd, packet->data, packet->length, MSG_NOSIGNAL) >= 0)
        return 0;
    return errno == EMSGSIZE || errno == ENOBUFS ? send_large(fd, packet) : -errno;
}

// To the journald of now, or to a new one once.
static int deliver(struct journal_queue *queue, const struct packet *packet)
{
    int r = queue->fd >= 0 ? send_packet(queue->fd, packet) : -ENOTCONN;
    if (r == 0 || r == -EAGAIN || r == -ENOMEM)
        return r;
    hang_up(queue);
    r = dial(queue);
    return r < 0 ? r : send_packet(queue->fd, packet);
}

// ---- Going on ----------------------------------------------------------------------------------

static void confess_lost(struct journal_queue *queue)
{
    CLEANUP(packet_free_p) struct packet *packet = calloc(1, sizeof *packet);
    if (!packet)
        return; // told after the next row
    packet->data = text_format("MESSAGE=%" PRIu64 " rows were not passed on to the journal, which "
                               "did not read; they stand in the ledger\n"
                               "PRIORITY=4\nSYSLOG_IDENTIFIER=sekisho\n",
                               queue->lost);
    if (!packet->data)
        return;
    packet->length = strlen(packet->data);
    append(queue, TAKE_PTR(packet));
    queue->lost = 0;
}

static void wait_for_reader(struct journal_queue *queue, bool wanted)
{
    // Without it the queue moves on with the next row.
    if (queue->waiting)
        (void)sd_event_source_set_io_events(queue->waiting, wanted ? EPOLLOUT : 0);
}

static void send_all(struct journal_queue *queue)
{
    bool full = false;
    while (!full && (queue->n > 0 || queue->lost > 0)) {
        if (queue->n == 0)
            confess_lost(queue);
        if (queue->n == 0)
            break;
        full = deliver(queue, STAILQ_FIRST(&queue->packets)) == -EAGAIN;
        if (!full) // sent, or there is nobody to send it to
            drop_first(queue);
    }
    wait_for_reader(queue, full);
}

static int on_writable(sd_event_source *source, int fd, uint32_t events, void *context)
{
    struct journal_queue *queue = context;
    (void)source, (void)fd, (void)events;
    if (queue->n == 0)
        hang_up(queue); // journald has gone
    send_all(queue);
    return 0;
}

int journal_queue_put(struct journal_queue *queue, const struct fact *fact, uint64_t sequence)
{
    CLEANUP(journal_entry_clear) struct journal_entry entry = {0};
    CLEANUP(packet_free_p) struct packet *packet = NULL;
    if (queue->n >= JOURNAL_WAITING_MAX) {
        queue->lost++;
        return -ENOBUFS;
    }
    int r = journal_compose(fact, sequence, &entry);
    if (r == 0)
        r = pack(&entry, &packet);
    if (r < 0)
        return r;
    append(queue, TAKE_PTR(packet));
    send_all(queue);
    return 0;
}

int journal_queue_new(sd_event *event, const char *path, struct journal_queue **ret)
{
    CLEANUP(journal_queue_free_p) struct journal_queue *queue = calloc(1, sizeof *queue);
    if (!queue)
        return -ENOMEM;
    queue->fd = -1;
    queue->event = sd_event_ref(event);
    queue->address.sun_family = AF_UNIX;
    STAILQ_INIT(&queue->packets);
    if (strlen(path) >= sizeof queue->address.sun_path)
        return -ENAMETOOLONG;
    (void)snprintf(queue->address.sun_path, sizeof queue->address.sun_path, "%s", path);
    *ret = TAKE_PTR(queue);
    return 0;
}

void journal_queue_free(struct journal_queue *queue)
{
    if (!queue)
        return;
    hang_up(queue);
    while (queue->n > 0)
        drop_first(queue);
    sd_event_unref(queue->event);
    free(queue);
}
