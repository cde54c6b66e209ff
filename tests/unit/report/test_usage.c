// SPDX-License-Identifier: GPL-3.0-or-later
#include "report/usage.h"

#include "../written_ledger.h"
#include "story.h"

#include <errno.h>

// Monday to Friday, 9:00 to 17:30.
static const struct policy office = {
    .office_from = 9 * 60, .office_until = 17 * 60 + 30, .office_days = 0x1f};

static struct usage usage;
static uint64_t sequence;

static void begin(const struct policy *policy)
{
    cr_assert_eq(setenv("TZ", "Asia/Tokyo", 1), 0);
    tzset();
    cr_assert_eq(usage_init(&usage, STORY_MONTH, policy), 0);
    sequence = 0;
}

static void tell_of(const char *user, const char *time, enum fact_kind kind, const char *outcome,
                    const char *details, char boot)
{
    struct query_row row = {.sequence = ++sequence,
                            .kind_name = fact_kind_to_str(kind),
                            .fact = {.kind = kind,
                                     .uid = user ? 1000 : FACT_NO_UID,
                                     .user = (char *)user,
                                     .session = (char *)"3",
                                     .outcome = (char *)outcome,
                                     .details = (char *)details}};
    cr_assert_eq(moment_parse(time, &row.fact.at.wall_ns), 0);
    memset(row.fact.at.boot, boot, BOOT_ID_SIZE - 1);
    cr_assert_eq(usage_take(&usage, &row), 0);
}

static void tell(const char *user, const char *time, enum fact_kind kind, const char *details)
{
    tell_of(user, time, kind, "done", details, 'a');
}

static const struct usage_person *end_at(const char *now)
{
    uint64_t ns;
    cr_assert_eq(moment_parse(now, &ns), 0);
    cr_assert_eq(usage_end(&usage, ns), 0);
    return usage.n > 0 ? usage.persons[0] : NULL;
}

static void end_login(const char *time, const char *since, const char *outcome, char boot)
{
    uint64_t ns;
    cr_assert_eq(moment_parse(since, &ns), 0);
    CLEANUP_FREE char *details = text_format("{\"since_ns\":%" PRIu64 "}", ns);
    tell_of("sato", time, FACT_LOGIN_ENDED, outcome, details, boot);
}

Test(usage, files_are_counted_with_the_repeats_that_a_row_stands_for)
{
    begin(&office);
    tell("sato", "2026-11-02 10:00", FACT_FILE_READ, NULL);
    tell("sato", "2026-11-02 10:00", FACT_FILE_READ, "{\"of\":1,\"count\":12}");
    tell("sato", "2026-11-02 10:01", FACT_FILE_WRITTEN, NULL);
    tell("sato", "2026-11-02 10:02", FACT_FILE_DELETED, NULL);
    tell("sato", "2026-11-02 10:03", FACT_FILE_RENAMED, "{\"to\":\"/srv/b\"}");
    tell("sato", "2026-11-02 10:04", FACT_MEDIUM_WRITTEN, NULL);
    tell("sato", "2026-11-02 10:05", FACT_FILE_READ, "{\"folder\":true}");
    const struct usage_person *sato = end_at("2026-12-01");
    cr_assert_eq(usage.n, 1);
    cr_expect_str_eq(sato->name, "sato");
    cr_expect_eq(sato->counts[USAGE_READ], 13, "a folder is no file");
    cr_expect_eq(sato->counts[USAGE_WRITTEN], 1);
    cr_expect_eq(sato->counts[USAGE_DELETED], 1);
    cr_expect_eq(sato->counts[USAGE_RENAMED], 1);
    cr_expect_eq(sato->counts[USAGE_TAKEN], 1);
    cr_expect_eq(usage_person_total(sato, false), 17);
    cr_expect_eq(usage_person_total(sato, true), 0);
    usage_clear(&usage);
}

Test(usage, what_was_refused_was_not_done)
{
    begin(&office);
    tell_of("sato", "2026-11-02 10:00", FACT_FILE_DELETED, "refused", NULL, 'a');
    tell_of("sato", "2026-11-02 10:00", FACT_LOGIN_REFUSED, "refused", NULL, 'a');
    const struct usage_person *sato = end_at("2026-12-01");
    cr_expect_eq(sato->counts[USAGE_DELETED], 0);
    cr_expect_eq(sato->counts[USAGE_REFUSED], 2);
    usage_clear(&usage);
}

