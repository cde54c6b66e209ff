// SPDX-License-Identifier: GPL-3.0-or-later
#include "watch/medium/look.h"

#include "image.h"

#include "base/text.h"

#include <criterion/criterion.h>
#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <sys/wait.h>

struct desk {
    sd_event *event;
    char program[64];
    char node[64];
    enum medium_content content;
    char finding[LOOK_LINE_MAX];
    char luks[LOOK_LINE_MAX];
    bool answered;
};

static void on_done(void *context, enum medium_content content, const char *finding,
                    const char *luks)
{
    struct desk *desk = context;
    cr_expect_not(desk->answered, "an answer comes once");
    desk->answered = true;
    desk->content = content;
    (void)snprintf(desk->finding, sizeof desk->finding, "%s", finding);
    (void)snprintf(desk->luks, sizeof desk->luks, "%s", luks ? luks : "");
}

static void desk_open(struct desk *desk)
{
    *desk =
        (struct desk){.node = "/tmp/sekisho-node-XXXXXX", .program = "/tmp/sekisho-look-XXXXXX"};
    cr_assert_eq(sd_event_new(&desk->event), 0);
    int fd = mkstemp(desk->node);
    cr_assert_eq(ftruncate(fd, (off_t)IMAGE_SIZE), 0);
    close(fd);
    close(mkstemp(desk->program));
}

static void desk_close(struct desk *desk)
{
    sd_event_unref(desk->event);
    (void)unlink(desk->node);
    (void)unlink(desk->program);
}

// A medium-look that does what this script says.
static void desk_liar(struct desk *desk, const char *script)
{
    int fd = open(desk->program, O_WRONLY | O_TRUNC | O_CLOEXEC);
    cr_assert_geq(dprintf(fd, "#!/bin/sh\n%s\n", script), 0);
    cr_assert_eq(fchmod(fd, 0755), 0);
    close(fd);
}

static struct look *desk_start(struct desk *desk, const char *program, uint64_t silence_us)
{
    struct look *look = NULL;
    const struct look_request request = {
        .event = desk->event,
        .program = program,
        .node = desk->node,
        .silence_us = silence_us,
        .done = on_done,
        .context = desk,
    };
    cr_assert_eq(look_start(&request, &look), 0);
    return look;
}

static void desk_wait(struct desk *desk)
{
    for (int i = 0; i < 400 && !desk->answered; i++)
        cr_assert_geq(sd_event_run(desk->event, 50000), 0);
    cr_assert(desk->answered);
}

static void expect_of_liar(const char *script, enum medium_content content, const char *finding)
{
    CLEANUP(desk_close) struct desk desk;
    desk_open(&desk);
    desk_liar(&desk, script);
    struct look *look = desk_start(&desk, desk.program, 0);
    desk_wait(&desk);
    look_free(look);
    cr_expect_eq(desk.content, content, "%s", script);
    cr_expect_str_eq(desk.finding, finding, "%s", script);
}

#define EARLY "the look at the medium ended early"

Test(look, medium_look_examines_an_image_without_rights)
{
    CLEANUP(desk_close) struct desk desk;
    desk_open(&desk);
    int image = open(desk.node, O_RDWR | O_CLOEXEC);
    image_put_luks2(image, 0, NULL);
    close(image);
    struct look *look = desk_start(&desk, BINARY_DIR "/medium-look", 0);
    desk_wait(&desk);
    look_free(look);
    cr_expect_eq(desk.content, MEDIUM_ENCRYPTED);
    cr_expect_str_eq(desk.finding, "LUKS2 on the whole medium");
    cr_expect_str_eq(desk.luks, "7796db80-b101-43dd-b570-94d40c326ecd");
}

Test(look, a_long_look_shows_that_it_goes_on)
{
    CLEANUP(desk_close) struct desk desk;
    desk_open(&desk);
    cr_assert_eq(truncate(desk.node, 512 * (off_t)MIB), 0);
    struct look *look = desk_start(&desk, BINARY_DIR "/medium-look", 0);
    desk_wait(&desk);
    look_free(look);
    cr_expect_eq(desk.content, MEDIUM_EMPTY);
}

