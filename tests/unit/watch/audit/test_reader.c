// SPDX-License-Identifier: GPL-3.0-or-later
#include "watch/audit/reader.h"

#include "base/file.h"
#include "base/text.h"

#include <criterion/criterion.h>
#include <fcntl.h>
#include <string.h>

// corpus/real-audit.txt was written by auditd 3.0.9 on Linux 6.1 (ENRICHED) while these things were
// done, by a person with uid 1000 unless it says otherwise; what is expected is what was done.
static const char *const expected[] = {
    "audit-started",
    "read /srv/data/a",          // cat a
    "read /srv/data/sub/../a",   // cat /srv/data/sub/../a
    "write /srv/data/a",         // echo more >>a
    "create /srv/data/new",      // echo n >new
    "create /srv/data/d folder", // mkdir d
    "create /srv/data/sym",      // ln -s a sym
    "create /srv/data/a > /srv/data/hard",
    "create /srv/data/a > /tmp/hard-outside",
    "rename /srv/data/new > /srv/data/new2",
    "rename /srv/data/tmp1 > /srv/data/a replaced",
    "rename /srv/data/? > /srv/data/sub/d3 unresolved folder", // mv d2/ sub/d3: no record says it
    "delete /srv/data/new2",
    "delete /srv/data/sub/d3 folder",
    "change /srv/data/a", // chmod 600 a
    "change /srv/data/a", // setfattr
    "write /srv/data/ro errno 13",
    "change /srv/data/ro errno 1",
    "read /srv/data/sub folder", // os.open(…, O_DIRECTORY), and all by that descriptor:
    "create /srv/data/sub/viafd descriptor",
    "change /srv/data/sub/viafd descriptor", // fchmod
    "rename /srv/data/sub/viafd > /srv/data/sub/viafd2 descriptor",
    "delete /srv/data/sub/viafd2 descriptor",
    "create /srv/data/sub/mk descriptor folder",
    "write /srv/data/a", // os.truncate
    "rename /srv/data/new\\x0aline \"q\" 日本 > /srv/data/new\\x0aline \"q\" 日本2",
    "read /srv/data/tru", // ./tru
    "rename /srv/data/sedyMcZZo > /srv/data/a replaced",
    "rename /tmp/acopy > /srv/data/back",
    "rename /srv/data/a > /srv/data/back replaced", // RENAME_EXCHANGE
    "login operator by systemd",
    "login operator by sshd at ssh from 127.0.0.1",
    "logout operator by sshd at ssh from 127.0.0.1",
    "login-failed (invalid user) by sshd at ssh from 127.0.0.1",
    "login-failed (invalid user) by sshd at ssh from 127.0.0.1",
    "login-failed operator2 by sshd at ssh from 127.0.0.1",
    "login-failed operator2 by su",
    "login operator2 by systemd",
    "login root by sudo",
    "logout root by sudo",
    "audit-ended",
    "audit-started",
    "audit-changed",
    "audit-changed",
    "audit-changed",
    "audit-changed",
    "audit-changed",
    "audit-changed",
};

struct view {
    char lines[128][300];
    size_t n;
    uint64_t offsets[4096]; // places
    size_t events[4096];    // how many events were given before each
    size_t n_places;
};

static void describe(const struct audit_event *event, char ret[300])
{
    const char *path = event->path.text ? event->path.text : "(none)";
    bool is_file = event->act <= ACT_CHANGE, is_login = !is_file && event->act <= ACT_LOGOUT;
    bool descriptor = event->path.way == WAY_DESCRIPTOR;
    char error[24] = "";
    if (event->error)
        (void)snprintf(error, sizeof error, " errno %d", event->error);
    if (event->missing)
        (void)snprintf(error, sizeof error, " missing %u", event->missing);
    (void)snprintf(ret, 300, "%s%s%s%s%s%s%s%s%s%s", audit_act_to_str(event->act),
                   is_file ? " " : "", is_file ? path : "", event->to.text ? " > " : "",
                   event->to.text ? event->to.text : "", event->replaced ? " replaced" : "",
                   is_file && descriptor ? " descriptor" : "",
                   is_file && event->path.way == WAY_UNRESOLVED ? " unresolved" : "",
                   event->folder ? " folder" : "", error);
    if (is_login)
        (void)snprintf(ret, 300, "%s %s by %s%s%s%s%s", audit_act_to_str(event->act),
                       event->account, event->service, event->terminal ? " at " : "",
                       event->terminal ? event->terminal : "", event->address ? " from " : "",
                       event->address ? event->address : "");
}

