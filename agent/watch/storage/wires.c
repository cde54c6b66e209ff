// SPDX-License-Identifier: GPL-3.0-or-later
// inotify by path, anew after each change: what is replaced by rename or mounted over is another
// inode under the same name. A change between two wires is not lost, for the look comes after the
// new one.
#include "watch/storage/wires.h"

#include "base/text.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/inotify.h>

#define TOGETHER_US (100 * 1000) // changes within so long are one
#define WIRES_MAX 512
#define OF_A_FILE (IN_CLOSE_WRITE | IN_ATTRIB | IN_DELETE_SELF | IN_MOVE_SELF)
#define OF_ITS_FOLDER (IN_CREATE | IN_MOVED_TO | IN_ONLYDIR)
#define OF_A_FOLDER                                                                                \
    (IN_ATTRIB | IN_CREATE | IN_DELETE | IN_MOVED_FROM | IN_MOVED_TO | IN_DELETE_SELF |            \
     IN_MOVE_SELF | IN_ONLYDIR)
#define OF_THE_LAST (IN_ATTRIB | IN_DELETE_SELF | IN_MOVE_SELF | IN_ONLYDIR)

struct wire {
    struct wires *wires;
    char *path;
    char *child; // the name in it that matters, besides the folder itself; NULL: none
    uint32_t mask;
    sd_event_source *source; // NULL: there is nothing to be watched
};

struct wires {
    struct wires_options options; // proc and files are not kept
    struct wire **items;
    size_t n, n_fixed; // the fixed ones are not of folders
    int tables[2];
    sd_event_source *on_table[2];
    sd_event_source *soon;
};

// ---- Something changed -------------------------------------------------------------------------

static int on_soon(sd_event_source *source, uint64_t usec, void *context)
{
    struct wires *wires = context;
    (void)source, (void)usec;
    wires->soon = sd_event_source_disable_unref(wires->soon);
    wires_renew(wires);
    wires->options.tripped(wires->options.context);
    return 0;
}

static void trip(struct wires *wires)
{
    if (!wires->soon &&
        sd_event_add_time_relative(wires->options.event, &wires->soon, CLOCK_MONOTONIC, TOGETHER_US,
                                   1, on_soon, wires) < 0)
        wires->options.tripped(wires->options.context);
}

// Of what happens in a folder only the way to ours matters, and what happens to itself.
static int on_path(sd_event_source *source, const struct inotify_event *event, void *context)
{
    struct wire *wire = context;
    (void)source;
    bool of_entry = event->len > 0 && event->name[0];
    if (!of_entry || (wire->child && strcmp(event->name, wire->child) == 0))
        trip(wire->wires);
    return 0;
}

static int on_table(sd_event_source *source, int fd, uint32_t events, void *context)
{
    (void)source, (void)fd, (void)events;
    trip(context);
    return 0;
}

// ---- Wires -------------------------------------------------------------------------------------

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

void wires_renew(struct wires *wires)
{
    for (size_t i = 0; i < wires->n; i++) {
        struct wire *wire = wires->items[i];
        sd_event_source *source = NULL;
        if (sd_event_add_inotify(wires->options.event, &source, wire->path, wire->mask, on_path,
                                 wire) < 0)
            source = NULL; // not there: its folder tells when it comes
        sd_event_source_disable_unref(wire->source);
        wire->source = source;
    }
}

// Takes both texts.
static int add(struct wires *wires, char *path, char *child, uint32_t mask)
{
    CLEANUP(wire_free_p) struct wire *wire = calloc(1, sizeof *wire);
    if (!wire) {
        free(path);
        free(child);
        return -ENOMEM;
    }
    *wire = (struct wire){.wires = wires, .path = path, .child = child, .mask = mask};
    if (wires->n == WIRES_MAX)
        return 0; // the minute's look sees what the wires do not
    struct wire **items = path ? reallocarray(wires->items, wires->n + 1, sizeof *items) : NULL;
    if (!items)
        return -ENOMEM;
    wires->items = items;
    items[wires->n++] = TAKE_PTR(wire);
    return 0;
}

// The folder, and each on the way to it, with the name of the next.
static int add_folder(struct wires *wires, const char *folder)
{
    int r = add(wires, text_dup(folder), NULL, OF_THE_LAST);
    for (const char *slash = folder; r == 0 && (slash = strchr(slash, '/')); slash++) {
        size_t length = slash == folder ? 1 : (size_t)(slash - folder);
        char *child = strndup(slash + 1, strcspn(slash + 1, "/"));
        r = child ? add(wires, strndup(folder, length), child, OF_A_FOLDER) : -ENOMEM;
    }
    return r;
}

static void drop_folders(struct wires *wires)
{
    while (wires->n > wires->n_fixed)
        wire_free(wires->items[--wires->n]);
}

int wires_set_folders(struct wires *wires, char *const folders[], size_t n)
{
    int r = 0;
    drop_folders(wires);
    for (size_t i = 0; r == 0 && i < n; i++)
        r = add_folder(wires, folders[i]);
    wires_renew(wires);
    return r;
}

// ---- Life --------------------------------------------------------------------------------------

// The kernel marks these as EPOLLPRI when they changed.
static int add_tables(struct wires *wires, int proc)
{
    static const char *const names[] = {"self/mountinfo", "swaps"};
    for (size_t i = 0; i < ELEMENTS(names); i++) {
        wires->tables[i] = openat(proc, names[i], O_RDONLY | O_CLOEXEC);
        if (wires->tables[i] < 0)
            continue; // the minute's look is left
        int r = sd_event_add_io(wires->options.event, &wires->on_table[i], wires->tables[i],
                                EPOLLPRI, on_table, wires);
        if (r < 0 && r != -EPERM) // a made-up file can't be waited for
            return r;
    }
    return 0;
}

// Those who change accounts put a new file in the place of the old.
static int add_file(struct wires *wires, const char *path)
{
    const char *name = text_basename(path);
    char *child = text_dup(name);
    int r = add(wires, text_dup(path), NULL, OF_A_FILE);
    if (r == 0 && child)
        return add(wires, strndup(path, (size_t)(name - path)), child, OF_ITS_FOLDER);
    free(child);
    return r < 0 ? r : -ENOMEM;
}

static int add_files(struct wires *wires, const struct wires_options *options)
{
    int r = 0;
    for (size_t i = 0; r == 0 && i < options->n_files; i++)
        r = add_file(wires, options->files[i]);
    wires->n_fixed = wires->n;
    return r;
}

int wires_new(const struct wires_options *options, struct wires **ret)
{
    CLEANUP(wires_free_p) struct wires *wires = calloc(1, sizeof *wires);
    if (!wires)
        return -ENOMEM;
    wires->options = *options;
    wires->options.files = NULL;
    wires->tables[0] = wires->tables[1] = -1;
    int r = add_tables(wires, options->proc);
    if (r == 0)
        r = add_files(wires, options);
    if (r < 0)
        return r;
    wires_renew(wires);
    *ret = TAKE_PTR(wires);
    return 0;
}

void wires_free(struct wires *wires)
{
    if (!wires)
        return;
    sd_event_source_disable_unref(wires->soon);
    wires->n_fixed = 0;
    drop_folders(wires);
    free(wires->items);
    for (size_t i = 0; i < ELEMENTS(wires->tables); i++) {
        sd_event_source_disable_unref(wires->on_table[i]);
        close_p(&wires->tables[i]);
    }
    free(wires);
}
