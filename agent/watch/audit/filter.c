// SPDX-License-Identifier: GPL-3.0-or-later
// Two pipes and a process without rights.
#include "watch/audit/filter.h"

#include "base/spawn.h"
#include "base/text.h"
#include "fact/audit_event.h"
#include "fact/audit_place.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/pidfd.h>
#include <sys/wait.h>

#define READ_SIZE 65536
#define END_MS 2000 // it computes and waits for pipes: it dies at once

struct filter {
    struct filter_options options;
    int process; // pidfd
    int in, out; // our ends
    sd_event_source *on_in, *on_out;
    char frames[AUDIT_FRAME_MAX + READ_SIZE];
    size_t length;
    bool paused;
};

// ---- Frames ------------------------------------------------------------------------------------

// Takes one frame: bytes it had, 0: not whole yet, −errno.
static int take_frame(struct filter *filter, size_t begin)
{
    struct audit_event *event = NULL;
    struct audit_place *place = NULL;
    int taken = audit_frame_take(filter->frames + begin, filter->length - begin, &event, &place);
    if (taken <= 0)
        return taken;
    int r = event ? filter->options.event_seen(filter->options.context, event)
                  : filter->options.place_seen(filter->options.context, place);
    return r < 0 ? r : taken;
}

static int take_frames(struct filter *filter)
{
    size_t begin = 0;
    int r;
    while (!filter->paused && (r = take_frame(filter, begin)) != 0) {
        if (r < 0)
            return r;
        begin += (size_t)r;
    }
    memmove(filter->frames, filter->frames + begin, filter->length - begin);
    filter->length -= begin;
    return 0;
}

static int read_frames(struct filter *filter)
{
    ssize_t n =
        read(filter->out, filter->frames + filter->length, sizeof filter->frames - filter->length);
    if (n < 0)
        return errno == EAGAIN || errno == EINTR ? 0 : -errno;
    if (n == 0)
        return -EPIPE; // it ended
    filter->length += (size_t)n;
    return take_frames(filter);
}

static int on_out(sd_event_source *source, int fd, uint32_t events, void *context)
{
    struct filter *filter = context;
    (void)source, (void)fd, (void)events;
    if (read_frames(filter) < 0)
        filter->options.ended(filter->options.context);
    return 0;
}

static int on_in(sd_event_source *source, int fd, uint32_t events, void *context)
{
    struct filter *filter = context;
    (void)fd, (void)events;
    int r = sd_event_source_set_enabled(source, SD_EVENT_OFF);
    filter->options.writable(filter->options.context);
    return r;
}

int filter_write(struct filter *filter, const void *data, size_t length, size_t *ret_taken)
{
    ssize_t n = write(filter->in, data, length);
    if (n < 0 && errno != EAGAIN && errno != EINTR)
        return -errno;
    *ret_taken = n < 0 ? 0 : (size_t)n;
    if (*ret_taken == length)
        return 0;
    int r = sd_event_source_set_enabled(filter->on_in, SD_EVENT_ON);
    return r < 0 ? r : 0;
}

void filter_pause(struct filter *filter, bool pause)
{
    if (filter->paused == pause)
        return;
    filter->paused = pause;
    (void)sd_event_source_set_enabled(filter->on_out, pause ? SD_EVENT_OFF : SD_EVENT_ON);
    if (!pause && take_frames(filter) < 0)
        filter->options.ended(filter->options.context);
}

// ---- Life --------------------------------------------------------------------------------------

static int start(struct filter *filter)
{
    int in[2], out[2];
    if (pipe2(in, O_CLOEXEC) < 0)
        return -errno;
    CLEANUP_CLOSE int their_in = in[0];
    filter->in = in[1];
    if (pipe2(out, O_CLOEXEC) < 0)
        return -errno;
    CLEANUP_CLOSE int their_out = out[1];
    filter->out = out[0];
    if (fcntl(filter->in, F_SETFL, O_NONBLOCK) < 0 || fcntl(filter->out, F_SETFL, O_NONBLOCK) < 0)
        return -errno;
    CLEANUP_FREE char *name = text_dup("audit-read");
    if (!name)
        return -ENOMEM;
    return spawn_program(filter->options.program, (char *[]){name, NULL}, their_in, their_out,
                         &filter->process);
}

static int listen(struct filter *filter)
{
    sd_event *event = filter->options.event;
    int r = sd_event_add_io(event, &filter->on_out, filter->out, EPOLLIN, on_out, filter);
    if (r >= 0)
        r = sd_event_add_io(event, &filter->on_in, filter->in, EPOLLOUT, on_in, filter);
    if (r >= 0)
        r = sd_event_source_set_enabled(filter->on_in, SD_EVENT_OFF);
    return r < 0 ? r : 0;
}

int filter_start(const struct filter_options *options, struct filter **ret)
{
    CLEANUP(filter_free_p) struct filter *filter = calloc(1, sizeof *filter);
    if (!filter)
        return -ENOMEM;
    filter->options = *options;
    filter->process = filter->in = filter->out = -1;
    int r = start(filter);
    if (r == 0)
        r = listen(filter);
    if (r == 0)
        *ret = TAKE_PTR(filter);
    return r;
}

// It ends when its input does, and is killed at once; one that does neither in time is left behind
// rather than waited for.
static void end(int process)
{
    struct pollfd ended = {.fd = process, .events = POLLIN};
    siginfo_t info;
    (void)pidfd_send_signal(process, SIGKILL, NULL, 0);
    if (poll(&ended, 1, END_MS) > 0)
        (void)waitid(P_PIDFD, (id_t)process, &info, WEXITED | WNOHANG);
}

void filter_free(struct filter *filter)
{
    if (!filter)
        return;
    sd_event_source_disable_unref(filter->on_in);
    sd_event_source_disable_unref(filter->on_out);
    close_p(&filter->in);
    close_p(&filter->out);
    if (filter->process >= 0)
        end(filter->process);
    close_p(&filter->process);
    free(filter);
}
