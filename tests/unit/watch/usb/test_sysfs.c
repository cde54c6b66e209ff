// SPDX-License-Identifier: GPL-3.0-or-later
#include "watch/usb/sysfs.h"

#include "../../usb_world.h"

#include <criterion/criterion.h>
#include <errno.h>

static struct blob blob;

static void new_world(struct world *world)
{
    world_new(world);
    world_bus(world, "pci0000:00/0000:00:04.0/usb1", 1);
    blob_simple(&blob, 8, 6, 0x50);
    world_device(world, "pci0000:00/0000:00:04.0/usb1/1-2", "1-2.3", &blob, 1, 7, true);
}

static void set(struct world *world, const char *name, const char *value)
{
    world_set(world->sys, "bus/usb/devices/1-2.3", name, value);
}

static struct usb_device *read_it(struct world *world)
{
    struct usb_device *device = NULL;
    cr_assert_eq(usb_sysfs_read(world->sys, "1-2.3", &device), 0);
    return device;
}

Test(sysfs, a_device_is_read_with_all_its_attributes)
{
    CLEANUP(world_free) struct world world;
    new_world(&world);
    set(&world, "serial", "AB 1\n");
    set(&world, "manufacturer", "Kingston\n");
    set(&world, "product", "DataTraveler\n");
    CLEANUP(usb_device_free_p) struct usb_device *device = read_it(&world);
    cr_expect_str_eq(device->sysname, "1-2.3");
    cr_expect_str_eq(device->serial, "AB 1");
    cr_expect_str_eq(device->manufacturer, "Kingston");
    cr_expect_str_eq(device->name, "DataTraveler");
    cr_expect_eq(device->bus, 1);
    cr_expect_eq(device->address, 7);
    cr_expect(device->authorized);
    cr_expect(!device->driven);
    cr_expect(!device->root_hub);
    cr_expect_eq(usb_device_function(device), USB_STORAGE);
}

Test(sysfs, a_port_is_named_by_controller_and_chain_but_not_by_the_number_of_the_bus)
{
    CLEANUP(world_free) struct world world;
    new_world(&world);
    CLEANUP(usb_device_free_p) struct usb_device *device = read_it(&world);
    cr_expect_str_eq(device->port, "pci-0000:00:04.0-usb-0:2.3");

    world_bus(&world, "platform/dummy_hcd.0/usb9", 9);
    CLEANUP(usb_device_free_p) struct usb_device *hub = NULL;
    cr_assert_eq(usb_sysfs_read(world.sys, "usb9", &hub), 0);
    cr_expect_str_eq(hub->port, "platform-dummy_hcd.0-usb-0");
    cr_expect(hub->root_hub);

    world_bus(&world, "pci0000:00/0000:00:0d.0/dwc3.1.auto/xhci-hcd.2.auto/usb4", 4);
    CLEANUP(usb_device_free_p) struct usb_device *behind = NULL;
    cr_assert_eq(usb_sysfs_read(world.sys, "usb4", &behind), 0);
    cr_expect_str_eq(behind->port, "pci-0000:00:0d.0-platform-xhci-hcd.2.auto-usb-0");
}

Test(sysfs, both_speeds_of_a_port_have_one_name)
{
    CLEANUP(world_free) struct world world;
    new_world(&world);
    CLEANUP(usb_device_free_p) struct usb_device *nameless = read_it(&world);
    cr_expect_null(nameless->jack);
    cr_expect_eq(nameless->connected_ms, 0);

    world_folder(world.sys, "ports/usb2-port3");
    world_folder(world.sys, "bus/usb/devices/1-2.3/power");
    set(&world, "power/connected_duration", "1234\n");
    cr_assert_eq(symlinkat("/nowhere/usb2-port3", world.sys, "bus/usb/devices/1-2.3/port"), 0);
    CLEANUP(usb_device_free_p) struct usb_device *alone = read_it(&world);
    cr_expect_str_eq(alone->jack, "usb2-port3");
    cr_expect_eq(alone->connected_ms, 1234);

    CLEANUP_FREE char *target = text_format("%s/sys/ports/usb2-port3", world.path);
    cr_assert_eq(unlinkat(world.sys, "bus/usb/devices/1-2.3/port", 0), 0);
    cr_assert_eq(symlinkat(target, world.sys, "bus/usb/devices/1-2.3/port"), 0);
    cr_assert_eq(symlinkat("../usb1-port3", world.sys, "ports/usb2-port3/peer"), 0);
    CLEANUP(usb_device_free_p) struct usb_device *paired = read_it(&world);
    cr_expect_str_eq(paired->jack, "usb1-port3");
}

Test(sysfs, a_port_is_known_before_the_kernel_links_to_it)
{
    CLEANUP(world_free) struct world world;
    new_world(&world);
    world_folder(world.sys, "bus/usb/devices/1-2:1.0/1-2-port3");
    CLEANUP(usb_device_free_p) struct usb_device *alone = read_it(&world);
    cr_expect_str_eq(alone->jack, "1-2-port3");
    cr_assert_eq(
        symlinkat("../../1-1:1.0/1-1-port3", world.sys, "bus/usb/devices/1-2:1.0/1-2-port3/peer"),
        0);
    CLEANUP(usb_device_free_p) struct usb_device *paired = read_it(&world);
    cr_expect_str_eq(paired->jack, "1-1-port3");

    world_device(&world, "pci0000:00/0000:00:04.0/usb1", "1-4", &blob, 1, 8, true);
    world_folder(world.sys, "bus/usb/devices/1-0:1.0/usb1-port4");
    CLEANUP(usb_device_free_p) struct usb_device *direct = NULL;
    cr_assert_eq(usb_sysfs_read(world.sys, "1-4", &direct), 0);
    cr_expect_str_eq(direct->jack, "usb1-port4");
}

