// SPDX-License-Identifier: GPL-3.0-or-later
// Media and mounts: decides, makes the kernel agree, records.
#include "daemon/medium-guard.h"

#include "base/json.h"
#include "base/log.h"
#include "base/text.h"
#include "enforce/enforce.h"
#include "fact/cleared.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>

#define POINT_MAX 4096 // bytes of a mount point that are recorded

struct medium_guard {
    struct medium_guard_options options;
    void *watch_state;
    bool returning; // a walk over all media gives them back
};

static bool is_enforcing(const struct medium_guard *guard)
{
    return gate_keeper_get(guard->options.gate)->mode == MODE_ENFORCE;
}

// ---- Media -------------------------------------------------------------------------------------

static struct fact *medium_row(enum fact_kind kind, const struct medium *medium,
                               const char *outcome)
{
    struct json_object *details = json_object_new_object();
    json_add_text(details, "node", medium->node);
    json_add_text(details, "device", medium->usb);
    json_add_number(details, "size", medium->size);
    json_add_text(details, "content", medium_content_to_str(medium->content));
    if (medium->finding)
        json_add_text(details, "finding", medium->finding);
    json_add_text(details, "luks", medium->luks);
    return recorder_fact(kind, medium->node, outcome, details);
}

// Is the node root's alone, as udev's rule leaves it where it is held?
static bool node_is_shut(struct medium_guard *guard, const struct medium *medium)
{
    struct stat st;
    return fstatat(guard->options.places->dev, medium->sysname, &st, AT_SYMLINK_NOFOLLOW) == 0 &&
           st.st_uid == 0 && (st.st_mode & (S_IRWXG | S_IRWXO)) == 0;
}

// The approval or the mode may be newer than udev's last look at the medium.
static void ask_udev(struct medium_guard *guard, const struct medium *medium)
{
    int r = enforce_medium_reconsider(guard->options.places->sys, medium->sysname);
    if (r < 0)
        log_error("cannot have udev look at %s: %s, trying again within a minute", medium->node,
                  strerror(-r));
}

static void hold_medium(struct medium_guard *guard, const struct medium *medium,
                        const struct verdict *verdict)
{
    bool open = (verdict->read_only && !medium->read_only) ||
                (verdict->encrypted && !node_is_shut(guard, medium));
    // Under the running system nothing is taken away: usb-verdict leaves it as it is, too.
    if (open && !usb_guard_is_vital(guard->options.usb, medium->usb))
        ask_udev(guard, medium);
    if (!verdict->encrypted)
        return;
    int r =
        guard->watch_state ? watch_medium_examine(guard->watch_state, medium->sysname) : -EAGAIN;
    if (r < 0)
        log_error("cannot look at %s: %s, it stays shut", medium->node, strerror(-r));
}

static void open_medium(struct medium_guard *guard, const struct medium *medium,
                        const struct verdict *verdict)
{
    const struct places *places = guard->options.places;
    if (!verdict->encrypted) {
        if (node_is_shut(guard, medium))
            ask_udev(guard, medium);
        return;
    }
    if (cleared_is_set(places->run, medium->sequence, medium->sysname) == 1)
        return;
    int r = cleared_set(places->run, medium->sequence, medium->sysname);
    if (r == 0)
        r = enforce_medium_reconsider(places->sys, medium->sysname);
    if (r < 0)
        log_error("cannot open %s: %s, it stays shut", medium->node, strerror(-r));
}

static void forget_medium(struct medium_guard *guard, const struct medium *medium)
{
    int r = cleared_forget(guard->options.places->run, medium->sequence);
    if (r < 0)
        log_error("cannot take back that %s is encrypted: %s", medium->node, strerror(-r));
}

static void refuse_medium(struct medium_guard *guard, const struct medium *medium,
                          const struct verdict *verdict)
{
    forget_medium(guard, medium);
    if (verdict->allowed) // otherwise its device is shut already, for what was found on it
        usb_guard_refuse(guard->options.usb, medium->usb, REASON_NOT_ENCRYPTED);
    recorder_put(guard->options.recorder, medium_row(FACT_MEDIUM_REFUSED, medium, "refused"), NULL,
                 NULL);
}

// udev answers by the gate file, so permissions and properties are the machine's own again.
static void give_back(struct medium_guard *guard, const struct medium *medium,
                      const struct verdict *verdict)
{
    forget_medium(guard, medium);
    if (verdict->allowed && verdict->read_only) {
        int r = enforce_medium_writable(guard->options.places->dev, medium->sysname);
        if (r < 0 && r != -ENOENT && r != -ENODEV)
            log_warning("cannot make %s writable again: %s; plug it in anew", medium->node,
                        strerror(-r));
    }
    ask_udev(guard, medium);
}

// Whose it is shows by what is on it: the verdict may be another one now.
static int identify(struct medium_guard *guard, const struct medium *medium,
                    struct verdict *verdict)
{
    struct usb_guard *usb = guard->options.usb;
    int r = usb_guard_identify(usb, medium->usb, medium->luks);
    if (r == 0)
        r = usb_guard_verdict(usb, medium->usb, verdict);
    if (r < 0)
        log_error("cannot keep in mind what is on %s: %s, it stays shut", medium->node,
                  strerror(-r));
    return r;
}

