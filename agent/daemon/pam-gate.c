// SPDX-License-Identifier: GPL-3.0-or-later
// The socket: one question a connection, a deadline for each, and a limit to how many there are.
#include "daemon/pam-gate.h"

#include "base/json.h"
#include "base/log.h"
#include "base/text.h"
#include "daemon/pam-rows.h"
#include "fact/login_question.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>

#define SOCKET_NAME "pam.sock"
#define CLIENTS_MAX 64
#define CLIENTS_OF_OTHERS_MAX 16 // that are not root's
#define ACCEPTED_AT_ONCE 16      // then the rest of the loop has its turn
#define DEADLINE_US (1000 * 1000ULL)
#define ACCURACY_US (100 * 1000ULL)
#define BACKLOG 64

struct client {
    struct pam_gate *gate;
    struct client *previous, *next;
    struct ucred peer;
    int fd;
    sd_event_source *source, *deadline;
};

struct pam_gate {
    struct pam_gate_options options;
    struct moment begun; // when this daemon did
    int fd;
    sd_event_source *source;
    struct client *first;
    size_t n, n_of_others;
    struct pam_rows *rows;
};

// ---- Clients -----------------------------------------------------------------------------------

static void client_free(struct client *client)
{
    if (!client)
        return;
    sd_event_source_disable_unref(client->source);
    sd_event_source_disable_unref(client->deadline);
    close_p(&client->fd);
    free(client);
}
DEFINE_CLEANUP(struct client, client_free)

static void link_client(struct pam_gate *gate, struct client *client)
{
    client->next = gate->first;
    if (gate->first)
        gate->first->previous = client;
    gate->first = client;
    gate->n++;
    gate->n_of_others += client->peer.uid != 0;
}

static void drop_client(struct client *client)
{
    struct pam_gate *gate = client->gate;
    if (client->next)
        client->next->previous = client->previous;
    if (client->previous)
        client->previous->next = client->next;
    else
        gate->first = client->next;
    gate->n--;
    gate->n_of_others -= client->peer.uid != 0;
    client_free(client);
}

static bool has_room(const struct pam_gate *gate, const struct ucred *peer)
{
    return gate->n < CLIENTS_MAX && (peer->uid == 0 || gate->n_of_others < CLIENTS_OF_OTHERS_MAX);
}

// ---- One question ------------------------------------------------------------------------------

// A clock that was set back since the daemon began, or since the last row, brings nobody back.
static uint64_t read_clock(const struct pam_gate *gate)
{
    struct ledger_head head;
    struct moment now = moment_now();
    uint64_t passed_ns = now.monotonic_ns - gate->begun.monotonic_ns;
    uint64_t latest_ns = gate->begun.wall_ns + passed_ns;
    ledger_get_head(gate->options.ledger, &head);
    if (head.latest.wall_ns > latest_ns)
        latest_ns = head.latest.wall_ns;
    return (now.wall_ns > latest_ns ? now.wall_ns : latest_ns) / NS_PER_S;
}

static int answer(struct client *client, const struct login_question *question)
{
    struct pam_gate *gate = client->gate;
    char data[LOGIN_DATAGRAM_MAX];
    struct roster_answer verdict;
    size_t length;
    const struct roster_question asked = {.user = question->user,
                                          .uid = question->uid,
                                          .service = question->service,
                                          .now_s = read_clock(gate)};
    if (client->peer.uid != 0 && client->peer.uid != question->uid)
        return -EACCES;
    int r = roster_keeper_decide(gate->options.roster, &asked, &verdict);
    if (r == 0)
        r = login_answer_encode(&verdict, data, &length);
    if (r == 0 && send(client->fd, data, length, MSG_NOSIGNAL | MSG_DONTWAIT) < 0)
        r = -errno;
    // Who is not root has asked about nothing that could have let them in.
    if (r == 0 && client->peer.uid == 0 && roster_verdict_refuses(verdict.verdict))
        pam_rows_put(gate->rows, question, &verdict, (uint32_t)client->peer.pid);
    return r;
}

static int take_question(struct client *client)
{
    char data[LOGIN_DATAGRAM_MAX];
    struct login_question question;
    ssize_t n = recv(client->fd, data, sizeof data, MSG_DONTWAIT);
    if (n < 0)
        return -errno;
    int r = login_question_decode(data, (size_t)n, &question);
    return r < 0 ? r : answer(client, &question);
}

