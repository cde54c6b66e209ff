// SPDX-License-Identifier: GPL-3.0-or-later
// Rows are sorted into persons and counts; sessions are joined where they open and where they end.
#include "report/usage.h"

#include "base/text.h"
#include "ledger/tally.h"

#include <assert.h>
#include <errno.h>
#include <string.h>
#include <time.h>

#define MINUTES_PER_HOUR 60
#define DAYS_PER_WEEK 7

// A login that has not ended yet.
struct usage_session {
    struct usage_person *person;
    char *id; // audit session, "" if the row has none
    char boot[BOOT_ID_SIZE];
    uint64_t since_ns;
};

static const char *const names[] = {
    [USAGE_LOGINS] = "logins",   [USAGE_FAILED] = "failed",   [USAGE_REFUSED] = "refused",
    [USAGE_READ] = "read",       [USAGE_WRITTEN] = "written", [USAGE_CREATED] = "created",
    [USAGE_DELETED] = "deleted", [USAGE_RENAMED] = "renamed", [USAGE_CHANGED] = "changed",
    [USAGE_PRINTED] = "printed", [USAGE_TAKEN] = "taken",
};
static_assert(ELEMENTS(names) == USAGE_COUNT_MAX, "a name for each count");

const char *usage_count_to_str(enum usage_count count)
{
    assert(count < USAGE_COUNT_MAX);
    return names[count];
}

int usage_init(struct usage *usage, const char *name, const struct policy *policy)
{
    uint64_t begin, end;
    int r = moment_month_range(name, &begin, &end);
    if (r < 0)
        return r;
    *usage = (struct usage){.begin_ns = begin, .end_ns = end, .until_ns = end};
    text_copy(usage->name, sizeof usage->name, name);
    if (policy) {
        usage->office = policy->office_from != policy->office_until;
        usage->office_from = policy->office_from;
        usage->office_until = policy->office_until;
        usage->office_days = policy->office_days;
    }
    return 0;
}

static void person_free(struct usage_person *person)
{
    if (!person)
        return;
    free(person->name);
    spans_clear(&person->sessions);
    free(person);
}
DEFINE_CLEANUP(struct usage_person, person_free)

void usage_clear(struct usage *usage)
{
    for (size_t i = 0; i < usage->n_sessions; i++)
        free(usage->sessions[i].id);
    free(usage->sessions);
    for (size_t i = 0; i < usage->n; i++)
        person_free(usage->persons[i]);
    free(usage->persons);
    unread_clear(&usage->gaps);
    *usage = (struct usage){0};
}

// ---- Persons -----------------------------------------------------------------------------------

static int add_person(struct usage *usage, const char *name, uint32_t uid,
                      struct usage_person **ret)
{
    CLEANUP(person_free_p) struct usage_person *person = calloc(1, sizeof *person);
    struct usage_person **more =
        person ? reallocarray(usage->persons, usage->n + 1, sizeof(struct usage_person *)) : NULL;
    if (!more)
        return -ENOMEM;
    usage->persons = more;
    person->uid = uid;
    if (name && !(person->name = strdup(name)))
        return -ENOMEM;
    *ret = more[usage->n++] = TAKE_PTR(person);
    return 0;
}

// By name, because a uid may be given to another person; a failed login is its account's.
static int find_named(struct usage *usage, const char *name, uint32_t uid,
                      struct usage_person **ret)
{
    uid = name ? FACT_NO_UID : uid;
    for (size_t i = 0; i < usage->n; i++) {
        if (usage->persons[i]->uid == uid && text_equal(usage->persons[i]->name, name)) {
            *ret = usage->persons[i];
            return 0;
        }
    }
    return add_person(usage, name, uid, ret);
}

static int find_person(struct usage *usage, const struct fact *fact, json_object *details,
                       struct usage_person **ret)
{
    const char *name = fact->user ? fact->user : json_get_text(details, "account");
    return find_named(usage, name, fact->uid, ret);
}

// ---- Counts ------------------------------------------------------------------------------------

// Public holidays are not known here: they count as the day of the week that they are.
static bool is_outside_office(const struct usage *usage, uint64_t wall_ns)
{
    if (!usage->office)
        return false;
    time_t seconds = (time_t)(wall_ns / NS_PER_S);
    struct tm tm;
    localtime_r(&seconds, &tm);
    int minute = tm.tm_hour * MINUTES_PER_HOUR + tm.tm_min;
    int day = (tm.tm_wday + DAYS_PER_WEEK - 1) % DAYS_PER_WEEK; // from Monday
    bool within = minute >= usage->office_from && minute < usage->office_until;
    return !within || !(usage->office_days >> day & 1);
}

