// SPDX-License-Identifier: GPL-3.0-or-later
// Holds logind's delay lock while the machine is awake; between "about to sleep" and letting go of
// the lock, a child unmounts what is on USB, and then the guard shuts it.
#include "daemon/sleep-keeper.h"

#include "base/log.h"
#include "watch/medium/mounts.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/wait.h>
#include <unistd.h>

#define LOGIND "org.freedesktop.login1"
#define LOGIND_PATH "/org/freedesktop/login1"
#define MANAGER "org.freedesktop.login1.Manager"

#define UNMOUNT_US (4 * 1000 * 1000ULL) // logind waits 5 seconds by default (InhibitDelayMaxSec=)
#define LIE_US (120 * 1000 * 1000ULL)   // awake for so long, the machine has not gone to sleep

struct sleep_keeper {
    struct sleep_keeper_options options;
    sd_bus_slot *match, *question;
    int lock; // logind's; −1 without
    sd_event_source *child, *limit;
    bool asleep; // logind has said so, and not yet that it is over
};

// ---- The lock ----------------------------------------------------------------------------------

static int on_lock(sd_bus_message *reply, void *context, sd_bus_error *error)
{
    struct sleep_keeper *keeper = context;
    int fd;
    (void)error;
    if (sd_bus_message_is_method_error(reply, NULL) || sd_bus_message_read(reply, "h", &fd) < 0) {
        const sd_bus_error *why = sd_bus_message_get_error(reply);
        if (sd_bus_error_has_name(why, SD_BUS_ERROR_SERVICE_UNKNOWN))
            return 0; // no logind: nobody puts the machine to sleep but root by hand
        log_warning("no delay lock from logind (%s): storage may still be mounted when the machine "
                    "sleeps; it is shut all the same",
                    why && why->message ? why->message : "odd answer");
        return 0;
    }
    close_p(&keeper->lock);
    keeper->lock = fcntl(fd, F_DUPFD_CLOEXEC, 3); // the message owns the first one
    return 0;
}

static void take_lock(struct sleep_keeper *keeper)
{
    keeper->question = sd_bus_slot_unref(keeper->question);
    int r = sd_bus_call_method_async(keeper->options.bus, &keeper->question, LOGIND, LOGIND_PATH,
                                     MANAGER, "Inhibit", on_lock, keeper, "ssss", "sleep",
                                     "sekisho", "USB storage is unmounted and shut", "delay");
    if (r < 0)
        log_warning("cannot ask logind for a delay lock: %s", strerror(-r));
}

// ---- Going to sleep ----------------------------------------------------------------------------

static void end_child(struct sleep_keeper *keeper)
{
    keeper->child = sd_event_source_disable_unref(keeper->child);
    keeper->limit = sd_event_source_disable_unref(keeper->limit);
}

static int on_long_awake(sd_event_source *source, uint64_t now, void *context);

static void shut_and_let_go(struct sleep_keeper *keeper)
{
    end_child(keeper);
    if (!keeper->asleep) // it was called off meanwhile
        return;
    usb_guard_set_asleep(keeper->options.usb, true);
    close_p(&keeper->lock);
    // The monotonic clock stands still in sleep.
    int r = sd_event_add_time_relative(keeper->options.event, &keeper->limit, CLOCK_MONOTONIC,
                                       LIE_US, 0, on_long_awake, keeper);
    if (r < 0)
        log_error("no timer for the end of sleep: %s, storage stays shut until logind tells",
                  strerror(-r));
}

static int on_child(sd_event_source *source, const siginfo_t *info, void *context)
{
    (void)source;
    if (info->si_code != CLD_EXITED || info->si_status != 0)
        log_warning("what is mounted from USB is in use; it is saved and detached before sleep");
    shut_and_let_go(context);
    return 0;
}

static int on_limit(sd_event_source *source, uint64_t now, void *context)
{
    (void)source, (void)now;
    log_error("unmounting took too long before sleep; what was not saved yet may be lost");
    shut_and_let_go(context);
    return 0;
}

