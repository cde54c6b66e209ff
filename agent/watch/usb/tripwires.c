// SPDX-License-Identifier: GPL-3.0-or-later
// One inotify descriptor and a list of what it watches.
#include "watch/usb/tripwires.h"

#include "base/text.h"

#include <errno.h>
#include <limits.h>
#include <string.h>
#include <sys/inotify.h>

struct wire {
    int number; // inotify's
    char *path;
};

struct tripwires {
    int sys; // borrowed
    int fd;
    sd_event_source *source;
    tripwires_callback callback;
    void *context;
    struct wire *wires;
    size_t n;
};

static void forget(struct tripwires *t, size_t place)
{
    free(t->wires[place].path);
    t->wires[place] = t->wires[--t->n];
}

static void drop_one(struct tripwires *t, size_t place)
{
    // The attribute may be gone, and the watch with it.
    (void)inotify_rm_watch(t->fd, t->wires[place].number);
    forget(t, place);
}

static struct wire *find_number(struct tripwires *t, int number)
{
    for (size_t i = 0; i < t->n; i++)
        if (t->wires[i].number == number)
            return &t->wires[i];
    return NULL;
}

static void handle(struct tripwires *t, const struct inotify_event *event)
{
    if (event->mask & IN_Q_OVERFLOW) {
        t->callback(t->context, NULL);
        return;
    }
    struct wire *wire = find_number(t, event->wd);
    if (!wire)
        return; // dropped meanwhile
    if (event->mask & IN_IGNORED) {
        forget(t, (size_t)(wire - t->wires));
        return;
    }
    CLEANUP_FREE char *path = text_dup(wire->path); // the callback may add and drop
    t->callback(t->context, path);
}

static int on_written(sd_event_source *source, int fd, uint32_t revents, void *context)
{
    (void)source, (void)revents;
    struct tripwires *t = context;
    char buffer[4096] __attribute__((aligned(__alignof__(struct inotify_event))));
    ssize_t n = read(fd, buffer, sizeof buffer);
    for (ssize_t at = 0; at < n;) {
        const struct inotify_event *event = (const void *)(buffer + at);
        handle(t, event);
        at += (ssize_t)(sizeof *event + event->len);
    }
    return n < 0 && errno != EAGAIN && errno != EINTR ? -errno : 0;
}

int tripwires_new(sd_event *event, int sys, tripwires_callback callback, void *context,
                  struct tripwires **ret)
{
    CLEANUP(tripwires_free_p) struct tripwires *t = calloc(1, sizeof *t);
    if (!t)
        return -ENOMEM;
    *t = (struct tripwires){.sys = sys, .callback = callback, .context = context};
    t->fd = inotify_init1(IN_CLOEXEC | IN_NONBLOCK);
    if (t->fd < 0)
        return -errno;
    int r = sd_event_add_io(event, &t->source, t->fd, EPOLLIN, on_written, t);
    if (r < 0)
        return r;
    *ret = TAKE_PTR(t);
    return 0;
}

void tripwires_free(struct tripwires *t)
{
    if (!t)
        return;
    sd_event_source_disable_unref(t->source);
    while (t->n > 0)
        forget(t, t->n - 1);
    free(t->wires);
    if (t->fd >= 0)
        (void)close(t->fd);
    free(t);
}

static int append(struct tripwires *t, int number, const char *path)
{
    if (t->n == TRIPWIRES_MAX)
        return -ENOSPC;
    struct wire *more = reallocarray(t->wires, t->n + 1, sizeof *more);
    if (!more)
        return -ENOMEM;
    t->wires = more;
    char *copy = text_dup(path);
    if (!copy)
        return -ENOMEM;
    t->wires[t->n++] = (struct wire){.number = number, .path = copy};
    return 0;
}

int tripwires_add(struct tripwires *t, const char *path)
{
    // inotify has no call that takes a directory descriptor.
    CLEANUP_FREE char *full = text_format("/proc/self/fd/%d/%s", t->sys, path);
    if (!full)
        return -ENOMEM;
    int number = inotify_add_watch(t->fd, full, IN_MODIFY);
    if (number < 0)
        return -errno;
    for (size_t i = 0; i < t->n; i++) {
        if (!text_equal(t->wires[i].path, path))
            continue;
        if (t->wires[i].number == number)
            return 0;
        drop_one(t, i); // a device of the same name has come in its place
        break;
    }
    int r = append(t, number, path);
    if (r < 0)
        (void)inotify_rm_watch(t->fd, number);
    return r;
}

void tripwires_drop(struct tripwires *t, const char *prefix)
{
    for (size_t i = t->n; i-- > 0;)
        if (strncmp(t->wires[i].path, prefix, strlen(prefix)) == 0)
            drop_one(t, i);
}
