// SPDX-License-Identifier: GPL-3.0-or-later
// watch_medium: disks on USB as they come, change and go, and what is mounted from them.
#include "base/text.h"
#include "watch/medium/disk.h"
#include "watch/medium/medium-watch.h"
#include "watch/medium/stack.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>

#define BLOCK_NAMES_MAX 8192

// ---- Facts -------------------------------------------------------------------------------------

static int put_mount(struct medium_watch *watch, const struct mount *mount, bool gone, bool again)
{
    CLEANUP(fact_free_p) struct fact *fact = fact_new(FACT_SEEN_MOUNT);
    if (!fact)
        return -ENOMEM;
    int r = mount_copy(mount, &fact->mount);
    if (r < 0)
        return r;
    fact->mount->gone = gone;
    fact->mount->again = again;
    watch->context.sink.put(watch->context.sink.context, TAKE_PTR(fact));
    return 0;
}

// ---- Disks -------------------------------------------------------------------------------------

// Whoever is told may ask for a look at once: so the list is right before anything is told.
static int drop_disk(struct medium_watch *watch, struct disk *disk)
{
    CLEANUP(medium_free_p) struct medium *medium = disks_remove(&watch->disks, disk);
    medium_watch_start_looks(watch);
    return medium_watch_put(watch, FACT_SEEN_MEDIUM_GONE, medium);
}

// One more than the list can hold is told all the same, but nobody will ever look at it: it stays
// shut where it has to be encrypted.
static int add_disk(struct medium_watch *watch, struct medium *medium)
{
    struct disk *disk;
    int r = disks_add(&watch->disks, medium, watch, &disk);
    if (r < 0) {
        int told = medium_watch_put(watch, FACT_SEEN_MEDIUM, medium);
        medium_free(medium);
        return r == -ENOSPC ? told : r;
    }
    disk->seen = disk->told = true;
    return medium_watch_put(watch, FACT_SEEN_MEDIUM, medium);
}

// The same disk, the same medium: what may change are size and write protection.
static int update_disk(struct medium_watch *watch, struct disk *disk, const struct medium *now)
{
    struct medium *known = disk->medium;
    disk->seen = true;
    if (known->size == now->size && known->read_only == now->read_only)
        return 0;
    if (known->size != now->size) {
        known->content = now->content;
        disk->stale = true;
    }
    known->size = now->size;
    known->read_only = now->read_only;
    disk->told = true;
    return medium_watch_put(watch, FACT_SEEN_MEDIUM, known);
}

static int refresh_disk(struct medium_watch *watch, const char *sysname)
{
    CLEANUP(medium_free_p) struct medium *now = NULL;
    struct disk *disk = disks_find(&watch->disks, sysname);
    int r = disk_read(watch->context.sys, sysname, &now);
    if (r == -ENODEV)
        return disk ? drop_disk(watch, disk) : 0;
    if (r < 0)
        return r;
    if (disk && (disk->medium->sequence != now->sequence || disk->medium->number != now->number)) {
        r = drop_disk(watch, disk);
        disk = NULL;
        if (r < 0)
            return r;
    }
    return disk ? update_disk(watch, disk, now) : add_disk(watch, TAKE_PTR(now));
}

static int list_blocks(int sys, struct dirent ***ret)
{
    int n = scandirat(sys, "block", ret, NULL, alphasort);
    return n < 0 ? -errno : n;
}

static int refresh_all(struct medium_watch *watch)
{
    struct dirent **entries = NULL;
    int n = list_blocks(watch->context.sys, &entries), first = 0;
    if (n < 0)
        return n == -ENOENT ? 0 : n;
    for (size_t i = 0; i < watch->disks.n; i++)
        watch->disks.items[i]->seen = watch->disks.items[i]->told = false;
    for (int i = 0; i < n; i++) {
        int r = i < BLOCK_NAMES_MAX && entries[i]->d_name[0] != '.'
                    ? refresh_disk(watch, entries[i]->d_name)
                    : 0;
        if (r < 0 && first == 0)
            first = r;
        free(entries[i]);
    }
    free(entries);
    for (size_t i = watch->disks.n; i > 0; i--)
        if (!watch->disks.items[i - 1]->seen && drop_disk(watch, watch->disks.items[i - 1]) < 0)
            first = -ENOMEM;
    return first;
}

// ---- Mounts ------------------------------------------------------------------------------------