static int on_client(sd_event_source *source, int fd, uint32_t events, void *context)
{
    struct client *client = context;
    (void)source, (void)fd, (void)events;
    int r = take_question(client);
    if (r != -EAGAIN && r != -EINTR)
        drop_client(client); // whoever gets no answer goes by the fallback
    return 0;
}

static int on_deadline(sd_event_source *source, uint64_t now, void *context)
{
    (void)source, (void)now;
    drop_client(context);
    return 0;
}

// ---- New ones ----------------------------------------------------------------------------------

static int client_new(struct pam_gate *gate, int fd, struct client **ret)
{
    CLEANUP(client_free_p) struct client *client = calloc(1, sizeof *client);
    socklen_t length = sizeof client->peer;
    if (!client) {
        (void)close(fd);
        return -ENOMEM;
    }
    client->fd = fd;
    client->gate = gate;
    if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &client->peer, &length) < 0)
        return -errno;
    *ret = TAKE_PTR(client);
    return 0;
}

// It has not asked yet.
static int wait_for_question(struct client *client)
{
    struct pam_gate *gate = client->gate;
    sd_event *event = gate->options.event;
    if (!has_room(gate, &client->peer))
        return -EBUSY;
    int r = sd_event_add_io(event, &client->source, client->fd, EPOLLIN, on_client, client);
    if (r >= 0)
        r = sd_event_add_time_relative(event, &client->deadline, CLOCK_MONOTONIC, DEADLINE_US,
                                       ACCURACY_US, on_deadline, client);
    if (r < 0)
        return r;
    link_client(gate, client);
    return 0;
}

// Most have asked already: they are answered at once.
static void serve(struct pam_gate *gate, int connection)
{
    CLEANUP(client_free_p) struct client *client = NULL;
    if (client_new(gate, connection, &client) < 0 || !client)
        return; // told by the connection's end
    int r = take_question(client);
    if (r == -EAGAIN && wait_for_question(client) == 0)
        (void)TAKE_PTR(client);
}

static int on_connection(sd_event_source *source, int fd, uint32_t events, void *context)
{
    (void)source, (void)events;
    for (int i = 0; i < ACCEPTED_AT_ONCE; i++) {
        int connection = accept4(fd, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
        if (connection < 0)
            return 0; // nobody more, or gone again
        serve(context, connection);
    }
    return 0;
}

// ---- Life --------------------------------------------------------------------------------------

// Bound by the descriptor of /run/sekisho, whose path may be longer than a socket's.
static int bind_socket(const struct pam_gate *gate, int fd)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    int run = gate->options.places->run;
    (void)snprintf(address.sun_path, sizeof address.sun_path, "/proc/self/fd/%d/" SOCKET_NAME, run);
    if (unlinkat(run, SOCKET_NAME, 0) < 0 && errno != ENOENT)
        return -errno;
    if (bind(fd, (const struct sockaddr *)&address, sizeof address) < 0)
        return -errno;
    if (fchmodat(run, SOCKET_NAME, 0666, 0) < 0)
        return -errno;
    return listen(fd, BACKLOG) < 0 ? -errno : 0;
}

int pam_gate_new(const struct pam_gate_options *options, struct pam_gate **ret)
{
    CLEANUP(pam_gate_free_p) struct pam_gate *gate = calloc(1, sizeof *gate);
    if (!gate)
        return -ENOMEM;
    gate->options = *options;
    gate->begun = moment_now();
    gate->fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (gate->fd < 0)
        return -errno;
    int r = pam_rows_new(options->recorder, options->places, &gate->rows);
    if (r == 0)
        r = bind_socket(gate, gate->fd);
    if (r == 0)
        r = sd_event_add_io(options->event, &gate->source, gate->fd, EPOLLIN, on_connection, gate);
    if (r >= 0) // somebody waits: before all else
        r = sd_event_source_set_priority(gate->source, SD_EVENT_PRIORITY_IMPORTANT);
    if (r < 0)
        return r;
    *ret = TAKE_PTR(gate);
    return 0;
}

void pam_gate_free(struct pam_gate *gate)
{
    if (!gate)
        return;
    while (gate->first)
        drop_client(gate->first);
    sd_event_source_disable_unref(gate->source);
    close_p(&gate->fd);
    pam_rows_free(gate->rows);
    free(gate);
}

bool pam_gate_has_refused(const struct pam_gate *gate, uint32_t pid, const char *account,
                          uint64_t wall_ns)
{
    return pam_rows_have(gate->rows, pid, account, wall_ns);
}