Test(sysfs, strings_are_escaped_and_not_cut_at_a_newline)
{
    CLEANUP(world_free) struct world world;
    new_world(&world);
    set(&world, "serial", "A\nB\xff%n\x1b[31m\n");
    CLEANUP(usb_device_free_p) struct usb_device *device = read_it(&world);
    cr_expect_str_eq(device->serial, "A\\x0aB\\xff%n\\x1b[31m");
}

Test(sysfs, a_serial_of_blanks_is_none)
{
    CLEANUP(world_free) struct world world;
    new_world(&world);
    set(&world, "serial", "   \n");
    CLEANUP(usb_device_free_p) struct usb_device *device = read_it(&world);
    cr_expect_null(device->serial);
}

Test(sysfs, a_driven_interface_is_noted_at_each_of_its_alternates)
{
    CLEANUP(world_free) struct world world;
    world_new(&world);
    world_bus(&world, "pci0000:00/0000:00:04.0/usb1", 1);
    blob_device(&blob, 0, 0);
    blob_configuration(&blob, 1, 2);
    blob_interface(&blob, 0, 0, 8, 6, 0x50);
    blob_interface(&blob, 0, 1, 8, 6, 0x62);
    blob_interface(&blob, 1, 0, 3, 1, 1);
    blob_end(&blob);
    world_device(&world, "pci0000:00/0000:00:04.0/usb1/1-2", "1-2.3", &blob, 1, 7, true);
    world_interface(&world, "1-2.3", "1-2.3:1.0", true, "uas");
    world_interface(&world, "1-2.3", "1-2.3:1.1", false, NULL);
    CLEANUP(usb_device_free_p) struct usb_device *device = read_it(&world);
    cr_assert_eq(device->n_interfaces, 3);
    cr_expect(device->driven);
    cr_expect(device->interfaces[0].granted && device->interfaces[0].driven);
    cr_expect(device->interfaces[1].granted && device->interfaces[1].driven);
    cr_expect(!device->interfaces[2].granted && !device->interfaces[2].driven);
}

Test(sysfs, a_device_with_odd_attributes_is_malformed_rather_than_overlooked)
{
    CLEANUP(world_free) struct world world;
    new_world(&world);
    set(&world, "busnum", "many\n");
    CLEANUP(usb_device_free_p) struct usb_device *device = read_it(&world);
    cr_expect_not_null(device->malformed);
}

Test(sysfs, what_is_not_there_or_no_name_is_an_error)
{
    CLEANUP(world_free) struct world world;
    struct usb_device *device = NULL;
    new_world(&world);
    cr_expect_eq(usb_sysfs_read(world.sys, "1-9", &device), -ENOENT);
    cr_expect_eq(usb_sysfs_read(world.sys, "../usb1", &device), -EINVAL);
    cr_expect_eq(usb_sysfs_read(world.sys, "1-2.3:1.0", &device), -EINVAL);
    cr_expect_null(device);
}

Test(sysfs, a_device_is_listed_with_others_and_a_root_hub_only_for_itself)
{
    CLEANUP(world_free) struct world world;
    new_world(&world);
    world_interface(&world, "1-2.3", "1-2.3:1.0", false, NULL);
    CLEANUP(usb_devices_clear) struct usb_devices devices = {0};
    cr_assert_eq(usb_sysfs_read_beside(world.sys, "1-2.3", &devices), 0);
    cr_assert_eq(devices.n, 1);
    cr_expect_str_eq(devices.items[0]->sysname, "1-2.3");
    usb_devices_clear(&devices);
    cr_assert_eq(usb_sysfs_read_beside(world.sys, "usb1", &devices), 0);
    cr_assert_eq(devices.n, 2);
    cr_expect_str_eq(devices.items[0]->sysname, "usb1");
    cr_expect_str_eq(devices.items[1]->sysname, "1-2.3");

    CLEANUP(usb_names_clear) struct usb_names names = {0};
    cr_assert_eq(usb_sysfs_list_interfaces(world.sys, "1-2.3", &names), 0);
    cr_assert_eq(names.n, 1);
    cr_expect_str_eq(names.items[0], "1-2.3:1.0");
}

Test(sysfs, a_device_that_was_cut_off_while_being_described_is_malformed)
{
    CLEANUP(world_free) struct world world;
    new_world(&world);
    world_write(world.sys, "bus/usb/devices/1-2.3/descriptors", blob.data, blob.n - 1);
    CLEANUP(usb_device_free_p) struct usb_device *device = read_it(&world);
    cr_expect_not_null(device->malformed);
}

Test(sysfs, a_device_that_usbip_took_is_given_to_another_computer)
{
    CLEANUP(world_free) struct world world;
    new_world(&world);
    cr_assert_eq(
        symlinkat("../../../bus/usb/drivers/usb", world.sys, "bus/usb/devices/1-2.3/driver"), 0);
    CLEANUP(usb_device_free_p) struct usb_device *ours = read_it(&world);
    cr_expect_not(ours->exported);
    cr_assert_eq(unlinkat(world.sys, "bus/usb/devices/1-2.3/driver", 0), 0);
    cr_assert_eq(
        symlinkat("../../../bus/usb/drivers/usbip-host", world.sys, "bus/usb/devices/1-2.3/driver"),
        0);
    CLEANUP(usb_device_free_p) struct usb_device *theirs = read_it(&world);
    cr_expect(theirs->exported);
}
