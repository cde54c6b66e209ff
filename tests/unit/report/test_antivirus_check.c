// SPDX-License-Identifier: GPL-3.0-or-later
#include "report/antivirus-check.h"

#include "base/json.h"
#include "base/text.h"

#include <criterion/criterion.h>
#include <string.h>

#define DAY_S (24 * 3600)
#define NOW_S UINT64_C(1795714624)
#define HEAD                                                                                       \
    "\"name\":\"clamav\",\"title\":\"ClamAV\",\"tried\":true,\"installed\":true,\"profile\":\"p\""
#define DOCUMENT(rest) "{\"mistakes\":[],\"products\":[{" HEAD "," rest "}]}"
#define UNTRIED(rest)                                                                              \
    "{\"mistakes\":[],\"products\":[{\"name\":\"x\",\"title\":\"X\",\"tried\":false,"              \
    "\"installed\":true," rest "}]}"

static struct policy policy;
static json_object *facts;

static void set_up(void)
{
    policy = (struct policy){.definitions_max_ns = 7 * DAY_S * NS_PER_S,
                             .antivirus_on_access = true,
                             .scan_max_ns = 31 * DAY_S * NS_PER_S};
}

static void tear_down(void)
{
    json_object_put(facts);
}

TestSuite(antivirus_check, .init = set_up, .fini = tear_down);

static struct check_result look(const char *name, const struct check_sources *sources)
{
    struct check_result result = {0};
    for (size_t i = 0; i < antivirus_n_checks; i++) {
        const struct check *check = &antivirus_checks[i];
        CLEANUP_FREE char *whole = text_format("antivirus.%s", name);
        if (!text_equal(check->name, whole))
            continue;
        cr_assert_eq(check->look(check, sources, &result), 0);
        cr_expect_str_eq(check->clause, "5 (9)");
        bool must_act = result.value == FINDING_VIOLATION || result.value == FINDING_UNVERIFIED;
        cr_expect(result.evidence && (result.remedy || !must_act), "%s", name);
        return result;
    }
    cr_assert_fail("there is no check %s", name);
    return result;
}

static void expect_of(const char *document, const char *name, enum finding_value value,
                      const char *evidence)
{
    json_object_put(facts);
    facts = json_parse(document, strlen(document), json_type_object);
    cr_assert_not_null(facts, "%s", document);
    const struct check_sources sources = {
        .policy = &policy, .now_ns = NOW_S * NS_PER_S, .antivirus = {.facts = facts}};
    struct check_result result = look(name, &sources);
    cr_expect_eq(result.value, value, "%s: %s: %s", name, finding_value_to_str(result.value),
                 document);
    cr_expect(strstr(result.evidence, evidence), "%s: %s", name, result.evidence);
    check_result_clear(&result);
}

Test(antivirus_check, without_facts_or_policy_nothing_is_ok)
{
    static const char *const documents[] = {
        "{}", "{\"products\":7,\"mistakes\":[]}", "{\"products\":[7],\"mistakes\":[]}",
        "{\"products\":[{}],\"mistakes\":[]}", DOCUMENT("\"process\":7,\"proof\":[]")};
    for (size_t d = 0; d <= ELEMENTS(documents); d++) {
        json_object_put(facts);
        facts = d < ELEMENTS(documents)
                    ? json_parse(documents[d], strlen(documents[d]), json_type_object)
                    : NULL;
        for (size_t i = 0; i < antivirus_n_checks; i++)
            for (size_t with = 0; with < 2; with++) {
                const char *name = antivirus_checks[i].name + strlen("antivirus.");
                const struct check_sources sources = {.policy = with ? &policy : NULL,
                                                      .now_ns = NOW_S * NS_PER_S,
                                                      .antivirus = {.facts = facts, .why = "w"}};
                struct check_result result = look(name, &sources);
                bool is_installed = text_equal(name, "installed") && d == ELEMENTS(documents) - 1;
                cr_expect(is_installed || result.value == FINDING_UNVERIFIED ||
                              (text_equal(name, "installed") && d >= 2 &&
                               result.value == FINDING_VIOLATION),
                          "%s of document %zu", name, d);
                check_result_clear(&result);
            }
    }
}

Test(antivirus_check, one_has_to_be_installed)
{
    expect_of(DOCUMENT("\"a\":1"), "installed", FINDING_OK, "ClamAV");
    expect_of("{\"mistakes\":[],\"products\":[]}", "installed", FINDING_VIOLATION, "no antivirus");
    expect_of("{\"mistakes\":[],\"products\":[{\"name\":\"x\",\"installed\":false}]}", "installed",
              FINDING_VIOLATION, "no antivirus");
    expect_of("{\"mistakes\":[],\"products\":[]}", "proof", FINDING_UNVERIFIED, "no antivirus");
    expect_of(UNTRIED("\"a\":1"), "installed", FINDING_UNVERIFIED, "nobody has tried");
}

