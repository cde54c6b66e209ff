// SPDX-License-Identifier: GPL-3.0-or-later
#include "base/alive.h"
#include "base/file.h"
#include "fact/cleared.h"
#include "policy/gate.h"

#include "../usb_world.h"

#include <criterion/criterion.h>
#include <spawn.h>
#include <sys/wait.h>

#define PCI "pci0000:00/0000:00:04.0/usb1"
#define STICK "devices/" PCI "/1-2"
#define TARGET STICK "/1-2:1.0/host2/target2:0:0/2:0:0:0"
#define DISK TARGET "/block/sda"

// A stick with one disk, one partition and its SCSI nodes; beside it a disk that is not on USB.
struct desk {
    struct world world;
    int run;
    int alive;
};

static void link_to(struct desk *desk, const char *folder, const char *class)
{
    CLEANUP_FREE char *link = text_format("%s/%s", class, text_basename(folder));
    CLEANUP_FREE char *target = text_format("../../%s", folder);
    world_folder(desk->world.sys, folder);
    world_folder(desk->world.sys, class);
    cr_assert_eq(symlinkat(target, desk->world.sys, link), 0);
}

static void plug_stick(struct desk *desk)
{
    static struct blob blob;
    blob_simple(&blob, 8, 6, 0x50);
    world_device(&desk->world, PCI, "1-2", &blob, 1, 5, true);
    world_set(desk->world.sys, STICK, "serial", "S1\n");
    world_set(desk->world.sys, STICK, "idVendor", "0951\n");
    link_to(desk, DISK, "class/block");
    link_to(desk, DISK "/sda1", "class/block");
    link_to(desk, TARGET "/scsi_generic/sg0", "class/scsi_generic");
    link_to(desk, TARGET "/bsg/2:0:0:0", "class/bsg");
    world_set(desk->world.sys, DISK, "dev", "8:0\n");
    world_set(desk->world.sys, DISK, "size", "131072\n");
    world_set(desk->world.sys, DISK, "ro", "0\n");
    world_set(desk->world.sys, DISK, "diskseq", "9\n");
}