static int on_event(void *context, const struct audit_event *event)
{
    struct view *view = context;
    cr_assert_lt(view->n, ELEMENTS(view->lines));
    if (event->act <= ACT_CHANGE) {
        cr_assert_eq(event->auid, 1000u);
        cr_assert_str_eq(event->key, "sekisho-files");
    }
    describe(event, view->lines[view->n++]);
    return 0;
}

static int on_place(void *context, const struct audit_place *place)
{
    struct view *view = context;
    if (view->n_places == ELEMENTS(view->offsets))
        return 0;
    view->offsets[view->n_places] = place->offset;
    view->events[view->n_places++] = view->n;
    return 0;
}

static void read_text(const char *data, size_t length, size_t step, struct view *ret)
{
    CLEANUP(audit_reader_free_p) struct audit_reader *reader = NULL;
    const struct reader_sink sink = {on_event, on_place, ret};
    cr_assert_eq(audit_reader_new(&sink, &reader), 0);
    for (size_t at = 0; at < length; at += step)
        cr_assert_eq(audit_reader_feed(reader, data + at, length - at < step ? length - at : step),
                     0);
    cr_assert_eq(audit_reader_flush(reader, true), 0);
}

static char *load_log(size_t *ret_length)
{
    char *data = NULL;
    cr_assert_eq(file_read_at(AT_FDCWD, SOURCE_DIR "/tests/unit/watch/audit/corpus/real-audit.txt",
                              1 << 20, &data, ret_length),
                 0);
    return data;
}

static void expect(const struct view *view, const char *const *lines, size_t n)
{
    for (size_t i = 0; i < n && i < view->n; i++)
        cr_assert_str_eq(view->lines[i], lines[i], "event %zu: \"%s\", not \"%s\"", i,
                         view->lines[i], lines[i]);
    cr_assert_eq(view->n, n);
}

static struct view view, other;

Test(reader, a_real_log_says_what_was_done)
{
    size_t length;
    CLEANUP_FREE char *log = load_log(&length);
    read_text(log, length, length, &view);
    expect(&view, expected, ELEMENTS(expected));
}

Test(reader, a_log_byte_by_byte_says_the_same)
{
    size_t length;
    CLEANUP_FREE char *log = load_log(&length);
    read_text(log, length, 1, &view);
    expect(&view, expected, ELEMENTS(expected));
}

Test(reader, a_raw_log_says_the_same_as_an_enriched_one)
{
    size_t length, raw = 0;
    CLEANUP_FREE char *log = load_log(&length);
    bool enriched = false;
    for (size_t i = 0; i < length; i++) {
        enriched = log[i] == 0x1D || (enriched && log[i] != '\n');
        if (!enriched)
            log[raw++] = log[i];
    }
    cr_assert_lt(raw, length);
    read_text(log, raw, 4096, &view);
    expect(&view, expected, ELEMENTS(expected));
}

Test(reader, whoever_goes_on_from_any_place_sees_the_rest)
{
    size_t length;
    CLEANUP_FREE char *log = load_log(&length);
    read_text(log, length, 700, &view);
    cr_assert_gt(view.n_places, 40);
    for (size_t p = 0; p < view.n_places; p++) {
        other = (struct view){0};
        read_text(log + view.offsets[p], length - view.offsets[p], 999, &other);
        cr_assert_eq(view.events[p] + other.n, ELEMENTS(expected), "place %zu", p);
    }
}

// ---- Made-up lines -----------------------------------------------------------------------------

#define CALL(stamp, items, call, name)                                                             \
    "type=SYSCALL msg=audit(" stamp "): arch=c000003e syscall=" call                               \
    " success=yes exit=3 a0=ffffff9c a1=0 a2=0 a3=0 items=" items                                  \
    " ppid=1 pid=7 auid=1000 uid=1000 euid=1000 ses=3 comm=\"c\" exe=\"/bin/c\" "                  \
    "key=\"sekisho-files\"\n" PATH(stamp, name)
