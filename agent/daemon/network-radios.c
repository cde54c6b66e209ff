// SPDX-License-Identifier: GPL-3.0-or-later
// Keeps the radios in mind, blocks those that may not be on, and records what changes.
#include "daemon/network-radios.h"

#include "base/log.h"
#include "base/text.h"
#include "daemon/radio-rows.h"
#include "enforce/enforce.h"
#include "enforce/radio-memory.h"

#include <errno.h>
#include <string.h>

#define RADIOS_MAX 256
#define ROWS_A_MINUTE 64 // whoever may write to /dev/rfkill can switch as fast as he likes

struct entry {
    struct radio *radio;
    struct moment broken; // since when it breaks the air gap; wall time 0: it does not
    bool told;            // of which there is a row
};

struct network_radios {
    const struct places *places;
    struct recorder *recorder;
    const struct airgap *airgap; // in force; NULL before anything is
    struct radio_memory memory;
    struct entry entries[RADIOS_MAX];
    size_t n;
    size_t breaches;
    bool ready;              // what is there has been told once
    unsigned rows;           // since the last round
    uint64_t folded, unsaid; // changes that had no row of their own since, and breaches among them
};

static bool is_enforcing(const struct network_radios *radios)
{
    return radios->airgap && radios->airgap->mode == MODE_ENFORCE;
}

static bool breaks(const struct entry *entry)
{
    return entry->broken.wall_ns != 0;
}

// ---- Rows --------------------------------------------------------------------------------------

static bool may_record(struct network_radios *radios)
{
    if (radios->rows >= ROWS_A_MINUTE) {
        radios->folded++;
        return false;
    }
    radios->rows++;
    return true;
}

static void record_change(struct network_radios *radios, const struct radio *radio,
                          const char *outcome)
{
    struct radio_verdict verdict;
    if (!radios->airgap || !may_record(radios))
        return;
    decide_radio(radios->airgap, radio, &verdict);
    recorder_put(radios->recorder, radio_row(radio, &verdict, outcome), NULL, NULL);
}

static void record_broken(struct network_radios *radios, struct entry *entry,
                          const struct radio_verdict *verdict, const char *outcome)
{
    entry->told = may_record(radios);
    radios->unsaid += !entry->told;
    if (!entry->told)
        return;
    struct fact *row = radio_row_broken(entry->radio, verdict, &entry->broken, outcome);
    if (row && !is_enforcing(radios))
        row->severity = SEVERITY_WARNING;
    recorder_put(radios->recorder, row, NULL, NULL);
}

// ---- Blocking ----------------------------------------------------------------------------------

static void set_one(const struct network_radios *radios, const struct radio *radio, bool blocked)
{
    int r = enforce_radio_set(radios->places->dev, radio->index, blocked);
    if (r < 0 && !radio_is_missing(r))
        log_error("cannot %s the radio %s: %s", blocked ? "block" : "unblock", radio->name,
                  strerror(-r));
}

// Those that come later, too. What a later kernel adds can't be named, and is blocked one by one.
static void set_type(const struct network_radios *radios, enum radio_type type, bool blocked)
{
    if (type == RADIO_UNKNOWN) {
        for (size_t i = 0; i < radios->n; i++)
            if (radios->entries[i].radio->type == type)
                set_one(radios, radios->entries[i].radio, blocked);
        return;
    }
    int r = enforce_radio_set_type(radios->places->dev, type, blocked);
    if (r < 0 && !radio_is_missing(r))
        log_error("cannot %s all radios of the type %s: %s, trying again within a minute",
                  blocked ? "block" : "unblock", radio_type_to_str(type), strerror(-r));
}

static void block_held(const struct network_radios *radios)
{
    for (enum radio_type t = 0; t < RADIO_TYPE_MAX; t++)
        if (radios->memory.held & 1U << t)
            set_type(radios, t, true);
}

// Who unblocked this one may have meant also those that are to come, and of every kind. In a flood
// its own kind is enough, so that the loop keeps up; a minute brings the others.
static const char *close_radio(const struct network_radios *radios, const struct entry *entry)
{
    if (!is_enforcing(radios))
        return "observed";
    int r = enforce_radio_set(radios->places->dev, entry->radio->index, true);
    if (r < 0 && r != -ENODEV)
        log_error("cannot block the radio %s: %s, trying again within a minute", entry->radio->name,
                  strerror(-r));
    if (radios->rows < ROWS_A_MINUTE)
        block_held(radios);
    else
        set_type(radios, entry->radio->type, true);
    return r < 0 && r != -ENODEV ? "failed" : "blocked";
}