Test(antivirus_check, a_mistake_in_a_profile_is_told_with_file_and_line)
{
    expect_of("{\"mistakes\":[{\"file\":\"/e/a.conf\",\"line\":4,\"fault\":\"unknown-key\","
              "\"key\":\"foo\"}],\"products\":[{" HEAD "}]}",
              "installed", FINDING_UNVERIFIED, "/e/a.conf:4: foo: there is no such key");
}

Test(antivirus_check, the_policy_names_which_one_counts)
{
    static const char two[] =
        "{\"mistakes\":[],\"products\":[{\"name\":\"a\",\"title\":\"A\",\"installed\":true,"
        "\"tried\":false},{\"name\":\"b\",\"title\":\"B\",\"installed\":true,\"tried\":true}]}";
    expect_of(two, "installed", FINDING_OK, "B");
    policy.antivirus_product = (char *)"a";
    expect_of(two, "installed", FINDING_UNVERIFIED, "A");
    policy.antivirus_product = (char *)"c";
    expect_of(two, "installed", FINDING_VIOLATION, "“c”");
}

Test(antivirus_check, its_process_has_to_run)
{
    expect_of(DOCUMENT("\"process\":{\"pid\":7}"), "running", FINDING_OK, "process 7");
    expect_of(DOCUMENT("\"process\":{\"error\":\"ENOENT\",\"unit\":\"c.service\"}"), "running",
              FINDING_VIOLATION, "not running");
    expect_of(DOCUMENT("\"process\":{\"error\":\"EACCES\"}"), "running", FINDING_UNVERIFIED,
              "EACCES");
    expect_of(DOCUMENT("\"process\":{\"pid\":7},\"engine\":{\"other_process\":9}"), "running",
              FINDING_VIOLATION, "another process, 9");
    expect_of(UNTRIED("\"process\":{\"pid\":7}"), "running", FINDING_UNVERIFIED, "tried");
}

static void expect_age(long days, const char *engine, enum finding_value value,
                       const char *evidence)
{
    long long built = (long long)NOW_S - days * DAY_S;
    CLEANUP_FREE char *text = text_format(
        DOCUMENT("\"definitions\":{\"by\":\"header\",\"version\":7,\"built_s\":%lld}%s"), built,
        engine);
    expect_of(text, "definitions", value, evidence);
}

Test(antivirus_check, definitions_age_from_the_day_they_were_built)
{
    expect_age(0, "", FINDING_OK, "0 days old (at most 7)");
    expect_age(7, "", FINDING_OK, "7 days old");
    expect_age(8, "", FINDING_VIOLATION, "8 days old");
    policy.definitions_max_ns = 14 * DAY_S * NS_PER_S;
    expect_age(8, "", FINDING_OK, "at most 14");
    expect_age(-1, "", FINDING_UNVERIFIED, "in the future");
    expect_age(20000, "", FINDING_VIOLATION, "days old");
}

Test(antivirus_check, what_is_loaded_counts_more_than_what_is_on_the_disk)
{
    CLEANUP_FREE char *old = text_format(",\"engine\":{\"version\":6,\"built_s\":%lu}",
                                         (unsigned long)(NOW_S - 9 * DAY_S));
    expect_age(0, old, FINDING_VIOLATION, "9 days old");
    expect_age(0, ",\"engine\":{\"answer\":\"ClamAV 1.4\"}", FINDING_VIOLATION, "not loaded");
    expect_age(0, ",\"engine\":{\"error\":\"ETIMEDOUT\"}", FINDING_OK, "0 days");
}

Test(antivirus_check, definitions_without_a_date_are_never_ok)
{
    expect_of(DOCUMENT("\"definitions\":{\"by\":\"newest\",\"built_s\":1795714624}"), "definitions",
              FINDING_UNVERIFIED, "none of its definitions tells");
    expect_of(DOCUMENT("\"definitions\":{\"error\":\"ENOENT\"}"), "definitions", FINDING_VIOLATION,
              "has no definitions");
    expect_of(DOCUMENT("\"definitions\":{\"error\":\"EBADMSG\"}"), "definitions",
              FINDING_UNVERIFIED, "EBADMSG");
    expect_of(DOCUMENT("\"definitions\":{}"), "definitions", FINDING_UNVERIFIED, "found out");
    expect_of(DOCUMENT("\"a\":1"), "definitions", FINDING_UNVERIFIED, "does not tell how old");
    expect_of(DOCUMENT("\"definitions\":{\"by\":\"time\",\"built_s\":1795714624}"), "definitions",
              FINDING_OK, "0 days");
}

