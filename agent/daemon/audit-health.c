// SPDX-License-Identifier: GPL-3.0-or-later
// Samples, and what they say beside the one before.
#include "daemon/audit-health.h"

#include "base/file.h"
#include "base/json.h"
#include "base/log.h"
#include "base/text.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/pidfd.h>
#include <sys/stat.h>

#define STATE_FILE "/run/auditd.state"
#define STATE_FILE_MAX 8192
#define CAUSE_GONE "auditd is not running"
#define CAUSE_SUSPENDED "auditd has suspended writing"
#define CAUSE_LOST "the kernel dropped audit records"
#define CAUSE_OFF "auditing was switched off"

struct audit_health {
    struct audit_health_options options;
    sd_event_source *end; // of the auditd that runs
    int pidfd;
    uint64_t asked_ns; // when auditd was last asked for its state; 0: never
};

// ---- Rows --------------------------------------------------------------------------------------
struct gap {
    const char *cause, *outcome;
    uint64_t from_ns, to_ns; // to 0: it goes on
    uint64_t lost;
};

static void record_gap(struct audit_health *health, const struct gap *gap)
{
    struct json_object *details = json_object_new_object();
    json_add_text(details, "source", "audit");
    json_add_text(details, "cause", gap->cause);
    json_add_number(details, "from_ns", gap->from_ns);
    if (gap->to_ns)
        json_add_number(details, "to_ns", gap->to_ns);
    if (gap->lost)
        json_add_number(details, "lost", gap->lost);
    recorder_put(health->options.recorder,
                 recorder_fact(FACT_AGENT_GAP, NULL, gap->outcome, details), NULL, NULL);
}

static void record_tampered(struct audit_health *health, const char *object, const char *found,
                            const char *outcome)
{
    struct json_object *details = json_object_new_object();
    json_add_text(details, "setting", object);
    json_add_text(details, "found", found);
    recorder_put(health->options.recorder,
                 recorder_fact(FACT_AGENT_TAMPERED, object, outcome, details), NULL, NULL);
}

// When this was last known to be otherwise.
static uint64_t last_known_ns(const struct audit_health *health, const struct moment *now)
{
    uint64_t boot_ns = now->wall_ns - now->monotonic_ns;
    uint64_t sampled = health->options.memory->sampled_ns;
    return sampled ? sampled : boot_ns;
}

// A state that lasts: *since_ns is 0 while it does not.
static void keep_span(struct audit_health *health, const char *cause, uint64_t *since_ns,
                      bool holds)
{
    struct moment now = moment_now();
    if (holds && *since_ns == 0) {
        *since_ns = last_known_ns(health, &now);
        record_gap(health, &(struct gap){cause, "begun", .from_ns = *since_ns});
    } else if (!holds && *since_ns != 0) {
        record_gap(health, &(struct gap){cause, "ended", *since_ns, now.wall_ns});
        *since_ns = 0;
    }
}

// ---- auditd itself -----------------------------------------------------------------------------
static void forget_process(struct audit_health *health)
{
    health->end = sd_event_source_disable_unref(health->end);
    close_p(&health->pidfd);
    health->pidfd = -1;
}

static int on_end(sd_event_source *source, int fd, uint32_t revents, void *context)
{
    struct audit_health *health = context;
    (void)source, (void)fd, (void)revents;
    forget_process(health);
    // Up to now it was there.
    health->options.memory->sampled_ns = moment_now().wall_ns;
    keep_span(health, CAUSE_GONE, &health->options.memory->gone_ns, true);
    health->options.changed(health->options.context);
    return 0;
}

// The number may be another process's by now.
static bool is_auditd(const struct audit_health *health, uint32_t pid)
{
    char path[32];
    CLEANUP_FREE char *name = NULL;
    (void)snprintf(path, sizeof path, "%u/comm", pid);
    return pid > 0 && file_read_line_at(health->options.places->proc, path, 64, &name) == 0 &&
           text_equal(name, "auditd");
}