// ---- The air gap -------------------------------------------------------------------------------

static void restore(struct network_radios *radios, struct entry *entry)
{
    if (!breaks(entry))
        return;
    if (entry->told)
        recorder_put(radios->recorder, radio_row_restored(entry->radio, &entry->broken), NULL,
                     NULL);
    entry->broken.wall_ns = 0;
    radios->breaches--;
}

// `came`: the kernel tells of a radio first and blocks it then, by the rule for its type, which is
// ours. One that can be blocked now was never free for anybody to use.
static void settle(struct network_radios *radios, struct entry *entry, bool came)
{
    struct radio_verdict verdict;
    const char *outcome = NULL;
    decide_radio(radios->airgap, entry->radio, &verdict);
    if (!verdict.allowed && !entry->radio->soft)
        outcome = close_radio(radios, entry);
    if (!verdict.breach) {
        restore(radios, entry);
        return;
    }
    if (breaks(entry) || (came && is_enforcing(radios) && text_equal(outcome, "blocked")))
        return;
    entry->broken = moment_now();
    radios->breaches++;
    record_broken(radios, entry, &verdict, outcome);
}

// No new violation, and none of the rows that a flood is allowed: it is one for each radio and
// month.
void network_radios_restate(struct network_radios *radios)
{
    for (size_t i = 0; i < radios->n; i++) {
        struct entry *entry = &radios->entries[i];
        struct radio_verdict verdict;
        if (!breaks(entry) || moment_is_of_this_month(&entry->broken))
            continue;
        decide_radio(radios->airgap, entry->radio, &verdict);
        struct fact *row = radio_row_broken(entry->radio, &verdict, &entry->broken, "stated");
        if (row)
            row->severity = SEVERITY_WARNING;
        recorder_put(radios->recorder, row, NULL, NULL);
        entry->told = true;
    }
}

// ---- Types that we hold ------------------------------------------------------------------------

static void save(const struct network_radios *radios)
{
    int r = radio_memory_write(radios->places->state, &radios->memory);
    if (r < 0)
        log_error("cannot write /var/lib/sekisho/" RADIO_MEMORY_FILE ": %s; which radios were "
                  "blocked before is not known after the next start",
                  strerror(-r));
}

// What is blocked before we block anything was blocked by somebody else.
static void hold(struct network_radios *radios, enum radio_type type)
{
    radios->memory.held |= 1U << type;
    for (size_t i = 0; i < radios->n; i++) {
        const struct radio *radio = radios->entries[i].radio;
        int r = radio->type == type && radio->soft ? radio_memory_keep(&radios->memory, radio) : 0;
        if (r < 0)
            log_error("cannot keep in mind that the radio %s was blocked before: %s", radio->name,
                      strerror(-r));
    }
}

// The rule for those that come can't be taken back alone: what was blocked before is unblocked for
// a moment with all others.
static void release(struct network_radios *radios, enum radio_type type)
{
    set_type(radios, type, false);
    for (size_t i = 0; i < radios->n; i++) {
        const struct radio *radio = radios->entries[i].radio;
        if (radio->type == type && radio_memory_keeps(&radios->memory, radio))
            set_one(radios, radio, true);
    }
    radio_memory_forget(&radios->memory, type);
}

static void hold_types(struct network_radios *radios)
{
    uint32_t before = radios->memory.held;
    for (enum radio_type t = 0; t < RADIO_TYPE_MAX; t++) {
        bool is_held = radios->memory.held & 1U << t;
        bool is_wanted = is_enforcing(radios) && !radio_type_may_be_on(radios->airgap, t);
        if (is_wanted && !is_held)
            hold(radios, t);
        else if (!is_wanted && is_held)
            release(radios, t);
    }
    if (radios->memory.held != before)
        save(radios);
}

static void settle_all(struct network_radios *radios)
{
    hold_types(radios);
    for (size_t i = 0; i < radios->n; i++)
        settle(radios, &radios->entries[i], false);
    block_held(radios);
}

void network_radios_set(struct network_radios *radios, const struct airgap *airgap)
{
    radios->airgap = airgap;
    if (radios->ready)
        settle_all(radios);
}