Test(antivirus_check, a_product_s_word_is_taken_if_it_was_tried)
{
    expect_of(DOCUMENT("\"command\":{\"definitions_minutes\":60,\"healthy\":true}"), "definitions",
              FINDING_OK, "0 days");
    expect_of(DOCUMENT("\"command\":{\"definitions_minutes\":27712166}"), "definitions",
              FINDING_VIOLATION, "days old");
    expect_of(DOCUMENT("\"command\":{\"healthy\":true}"), "proof", FINDING_OK, "is healthy");
    expect_of(UNTRIED("\"command\":{\"healthy\":true}"), "proof", FINDING_UNVERIFIED, "tried");
    expect_of(UNTRIED("\"command\":{\"healthy\":false}"), "proof", FINDING_VIOLATION,
              "not healthy");
    expect_of(DOCUMENT("\"command\":{\"healthy\":\"true\"}"), "proof", FINDING_UNVERIFIED,
              "no way");
    expect_of(DOCUMENT("\"command\":{\"error\":\"EPROTO\"}"), "proof", FINDING_UNVERIFIED,
              "EPROTO");
    expect_of(DOCUMENT("\"command\":{\"on_access\":true}"), "on_access", FINDING_OK, "says");
    expect_of(DOCUMENT("\"command\":{\"on_access\":false}"), "on_access", FINDING_VIOLATION, "not");
    expect_of(DOCUMENT("\"command\":{}"), "on_access", FINDING_UNVERIFIED, "no way");
}

Test(antivirus_check, it_has_to_find_the_test_and_nothing_else)
{
    expect_of(DOCUMENT("\"proof\":{\"test\":\"found\",\"clean\":\"passed\"}"), "proof", FINDING_OK,
              "finds");
    expect_of(DOCUMENT("\"proof\":{\"test\":\"missed\",\"clean\":\"passed\"}"), "proof",
              FINDING_VIOLATION, "does not find");
    expect_of(DOCUMENT("\"proof\":{\"test\":\"found\",\"clean\":\"flagged\"}"), "proof",
              FINDING_VIOLATION, "clean text");
    expect_of(DOCUMENT("\"proof\":{\"test\":\"found\",\"error\":\"ETIMEDOUT\"}"), "proof",
              FINDING_UNVERIFIED, "in time");
    expect_of(DOCUMENT("\"proof\":{\"error\":\"ESRCH\"}"), "proof", FINDING_UNVERIFIED,
              "not running");
    expect_of(DOCUMENT("\"proof\":{\"error\":\"ECONNREFUSED\"}"), "proof", FINDING_UNVERIFIED,
              "ECONNREFUSED");
    expect_of(DOCUMENT("\"proof\":{}"), "proof", FINDING_UNVERIFIED, "found out");
}

Test(antivirus_check, scanning_on_access_is_proven_by_a_file)
{
#define ACCESS(rest)                                                                               \
    DOCUMENT("\"on_access\":{\"process\":\"/usr/sbin/o\",\"folder\":\"/f\"," rest "}")
#define RESULT(word) ACCESS("\"runs\":true,\"configured\":true,\"result\":\"" word "\"")
    expect_of(RESULT("refused"), "on_access", FINDING_OK, "could not be opened");
    expect_of(RESULT("removed"), "on_access", FINDING_OK, "taken away");
    expect_of(RESULT("reported"), "on_access", FINDING_OK, "reported");
    expect_of(RESULT("passed"), "on_access", FINDING_VIOLATION, "nothing came of it");
    expect_of(RESULT("hung"), "on_access", FINDING_UNVERIFIED, "hangs");
    expect_of(RESULT("other"), "on_access", FINDING_UNVERIFIED, "found out");
    expect_of(ACCESS("\"runs\":false,\"error\":\"ENOENT\""), "on_access", FINDING_VIOLATION,
              "is not running");
    expect_of(ACCESS("\"runs\":false,\"error\":\"EACCES\""), "on_access", FINDING_UNVERIFIED,
              "EACCES");
    expect_of(ACCESS("\"runs\":true,\"configured\":false"), "on_access", FINDING_UNVERIFIED, "/f");
    expect_of(ACCESS("\"runs\":true,\"configured\":true,\"error\":\"EACCES\""), "on_access",
              FINDING_UNVERIFIED, "EACCES");
    expect_of(DOCUMENT("\"a\":1"), "on_access", FINDING_UNVERIFIED, "no way");
    policy.antivirus_on_access = false;
    expect_of(RESULT("passed"), "on_access", FINDING_NOT_APPLICABLE, "does not ask");
}

