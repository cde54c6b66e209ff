// SPDX-License-Identifier: GPL-3.0-or-later
#include "enforce/enforce.h"

#include "../usb_world.h"

#include <criterion/criterion.h>
#include <errno.h>

#define DEVICES "bus/usb/devices/"

static struct blob blob;

static void new_world(struct world *world)
{
    world_new(world);
    world_bus(world, "pci0000:00/0000:00:04.0/usb1", 1);
    world_bus(world, "pci0000:00/0000:00:04.0/usb2", 2);
    blob_simple(&blob, 8, 6, 0x50);
    world_device(world, "pci0000:00/0000:00:04.0/usb1", "1-2", &blob, 1, 7, false);
    world_interface(world, "1-2", "1-2:1.0", false, NULL);
}

Test(enforce_usb, a_device_is_authorized_and_deauthorized)
{
    CLEANUP(world_free) struct world world;
    new_world(&world);
    cr_expect_eq(enforce_usb_authorize(world.sys, "1-2"), 0);
    world_expect(world.sys, DEVICES "1-2/authorized", "1");
    cr_expect_eq(enforce_usb_authorize(world.sys, "1-2"), 0);
    cr_expect_eq(enforce_usb_deauthorize(world.sys, "1-2"), 0);
    world_expect(world.sys, DEVICES "1-2/authorized", "0");
}

Test(enforce_usb, storage_is_forgotten_in_sleep_before_it_is_opened)
{
    CLEANUP(world_free) struct world world;
    new_world(&world);
    cr_expect_eq(enforce_usb_authorize_storage(world.sys, "1-2"),
                 0); // a kernel without the setting
    world_expect(world.sys, DEVICES "1-2/authorized", "1");
    cr_expect_eq(enforce_usb_deauthorize(world.sys, "1-2"), 0);
    world_folder(world.sys, DEVICES "1-2/power");
    world_set(world.sys, DEVICES "1-2", "power/persist", "1");
    cr_expect_eq(enforce_usb_authorize_storage(world.sys, "1-2"), 0);
    world_expect(world.sys, DEVICES "1-2/authorized", "1");
    world_expect(world.sys, DEVICES "1-2/power/persist", "0");
    cr_expect_eq(enforce_usb_authorize_storage(world.sys, "1-3"), -ENOENT);
    cr_expect_eq(enforce_usb_authorize_storage(world.sys, "1-2:1.0"), -EINVAL);
}

Test(enforce_usb, a_granted_interface_is_probed)
{
    CLEANUP(world_free) struct world world;
    new_world(&world);
    cr_expect_eq(enforce_usb_grant_interface(world.sys, "1-2:1.0"), 0);
    world_expect(world.sys, DEVICES "1-2/1-2:1.0/authorized", "1");
    world_expect(world.sys, "bus/usb/drivers_probe", "1-2:1.0");
}

Test(enforce_usb, an_interface_that_is_driven_already_is_not_probed_again)
{
    CLEANUP(world_free) struct world world;
    new_world(&world);
    world_interface(&world, "1-2", "1-2:1.1", true, "usbhid");
    cr_expect_eq(enforce_usb_grant_interface(world.sys, "1-2:1.1"), 0);
    world_expect(world.sys, "bus/usb/drivers_probe", "");
}

Test(enforce_usb, a_refused_interface_loses_its_grant)
{
    CLEANUP(world_free) struct world world;
    new_world(&world);
    cr_expect_eq(enforce_usb_grant_interface(world.sys, "1-2:1.0"), 0);
    cr_expect_eq(enforce_usb_refuse_interface(world.sys, "1-2:1.0"), 0);
    world_expect(world.sys, DEVICES "1-2/1-2:1.0/authorized", "0");
}

Test(enforce_usb, the_bus_of_a_device_is_found)
{
    CLEANUP(world_free) struct world world;
    new_world(&world);
    cr_expect_eq(enforce_usb_shut_interfaces(world.sys, "1-2"), 0);
    world_expect(world.sys, DEVICES "usb1/interface_authorized_default", "0");
    world_expect(world.sys, DEVICES "usb1/authorized_default", "1");
    world_expect(world.sys, DEVICES "usb2/interface_authorized_default", "1");
    cr_expect_eq(enforce_usb_shut_bus(world.sys, "usb2"), 0);
    world_expect(world.sys, DEVICES "usb2/interface_authorized_default", "0");
    world_expect(world.sys, DEVICES "usb2/authorized_default", "0");
}

Test(enforce_usb, defaults_are_shut_and_opened_on_every_bus)
{
    CLEANUP(world_free) struct world world;
    new_world(&world);
    cr_expect_eq(enforce_usb_open_defaults(world.sys), 0);
    world_expect(world.sys, "module/usbcore/parameters/authorized_default", "1");
    cr_expect_eq(enforce_usb_shut_defaults(world.sys), 0);
    world_expect(world.sys, "module/usbcore/parameters/authorized_default", "0");
    for (int bus = 1; bus <= 2; bus++) {
        char path[128];
        (void)snprintf(path, sizeof path, DEVICES "usb%d/authorized_default", bus);
        world_expect(world.sys, path, "0");
        (void)snprintf(path, sizeof path, DEVICES "usb%d/interface_authorized_default", bus);
        world_expect(world.sys, path, "0");
    }
}