Test(usage, office_hours_end_with_their_minute_and_leave_the_weekend_out)
{
    begin(&office);
    tell("sato", "2026-11-02 08:59", FACT_FILE_READ, NULL); // Monday
    tell("sato", "2026-11-02 09:00", FACT_FILE_READ, NULL);
    tell("sato", "2026-11-06 17:29", FACT_FILE_READ, NULL); // Friday
    tell("sato", "2026-11-06 17:30", FACT_FILE_READ, "{\"of\":1,\"count\":4}");
    tell("sato", "2026-11-07 10:00", FACT_FILE_READ, NULL); // Saturday
    const struct usage_person *sato = end_at("2026-12-01");
    cr_expect_eq(sato->counts[USAGE_READ], 8);
    cr_expect_eq(sato->outside[USAGE_READ], 6);
    usage_clear(&usage);
}

Test(usage, without_office_hours_nothing_is_outside_of_them)
{
    begin(NULL);
    tell("sato", "2026-11-07 03:00", FACT_FILE_READ, NULL);
    const struct usage_person *sato = end_at("2026-12-01");
    cr_expect_not(usage.office);
    cr_expect_eq(sato->outside[USAGE_READ], 0);
    usage_clear(&usage);
}

Test(usage, hours_are_those_between_a_login_and_its_end)
{
    begin(&office);
    tell("sato", "2026-11-02 09:00", FACT_LOGIN_SUCCEEDED, NULL);
    end_login("2026-11-02 17:00", "2026-11-02 09:00", "ended", 'a');
    tell("sato", "2026-11-03 09:00", FACT_LOGIN_SUCCEEDED, NULL);
    tell("sato", "2026-11-03 10:00", FACT_LOGIN_ENDED, NULL); // does not say since when
    const struct usage_person *sato = end_at("2026-12-01");
    cr_expect_eq(sato->counts[USAGE_LOGINS], 2);
    cr_expect_eq(sato->logged_in_ns, 9 * HOUR);
    cr_expect_not(sato->open);
    usage_clear(&usage);
}

Test(usage, two_sessions_at_a_time_are_the_hours_of_one_person)
{
    begin(&office);
    end_login("2026-11-02 12:00", "2026-11-02 09:00", "ended", 'a');
    end_login("2026-11-02 13:00", "2026-11-02 11:00", "ended", 'a');
    cr_expect_eq(end_at("2026-12-01")->logged_in_ns, 4 * HOUR);
    usage_clear(&usage);
}

Test(usage, su_and_sudo_are_neither_a_login_nor_its_end)
{
    begin(&office);
    tell("sato", "2026-11-02 09:00", FACT_LOGIN_SUCCEEDED, NULL);
    tell("sato", "2026-11-02 10:00", FACT_LOGIN_SUCCEEDED, "{\"as\":\"root\"}");
    tell("sato", "2026-11-02 10:05", FACT_LOGIN_ENDED, "{\"as\":\"root\"}");
    end_login("2026-11-02 17:00", "2026-11-02 09:00", "ended", 'a');
    const struct usage_person *sato = end_at("2026-12-01");
    cr_expect_eq(sato->counts[USAGE_LOGINS], 1);
    cr_expect_eq(sato->logged_in_ns, 8 * HOUR);
    usage_clear(&usage);
}

Test(usage, a_session_that_goes_on_is_counted_up_to_now_and_marked)
{
    begin(&office);
    tell("sato", "2026-11-02 09:00", FACT_LOGIN_SUCCEEDED, NULL);
    const struct usage_person *sato = end_at("2026-11-02 11:30");
    cr_expect(sato->open);
    cr_expect_eq(sato->logged_in_ns, 2 * HOUR + 30 * MINUTE);
    usage_clear(&usage);
}

Test(usage, a_session_over_the_turn_of_the_month_is_cut_there)
{
    begin(&office);
    tell("sato", "2026-10-31 22:00", FACT_LOGIN_SUCCEEDED, NULL);
    end_login("2026-11-01 01:00", "2026-10-31 22:00", "ended", 'a');
    tell("sato", "2026-11-30 23:00", FACT_LOGIN_SUCCEEDED, NULL);
    end_login("2026-12-01 08:00", "2026-11-30 23:00", "ended", 'a');
    const struct usage_person *sato = end_at("2026-12-05");
    cr_expect_eq(sato->counts[USAGE_LOGINS], 1, "the other one is October's");
    cr_expect_eq(sato->logged_in_ns, 2 * HOUR);
    cr_expect_not(sato->open);
    usage_clear(&usage);
}

