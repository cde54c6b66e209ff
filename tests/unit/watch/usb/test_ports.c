// SPDX-License-Identifier: GPL-3.0-or-later
#include "watch/usb/ports.h"

#include "../../usb_world.h"

#include <criterion/criterion.h>
#include <errno.h>

#define PCI "pci0000:00/0000:00:04.0/usb1"

static bool has(const struct usb_names *names, const char *name)
{
    for (size_t i = 0; i < names->n; i++)
        if (text_equal(names->items[i], name))
            return true;
    return false;
}

Test(usb_ports, those_of_root_hubs_and_others_are_listed_by_what_is_plugged_in_there)
{
    static struct blob blob;
    CLEANUP(world_free) struct world world;
    CLEANUP(usb_names_clear) struct usb_names names = {0};
    world_new(&world);
    world_bus(&world, PCI, 1);
    blob_simple(&blob, 9, 0, 0);
    world_device(&world, PCI, "1-2", &blob, 1, 5, true);
    world_interface(&world, "usb1", "1-0:1.0", true, "hub");
    world_interface(&world, "1-2", "1-2:1.0", true, "hub");
    world_port(&world, "usb1", "1-0:1.0", 2, "0");
    world_port(&world, "usb1", "1-0:1.0", 13, "1");
    world_port(&world, "1-2", "1-2:1.0", 3, "0");
    world_folder(world.sys, "bus/usb/devices/usb1/1-0:1.0/usb1-port4"); // has no switch
    cr_assert_eq(usb_ports_list(world.sys, &names), 0);
    cr_expect_eq(names.n, 3);
    cr_expect(has(&names, "1-2"));
    cr_expect(has(&names, "1-13"));
    cr_expect(has(&names, "1-2.3"));
}

Test(usb_ports, a_machine_without_usb_has_none)
{
    CLEANUP(world_free) struct world world;
    CLEANUP(usb_names_clear) struct usb_names names = {0};
    world_new(&world);
    cr_assert_eq(unlinkat(world.sys, "bus/usb/devices", AT_REMOVEDIR), 0);
    cr_expect_eq(usb_ports_list(world.sys, &names), -ENOENT);
}
