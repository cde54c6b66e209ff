// SPDX-License-Identifier: GPL-3.0-or-later
// Inside the policy's room: tables of keys, and the functions that read one value each. What they
// do not like becomes a mistake, and the reading goes on.
#pragma once

#include "base/zone.h"
#include "policy/policy-read.h"

#include <libconfig.h>

struct place {
    const char *file; // borrowed from the policy_files
    unsigned line;
};

// A key that may be set once over all files, and where it was.
struct seen {
    const struct key *key;
    struct place place;
};

struct reader {
    const struct policy_file *file; // being read
    struct policy *policy;
    struct policy_mistakes *mistakes;
    struct zone *zone;     // NULL if the system has no time zones: said once
    struct place *allowed; // where policy->approvals[i] stands
    struct place *handled; // where policy->handlers[i] stands
    struct place enforced; // where operators.enforce stands
    struct seen *seen;
    size_t n_seen;
    int r; // −ENOMEM as soon as that happened; all else goes on
};

// One key of a group. `read` puts the value at `field`, which lies `offset` bytes into the group's
// object, and leaves it untouched where it reports a mistake.
struct key {
    const char *name;
    void (*read)(struct reader *reader, const config_setting_t *setting, void *field);
    size_t offset;
    bool required;
    bool once; // over all files, not only in this group
};

struct key_table {
    const char *name; // of the group, as people know it
    const struct key *keys;
    size_t n;
    const char *(*hint)(
        const char *name); // what to do about that unknown key; NULL: nothing special
};

void reader_read_group(struct reader *reader, const config_setting_t *group,
                       const struct key_table *table, void *object);

// Takes over both texts; NULL is lack of memory.
void reader_mistake(struct reader *reader, const config_setting_t *setting, char *what,
                    char *remedy);
struct place reader_place(const struct reader *reader, const config_setting_t *setting);
// Where that line of the file begins; NULL if there is none.
const char *reader_line(const struct reader *reader, unsigned number);
// How a message names the setting: "site.name", "an entry of usb.allow". NULL on lack of memory.
char *reader_path(const config_setting_t *setting);
// The string of the setting; NULL after a mistake (another type, empty, too long).
const char *reader_string(struct reader *reader, const config_setting_t *setting);
// The same with a limit of its own, in bytes.
const char *reader_text(struct reader *reader, const config_setting_t *setting, size_t max);
// It should be `expected`, as in "a list of groups: ( { … }, { … } )".
void reader_wrong_type(struct reader *reader, const config_setting_t *setting,
                       const char *expected);
// “VALUE” `what`, of a text; takes over `remedy`.
void reader_refuse(struct reader *reader, const config_setting_t *setting, const char *what,
                   char *remedy);
// An element that its list has already.
void reader_refuse_twin(struct reader *reader, const config_setting_t *element);

// Is it a list ( ) or an array [ ]? If not, a mistake: it should be `expected`.
bool reader_is_list(struct reader *reader, const config_setting_t *setting, const char *expected);
// Hands each element to `read`, with the list's `field`.
void reader_read_each(struct reader *reader, const config_setting_t *list,
                      void (*read)(struct reader *reader, const config_setting_t *element,
                                   void *field),
                      void *field);

// Readers of one value: `field` is char **, bool *, uint64_t * (ns), struct approval *.
void value_read_text(struct reader *reader, const config_setting_t *setting, void *field);
void value_read_bool(struct reader *reader, const config_setting_t *setting, void *field);
void value_read_minutes(struct reader *reader, const config_setting_t *setting, void *field);
void value_read_lock(struct reader *reader, const config_setting_t *setting, void *field);
// A whole number of a unit (`unit` of what the field counts in), and what to say if it is none or
// outside of its range.
struct measure {
    long long least, most;
    uint64_t unit;
    const char *form, *remedy;
};
void value_read_measure(struct reader *reader, const config_setting_t *setting,
                        const struct measure *measure, uint64_t *field);
// Seconds within which repeats are one row; 0 is a value, too.
void value_read_fold(struct reader *reader, const config_setting_t *setting, void *field);
// Days, from 1 on; and with 0 for "not at all".
void value_read_days(struct reader *reader, const config_setting_t *setting, void *field);
void value_read_days_or_none(struct reader *reader, const config_setting_t *setting, void *field);
void value_read_first_day(struct reader *reader, const config_setting_t *setting, void *field);
// The first instant after that day.
void value_read_last_day(struct reader *reader, const config_setting_t *setting, void *field);
// The same of one day, or of a list of days: of the latest.
void value_read_latest_day(struct reader *reader, const config_setting_t *setting, void *field);
void value_read_device(struct reader *reader, const config_setting_t *setting, void *field);

// The name nearest to `word`, if a slip of the fingers explains the difference; NULL if none does.
const char *nearest_word(const char *word, const char *const *words, size_t n);