Test(usage, a_session_that_a_power_cut_ended_is_closed_by_a_row_of_the_next_boot)
{
    begin(&office);
    tell("sato", "2026-11-02 09:00", FACT_LOGIN_SUCCEEDED, NULL);
    tell_of("sato", "2026-11-02 13:00", FACT_LOGIN_SUCCEEDED, "done", NULL, 'b'); // the same id
    end_login("2026-11-02 12:00", "2026-11-02 09:00", "cut off", 'b');
    const struct usage_person *sato = end_at("2026-11-02 14:00");
    cr_expect(sato->open, "the session of the next boot goes on");
    cr_expect_eq(sato->logged_in_ns, 4 * HOUR);
    usage_clear(&usage);
}

Test(usage, a_failed_login_is_that_of_the_account_or_of_nobody)
{
    begin(&office);
    tell(NULL, "2026-11-02 09:00", FACT_LOGIN_FAILED, "{\"account\":\"tanaka\"}");
    tell(NULL, "2026-11-02 09:01", FACT_LOGIN_FAILED, "{\"masked\":true}");
    tell("sato", "2026-11-02 09:02", FACT_LOGIN_FAILED, "{\"as\":\"root\"}");
    (void)end_at("2026-12-01");
    cr_assert_eq(usage.n, 3);
    cr_expect_str_eq(usage.persons[0]->name, "sato");
    cr_expect_str_eq(usage.persons[1]->name, "tanaka");
    cr_expect_null(usage.persons[2]->name, "the nameless come last");
    for (size_t i = 0; i < usage.n; i++)
        cr_expect_eq(usage.persons[i]->counts[USAGE_FAILED], 1);
    usage_clear(&usage);
}

Test(usage, a_month_without_a_checkpoint_was_not_recorded)
{
    begin(&office);
    tell(NULL, "2026-10-31 10:00", FACT_TRAIL_READ, NULL);
    (void)end_at("2026-12-01");
    cr_expect_not(usage.recorded);
    usage_clear(&usage);
    begin(&office);
    tell(NULL, "2026-11-01 00:00", FACT_TRAIL_READ, NULL);
    (void)end_at("2026-12-01");
    cr_expect(usage.recorded);
    usage_clear(&usage);
}

Test(usage, gaps_of_the_trail_count_and_those_that_are_caught_up_do_not)
{
    uint64_t from = 0, to = 0;
    begin(&office);
    cr_assert_eq(moment_parse("2026-11-30 23:00", &from), 0);
    cr_assert_eq(moment_parse("2026-12-01 01:00", &to), 0);
    const char *const sources[] = {"\"source\":\"audit\",\"cause\":\"auditd could not write\"",
                                   "\"cause\":\"agent not running\""};
    for (size_t i = 0; i < ELEMENTS(sources); i++) {
        CLEANUP_FREE char *details =
            text_format("{%s,\"from_ns\":%" PRIu64 ",\"to_ns\":%" PRIu64 "}", sources[i], from, to);
        tell(NULL, "2026-12-01 01:00", FACT_AGENT_GAP, details);
    }
    (void)end_at("2026-12-02");
    cr_assert_eq(usage.gaps.spans.n, 1);
    cr_expect_eq(spans_total(&usage.gaps.spans, usage.begin_ns, usage.end_ns), HOUR,
                 "November's part");
    usage_clear(&usage);
}

static void tell_gap(const char *at, const char *outcome, const char *cause, const char *more)
{
    uint64_t from;
    cr_assert_eq(moment_parse("2026-11-10 10:00", &from), 0);
    CLEANUP_FREE char *details = text_format(
        "{\"source\":\"audit\",\"cause\":\"%s\",\"from_ns\":%" PRIu64 "%s}", cause, from, more);
    tell_of(NULL, at, FACT_AGENT_GAP, outcome, details, 'a');
}

