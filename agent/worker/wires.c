// SPDX-License-Identifier: GPL-3.0-or-later
// Event sources, one a wire.
#include "worker/wires.h"

#include "base/text.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/inotify.h>

#define TABLES_MAX 4
#define OF_ALL                                                                                     \
    (IN_CLOSE_WRITE | IN_ATTRIB | IN_CREATE | IN_DELETE | IN_MOVED_FROM | IN_MOVED_TO |            \
     IN_DELETE_SELF | IN_MOVE_SELF)
#define OF_A_FILE (IN_CLOSE_WRITE | IN_ATTRIB | IN_DELETE_SELF | IN_MOVE_SELF)
#define OF_ITS_FOLDER (IN_CREATE | IN_MOVED_TO | IN_ONLYDIR)
#define OF_A_STEP                                                                                  \
    (IN_ATTRIB | IN_CREATE | IN_DELETE | IN_MOVED_FROM | IN_MOVED_TO | IN_DELETE_SELF |            \
     IN_MOVE_SELF | IN_ONLYDIR)
#define OF_THE_LAST (IN_ATTRIB | IN_DELETE_SELF | IN_MOVE_SELF | IN_ONLYDIR)

struct wire {
    struct wires *wires; // borrowed
    char *path;
    char *child; // the only entry that matters beside the folder itself, "": none; NULL: each does
    uint32_t mask;
    sd_event_source *source; // NULL: there is nothing of that name
};

struct table {
    int fd;
    sd_event_source *source;
};

struct wires {
    sd_event *event;
    void (*tripped)(void *context);
    void *context;
    struct wire **paths;
    size_t n_paths;
    struct table tables[TABLES_MAX];
    size_t n_tables;
    sd_event_source *on_process;
};

// ---- Paths -------------------------------------------------------------------------------------

static int on_path(sd_event_source *source, const struct inotify_event *event, void *context)
{
    const struct wire *wire = context;
    (void)source;
    bool of_entry = event->len > 0 && event->name[0];
    if (!of_entry || !wire->child || strcmp(event->name, wire->child) == 0)
        wire->wires->tripped(wire->wires->context);
    return 0;
}

static void lay(struct wire *wire)
{
    sd_event_source *source = NULL;
    if (sd_event_add_inotify(wire->wires->event, &source, wire->path, wire->mask, on_path, wire) <
        0)
        source = NULL;
    sd_event_source_disable_unref(wire->source);
    wire->source = source;
}

void wires_renew(struct wires *wires)
{
    for (size_t i = 0; i < wires->n_paths; i++)
        lay(wires->paths[i]);
}

static void wire_free(struct wire *wire)
{
    if (!wire)
        return;
    sd_event_source_disable_unref(wire->source);
    free(wire->path);
    free(wire->child);
    free(wire);
}
DEFINE_CLEANUP(struct wire, wire_free)

// Takes both texts; a path that is NULL is lack of memory.
static int add(struct wires *wires, char *path, char *child, uint32_t mask)
{
    CLEANUP(wire_free_p) struct wire *wire = calloc(1, sizeof *wire);
    if (!wire) {
        free(path);
        free(child);
        return -ENOMEM;
    }
    *wire = (struct wire){.wires = wires, .path = path, .child = child, .mask = mask};
    if (!path)
        return -ENOMEM;
    if (wires->n_paths == WIRES_MAX)
        return 0;
    struct wire **paths = reallocarray(wires->paths, wires->n_paths + 1, sizeof *paths);
    if (!paths)
        return -ENOMEM;
    wires->paths = paths;
    lay(wire);
    paths[wires->n_paths++] = TAKE_PTR(wire);
    return 0;
}

// `path` up to its part that begins at `name`: the folder that has it.
static int add_parent(struct wires *wires, const char *path, const char *name, uint32_t mask)
{
    size_t length = (size_t)(name - path); // with its slash, which "/" is by itself
    char *child = strndup(name, strcspn(name, "/"));
    return child ? add(wires, strndup(path, length), child, mask) : -ENOMEM;
}

int wires_add_path(struct wires *wires, const char *path)
{
    return add(wires, text_dup(path), NULL, OF_ALL);
}

int wires_add_file(struct wires *wires, const char *path)
{
    int r = add(wires, text_dup(path), NULL, OF_A_FILE);
    return r < 0 ? r : add_parent(wires, path, text_basename(path), OF_ITS_FOLDER);
}

int wires_add_place(struct wires *wires, const char *path)
{
    char *none = text_dup("");
    int r = none ? add(wires, text_dup(path), none, OF_THE_LAST) : -ENOMEM;
    for (const char *slash = path; r == 0 && (slash = strchr(slash, '/')); slash++)
        r = add_parent(wires, path, slash + 1, OF_A_STEP);
    return r;
}

void wires_forget_paths(struct wires *wires)
{
    while (wires->n_paths > 0)
        wire_free(wires->paths[--wires->n_paths]);
}

// ---- Tables and the process --------------------------------------------------------------------

static int on_table(sd_event_source *source, int fd, uint32_t events, void *context)
{
    const struct wires *wires = context;
    (void)source, (void)fd, (void)events;
    wires->tripped(wires->context);
    return 0;
}

int wires_add_table(struct wires *wires, int proc, const char *path)
{
    if (wires->n_tables == TABLES_MAX)
        return -ENOSPC;
    CLEANUP_CLOSE int fd = openat(proc, path, O_RDONLY | O_CLOEXEC);
    struct table *table = &wires->tables[wires->n_tables];
    if (fd < 0)
        return 0;
    int r = sd_event_add_io(wires->event, &table->source, fd, EPOLLPRI, on_table, wires);
    if (r < 0)
        return r == -EPERM ? 0 : r; // a made-up file
    table->fd = TAKE_FD(fd);
    wires->n_tables++;
    return 0;
}

static int on_end(sd_event_source *source, int fd, uint32_t events, void *context)
{
    struct wires *wires = context;
    (void)source, (void)fd, (void)events;
    wires->on_process = sd_event_source_disable_unref(wires->on_process);
    wires->tripped(wires->context);
    return 0;
}

int wires_set_process(struct wires *wires, int process)
{
    wires->on_process = sd_event_source_disable_unref(wires->on_process);
    if (process < 0)
        return 0;
    int r = sd_event_add_io(wires->event, &wires->on_process, process, EPOLLIN, on_end, wires);
    if (r < 0) {
        (void)close(process);
        return r;
    }
    (void)sd_event_source_set_io_fd_own(wires->on_process, true);
    return 0;
}

// ---- Life --------------------------------------------------------------------------------------

int wires_new(sd_event *event, void (*tripped)(void *context), void *context, struct wires **ret)
{
    struct wires *wires = calloc(1, sizeof *wires);
    if (!wires)
        return -ENOMEM;
    *wires = (struct wires){.event = event, .tripped = tripped, .context = context};
    *ret = wires;
    return 0;
}

void wires_free(struct wires *wires)
{
    if (!wires)
        return;
    wires_forget_paths(wires);
    free(wires->paths);
    for (size_t i = 0; i < wires->n_tables; i++) {
        sd_event_source_disable_unref(wires->tables[i].source); // before what it looks at
        close_p(&wires->tables[i].fd);
    }
    sd_event_source_disable_unref(wires->on_process);
    free(wires);
}
