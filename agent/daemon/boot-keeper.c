// SPDX-License-Identifier: GPL-3.0-or-later
// A change in /boot → a little later the unit → what it has found.
#include "daemon/boot-keeper.h"

#include "base/file.h"
#include "base/json.h"
#include "base/log.h"
#include "base/text.h"
#include "daemon/unit-job.h"

#include <errno.h>
#include <string.h>
#include <sys/inotify.h>

#define CHECK_UNIT "sekisho-initramfs-check.service"
#define FOUND_FILE "initramfs" // in /run/sekisho; a line is "FINDING KERNEL"
#define FOUND_MAX 65536
#define DELAY_US (5 * 1000 * 1000ULL)
#define CHANGES (IN_CLOSE_WRITE | IN_CREATE | IN_DELETE | IN_MOVED_FROM | IN_MOVED_TO | IN_ONLYDIR)

struct boot_keeper {
    struct boot_keeper_options options;
    sd_event_source *changes, *delay;
    struct unit_job *job;
    const char *outcome; // of the last look: "ok", "failed", "unchecked"; NULL: none yet
    json_object *kernels;
};

// ---- What was found ----------------------------------------------------------------------------

static bool is_finding(const char *word)
{
    static const char *const words[] = {"missing", "unreadable", "open", "incomplete", "stale"};
    for (size_t i = 0; i < ELEMENTS(words); i++)
        if (text_equal(words[i], word))
            return true;
    return false;
}

static int add_kernel(json_object *kernels, char *line)
{
    char *kernel = strchr(line, ' ');
    if (!kernel)
        return -EBADMSG;
    *kernel++ = '\0';
    CLEANUP_FREE char *printable = text_printable(kernel);
    if (!printable)
        return -ENOMEM;
    if (!is_finding(line))
        return -EBADMSG;
    json_object *object = json_object_new_object();
    json_add_text(object, "kernel", printable);
    json_add_text(object, "finding", line);
    return json_object_array_add(kernels, object) < 0 ? -ENOMEM : 0;
}

static int read_found(const struct places *places, json_object **ret)
{
    CLEANUP_FREE char *text = NULL;
    CLEANUP_JSON json_object *kernels = json_object_new_array();
    int r = file_read_at(places->run, FOUND_FILE, FOUND_MAX, &text, NULL);
    char *rest = text;
    for (char *line; r == 0 && (line = strtok_r(rest, "\n", &rest));)
        r = add_kernel(kernels, line);
    if (r < 0)
        return r;
    *ret = TAKE_PTR(kernels);
    return 0;
}

// ---- What becomes of it ------------------------------------------------------------------------

static void record(struct boot_keeper *keeper, enum fact_kind kind, const char *outcome)
{
    struct json_object *details = json_object_new_object();
    if (keeper->kernels && json_object_array_length(keeper->kernels) > 0)
        json_object_object_add(details, "kernels", json_object_get(keeper->kernels));
    recorder_put(keeper->options.recorder, recorder_fact(kind, "initramfs", outcome, details), NULL,
                 NULL);
}

static void settle(struct boot_keeper *keeper, const char *outcome, json_object *kernels)
{
    bool same = text_equal(keeper->outcome, outcome) && json_object_equal(keeper->kernels, kernels);
    json_object_put(keeper->kernels);
    keeper->kernels = kernels;
    keeper->outcome = outcome;
    if (!same)
        record(keeper, text_equal(outcome, "ok") ? FACT_POSTURE_OK : FACT_POSTURE_FAILED, outcome);
}

static void on_looked(void *context, int error)
{
    struct boot_keeper *keeper = context;
    json_object *kernels = NULL;
    if (!mode_keeper_is_installed(keeper->options.mode, GUARD_USB))
        return;
    int r = error < 0 ? error : read_found(keeper->options.places, &kernels);
    if (r < 0)
        log_warning("cannot tell whether every initramfs shuts the gate: %s; see: journalctl "
                    "-u " CHECK_UNIT,
                    strerror(-r));
    settle(keeper,
           r < 0                                   ? "unchecked"
           : json_object_array_length(kernels) > 0 ? "failed"
                                                   : "ok",
           kernels);
}

