// SPDX-License-Identifier: GPL-3.0-or-later
#include "base/alive.h"
#include "base/file.h"
#include "fact/spool.h"
#include "fact/tenant.h"
#include "policy/gate.h"

#include "../usb_world.h"

#include <criterion/criterion.h>
#include <spawn.h>
#include <sys/wait.h>

#define DEVICES "bus/usb/devices/"
#define PCI "pci0000:00/0000:00:04.0/usb1"

extern char **environ;

static struct world world;
static struct blob blob;
static char output[4096];

// Runs usb-verdict on the world; its standard output is in `output`. Returns its exit status.
static int run(const char *const *arguments)
{
    const char *argv[16] = {"usb-verdict", "--root", world.path};
    size_t n = 3;
    for (; *arguments; arguments++)
        argv[n++] = *arguments;
    int out[2], status;
    pid_t child;
    posix_spawn_file_actions_t actions;
    cr_assert_eq(pipe2(out, O_CLOEXEC), 0);
    cr_assert_eq(posix_spawn_file_actions_init(&actions), 0);
    cr_assert_eq(posix_spawn_file_actions_adddup2(&actions, out[1], 1), 0);
    cr_assert_eq(posix_spawn(&child, BINARY_DIR "/usb-verdict", &actions, NULL, (char *const *)argv,
                             environ),
                 0);
    close(out[1]);
    size_t length = 0;
    for (ssize_t got; (got = read(out[0], output + length, sizeof output - 1 - length)) > 0;)
        length += (size_t)got;
    output[length] = '\0';
    close(out[0]);
    posix_spawn_file_actions_destroy(&actions);
    cr_assert_eq(waitpid(child, &status, 0), child);
    cr_assert(WIFEXITED(status));
    return WEXITSTATUS(status);
}
#define RUN(...) run((const char *const[]){__VA_ARGS__, NULL})

#define EXPECT_OUTPUT(line) cr_expect(strstr(output, line "\n"), "%s is not in:\n%s", line, output)
#define EXPECT_NO_OUTPUT(name) cr_expect_null(strstr(output, name), "%s is in:\n%s", name, output)

static void write_gate(enum gate_mode mode, const struct approval *approval)
{
    CLEANUP(gate_free_p) struct gate *gate = NULL;
    CLEANUP_FREE char *text = NULL;
    size_t length;
    cr_assert_eq(gate_new_fallback(mode, &gate), 0);
    if (approval)
        cr_assert_eq(gate_add(gate, approval), 0);
    cr_assert_eq(gate_encode(gate, &text, &length), 0);
    cr_assert_eq(file_replace_at(world.root, "var/lib/sekisho/gate", 0600, text, length), 0);
}

static struct approval stick_approval(void)
{
    return (struct approval){.number = 417,
                             .vendor = 0x0951,
                             .product = 0x1666,
                             .serial = (char *)"S1",
                             .approver = (char *)"admin",
                             .granted_ns = 1};
}

static void begin(void)
{
    world_new(&world);
    world_bus(&world, PCI, 1);
}

static void plug(const char *name, uint8_t class, uint8_t subclass, uint8_t protocol,
                 uint32_t address, bool authorized)
{
    CLEANUP_FREE char *folder = text_format(DEVICES "%s", name);
    blob_simple(&blob, class, subclass, protocol);
    world_device(&world, PCI, name, &blob, 1, address, authorized);
    world_set(world.sys, folder, "serial", "S1\n");
}

static void plug_stick(bool authorized)
{
    plug("1-2", 8, 6, 0x50, 5, authorized);
}

static void end(void)
{
    world_free(&world);
}

struct spooled {
    size_t n;
    char verdict[16], reason[32], mode[16];
};

