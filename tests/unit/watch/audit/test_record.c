// SPDX-License-Identifier: GPL-3.0-or-later
// Our reading of a record against libauparse's, which is the reference and too large to run on what
// an operator can make the kernel write.
#include "watch/audit/record.h"

#include "base/file.h"
#include "base/moment.h"

#include <auparse.h>
#include <criterion/criterion.h>
#include <fcntl.h>
#include <string.h>

static const char *const names[] = {
    "arch", "syscall", "success",  "exit", "a0",   "a1",       "a2",   "items", "pid",
    "auid", "uid",     "euid",     "ses",  "exe",  "cwd",      "item", "name",  "inode",
    "dev",  "mode",    "nametype", "acct", "addr", "terminal", "res"};

static void compare_field(auparse_state_t *parser, const struct record *record, const char *name)
{
    struct span ours = record_field(record, name);
    cr_assert_eq(auparse_first_record(parser), 1);
    const char *theirs = auparse_find_field(parser, name);
    cr_assert_eq(ours.data != NULL, theirs != NULL, "field %s", name);
    if (!theirs)
        return;
    size_t length = strlen(theirs);
    if (length >= 2 && theirs[0] == '"' && theirs[length - 1] == '"') { // as it stands in the line
        theirs++;
        length -= 2;
    }
    cr_assert(ours.length == length && memcmp(ours.data, theirs, length) == 0,
              "field %s: \"%.*s\", not \"%s\"", name, (int)ours.length, ours.data, theirs);
}

static void compare_line(const char *line, size_t length)
{
    struct record record;
    char *text = strndup(line, length + 1); // with its newline
    auparse_state_t *parser = auparse_init(AUSOURCE_BUFFER, text);
    cr_assert_not_null(parser);
    cr_assert_eq(record_parse(line, length, &record), 0, "%s", text);
    cr_assert_eq(auparse_first_record(parser), 1, "%s", text);
    cr_assert(record_is(&record, auparse_get_type_name(parser)), "%s", text);
    cr_assert_eq(record.stamp.serial, auparse_get_serial(parser));
    cr_assert_eq(record.stamp.wall_ns, (uint64_t)auparse_get_time(parser) * NS_PER_S +
                                           auparse_get_milli(parser) * NS_PER_MS);
    for (size_t i = 0; i < ELEMENTS(names); i++)
        compare_field(parser, &record, names[i]);
    auparse_destroy(parser);
    free(text);
}

static char *load_log(size_t *ret_length)
{
    char *data = NULL;
    cr_assert_eq(file_read_at(AT_FDCWD, SOURCE_DIR "/tests/unit/watch/audit/corpus/real-audit.txt",
                              1 << 20, &data, ret_length),
                 0);
    return data;
}

static void compare_lines(const char *log)
{
    for (const char *end; (end = strchr(log, '\n')); log = end + 1)
        compare_line(log, (size_t)(end - log));
}

Test(record, every_field_of_a_real_log_is_read_as_libauparse_reads_it)
{
    size_t length;
    CLEANUP_FREE char *log = load_log(&length);
    compare_lines(log);
}

// What a program can put into a name without its being written in hexadecimal.
static bool is_plain(char c)
{
    return c > ' ' && c < 0x7F && !strchr("\"'=()\\", c);
}

Test(record, values_with_other_characters_are_read_alike)
{
    size_t length;
    CLEANUP_FREE char *log = load_log(&length);
    unsigned seed = 1;
    for (int round = 0; round < 20; round++) {
        char *value = NULL;
        for (size_t i = 0; i < length; i++) {
            char other = (char)('!' + rand_r(&seed) % 94);
            if (log[i] == '\n' || log[i] == ' ' || log[i] == 0x1D)
                value = NULL;
            else if (i > 6 && memcmp(log + i - 6, "name=\"", 6) == 0)
                value = log + i;
            if (value && is_plain(log[i]) && is_plain(other) && log[i] != '/' &&
                rand_r(&seed) % 8 == 0)
                log[i] = other;
        }
        compare_lines(log);
    }
}
