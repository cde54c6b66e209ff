// SPDX-License-Identifier: GPL-3.0-or-later
// Who used the workstation in a month, in numbers: logins, hours, files. Fed with rows in order,
// of that month or not; a row counts by its own time. Clauses 5 (3), 5 (6).
#pragma once

#include "ledger/query.h"
#include "policy/policy.h"
#include "report/spans.h"
#include "report/unread.h"

#include <stdbool.h>

enum usage_count {
    USAGE_LOGINS,  // sessions that were opened; su and sudo open none
    USAGE_FAILED,  // logins, su and sudo with a wrong password, key or name
    USAGE_REFUSED, // logins and file access that somebody may not, though he is who he says
    // Files, with the repeats that a row stands for; folders do not count.
    USAGE_READ,
    USAGE_WRITTEN,
    USAGE_CREATED,
    USAGE_DELETED,
    USAGE_RENAMED,
    USAGE_CHANGED,
    USAGE_PRINTED,
    USAGE_TAKEN, // written on a removable medium
    USAGE_COUNT_MAX,
};
const char *usage_count_to_str(enum usage_count count); // key in JSON, heading in CSV

struct usage_person {
    char *name;   // login name; NULL: of nobody that is known
    uint32_t uid; // FACT_NO_UID where there is a name
    uint64_t counts[USAGE_COUNT_MAX];
    uint64_t outside[USAGE_COUNT_MAX]; // … of these outside office hours
    struct spans sessions;             // within the month
    uint64_t logged_in_ns;             // two sessions at a time count once
    bool open;                         // a session goes on: counted up to usage.until_ns
};

struct usage {
    char name[MONTH_TEXT_SIZE];
    uint64_t begin_ns, end_ns;     // of the calendar month
    uint64_t until_ns;             // what sessions are counted up to: its end, or now
    bool office;                   // office hours are stated; without them `outside` is 0
    bool recorded;                 // logins and files were recorded at some time of it
    struct unread gaps;            // when they were not, within it
    struct usage_person **persons; // by name; the nameless behind
    size_t n;
    // While rows come in:
    uint16_t office_from, office_until;
    uint8_t office_days;
    struct usage_session *sessions;
    size_t n_sessions;
    uint64_t quarter_ns; // the last one that totals were of,
    bool outside;        // … and whether it is outside office hours
};

// Months, days and hours are cut in TZ. `policy` may be NULL: no office hours. −EINVAL if `name` is
// no month.
must_check int usage_init(struct usage *usage, const char *name, const struct policy *policy);
void usage_clear(struct usage *usage);
must_check int usage_take(struct usage *usage, const struct query_row *row);
// Totals instead of rows, where no month, day or office hour begins within a quarter of an hour.
bool usage_can_take_totals(const struct usage *usage);
must_check int usage_take_total(struct usage *usage, const struct query_total *total);
// `now_ns`: open sessions go on up to it.
must_check int usage_end(struct usage *usage, uint64_t now_ns);

// All of it from the ledger in `folder`, whatever file a row stands in: sessions may have begun in
// any month before, and rows that came late stand behind it. −ENOENT: there is no file of the
// month, nor a later one.
must_check int usage_gather(const char *folder, const char *name, const struct policy *policy,
                            uint64_t now_ns, struct usage *ret);

// From one closed file of that month alone: of a session that began before nothing is known.
must_check int usage_gather_file(const char *path, const char *name, const struct policy *policy,
                                 uint64_t now_ns, struct usage *ret);

// Sum of the counts, or of those outside office hours.
uint64_t usage_person_total(const struct usage_person *person, bool outside);