#define PATH(stamp, name)                                                                          \
    "type=CWD msg=audit(" stamp "): cwd=\"/d\"\ntype=PATH msg=audit(" stamp                        \
    "): item=0 name=\"" name "\" inode=5 dev=fe:00 mode=0100644 nametype=NORMAL\n"
#define END(stamp) "type=PROCTITLE msg=audit(" stamp "): proctitle=\"c\"\n"

static void expect_text(const char *text, const char *const *lines, size_t n)
{
    view = (struct view){0};
    read_text(text, strlen(text), strlen(text), &view);
    expect(&view, lines, n);
}
#define EXPECT(text, ...)                                                                          \
    expect_text(text, (const char *const[]){__VA_ARGS__},                                          \
                sizeof((const char *const[]){__VA_ARGS__}) / sizeof(char *))

Test(reader, interleaved_events_come_out_in_the_order_in_which_they_begin)
{
    EXPECT(CALL("10.000:1", "1", "257", "one") CALL("10.001:2", "1", "257", "two") END("10.001:2")
               END("10.000:1"),
           "read /d/one", "read /d/two");
}

Test(reader, records_that_come_behind_the_last_one_belong_to_their_event)
{
    EXPECT(PATH("10.000:1", "one") END("10.000:1") CALL("10.001:2", "1", "257", "two")
               END("10.001:2") CALL("10.000:1", "1", "257", "one"),
           "read /d/one", "read /d/two");
}

Test(reader, a_place_does_not_pass_an_event_that_waits_for_its_end)
{
    static const char text[] =
        CALL("10.000:1", "1", "257", "one") CALL("10.001:2", "1", "257", "two") END("10.001:2");
    CLEANUP(audit_reader_free_p) struct audit_reader *reader = NULL;
    const struct reader_sink sink = {on_event, on_place, &view};
    cr_assert_eq(audit_reader_new(&sink, &reader), 0);
    cr_assert_eq(audit_reader_feed(reader, text, strlen(text)), 0);
    cr_assert_eq(view.n, 0);
    cr_assert_eq(view.n_places, 0);
    cr_assert(audit_reader_waits(reader));
    cr_assert_eq(audit_reader_feed(reader, END("10.000:1"), strlen(END("10.000:1"))), 0);
    cr_assert_eq(view.n, 2);
    cr_assert_eq(view.offsets[0], strlen(text) + strlen(END("10.000:1")));
}

Test(reader, an_event_is_waited_for_while_the_clock_is_set)
{
    EXPECT(CALL("100.000:1", "1", "257", "one") CALL("10.000:2", "1", "257", "two") END("10.000:2")
               CALL("7210.000:3", "1", "257", "three") END("100.000:1") END("7210.000:3"),
           "read /d/one", "read /d/two", "read /d/three");
}

Test(reader, an_event_without_an_end_waits_for_2048_lines)
{
    CLEANUP(audit_reader_free_p) struct audit_reader *reader = NULL;
    static const char begun[] = CALL("10.000:1", "2", "257", "one");
    static const char other_line[] = "type=USER_ACCT msg=audit(10.001:2): res=success\n";
    const struct reader_sink sink = {on_event, on_place, &view};
    cr_assert_eq(audit_reader_new(&sink, &reader), 0);
    cr_assert_eq(audit_reader_feed(reader, begun, strlen(begun)), 0);
    for (size_t i = 3; i < 2047; i++)
        cr_assert_eq(audit_reader_feed(reader, other_line, strlen(other_line)), 0);
    cr_assert_eq(view.n, 0);
    cr_assert_eq(audit_reader_feed(reader, other_line, strlen(other_line)), 0);
    cr_assert_str_eq(view.lines[0], "read /d/one");
}

Test(reader, in_silence_an_event_waits_for_the_paths_that_it_promises)
{
    static const char text[] = CALL("10.000:1", "2", "257", "one");
    CLEANUP(audit_reader_free_p) struct audit_reader *reader = NULL;
    const struct reader_sink sink = {on_event, on_place, &view};
    cr_assert_eq(audit_reader_new(&sink, &reader), 0);
    cr_assert_eq(audit_reader_feed(reader, text, strlen(text)), 0);
    cr_assert_eq(audit_reader_flush(reader, false), 0);
    cr_assert_eq(view.n, 0);
    cr_assert_eq(audit_reader_flush(reader, true), 0);
    cr_assert_eq(view.n, 1);
}

