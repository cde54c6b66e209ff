// SPDX-License-Identifier: GPL-3.0-or-later
// An incident: what was violated, or what somebody reported (a lost stick); who answered, what the
// city was told and by when, and how it ended. Clauses 6 (1) to (3), 3 (4).
//
// Violations of one cause (fact/cause.h) are one incident until it is closed.
#pragma once

#include "base/util.h"
#include "fact/fact.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define INCIDENTS_MAX 320       // of the register; the oldest closed one makes room
#define INCIDENT_TEXT_MAX 512   // bytes of a text
#define INCIDENT_NOTES_MAX 12   // that the register holds, the newest; the ledger has all
#define INCIDENT_JSON_MAX 10000 // bytes of one: a hundred fit into a row of the ledger

// What may have happened to the data, as the city's form asks.
enum incident_breach {
    INCIDENT_VIOLATION, // of the rules; no data is known to be touched
    INCIDENT_LEAK,
    INCIDENT_LOSS,
    INCIDENT_DAMAGE,
    INCIDENT_SIGN, // signs of one of these
    INCIDENT_BREACH_MAX,
};
const char *incident_breach_to_str(enum incident_breach breach); // "violation", "leak", …
must_check int incident_breach_from_str(const char *text, enum incident_breach *ret);

// The two reports to the city.
enum incident_stage { INCIDENT_FIRST, INCIDENT_FINAL, INCIDENT_STAGE_MAX };
const char *incident_stage_to_str(enum incident_stage stage); // "first", "final"
must_check int incident_stage_from_str(const char *text, enum incident_stage *ret);

// A person, and when: nobody did it yet while at_ns is 0.
struct incident_act {
    uint64_t at_ns;
    uint32_t uid; // FACT_NO_UID: the agent
    char *by;     // login name
};

struct incident_report {
    uint64_t due_ns;  // first instant at which it is late
    uint64_t overdue; // 0; 1: by one of the clocks; 2: by both: how far that is recorded
    struct incident_act made;
    char *reference; // the number of the letter
};

struct incident_note {
    struct incident_act act;
    char *text;
};

struct incident {
    uint64_t number; // sequence of the row incident.opened
    enum incident_breach breach;
    bool on_purpose; // perhaps: then the final report has more time
    // The cause; kind FACT_INCIDENT_OPENED: a person reported it
    enum fact_kind kind;
    uint32_t uid; // whom it is about: FACT_NO_UID for nobody
    char *user;   // login name
    char *object; // as cause_object() makes it
    enum severity severity;
    uint64_t first, last; // rows of the cause; 0 for what was reported
    uint64_t first_ns, last_ns;
    uint64_t count;
    char *what; // what was reported; NULL: rows say it
    struct incident_act opened;
    uint64_t known_ns; // the company became aware: the clocks start
    struct incident_act acknowledged;
    uint64_t acknowledged_row; // and with it all rows before
    struct incident_report reports[INCIDENT_STAGE_MAX];
    struct incident_note notes[INCIDENT_NOTES_MAX]; // oldest first
    size_t n_notes;
    uint64_t notes_gone; // older ones, which only the ledger has
    struct incident_act closed;
    char *found;   // the cause, as it was found
    char *measure; // so that it does not happen again
    char *waived;  // why the city got no final report; NULL: it did, or needs none
};

void incident_free(struct incident *incident);
DEFINE_CLEANUP(struct incident, incident_free)
must_check int incident_copy(const struct incident *incident, struct incident **ret);

enum incident_state {
    INCIDENT_OPEN,         // nobody answered, or rows came after the answer
    INCIDENT_ACKNOWLEDGED, // somebody did
    INCIDENT_CLOSED,
    INCIDENT_STATE_MAX,
};
const char *incident_state_to_str(enum incident_state state); // "open", "acknowledged", "closed"
enum incident_state incident_state_of(const struct incident *incident);
bool incident_is_over(const struct incident *incident);

// How people and rows name it: what was reported, or else the object or kind of its cause.
// Borrowed.
const char *incident_name(const struct incident *incident);
// The cause as cause_text() writes it; of what was reported none is like another. NULL on lack of
// memory; the caller frees it.
char *incident_cause(const struct incident *incident);
// May its texts be shown, and are they short enough? `text` may be NULL, which is not.
bool incident_is_text(const char *text);

// Takes the text over; the oldest note goes if there is no room.
void incident_add_note(struct incident *incident, struct incident_act act, char *text);

// ---- Clocks ------------------------------------------------------------------------------------

// When a report of `days` is late: the day of `known_ns` is the first day, the last day counts
// whole, in the local time zone (the policy's).
uint64_t incident_due_ns(uint64_t known_ns, unsigned days);
// Calendar days from now to the last day: 0 on that day, negative when it is over.
int incident_days_left(uint64_t due_ns, uint64_t now_ns);
// Does the stage still run?
bool incident_is_awaited(const struct incident *incident, enum incident_stage stage);

// ---- JSON --------------------------------------------------------------------------------------

// As one JSON object: the details of its rows, and the register. There is one way to write each.
// −EINVAL: something is missing, a text is too long or can't be shown, or it is too long
// altogether. Of notes the oldest go first. The caller puts or frees it.
struct json_object;
must_check int incident_to_object(const struct incident *incident, struct json_object **ret);
must_check int incident_to_json(const struct incident *incident, char **ret);
// −EBADMSG for anything that incident_to_json() would not have written, byte for byte; −ENOENT for
// rows of an agent that kept no incidents.
must_check int incident_from_json(const char *json, struct incident **ret);
// The same as an object inside a larger document; a doubled key can't be seen here.
must_check int incident_from_object(struct json_object *object, struct incident **ret);
