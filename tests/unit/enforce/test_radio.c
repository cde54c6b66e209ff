// SPDX-License-Identifier: GPL-3.0-or-later
// /dev/rfkill is a named pipe here: what stands in it is what the kernel tells whoever opens it,
// and what is written comes last. A kernel that obeys is in tests/vm/test_radios.py.
#include "enforce/enforce.h"

#include <criterion/criterion.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/rfkill.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static char folder[] = "/tmp/sekisho-radio-XXXXXX";
static int dev = -1, kernel = -1;

static void set_up(void)
{
    cr_assert(mkdtemp(folder));
    dev = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    cr_assert_eq(mkfifoat(dev, RADIO_NODE, 0600), 0);
    kernel = openat(dev, RADIO_NODE, O_RDWR | O_NONBLOCK | O_CLOEXEC);
    cr_assert_eq(fcntl(kernel, F_SETFL, O_DIRECT | O_NONBLOCK), 0); // a packet a write: pipe(2)
}

static void tear_down(void)
{
    (void)unlinkat(dev, RADIO_NODE, 0);
    close_p(&kernel);
    close_p(&dev);
    (void)rmdir(folder);
}

TestSuite(enforce_radio, .init = set_up, .fini = tear_down);

static void there_is(uint32_t index, uint8_t type, bool soft)
{
    const struct rfkill_event event = {
        .idx = index, .type = type, .op = RFKILL_OP_ADD, .soft = soft};
    cr_assert_eq(write(kernel, &event, sizeof event), (ssize_t)sizeof event);
}

Test(enforce_radio, what_the_kernel_says_afterwards_is_what_counts)
{
    there_is(1, RFKILL_TYPE_WLAN, true);
    there_is(2, RFKILL_TYPE_WLAN, false);
    cr_expect_eq(enforce_radio_set(dev, 1, true), 0);
    there_is(1, RFKILL_TYPE_WLAN, true);
    there_is(2, RFKILL_TYPE_WLAN, false);
    cr_expect_eq(enforce_radio_set(dev, 2, true), -EIO, "it is not so");
    there_is(1, RFKILL_TYPE_WLAN, true);
    cr_expect_eq(enforce_radio_set(dev, 1, false), -EIO);
}

Test(enforce_radio, one_that_is_not_there_is_told_apart)
{
    there_is(1, RFKILL_TYPE_WLAN, true);
    cr_expect_eq(enforce_radio_set(dev, 2, true), -ENODEV);
}

Test(enforce_radio, of_a_type_each_has_to_be_so)
{
    there_is(1, RFKILL_TYPE_WLAN, true);
    there_is(2, RFKILL_TYPE_BLUETOOTH, false);
    cr_expect_eq(enforce_radio_set_type(dev, RADIO_WIFI, true), 0, "the other type is another's");
    there_is(1, RFKILL_TYPE_WLAN, true);
    there_is(2, RFKILL_TYPE_WLAN, false);
    cr_expect_eq(enforce_radio_set_type(dev, RADIO_WIFI, true), -EIO);
    cr_expect_eq(enforce_radio_set_type(dev, RADIO_NFC, true), 0, "there is none");
}

Test(enforce_radio, a_kernel_without_rfkill_is_told_apart)
{
    cr_assert_eq(unlinkat(dev, RADIO_NODE, 0), 0);
    cr_expect_eq(enforce_radio_set(dev, 1, true), -ENOENT);
    cr_expect_eq(enforce_radio_set_type(dev, RADIO_WIFI, true), -ENOENT);
}