static void desk_open(struct desk *desk)
{
    *desk = (struct desk){.alive = -1};
    world_new(&desk->world);
    world_bus(&desk->world, PCI, 1);
    plug_stick(desk);
    link_to(desk, "devices/pci0000:00/ata1/2:0:0:0/block/sdb", "class/block");
    world_folder(desk->world.root, "dev");
    desk->run = openat(desk->world.root, "run/sekisho", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    cr_assert_geq(desk->run, 0);
    cr_assert_eq(alive_hold(desk->run, &desk->alive), 0);
}

static void desk_close(struct desk *desk)
{
    close_p(&desk->alive);
    close_p(&desk->run);
    world_free(&desk->world);
}

static void write_gate(struct desk *desk, enum gate_mode mode, const struct approval *approval)
{
    CLEANUP(gate_free_p) struct gate *gate = NULL;
    CLEANUP_FREE char *text = NULL;
    size_t length;
    cr_assert_eq(gate_new_fallback(mode, &gate), 0);
    if (approval)
        cr_assert_eq(gate_add(gate, approval), 0);
    cr_assert_eq(gate_encode(gate, &text, &length), 0);
    cr_assert_eq(file_replace_at(desk->world.root, "var/lib/sekisho/gate", 0600, text, length), 0);
}

static void approve(struct desk *desk, bool encrypted, bool read_only)
{
    write_gate(desk, MODE_ENFORCE,
               &(struct approval){.number = 417,
                                  .vendor = 0x0951,
                                  .product = 0x1666,
                                  .serial = (char *)"S1",
                                  .approver = (char *)"admin",
                                  .granted_ns = 1,
                                  .encrypted = encrypted,
                                  .read_only = read_only});
}

// What usb-verdict prints; `name` may be NULL.
static void run(struct desk *desk, const char *task, const char *name, char ret[512])
{
    const char *const argv[] = {"usb-verdict", "--root", desk->world.path, task, name, NULL};
    posix_spawn_file_actions_t actions;
    int out[2], status;
    pid_t child;
    char *nothing[] = {NULL};
    cr_assert_eq(pipe2(out, O_CLOEXEC), 0);
    cr_assert_eq(posix_spawn_file_actions_init(&actions), 0);
    cr_assert_eq(posix_spawn_file_actions_adddup2(&actions, out[1], 1), 0);
    cr_assert_eq(posix_spawn(&child, BINARY_DIR "/usb-verdict", &actions, NULL, (char *const *)argv,
                             nothing),
                 0);
    (void)posix_spawn_file_actions_destroy(&actions);
    close(out[1]);
    size_t length = 0;
    for (ssize_t n; (n = read(out[0], ret + length, 511 - length)) > 0;)
        length += (size_t)n;
    ret[length] = '\0';
    close(out[0]);
    cr_assert_eq(waitpid(child, &status, 0), child);
    cr_assert(WIFEXITED(status) && WEXITSTATUS(status) == 0);
}

static void expect(struct desk *desk, const char *name, const char *medium, bool encrypted)
{
    char answer[512];
    CLEANUP_FREE char *expected =
        text_format("SEKISHO_MEDIUM=%s\nSEKISHO_MEDIUM_ENCRYPTED=%d\n", medium, encrypted);
    run(desk, "medium", name, answer);
    cr_expect_eq(strncmp(answer, expected, strlen(expected)), 0, "%s: %s", name, answer);
}

Test(usb_verdict_medium, in_observe_mode_nothing_is_touched)
{
    CLEANUP(desk_close) struct desk desk;
    desk_open(&desk);
    write_gate(&desk, MODE_OBSERVE, NULL);
    expect(&desk, "sda", "none", false);
    expect(&desk, "sg0", "none", false);
}

Test(usb_verdict_medium, a_disk_elsewhere_is_no_business_of_the_gate)
{
    CLEANUP(desk_close) struct desk desk;
    desk_open(&desk);
    approve(&desk, true, false);
    expect(&desk, "sdb", "none", false);
}

Test(usb_verdict_medium, an_approved_stick_is_open_with_all_its_nodes)
{
    static const char *const nodes[] = {"sda", "sda1", "sg0", "2:0:0:0"};
    CLEANUP(desk_close) struct desk desk;
    desk_open(&desk);
    approve(&desk, false, false);
    for (size_t i = 0; i < ELEMENTS(nodes); i++)
        expect(&desk, nodes[i], "open", false);
}

Test(usb_verdict_medium, without_an_approval_it_is_refused)
{
    CLEANUP(desk_close) struct desk desk;
    desk_open(&desk);
    write_gate(&desk, MODE_ENFORCE, NULL);
    expect(&desk, "sda", "refuse", false);
    expect(&desk, "sg0", "hold", false);
}

Test(usb_verdict_medium, one_that_has_to_be_encrypted_is_held_until_it_is_cleared)
{
    CLEANUP(desk_close) struct desk desk;
    desk_open(&desk);
    approve(&desk, true, false);
    expect(&desk, "sda", "hold", false);
    expect(&desk, "sda1", "hold", false);
    cr_assert_eq(cleared_set(desk.run, 9, "sda"), 0);
    expect(&desk, "sda", "open", true);
    expect(&desk, "sda1", "open", true);
    expect(&desk, "sg0", "hold", false); // SCSI commands would go around the encryption
    expect(&desk, "2:0:0:0", "hold", false);
}

Test(usb_verdict_medium, a_mark_for_another_medium_clears_nothing)
{
    CLEANUP(desk_close) struct desk desk;
    desk_open(&desk);
    approve(&desk, true, false);
    cr_assert_eq(cleared_set(desk.run, 8, "sda"), 0);
    cr_assert_eq(cleared_set(desk.run, 9, "sdb"), 0);
    expect(&desk, "sda", "hold", false);
}

Test(usb_verdict_medium, without_the_daemon_a_mark_counts_no_longer)
{
    CLEANUP(desk_close) struct desk desk;
    desk_open(&desk);
    approve(&desk, true, false);
    cr_assert_eq(cleared_set(desk.run, 9, "sda"), 0);
    close_p(&desk.alive);
    desk.alive = -1;
    expect(&desk, "sda", "refuse", false);
}

Test(usb_verdict_medium, write_protection_that_fails_holds_the_medium)
{
    CLEANUP(desk_close) struct desk desk;
    desk_open(&desk);
    approve(&desk, false, true);
    world_set(desk.world.root, "dev", "sda", "no block device");
    expect(&desk, "sda", "hold", false);
    expect(&desk, "sg0", "hold", false);
}

Test(usb_verdict_medium, a_name_that_cannot_be_is_held)
{
    static const char *const names[] = {"sdz", "../sda", "..", "sda/sda1"};
    CLEANUP(desk_close) struct desk desk;
    desk_open(&desk);
    approve(&desk, false, false);
    for (size_t i = 0; i < ELEMENTS(names); i++)
        expect(&desk, names[i], "hold", false);
}

Test(usb_verdict_medium, without_a_readable_gate_file_all_is_refused)
{
    CLEANUP(desk_close) struct desk desk;
    desk_open(&desk);
    approve(&desk, false, false);
    cr_assert_eq(unlinkat(desk.world.root, "var/lib/sekisho/gate", 0), 0);
    world_set(desk.world.root, "var/lib/sekisho", "mode", "enforce\n");
    expect(&desk, "sda", "refuse", false);
}

Test(usb_verdict_medium, the_way_back_has_udev_look_at_each_medium_again)
{
    CLEANUP(desk_close) struct desk desk;
    char answer[512];
    desk_open(&desk);
    close_p(&desk.alive);
    desk.alive = -1;
    approve(&desk, true, false);
    link_to(&desk, DISK, "block");
    world_set(desk.world.sys, DISK, "uevent", "");
    run(&desk, "--open-defaults", NULL, answer);
    world_expect(desk.world.sys, DISK "/uevent",
                 "change 7e0f6fd7-3c2b-4f6c-9f0e-5e4b15403e7b SEKISHO=1");
    expect(&desk, "sda", "none", false);
}

// ---- The disk that the system runs from --------------------------------------------------------

static void mount_at(struct desk *desk, const char *point)
{
    CLEANUP_FREE char *line = text_format("22 1 8:0 / %s rw - ext4 /dev/sda rw\n", point);
    world_folder(desk->world.root, "proc/self");
    world_folder(desk->world.sys, "dev/block");
    (void)symlinkat("../../" DISK, desk->world.sys, "dev/block/8:0");
    world_set(desk->world.root, "proc/self", "mountinfo", line);
}

static void expect_authorized(struct desk *desk, const char *value)
{
    world_expect(desk->world.sys, STICK "/authorized", value);
}

Test(usb_verdict_medium, the_running_system_is_not_taken_away_from_itself)
{
    CLEANUP(desk_close) struct desk desk;
    char answer[512];
    desk_open(&desk);
    mount_at(&desk, "/");
    write_gate(&desk, MODE_ENFORCE, NULL);
    expect(&desk, "sda", "none", false);
    run(&desk, "device", "1-2", answer);
    expect_authorized(&desk, "1");
    run(&desk, "--close-storage", NULL, answer);
    expect_authorized(&desk, "1");
}

Test(usb_verdict_medium, a_condition_does_not_take_the_running_system_away_either)
{
    CLEANUP(desk_close) struct desk desk;
    char answer[512];
    desk_open(&desk);
    mount_at(&desk, "/usr");
    approve(&desk, true, false);
    expect(&desk, "sda", "none", false);
    run(&desk, "--close-storage", NULL, answer);
    expect_authorized(&desk, "1");
    approve(&desk, false, true);
    expect(&desk, "sda", "none", false); // and it is not write-protected, which would fail here
}

Test(usb_verdict_medium, what_people_mounted_is_taken_away)
{
    CLEANUP(desk_close) struct desk desk;
    char answer[512];
    desk_open(&desk);
    mount_at(&desk, "/media/stick");
    write_gate(&desk, MODE_ENFORCE, NULL);
    expect(&desk, "sda", "refuse", false);
    run(&desk, "--close-storage", NULL, answer);
    expect_authorized(&desk, "0");
}
