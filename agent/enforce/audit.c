// SPDX-License-Identifier: GPL-3.0-or-later
// Speaks with the kernel's audit subsystem.
#include "enforce/audit.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>

#define ANSWER_MS 2000
#define CHANGE_MS 5000
#define RULES_MAX 20000

static int now_ms(void)
{
    struct timespec now;
    (void)clock_gettime(CLOCK_MONOTONIC, &now);
    return (int)((now.tv_sec & 0xFFFFF) * 1000 + now.tv_nsec / 1000000);
}

static int open_link(int *ret_fd)
{
    set_aumessage_mode(MSG_QUIET, DBG_NO); // who calls decides what is said
    int fd = audit_open();
    if (fd < 0)
        return errno > 0 ? -errno : -EIO;
    *ret_fd = fd;
    return 0;
}

// ---- Answers -----------------------------------------------------------------------------------
// 0 and a message that is no acknowledgement; the kernel's −errno; −ETIMEDOUT after `end_ms`.
static int hear(int fd, int end_ms, struct audit_reply *reply)
{
    for (;;) {
        int left = end_ms - now_ms();
        struct pollfd poll_fd = {.fd = fd, .events = POLLIN};
        int n = left > 0 ? poll(&poll_fd, 1, left) : 0;
        if (n < 0 && errno != EINTR)
            return -errno;
        if (n == 0)
            return -ETIMEDOUT;
        int r = n > 0 ? audit_get_reply(fd, reply, GET_REPLY_NONBLOCKING, 0) : -EAGAIN;
        if (r == -EAGAIN || r == -EINTR)
            continue;
        if (r < 0)
            return r;
        if (reply->type != NLMSG_ERROR)
            return 0;
        if (reply->error->error < 0)
            return reply->error->error;
    }
}

int audit_read_state(struct audit_state *ret)
{
    CLEANUP_CLOSE int fd = -1;
    struct audit_reply reply;
    int r = open_link(&fd);
    if (r == 0)
        r = audit_request_status(fd);
    if (r < 0)
        return r;
    int end = now_ms() + ANSWER_MS;
    do
        r = hear(fd, end, &reply);
    while (r == 0 && reply.type != AUDIT_GET);
    if (r < 0)
        return r;
    *ret = (struct audit_state){
        .enabled = reply.status->enabled,
        .pid = reply.status->pid,
        .backlog_limit = reply.status->backlog_limit,
        .lost = reply.status->lost,
        .backlog = reply.status->backlog,
    };
    return 0;
}

int audit_enable(void)
{
    CLEANUP_CLOSE int fd = -1;
    int r = open_link(&fd);
    if (r == 0)
        r = audit_set_enabled(fd, 1);
    return r < 0 ? r : 0;
}

static int take_rule(const struct audit_reply *reply, struct audit_rules *rules)
{
    struct audit_rule_data *rule = NULL;
    int r = rules->n < RULES_MAX ? 0 : -E2BIG;
    if (r == 0)
        r = audit_rule_copy(NLMSG_DATA(reply->nlh), NLMSG_PAYLOAD(reply->nlh, 0), &rule);
    return r < 0 ? r : audit_rules_append(rules, rule);
}

int audit_list_rules(struct audit_rules *ret)
{
    CLEANUP(audit_rules_clear) struct audit_rules rules = {0};
    CLEANUP_CLOSE int fd = -1;
    struct audit_reply reply;
    int r = open_link(&fd);
    if (r == 0)
        r = audit_request_rules_list_data(fd);
    int end = now_ms() + ANSWER_MS;
    while (r >= 0) {
        r = hear(fd, end, &reply);
        if (r == 0 && reply.type == NLMSG_DONE)
            break;
        if (r == 0 && reply.type == AUDIT_LIST_RULES)
            r = take_rule(&reply, &rules);
    }
    if (r < 0)
        return r;
    *ret = rules;
    rules = (struct audit_rules){0};
    return 0;
}

// ---- Changes -----------------------------------------------------------------------------------
static int add(int fd, struct audit_rule_data *rule)
{
    int r =
        audit_add_rule_data(fd, rule, (int)(rule->flags | AUDIT_FILTER_PREPEND), (int)rule->action);
    return r < 0 && r != -EEXIST ? r : 0;
}

// What else is inherited, such as the lock that says the agent lives, must not outlive it here.
static void close_all_but(int fd)
{
    if (fd > 0)
        (void)close_range(0, (unsigned)fd - 1, 0);
    (void)close_range((unsigned)fd + 1, ~0U, 0);
}

// In the child; the parent has threads, so only what is safe between fork() and the end: libaudit
// makes system calls here and, being quiet, nothing else. Its own child is nobody's to wait for: it
// answers with one number for each rule.
static _Noreturn void change_and_answer(const struct audit_difference *difference, int answer)
{
    close_all_but(answer);
    pid_t worker = fork();
    if (worker != 0)
        _exit(worker < 0);
    int fd = audit_open();
    int failure = fd < 0 ? -errno : 0;
    for (size_t i = 0; failure == 0 && i < difference->n_surplus; i++) {
        struct audit_rule_data *rule = (struct audit_rule_data *)difference->surplus[i];
        (void)audit_delete_rule_data(fd, rule, (int)rule->flags, (int)rule->action);
    }
    for (size_t i = 0; i < difference->n_missing; i++) {
        struct audit_rule_data *rule = (struct audit_rule_data *)difference->missing[i];
        int r = failure < 0 ? failure : add(fd, rule);
        if (write(answer, &r, sizeof r) != sizeof r)
            _exit(1);
    }
    _exit(0);
}

static int hear_errors(int answer, int *errors, size_t n)
{
    int end = now_ms() + CHANGE_MS;
    for (size_t i = 0; i < n; i++) {
        struct pollfd poll_fd = {.fd = answer, .events = POLLIN};
        int left = end - now_ms(), got = 0;
        do
            got = left > 0 ? poll(&poll_fd, 1, left) : 0;
        while (got < 0 && errno == EINTR && (left = end - now_ms()) > 0);
        if (got <= 0)
            return -ETIMEDOUT;
        if (read(answer, &errors[i], sizeof errors[i]) != sizeof errors[i])
            return -EIO;
    }
    return 0;
}

int audit_change_rules(const struct audit_difference *difference, int *errors)
{
    CLEANUP_CLOSE int ours = -1;
    int ends[2], status;
    for (size_t i = 0; i < difference->n_missing; i++)
        errors[i] = -ETIMEDOUT;
    if (pipe2(ends, O_CLOEXEC) < 0)
        return -errno;
    ours = ends[0];
    pid_t child = fork();
    if (child == 0)
        change_and_answer(difference, ends[1]);
    int error = errno;
    (void)close(ends[1]);
    if (child < 0)
        return -error;
    while (waitpid(child, &status, 0) < 0)
        if (errno != EINTR)
            return -errno;
    return hear_errors(ours, errors, difference->n_missing);
}