// All of them, or only those that are new; and those that are no longer.
static int tell_mounts(struct medium_watch *watch, const struct mounts *now, bool all)
{
    int first = 0;
    for (size_t i = 0; i < watch->mounts.n; i++) {
        const struct mounted *old = &watch->mounts.items[i];
        int r = mounts_find(now, old) ? 0 : put_mount(watch, old->mount, true, false);
        first = first < 0 ? first : r;
    }
    for (size_t i = 0; i < now->n; i++) {
        bool again = mounts_find(&watch->mounts, &now->items[i]) != NULL;
        int r = again && !all ? 0 : put_mount(watch, now->items[i].mount, false, again);
        first = first < 0 ? first : r;
    }
    return first;
}

static int refresh_mounts(struct medium_watch *watch, bool tell_all)
{
    struct mounts now;
    const struct watch_context *c = &watch->context;
    int r = mounts_read(c->sys, c->proc, c->dev, &now);
    if (r < 0)
        return r;
    r = tell_mounts(watch, &now, tell_all);
    mounts_clear(&watch->mounts);
    watch->mounts = now;
    return r;
}

// ---- Events ------------------------------------------------------------------------------------

// The daemon's own request to udev changes nothing on the medium; and the kernel adds partitions
// only after it said that their disk changed.
static bool tells_of_change(struct udev_device *device)
{
    const char *action = udev_device_get_action(device);
    if (text_equal(udev_device_get_property_value(device, "SYNTH_ARG_SEKISHO"), "1"))
        return false;
    return text_equal(action, "change") ||
           (text_equal(action, "remove") &&
            text_equal(udev_device_get_devtype(device), "partition"));
}

static int handle_uevent(struct medium_watch *watch, struct udev_device *device)
{
    CLEANUP_FREE char *sysname = NULL;
    int r = stack_disk_of(udev_device_get_devpath(device), &sysname);
    if (r < 0)
        return r == -EINVAL ? 0 : r;
    r = refresh_disk(watch, sysname);
    struct disk *disk = disks_find(&watch->disks, sysname);
    if (r == 0 && disk && tells_of_change(device))
        r = medium_watch_note_change(watch, disk);
    return r;
}

// What one event told wrong or what could not be taken, the walk of the next minute tells again.
static void on_uevent(void *context, struct udev_device *event)
{
    (void)!handle_uevent(context, event);
}

static void on_lost(void *context)
{
    (void)!refresh_all(context);
}

static int on_mountinfo(sd_event_source *source, int fd, uint32_t events, void *context)
{
    (void)source, (void)fd, (void)events;
    (void)refresh_mounts(context, false); // likewise
    return 0;
}

// ---- The watch ---------------------------------------------------------------------------------

static int listen_to_udev(struct medium_watch *watch)
{
    const struct uevents_wish wish = {
        .source = "udev",
        .filters = {{.subsystem = "block"}},
        .on_event = on_uevent,
        .on_lost = on_lost,
        .context = watch,
    };
    return uevents_listen(watch->context.event, &wish, &watch->uevents);
}

static int listen_to_mounts(struct medium_watch *watch)
{
    watch->mountinfo = openat(watch->context.proc, "self/mountinfo", O_RDONLY | O_CLOEXEC);
    if (watch->mountinfo < 0)
        return -errno;
    int r = sd_event_add_io(watch->context.event, &watch->on_mountinfo, watch->mountinfo, EPOLLPRI,
                            on_mountinfo, watch);
    return r < 0 ? r : 0;
}

static void medium_stop(void *state)
{
    struct medium_watch *watch = state;
    if (!watch)
        return;
    uevents_free(watch->uevents);
    sd_event_source_disable_unref(watch->on_mountinfo);
    disks_clear(&watch->disks);
    mounts_clear(&watch->mounts);
    close_p(&watch->mountinfo);
    free(watch);
}

static int medium_start(const struct watch_context *context, void **ret_state)
{
    struct medium_watch *watch = calloc(1, sizeof *watch);
    if (!watch)
        return -ENOMEM;
    watch->context = *context;
    watch->mountinfo = -1;
    int r = context->live ? listen_to_udev(watch) : 0;
    if (r == 0 && context->live)
        r = listen_to_mounts(watch);
    if (r < 0) {
        medium_stop(watch);
        return r;
    }
    *ret_state = watch;
    return 0;
}

static int medium_snapshot(void *state)
{
    struct medium_watch *watch = state;
    int first = refresh_all(watch);
    for (size_t i = 0; i < watch->disks.n; i++) {
        const struct disk *disk = watch->disks.items[i];
        int r = disk->told ? 0 : medium_watch_put(watch, FACT_SEEN_MEDIUM, disk->medium);
        first = first < 0 ? first : r;
    }
    int r = refresh_mounts(watch, true);
    return first < 0 ? first : r;
}

const struct watch watch_medium = {
    .name = "medium",
    .start = medium_start,
    .stop = medium_stop,
    .snapshot = medium_snapshot,
};
