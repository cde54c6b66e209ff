// SPDX-License-Identifier: GPL-3.0-or-later
// /dev/rfkill is a named pipe here, and the kernel is the test: each write is one event.
#include "fact/radio.h"
#include "watch/watch.h"

#include "../../usb_world.h"

#include <criterion/criterion.h>
#include <linux/rfkill.h>

#define SEEN_MAX 64

static struct fact *seen[SEEN_MAX];
static size_t n_seen;
static struct world world;
static sd_event *loop;
static int dev = -1, kernel = -1;
static void *state;

static void keep(void *context, struct fact *fact)
{
    (void)context;
    cr_assert_lt(n_seen, SEEN_MAX);
    seen[n_seen++] = fact;
}

static void forget(void)
{
    while (n_seen > 0)
        fact_free(seen[--n_seen]);
}

static void set_up(void)
{
    world_new(&world);
    world_folder(world.sys, "made/dev");
    dev = openat(world.sys, "made/dev", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    cr_assert_geq(dev, 0);
    cr_assert_eq(sd_event_new(&loop), 0);
}

static void tear_down(void)
{
    watch_radio.stop(state);
    forget();
    sd_event_unref(loop);
    close_p(&kernel);
    close_p(&dev);
    world_free(&world);
}

TestSuite(watch_radio, .init = set_up, .fini = tear_down);

static void load_rfkill(void)
{
    cr_assert_eq(mkfifoat(dev, RADIO_NODE, 0600), 0);
    kernel = openat(dev, RADIO_NODE, O_RDWR | O_NONBLOCK | O_CLOEXEC);
    cr_assert_eq(fcntl(kernel, F_SETFL, O_DIRECT | O_NONBLOCK), 0); // a packet a write: pipe(2)
}

static void say(uint8_t op, uint32_t index, uint8_t type, bool soft, bool hard)
{
    const struct rfkill_event_ext event = {
        .idx = index, .type = type, .op = op, .soft = soft, .hard = hard};
    cr_assert_eq(write(kernel, &event, sizeof event), (ssize_t)sizeof event);
}

static void start(bool live)
{
    static struct watch_context context;
    context = (struct watch_context){
        .sink = {keep, NULL}, .event = loop, .sys = world.sys, .dev = dev, .live = live};
    cr_assert_eq(watch_radio.start(&context, &state), 0);
}

static void wait_quiet(void)
{
    while (sd_event_run(loop, 50 * 1000) > 0)
        ;
}

static void put_hardware(uint32_t index, const char *device, const char *name)
{
    CLEANUP_FREE char *folder = text_format("devices/%s/rfkill%u", device, index);
    CLEANUP_FREE char *link = text_format("class/rfkill/rfkill%u", index);
    CLEANUP_FREE char *target = text_format("../../%s", folder);
    world_folder(world.sys, folder);
    world_folder(world.sys, "class/rfkill");
    world_set(world.sys, folder, "name", name);
    cr_assert_eq(symlinkat(target, world.sys, link), 0);
}

Test(watch_radio, a_kernel_without_rfkill_has_nothing_to_say)
{
    start(true);
    cr_expect_eq(watch_radio.snapshot(state), 0);
    cr_expect_eq(n_seen, 0);
}

Test(watch_radio, all_that_are_there_are_put_with_name_and_hardware)
{
    load_rfkill();
    put_hardware(3, "pci0000:00/0000:00:14.3/ieee80211/phy0", "phy0");
    world_folder(world.sys, "bus/pci/drivers/iwlwifi");
    cr_assert_eq(symlinkat("../../../bus/pci/drivers/iwlwifi", world.sys,
                           "devices/pci0000:00/0000:00:14.3/driver"),
                 0);
    start(false);
    say(RFKILL_OP_ADD, 3, RFKILL_TYPE_WLAN, false, true);
    say(RFKILL_OP_ADD, 5, RFKILL_TYPE_BLUETOOTH, true, false);
    cr_assert_eq(watch_radio.snapshot(state), 0);
    cr_assert_eq(n_seen, 2);
    const struct radio *wifi = seen[0]->radio, *bluetooth = seen[1]->radio;
    cr_expect_eq(seen[0]->kind, FACT_SEEN_RADIO);
    cr_expect_null(seen[0]->outcome);
    cr_expect(wifi->index == 3 && wifi->type == RADIO_WIFI && !wifi->soft && wifi->hard);
    cr_expect_str_eq(wifi->name, "phy0");
    cr_expect_str_eq(wifi->driver, "iwlwifi");
    cr_expect_str_eq(wifi->device, "pci0000:00/0000:00:14.3", "the same after a reboot");
    cr_expect(bluetooth->type == RADIO_BLUETOOTH && bluetooth->soft && !bluetooth->device);
    cr_expect_str_eq(bluetooth->name, "rfkill5", "sysfs knows none");
}

Test(watch_radio, a_radio_below_its_own_driver_and_one_of_no_hardware_are_told_apart)
{
    load_rfkill();
    put_hardware(1, "platform/thinkpad_acpi/rfkill", "tpacpi_bluetooth_sw");
    put_hardware(2, "virtual/bluetooth/hci0", "hci0");
    start(false);
    say(RFKILL_OP_ADD, 1, RFKILL_TYPE_BLUETOOTH, false, false);
    say(RFKILL_OP_ADD, 2, RFKILL_TYPE_BLUETOOTH, false, false);
    cr_assert_eq(watch_radio.snapshot(state), 0);
    cr_assert_eq(n_seen, 2);
    cr_expect_str_eq(seen[0]->radio->device, "platform/thinkpad_acpi");
    cr_expect_str_eq(seen[1]->radio->device, "virtual");
}

Test(watch_radio, each_change_is_put_also_one_that_was_taken_back_at_once)
{
    load_rfkill();
    start(true);
    say(RFKILL_OP_ADD, 1, RFKILL_TYPE_WLAN, true, false);
    wait_quiet();
    cr_assert_eq(n_seen, 1);
    cr_expect_str_eq(seen[0]->outcome, "came");
    say(RFKILL_OP_CHANGE, 1, RFKILL_TYPE_WLAN, false, false);
    say(RFKILL_OP_CHANGE, 1, RFKILL_TYPE_WLAN, true, false);
    say(RFKILL_OP_CHANGE, 1, RFKILL_TYPE_WLAN, true, false);
    say(RFKILL_OP_DEL, 1, RFKILL_TYPE_WLAN, true, false);
    say(RFKILL_OP_DEL, 1, RFKILL_TYPE_WLAN, true, false);
    wait_quiet();
    cr_assert_eq(n_seen, 4);
    cr_expect(!seen[1]->radio->soft && seen[2]->radio->soft);
    cr_expect_null(seen[1]->outcome);
    cr_expect_eq(seen[3]->kind, FACT_SEEN_RADIO_GONE);
}

Test(watch_radio, what_went_unheard_is_put_by_the_snapshot)
{
    load_rfkill();
    start(false);
    say(RFKILL_OP_ADD, 1, RFKILL_TYPE_WLAN, true, false);
    cr_assert_eq(watch_radio.snapshot(state), 0);
    forget();
    say(RFKILL_OP_ADD, 2, RFKILL_TYPE_WLAN, false, false);
    cr_assert_eq(watch_radio.snapshot(state), 0);
    cr_assert_eq(n_seen, 2);
    cr_expect_eq(seen[0]->kind, FACT_SEEN_RADIO_GONE);
    cr_expect_eq(seen[0]->radio->index, 1);
    cr_expect_eq(seen[1]->radio->index, 2);
}

Test(watch_radio, rfkill_that_is_loaded_later_is_heard_from_the_next_snapshot_on)
{
    start(true);
    load_rfkill();
    cr_assert_eq(watch_radio.snapshot(state), 0);
    say(RFKILL_OP_ADD, 4, RFKILL_TYPE_NFC, false, false);
    wait_quiet();
    cr_assert_eq(n_seen, 1);
    cr_expect_eq(seen[0]->radio->type, RADIO_NFC);
}

Test(watch_radio, one_that_is_gone_before_it_was_understood_harms_nothing)
{
    load_rfkill();
    start(true);
    cr_assert_eq(write(kernel, "short", 5), 5);
    say(RFKILL_OP_CHANGE_ALL, 1, RFKILL_TYPE_WLAN, true, false);
    say(RFKILL_OP_ADD, 1, RFKILL_TYPE_WLAN, true, false);
    wait_quiet();
    cr_assert_eq(n_seen, 1);
}
