// SPDX-License-Identifier: GPL-3.0-or-later
#include "base/moment.h"
#include "base/program.h"

#include <criterion/criterion.h>
#include <errno.h>
#include <string.h>

static struct program_answer answer;

static int shell(const char *script, size_t max, uint64_t patience_ms)
{
    char *const arguments[] = {(char *)"sh", (char *)"-c", (char *)script, NULL};
    program_answer_clear(&answer);
    return program_read("/bin/sh", arguments, max, patience_ms * NS_PER_MS, &answer);
}

static void tear_down(void)
{
    program_answer_clear(&answer);
}

TestSuite(program, .fini = tear_down, .timeout = 60);

Test(program, what_it_prints_and_how_it_ends_is_told)
{
    cr_assert_eq(shell("echo a; echo b; exit 3", 100, 10000), 0);
    cr_expect_str_eq(answer.text, "a\nb\n");
    cr_expect_eq(answer.length, 4);
    cr_expect_eq(answer.status, 3);
}

Test(program, one_that_prints_nothing_has_an_empty_answer)
{
    cr_assert_eq(shell("true", 100, 10000), 0);
    cr_expect_str_eq(answer.text, "");
    cr_expect_eq(answer.status, 0);
}

Test(program, nothing_of_the_caller_s_environment_is_in_it)
{
    cr_assert_eq(setenv("SEKISHO_TEST", "x", 1), 0);
    cr_assert_eq(shell("echo \"<$SEKISHO_TEST>\"", 100, 10000), 0);
    cr_expect_str_eq(answer.text, "<>\n");
}

Test(program, exactly_so_much_is_taken_and_no_more)
{
    cr_expect_eq(shell("printf 1234", 4, 10000), 0);
    cr_expect_eq(shell("printf 12345", 4, 10000), -EFBIG);
    cr_expect_eq(shell("cat /dev/zero", 1 << 20, 10000), -EFBIG);
}

Test(program, one_that_does_not_end_is_ended)
{
    uint64_t began = moment_now().monotonic_ns;
    cr_expect_eq(shell("exec sleep 50", 100, 300), -ETIMEDOUT);
    cr_expect_eq(shell("exec >&-; exec sleep 50", 100, 300), -ETIMEDOUT, "its output closed");
    cr_expect_lt(moment_now().monotonic_ns - began, 20 * NS_PER_S);
}

Test(program, a_signal_is_no_exit_status)
{
    cr_expect_eq(shell("kill -9 $$", 100, 10000), -EPROTO);
}

Test(program, one_that_is_not_there_can_not_be_run)
{
    char *const arguments[] = {(char *)"x", NULL};
    cr_expect_eq(program_read("/nonexistent", arguments, 100, NS_PER_S, &answer), -ENOENT);
}