// In the child; the parent has threads, so only what is safe between fork() and the end.
static int save_and_unmount(const struct mounts *mounts)
{
    int in_use = 0;
    for (size_t i = mounts->n; i-- > 0;) { // later ones may lie in earlier ones
        const char *point = mounts->items[i].mount->point;
        int fd = open(point, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
        if (fd >= 0) {
            (void)syncfs(fd);
            (void)close(fd);
        }
        if (umount2(point, UMOUNT_NOFOLLOW) < 0) {
            in_use = 1;
            (void)umount2(point, MNT_DETACH | UMOUNT_NOFOLLOW);
        }
    }
    return in_use;
}

// What the system itself stands on stays.
static void leave_vital(const struct usb_guard *guard, struct mounts *mounts)
{
    size_t kept = 0;
    for (size_t i = 0; i < mounts->n; i++) {
        if (usb_guard_is_vital(guard, mounts->items[i].mount->usb))
            mount_free(mounts->items[i].mount);
        else
            mounts->items[kept++] = mounts->items[i];
    }
    mounts->n = kept;
}

static int unmount(struct sleep_keeper *keeper)
{
    CLEANUP(mounts_clear) struct mounts mounts = {0};
    const struct places *places = keeper->options.places;
    int r = mounts_read(places->sys, places->proc, places->dev, &mounts);
    if (r < 0)
        return r;
    leave_vital(keeper->options.usb, &mounts);
    if (mounts.n == 0)
        return -ENOENT;
    pid_t child = fork();
    if (child == 0)
        _exit(save_and_unmount(&mounts));
    if (child < 0)
        return -errno;
    r = sd_event_add_child(keeper->options.event, &keeper->child, child, WEXITED, on_child, keeper);
    if (r >= 0)
        r = sd_event_source_set_child_process_own(keeper->child, true); // killed when let go of
    if (r >= 0)
        r = sd_event_add_time_relative(keeper->options.event, &keeper->limit, CLOCK_MONOTONIC,
                                       UNMOUNT_US, 0, on_limit, keeper);
    return r < 0 ? r : 0;
}

static void go_to_sleep(struct sleep_keeper *keeper)
{
    if (!usb_guard_is_enforcing(keeper->options.usb)) {
        close_p(&keeper->lock);
        return;
    }
    int r = unmount(keeper);
    if (r == 0)
        return; // the child's end, or the limit, goes on
    if (r != -ENOENT)
        log_error("cannot unmount before sleep: %s, its devices are shut", strerror(-r));
    shut_and_let_go(keeper);
}

// ---- Waking ------------------------------------------------------------------------------------

static void wake(struct sleep_keeper *keeper)
{
    keeper->asleep = false;
    end_child(keeper);
    usb_guard_set_asleep(keeper->options.usb, false);
    keeper->options.woken(keeper->options.context);
    if (keeper->lock < 0)
        take_lock(keeper);
}

static int on_long_awake(sd_event_source *source, uint64_t now, void *context)
{
    (void)source, (void)now;
    log_warning("the machine was to sleep and does not; USB storage is decided on again");
    wake(context);
    return 0;
}

static int on_prepare(sd_bus_message *signal, void *context, sd_bus_error *error)
{
    struct sleep_keeper *keeper = context;
    int begins;
    (void)error;
    if (sd_bus_message_read(signal, "b", &begins) < 0)
        return 0; // another version of logind's signal: not ours
    if (!begins) {
        wake(keeper);
    } else if (!keeper->asleep) {
        keeper->asleep = true;
        go_to_sleep(keeper);
    }
    return 0;
}

// ---- Public ------------------------------------------------------------------------------------

void sleep_keeper_free(struct sleep_keeper *keeper)
{
    if (!keeper)
        return;
    end_child(keeper);
    sd_bus_slot_unref(keeper->match);
    sd_bus_slot_unref(keeper->question);
    close_p(&keeper->lock);
    free(keeper);
}

int sleep_keeper_new(const struct sleep_keeper_options *options, struct sleep_keeper **ret)
{
    CLEANUP(sleep_keeper_free_p) struct sleep_keeper *keeper = calloc(1, sizeof *keeper);
    if (!keeper)
        return -ENOMEM;
    keeper->options = *options;
    keeper->lock = -1;
    if (options->bus) {
        // Waited for: an answer that the loop would be too busy to take in time ends the
        // connection.
        int r = sd_bus_match_signal(options->bus, &keeper->match, LOGIND, LOGIND_PATH, MANAGER,
                                    "PrepareForSleep", on_prepare, keeper);
        if (r < 0)
            return r;
        take_lock(keeper);
    }
    *ret = TAKE_PTR(keeper);
    return 0;
}