// ---- What the watch says -----------------------------------------------------------------------

static struct entry *find(struct network_radios *radios, uint32_t index)
{
    for (size_t i = 0; i < radios->n; i++)
        if (radios->entries[i].radio->index == index)
            return &radios->entries[i];
    return NULL;
}

static const char *difference(const struct radio *old, const struct radio *now)
{
    if (old->soft != now->soft)
        return now->soft ? "radio blocked" : "radio unblocked";
    if (old->hard != now->hard)
        return now->hard ? "radio switched off" : "radio switched on";
    return NULL;
}

static struct entry *add(struct network_radios *radios, struct radio *radio)
{
    if (radios->n >= RADIOS_MAX) {
        log_error("cannot keep the radio %s in mind; it is blocked by its type", radio->name);
        radio_free(radio);
        return NULL;
    }
    struct entry *entry = &radios->entries[radios->n++];
    *entry = (struct entry){.radio = radio};
    record_change(radios, radio, "radio appeared");
    return entry;
}

static void replace(struct network_radios *radios, struct entry *entry, struct radio *radio)
{
    const char *change = difference(entry->radio, radio);
    radio_free(entry->radio);
    entry->radio = radio;
    if (change)
        record_change(radios, radio, change);
}

static void on_radio(struct network_radios *radios, const struct radio *radio, bool came)
{
    struct radio *copy = NULL;
    struct entry *entry = find(radios, radio->index);
    if (radio_copy(radio, &copy) < 0) {
        log_error("no memory to keep %s as it is now, looking again within a minute", radio->name);
        return;
    }
    if (entry)
        replace(radios, entry, copy);
    else
        entry = add(radios, copy);
    if (entry && radios->ready && radios->airgap)
        settle(radios, entry, came);
}

static void on_gone(struct network_radios *radios, const struct radio *radio)
{
    struct entry *entry = find(radios, radio->index);
    if (!entry)
        return;
    restore(radios, entry);
    record_change(radios, entry->radio, "radio gone");
    radio_free(entry->radio);
    *entry = radios->entries[--radios->n];
}

void network_radios_on_fact(struct network_radios *radios, const struct fact *fact)
{
    if (fact->kind == FACT_SEEN_RADIO && fact->radio)
        on_radio(radios, fact->radio, fact->outcome != NULL);
    else if (fact->kind == FACT_SEEN_RADIO_GONE && fact->radio)
        on_gone(radios, fact->radio);
}

// The rule for those that come can't be read; where none is there, nobody sees that it was changed.
void network_radios_look(struct network_radios *radios)
{
    if (!radios->ready && radios->airgap) {
        radios->ready = true;
        settle_all(radios);
    } else {
        block_held(radios);
    }
    if (radios->folded > 0)
        recorder_put(radios->recorder, radio_row_folded(radios->folded, radios->unsaid), NULL,
                     NULL);
    radios->folded = radios->unsaid = 0;
    radios->rows = 0;
}

// ---- What others ask ---------------------------------------------------------------------------

size_t network_radios_breaches(const struct network_radios *radios)
{
    return radios->breaches;
}

int network_radios_visit(const struct network_radios *radios, network_radios_visitor visit,
                         void *context)
{
    for (size_t i = 0; i < radios->n; i++) {
        struct radio_verdict verdict;
        decide_radio(radios->airgap, radios->entries[i].radio, &verdict);
        int r = visit(context, radios->entries[i].radio, &verdict);
        if (r != 0)
            return r;
    }
    return 0;
}

// ---- Life --------------------------------------------------------------------------------------

int network_radios_new(const struct places *places, struct recorder *recorder,
                       struct network_radios **ret)
{
    struct network_radios *radios = calloc(1, sizeof *radios);
    if (!radios)
        return -ENOMEM;
    radios->places = places;
    radios->recorder = recorder;
    int r = radio_memory_read(places->state, &radios->memory);
    if (r < 0 && r != -ENOENT)
        log_error("cannot read which radios we hold: %s; those that are blocked now stay blocked "
                  "when enforce is left",
                  strerror(-r));
    *ret = radios;
    return 0;
}

void network_radios_free(struct network_radios *radios)
{
    if (!radios)
        return;
    for (size_t i = 0; i < radios->n; i++)
        radio_free(radios->entries[i].radio);
    radio_memory_clear(&radios->memory);
    free(radios);
}
