// SPDX-License-Identifier: GPL-3.0-or-later
// One StartUnit call and the JobRemoved signal that answers it.
#include "daemon/unit-job.h"

#include "base/text.h"

#include <errno.h>
#include <string.h>

#define SYSTEMD "org.freedesktop.systemd1"
#define SYSTEMD_PATH "/org/freedesktop/systemd1"
#define SYSTEMD_MANAGER "org.freedesktop.systemd1.Manager"

struct unit_job {
    char *unit;
    char *path; // of systemd's job; NULL until it has answered
    unit_job_done done;
    void *context;
    sd_bus_slot *call, *match;
};

static void finish(struct unit_job *job, int error)
{
    unit_job_done done = job->done;
    job->done = NULL;
    if (done)
        done(job->context, error);
}

static int on_started(sd_bus_message *reply, void *context, sd_bus_error *error)
{
    struct unit_job *job = context;
    const char *path;
    (void)error;
    int r = sd_bus_message_is_method_error(reply, NULL) ? -sd_bus_message_get_errno(reply)
                                                        : sd_bus_message_read(reply, "o", &path);
    if (r >= 0)
        r = text_set(&job->path, path);
    if (r < 0)
        finish(job, r);
    return 0;
}

// An earlier job of the same unit, which this one has replaced, ends too: that is not our end.

static int on_removed(sd_bus_message *signal, void *context, sd_bus_error *error)
{
    struct unit_job *job = context;
    const char *path, *unit, *result;
    uint32_t id;
    (void)error;
    int r = sd_bus_message_read(signal, "uoss", &id, &path, &unit, &result);
    if (r < 0)
        return 0; // another version of systemd's signal: not ours
    if (job->path && text_equal(path, job->path) && text_equal(unit, job->unit))
        finish(job, text_equal(result, "done") ? 0 : -EIO);
    return 0;
}

static int subscribe(sd_bus *bus, struct unit_job *job)
{
    int r = sd_bus_call_method_async(bus, NULL, SYSTEMD, SYSTEMD_PATH, SYSTEMD_MANAGER, "Subscribe",
                                     NULL, NULL, "");
    if (r < 0)
        return r;
    // Waited for: an answer that the loop would be too busy to take in time ends the connection.
    return sd_bus_match_signal(bus, &job->match, SYSTEMD, SYSTEMD_PATH, SYSTEMD_MANAGER,
                               "JobRemoved", on_removed, job);
}

int unit_job_start(sd_bus *bus, const char *unit, unit_job_done done, void *context,
                   struct unit_job **ret)
{
    CLEANUP(unit_job_free_p) struct unit_job *job = calloc(1, sizeof *job);
    if (!job)
        return -ENOMEM;
    *job = (struct unit_job){.unit = text_dup(unit), .done = done, .context = context};
    if (!job->unit)
        return -ENOMEM;
    int r = subscribe(bus, job);
    if (r < 0)
        return r;
    r = sd_bus_call_method_async(bus, &job->call, SYSTEMD, SYSTEMD_PATH, SYSTEMD_MANAGER,
                                 "RestartUnit", on_started, job, "ss", unit, "replace");
    if (r < 0)
        return r;
    *ret = TAKE_PTR(job);
    return 0;
}

void unit_job_free(struct unit_job *job)
{
    if (!job)
        return;
    sd_bus_slot_unref(job->call);
    sd_bus_slot_unref(job->match);
    free(job->unit);
    free(job->path);
    free(job);
}
