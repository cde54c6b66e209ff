// SPDX-License-Identifier: GPL-3.0-or-later
// The watch runs a script that stands for `health`: when is the package asked for, and what stands
// in between.
#include "base/file.h"
#include "base/json.h"
#include "base/text.h"
#include "fact/look.h"
#include "watch/watch.h"

#include <criterion/criterion.h>
#include <fcntl.h>
#include <string.h>

static char folder[] = "/tmp/sekisho-posture-XXXXXX";
static int dir = -1;
static sd_event *event;
static void *state;
static json_object *facts;
static char *why;
static int seen_n;

static void keep(void *context, struct fact *fact)
{
    struct look_found found = {0};
    (void)context;
    cr_assert_eq(fact->kind, FACT_SEEN_POSTURE);
    cr_assert_eq(look_read(fact, &found), 0);
    json_object_put(facts);
    free(why);
    facts = found.facts;
    why = found.why;
    seen_n++;
    fact_free(fact);
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
    const struct watch_context context = {
        .sink = {keep, NULL}, .event = event, .programs = folder, .live = true};
    cr_assert_eq(watch_posture.start(&context, &state), 0);
}

static void tear_down(void)
{
    watch_posture.stop(state);
    sd_event_unref(event);
    json_object_put(facts);
    free(why);
    cr_assert_eq(file_remove_entries(dir, ".", NULL, NULL), 0);
    (void)close(dir);
    (void)rmdir(folder);
}

TestSuite(watch_posture, .init = set_up, .fini = tear_down, .timeout = 60);

static void look(void)
{
    int before = seen_n;
    cr_assert_eq(watch_posture.snapshot(state), 0);
    for (int i = 0; i < 400 && seen_n == before; i++)
        cr_assert_geq(sd_event_run(event, 50 * 1000), 0);
    cr_assert_eq(seen_n, before + 1);
}

static void expect_package(const char *changed)
{
    json_object *found = json_get(json_get(facts, "package"), "changed");
    cr_assert_not_null(found);
    cr_expect_str_eq(json_to_line(found), changed);
}

Test(watch_posture, the_package_is_asked_for_once_and_what_was_found_stands)
{
    put_health("echo \"$@\" >>\"${0%/*}/asked\"\n"
               "[ \"$2\" ] && { echo '{\"package\":{\"changed\":[\"/a\"]}}'; exit; }\n"
               "echo '{\"package\":{}}'");
    for (int i = 0; i < 3; i++) {
        look();
        expect_package("[\"/a\"]");
    }
    CLEANUP_FREE char *asked = NULL;
    cr_assert_eq(file_read_at(dir, "asked", 4096, &asked, NULL), 0);
    cr_expect_str_eq(asked, "posture --with-package\nposture\nposture\n");
}

Test(watch_posture, that_it_could_not_be_asked_stands_too)
{
    put_health("[ \"$2\" ] && { echo '{\"package\":{\"errors\":[{\"path\":\"/usr/bin/dpkg\","
               "\"error\":\"ENOENT\"}]}}'; exit; }\necho '{\"package\":{}}'");
    look();
    look();
    cr_expect_eq(json_object_array_length(json_get(json_get(facts, "package"), "errors")), 1);
}

Test(watch_posture, a_look_that_failed_is_told_and_the_package_asked_for_again)
{
    put_health("exit 4");
    look();
    cr_expect_null(facts);
    cr_expect_not_null(why);
    put_health("echo \"{\\\"package\\\":{\\\"changed\\\":[\\\"$2\\\"]}}\"");
    look();
    expect_package("[\"--with-package\"]");
}
