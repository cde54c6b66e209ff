// SPDX-License-Identifier: GPL-3.0-or-later
#include "fact/usb.h"
#include "watch/watch.h"

#include "../../usb_world.h"

#include <criterion/criterion.h>

static struct fact *seen[4];
static size_t n_seen;

static void keep(void *context, struct fact *fact)
{
    (void)context;
    cr_assert_lt(n_seen, ELEMENTS(seen));
    seen[n_seen++] = fact;
}

static void snapshot(int sys)
{
    void *state = NULL;
    struct watch_context context = {.sink = {keep, NULL}, .sys = sys};
    cr_assert_eq(watch_gadget.start(&context, &state), 0);
    cr_expect_eq(watch_gadget.snapshot(state), 0);
    watch_gadget.stop(state);
}

static void forget(void)
{
    while (n_seen > 0)
        fact_free(seen[--n_seen]);
}

Test(watch_gadget, a_computer_that_can_be_no_device_has_nothing_to_say)
{
    CLEANUP(world_free) struct world world;
    world_new(&world);
    snapshot(world.sys);
    cr_expect_eq(n_seen, 0);
}

Test(watch_gadget, a_gadget_is_put_with_its_driver)
{
    CLEANUP(world_free) struct world world;
    world_new(&world);
    world_folder(world.sys, "bus/gadget/devices/gadget.0");
    world_folder(world.sys, "bus/gadget/drivers/g_mass_storage");
    cr_assert_eq(
        symlinkat("../../drivers/g_mass_storage", world.sys, "bus/gadget/devices/gadget.0/driver"),
        0);
    snapshot(world.sys);
    cr_assert_eq(n_seen, 1);
    cr_expect_eq(seen[0]->kind, FACT_SEEN_GADGET);
    cr_expect_str_eq(seen[0]->setting->path, "gadget.0");
    cr_expect_str_eq(seen[0]->setting->value, "g_mass_storage");
    forget();
}

Test(watch_gadget, one_without_a_driver_gives_nothing_away)
{
    CLEANUP(world_free) struct world world;
    world_new(&world);
    world_folder(world.sys, "bus/gadget/devices/gadget.0");
    snapshot(world.sys);
    cr_assert_eq(n_seen, 1);
    cr_expect_null(seen[0]->setting->value);
    forget();
}

Test(watch_gadget, stopping_nothing_does_nothing)
{
    watch_gadget.stop(NULL);
}
