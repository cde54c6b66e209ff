// SPDX-License-Identifier: GPL-3.0-or-later
// watch_medium: what is on a disk, when it is asked for and whenever it may have changed.
#include "base/text.h"
#include "watch/medium/disk.h"
#include "watch/medium/medium-watch.h"

#include <errno.h>

#define LOOKS_MAX 4       // at once; the others wait
#define SETTLE_US 3000000 // how long nobody writes to an empty medium before it is looked at

int medium_watch_put(struct medium_watch *watch, enum fact_kind kind, const struct medium *medium)
{
    CLEANUP(fact_free_p) struct fact *fact = fact_new(kind);
    if (!fact)
        return -ENOMEM;
    int r = medium_copy(medium, &fact->medium);
    if (r < 0)
        return r;
    watch->context.sink.put(watch->context.sink.context, TAKE_PTR(fact));
    return 0;
}

static int set_content(struct disk *disk, enum medium_content content, const char *finding,
                       const char *luks)
{
    struct medium *medium = disk->medium;
    if (medium->content == content && text_equal(medium->finding, finding) &&
        text_equal(medium->luks, luks))
        return 0;
    int r = text_set(&medium->finding, finding);
    if (r == 0)
        r = text_set(&medium->luks, luks);
    if (r < 0)
        return r;
    medium->content = content;
    return medium_watch_put(disk->owner, FACT_SEEN_MEDIUM, medium);
}

// An answer about bytes that were changed meanwhile counts only if it is a bad one: else whoever
// keeps changing a medium keeps it open.
static bool counts(const struct disk *disk, enum medium_content content)
{
    return !disk->stale || content == MEDIUM_PLAIN || content == MEDIUM_UNREADABLE;
}

static void on_looked(void *context, enum medium_content content, const char *finding,
                      const char *luks)
{
    struct disk *disk = context;
    struct look *look = TAKE_PTR(disk->look);
    // Without memory for the answer the medium stays unchecked, which is shut.
    if (counts(disk, content) && set_content(disk, content, finding, luks) < 0)
        disk->medium->content = MEDIUM_UNCHECKED;
    look_free(look); // and the finding with it
    medium_watch_start_looks(disk->owner);
}

static int start_look(struct medium_watch *watch, struct disk *disk)
{
    CLEANUP_FREE char *program = text_format("%s/medium-look", watch->context.programs);
    if (!program)
        return -ENOMEM;
    disk->stale = false;
    return look_start(
        &(struct look_request){
            .event = watch->context.event,
            .program = program,
            .node = disk->medium->node,
            .number = disk->medium->number,
            .sequence = disk->medium->sequence,
            .done = on_looked,
            .context = disk,
        },
        &disk->look);
}

void medium_watch_start_looks(struct medium_watch *watch)
{
    size_t running = 0;
    for (size_t i = 0; i < watch->disks.n; i++)
        running += watch->disks.items[i]->look != NULL;
    for (size_t i = 0; i < watch->disks.n && running < LOOKS_MAX; i++) {
        struct disk *disk = watch->disks.items[i];
        if (!disk->wanted || !disk->stale || disk->look)
            continue;
        if (start_look(watch, disk) == 0)
            running++;
        else if (set_content(disk, MEDIUM_UNREADABLE, "nobody could look at the medium", NULL) < 0)
            disk->medium->content = MEDIUM_UNCHECKED;
    }
}

static int on_settled(sd_event_source *source, uint64_t usec, void *context)
{
    struct disk *disk = context;
    (void)source, (void)usec;
    disk->stale = true;
    medium_watch_start_looks(disk->owner);
    return 0;
}

// A change is looked at at once, but for a medium that was empty: nobody can use it before the look
// anyway, and cryptsetup, which makes it LUKS in several steps, must not be disturbed halfway.
int medium_watch_note_change(struct medium_watch *watch, struct disk *disk)
{
    if (disk->medium->content != MEDIUM_EMPTY || !disk->wanted) {
        disk->stale = true;
        medium_watch_start_looks(watch);
        return 0;
    }
    if (disk->settling) {
        int r = sd_event_source_set_time_relative(disk->settling, SETTLE_US);
        return r < 0 ? r : sd_event_source_set_enabled(disk->settling, SD_EVENT_ONESHOT);
    }
    int r = sd_event_add_time_relative(watch->context.event, &disk->settling, CLOCK_MONOTONIC,
                                       SETTLE_US, 0, on_settled, disk);
    return r < 0 ? r : 0;
}

int watch_medium_examine(void *state, const char *sysname)
{
    struct medium_watch *watch = state;
    if (!watch->context.live)
        return -EOPNOTSUPP;
    struct disk *disk = disks_find(&watch->disks, sysname);
    if (!disk)
        return -ENODEV;
    if (!disk->wanted || (disk->medium->content == MEDIUM_UNREADABLE && !disk->look))
        disk->stale = true;
    disk->wanted = true;
    medium_watch_start_looks(watch);
    return 0;
}

void watch_medium_forget(void *state)
{
    struct medium_watch *watch = state;
    for (size_t i = 0; i < watch->disks.n; i++) {
        struct disk *disk = watch->disks.items[i];
        look_free(TAKE_PTR(disk->look));
        free(TAKE_PTR(disk->medium->finding));
        free(TAKE_PTR(disk->medium->luks));
        disk->medium->content = disk->medium->size == 0 ? MEDIUM_EMPTY : MEDIUM_UNCHECKED;
        disk->wanted = false;
    }
}
