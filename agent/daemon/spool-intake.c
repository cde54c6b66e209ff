// SPDX-License-Identifier: GPL-3.0-or-later
// Taking over the spool.
#include "daemon/spool-intake.h"

#include "base/json.h"
#include "base/log.h"
#include "base/text.h"
#include "daemon/usb-rows.h"
#include "fact/spool.h"
#include "ledger/query.h"

#include <errno.h>
#include <string.h>

#define TAKEN_MAX 1024

// One plug of one device.
struct plug {
    char boot[BOOT_ID_SIZE];
    uint32_t bus, address;
};

struct intake {
    const char *ledger_folder;
    struct recorder *recorder;
    struct usb_guard *usb;
    struct plug taken[TAKEN_MAX]; // in this round: initramfs and coldplug report the same device
    size_t n_taken;
};

static struct plug plug_of(const struct spool_entry *entry)
{
    struct plug plug = {.bus = entry->device->bus, .address = entry->device->address};
    memcpy(plug.boot, entry->at.boot, sizeof plug.boot);
    return plug;
}

static bool was_taken(const struct intake *intake, const struct plug *plug)
{
    for (size_t i = 0; i < intake->n_taken; i++)
        if (intake->taken[i].bus == plug->bus && intake->taken[i].address == plug->address &&
            strcmp(intake->taken[i].boot, plug->boot) == 0)
            return true;
    return false;
}

struct presence {
    const struct usb_device *device;
    bool plugged;
};

static int compare(void *context, const struct usb_device *device, const struct verdict *verdict)
{
    struct presence *presence = context;
    (void)verdict;
    presence->plugged |= device->bus == presence->device->bus &&
                         device->address == presence->device->address &&
                         usb_device_is_twin(device, presence->device);
    return 0;
}

// Is the very same plug still there? Then the guard has decided on it and recorded it.
static bool is_plugged(const struct intake *intake, const struct spool_entry *entry)
{
    struct presence presence = {.device = entry->device};
    return strcmp(entry->at.boot, moment_now().boot) == 0 &&
           usb_guard_visit(intake->usb, compare, &presence) == 0 && presence.plugged;
}

static int find_name(void *context, const struct query_row *row)
{
    CLEANUP_FREE char *key = text_format("\"spool\":\"%s\"", (const char *)context);
    if (!key)
        return -ENOMEM;
    return row->fact.details && strstr(row->fact.details, key) ? 1 : 0;
}

// Did an earlier run record it, and die before the file was gone?
static int is_recorded(const struct intake *intake, const char *name, uint64_t wall_ns)
{
    CLEANUP(query_free_paths_p) char **paths = NULL;
    size_t n = 0;
    int r = query_list_months(intake->ledger_folder, &paths, &n);
    if (r < 0)
        return r;
    const struct query_filter filter = {
        .since_ns = wall_ns > NS_PER_S ? wall_ns - NS_PER_S : 0, .kind = "usb.*", .severity = -1};
    return query_run((const char *const *)paths, n, &filter, find_name, (void *)name);
}

static struct fact *row_of(const char *name, const struct spool_entry *entry)
{
    bool allowed = !text_equal(entry->verdict, "block");
    bool observed = text_equal(entry->mode, "observe");
    struct json_object *details = usb_device_to_json(entry->device);
    CLEANUP_FREE char *identity = usb_device_identity(entry->device);
    json_add_text(details, "verdict", entry->verdict);
    json_add_text(details, "reason", entry->reason);
    json_add_text(details, "rule", entry->rule);
    json_add_text(details, "spool", name);
    if (entry->error)
        json_add_text(details, "error", strerror(entry->error));
    struct fact *fact = recorder_fact(allowed ? FACT_USB_ALLOWED : FACT_USB_BLOCKED, identity,
                                      allowed    ? "allowed"
                                      : observed ? "observed"
                                                 : "blocked",
                                      details);
    if (!fact)
        return NULL;
    fact->at = entry->at;
    if (!allowed && observed)
        fact->severity = SEVERITY_WARNING;
    return fact;
}

static int on_entry(void *context, const char *name, const struct spool_entry *entry)
{
    struct intake *intake = context;
    uint64_t sequence;
    if (!entry) // somebody meddled with it
        return recorder_put_and_wait(intake->recorder,
                                     recorder_fact(FACT_AGENT_TAMPERED, name, "discarded", NULL),
                                     &sequence);
    const struct plug plug = plug_of(entry);
    if (was_taken(intake, &plug) || is_plugged(intake, entry))
        return 0;
    int r = is_recorded(intake, name, entry->at.wall_ns);
    if (r < 0)
        return r;
    if (r == 0)
        r = recorder_put_and_wait(intake->recorder, row_of(name, entry), &sequence);
    if (r < 0)
        return r;
    if (intake->n_taken < TAKEN_MAX)
        intake->taken[intake->n_taken++] = plug;
    return 0;
}

static void confess(struct recorder *recorder, uint64_t lost)
{
    struct json_object *details = json_object_new_object();
    json_add_text(details, "cause", "more devices than the spool holds");
    json_add_number(details, "lost", lost);
    recorder_put(recorder, recorder_fact(FACT_AGENT_GAP, NULL, "unwatched", details), NULL, NULL);
}

void spool_intake(const struct places *places, const char *ledger_folder, struct recorder *recorder,
                  struct usb_guard *usb)
{
    struct intake *intake = calloc(1, sizeof *intake);
    uint64_t lost = 0;
    if (!intake)
        return; // the next round takes it
    *intake = (struct intake){.ledger_folder = ledger_folder, .recorder = recorder, .usb = usb};
    int r = spool_take_all(places->run, on_entry, intake, &lost);
    if (r < 0)
        log_error("cannot take over the verdicts of the spool: %s, trying again within a minute",
                  strerror(-r));
    if (lost > 0)
        confess(recorder, lost);
    free(intake);
}