Test(reader, what_the_kernel_dropped_is_not_waited_for_for_ever)
{
    static const char text[] = CALL("10.000:1", "2", "257", "one") READER_DOUBT
        "\n" PATH("10.000:2", "two") CALL("11.000:3", "1", "257", "three") END("11.000:3");
    CLEANUP(audit_reader_free_p) struct audit_reader *reader = NULL;
    const struct reader_sink sink = {on_event, on_place, &view};
    cr_assert_eq(audit_reader_new(&sink, &reader), 0);
    cr_assert_eq(audit_reader_feed(reader, text, strlen(text)), 0);
    for (size_t i = 1; i < READER_TICKS; i++)
        cr_assert_eq(audit_reader_tick(reader), 0);
    cr_assert_eq(view.n, 0);
    cr_assert_eq(audit_reader_tick(reader), 0);
    expect(&view, (const char *const[]){"read /d/one", "read /d/three"}, 2);
    cr_assert(!audit_reader_waits(reader));
}

Test(reader, half_a_line_is_told_and_the_record_behind_it_is_read)
{
    EXPECT("type=SYSCALL msg=audit(9.000:1): arch=c000" CALL("10.000:1", "1", "257", "one")
               END("10.000:1") "type=SYSCALL msg=au" CALL("11.000:2", "1", "257", "two")
                   END("11.000:2"),
           "audit-torn", "read /d/one", "audit-torn", "read /d/two");
}

Test(reader, what_is_no_record_is_told)
{
    EXPECT("nonsense\n" END("1.000:1") "type=PATH msg=audit(x:1): a=b\n", "audit-torn",
           "audit-torn");
}

Test(reader, files_that_may_be_missing_are_torn_where_the_kernel_s_count_does_not_go_on)
{
    EXPECT(CALL("10.000:7", "1", "257", "one") END("10.000:7") READER_DOUBT
           "\n" CALL("11.000:9", "1", "257", "two") END("11.000:9"),
           "read /d/one", "audit-torn missing 1", "read /d/two");
    EXPECT(READER_DOUBT "\n" CALL("11.000:9", "1", "257", "two") END("11.000:9"), "audit-torn",
           "read /d/two");
    EXPECT(CALL("10.000:700", "1", "257", "one") END("10.000:700") READER_DOUBT
           "\n" CALL("11.000:9", "1", "257", "two") END("11.000:9"),
           "read /d/one", "audit-torn", "read /d/two");
}

#define ONE(serial) CALL("10.000:" serial, "1", "257", serial) END("10.000:" serial)

Test(reader, nothing_is_missing_where_the_kernel_s_count_goes_on)
{
    EXPECT(ONE("7") READER_DOUBT
           "\n"
           "type=DAEMON_ROTATE msg=audit(10.500:9000): op=rotate-logs\n" ONE("8"),
           "read /d/7", "read /d/8");
    // What was on its way beside each other may lie on both sides of the border.
    EXPECT(ONE("7") ONE("9") READER_DOUBT "\n" ONE("11") ONE("8") ONE("10"), "read /d/7",
           "read /d/9", "read /d/11", "read /d/8", "read /d/10");
}

Test(reader, what_a_power_cut_took_from_the_end_of_a_file_is_told)
{
    EXPECT(ONE("7") READER_DOUBT "\n" ONE("11") ONE("9"), "read /d/7", "audit-torn missing 2",
           "read /d/11", "read /d/9");
    EXPECT(ONE("7") READER_DOUBT "\n" ONE("100"), "read /d/7", "audit-torn missing 92",
           "read /d/100");
    EXPECT(ONE("7") ONE("9") READER_DOUBT "\n" ONE("10"), "read /d/7", "read /d/9",
           "audit-torn missing 1", "read /d/10");
}

Test(reader, what_is_missing_between_files_is_told_once)
{
    EXPECT(ONE("7") READER_DOUBT "\n" ONE("10") READER_DOUBT "\n" ONE("11") READER_DOUBT
           "\n" ONE("13") ONE("8"),
           "read /d/7", "audit-torn missing 1", "read /d/10", "read /d/11", "audit-torn missing 1",
           "read /d/13", "read /d/8");
}

