// SPDX-License-Identifier: GPL-3.0-or-later
// A probe runs a script that stands for `health`, in a folder of its own.
#include "base/file.h"
#include "base/json.h"
#include "base/text.h"
#include "worker/probe.h"

#include <criterion/criterion.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/pidfd.h>
#include <sys/stat.h>
#include <sys/wait.h>

#define PATIENCE_US (2 * 1000 * 1000)

static char folder[] = "/tmp/sekisho-probe-XXXXXX";
static int dir = -1;
static sd_event *event;
static struct probe *probe;
static int seen_n;       // looks that were told
static char *seen, *why; // of the last one

static void on_seen(void *context, json_object *facts, const char *reason)
{
    (void)context;
    free(seen);
    free(why);
    seen = facts ? text_dup(json_to_line(facts)) : NULL;
    why = text_dup(reason);
    seen_n++;
}

static void put_health(const char *script)
{
    CLEANUP_FREE char *text = text_format("#!/bin/sh\n%s\n", script);
    cr_assert_eq(file_replace_at(dir, "health", 0755, text, strlen(text)), 0);
}

static void set_up(void)
{
    cr_assert_not_null(mkdtemp(folder));
    dir = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    cr_assert_geq(sd_event_new(&event), 0);
    const struct probe_options options = {.event = event,
                                          .programs = folder,
                                          .section = "storage",
                                          .patience_us = PATIENCE_US,
                                          .seen = on_seen};
    cr_assert_eq(probe_new(&options, &probe), 0);
}

static void tear_down(void)
{
    probe_free(TAKE_PTR(probe));
    sd_event_unref(event);
    free(seen);
    free(why);
    cr_assert_eq(file_remove_entries(dir, ".", NULL, NULL), 0);
    close(dir);
    (void)rmdir(folder);
}

TestSuite(probe, .init = set_up, .fini = tear_down, .timeout = 60);

// Lets the loop run until so many looks were told, or for at most so long.
static void run_until(int n, uint64_t most_ms)
{
    uint64_t began, now;
    cr_assert_geq(sd_event_now(event, CLOCK_MONOTONIC, &began), 0);
    do {
        cr_assert_geq(sd_event_run(event, 50 * 1000), 0);
        cr_assert_geq(sd_event_now(event, CLOCK_MONOTONIC, &now), 0);
    } while (seen_n < n && now < began + most_ms * 1000);
}

Test(probe, what_the_program_prints_is_what_was_seen)
{
    put_health("echo \"{\\\"arguments\\\": \\\"$*\\\"}\"");
    cr_assert_eq(probe_set_arguments(probe, (const char *[]){"/srv/a b", "/srv/c"}, 2), 0);
    cr_assert_eq(probe_ask(probe), 0);
    run_until(1, 10000);
    cr_assert_eq(seen_n, 1);
    cr_expect_str_eq(seen, "{\"arguments\":\"storage /srv/a b /srv/c\"}");
    cr_expect_null(why);
}

Test(probe, later_arguments_replace_the_earlier_ones)
{
    put_health("echo \"{\\\"arguments\\\": \\\"$*\\\"}\"");
    cr_assert_eq(probe_set_arguments(probe, (const char *[]){"a", "b", "c"}, 3), 0);
    cr_assert_eq(probe_set_arguments(probe, (const char *[]){"d"}, 1), 0);
    cr_assert_eq(probe_ask(probe), 0);
    run_until(1, 10000);
    cr_expect_str_eq(seen, "{\"arguments\":\"storage d\"}");
}

Test(probe, wishes_within_a_moment_are_one_look)
{
    put_health("echo {}");
    for (int i = 0; i < 100; i++)
        cr_assert_eq(probe_ask(probe), 0);
    run_until(2, 2000);
    cr_expect_eq(seen_n, 1);
}

