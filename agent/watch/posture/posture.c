// SPDX-License-Identifier: GPL-3.0-or-later
// Watches how the machine is set up for those who sit at it: logins, screens, boot, clock, rights.
// The look itself is the program health. Once an hour, and when dpkg or somebody else was at our
// files, the package is compared too, which takes longer than all the rest; in between, what it was
// found to be stands.
#include "watch/watch.h"

#include "base/json.h"
#include "base/text.h"
#include "fact/look.h"
#include "watch/posture/gather.h"
#include "worker/probe.h"

#include <errno.h>
#include <sys/inotify.h>

#define PATIENCE_US (30 * 1000 * 1000ULL)
#define PACKAGE_EACH_NS (60 * 60 * NS_PER_S)
#define PACKAGE "package"

#define PACKAGE_REST_NS (60 * NS_PER_S) // however often somebody is at our files
#define CHANGES (IN_CLOSE_WRITE | IN_ATTRIB | IN_CREATE | IN_DELETE | IN_MOVED_FROM | IN_MOVED_TO)

// Folders that our package has files in.
static const char *const package_folders[] = {"/usr/libexec/sekisho", "/usr/sbin", "/usr/bin",
                                              "/usr/lib/udev/rules.d", "/usr/lib/systemd/system"};

struct posture_watch {
    struct watch_context context;
    struct probe *probe;    // NULL: not live
    json_object *package;   // what was last found of it; NULL: nothing yet. Owned
    uint64_t package_at_ns; // monotonic; when that was
    bool is_package_stale;  // something changed where its files are
    bool asks_package;      // the next look does
    sd_event_source *package_wires[ELEMENTS(package_folders)];
};

// Folders are watched for what comes into them, files for what is written into them in place.
static const char *const changes[] = {
    "/etc/passwd",
    "/etc/shadow",
    "/etc/group",
    "/etc/pam.d",
    "/etc/sudoers",
    "/etc/sudoers.d",
    "/etc/gdm3",
    "/etc/lightdm",
    "/etc/lightdm/lightdm.conf",
    "/etc/lightdm/lightdm.conf.d",
    "/usr/share/lightdm/lightdm.conf.d",
    "/etc/sddm.conf",
    "/etc/sddm.conf.d",
    "/etc/X11/default-display-manager",
    "/etc/systemd/system",
    "/etc/systemd/system/getty@.service.d",
    "/etc/systemd/system/getty@tty1.service.d",
    "/etc/systemd/system/rescue.service.d",
    "/etc/systemd/system/emergency.service.d",
    "/etc/ssh",
    "/etc/ssh/sshd_config.d",
    "/root/.ssh",
    "/etc/dconf/db/local.d",
    "/etc/dconf/db/local.d/locks",
    "/etc/xdg/kscreenlockerrc",
    "/etc/xdg/autostart",
    "/boot/grub",
    "/etc/localtime",
    "/etc/security/limits.conf",
    "/etc/security/limits.d",
    "/etc/systemd/coredump.conf",
};

// ---- The package, at times ---------------------------------------------------------------------

// Between looks at it the last answer counts, so that a finding does not come and go.
static void keep_or_restore(struct posture_watch *watch, json_object *facts)
{
    json_object *package = json_get(facts, PACKAGE);
    bool told = json_get(package, "changed") || json_get(package, "errors");
    if (told) {
        json_object_put(watch->package);
        watch->package = json_object_get(package);
        watch->package_at_ns = moment_now().monotonic_ns;
        watch->is_package_stale = false;
    } else if (watch->package) {
        json_add(facts, PACKAGE, json_object_get(watch->package));
    }
}

static bool is_due(const struct posture_watch *watch)
{
    uint64_t age_ns = moment_now().monotonic_ns - watch->package_at_ns;
    return !watch->package || age_ns >= PACKAGE_EACH_NS ||
           (watch->is_package_stale && age_ns >= PACKAGE_REST_NS);
}

static int ask(struct posture_watch *watch)
{
    static const char *const with_package[] = {POSTURE_WITH_PACKAGE};
    bool due = is_due(watch);
    int r = 0;
    if (due != watch->asks_package)
        r = probe_set_arguments(watch->probe, with_package, due ? ELEMENTS(with_package) : 0);
    if (r < 0)
        return r;
    watch->asks_package = due;
    return probe_ask(watch->probe);
}

static void on_seen(void *context, json_object *facts, const char *why)
{
    struct posture_watch *watch = context;
    if (facts)
        keep_or_restore(watch, facts);
    (void)!look_put(&watch->context.sink, FACT_SEEN_POSTURE, facts,
                    why); // else the next minute's does
}

// Within the rest, the next minute's look does it.
static int on_package_folder(sd_event_source *source, const struct inotify_event *event,
                             void *context)
{
    struct posture_watch *watch = context;
    (void)source, (void)event;
    watch->is_package_stale = true;
    if (is_due(watch))
        (void)!ask(watch);
    return 0;
}

// One that can't be watched is looked at each hour all the same.
static void watch_package(struct posture_watch *watch)
{
    for (size_t i = 0; i < ELEMENTS(package_folders); i++)
        (void)sd_event_add_inotify(watch->context.event, &watch->package_wires[i],
                                   package_folders[i], CHANGES, on_package_folder, watch);
}

// ---- Life --------------------------------------------------------------------------------------

static int posture_snapshot(void *state)
{
    struct posture_watch *watch = state;
    return watch->probe ? ask(watch) : 0;
}

static void posture_stop(void *state)
{
    struct posture_watch *watch = state;
    if (!watch)
        return;
    for (size_t i = 0; i < ELEMENTS(watch->package_wires); i++)
        sd_event_source_disable_unref(watch->package_wires[i]);
    probe_free(watch->probe);
    json_object_put(watch->package);
    free(watch);
}

static void posture_stop_p(struct posture_watch **watch)
{
    posture_stop(*watch);
}

static int start_probe(struct posture_watch *watch)
{
    const struct probe_options options = {
        .event = watch->context.event,
        .programs = watch->context.programs,
        .section = "posture",
        .patience_us = PATIENCE_US,
        .seen = on_seen,
        .context = watch,
    };
    int r = probe_new(&options, &watch->probe);
    for (size_t i = 0; r == 0 && watch->context.machine && i < ELEMENTS(changes); i++)
        r = wires_add_path(probe_wires(watch->probe), changes[i]);
    if (r == 0 && watch->context.machine)
        watch_package(watch);
    return r;
}

static int posture_start(const struct watch_context *context, void **ret_state)
{
    CLEANUP(posture_stop_p) struct posture_watch *watch = calloc(1, sizeof *watch);
    if (!watch)
        return -ENOMEM;
    watch->context = *context;
    int r = context->live ? start_probe(watch) : 0;
    if (r < 0)
        return r;
    *ret_state = TAKE_PTR(watch);
    return 0;
}

const struct watch watch_posture = {
    .name = "posture",
    .start = posture_start,
    .stop = posture_stop,
    .snapshot = posture_snapshot,
};