Test(usage, a_gap_that_is_told_when_it_begins_and_when_it_ends_is_one)
{
    uint64_t to;
    begin(&office);
    cr_assert_eq(moment_parse("2026-11-10 12:00", &to), 0);
    CLEANUP_FREE char *ended = text_format(",\"to_ns\":%" PRIu64, to);
    tell_gap("2026-11-10 10:01", "begun", "auditd has suspended writing", "");
    tell_gap("2026-11-10 12:00", "ended", "auditd has suspended writing", ended);
    (void)end_at("2026-12-02");
    cr_expect_eq(usage.gaps.spans.n, 1);
    cr_expect_eq(spans_total(&usage.gaps.spans, usage.begin_ns, usage.end_ns), 2 * HOUR);
    usage_clear(&usage);
}

Test(usage, a_gap_that_has_not_ended_goes_on_until_now)
{
    begin(&office);
    tell_gap("2026-11-10 10:01", "begun", "auditd is not running", "");
    (void)end_at("2026-11-10 15:00");
    cr_assert_eq(usage.gaps.spans.n, 1);
    cr_expect_eq(spans_total(&usage.gaps.spans, usage.begin_ns, usage.end_ns), 5 * HOUR);
    usage_clear(&usage);
}

Test(usage, a_gap_that_has_not_ended_ends_with_its_boot)
{
    begin(&office);
    tell_gap("2026-11-10 10:01", "begun", "auditd is not running", "");
    tell_of(NULL, "2026-11-10 11:00", FACT_AGENT_GAP, "unwatched",
            "{\"cause\":\"agent not running\"}", 'b');
    (void)end_at("2026-11-10 15:00");
    cr_assert_eq(usage.gaps.spans.n, 1);
    cr_expect_eq(spans_total(&usage.gaps.spans, usage.begin_ns, usage.end_ns), HOUR);
    usage_clear(&usage);
}

Test(usage, the_records_that_are_known_to_be_lost_are_counted)
{
    begin(&office);
    tell_gap("2026-11-10 10:01", "lost", "the kernel dropped audit records", ",\"lost\":7");
    tell_gap("2026-11-10 10:02", "lost", "the kernel dropped audit records", ",\"lost\":5");
    (void)end_at("2026-12-02");
    cr_expect_eq(usage.gaps.lost, 12);
    usage_clear(&usage);
}

Test(usage, a_reboot_in_order_is_no_gap)
{
    begin(&office);
    tell_gap("2026-11-10 12:00", "unwatched", "auditd was not running", ",\"booted\":true");
    (void)end_at("2026-12-02");
    cr_expect_eq(usage.gaps.spans.n, 0);
    usage_clear(&usage);
}

Test(usage, a_gap_of_no_length_is_still_one)
{
    begin(&office);
    tell(NULL, "2026-11-10 12:00", FACT_AGENT_GAP,
         "{\"source\":\"audit\",\"cause\":\"auditd could not write\"}");
    (void)end_at("2026-12-02");
    cr_expect_eq(usage.gaps.spans.n, 1);
    usage_clear(&usage);
}

Test(usage, late_rows_in_the_next_months_file_belong_to_the_month_in_which_they_happened)
{
    struct written_ledger w;
    written_begin(&w, "2026-11-30 09:00");
    written_row(&w, "2026-11-30 10:00", FACT_FILE_READ, "sato", "/srv/a", NULL);
    written_row(&w, "2026-12-01 09:00", FACT_FILE_READ, "sato", "/srv/a", NULL);
    CLEANUP(fact_free_p) struct fact *late = fact_new(FACT_FILE_DELETED);
    uint64_t ticket, now;
    late->at = written_now(&w);
    cr_assert_eq(moment_parse("2026-11-30 23:59", &late->at.wall_ns), 0);
    cr_assert_eq(text_set(&late->user, "sato"), 0);
    cr_assert_eq(ledger_append(w.ledger, late, &ticket), 0);
    cr_assert_eq(ledger_wait(w.ledger, ticket, 10 * NS_PER_S), 0);
    cr_assert_eq(moment_parse("2026-12-02", &now), 0);

    CLEANUP_FREE char *folder = text_format("%s/ledger", w.folder);
    cr_assert_eq(usage_gather(folder, "2026-11", &office, now, &usage), 0);
    cr_assert_eq(usage.n, 1);
    cr_expect_eq(usage.persons[0]->counts[USAGE_READ], 1);
    cr_expect_eq(usage.persons[0]->counts[USAGE_DELETED], 1);
    usage_clear(&usage);
    cr_expect_eq(usage_gather(folder, "2027-01", &office, now, &usage), -ENOENT);
    written_remove(&w);
}

