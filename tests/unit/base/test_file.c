// SPDX-License-Identifier: GPL-3.0-or-later
#include "base/file.h"

#include "base/text.h"

#include <criterion/criterion.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>

static int new_folder(void)
{
    char name[] = "/tmp/sekisho-test-XXXXXX";
    cr_assert_not_null(mkdtemp(name));
    int fd = open(name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    cr_assert_geq(fd, 0);
    return fd;
}

Test(file, a_replaced_file_has_the_new_content_and_mode)
{
    CLEANUP_CLOSE int dir = new_folder();
    CLEANUP_FREE char *text = NULL;
    size_t length;
    struct stat st;
    cr_assert_eq(file_replace_at(dir, "gate", 0600, "old", 3), 0);
    cr_assert_eq(file_replace_at(dir, "gate", 0640, "new!", 4), 0);
    cr_assert_eq(file_read_at(dir, "gate", 100, &text, &length), 0);
    cr_expect_str_eq(text, "new!");
    cr_assert_eq(fstatat(dir, "gate", &st, 0), 0);
    cr_expect_eq(st.st_mode & 07777, 0640);
}

Test(file, a_file_over_the_limit_is_refused)
{
    CLEANUP_CLOSE int dir = new_folder();
    CLEANUP_FREE char *text = NULL;
    char data[9000];
    memset(data, 'x', sizeof data);
    cr_assert_eq(file_replace_at(dir, "big", 0600, data, sizeof data), 0);
    cr_expect_eq(file_read_at(dir, "big", 8999, &text, NULL), -EFBIG);
    cr_expect_eq(file_read_at(dir, "big", 9000, &text, NULL), 0);
}

Test(file, one_line_is_read_without_its_newline)
{
    CLEANUP_CLOSE int dir = new_folder();
    CLEANUP_FREE char *line = NULL;
    cr_assert_eq(file_replace_at(dir, "one", 0600, "1\n", 2), 0);
    cr_assert_eq(file_read_line_at(dir, "one", 10, &line), 0);
    cr_expect_str_eq(line, "1");
    cr_expect_eq(file_read_line_at(dir, "missing", 10, &line), -ENOENT);
}

Test(file, entries_are_those_of_the_folder_and_a_missing_one_is_told)
{
    char folder[] = "/tmp/sekisho-entries-XXXXXX";
    CLEANUP(closedir_p) DIR *entries = NULL, *none = NULL;
    cr_assert_not_null(mkdtemp(folder));
    CLEANUP_CLOSE int dir = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    cr_assert_eq(mkdirat(dir, "inside", 0700), 0);
    cr_assert_eq(file_open_entries(dir, ".", &entries), 0);
    size_t n = 0;
    for (struct dirent *entry; (entry = readdir(entries));)
        n += entry->d_name[0] != '.';
    cr_expect_eq(n, 1);
    cr_expect_eq(file_open_entries(dir, "missing", &none), -ENOENT);
    cr_expect_null(none);
    cr_assert_eq(unlinkat(dir, "inside", AT_REMOVEDIR), 0);
    cr_assert_eq(rmdir(folder), 0);
}

static bool is_short(void *context, const char *name)
{
    return strlen(name) <= *(const size_t *)context;
}

static void fill(int dir)
{
    cr_assert_eq(file_replace_at(dir, "a", 0600, "", 0), 0);
    cr_assert_eq(file_replace_at(dir, "bb", 0600, "", 0), 0);
    cr_assert_eq(file_replace_at(dir, "ccc", 0600, "", 0), 0);
}

Test(file, entries_are_removed_as_far_as_they_are_wanted)
{
    CLEANUP_CLOSE int dir = new_folder();
    size_t two = 2;
    fill(dir);
    cr_expect_eq(file_remove_entries(dir, ".", is_short, &two), 0);
    cr_expect_eq(faccessat(dir, "a", F_OK, 0), -1);
    cr_expect_eq(faccessat(dir, "bb", F_OK, 0), -1);
    cr_expect_eq(faccessat(dir, "ccc", F_OK, 0), 0);
    cr_expect_eq(file_remove_entries(dir, ".", NULL, NULL), 0);
    cr_expect_eq(faccessat(dir, "ccc", F_OK, 0), -1);
    cr_expect_eq(file_remove_entries(dir, "missing", NULL, NULL), 0);
}

Test(file, an_entry_that_cannot_be_removed_does_not_save_the_rest)
{
    CLEANUP_CLOSE int dir = new_folder();
    fill(dir);
    cr_assert_eq(mkdirat(dir, "folder", 0700), 0);
    cr_expect_eq(file_remove_entries(dir, ".", NULL, NULL), -EISDIR);
    cr_expect_eq(faccessat(dir, "a", F_OK, 0), -1);
    cr_expect_eq(faccessat(dir, "bb", F_OK, 0), -1);
    cr_expect_eq(faccessat(dir, "ccc", F_OK, 0), -1);
}
