// SPDX-License-Identifier: GPL-3.0-or-later
// The events are the kernel's own: /dev/null and /dev/zero are said to have changed.
#include "uevent/uevents.h"

#include "base/file.h"
#include "base/text.h"

#include <criterion/criterion.h>
#include <errno.h>
#include <fcntl.h>

#define NULL_DEVICE "/sys/class/mem/null/uevent"
#define A_MOMENT_US 5000000

static int n_lost;
static char last[32], last_action[32];
static int n_events;

static void note(void *context, struct udev_device *event)
{
    cr_assert_eq(context, &n_events);
    n_events++;
    text_copy(last, sizeof last, udev_device_get_sysname(event));
    text_copy(last_action, sizeof last_action, udev_device_get_action(event));
}

static void note_lost(void *context)
{
    (void)context;
    n_lost++;
}

static struct uevents_wish wish_for(const char *subsystem)
{
    return (struct uevents_wish){.source = "kernel",
                                 .filters = {{.subsystem = subsystem}},
                                 .on_event = note,
                                 .on_lost = note_lost,
                                 .context = &n_events};
}

static void say_changed(const char *path)
{
    if (file_write_at(AT_FDCWD, path, "change") < 0)
        cr_skip_test("no right to have the kernel tell of a device");
}

static sd_event *new_loop(void)
{
    sd_event *loop = NULL;
    cr_assert_eq(sd_event_new(&loop), 0);
    return loop;
}

static void run_what_waits(sd_event *loop)
{
    int r;
    do
        r = sd_event_run(loop, 0);
    while (r > 0);
    cr_assert_eq(r, 0);
}

// Others may be told at the same time: only the named device counts.
static void run_until(sd_event *loop, const char *sysname)
{
    while (!text_equal(last, sysname))
        cr_assert_gt(sd_event_run(loop, A_MOMENT_US), 0, "%s was not told", sysname);
}

Test(uevents, what_the_kernel_tells_of_a_device_arrives)
{
    CLEANUP(sd_event_unrefp) sd_event *loop = new_loop();
    CLEANUP(uevents_free_p) struct uevents *uevents = NULL;
    struct uevents_wish wish = wish_for("mem");
    cr_assert_eq(uevents_listen(loop, &wish, &uevents), 0);
    say_changed(NULL_DEVICE);
    run_until(loop, "null");
    cr_expect_str_eq(last_action, "change");
    cr_expect_eq(n_lost, 0);
}

Test(uevents, of_other_subsystems_nothing_is_heard)
{
    CLEANUP(sd_event_unrefp) sd_event *loop = new_loop();
    CLEANUP(uevents_free_p) struct uevents *others = NULL, *uevents = NULL;
    struct uevents_wish other = wish_for("no-such-subsystem"), wish = wish_for("mem");
    cr_assert_eq(uevents_listen(loop, &other, &others), 0);
    say_changed(NULL_DEVICE);
    run_what_waits(loop);
    cr_expect_eq(n_events, 0);
    cr_assert_eq(uevents_listen(loop, &wish, &uevents), 0);
    say_changed(NULL_DEVICE);
    run_until(loop, "null");
}

Test(uevents, what_the_kernel_had_to_drop_is_told)
{
    CLEANUP(sd_event_unrefp) sd_event *loop = new_loop();
    CLEANUP(uevents_free_p) struct uevents *uevents = NULL;
    struct uevents_wish wish = wish_for("mem");
    cr_assert_eq(uevents_listen(loop, &wish, &uevents), 0);
    // More than fits: an event takes at least 300 bytes of the buffer, far more with its overhead.
    for (int i = 0; i < (16 << 20) / 300; i++)
        say_changed(NULL_DEVICE);
    while (n_lost == 0)
        cr_assert_gt(sd_event_run(loop, A_MOMENT_US), 0, "nobody said that events were lost");
    run_what_waits(loop);
    last[0] = '\0';
    say_changed(NULL_DEVICE);
    run_until(loop, "null");
}

Test(uevents, an_unknown_source_is_refused)
{
    CLEANUP(sd_event_unrefp) sd_event *loop = new_loop();
    struct uevents *uevents = NULL;
    struct uevents_wish wish = wish_for("mem");
    wish.source = "nobody";
    cr_expect_eq(uevents_listen(loop, &wish, &uevents), -EINVAL);
    cr_expect_null(uevents);
}

Test(uevents, nothing_is_freed_as_well)
{
    uevents_free(NULL);
}