static int take(void *context, const char *name, const struct spool_entry *entry)
{
    struct spooled *spooled = context;
    cr_assert_not_null(entry, "%s", name);
    spooled->n++;
    (void)snprintf(spooled->verdict, sizeof spooled->verdict, "%s", entry->verdict);
    (void)snprintf(spooled->reason, sizeof spooled->reason, "%s", entry->reason);
    (void)snprintf(spooled->mode, sizeof spooled->mode, "%s", entry->mode);
    return 0;
}

static struct spooled take_spool(void)
{
    struct spooled spooled = {0};
    uint64_t lost;
    CLEANUP_CLOSE int folder = openat(world.root, "run/sekisho", O_RDONLY | O_DIRECTORY);
    cr_assert_eq(spool_take_all(folder, take, &spooled, &lost), 0);
    return spooled;
}

static int hold_alive(void)
{
    int fd = -1;
    CLEANUP_CLOSE int folder = openat(world.root, "run/sekisho", O_RDONLY | O_DIRECTORY);
    cr_assert_eq(alive_hold(folder, &fd), 0);
    return fd;
}

// ---- Enforce ----------------------------------------------------------------------------------

Test(usb_verdict, an_unapproved_stick_stays_shut_and_is_spooled)
{
    begin();
    plug_stick(false);
    write_gate(MODE_ENFORCE, NULL);
    cr_expect_eq(RUN("device", "1-2"), 0);
    EXPECT_OUTPUT("SEKISHO_VERDICT=block");
    EXPECT_OUTPUT("SEKISHO_REASON=no-approval");
    EXPECT_OUTPUT("SEKISHO_MODE=enforce");
    world_expect(world.sys, DEVICES "1-2/authorized", "0");
    struct spooled spooled = take_spool();
    cr_expect_eq(spooled.n, 1);
    cr_expect_str_eq(spooled.verdict, "block");
    cr_expect_str_eq(spooled.mode, "enforce");
    end();
}

Test(usb_verdict, an_unapproved_stick_that_is_authorized_is_shut)
{
    begin();
    plug_stick(true);
    write_gate(MODE_ENFORCE, NULL);
    cr_expect_eq(RUN("device", "1-2"), 0);
    world_expect(world.sys, DEVICES "1-2/authorized", "0");
    end();
}

Test(usb_verdict, a_keyboard_passes_behind_a_default_that_was_shut_before)
{
    begin();
    plug("1-3", 3, 1, 1, 6, false);
    write_gate(MODE_ENFORCE, NULL);
    cr_expect_eq(RUN("device", "1-3"), 0);
    EXPECT_OUTPUT("SEKISHO_VERDICT=allow");
    EXPECT_OUTPUT("SEKISHO_RULE=default:keyboard");
    world_expect(world.sys, DEVICES "1-3/authorized", "1");
    world_expect(world.sys, DEVICES "usb1/interface_authorized_default", "0");
    end();
}

Test(usb_verdict, nothing_is_authorized_when_the_default_for_interfaces_cant_be_shut)
{
    begin();
    plug("1-3", 3, 1, 1, 6, false);
    write_gate(MODE_ENFORCE, NULL);
    cr_assert_eq(unlinkat(world.sys, DEVICES "usb1/interface_authorized_default", 0), 0);
    cr_assert_eq(symlinkat("/dev/null", world.sys, DEVICES "usb1/interface_authorized_default"), 0);
    cr_expect_eq(RUN("device", "1-3"), 0);
    EXPECT_OUTPUT("SEKISHO_ERROR=EIO");
    world_expect(world.sys, DEVICES "1-3/authorized", "0");
    end();
}

Test(usb_verdict, a_new_bus_is_shut)
{
    begin();
    write_gate(MODE_ENFORCE, NULL);
    cr_expect_eq(RUN("device", "usb1"), 0);
    EXPECT_OUTPUT("SEKISHO_REASON=root-hub");
    world_expect(world.sys, DEVICES "usb1/authorized_default", "0");
    world_expect(world.sys, DEVICES "usb1/interface_authorized_default", "0");
    world_expect(world.sys, DEVICES "usb1/authorized", "1");
    end();
}

