// SPDX-License-Identifier: GPL-3.0-or-later
#include "fact/usb_name.h"

#include <criterion/criterion.h>
#include <errno.h>

Test(usb_name, a_device_behind_hubs_is_read)
{
    struct usb_name name;
    cr_assert_eq(usb_name_parse("11-2.13.4", &name), 0);
    cr_expect_str_eq(name.device, "11-2.13.4");
    cr_expect_eq(name.bus, 11);
    cr_expect(!name.is_interface);
    cr_expect(!name.is_root_hub);
}

Test(usb_name, an_interface_names_its_device)
{
    struct usb_name name;
    cr_assert_eq(usb_name_parse("1-2.3:1.255", &name), 0);
    cr_expect_str_eq(name.device, "1-2.3");
    cr_expect(name.is_interface);
    cr_expect_eq(name.configuration, 1);
    cr_expect_eq(name.number, 255);
}

Test(usb_name, the_interface_of_a_root_hub_names_the_root_hub)
{
    struct usb_name name;
    cr_assert_eq(usb_name_parse("3-0:1.0", &name), 0);
    cr_expect_str_eq(name.device, "usb3");
    cr_expect(name.is_root_hub);
    cr_assert_eq(usb_name_parse("usb3", &name), 0);
    cr_expect_str_eq(name.device, "usb3");
    cr_expect_eq(name.bus, 3);
    cr_expect(name.is_root_hub);
}

Test(usb_name, the_deepest_name_fits)
{
    struct usb_name name;
    cr_assert_eq(usb_name_parse("255-255.255.255.255.255.255", &name), 0);
    cr_expect_str_eq(name.device, "255-255.255.255.255.255.255");
    cr_expect_eq(usb_name_parse("1-1.1.1.1.1.1.1", &name), -EINVAL);
}

Test(usb_name, what_the_kernel_would_not_write_is_refused)
{
    static const char *const bad[] = {
        "",       "usb",      "usb0",   "usb01",     "usb256",       "usb1/", "usb1:1.0",
        "1",      "1-",       "1-0",    "0-1",       "01-1",         "1-01",  "1-1.",
        "1-1.0",  "1-1..2",   "../1-1", "1-1/../..", "1-1:",         "1-1:1", "1-1:1.",
        "1-1:.0", "1-1:1.0 ", "1-1\n",  "1-1:256.0", "1-1:1.256",    "1--1",  "+1-1",
        " 1-1",   "1-256",    "256-1",  "1-1:01.0",  "4294967297-1", "a-1",   "1-1:1.0/driver",
    };
    for (size_t i = 0; i < ELEMENTS(bad); i++) {
        struct usb_name name;
        cr_expect_eq(usb_name_parse(bad[i], &name), -EINVAL, "\"%s\"", bad[i]);
    }
}

Test(usb_name, devices_and_interfaces_are_told_apart)
{
    struct usb_name name;
    cr_expect_eq(usb_name_parse_device("1-1", &name), 0);
    cr_expect_eq(usb_name_parse_device("1-1:1.0", &name), -EINVAL);
    cr_expect_eq(usb_name_parse_interface("1-1:1.0", &name), 0);
    cr_expect_eq(usb_name_parse_interface("usb1", &name), -EINVAL);
}
