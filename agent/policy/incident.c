// SPDX-License-Identifier: GPL-3.0-or-later
// Incidents: their states, names and clocks.
#include "policy/incident.h"

#include "base/json.h"
#include "base/moment.h"
#include "base/text.h"
#include "fact/cause.h"

#include <assert.h>
#include <errno.h>
#include <inttypes.h>
#include <string.h>
#include <time.h>

static const char *const breaches[] = {
    [INCIDENT_VIOLATION] = "violation", [INCIDENT_LEAK] = "leak", [INCIDENT_LOSS] = "loss",
    [INCIDENT_DAMAGE] = "damage",       [INCIDENT_SIGN] = "sign",
};
static_assert(ELEMENTS(breaches) == INCIDENT_BREACH_MAX, "a name for each");
static const char *const stages[] = {[INCIDENT_FIRST] = "first", [INCIDENT_FINAL] = "final"};
static_assert(ELEMENTS(stages) == INCIDENT_STAGE_MAX, "a name for each");
static const char *const states[] = {[INCIDENT_OPEN] = "open",
                                     [INCIDENT_ACKNOWLEDGED] = "acknowledged",
                                     [INCIDENT_CLOSED] = "closed"};
static_assert(ELEMENTS(states) == INCIDENT_STATE_MAX, "a name for each");

static int find(const char *const *names, size_t n, const char *text, unsigned *ret)
{
    for (size_t i = 0; i < n; i++)
        if (text_equal(names[i], text)) {
            *ret = (unsigned)i;
            return 0;
        }
    return -EINVAL;
}

const char *incident_breach_to_str(enum incident_breach breach)
{
    assert(breach < INCIDENT_BREACH_MAX);
    return breaches[breach];
}

int incident_breach_from_str(const char *text, enum incident_breach *ret)
{
    unsigned i;
    int r = find(breaches, ELEMENTS(breaches), text, &i);
    if (r == 0)
        *ret = (enum incident_breach)i;
    return r;
}

const char *incident_stage_to_str(enum incident_stage stage)
{
    assert(stage < INCIDENT_STAGE_MAX);
    return stages[stage];
}

int incident_stage_from_str(const char *text, enum incident_stage *ret)
{
    unsigned i;
    int r = find(stages, ELEMENTS(stages), text, &i);
    if (r == 0)
        *ret = (enum incident_stage)i;
    return r;
}

const char *incident_state_to_str(enum incident_state state)
{
    assert(state < INCIDENT_STATE_MAX);
    return states[state];
}

// ---- Life --------------------------------------------------------------------------------------

static void clear_note(struct incident_note *note)
{
    free(note->act.by);
    free(note->text);
    *note = (struct incident_note){0};
}

void incident_free(struct incident *incident)
{
    if (!incident)
        return;
    free(incident->user);
    free(incident->object);
    free(incident->what);
    free(incident->opened.by);
    free(incident->acknowledged.by);
    for (size_t i = 0; i < INCIDENT_STAGE_MAX; i++) {
        free(incident->reports[i].made.by);
        free(incident->reports[i].reference);
    }
    for (size_t i = 0; i < incident->n_notes; i++)
        clear_note(&incident->notes[i]);
    free(incident->closed.by);
    free(incident->found);
    free(incident->measure);
    free(incident->waived);
    free(incident);
}

int incident_copy(const struct incident *incident, struct incident **ret)
{
    CLEANUP_JSON json_object *object = NULL;
    int r = incident_to_object(incident, &object);
    return r < 0 ? r : incident_from_object(object, ret);
}

void incident_add_note(struct incident *incident, struct incident_act act, char *text)
{
    if (incident->n_notes == INCIDENT_NOTES_MAX) {
        clear_note(&incident->notes[0]);
        incident->n_notes--;
        incident->notes_gone++;
        memmove(&incident->notes[0], &incident->notes[1],
                incident->n_notes * sizeof incident->notes[0]);
    }
    incident->notes[incident->n_notes++] = (struct incident_note){act, text};
}

// ---- States and names --------------------------------------------------------------------------

bool incident_is_over(const struct incident *incident)
{
    return incident->closed.at_ns != 0;
}

enum incident_state incident_state_of(const struct incident *incident)
{
    if (incident_is_over(incident))
        return INCIDENT_CLOSED;
    return incident->acknowledged.at_ns != 0 && incident->last <= incident->acknowledged_row
               ? INCIDENT_ACKNOWLEDGED
               : INCIDENT_OPEN;
}

const char *incident_name(const struct incident *incident)
{
    if (incident->what)
        return incident->what;
    return incident->object[0] ? incident->object : fact_kind_to_str(incident->kind);
}

char *incident_cause(const struct incident *incident)
{
    return incident->kind == FACT_INCIDENT_OPENED && incident->what
               ? text_format("%s %" PRIu64, fact_kind_to_str(incident->kind), incident->number)
               : cause_text(incident->kind, incident->uid, incident->object);
}

bool incident_is_text(const char *text)
{
    CLEANUP_FREE char *printable = text && text[0] ? text_printable(text) : NULL;
    return printable && strlen(text) <= INCIDENT_TEXT_MAX && strcmp(printable, text) == 0;
}

// ---- Clocks ------------------------------------------------------------------------------------

static struct tm local_day(uint64_t wall_ns)
{
    time_t seconds = (time_t)(wall_ns / NS_PER_S);
    struct tm day = {0};
    (void)localtime_r(&seconds, &day);
    return day;
}

uint64_t incident_due_ns(uint64_t known_ns, unsigned days)
{
    struct tm day = local_day(known_ns);
    day.tm_mday += (int)days; // mktime() knows how long months are
    day.tm_hour = day.tm_min = day.tm_sec = 0;
    day.tm_isdst = -1;
    time_t due = mktime(&day);
    return due > 0 ? (uint64_t)due * NS_PER_S : 0;
}

// Days since 1970 of a date; noon in UTC has no summer time.
static int64_t number_of_day(uint64_t wall_ns)
{
    struct tm day = local_day(wall_ns);
    struct tm noon = {
        .tm_year = day.tm_year, .tm_mon = day.tm_mon, .tm_mday = day.tm_mday, .tm_hour = 12};
    return timegm(&noon) / (24 * 3600);
}

int incident_days_left(uint64_t due_ns, uint64_t now_ns)
{
    return due_ns == 0 ? 0 : (int)(number_of_day(due_ns - 1) - number_of_day(now_ns));
}

bool incident_is_awaited(const struct incident *incident, enum incident_stage stage)
{
    return !incident_is_over(incident) && incident->reports[stage].due_ns != 0 &&
           incident->reports[stage].made.at_ns == 0;
}