Test(look, a_node_that_is_another_one_by_now_is_unreadable)
{
    CLEANUP(desk_close) struct desk desk;
    desk_open(&desk);
    cr_assert_eq(unlink(desk.node), 0);
    cr_assert_eq(symlink("/dev/null", desk.node), 0);
    struct look *look = desk_start(&desk, BINARY_DIR "/medium-look", 0);
    desk_wait(&desk);
    look_free(look);
    cr_expect_eq(desk.content, MEDIUM_UNREADABLE);
}

Test(look, a_well_formed_answer_is_taken)
{
    expect_of_liar("echo .; echo .; echo plain partition 1 is vfat", MEDIUM_PLAIN,
                   "partition 1 is vfat");
}

Test(look, containers_are_named_by_uuids_and_before_the_answer)
{
    static const char uuid[] = "7796db80-b101-43dd-b570-94d40c326ecd";
    CLEANUP_FREE char *late = text_format("echo encrypted 1 LUKS; echo luks %s", uuid);
    expect_of_liar("echo luks /dev/sda; echo encrypted 1 LUKS", MEDIUM_UNREADABLE, EARLY);
    expect_of_liar("echo luks; echo encrypted 1 LUKS", MEDIUM_UNREADABLE, EARLY);
    expect_of_liar(late, MEDIUM_UNREADABLE, EARLY);
    expect_of_liar("echo luks more; echo encrypted 1 LUKS", MEDIUM_ENCRYPTED, "1 LUKS");
}

Test(look, control_characters_in_a_finding_are_escaped)
{
    expect_of_liar("printf 'plain \\033[31m\\n'", MEDIUM_PLAIN, "\\x1b[31m");
}

Test(look, whatever_else_it_says_is_not_believed)
{
    static const char *const scripts[] = {
        "exit 0",
        "echo encrypted fine; exit 1",
        "echo encrypted fine; kill -9 $$",
        "echo encrypted",
        "echo unchecked fine",
        "echo Encrypted fine",
        "echo encrypted fine; echo plain after all",
        "printf 'encrypted fine'", // no end of line
        "printf 'encrypted fine\\n\\0\\n'",
        "echo encrypted fine; echo hello",
        "head -c 100000 /dev/zero | tr '\\0' x",
        "echo; echo encrypted fine",
    };
    for (size_t i = 0; i < ELEMENTS(scripts); i++)
        expect_of_liar(scripts[i], MEDIUM_UNREADABLE, EARLY);
}

Test(look, silence_ends_it)
{
    CLEANUP(desk_close) struct desk desk;
    desk_open(&desk);
    desk_liar(&desk, "exec sleep 100");
    struct look *look = desk_start(&desk, desk.program, 200000);
    desk_wait(&desk);
    look_free(look);
    cr_expect_eq(desk.content, MEDIUM_UNREADABLE);
    cr_expect_str_eq(desk.finding, "the medium does not answer");
}

Test(look, a_look_that_is_freed_is_killed_and_reaped)
{
    CLEANUP(desk_close) struct desk desk;
    desk_open(&desk);
    desk_liar(&desk, "exec sleep 100");
    look_free(desk_start(&desk, desk.program, 0));
    int r = 0;
    for (int i = 0; i < 100 && r == 0; i++) {
        cr_assert_geq(sd_event_run(desk.event, 50000), 0);
        r = waitpid(-1, NULL, WNOHANG);
    }
    cr_expect_eq(r, -1);
    cr_expect_eq(errno, ECHILD);
    cr_expect_not(desk.answered);
}

Test(look, a_program_that_is_missing_is_an_error_at_once)
{
    CLEANUP(desk_close) struct desk desk;
    struct look *look = NULL;
    desk_open(&desk);
    const struct look_request request = {.event = desk.event,
                                         .program = "/nonexistent",
                                         .node = desk.node,
                                         .done = on_done,
                                         .context = &desk};
    cr_expect_eq(look_start(&request, &look), -ENOENT);
}