// ---- Totals beside the rows
// ----------------------------------------------------------------------

static void write_many(struct written_ledger *w, unsigned n)
{
    static const enum fact_kind kinds[] = {FACT_FILE_READ, FACT_FILE_WRITTEN, FACT_MEDIUM_WRITTEN,
                                           FACT_FILE_PRINTED, FACT_POLICY_LOADED};
    static const char *const users[] = {"sato", "suzuki", NULL};
    static const char *const details[] = {NULL, "{\"folder\":true}", "{\"of\":1,\"count\":12}",
                                          NULL, "{\"account\":\"sato\"}"};
    uint64_t ticket = 0, start = w->wall_ns;
    for (unsigned i = 0; i < n; i++) {
        CLEANUP(fact_free_p) struct fact *fact = fact_new(kinds[i % ELEMENTS(kinds)]);
        w->wall_ns = start + i * 5 * 60 * NS_PER_S;
        fact->at = written_now(w);
        fact->uid = i % 7 == 0 ? FACT_NO_UID : 1000 + i % 2;
        cr_assert_eq(text_set(&fact->user, users[i % ELEMENTS(users)]), 0);
        cr_assert_eq(text_set(&fact->outcome, i % 11 == 0 ? "refused" : "done"), 0);
        cr_assert_eq(text_set(&fact->details, details[i % 13 % ELEMENTS(details)]), 0);
        cr_assert_eq(ledger_append(w->ledger, fact, &ticket), 0);
        if (i % 100 == 99 || i + 1 == n)
            cr_assert_eq(ledger_wait(w->ledger, ticket, 20 * NS_PER_S), 0);
        struct ledger_ack acks[16];
        while (ledger_reap(w->ledger, acks, ELEMENTS(acks)) > 0)
            ;
    }
}

static int take_row(void *context, const struct query_row *row)
{
    return usage_take(context, row);
}

static void expect_same_persons(const struct usage *found, const struct usage *expected)
{
    cr_assert_eq(found->n, expected->n);
    for (size_t i = 0; i < found->n; i++) {
        const struct usage_person *one = found->persons[i], *other = expected->persons[i];
        cr_expect(text_equal(one->name, other->name) && one->uid == other->uid);
        cr_expect_arr_eq(one->counts, other->counts, sizeof one->counts, "%s", one->name);
        cr_expect_arr_eq(one->outside, other->outside, sizeof one->outside, "%s", one->name);
        cr_expect_eq(one->logged_in_ns, other->logged_in_ns);
    }
}

// Once by the totals, once by each row; 9:10 begins within a quarter of an hour, so that there the
// rows count on both sides.
Test(usage, totals_say_the_same_as_the_rows)
{
    const struct policy uneven = {
        .office_from = 9 * 60 + 10, .office_until = 17 * 60 + 30, .office_days = 0x1f};
    const struct policy *const policies[] = {&office, &uneven, NULL};
    struct written_ledger w;
    uint64_t now;
    written_begin(&w, "2026-10-30 09:00");
    written_row(&w, "2026-10-30 09:00", FACT_LOGIN_SUCCEEDED, "sato", "tty1", NULL);
    write_many(&w, 9500); // to December
    CLEANUP_FREE char *folder = text_format("%s/ledger", w.folder);
    CLEANUP(query_free_paths_p) char **paths = NULL;
    size_t n;
    cr_assert_eq(query_list_months(folder, &paths, &n), 0);
    cr_assert_eq(n, 3);
    cr_assert_eq(moment_parse("2026-12-20", &now), 0);
    for (size_t i = 0; i < ELEMENTS(policies); i++) {
        struct usage by_rows;
        const struct query_filter all = {.severity = -1};
        cr_assert_eq(usage_init(&by_rows, "2026-11", policies[i]), 0);
        cr_expect_eq(usage_can_take_totals(&by_rows), policies[i] != &uneven);
        cr_assert_eq(query_run((const char *const *)paths, n, &all, take_row, &by_rows), 0);
        cr_assert_eq(usage_end(&by_rows, now), 0);
        cr_assert_eq(usage_gather(folder, "2026-11", policies[i], now, &usage), 0);
        cr_assert_geq(usage.n, 3);
        expect_same_persons(&usage, &by_rows);
        usage_clear(&usage);
        usage_clear(&by_rows);
    }
    written_remove(&w);
}