// A process that has ended keeps its number and its name until its parent has taken note.
static bool has_ended(int pidfd)
{
    struct pollfd end = {.fd = pidfd, .events = POLLIN};
    return poll(&end, 1, 0) > 0;
}

// 1: it runs, and its end will be told; 0: it does not.
static int follow_process(struct audit_health *health, uint32_t pid)
{
    if (health->pidfd >= 0 && health->options.memory->pid == pid)
        return 1;
    forget_process(health);
    if (!is_auditd(health, pid))
        return 0;
    health->pidfd = pidfd_open((pid_t)pid, 0);
    if (health->pidfd < 0)
        return errno == ESRCH ? 0 : -errno;
    if (has_ended(health->pidfd)) {
        forget_process(health);
        return 0;
    }
    int r = sd_event_add_io(health->options.event, &health->end, health->pidfd, EPOLLIN, on_end,
                            health);
    return r < 0 ? r : 1;
}

// The kernel goes on naming a process that was killed until a record can't be sent to it.
static void judge_process(struct audit_health *health, const struct audit_state *state)
{
    struct audit_memory *memory = health->options.memory;
    struct moment now = moment_now();
    int r = follow_process(health, state->pid);
    if (r < 0)
        log_warning("cannot follow auditd (process %u): %s; its end shows within a minute",
                    state->pid, strerror(-r));
    bool replaced = memory->pid && state->pid && memory->pid != state->pid && memory->gone_ns == 0;
    if (replaced && r != 0)
        record_gap(health,
                   &(struct gap){CAUSE_GONE, "ended", last_known_ns(health, &now), now.wall_ns});
    keep_span(health, CAUSE_GONE, &memory->gone_ns, r == 0);
    memory->pid = state->pid;
}