static enum usage_count count_of_kind(enum fact_kind kind)
{
    static const enum usage_count files[FACT_KIND_MAX] = {
        [FACT_FILE_READ] = USAGE_READ,       [FACT_FILE_WRITTEN] = USAGE_WRITTEN,
        [FACT_FILE_CREATED] = USAGE_CREATED, [FACT_FILE_DELETED] = USAGE_DELETED,
        [FACT_FILE_RENAMED] = USAGE_RENAMED, [FACT_FILE_CHANGED] = USAGE_CHANGED,
        [FACT_FILE_PRINTED] = USAGE_PRINTED, [FACT_MEDIUM_WRITTEN] = USAGE_TAKEN,
    };
    return kind < FACT_KIND_MAX ? files[kind] : 0; // 0 are logins, which no file is
}

static int count(struct usage *usage, const struct fact *fact, json_object *details,
                 enum usage_count which)
{
    struct usage_person *person;
    if (fact->at.wall_ns < usage->begin_ns || fact->at.wall_ns >= usage->end_ns)
        return 0;
    bool of_file = count_of_kind(fact->kind) != 0; // only logins have an account
    int r = find_person(usage, fact, of_file ? NULL : details, &person);
    if (r < 0)
        return r;
    uint64_t times = json_get(details, "of") ? json_get_number(details, "count") : 1;
    person->counts[which] += times;
    if (is_outside_office(usage, fact->at.wall_ns))
        person->outside[which] += times;
    return 0;
}

static int count_file(struct usage *usage, const struct fact *fact, json_object *details,
                      enum usage_count which)
{
    if (text_equal(fact->outcome, "refused"))
        return count(usage, fact, details, USAGE_REFUSED);
    return json_get_bool(details, "folder") ? 0 : count(usage, fact, details, which);
}

bool usage_can_take_totals(const struct usage *usage)
{
    const unsigned quarter = TALLY_QUARTER_NS / NS_PER_S / 60;
    return usage->begin_ns % TALLY_QUARTER_NS == 0 && usage->end_ns % TALLY_QUARTER_NS == 0 &&
           usage->office_from % quarter == 0 && usage->office_until % quarter == 0;
}

int usage_take_total(struct usage *usage, const struct query_total *total)
{
    enum usage_count which = count_of_kind(total->kind);
    struct usage_person *person;
    if (which == 0 || total->begin_ns < usage->begin_ns || total->begin_ns >= usage->end_ns)
        return 0;
    int r = find_named(usage, total->user, total->uid, &person);
    if (r < 0)
        return r;
    if (total->begin_ns != usage->quarter_ns) {
        usage->quarter_ns = total->begin_ns;
        usage->outside = is_outside_office(usage, total->begin_ns);
    }
    which = total->refused ? USAGE_REFUSED : which;
    person->counts[which] += total->times;
    if (usage->outside)
        person->outside[which] += total->times;
    return 0;
}

// ---- Sessions ----------------------------------------------------------------------------------

static int add_session_time(const struct usage *usage, struct usage_person *person,
                            uint64_t from_ns, uint64_t to_ns)
{
    return spans_add(&person->sessions, from_ns > usage->begin_ns ? from_ns : usage->begin_ns,
                     to_ns < usage->until_ns ? to_ns : usage->until_ns);
}

static int begin_session(struct usage *usage, const struct fact *fact, json_object *details)
{
    struct usage_person *person;
    if (fact->at.wall_ns >= usage->end_ns)
        return 0;
    int r = find_person(usage, fact, details, &person);
    if (r < 0)
        return r;
    struct usage_session *more = reallocarray(usage->sessions, usage->n_sessions + 1, sizeof *more);
    if (!more)
        return -ENOMEM;
    usage->sessions = more;
    struct usage_session new = {
        .person = person,
        .id = strdup(fact->session ? fact->session : ""),
        .since_ns = fact->at.wall_ns,
    };
    text_copy(new.boot, sizeof new.boot, fact->at.boot);
    if (!new.id)
        return -ENOMEM;
    more[usage->n_sessions++] = new;
    return 0;
}

// The row of an end may be of a later boot (a session that a power cut ended): then its beginning
// tells which one it is.
static struct usage_session *find_session(const struct usage *usage, const struct fact *fact,
                                          uint64_t since_ns)
{
    for (size_t i = 0; i < usage->n_sessions; i++) {
        struct usage_session *session = &usage->sessions[i];
        if (text_equal(session->id, fact->session ? fact->session : "") &&
            (session->since_ns == since_ns || text_equal(session->boot, fact->at.boot)))
            return session;
    }
    return NULL;
}