Test(usb_verdict, a_covered_interface_is_granted_and_another_is_not)
{
    begin();
    blob_device(&blob, 0, 0);
    blob_configuration(&blob, 1, 2);
    blob_interface(&blob, 0, 0, 8, 6, 0x50);
    blob_interface(&blob, 1, 0, 3, 1, 1);
    blob_end(&blob);
    world_device(&world, PCI, "1-2", &blob, 1, 5, true);
    world_interface(&world, "1-2", "1-2:1.0", true, NULL); // somebody granted it
    world_interface(&world, "1-2", "1-2:1.1", false, NULL);
    write_gate(MODE_ENFORCE, NULL);
    cr_expect_eq(RUN("interface", "1-2:1.0"), 0);
    EXPECT_OUTPUT("SEKISHO_VERDICT=block");
    EXPECT_OUTPUT("SEKISHO_REASON=partly");
    world_expect(world.sys, DEVICES "1-2/1-2:1.0/authorized", "0");
    cr_expect_eq(RUN("interface", "1-2:1.1"), 0);
    EXPECT_OUTPUT("SEKISHO_VERDICT=allow");
    world_expect(world.sys, DEVICES "1-2/1-2:1.1/authorized", "1");
    world_expect(world.sys, "bus/usb/drivers_probe", "1-2:1.1");
    cr_expect_eq(RUN("device", "1-2"), 0);
    EXPECT_OUTPUT("SEKISHO_VERDICT=partial");
    end();
}

// ---- Approvals --------------------------------------------------------------------------------

Test(usb_verdict, without_the_daemon_a_plain_approval_opens_and_is_spooled)
{
    struct approval approval = stick_approval();
    begin();
    plug_stick(false);
    write_gate(MODE_ENFORCE, &approval);
    cr_expect_eq(RUN("device", "1-2"), 0);
    EXPECT_OUTPUT("SEKISHO_VERDICT=allow");
    EXPECT_OUTPUT("SEKISHO_RULE=approval:417");
    EXPECT_OUTPUT("SEKISHO_PENDING=0");
    EXPECT_NO_OUTPUT("SEKISHO_WHOLE"); // nobody else opens its interfaces
    world_expect(world.sys, DEVICES "1-2/authorized", "1");
    cr_expect_str_eq(take_spool().verdict, "allow");
    end();
}

Test(usb_verdict, what_cant_be_spooled_is_not_opened)
{
    struct approval approval = stick_approval();
    begin();
    plug_stick(false);
    write_gate(MODE_ENFORCE, &approval);
    cr_assert_eq(unlinkat(world.root, "run/sekisho", AT_REMOVEDIR), 0);
    world_set(world.root, "run", "sekisho", "a file, not a folder");
    cr_expect_eq(RUN("device", "1-2"), 0);
    EXPECT_OUTPUT("SEKISHO_VERDICT=block");
    world_expect(world.sys, DEVICES "1-2/authorized", "0");
    end();
}

Test(usb_verdict, with_the_daemon_an_approved_stick_is_left_to_it)
{
    struct approval approval = stick_approval();
    begin();
    plug_stick(false);
    write_gate(MODE_ENFORCE, &approval);
    CLEANUP_CLOSE int alive = hold_alive();
    cr_expect_eq(RUN("device", "1-2"), 0);
    EXPECT_OUTPUT("SEKISHO_VERDICT=allow");
    EXPECT_OUTPUT("SEKISHO_PENDING=1");
    EXPECT_OUTPUT("SEKISHO_WHOLE=1");
    world_expect(world.sys, DEVICES "1-2/authorized", "0");
    cr_expect_eq(take_spool().n, 0);
    end();
}