Test(reader, half_a_line_at_the_end_of_a_file_is_no_record)
{
    EXPECT(ONE("7") CALL("10.000:8", "1", "257",
                         "eight") "type=PROCTITLE msg=audit(10.000:8): pro" READER_DOUBT
                                  "\n" ONE("9"),
           "read /d/7", "read /d/eight", "audit-torn", "read /d/9");
    EXPECT(ONE("7") "type=SYSCALL msg=audit(10.000:8): arch=c000003e" READER_CUT "\n" ONE("9"),
           "read /d/7", "audit-torn", "read /d/9");
}

Test(reader, a_doubt_is_settled_by_the_next_record_of_the_kernel_only)
{
    static const char text[] = READER_DOUBT "\ntype=DAEMON_START msg=audit(10.000:1): op=start\n";
    CLEANUP(audit_reader_free_p) struct audit_reader *reader = NULL;
    const struct reader_sink sink = {on_event, on_place, &view};
    cr_assert_eq(audit_reader_new(&sink, &reader), 0);
    cr_assert_eq(audit_reader_feed(reader, text, strlen(text)), 0);
    cr_assert_eq(view.n, 0);
    cr_assert_eq(view.n_places, 0);
    cr_assert_eq(audit_reader_feed(reader, END("11.000:9"), strlen(END("11.000:9"))), 0);
    cr_assert_eq(view.n, 2);
}

Test(reader, how_many_events_are_missing_is_told_with_what_auditd_says_of_itself)
{
    EXPECT(
        CALL("10.000:100", "1", "257", "one")
            END("10.000:100") "type=DAEMON_RESUME msg=audit(10.500:9000): op=resume-logging\n" CALL(
                "11.000:221", "1", "257", "two") END("11.000:221"),
        "read /d/one", "audit-resumed missing 104", "read /d/two");
    EXPECT(CALL("10.000:100", "1", "257", "one")
               END("10.000:100") "type=DAEMON_START msg=audit(10.500:9000): op=start\n" CALL(
                   "11.000:5", "1", "257", "two") END("11.000:5"),
           "read /d/one", "audit-started", "read /d/two");
}

Test(reader, zeros_before_a_record_are_not_a_record)
{
    static const char zeros[8];
    CLEANUP(audit_reader_free_p) struct audit_reader *reader = NULL;
    const struct reader_sink sink = {on_event, on_place, &view};
    static const char text[] = CALL("10.000:1", "1", "257", "one") END("10.000:1");
    cr_assert_eq(audit_reader_new(&sink, &reader), 0);
    cr_assert_eq(audit_reader_feed(reader, zeros, sizeof zeros), 0);
    cr_assert_eq(audit_reader_feed(reader, text, strlen(text)), 0);
    cr_assert_eq(view.n, 1);
    cr_assert_str_eq(view.lines[0], "read /d/one");
}

Test(reader, a_named_host_in_front_of_a_record_is_passed_over)
{
    EXPECT("node=pc1 type=DAEMON_START msg=audit(10.000:1): op=start\n", "audit-started");
}

Test(reader, another_rule_s_event_is_passed_over)
{
    EXPECT("type=SYSCALL msg=audit(10.000:1): arch=c000003e syscall=257 success=yes exit=3 "
           "a0=ffffff9c a1=0 a2=0 pid=7 auid=1000 key=\"other\"\n" PATH("10.000:1", "one")
               END("10.000:1") "type=DAEMON_END msg=audit(11.000:1): op=terminate\n",
           "audit-ended");
}

Test(reader, our_key_is_found_among_others)
{
    // "other" and "sekisho-files" with byte 1 between them, in hexadecimal.
    EXPECT(
        "type=SYSCALL msg=audit(10.000:1): arch=c000003e syscall=257 success=yes exit=3 "
        "a0=ffffff9c a1=0 a2=0 pid=7 auid=1000 key=6F746865720173656B6973686F2D66696C6573\n" PATH(
            "10.000:1", "one") END("10.000:1"),
        "read /d/one");
}

Test(reader, a_folder_by_an_unknown_descriptor_is_not_guessed)
{
    EXPECT("type=SYSCALL msg=audit(10.000:1): arch=c000003e syscall=257 success=yes exit=3 "
           "a0=5 a1=0 a2=0 pid=7 auid=1000 key=\"sekisho-files\"\n" PATH("10.000:1", "one")
               END("10.000:1"),
           "read one unresolved");
}