static void on_medium(struct medium_guard *guard, const struct medium *medium)
{
    struct verdict verdict;
    if (!medium->usb || usb_guard_verdict(guard->options.usb, medium->usb, &verdict) < 0)
        return;
    if (guard->returning)
        give_back(guard, medium, &verdict);
    if (!is_enforcing(guard))
        return;
    if (!verdict.allowed) // its device is being shut
        return;
    if (medium->luks && identify(guard, medium, &verdict) < 0)
        return;
    switch (decide_medium(&verdict, medium)) {
    case MEDIUM_OPEN:
        open_medium(guard, medium, &verdict);
        break;
    case MEDIUM_HOLD:
        hold_medium(guard, medium, &verdict);
        break;
    case MEDIUM_REFUSE:
        refuse_medium(guard, medium, &verdict);
        break;
    }
}

// ---- Mounts ------------------------------------------------------------------------------------

static struct fact *mount_row(enum fact_kind kind, const struct mount *mount, const char *outcome)
{
    CLEANUP_FREE char *point = text_escape(mount->point, strlen(mount->point), POINT_MAX);
    if (!point)
        return NULL;
    struct json_object *details = json_object_new_object();
    json_add_text(details, "source", mount->source);
    json_add_text(details, "point", point);
    json_add_text(details, "type", mount->type);
    json_add_text(details, "device", mount->usb);
    json_add_bool(details, "read_only", mount->read_only);
    json_add_bool(details, "encrypted", mount->through_crypt);
    return recorder_fact(kind, point, outcome, details);
}

// What an approval does not cover; REASON_APPROVED: nothing is wrong with it. For writing it can be
// mounted only before the medium was held: to protect it then stops no writing through this mount.
static enum reason judge_mount(struct medium_guard *guard, const struct mount *mount)
{
    struct verdict verdict;
    if (usb_guard_verdict(guard->options.usb, mount->usb, &verdict) < 0 || !verdict.allowed ||
        (verdict.encrypted && !mount->through_crypt))
        return REASON_NOT_ENCRYPTED;
    bool writable = verdict.read_only && !mount->read_only;
    return writable && is_enforcing(guard) ? REASON_NOT_READ_ONLY : REASON_APPROVED;
}

static void on_mount(struct medium_guard *guard, const struct mount *mount)
{
    if (!mount->usb || mount->gone)
        return;
    enum reason reason = judge_mount(guard, mount);
    bool forbidden = reason != REASON_APPROVED;
    if (!forbidden || !is_enforcing(guard)) {
        if (mount->again)
            return;
        recorder_put(guard->options.recorder,
                     mount_row(FACT_MEDIUM_MOUNTED, mount, forbidden ? "observed" : "mounted"),
                     NULL, NULL);
        return;
    }
    if (usb_guard_is_vital(guard->options.usb, mount->usb))
        return; // the running system itself; the guard of its device tells
    int r = enforce_medium_unmount(mount->point);
    if (r < 0)
        log_error("cannot unmount %s: %s, its device is shut", mount->source, strerror(-r));
    recorder_put(guard->options.recorder,
                 mount_row(FACT_MEDIUM_REFUSED, mount, r < 0 ? "failed" : "unmounted"), NULL, NULL);
    usb_guard_refuse(guard->options.usb, mount->usb, reason);
}

// ---- Public ------------------------------------------------------------------------------------

void medium_guard_on_fact(struct medium_guard *guard, const struct fact *fact)
{
    if (fact->kind == FACT_SEEN_MEDIUM && fact->medium)
        on_medium(guard, fact->medium);
    else if (fact->kind == FACT_SEEN_MEDIUM_GONE && fact->medium)
        forget_medium(guard, fact->medium);
    else if (fact->kind == FACT_SEEN_MOUNT && fact->mount)
        on_mount(guard, fact->mount);
}

void medium_guard_on_mode(struct medium_guard *guard)
{
    if (!guard->watch_state)
        return; // at the start: the first snapshot is still to come
    watch_medium_forget(guard->watch_state);
    guard->returning = !is_enforcing(guard);
    int r = watch_medium.snapshot(guard->watch_state);
    guard->returning = false;
    if (r < 0)
        log_error("cannot look at every medium: %s, trying again within a minute", strerror(-r));
}

void medium_guard_set_watch(struct medium_guard *guard, void *watch_state)
{
    guard->watch_state = watch_state;
}

int medium_guard_new(const struct medium_guard_options *options, struct medium_guard **ret)
{
    struct medium_guard *guard = calloc(1, sizeof *guard);
    if (!guard)
        return -ENOMEM;
    guard->options = *options;
    // What was found before was not watched since: each medium is looked at anew.
    int r = cleared_forget_all(options->places->run);
    if (r < 0) {
        medium_guard_free(guard);
        return r;
    }
    *ret = guard;
    return 0;
}

void medium_guard_free(struct medium_guard *guard)
{
    free(guard);
}