static void remove_session(struct usage *usage, struct usage_session *session)
{
    free(session->id);
    *session = usage->sessions[--usage->n_sessions];
}

static int end_session(struct usage *usage, const struct fact *fact, json_object *details)
{
    struct usage_person *person = NULL;
    uint64_t since = json_get_number(details, "since_ns");
    struct usage_session *session = find_session(usage, fact, since);
    if (session) {
        person = session->person;
        since = since ? since : session->since_ns;
        remove_session(usage, session);
    }
    // Of one that neither says nor recorded when it began only the end is known: no time.
    if (since == 0 || since >= usage->end_ns || fact->at.wall_ns <= usage->begin_ns)
        return 0;
    int r = person ? 0 : find_person(usage, fact, details, &person);
    return r < 0 ? r : add_session_time(usage, person, since, fact->at.wall_ns);
}

static int take_login(struct usage *usage, const struct fact *fact, json_object *details)
{
    if (json_get(details, "as")) // su or sudo: another account, the same session
        return 0;
    if (fact->kind == FACT_LOGIN_ENDED)
        return end_session(usage, fact, details);
    int r = count(usage, fact, details, USAGE_LOGINS);
    return r < 0 ? r : begin_session(usage, fact, details);
}

// ---- Rows --------------------------------------------------------------------------------------

static bool is_within(const struct usage *usage, const struct fact *fact)
{
    return fact->at.wall_ns >= usage->begin_ns && fact->at.wall_ns < usage->end_ns;
}

int usage_take(struct usage *usage, const struct query_row *row)
{
    const struct fact *fact = &row->fact;
    if (fact->kind == FACT_TRAIL_READ) { // its details are long, and there are many
        usage->recorded = usage->recorded || is_within(usage, fact);
        return 0;
    }
    CLEANUP_JSON json_object *details = fact_read_details(&row->fact);
    switch ((int)fact->kind) {
    case FACT_LOGIN_SUCCEEDED:
    case FACT_LOGIN_ENDED:
        return take_login(usage, fact, details);
    case FACT_LOGIN_FAILED:
        return count(usage, fact, details, USAGE_FAILED);
    case FACT_LOGIN_REFUSED:
        return count(usage, fact, details, USAGE_REFUSED);
    case FACT_AGENT_GAP:
        return unread_take(&usage->gaps, fact, details);
    default:
        return count_of_kind(fact->kind) != 0
                   ? count_file(usage, fact, details, count_of_kind(fact->kind))
                   : 0;
    }
}

static int by_name(const void *a, const void *b)
{
    const struct usage_person *left = *(struct usage_person *const *)a,
                              *right = *(struct usage_person *const *)b;
    if (!left->name || !right->name)
        return left->name ? -1 : right->name ? 1 : left->uid < right->uid ? -1 : 1;
    return strcmp(left->name, right->name);
}

// Whoever was only found in another month.
static bool is_idle(const struct usage_person *person)
{
    return usage_person_total(person, false) == 0 && person->logged_in_ns == 0;
}

int usage_end(struct usage *usage, uint64_t now_ns)
{
    if (now_ns < usage->until_ns)
        usage->until_ns = now_ns;
    int r =
        unread_end(&usage->gaps, usage->until_ns, &(struct span){usage->begin_ns, usage->end_ns});
    if (r < 0)
        return r;
    for (size_t i = 0; i < usage->n_sessions; i++) {
        struct usage_session *session = &usage->sessions[i];
        r = add_session_time(usage, session->person, session->since_ns, usage->until_ns);
        if (r < 0)
            return r;
        session->person->open = true;
    }
    size_t n = 0;
    for (size_t i = 0; i < usage->n; i++) {
        struct usage_person *person = usage->persons[i];
        person->logged_in_ns = spans_total(&person->sessions, usage->begin_ns, usage->end_ns);
        if (is_idle(person))
            person_free(person);
        else
            usage->persons[n++] = person;
    }
    usage->n = n;
    if (n > 0)
        qsort(usage->persons, n, sizeof(struct usage_person *), by_name);
    return 0;
}

uint64_t usage_person_total(const struct usage_person *person, bool outside)
{
    uint64_t total = 0;
    for (enum usage_count c = 0; c < USAGE_COUNT_MAX; c++)
        total += outside ? person->outside[c] : person->counts[c];
    return total;
}
