// SPDX-License-Identifier: GPL-3.0-or-later
// Binds to a group of nfnetlink_log and reads what comes. More than fits is lost, and no harm: the
// rules' counters count all of it.
#include "watch/network/nflog.h"

#include <arpa/inet.h>
#include <errno.h>
#include <libmnl/libmnl.h>
#include <linux/netfilter/nfnetlink.h>
#include <linux/netfilter/nfnetlink_log.h>
#include <string.h>
#include <sys/socket.h>

#define COPIED 128           // bytes of each packet: its headers
#define MESSAGES_A_ROUND 256 // then the loop's other sources have their turn
#define BUFFER_SIZE 32768U

struct nflog {
    struct mnl_socket *socket;
    sd_event_source *source;
    nflog_seen seen;
    void *context;
};

// ---- Binding -----------------------------------------------------------------------------------

static struct nlmsghdr *begin(char *buffer, uint16_t group, unsigned sequence)
{
    struct nlmsghdr *request = mnl_nlmsg_put_header(buffer);
    request->nlmsg_type = NFNL_SUBSYS_ULOG << 8 | NFULNL_MSG_CONFIG;
    request->nlmsg_flags = NLM_F_REQUEST | NLM_F_ACK;
    request->nlmsg_seq = sequence;
    struct nfgenmsg *header = mnl_nlmsg_put_extra_header(request, sizeof *header);
    header->nfgen_family = AF_UNSPEC;
    header->version = NFNETLINK_V0;
    header->res_id = htons(group);
    return request;
}

static int ask(struct mnl_socket *socket, const struct nlmsghdr *request)
{
    char answer[4096];
    if (mnl_socket_sendto(socket, request, request->nlmsg_len) < 0)
        return -errno;
    ssize_t n = mnl_socket_recvfrom(socket, answer, sizeof answer);
    if (n < 0)
        return -errno;
    int r = mnl_cb_run(answer, (size_t)n, request->nlmsg_seq, mnl_socket_get_portid(socket), NULL,
                       NULL);
    return r < 0 ? -errno : 0;
}

static int bind_to(struct mnl_socket *socket, uint16_t group)
{
    _Alignas(struct nlmsghdr) char buffer[256];
    const struct nfulnl_msg_config_cmd command = {.command = NFULNL_CFG_CMD_BIND};
    const struct nfulnl_msg_config_mode mode = {.copy_range = htonl(COPIED),
                                                .copy_mode = NFULNL_COPY_PACKET};
    if (mnl_socket_bind(socket, 0, MNL_SOCKET_AUTOPID) < 0)
        return -errno;
    struct nlmsghdr *request = begin(buffer, group, 1);
    mnl_attr_put(request, NFULA_CFG_CMD, sizeof command, &command);
    int r = ask(socket, request);
    if (r < 0)
        return r;
    request = begin(buffer, group, 2);
    mnl_attr_put(request, NFULA_CFG_MODE, sizeof mode, &mode);
    return ask(socket, request);
}

// ---- What comes --------------------------------------------------------------------------------

static int on_readable(sd_event_source *source, int fd, uint32_t events, void *context)
{
    _Alignas(struct nlmsghdr) char buffer[BUFFER_SIZE];
    struct nflog *nflog = context;
    (void)source, (void)events;
    for (int i = 0; i < MESSAGES_A_ROUND; i++) {
        ssize_t n = recv(fd, buffer, sizeof buffer, MSG_DONTWAIT);
        if (n < 0 && errno != ENOBUFS && errno != EINTR)
            break;
        if (n > 0)
            nflog_read(buffer, (size_t)n, nflog->seen, nflog->context);
    }
    return 0;
}

// ---- Life --------------------------------------------------------------------------------------

void nflog_free(struct nflog *nflog)
{
    if (!nflog)
        return;
    sd_event_source_disable_unref(nflog->source);
    if (nflog->socket)
        (void)mnl_socket_close(nflog->socket);
    free(nflog);
}

static void nflog_free_p(struct nflog **nflog)
{
    nflog_free(*nflog);
}

int nflog_listen(sd_event *event, uint16_t group, nflog_seen seen, void *context,
                 struct nflog **ret)
{
    CLEANUP(nflog_free_p) struct nflog *nflog = calloc(1, sizeof *nflog);
    if (!nflog)
        return -ENOMEM;
    nflog->seen = seen;
    nflog->context = context;
    nflog->socket = mnl_socket_open2(NETLINK_NETFILTER, SOCK_CLOEXEC);
    if (!nflog->socket)
        return -errno;
    int r = bind_to(nflog->socket, group);
    if (r < 0)
        return r == -EINVAL ? -EPROTONOSUPPORT : r; // no nfnetlink_log
    r = sd_event_add_io(event, &nflog->source, mnl_socket_get_fd(nflog->socket), EPOLLIN,
                        on_readable, nflog);
    if (r < 0)
        return r;
    *ret = TAKE_PTR(nflog);
    return 0;
}