Test(probe, a_wish_during_a_look_is_another_look_after_it)
{
    put_health("sleep 0.5; echo {}");
    cr_assert_eq(probe_ask(probe), 0);
    run_until(1, 500); // it began after 300 ms
    cr_assert_eq(seen_n, 0);
    cr_assert_eq(probe_ask(probe), 0);
    cr_assert_eq(probe_ask(probe), 0);
    run_until(3, 4000);
    cr_expect_eq(seen_n, 2);
}

static void expect_failure(const char *script, const char *reason)
{
    int before = seen_n;
    put_health(script);
    cr_assert_eq(probe_ask(probe), 0);
    run_until(before + 1, 10000);
    cr_assert_eq(seen_n, before + 1, "%s", script);
    cr_expect_null(seen, "%s", script);
    cr_assert_not_null(why, "%s", script);
    cr_expect(strstr(why, reason), "“%s” where “%s” was expected", why, reason);
}

Test(probe, what_is_no_answer_is_told_as_such)
{
    expect_failure("echo {}; exit 4", "ended with 4");
    expect_failure("kill -SEGV $$", "signal 11");
    expect_failure("true", "printed nothing");
    expect_failure("echo '{'", "one JSON object");
    expect_failure("echo '{} {}'", "one JSON object");
    expect_failure("echo '[]'", "one JSON object");
    expect_failure("head -c 2000000 /dev/zero", "too much");
}

Test(probe, a_look_that_does_not_end_is_ended)
{
    expect_failure("echo {}; exec sleep 100", "longer than 2 s");
    put_health("echo {}");
    cr_assert_eq(probe_ask(probe), 0);
    run_until(2, 10000);
    cr_expect_str_eq(seen, "{}");
}

Test(probe, without_the_program_nothing_is_seen_and_that_is_told)
{
    cr_assert_eq(probe_ask(probe), 0);
    run_until(1, 5000);
    cr_assert_eq(seen_n, 1);
    cr_expect_null(seen);
    cr_expect_not_null(why);
}

Test(probe, a_changed_file_asks_for_a_look)
{
    put_health("echo {}");
    CLEANUP_FREE char *path = text_format("%s/group", folder);
    cr_assert_eq(file_replace_at(dir, "group", 0644, "a", 1), 0);
    cr_assert_eq(wires_add_path(probe_wires(probe), path), 0);
    run_until(1, 600);
    cr_assert_eq(seen_n, 0);
    cr_assert_eq(fchmodat(dir, "group", 0600, 0), 0);
    run_until(1, 5000);
    cr_expect_eq(seen_n, 1);
}

Test(probe, a_file_that_was_replaced_or_came_later_is_watched_from_the_next_look_on)
{
    put_health("echo {}");
    CLEANUP_FREE char *path = text_format("%s/group", folder);
    cr_assert_eq(wires_add_path(probe_wires(probe), path), 0);
    cr_assert_eq(file_replace_at(dir, "group", 0644, "a", 1), 0);
    cr_assert_eq(probe_ask(probe), 0);
    run_until(1, 5000);
    for (int n = 2; n < 5; n++) {
        cr_assert_eq(file_replace_at(dir, "group", 0644, "b", 1), 0);
        run_until(n, 5000);
        cr_expect_eq(seen_n, n);
    }
}

Test(probe, the_end_of_a_process_asks_for_a_look)
{
    put_health("echo {}");
    pid_t pid = fork();
    if (pid == 0) {
        (void)pause();
        _exit(0);
    }
    int process = pidfd_open(pid, 0);
    cr_assert_geq(process, 0);
    cr_assert_eq(wires_set_process(probe_wires(probe), process), 0);
    run_until(1, 600);
    cr_assert_eq(seen_n, 0);
    cr_assert_eq(kill(pid, SIGKILL), 0);
    run_until(1, 5000);
    cr_expect_eq(seen_n, 1);
    cr_expect_eq(waitpid(pid, NULL, 0), pid, "it is not ours to reap");
}
