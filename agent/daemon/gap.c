// SPDX-License-Identifier: GPL-3.0-or-later
// Which boots there were since the newest row, by the systemd journal.
#include "daemon/gap.h"

#include "base/json.h"
#include "base/log.h"

#include <string.h>
#include <systemd/sd-journal.h>

#define BOOTS_MAX 1000 // a year of cold starts three times a day

struct boot {
    char id[BOOT_ID_SIZE];
    uint64_t first_ns, last_ns;
};

static void record(struct recorder *recorder, const struct boot *boot, uint64_t from_ns,
                   uint64_t to_ns, const struct gap_cover *cover)
{
    bool covered = cover && cover->gate;
    struct json_object *details = json_object_new_object();
    json_add_text(details, "cause", "agent not running");
    json_add_text(details, "boot", boot->id);
    json_add_number(details, "from_ns", from_ns);
    json_add_number(details, "to_ns", to_ns);
    json_add_bool(details, "covered", covered);
    if (cover)
        json_add_bool(details, "firewall", cover->firewall);
    struct fact *fact =
        recorder_fact(FACT_AGENT_GAP, NULL, covered ? "covered" : "unwatched", details);
    if (fact && covered)
        fact->severity = SEVERITY_INFO;
    recorder_put(recorder, fact, NULL, NULL);
}

static int read_entry(sd_journal *journal, struct boot *ret)
{
    sd_id128_t id;
    uint64_t monotonic_us, wall_us;
    int r = sd_journal_get_realtime_usec(journal, &wall_us);
    if (r < 0)
        return r;
    r = sd_journal_get_monotonic_usec(journal, &monotonic_us, &id);
    if (r < 0)
        return r;
    sd_id128_to_string(id, ret->id);
    ret->last_ns = wall_us * 1000;
    ret->first_ns = (wall_us - (monotonic_us < wall_us ? monotonic_us : wall_us)) * 1000;
    return 0;
}

// Steps to the newest entry before the boot that the journal stands in: boots, from the newest
// backwards.
static int previous_boot(sd_journal *journal, const struct boot *from, struct boot *ret)
{
    int r = sd_journal_seek_realtime_usec(journal, from->first_ns / 1000);
    if (r < 0)
        return r;
    for (int step = 0; step < 100; step++) { // entries that a clock step put among another boot's
        r = sd_journal_previous(journal);
        if (r <= 0)
            return r;
        r = read_entry(journal, ret);
        if (r < 0)
            return r;
        if (strcmp(ret->id, from->id) != 0 && ret->first_ns < from->first_ns)
            return 1;
    }
    return 0;
}

// The rest of the boot in which the newest row was written, and whole boots after it.
static void record_earlier(struct recorder *recorder, const struct boot *now, uint64_t since_ns)
{
    sd_journal *journal = NULL;
    struct boot boot = *now, earlier;
    int r = sd_journal_open(&journal, SD_JOURNAL_LOCAL_ONLY | SD_JOURNAL_SYSTEM);
    if (r < 0) {
        log_warning(
            "cannot read the journal's boots: %s; earlier boots are not set against the gap",
            strerror(-r));
        return;
    }
    for (int i = 0; i < BOOTS_MAX && previous_boot(journal, &boot, &earlier) > 0; i++) {
        if (earlier.last_ns <= since_ns)
            break;
        record(recorder, &earlier, earlier.first_ns > since_ns ? earlier.first_ns : since_ns,
               earlier.last_ns, NULL);
        boot = earlier;
    }
    sd_journal_close(journal);
}

void gap_record(struct recorder *recorder, const struct ledger_head *last,
                const struct gap_cover *cover)
{
    struct moment now = moment_now();
    struct boot this = {.first_ns = now.wall_ns - now.monotonic_ns, .last_ns = now.wall_ns};
    memcpy(this.id, now.boot, sizeof this.id);
    if (last->sequence == 0)
        return; // nothing was promised before the first row
    bool same_boot = strcmp(last->boot, now.boot) == 0;
    if (!same_boot)
        record_earlier(recorder, &this, last->latest.wall_ns);
    uint64_t from = same_boot ? last->latest.wall_ns : this.first_ns;
    if (from < now.wall_ns)
        record(recorder, &this, from, now.wall_ns, cover);
}