// In observe nothing is asked of an initramfs.
static void end(struct boot_keeper *keeper)
{
    bool was_well = boot_keeper_is_well(keeper);
    unit_job_free(TAKE_PTR(keeper->job));
    json_object_put(TAKE_PTR(keeper->kernels));
    keeper->outcome = NULL;
    if (!was_well)
        record(keeper, FACT_POSTURE_OK, "ended");
}

// ---- When to look ------------------------------------------------------------------------------

static int on_delay(sd_event_source *source, uint64_t now, void *context)
{
    struct boot_keeper *keeper = context;
    (void)source, (void)now;
    unit_job_free(TAKE_PTR(keeper->job));
    if (!mode_keeper_is_installed(keeper->options.mode, GUARD_USB)) {
        end(keeper);
        return 0;
    }
    int r = keeper->options.bus
                ? unit_job_start(keeper->options.bus, CHECK_UNIT, on_looked, keeper, &keeper->job)
                : -ENOTCONN;
    if (r < 0)
        on_looked(keeper, r);
    return 0;
}

static int on_changed(sd_event_source *source, const struct inotify_event *event, void *context)
{
    (void)source, (void)event;
    boot_keeper_look_soon(context);
    return 0;
}

void boot_keeper_look_soon(struct boot_keeper *keeper)
{
    int enabled;
    int r = sd_event_source_get_enabled(keeper->delay, &enabled);
    if (r >= 0 && enabled != SD_EVENT_OFF)
        return; // put off again and again it would never come
    r = sd_event_source_set_time_relative(keeper->delay, DELAY_US);
    if (r >= 0)
        r = sd_event_source_set_enabled(keeper->delay, SD_EVENT_ONESHOT);
    if (r < 0)
        log_warning("cannot have every initramfs looked at: %s; the next start will", strerror(-r));
}

// ---- Life --------------------------------------------------------------------------------------

bool boot_keeper_is_well(const struct boot_keeper *keeper)
{
    return !keeper->outcome || text_equal(keeper->outcome, "ok");
}

void boot_keeper_describe(const struct boot_keeper *keeper, json_object *status)
{
    if (!mode_keeper_is_installed(keeper->options.mode, GUARD_USB))
        return;
    json_object *object = json_object_new_object();
    json_add_text(object, "state", keeper->outcome ? keeper->outcome : "unknown");
    json_object_object_add(object, "kernels",
                           keeper->kernels ? json_object_get(keeper->kernels)
                                           : json_object_new_array());
    json_object_object_add(status, "initramfs", object);
}

static int watch(struct boot_keeper *keeper, const char *boot)
{
    int r = sd_event_add_time_relative(keeper->options.event, &keeper->delay, CLOCK_MONOTONIC,
                                       DELAY_US, 0, on_delay, keeper);
    if (r < 0)
        return r;
    r = sd_event_add_inotify(keeper->options.event, &keeper->changes, boot, CHANGES, on_changed,
                             keeper);
    if (r == -ENOENT)
        return 0; // a machine that keeps its kernels elsewhere
    if (r < 0)
        log_warning("%s: cannot be watched: %s; every start looks at it", boot, strerror(-r));
    return 0;
}

int boot_keeper_new(const struct boot_keeper_options *options, struct boot_keeper **ret)
{
    CLEANUP(boot_keeper_free_p) struct boot_keeper *keeper = calloc(1, sizeof *keeper);
    if (!keeper)
        return -ENOMEM;
    keeper->options = *options;
    keeper->options.boot = NULL;
    int r = watch(keeper, options->boot);
    if (r < 0)
        return r;
    *ret = TAKE_PTR(keeper);
    return 0;
}

void boot_keeper_free(struct boot_keeper *keeper)
{
    if (!keeper)
        return;
    sd_event_source_disable_unref(keeper->changes);
    sd_event_source_disable_unref(keeper->delay);
    unit_job_free(keeper->job);
    json_object_put(keeper->kernels);
    free(keeper);
}