Test(antivirus_check, the_last_full_scan_is_not_too_long_ago)
{
    expect_of(DOCUMENT("\"scan\":{\"ended_s\":1795714624}"), "scan", FINDING_OK, "0 days ago");
    expect_of(DOCUMENT("\"scan\":{\"ended_s\":1790714624}"), "scan", FINDING_VIOLATION, "57 days");
    expect_of(DOCUMENT("\"scan\":{\"ended_s\":1799714624}"), "scan", FINDING_UNVERIFIED, "future");
    expect_of(DOCUMENT("\"scan\":{\"log\":\"/l\",\"error\":\"ENOENT\"}"), "scan",
              FINDING_UNVERIFIED, "on record in /l");
    expect_of(DOCUMENT("\"scan\":{\"log\":\"/l\",\"error\":\"EACCES\"}"), "scan",
              FINDING_UNVERIFIED, "EACCES");
    expect_of(DOCUMENT("\"a\":1"), "scan", FINDING_UNVERIFIED, "no record");
    policy.scan_max_ns = 0;
    expect_of(DOCUMENT("\"a\":1"), "scan", FINDING_NOT_APPLICABLE, "does not ask");
}

#define FOUND(rest) DOCUMENT("\"found\":{\"log\":\"/l\",\"detections\":[" rest "]}")
#define FILE_A "{\"id\":\"aa\",\"file\":\"/a\",\"signature\":\"S\",\"still_there\":"

Test(antivirus_check, what_was_found_has_to_be_gone)
{
    expect_of(FOUND(""), "detections", FINDING_OK, "found nothing");
    expect_of(FOUND(FILE_A "false}"), "detections", FINDING_OK, "which is gone");
    expect_of(FOUND(FILE_A "true}"), "detections", FINDING_VIOLATION, "/a (S)");
    expect_of(FOUND("{\"id\":\"aa\",\"file\":\"/a\",\"signature\":\"S\"}"), "detections",
              FINDING_VIOLATION, "/a");
    expect_of(FOUND("{\"id\":\"bb\",\"by\":\"fd[3]\",\"signature\":\"S\"}"), "detections",
              FINDING_UNVERIFIED, "fd[3]");
    expect_of(FOUND("{\"id\":\"bb\",\"by\":\"fd[3]\",\"signature\":\"S\"}," FILE_A "false}"),
              "detections", FINDING_OK, "which are gone");
    expect_of(FOUND("{\"id\":\"bb\",\"by\":\"fd[3]\",\"signature\":\"S\",\"at_s\":1700000000}"),
              "detections", FINDING_OK, "which is gone");
    expect_of(DOCUMENT("\"found\":{\"detections\":[],\"error\":\"ENOENT\"}"), "detections",
              FINDING_UNVERIFIED, "ENOENT");
    expect_of(DOCUMENT("\"found\":{}"), "detections", FINDING_UNVERIFIED, "found out");
    expect_of(DOCUMENT("\"a\":1"), "detections", FINDING_UNVERIFIED, "no log");
}

Test(antivirus_check, another_file_found_is_another_subject)
{
    static const char *const documents[] = {
        FOUND(FILE_A "true}"),
        FOUND(FILE_A "true},{\"id\":\"bb\",\"file\":\"/b\",\"signature\":\"S\"}")};
    CLEANUP_FREE char *before = NULL;
    for (size_t i = 0; i < ELEMENTS(documents); i++) {
        json_object_put(facts);
        facts = json_parse(documents[i], strlen(documents[i]), json_type_object);
        const struct check_sources sources = {
            .policy = &policy, .now_ns = NOW_S * NS_PER_S, .antivirus = {.facts = facts}};
        struct check_result result = look("detections", &sources);
        cr_assert_not_null(result.subject);
        cr_expect_not(text_equal(before, result.subject), "%s", result.subject);
        free(before);
        before = text_dup(result.subject);
        check_result_clear(&result);
    }
}

Test(antivirus_check, what_a_product_says_is_shown_escaped)
{
    expect_of(FOUND("{\"id\":\"aa\",\"file\":\"/a\\u001b[31m\",\"signature\":\"S\"}"), "detections",
              FINDING_VIOLATION, "/a\\x1b[31m");
    expect_of(DOCUMENT("\"process\":{\"error\":\"\\u001b\"}"), "running", FINDING_UNVERIFIED,
              "\\x1b");
}
