// SPDX-License-Identifier: GPL-3.0-or-later
#include "tree.h"

#include "base/json.h"
#include "watch/antivirus/found.h"
#include "watch/antivirus/local-time.h"

#define LOG "/log/clamav.log"
#define OURS "/var/lib/sekisho/antivirus-probe"
#define THEN "Thu Nov 26 17:37:08 2026 -> "

static json_object *detections;

static void set_up(void)
{
    tree_open();
    detections = json_object_new_array();
}

static void tear_down(void)
{
    json_object_put(detections);
    tree_close();
}

TestSuite(found, .init = set_up, .fini = tear_down);

static void read_log(const char *text)
{
    const struct found_options options = {tree, OURS, "Test.Signature"};
    tree_put(&LOG[1], text);
    cr_assert_eq(found_read(&options, LOG, detections), 0);
}

static size_t n(void)
{
    return json_object_array_length(detections);
}

static const char *text(size_t i, const char *key)
{
    return json_get_text(json_object_array_get_idx(detections, i), key);
}

Test(found, a_line_of_clamd_is_a_detection)
{
    uint64_t at = 0;
    tree_put("srv/a: b", "x");
    read_log("Thu Nov 26 17:37:05 2026 -> Self checking every 600 seconds.\n" THEN
             "/srv/a: b: Win.Trojan-1(0123:68) FOUND\n" THEN "/gone: Other FOUND\n");
    cr_assert_eq(n(), 2);
    cr_expect_str_eq(text(0, "file"), "/srv/a: b");
    cr_expect_str_eq(text(0, "signature"), "Win.Trojan-1");
    cr_expect_eq(strlen(text(0, "id")), 32);
    cr_assert_eq(local_time_parse("2026:11:26 17:37:08", "%Y:%m:%d %H:%M:%S", &at), 0);
    cr_expect_eq(json_get_number(json_object_array_get_idx(detections, 0), "at_s"), at);
    cr_expect(json_get_bool(json_object_array_get_idx(detections, 0), "still_there"));
    cr_expect_not(json_get_bool(json_object_array_get_idx(detections, 1), "still_there"));
}

Test(found, the_same_line_has_the_same_id_wherever_it_stands)
{
    read_log(THEN "/a: S FOUND\n");
    CLEANUP_FREE char *id = text_dup(text(0, "id"));
    json_object_put(detections);
    detections = json_object_new_array();
    tree_put("log/clamav.log.1", THEN "/a: S FOUND\n");
    read_log(THEN "/b: S FOUND\n");
    cr_assert_eq(n(), 2, "the log before it is read, too");
    cr_expect_str_eq(text(0, "id"), id);
}

Test(found, our_own_tests_are_no_detections)
{
    read_log(THEN "instream(local): Test.Signature FOUND\n" THEN
                  "instream(local): Win.Test.EICAR_HDB-1 FOUND\n" THEN
                  "fd[12]: Eicar-Signature FOUND\n" OURS "/probe-1: Test.Signature FOUND\n");
    cr_expect_eq(n(), 0);
}

Test(found, what_only_looks_like_ours_is_one)
{
    read_log(THEN "instream(local): Win.Trojan FOUND\n" THEN OURS
                  "/probe-1: Win.Trojan FOUND\n" OURS "-not/probe-1: Test.Signature FOUND\n" THEN
                  "/srv/x: Eicar-Signature FOUND\n");
    cr_assert_eq(n(), 4);
    cr_expect_str_eq(text(0, "by"), "instream(local)");
    cr_expect_null(text(0, "file"));
}

Test(found, two_logs_that_tell_of_one_file_are_one_detection)
{
    const struct found_options options = {tree, OURS, NULL};
    read_log(THEN "/a: S FOUND\nThu Nov 26 17:39:08 2026 -> /a: S FOUND\n");
    cr_expect_eq(n(), 2, "the same file later is another");
    tree_put("log/access.log", "/a: S FOUND\n/b: S FOUND\n");
    cr_assert_eq(found_read(&options, "/log/access.log", detections), 0);
    cr_expect_eq(n(), 3);
}

Test(found, names_are_escaped_and_broken_lines_are_none)
{
    read_log(THEN "/a\x1b[31m\xff: S\x07 FOUND\n FOUND\n: FOUND\nx FOUND\n/a: FOUND\n"
                  "/a: S FOUND trailing\n");
    cr_assert_eq(n(), 1);
    cr_expect_str_eq(text(0, "file"), "/a\\x1b[31m\\xff");
    cr_expect_str_eq(text(0, "signature"), "S\\x07");
}

Test(found, there_is_a_limit_to_how_many)
{
    CLEANUP_FREE char *many = NULL;
    size_t size;
    FILE *out = open_memstream(&many, &size);
    for (unsigned i = 0; i < 60000; i++)
        fprintf(out, THEN "/f%u: S FOUND\n", i);
    cr_assert_eq(fclose(out), 0);
    read_log(many);
    cr_expect_eq(n(), 256);
    cr_expect_str_eq(text(255, "file"), "/f59999", "the newest stay");
}

Test(found, a_log_that_can_t_be_read_is_an_error)
{
    const struct found_options options = {tree, OURS, NULL};
    cr_expect_eq(found_read(&options, "/log/none.log", detections), -ENOENT);
}

Test(found, the_last_summary_tells_the_last_scan)
{
    uint64_t at = 0, expected = 0;
    cr_expect_eq(found_last_scan(tree, "/log/scan.log", &at), -ENOENT);
    tree_put("log/scan.log", "----------- SCAN SUMMARY -----------\nInfected files: 0\n");
    cr_expect_eq(found_last_scan(tree, "/log/scan.log", &at), -ENODATA);
    tree_put("log/scan.log", "End Date:   2026:11:25 01:02:03\nStart Date: 2026:11:26 01:00:00\n"
                             "End Date:   2026:11:26 01:02:03\nEnd Date: yesterday\n");
    cr_assert_eq(found_last_scan(tree, "/log/scan.log", &at), 0);
    cr_assert_eq(local_time_parse("2026:11:26 01:02:03", "%Y:%m:%d %H:%M:%S", &expected), 0);
    cr_expect_eq(at, expected);
}
