// SPDX-License-Identifier: GPL-3.0-or-later
#include "watch/audit/stream.h"

#include "watch/audit/reader.h"

#include <criterion/criterion.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>

// /var/log with auditd's folder in it.
static char folder[] = "/tmp/sekisho-audit-XXXXXX";
static int parent = -1, logs = -1;
static struct log_files files;
static struct stream stream;

static void set_up(void)
{
    cr_assert_not_null(mkdtemp(folder));
    parent = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    cr_assert_eq(mkdirat(parent, LOG_FOLDER, 0700), 0);
    logs = openat(parent, LOG_FOLDER, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    cr_assert_eq(log_files_open(parent, &files), 0);
}

static void tear_down(void)
{
    stream_close(&stream);
    log_files_close(&files);
}

TestSuite(stream, .init = set_up, .fini = tear_down);

static void append(const char *name, const char *text)
{
    int fd = openat(logs, name, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
    cr_assert_eq(write(fd, text, strlen(text)), (ssize_t)strlen(text));
    (void)close(fd);
}

// As auditd does: the oldest of `keep` goes, the others move on by one.
static void rotate(int keep)
{
    for (int i = keep - 2; i >= 0; i--) {
        char from[32] = "audit.log", to[32];
        if (i > 0)
            (void)snprintf(from, sizeof from, "audit.log.%d", i);
        (void)snprintf(to, sizeof to, "audit.log.%d", i + 1);
        (void)renameat(logs, from, logs, to);
    }
    append("audit.log", "");
}

static void scan(void)
{
    cr_assert_eq(log_files_scan(&files), 0);
}

#define NEXT READER_DOUBT "\n"

static void begin(size_t file, uint64_t offset)
{
    scan();
    cr_assert_eq(stream_begin(&stream, &files, file, offset), 0);
}

static void expect(const char *text)
{
    char data[4096];
    size_t length, all = 0;
    do {
        cr_assert_eq(stream_read(&stream, &files, data + all, 7, &length), 0);
        all += length;
    } while (length > 0);
    data[all] = '\0';
    cr_assert_str_eq(data, text);
}

static struct audit_place place_at(uint64_t offset)
{
    struct audit_place place = {.offset = offset};
    cr_assert_eq(stream_locate(&stream, &place), 0);
    return place;
}

Test(stream, a_log_that_grows_is_read_on)
{
    append("audit.log", "one\n");
    begin(0, 0);
    expect("one\n");
    append("audit.log", "two\n");
    expect("two\n");
}

Test(stream, rotated_files_are_read_in_the_order_in_which_they_were_written)
{
    append("audit.log", "one\n");
    rotate(5);
    append("audit.log", "two\n");
    rotate(5);
    append("audit.log", "three\n");
    begin(0, 0);
    expect("one\n" NEXT "two\n" NEXT "three\n");
}

Test(stream, a_file_that_is_rotated_while_it_is_read_is_read_to_its_end)
{
    append("audit.log", "one\n");
    begin(0, 0);
    expect("one\n");
    append("audit.log", "late\n");
    rotate(5);
    append("audit.log", "two\n");
    scan();
    expect("late\n" NEXT "two\n");
}

Test(stream, a_file_that_auditd_has_deleted_meanwhile_is_held)
{
    append("audit.log", "one\n");
    begin(0, 0);
    for (int i = 0; i < 4; i++) {
        rotate(3);
        append("audit.log", (const char *[]){"a\n", "b\n", "c\n", "d\n"}[i]);
        scan();
    }
    expect("one\n" NEXT "a\n" NEXT "b\n" NEXT "c\n" NEXT "d\n");
}

Test(stream, what_is_held_is_found_again_by_the_next_process)
{
    append("audit.log", "one\n");
    begin(0, 0);
    expect("one\n");
    struct audit_place place = place_at(4);
    for (int i = 0; i < 4; i++) {
        rotate(2);
        append("audit.log", (const char *[]){"a\n", "b\n", "c\n", "d\n"}[i]);
        scan();
    }
    stream_close(&stream);
    log_files_close(&files);
    size_t file;
    cr_assert_eq(log_files_open(parent, &files), 0);
    scan();
    cr_assert_eq(stream_find(&files, &place, &file), 0);
    cr_assert_eq(stream_begin(&stream, &files, file, place.offset), 0);
    expect(NEXT "a\n" NEXT "b\n" NEXT "c\n" NEXT "d\n");
}

Test(stream, a_folder_that_was_copied_is_read_like_another)
{
    append("audit.log", "one\n");
    int held = openat(logs, LOG_HELD, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    int fd = openat(held, "0000000007-1", O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
    cr_assert_eq(write(fd, "copied\n", 7), 7);
    (void)close(fd);
    (void)close(held);
    log_files_close(&files);
    cr_assert_eq(log_files_open(parent, &files), 0);
    begin(0, 0);
    expect("copied\n" READER_CUT "\none\n");
}

Test(stream, what_is_done_is_let_go)
{
    struct stat st;
    append("audit.log", "one\n");
    rotate(2);
    append("audit.log", "two\n");
    begin(0, 0);
    expect("one\n" NEXT "two\n");
    struct audit_place place = place_at(strlen("one\n" NEXT));
    log_files_let_go(&files, place.device, place.inode);
    cr_assert_eq(files.n, 1);
    cr_assert_eq(fstatat(logs, "audit.log.1", &st, 0), 0);
    cr_assert_eq(st.st_nlink, 1);
    cr_assert_eq(fstatat(logs, "audit.log", &st, 0), 0);
    cr_assert_eq(st.st_nlink, 2);
}

Test(stream, a_place_names_the_file_and_the_offset_in_it)
{
    append("audit.log", "one\n");
    rotate(5);
    append("audit.log", "two\nthree\n");
    begin(0, 0);
    expect("one\n" NEXT "two\nthree\n");
    size_t next = strlen("one\n" NEXT);
    struct audit_place first = place_at(0), second = place_at(next), third = place_at(next + 4);
    cr_assert_eq(first.offset, 0);
    cr_assert_eq(second.offset, 0);
    cr_assert_neq(first.inode, second.inode);
    cr_assert_eq(third.offset, 4);
    cr_assert_eq(second.inode, third.inode);
}

Test(stream, half_a_line_at_the_end_of_a_file_ends_there)
{
    append("audit.log", "one\nhal");
    rotate(5);
    append("audit.log", "two\n");
    begin(0, 0);
    expect("one\nhal" NEXT "two\n");
    cr_assert_eq(place_at(strlen("one\nhal" NEXT)).offset, 0);
}

Test(stream, a_log_that_is_cut_short_is_told_and_read_from_its_beginning)
{
    append("audit.log", "one\ntwo\n");
    begin(0, 0);
    expect("one\ntwo\n");
    int fd = openat(logs, "audit.log", O_WRONLY | O_TRUNC | O_CLOEXEC);
    (void)close(fd);
    append("audit.log", "new\n");
    expect(READER_CUT "\nnew\n");
    cr_assert_eq(place_at(stream.length).offset, 4);
}

Test(stream, a_log_that_is_taken_away_is_told)
{
    append("audit.log", "one\n");
    begin(0, 0);
    expect("one\n");
    cr_assert_eq(renameat(logs, "audit.log", logs, "elsewhere"), 0);
    append("audit.log", "new\n");
    scan();
    expect(READER_CUT "\nnew\n");
}

Test(stream, files_that_came_and_went_while_nobody_looked_are_doubted)
{
    append("audit.log", "one\n");
    begin(0, 0);
    log_files_close(&files);
    for (int i = 0; i < 3; i++) {
        rotate(2);
        append("audit.log", "later\n");
    }
    cr_assert_eq(log_files_open(parent, &files), 0);
    begin(0, 0);
    log_files_close(&files); // the next process doubts it as well
    cr_assert_eq(log_files_open(parent, &files), 0);
    begin(0, 0);
    expect("one\n" NEXT "later\n" NEXT "later\n");
}

Test(stream, a_place_in_a_file_that_is_another_one_is_not_found)
{
    append("audit.log", "one\ntwo\n");
    begin(0, 0);
    expect("one\ntwo\n");
    struct audit_place place = place_at(4);
    size_t file;
    cr_assert_eq(stream_find(&files, &place, &file), 0);
    int fd = openat(logs, "audit.log", O_WRONLY | O_CLOEXEC);
    cr_assert_eq(pwrite(fd, "ONE", 3, 0), 3);
    (void)close(fd);
    cr_assert_eq(stream_find(&files, &place, &file), -ENOENT);
}

Test(stream, the_end_of_a_log_is_behind_its_last_whole_line)
{
    uint64_t offset;
    append("audit.log", "one\ntwo\nhal");
    scan();
    cr_assert_eq(stream_find_end(&files, 0, &offset), 0);
    cr_assert_eq(offset, 8);
    cr_assert_eq(stream_skip_line(&files, 0, 4, &offset), 0);
    cr_assert_eq(offset, 8);
}