Test(reader, an_open_by_io_uring_is_an_access)
{
    EXPECT("type=URINGOP msg=audit(10.000:1): uring_op=18 success=yes exit=0 items=1 ppid=1 pid=7 "
           "auid=1000 uid=1000 euid=1000 key=\"sekisho-files\"\n" PATH("10.000:1", "one")
               END("10.000:1"),
           "read /d/one");
}

Test(reader, a_file_made_by_io_uring_is_told_as_made)
{
    EXPECT(
        "type=URINGOP msg=audit(10.000:1): uring_op=18 success=yes exit=0 items=4 ppid=1 pid=7 "
        "auid=1000 uid=1000 euid=1000 key=\"sekisho-files\"\n"
        "type=PATH msg=audit(10.000:1): item=0 name=(null) inode=5 dev=fe:00 nametype=PARENT\n"
        "type=PATH msg=audit(10.000:1): item=1 name=(null) nametype=CREATE\n"
        "type=PATH msg=audit(10.000:1): item=2 name=(null) inode=6 dev=fe:00 nametype=CREATE\n" END(
            "10.000:1"),
        "create (none) unresolved");
}

Test(reader, a_copy_of_a_folder_s_descriptor_is_known_by_the_folder)
{
    // rm -r: opens as 3, and deletes by a copy.
    static const char by_copy[] =
        "type=SYSCALL msg=audit(11.000:2): arch=c000003e syscall=263 success=yes exit=0 a0=4 a1=0 "
        "a2=0 items=2 pid=7 auid=1000 key=\"sekisho-files\"\n"
        "type=CWD msg=audit(11.000:2): cwd=\"/\"\n"
        "type=PATH msg=audit(11.000:2): item=0 name=\"/\" inode=%d dev=fe:00 nametype=PARENT\n"
        "type=PATH msg=audit(11.000:2): item=1 name=\"a\" inode=6 dev=fe:00 nametype=DELETE\n" END(
            "11.000:2");
    for (int inode = 5; inode <= 6; inode++) {
        char copy[1000], text[3000];
        (void)snprintf(copy, sizeof copy, by_copy, inode);
        (void)snprintf(text, sizeof text, "%s%s",
                       CALL("10.000:1", "1", "257", "folder") END("10.000:1"), copy);
        EXPECT(text, "read /d/folder",
               inode == 5 ? "delete /d/folder/a descriptor" : "delete a unresolved");
    }
}

Test(reader, a_copy_is_not_guessed_for_a_longer_name_or_a_linked_file)
{
    // The process has opened "folder", inode 5, which is the parent; the name has one of its own.
    EXPECT(CALL("10.000:1", "1", "257", "folder")
               END("10.000:1") "type=SYSCALL msg=audit(11.000:2): arch=c000003e syscall=263 "
                               "success=yes exit=0 a0=4 a1=0 a2=0 items=2 pid=7 auid=1000 "
                               "key=\"sekisho-files\"\n"
                               "type=PATH msg=audit(11.000:2): item=0 name=\"folder/\" inode=5 "
                               "dev=fe:00 nametype=PARENT\n"
                               "type=PATH msg=audit(11.000:2): item=1 name=\"folder/a\" inode=6 "
                               "dev=fe:00 nametype=DELETE\n" END("11.000:2"),
           "read /d/folder", "delete folder/a unresolved");
    EXPECT(CALL("10.000:1", "1", "257", "folder")
               END("10.000:1") "type=SYSCALL msg=audit(11.000:2): arch=c000003e syscall=265 "
                               "success=yes exit=0 a0=4 a1=0 a2=5 a3=0 items=3 pid=7 auid=1000 "
                               "key=\"sekisho-files\"\n"
                               "type=PATH msg=audit(11.000:2): item=0 name=\"old\" inode=6 "
                               "dev=fe:00 nametype=NORMAL\n"
                               "type=PATH msg=audit(11.000:2): item=1 name=\"/\" inode=5 "
                               "dev=fe:00 nametype=PARENT\n"
                               "type=PATH msg=audit(11.000:2): item=2 name=\"new\" inode=6 "
                               "dev=fe:00 nametype=CREATE\n" END("11.000:2"),
           "read /d/folder", "create old > /d/folder/new unresolved");
}