Test(usb_verdict, interfaces_and_media_are_asked_about_where_a_condition_holds)
{
    begin();
    plug_stick(false);
    CLEANUP_CLOSE int alive = hold_alive();
    for (int condition = 0; condition < 2; condition++) {
        struct approval approval = stick_approval();
        *(condition == 0 ? &approval.read_only : &approval.encrypted) = true;
        write_gate(MODE_ENFORCE, &approval);
        cr_expect_eq(RUN("device", "1-2"), 0);
        EXPECT_OUTPUT("SEKISHO_VERDICT=allow");
        EXPECT_NO_OUTPUT("SEKISHO_WHOLE");
    }
    struct approval approval = stick_approval();
    write_gate(MODE_OBSERVE, &approval);
    cr_expect_eq(RUN("device", "1-2"), 0);
    EXPECT_OUTPUT("SEKISHO_VERDICT=allow");
    EXPECT_NO_OUTPUT("SEKISHO_WHOLE");
    end();
}

Test(usb_verdict, a_keyboard_that_was_something_else_a_moment_ago_stays_shut)
{
    const struct usb_device before = {.jack = (char *)"usb1-port2"};
    begin();
    plug("1-2", 3, 1, 1, 5, false);
    write_gate(MODE_ENFORCE, NULL);
    CLEANUP_CLOSE int alive = hold_alive();
    CLEANUP_CLOSE int folder = openat(world.root, "run/sekisho", O_RDONLY | O_DIRECTORY);
    cr_assert_eq(tenant_set(folder, &before, 0), 0);
    cr_assert_eq(symlinkat("usb1-port2", world.sys, DEVICES "1-2/port"), 0);
    cr_assert_eq(RUN("device", "1-2"), 0);
    EXPECT_OUTPUT("SEKISHO_VERDICT=block");
    EXPECT_OUTPUT("SEKISHO_REASON=turned");
    world_expect(world.sys, DEVICES "1-2/authorized", "0");
    end();
}

Test(usb_verdict, without_the_daemon_a_conditional_approval_opens_nothing)
{
    struct approval approval = stick_approval();
    approval.read_only = true;
    begin();
    plug_stick(false);
    write_gate(MODE_ENFORCE, &approval);
    cr_expect_eq(RUN("device", "1-2"), 0);
    EXPECT_OUTPUT("SEKISHO_REASON=agent-away");
    world_expect(world.sys, DEVICES "1-2/authorized", "0");
    end();
}

Test(usb_verdict, the_second_of_two_identical_sticks_is_shut_out)
{
    struct approval approval = stick_approval();
    begin();
    plug_stick(true);
    plug("1-4", 8, 6, 0x50, 9, false);
    write_gate(MODE_ENFORCE, &approval);
    cr_expect_eq(RUN("device", "1-4"), 0);
    EXPECT_OUTPUT("SEKISHO_REASON=twin");
    cr_expect_eq(RUN("device", "1-2"), 0);
    EXPECT_OUTPUT("SEKISHO_VERDICT=allow");
    end();
}

// ---- Modes ------------------------------------------------------------------------------------

Test(usb_verdict, in_observe_mode_it_answers_and_writes_nothing)
{
    begin();
    plug_stick(true);
    write_gate(MODE_OBSERVE, NULL);
    cr_expect_eq(RUN("device", "1-2"), 0);
    EXPECT_OUTPUT("SEKISHO_VERDICT=block");
    EXPECT_OUTPUT("SEKISHO_MODE=observe");
    world_expect(world.sys, DEVICES "1-2/authorized", "1");
    world_expect(world.sys, DEVICES "usb1/interface_authorized_default", "1");
    cr_expect_eq(RUN("device", "usb1"), 0);
    world_expect(world.sys, DEVICES "usb1/authorized_default", "1");
    cr_expect_str_eq(take_spool().mode, "observe");
    end();
}

Test(usb_verdict, without_a_gate_file_a_kernel_that_starts_shut_is_opened_for_keyboards_only)
{
    begin();
    plug_stick(false);
    plug("1-3", 3, 1, 1, 6, false);
    cr_expect_eq(RUN("device", "1-2"), 0);
    EXPECT_OUTPUT("SEKISHO_MODE=enforce");
    world_expect(world.sys, DEVICES "1-2/authorized", "0");
    cr_expect_eq(RUN("device", "1-3"), 0);
    world_expect(world.sys, DEVICES "1-3/authorized", "1");
    end();
}

