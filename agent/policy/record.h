// SPDX-License-Identifier: GPL-3.0-or-later
// A record: one entry of a register that a person keeps: attestations, visits, lent assets, monthly
// reviews, audits. What is asked for each is its register's form. Clauses 1 to 11.
//
// An entry is added by one row of the ledger and, where its register knows an end, ended by a
// second. Whether an attestation has run out is not a row: its `until_ns` says so.
#pragma once

#include "base/digest.h"
#include "base/util.h"
#include "fact/fact.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define RECORDS_MAX 500     // of a register; the oldest that has ended makes room
#define RECORD_TEXT_MAX 512 // bytes of a text
#define RECORD_STATEMENT_MAX 1024
#define RECORD_JSON_MAX 10240 // bytes of an entry: a hundred fit into a row of the ledger
#define RECORD_FIELDS_MAX 10

enum record_register {
#define RECORD(identifier, ...) RECORD_##identifier,
#include "policy/records.def"
#undef RECORD
    RECORD_REGISTER_MAX,
};

// ---- What is asked for -------------------------------------------------------------------------

enum record_type {
    RECORD_WORDS,
    RECORD_CHOICE,
    RECORD_DATE,  // "2026-11-26"
    RECORD_TIME,  // "2026-11-26T08:15:00Z"
    RECORD_MONTH, // "2026-11"
    RECORD_TYPE_MAX,
};

enum record_stage {
    RECORD_ADDING = 1,
    RECORD_ENDING = 2,
    RECORD_BY_AGENT = 4, // when it is added, and no caller can say it
};

struct record_field {
    const char *name;  // in JSON; on the command line behind "--"
    const char *label; // N_(), a heading
    enum record_type type;
    unsigned stages; // of enum record_stage
    bool required;
    const char *const *choices; // NULL behind the last
};

// What stands beside the fields.
enum record_part {
    RECORD_STATEMENT = 1, // which is then required
    RECORD_DOCUMENT = 2,
    RECORD_UNTIL = 4, // also from when on
};

struct record_form {
    const char *name;                  // of the register: "visits"
    const char *clause;                // NULL: each entry names its own
    enum fact_kind added, ended;       // ended: FACT_KIND_MAX where an entry knows no end
    unsigned takes;                    // of enum record_part
    const struct record_field *fields; // the first names an entry to people
    size_t n_fields;
};

const struct record_form *record_form_of(enum record_register which);
must_check int record_register_from_str(const char *name, enum record_register *ret); // −EINVAL
// Its number in the form; −1: it asks for no such thing.
int record_field_find(const struct record_form *form, const char *name);
// Is it something, not longer than `max` bytes, and as text_escape() writes it?
bool record_is_text(const char *text, size_t max);
bool record_field_takes(const struct record_field *field, const char *text);

// Of the register of take-outs: is the medium encrypted? Looked at, and else stated by the person.
#define RECORD_TAKEOUT_LUKS "luks"
#define RECORD_TAKEOUT_NONE "none"
#define RECORD_TAKEOUT_STATED "stated-encrypted"
#define RECORD_TAKEOUT_STATED_NONE "stated-none"

// Of the register of attestations: what the person found, in the words of enum finding_value.
#define RECORD_FINDING_OK "ok"
#define RECORD_FINDING_VIOLATION "violation"
#define RECORD_FINDING_NOT_APPLICABLE "not-applicable"

// ---- An entry ----------------------------------------------------------------------------------

// A file that proves it, as it was when it was named.
struct record_document {
    char *name; // without its folder; NULL: there is none
    char hash[DIGEST_TEXT_SIZE];
    uint64_t size;
};

struct record {
    uint64_t number; // sequence of the row that added it
    enum record_register which;
    char *clause;
    char *statement; // NULL where the form has none
    struct record_document document;
    uint64_t from_ns, until_ns;      // from the first on, up to the second; 0: open
    char *fields[RECORD_FIELDS_MAX]; // as the form asks for; NULL: not given
    char *by;                        // login name of who said so
    uint32_t by_uid;
    uint64_t made_ns;
    uint64_t ended_ns; // 0: it has not
    char *ended_by;
    uint32_t ended_by_uid;
};

void record_free(struct record *record);
DEFINE_CLEANUP(struct record, record_free)

must_check int record_copy(const struct record *record, struct record **ret); // −EINVAL, −ENOMEM

// How people and rows name it: its first field, or else its clause. Borrowed.
const char *record_name(const struct record *record);
// What stands in its field of this name; NULL: nothing. Borrowed.
const char *record_get(const struct record *record, const char *name);
// No second row is to come.
bool record_is_over(const struct record *record);

enum record_state {
    RECORD_AHEAD,
    RECORD_OPEN, // in force, inside, lent, …
    RECORD_EXPIRED,
    RECORD_ENDED,
    RECORD_STATE_MAX,
};
const char *record_state_to_str(enum record_state state); // "ahead", "open", "expired", "ended"
// One that was made later than now is ahead: then a clock is wrong.
enum record_state record_state_at(const struct record *record, uint64_t now_ns);

// As one JSON object: the details of its rows, and the register. There is one way to write each.
// −EINVAL: something that its form requires is missing, something that it does not ask for is
// there, a text is too long or not in its escaped form, or it ends before it begins. The caller
// puts or frees it.
struct json_object;
must_check int record_to_object(const struct record *record, struct json_object **ret);
must_check int record_to_json(const struct record *record, char **ret);
// −EBADMSG for anything that record_to_json() would not have written, byte for byte.
must_check int record_from_json(const char *json, struct record **ret);
// The same as an object inside a larger document; a doubled key can't be seen here.
must_check int record_from_object(struct json_object *object, struct record **ret);
