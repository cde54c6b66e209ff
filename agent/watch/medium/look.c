// SPDX-License-Identifier: GPL-3.0-or-later
// Runs medium-look, follows its progress and takes its answer.
#include "watch/medium/look.h"

#include "base/spawn.h"
#include "base/text.h"
#include "fact/luks_set.h"
#include "worker/worker.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <signal.h>
#include <string.h>
#include <sys/pidfd.h>
#include <sys/sysmacros.h>
#include <sys/wait.h>

#define CONTAINER "luks "

struct look {
    struct look_request request;
    int process; // pidfd
    int pipe;
    sd_event_source *on_pipe, *on_ended, *on_silence;
    char line[LOOK_LINE_MAX];
    size_t length;
    enum medium_content content; // MEDIUM_UNCHECKED until it has said something
    char *finding;
    char *luks;
    bool broken; // it said something that it never should
};

// ---- What it says ----

static int take_answer(struct look *look, char *line)
{
    char *finding = strchr(line, ' ');
    if (!finding || look->content != MEDIUM_UNCHECKED)
        return -EBADMSG;
    *finding++ = '\0';
    enum medium_content content;
    if (medium_content_from_str(line, &content) < 0 || content == MEDIUM_UNCHECKED)
        return -EBADMSG;
    look->finding = text_escape(finding, strlen(finding), LOOK_LINE_MAX);
    if (!look->finding)
        return -ENOMEM;
    look->content = content;
    return 0;
}

static int take_container(struct look *look, const char *text)
{
    char uuid[UUID_TEXT_SIZE] = LUKS_SET_MORE;
    bool known = text_equal(text, LUKS_SET_MORE) || text_to_uuid(text, uuid) == 0;
    if (!known || look->content != MEDIUM_UNCHECKED)
        return -EBADMSG;
    return luks_set_add(&look->luks, uuid);
}

static int take_line(struct look *look)
{
    look->line[look->length] = '\0';
    size_t said = strlen(look->line);
    if (said != look->length) // a NUL in the middle
        return -EBADMSG;
    look->length = 0;
    if (text_equal(look->line, "."))
        return 0;
    if (strncmp(look->line, CONTAINER, strlen(CONTAINER)) == 0)
        return take_container(look, look->line + strlen(CONTAINER));
    return take_answer(look, look->line);
}

static int take_bytes(struct look *look, const char *bytes, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        int r = 0;
        if (bytes[i] == '\n')
            r = take_line(look);
        else if (look->length < sizeof look->line - 1)
            look->line[look->length++] = bytes[i];
        else
            r = -EBADMSG;
        if (r < 0)
            return r;
    }
    return 0;
}

// One read. 1: there was something, 0: nothing (more).
static int read_pipe(struct look *look)
{
    char bytes[4096];
    ssize_t n = read(look->pipe, bytes, sizeof bytes);
    if (n <= 0)
        return 0;
    if (!look->broken && take_bytes(look, bytes, (size_t)n) < 0)
        look->broken = true;
    return 1;
}

// ---- How it ends ----

static void conclude(struct look *look, bool ended_well)
{
    enum medium_content content = look->content;
    const char *finding = look->finding;
    const char *luks = content == MEDIUM_ENCRYPTED ? look->luks : NULL;
    if (!ended_well || look->broken || content == MEDIUM_UNCHECKED || look->length > 0) {
        content = MEDIUM_UNREADABLE;
        finding = "the look at the medium ended early";
        luks = NULL;
    }
    look->request.done(look->request.context, content, finding, luks);
}

static void forget_sources(struct look *look)
{
    look->on_pipe = sd_event_source_disable_unref(look->on_pipe);
    look->on_ended = sd_event_source_disable_unref(look->on_ended);
    look->on_silence = sd_event_source_disable_unref(look->on_silence);
}

static int on_ended(sd_event_source *source, int fd, uint32_t events, void *context)
{
    struct look *look = context;
    siginfo_t info = {0};
    (void)source, (void)fd, (void)events;
    while (read_pipe(look) > 0)
        ; // what it wrote before it ended
    bool reaped = waitid(P_PIDFD, (id_t)look->process, &info, WEXITED | WNOHANG) == 0;
    forget_sources(look); // before the descriptor: a child that is about to exec still has it, too
    close_p(&look->process);
    look->process = -1;
    conclude(look, reaped && info.si_code == CLD_EXITED && info.si_status == 0);
    return 0;
}

static int on_silence(sd_event_source *source, uint64_t usec, void *context)
{
    struct look *look = context;
    (void)source, (void)usec;
    forget_sources(look); // the process itself is killed with the look
    look->request.done(look->request.context, MEDIUM_UNREADABLE, "the medium does not answer",
                       NULL);
    return 0;
}

static uint64_t silence_of(const struct look *look)
{
    return look->request.silence_us ? look->request.silence_us : LOOK_SILENCE_US;
}

static int on_pipe(sd_event_source *source, int fd, uint32_t events, void *context)
{
    struct look *look = context;
    (void)fd, (void)events;
    if (read_pipe(look) > 0)
        return sd_event_source_set_time_relative(look->on_silence, silence_of(look));
    return sd_event_source_set_enabled(source, SD_EVENT_OFF); // closed: its end follows
}

// ---- How it starts ----

static int start_process(struct look *look)
{
    const struct look_request *request = &look->request;
    CLEANUP_FREE char *number =
        text_format("%u:%u", major(request->number), minor(request->number));
    CLEANUP_FREE char *sequence = text_format("%" PRIu64, request->sequence);
    CLEANUP_FREE char *node = text_dup(request->node), *name = text_dup("medium-look");
    if (!number || !sequence || !node || !name)
        return -ENOMEM;
    int ends[2];
    if (pipe2(ends, O_CLOEXEC) < 0)
        return -errno;
    CLEANUP_CLOSE int out = ends[1];
    look->pipe = ends[0];
    if (fcntl(look->pipe, F_SETFL, O_NONBLOCK) < 0)
        return -errno;

    return spawn_program(request->program, (char *[]){name, node, number, sequence, NULL}, -1, out,
                         &look->process);
}

static int watch_process(struct look *look)
{
    sd_event *event = look->request.event;
    int r = sd_event_add_io(event, &look->on_pipe, look->pipe, EPOLLIN, on_pipe, look);
    if (r >= 0)
        r = sd_event_add_io(event, &look->on_ended, look->process, EPOLLIN, on_ended, look);
    if (r >= 0)
        r = sd_event_add_time_relative(event, &look->on_silence, CLOCK_MONOTONIC, silence_of(look),
                                       0, on_silence, look);
    return r < 0 ? r : 0;
}

int look_start(const struct look_request *request, struct look **ret)
{
    struct look *look = calloc(1, sizeof *look);
    if (!look)
        return -ENOMEM;
    *look = (struct look){.request = *request, .process = -1, .pipe = -1};
    int r = start_process(look);
    if (r == 0)
        r = watch_process(look);
    if (r < 0) {
        look_free(look);
        return r;
    }
    *ret = look;
    return 0;
}

// ---- How it is ended ----

void look_free(struct look *look)
{
    if (!look)
        return;
    forget_sources(look);
    if (look->process >= 0) {
        (void)pidfd_send_signal(look->process, SIGKILL, NULL, 0);
        worker_reap_later(look->request.event, look->process);
    }
    close_p(&look->pipe);
    free(look->finding);
    free(look->luks);
    free(look);
}