// auditd(8) writes its state into a file when it gets SIGCONT: the answer to the question of the
// last round is there by now. 1 or 0: it has suspended writing, or not; −errno: nobody knows.
static int read_suspended(struct audit_health *health)
{
    CLEANUP_FREE char *text = NULL;
    CLEANUP_CLOSE int fd = open(STATE_FILE, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
    struct stat st;
    if (fd < 0 || fstat(fd, &st) < 0)
        return -errno;
    uint64_t written_ns = (uint64_t)st.st_mtim.tv_sec * NS_PER_S + (uint64_t)st.st_mtim.tv_nsec;
    if (health->asked_ns == 0 || written_ns + NS_PER_S < health->asked_ns)
        return -ESTALE;
    int r = file_read_fd(fd, STATE_FILE_MAX, &text, NULL);
    if (r < 0)
        return r;
    if (!strstr(text, "logging suspended = ") && !strstr(text, "writing to logs = "))
        return -ENODATA;
    return strstr(text, "logging suspended = yes") || strstr(text, "writing to logs = no");
}

static void judge_writing(struct audit_health *health, const struct audit_state *state)
{
    struct audit_memory *memory = health->options.memory;
    int r = memory->gone_ns ? -ESRCH : read_suspended(health);
    if (r >= 0)
        keep_span(health, CAUSE_SUSPENDED, &memory->suspended_ns, r > 0);
    health->asked_ns = 0;
    if (memory->gone_ns == 0 && is_auditd(health, state->pid) &&
        kill((pid_t)state->pid, SIGCONT) == 0)
        health->asked_ns = moment_now().wall_ns;
}

// ---- The kernel --------------------------------------------------------------------------------
static void judge_lost(struct audit_health *health, const struct audit_state *state)
{
    struct audit_memory *memory = health->options.memory;
    struct moment now = moment_now();
    uint64_t before = memory->sampled_ns ? memory->lost : 0;
    if (state->lost < before) { // set back by hand: how many there were in between nobody knows
        record_tampered(health, "audit loss counter", "set back", "reset");
        before = 0;
    }
    if (state->lost > before)
        record_gap(health, &(struct gap){CAUSE_LOST, "lost", last_known_ns(health, &now),
                                         now.wall_ns, state->lost - before});
    memory->lost = state->lost;
}

static void judge_backlog(struct audit_health *health, const struct audit_state *state)
{
    struct audit_memory *memory = health->options.memory;
    uint64_t backlog = state->backlog, limit = state->backlog_limit;
    bool high = limit > 0 && backlog * 4 > limit * 3, low = limit == 0 || backlog * 2 < limit;
    if (memory->backlog_is_high ? !low : !high)
        return;
    struct json_object *details = json_object_new_object();
    json_add_number(details, "backlog", backlog);
    json_add_number(details, "limit", limit);
    if (high)
        json_add_text(
            details, "remedy",
            "write “-b 32768” into a file in /etc/audit/rules.d, then: augenrules --load");
    memory->backlog_is_high = high;
    recorder_put(health->options.recorder,
                 recorder_fact(high ? FACT_POSTURE_FAILED : FACT_POSTURE_OK, "audit backlog",
                               high ? "nearly full" : "ok", details),
                 NULL, NULL);
}

// Before anybody has seen it on, nobody has switched it off. Where it can't be switched on the gap
// is told with each sample.
static void switch_on(struct audit_health *health, struct audit_state *state)
{
    struct audit_memory *memory = health->options.memory;
    if (state->enabled == 0) {
        struct moment now = moment_now();
        uint64_t since_ns = last_known_ns(health, &now);
        int r = audit_enable();
        if (r < 0)
            log_error("cannot switch auditing on: %s, trying again within a minute", strerror(-r));
        else
            state->enabled = 1;
        if (memory->sampled_ns && memory->enabled)
            record_tampered(health, "auditing", "off", r < 0 ? "failed" : "restored");
        if (memory->sampled_ns)
            record_gap(health, &(struct gap){CAUSE_OFF, "ended", since_ns, moment_now().wall_ns});
    }
    memory->enabled = state->enabled;
}

int audit_health_sample(struct audit_health *health, struct audit_state *ret)
{
    int r = audit_read_state(ret);
    if (r < 0)
        return r;
    judge_process(health, ret);
    judge_writing(health, ret);
    judge_lost(health, ret);
    judge_backlog(health, ret);
    switch_on(health, ret);
    health->options.memory->sampled_ns = moment_now().wall_ns;
    return 0;
}

// What auditd has answered before says nothing any more.
void audit_health_note_resumed(struct audit_health *health)
{
    health->asked_ns = 0;
    keep_span(health, CAUSE_SUSPENDED, &health->options.memory->suspended_ns, false);
}

const char *audit_health_trouble(const struct audit_health *health, uint64_t *ret_since_ns)
{
    const struct audit_memory *memory = health->options.memory;
    *ret_since_ns = memory->gone_ns        ? memory->gone_ns
                    : memory->suspended_ns ? memory->suspended_ns
                                           : memory->sampled_ns;
    if (memory->gone_ns)
        return CAUSE_GONE;
    if (memory->suspended_ns)
        return CAUSE_SUSPENDED;
    return memory->sampled_ns && memory->enabled == 0 ? CAUSE_OFF : NULL;
}

bool audit_health_is_waiting(const struct audit_health *health)
{
    return health->options.memory->gone_ns != 0;
}

// ---- Life --------------------------------------------------------------------------------------
int audit_health_new(const struct audit_health_options *options, struct audit_health **ret)
{
    struct audit_health *health = calloc(1, sizeof *health);
    if (!health)
        return -ENOMEM;
    health->options = *options;
    health->pidfd = -1;
    *ret = health;
    return 0;
}

void audit_health_free(struct audit_health *health)
{
    if (!health)
        return;
    forget_process(health);
    free(health);
}