Test(enforce_usb, the_other_buses_are_shut_although_one_fails)
{
    CLEANUP(world_free) struct world world;
    new_world(&world);
    // A folder in the place of the attribute can't be written, also by root.
    cr_assert_eq(unlinkat(world.sys, DEVICES "usb1/authorized_default", 0), 0);
    world_folder(world.sys, DEVICES "usb1/authorized_default");
    cr_expect_lt(enforce_usb_shut_defaults(world.sys), 0);
    world_expect(world.sys, DEVICES "usb1/interface_authorized_default", "0");
    world_expect(world.sys, DEVICES "usb2/authorized_default", "0");
}

// /dev/null takes every byte and shows none: a kernel that says yes and
// does no.
Test(enforce_usb, a_value_that_does_not_stay_is_an_error)
{
    CLEANUP(world_free) struct world world;
    new_world(&world);
    cr_assert_eq(unlinkat(world.sys, DEVICES "1-2/authorized", 0), 0);
    cr_assert_eq(symlinkat("/dev/null", world.sys, DEVICES "1-2/authorized"), 0);
    cr_expect_eq(enforce_usb_authorize(world.sys, "1-2"), -EIO);
}

Test(enforce_usb, names_that_lead_elsewhere_are_refused)
{
    CLEANUP(world_free) struct world world;
    new_world(&world);
    static const char *const bad[] = {"", ".", "..", "../1-2", "1-2/../1-2", "1-2/", "usb1/.."};
    for (size_t i = 0; i < ELEMENTS(bad); i++) {
        cr_expect_eq(enforce_usb_authorize(world.sys, bad[i]), -EINVAL);
        cr_expect_eq(enforce_usb_deauthorize(world.sys, bad[i]), -EINVAL);
        cr_expect_eq(enforce_usb_grant_interface(world.sys, bad[i]), -EINVAL);
        cr_expect_eq(enforce_usb_shut_interfaces(world.sys, bad[i]), -EINVAL);
    }
    cr_expect_eq(enforce_usb_grant_interface(world.sys, "1-2"), -EINVAL);
    cr_expect_eq(enforce_usb_authorize(world.sys, "1-2:1.0"), -EINVAL);
    cr_expect_eq(enforce_usb_authorize(world.sys, "1-3"), -ENOENT);
}

Test(enforce_medium, only_block_devices_are_touched)
{
    CLEANUP(world_free) struct world world;
    new_world(&world);
    world_set(world.sys, ".", "sda", "not a block device");
    cr_expect_eq(enforce_medium_read_only(world.sys, "sda"), -ENOTBLK);
    cr_expect_eq(enforce_medium_read_only(world.sys, "../sda"), -EINVAL);
    cr_expect_eq(enforce_medium_read_only(world.sys, "sdb"), -ENOENT);
}

Test(enforce_medium, udev_is_asked_to_look_again)
{
    CLEANUP(world_free) struct world world;
    new_world(&world);
    static const char asked[] = "change 7e0f6fd7-3c2b-4f6c-9f0e-5e4b15403e7b SEKISHO=1";
    world_folder(world.sys, "class/block/sda");
    world_set(world.sys, "class/block/sda", "uevent", "");
    world_folder(world.sys, "class/block/sda/sda1");
    world_set(world.sys, "class/block/sda/sda1", "uevent", "");
    world_set(world.sys, "class/block/sda/sda1", "partition", "1");
    world_folder(world.sys, "class/block/sda/queue");
    world_folder(world.sys, "class/block/sda/device/scsi_generic/sg0");
    world_set(world.sys, "class/block/sda/device/scsi_generic/sg0", "uevent", "");
    world_folder(world.sys, "class/block/sda/device/bsg/2:0:0:0");
    world_set(world.sys, "class/block/sda/device/bsg/2:0:0:0", "uevent", "");
    cr_expect_eq(enforce_medium_reconsider(world.sys, "sda"), 0);
    world_expect(world.sys, "class/block/sda/uevent", asked);
    world_expect(world.sys, "class/block/sda/sda1/uevent", asked);
    world_expect(world.sys, "class/block/sda/device/scsi_generic/sg0/uevent", asked);
    world_expect(world.sys, "class/block/sda/device/bsg/2:0:0:0/uevent", asked);
    cr_expect_eq(enforce_medium_reconsider(world.sys, "sd/../a"), -EINVAL);
}

Test(enforce_medium, what_is_not_mounted_cant_be_unmounted)
{
    cr_expect_eq(enforce_medium_unmount("relative"), -EINVAL);
    cr_expect_lt(enforce_medium_unmount("/nonexistent/sekisho"), 0);
}

Test(enforce_usb, a_gadget_that_keeps_its_driver_is_a_failure)
{
    CLEANUP(world_free) struct world world;
    new_world(&world);
    world_folder(world.sys, "bus/gadget/devices/gadget.0/driver");
    world_set(world.sys, "bus/gadget/devices/gadget.0/driver", "unbind", "");
    cr_expect_eq(enforce_usb_unbind_gadget(world.sys, "gadget.0"), -EIO);
    world_expect(world.sys, "bus/gadget/devices/gadget.0/driver/unbind", "gadget.0");
}

Test(enforce_usb, a_gadget_without_a_driver_needs_nothing)
{
    CLEANUP(world_free) struct world world;
    new_world(&world);
    cr_expect_eq(enforce_usb_unbind_gadget(world.sys, "gadget.0"), 0);
    cr_expect_eq(enforce_usb_unbind_gadget(world.sys, "../usb"), -EINVAL);
}

Test(enforce_usb, a_gadget_whose_driver_is_only_just_coming_has_to_wait)
{
    CLEANUP(world_free) struct world world;
    new_world(&world);
    world_folder(world.sys, "bus/gadget/devices/gadget.0/driver");
    cr_expect_eq(enforce_usb_unbind_gadget(world.sys, "gadget.0"), -EAGAIN);
}
