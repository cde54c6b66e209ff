// SPDX-License-Identifier: GPL-3.0-or-later
// A list of causes, each with its rows counted.
#include "daemon/incident-tally.h"

#include "base/text.h"
#include "fact/cause.h"

#include <errno.h>
#include <string.h>

#define REST_OBJECT "further causes"

static void tally_cause_free(struct tally_cause *item)
{
    if (!item)
        return;
    free(item->cause);
    free(item->user);
    free(item->object);
    free(item);
}
DEFINE_CLEANUP(struct tally_cause, tally_cause_free)

void incident_tally_clear(struct incident_tally *tally)
{
    for (size_t i = 0; i < tally->n; i++)
        tally_cause_free(tally->items[i]);
    tally->n = 0;
}

static void drop(struct incident_tally *tally, size_t i)
{
    tally_cause_free(tally->items[i]);
    tally->items[i] = tally->items[--tally->n];
}

struct tally_cause *incident_tally_find(const struct incident_tally *tally, const char *cause)
{
    for (size_t i = 0; i < tally->n; i++)
        if (text_equal(tally->items[i]->cause, cause))
            return tally->items[i];
    return NULL;
}

const struct tally_cause *incident_tally_of(const struct incident_tally *tally, uint64_t number)
{
    for (size_t i = 0; number != 0 && i < tally->n; i++)
        if (tally->items[i]->number == number)
            return tally->items[i];
    return NULL;
}

bool tally_cause_is_rest(const struct tally_cause *item)
{
    return item->kind == FACT_INCIDENT_OPENED;
}

// ---- Causes ------------------------------------------------------------------------------------

struct origin {
    enum fact_kind kind;
    uint32_t uid;
    const char *user, *object;
};

static const struct origin rest = {FACT_INCIDENT_OPENED, FACT_NO_UID, NULL, REST_OBJECT};

static int tally_cause_new(const struct origin *origin, struct tally_cause **ret)
{
    CLEANUP(tally_cause_free_p) struct tally_cause *item = calloc(1, sizeof *item);
    if (!item)
        return -ENOMEM;
    item->kind = origin->kind;
    item->uid = origin->uid;
    item->object = cause_object(origin->object);
    item->cause = cause_text(origin->kind, origin->uid, origin->object);
    if (!item->object || !item->cause || text_set(&item->user, origin->user) < 0)
        return -ENOMEM;
    *ret = TAKE_PTR(item);
    return 0;
}

// The cause's own place, or that of the rest where there is no room.
static int find_or_add(struct incident_tally *tally, const struct origin *origin,
                       struct tally_cause **ret)
{
    CLEANUP_FREE char *cause = cause_text(origin->kind, origin->uid, origin->object);
    if (!cause)
        return -ENOMEM;
    struct tally_cause *item = incident_tally_find(tally, cause);
    if (!item && tally->n >= TALLY_CAUSES_MAX && origin != &rest)
        return find_or_add(tally, &rest, ret);
    if (!item) {
        int r = tally_cause_new(origin, &item);
        if (r < 0)
            return r;
        tally->items[tally->n++] = item;
    }
    *ret = item;
    return 0;
}

static void count(struct tally_cause *item, uint64_t sequence, const struct fact *fact)
{
    if (item->first == 0) {
        item->first = sequence;
        item->first_ns = fact->at.wall_ns;
    }
    item->last = sequence;
    item->last_ns = fact->at.wall_ns;
    item->count++;
    if (fact->severity > item->severity)
        item->severity = fact->severity;
}

static int note_violation(struct incident_tally *tally, uint64_t sequence, const struct fact *fact)
{
    const struct origin origin = {fact->kind, fact->uid, fact->user, fact->object};
    struct tally_cause *item = NULL;
    int r = find_or_add(tally, &origin, &item);
    if (r == 0 && sequence > item->last)
        count(item, sequence, fact);
    return r;
}

// ---- Incidents ---------------------------------------------------------------------------------

// What the incident counts may be more than what was seen here, where older rows are gone.
static int bind(struct incident_tally *tally, uint64_t number, const struct incident *incident)
{
    const struct origin origin = {incident->kind, incident->uid, incident->user, incident->object};
    struct tally_cause *item = NULL;
    if (incident->what) // a person reported it: no row belongs to it
        return 0;
    const bool is_rest = incident->kind == FACT_INCIDENT_OPENED;
    int r = find_or_add(tally, is_rest ? &rest : &origin, &item);
    if (r < 0 || item->number != 0 || tally_cause_is_rest(item) != is_rest)
        return r; // two for one cause: the first has it
    item->number = number;
    item->opening = false;
    if (item->first == 0 || incident->first < item->first) {
        item->first = incident->first;
        item->first_ns = incident->first_ns;
        item->count += incident->count;
    }
    if (incident->last > item->last) {
        item->last = incident->last;
        item->last_ns = incident->last_ns;
    }
    item->severity = incident->severity > item->severity ? incident->severity : item->severity;
    return 0;
}

static void unbind(struct incident_tally *tally, const struct incident *incident)
{
    for (size_t i = tally->n; i-- > 0;)
        if (tally->items[i]->number == incident->number) {
            struct tally_cause *item = tally->items[i];
            if (item->last <= incident->last) {
                drop(tally, i);
                continue;
            }
            // Rows came while it was being closed: they are another one.
            item->number = 0;
            item->count -= incident->count < item->count ? incident->count : item->count - 1;
            item->first = item->last;
            item->first_ns = item->last_ns;
        }
}

int incident_tally_note(struct incident_tally *tally, uint64_t sequence, const struct fact *fact)
{
    if (fact->severity == SEVERITY_VIOLATION)
        return note_violation(tally, sequence, fact);
    if (fact->kind != FACT_INCIDENT_OPENED && fact->kind != FACT_INCIDENT_CLOSED)
        return 0;
    CLEANUP(incident_free_p) struct incident *incident = NULL;
    int r = incident_from_json(fact->details ? fact->details : "", &incident);
    if (r < 0)
        return r == -ENOMEM ? r : 0; // none: the registers say so
    if (fact->kind == FACT_INCIDENT_OPENED)
        return bind(tally, sequence, incident);
    unbind(tally, incident);
    return 0;
}

static bool has(struct incident *const *incidents, size_t n, uint64_t number)
{
    for (size_t i = 0; i < n; i++)
        if (incidents[i]->number == number && !incident_is_over(incidents[i]))
            return true;
    return false;
}

int incident_tally_settle(struct incident_tally *tally, struct incident *const *incidents, size_t n)
{
    int r = 0;
    for (size_t i = 0; r == 0 && i < n; i++)
        if (!incident_is_over(incidents[i]) && !incident_tally_of(tally, incidents[i]->number))
            r = bind(tally, incidents[i]->number, incidents[i]);
    for (size_t i = 0; r == 0 && i < tally->n; i++)
        if (tally->items[i]->number != 0 && !has(incidents, n, tally->items[i]->number))
            tally->items[i]->number = 0;
    return r;
}