Test(usb_verdict, a_damaged_gate_file_grants_no_approval)
{
    struct approval approval = stick_approval();
    begin();
    plug_stick(false);
    write_gate(MODE_ENFORCE, &approval);
    CLEANUP_FREE char *text = NULL;
    size_t length;
    cr_assert_eq(file_read_at(world.root, "var/lib/sekisho/gate", 1 << 20, &text, &length), 0);
    text[length - 3] ^= 1;
    cr_assert_eq(file_replace_at(world.root, "var/lib/sekisho/gate", 0600, text, length), 0);
    cr_expect_eq(RUN("device", "1-2"), 0);
    EXPECT_OUTPUT("SEKISHO_VERDICT=block");
    EXPECT_OUTPUT("SEKISHO_MODE=enforce");
    end();
}

Test(usb_verdict, without_a_gate_file_an_open_kernel_is_left_alone)
{
    begin();
    plug_stick(true);
    world_set(world.sys, "module/usbcore/parameters", "authorized_default", "1\n");
    cr_expect_eq(RUN("device", "1-2"), 0);
    EXPECT_OUTPUT("SEKISHO_MODE=observe");
    world_expect(world.sys, DEVICES "1-2/authorized", "1");
    end();
}

Test(usb_verdict, in_the_initramfs_no_approval_counts_but_that_of_the_root_disk)
{
    struct approval approval = stick_approval();
    begin();
    plug_stick(false);
    write_gate(MODE_ENFORCE, &approval);
    cr_expect_eq(RUN("--initramfs", "device", "1-2"), 0);
    EXPECT_OUTPUT("SEKISHO_VERDICT=block");
    world_folder(world.root, "etc/sekisho");
    world_set(world.root, "etc/sekisho", "root-disks", "0951:1666:S\n0951:1666:S11\n");
    cr_expect_eq(RUN("--initramfs", "device", "1-2"), 0);
    EXPECT_OUTPUT("SEKISHO_VERDICT=block");
    world_set(world.root, "etc/sekisho", "root-disks", "0951:1666:X\n0951:1666:S1\n");
    cr_expect_eq(RUN("--initramfs", "device", "1-2"), 0);
    EXPECT_OUTPUT("SEKISHO_VERDICT=allow");
    world_expect(world.sys, DEVICES "1-2/authorized", "1");
    end();
}

Test(usb_verdict, in_the_initramfs_a_shut_kernel_is_opened_for_the_keyboard_in_observe_mode_too)
{
    begin();
    plug("1-3", 3, 1, 1, 6, false);
    write_gate(MODE_OBSERVE, NULL);
    cr_expect_eq(RUN("--initramfs", "device", "1-3"), 0);
    EXPECT_OUTPUT("SEKISHO_MODE=enforce");
    world_expect(world.sys, DEVICES "1-3/authorized", "1");
    end();
}

// ---- The other tasks --------------------------------------------------------------------------

Test(usb_verdict, closing_storage_leaves_keyboards_and_plain_approvals)
{
    struct approval approval = stick_approval();
    begin();
    plug_stick(true);
    plug("1-3", 3, 1, 1, 6, true);
    blob_simple(&blob, 6, 1, 1);
    world_device(&world, PCI, "1-4", &blob, 1, 9, true);
    write_gate(MODE_ENFORCE, &approval);
    CLEANUP_CLOSE int alive = hold_alive(); // it says that it is gone; that counts
    cr_expect_eq(RUN("--close-storage"), 0);
    world_expect(world.sys, DEVICES "1-2/authorized", "1");
    world_expect(world.sys, DEVICES "1-3/authorized", "1");
    world_expect(world.sys, DEVICES "1-4/authorized", "0");
    world_expect(world.sys, DEVICES "usb1/authorized", "1");
    approval.encrypted = true;
    write_gate(MODE_ENFORCE, &approval);
    cr_expect_eq(RUN("--close-storage"), 0);
    world_expect(world.sys, DEVICES "1-2/authorized", "0");
    end();
}