#define ITEM(stamp, name, type)                                                                    \
    "type=PATH msg=audit(" stamp "): item=0 name=\"" name "\" inode=5 nametype=" type "\n"

Test(reader, each_file_of_a_ring_is_told)
{
    EXPECT(CALL("10.000:1", "4", "426", "one") ITEM("10.000:1", "/d/", "PARENT")
               ITEM("10.000:1", "/d/two", "CREATE") ITEM("10.000:1", "/d/three", "DELETE")
                   END("10.000:1"),
           "read /d/one", "create /d/two", "delete /d/three");
}

Test(reader, what_a_ring_did_beyond_the_paths_that_are_there_is_told_as_one_more)
{
    EXPECT(CALL("10.000:1", "3", "426", "one") ITEM("10.000:1", "/d/two", "NORMAL") END("10.000:1"),
           "read /d/one", "read /d/two", "read (none)");
}

Test(reader, a_ring_of_very_many_files_stays_within_the_limit)
{
    static char text[20000] = CALL("10.000:1", "40", "426", "one");
    for (size_t i = 0; i < 39; i++)
        strcat(text, ITEM("10.000:1", "/d/more", "NORMAL"));
    strcat(text, END("10.000:1"));
    view = (struct view){0};
    read_text(text, strlen(text), strlen(text), &view);
    cr_expect_lt(view.n, 25);
    cr_expect_gt(view.n, 20);
    cr_expect_str_eq(view.lines[view.n - 1], "read (none)");
}

Test(reader, a_folder_that_is_mounted_elsewhere_is_told_with_the_place)
{
    // An overlay makes and deletes files of its own meanwhile.
    EXPECT(CALL("10.000:1", "3", "165", "/mnt")
               ITEM("10.000:1", "/srv/data",
                    "NORMAL") "type=PATH msg=audit(10.000:1): item=2 name=(null) inode=7 "
                              "nametype=CREATE\n" END("10.000:1"),
           "read /mnt", "read /srv/data");
}

#define PERSON(type, exe, terminal)                                                                \
    "type=" type " msg=audit(10.000:1): pid=503 uid=0 auid=1000 ses=30 subj=unconfined "           \
    "msg='op=PAM:session_open grantors=pam_unix acct=\"operator\" exe=\"" exe                      \
    "\" hostname=? addr=? terminal=" terminal " res=success'\n"

Test(reader, a_service_has_the_name_by_which_people_know_it)
{
    EXPECT(PERSON("USER_START", "/usr/lib/openssh/sshd-session", "ssh")
               PERSON("USER_START", "/usr/libexec/gdm-session-worker", "/dev/tty2")
                   PERSON("USER_END", "/usr/lib/x86_64-linux-gnu/sddm/sddm-helper", ":0")
                       PERSON("USER_START", "/usr/lib/systemd/systemd-executor", "?"),
           "login operator by sshd at ssh", "login operator by gdm at tty2",
           "logout operator by sddm at :0", "login operator by systemd");
}

Test(reader, sudo_says_itself_whom_it_refuses)
{
#define SUDO(result)                                                                               \
    "type=USER_CMD msg=audit(10.000:1): pid=503 uid=1002 auid=1002 ses=30 subj=unconfined "        \
    "msg='cwd=\"/home/operator3\" cmd=\"id\" exe=\"/usr/bin/sudo\" terminal=pts/1 res=" result     \
    "'\n"
    EXPECT(SUDO("success") SUDO("failed"), "login-refused (null) by sudo at pts/1");
}

Test(reader, a_line_without_an_end_is_bounded)
{
    CLEANUP(audit_reader_free_p) struct audit_reader *reader = NULL;
    const struct reader_sink sink = {on_event, on_place, &view};
    static char long_line[100000];
    memset(long_line, 'x', sizeof long_line);
    cr_assert_eq(audit_reader_new(&sink, &reader), 0);
    cr_assert_eq(audit_reader_feed(reader, long_line, sizeof long_line), 0);
    cr_assert_eq(audit_reader_feed(reader, "\n", 1), 0);
    cr_assert_eq(audit_reader_flush(reader, true), 0);
    cr_assert_eq(view.n, 1);
    cr_assert_str_eq(view.lines[0], "audit-torn");
}
