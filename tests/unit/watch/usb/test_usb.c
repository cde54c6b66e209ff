// SPDX-License-Identifier: GPL-3.0-or-later
#include "base/file.h"
#include "fact/usb.h"
#include "watch/watch.h"

#include "../../usb_world.h"

#include <criterion/criterion.h>

#define DEVICES "bus/usb/devices/"

// Collects what is put.
struct basket {
    struct fact *facts[64];
    size_t n;
};

static void keep(void *context, struct fact *fact)
{
    struct basket *basket = context;
    cr_assert_lt(basket->n, ELEMENTS(basket->facts));
    basket->facts[basket->n++] = fact;
}

static void empty(struct basket *basket)
{
    while (basket->n > 0)
        fact_free(basket->facts[--basket->n]);
}

static struct fact *find(struct basket *basket, enum fact_kind kind, const char *object)
{
    for (size_t i = basket->n; i-- > 0;)
        if (basket->facts[i]->kind == kind && text_equal(basket->facts[i]->object, object))
            return basket->facts[i];
    return NULL;
}

static struct world world;
static struct basket basket;
static sd_event *event;
static void *state;
static struct blob blob;

static void begin(bool live)
{
    world_new(&world);
    world_bus(&world, "pci0000:00/0000:00:04.0/usb1", 1);
    blob_simple(&blob, 8, 6, 0x50);
    world_device(&world, "pci0000:00/0000:00:04.0/usb1", "1-2", &blob, 1, 7, false);
    cr_assert_geq(sd_event_new(&event), 0);
    struct watch_context context = {
        .sink = {keep, &basket}, .event = event, .sys = world.sys, .live = live};
    cr_assert_eq(watch_usb.start(&context, &state), 0);
    cr_assert_eq(watch_usb.snapshot(state), 0);
}

static void end(void)
{
    watch_usb.stop(state);
    sd_event_unref(event);
    empty(&basket);
    world_free(&world);
}

static void run_loop(void)
{
    while (sd_event_run(event, 50000) > 0)
        ;
}

Test(watch_usb, a_snapshot_puts_every_device_and_every_setting)
{
    begin(false);
    struct fact *stick = find(&basket, FACT_SEEN_USB, "1-2");
    cr_assert_not_null(stick);
    cr_expect_eq(stick->usb->vendor, 0x0951);
    cr_expect_not_null(find(&basket, FACT_SEEN_USB, "usb1"));
    struct fact *setting =
        find(&basket, FACT_SEEN_USB_SETTING, DEVICES "usb1/interface_authorized_default");
    cr_assert_not_null(setting);
    cr_expect_str_eq(setting->setting->value, "1");
    cr_expect_str_eq(setting->setting->expected, "0");
    cr_expect_not_null(find(&basket, FACT_SEEN_USB_SETTING, DEVICES "usb1/authorized_default"));
    cr_expect_not_null(
        find(&basket, FACT_SEEN_USB_SETTING, "module/usbcore/parameters/authorized_default"));
    cr_expect_eq(basket.n, 5);
    end();
}

Test(watch_usb, a_machine_without_usb_has_no_devices)
{
    struct world empty_world;
    world_new(&empty_world);
    cr_assert_eq(unlinkat(empty_world.sys, "bus/usb/devices", AT_REMOVEDIR), 0);
    cr_assert_eq(unlinkat(empty_world.sys, "module/usbcore/parameters/authorized_default", 0), 0);
    struct watch_context context = {.sink = {keep, &basket}, .sys = empty_world.sys};
    cr_assert_eq(watch_usb.start(&context, &state), 0);
    cr_expect_eq(watch_usb.snapshot(state), 0);
    cr_expect_eq(basket.n, 0);
    watch_usb.stop(state);
    world_free(&empty_world);
}

Test(watch_usb, a_setting_that_somebody_writes_is_put_with_its_value)
{
    begin(true);
    empty(&basket);
    cr_assert_eq(file_write_at(world.sys, DEVICES "usb1/authorized_default", "1"), 0);
    cr_assert_eq(file_write_at(world.sys, "module/usbcore/parameters/authorized_default", "1"), 0);
    run_loop();
    cr_expect_eq(basket.n, 2);
    struct fact *setting = find(&basket, FACT_SEEN_USB_SETTING, DEVICES "usb1/authorized_default");
    cr_assert_not_null(setting);
    cr_expect_str_eq(setting->setting->value, "1");
    end();
}

Test(watch_usb, a_device_that_somebody_authorizes_is_put)
{
    begin(true);
    empty(&basket);
    cr_assert_eq(file_write_at(world.sys, DEVICES "1-2/authorized", "1"), 0);
    run_loop();
    struct fact *stick = find(&basket, FACT_SEEN_USB, "1-2");
    cr_assert_not_null(stick);
    cr_expect(stick->usb->authorized);
    end();
}

Test(watch_usb, an_interface_that_somebody_grants_is_put_with_its_device)
{
    begin(true);
    world_interface(&world, "1-2", "1-2:1.0", false, NULL);
    cr_assert_eq(watch_usb.snapshot(state), 0);
    empty(&basket);
    cr_assert_eq(file_write_at(world.sys, DEVICES "1-2/1-2:1.0/authorized", "1"), 0);
    run_loop();
    struct fact *stick = find(&basket, FACT_SEEN_USB, "1-2");
    cr_assert_not_null(stick);
    cr_expect(stick->usb->interfaces[0].granted);
    end();
}

Test(watch_usb, a_device_in_the_place_of_another_is_watched_again)
{
    begin(true);
    cr_assert_eq(unlinkat(world.sys, DEVICES "1-2/authorized", 0), 0);
    world_set(world.sys, DEVICES "1-2", "authorized", "0\n");
    cr_assert_eq(watch_usb.snapshot(state), 0);
    run_loop();
    empty(&basket);
    cr_assert_eq(file_write_at(world.sys, DEVICES "1-2/authorized", "1"), 0);
    run_loop();
    cr_expect_eq(basket.n, 1);
    end();
}

Test(watch_usb, nothing_wakes_while_nobody_writes)
{
    begin(true);
    run_loop();
    cr_assert_eq(watch_usb.snapshot(state), 0); // reading is not writing
    empty(&basket);
    cr_expect_eq(sd_event_run(event, 100000), 0);
    cr_expect_eq(basket.n, 0);
    end();
}

Test(watch_usb, stopping_nothing_does_nothing)
{
    watch_usb.stop(NULL);
}