Test(usb_verdict, closing_storage_does_nothing_in_observe_mode)
{
    begin();
    plug_stick(true);
    write_gate(MODE_OBSERVE, NULL);
    cr_expect_eq(RUN("--close-storage"), 0);
    world_expect(world.sys, DEVICES "1-2/authorized", "1");
    end();
}

Test(usb_verdict, defaults_are_shut_and_opened)
{
    begin();
    cr_expect_eq(RUN("--shut-defaults"), 0);
    world_expect(world.sys, DEVICES "usb1/authorized_default", "0");
    cr_expect_eq(RUN("--open-defaults"), 0);
    world_expect(world.sys, DEVICES "usb1/authorized_default", "1");
    world_expect(world.sys, "module/usbcore/parameters/authorized_default", "1");
    end();
}

Test(usb_verdict, the_way_back_opens_what_was_shut_until_the_daemon_comes)
{
    begin();
    plug_stick(false);
    write_gate(MODE_ENFORCE, NULL);
    cr_expect_eq(RUN("--open-defaults"), 0);
    world_expect(world.sys, DEVICES "1-2/authorized", "1");
    cr_expect_eq(RUN("device", "1-2"), 0);
    EXPECT_OUTPUT("SEKISHO_MODE=observe");
    world_expect(world.sys, DEVICES "1-2/authorized", "1");

    CLEANUP_CLOSE int alive = hold_alive();
    cr_expect_eq(RUN("device", "1-2"), 0);
    world_expect(world.sys, DEVICES "1-2/authorized", "0");
    end();
}

Test(usb_verdict, the_way_back_switches_ports_on_that_the_daemon_switched_off)
{
    begin();
    world_interface(&world, "usb1", "1-0:1.0", true, "hub");
    world_port(&world, "usb1", "1-0:1.0", 3, "1");
    cr_expect_eq(RUN("--open-defaults"), 0);
    world_expect(world.sys, DEVICES "usb1/1-0:1.0/usb1-port3/disable",
                 "1"); // not the daemon's work
    world_set(world.root, "run/sekisho", "ports-off", "");
    cr_expect_eq(RUN("--open-defaults"), 0);
    world_expect(world.sys, DEVICES "usb1/1-0:1.0/usb1-port3/disable", "0");
    end();
}

Test(usb_verdict, the_way_back_is_refused_while_the_daemon_is_there)
{
    begin();
    plug_stick(false);
    write_gate(MODE_ENFORCE, NULL);
    CLEANUP_CLOSE int alive = hold_alive();
    cr_expect_eq(RUN("--open-defaults"), 4);
    world_expect(world.sys, DEVICES "1-2/authorized", "0");
    end();
}

Test(usb_verdict, the_way_back_ends_when_the_gate_was_shut_again)
{
    begin();
    plug_stick(false);
    write_gate(MODE_ENFORCE, NULL);
    cr_expect_eq(RUN("--open-defaults"), 0);
    cr_expect_eq(RUN("--shut-defaults"), 0); // as the daemon does, which may be gone again since
    cr_expect_eq(RUN("device", "1-2"), 0);
    EXPECT_OUTPUT("SEKISHO_MODE=enforce");
    world_expect(world.sys, DEVICES "1-2/authorized", "0");
    end();
}

static void boot_with(const char *words)
{
    CLEANUP_CLOSE int proc = -1;
    cr_assert_eq(file_open_dir_at(world.root, "proc", 0755, &proc), 0);
    cr_assert_eq(file_replace_at(proc, "cmdline", 0444, words, strlen(words)), 0);
}

Test(usb_verdict, the_boot_parameter_keeps_the_gate_open)
{
    begin();
    plug_stick(true);
    write_gate(MODE_ENFORCE, NULL);
    boot_with("root=/dev/vda quiet usbcore.authorized_default=0 usbcore.authorized_default=1\n");
    world_set(world.sys, "module/usbcore/parameters", "authorized_default", "1\n");
    cr_expect_eq(RUN("device", "1-2"), 0);
    world_expect(world.sys, DEVICES "1-2/authorized", "1");

    cr_expect_eq(RUN("--shut-defaults"), 0); // the daemon was there
    cr_expect_eq(RUN("device", "1-2"), 0);
    world_expect(world.sys, DEVICES "1-2/authorized", "0");
    end();
}

Test(usb_verdict, no_other_boot_parameter_does)
{
    static const char *const words[] = {
        "usbcore.authorized_default=0\n",
        "usbcore.authorized_default=1 usbcore.authorized_default=0\n",
        "usbcore.authorized_default=2\n",
        "usbcore.authorized_default=11\n",
        "xusbcore.authorized_default=1\n",
        "\n"};
    for (size_t i = 0; i < ELEMENTS(words); i++) {
        begin();
        plug_stick(true);
        write_gate(MODE_ENFORCE, NULL);
        boot_with(words[i]);
        world_set(world.sys, "module/usbcore/parameters", "authorized_default", "1\n");
        cr_expect_eq(RUN("device", "1-2"), 0);
        world_expect(world.sys, DEVICES "1-2/authorized", "0");
        end();
    }
}

Test(usb_verdict, a_device_is_identified)
{
    begin();
    plug_stick(false);
    cr_expect_eq(RUN("identify", "1-2"), 0);
    cr_expect_str_eq(output, "0951:1666:S1\n");
    end();
}

// What the initramfs holds, as text.
static char *gate_for(const char *root_disks)
{
    CLEANUP_FREE char *file = text_format("%s/root-disks", world.path);
    world_set(world.root, ".", "root-disks", root_disks);
    cr_assert_eq(RUN("gate", file), 0);
    return text_dup(output);
}

Test(usb_verdict, the_gate_for_the_initramfs_has_the_root_disk_s_approval_only)
{
    struct approval stick = stick_approval();
    begin();
    write_gate(MODE_OBSERVE, &stick);
    CLEANUP_FREE char *with = gate_for("0951:1666:S1\n"), *without = gate_for("0951:1666:S2\n");
    cr_expect(strstr(with, "\"S1\"") && strstr(with, "\"enforce\""));
    cr_expect_not(strstr(without, "\"S1\""));
    CLEANUP(gate_free_p) struct gate *gate = NULL;
    cr_expect_eq(gate_decode(with, strlen(with), &gate), 0);
    end();
}

Test(usb_verdict, the_gate_for_the_initramfs_changes_with_what_it_holds_only)
{
    struct approval stick = stick_approval();
    begin();
    write_gate(MODE_ENFORCE, NULL);
    CLEANUP_FREE char *before = gate_for("");
    write_gate(MODE_ENFORCE, &stick);
    CLEANUP_FREE char *after = gate_for("");
    cr_expect_str_eq(before, after);
    cr_expect_eq(RUN("gate", "/nowhere"), 4);
    end();
}

Test(usb_verdict, what_has_gone_is_no_failure_and_what_can_t_be_is_one)
{
    begin();
    cr_expect_eq(RUN("device", "1-9"), 0);
    EXPECT_OUTPUT("SEKISHO_VERDICT=gone");
    cr_expect_eq(RUN("device", "../../etc"), 4);
    cr_expect_eq(RUN("interface", "1-2"), 4);
    cr_expect_eq(RUN("device"), 2);
    cr_expect_eq(RUN("--nonsense"), 2);
    cr_expect_eq(RUN("--close-storage", "device", "1-2"), 2);
    cr_expect_eq(RUN("--version"), 0);
    cr_expect_eq(RUN("--help"), 0);
    end();
}
