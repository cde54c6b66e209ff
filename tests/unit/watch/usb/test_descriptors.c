// SPDX-License-Identifier: GPL-3.0-or-later
#include "watch/usb/descriptors.h"

#include "../../usb_world.h"

#include <criterion/criterion.h>

static struct blob blob;

static struct usb_device *parse(const struct blob *b)
{
    struct usb_device *device = calloc(1, sizeof *device);
    // A copy of exactly that size, so that the sanitizer sees each byte read behind it.
    CLEANUP_FREE uint8_t *data = malloc(b->n ? b->n : 1);
    memcpy(data, b->data, b->n);
    cr_assert_eq(usb_descriptors_parse(data, b->n, device), 0);
    return device;
}

static void expect_malformed(const char *why)
{
    CLEANUP(usb_device_free_p) struct usb_device *device = parse(&blob);
    cr_expect_not_null(device->malformed);
    if (device->malformed)
        cr_expect_str_eq(device->malformed, why, "%s", device->malformed);
    cr_expect_eq(device->n_interfaces, 0);
}

Test(descriptors, a_stick_is_read)
{
    blob_simple(&blob, 8, 6, 0x50);
    CLEANUP(usb_device_free_p) struct usb_device *device = parse(&blob);
    cr_expect_null(device->malformed);
    cr_expect_eq(device->vendor, 0x0951);
    cr_expect_eq(device->product, 0x1666);
    cr_expect_eq(device->release, 0x0110);
    cr_assert_eq(device->n_interfaces, 1);
    cr_expect_eq(usb_device_function(device), USB_STORAGE);
}

Test(descriptors, interfaces_of_all_configurations_and_alternates_are_read)
{
    blob_device(&blob, 0, 0);
    blob.data[17] = 2;
    blob_configuration(&blob, 1, 1);
    blob_interface(&blob, 0, 0, 8, 6, 0x50);
    blob_interface(&blob, 0, 1, 8, 6, 0x62);
    blob_end(&blob);
    blob_configuration(&blob, 2, 2);
    blob_interface(&blob, 3, 0, 3, 1, 1); // numbers may have holes, as in phones and modems
    blob_interface(&blob, 7, 0, 0xFF, 0, 0);
    blob_end(&blob);
    CLEANUP(usb_device_free_p) struct usb_device *device = parse(&blob);
    cr_expect_null(device->malformed);
    cr_assert_eq(device->n_interfaces, 4);
    cr_expect_eq(device->interfaces[1].alternate, 1);
    cr_expect_eq(device->interfaces[3].configuration, 2);
    cr_expect_eq(device->interfaces[3].number, 7);
}

Test(descriptors, every_shortened_blob_is_malformed)
{
    blob_simple(&blob, 8, 6, 0x50);
    for (size_t whole = blob.n; blob.n-- > 0;) {
        CLEANUP(usb_device_free_p) struct usb_device *device = parse(&blob);
        cr_expect_not_null(device->malformed, "%zu of %zu bytes", blob.n, whole);
    }
}

Test(descriptors, bytes_behind_the_last_configuration_are_malformed)
{
    blob_simple(&blob, 8, 6, 0x50);
    blob_add(&blob, "\x09\x04", 2);
    expect_malformed("there is something behind the last configuration");
}

Test(descriptors, a_device_without_configuration_is_malformed)
{
    blob_device(&blob, 0, 0);
    blob.data[17] = 0;
    expect_malformed("it has no configuration");
}

Test(descriptors, a_configuration_that_is_not_there_is_malformed)
{
    blob_simple(&blob, 8, 6, 0x50);
    blob.data[17] = 2;
    expect_malformed("a descriptor is cut off");
    blob.data[17] = 9;
    expect_malformed("it has too many configurations");
}

Test(descriptors, a_total_length_that_lies_is_malformed)
{
    blob_simple(&blob, 8, 6, 0x50);
    blob.data[18 + 2]++;
    expect_malformed("a configuration is not as long as it says");
    blob_simple(&blob, 8, 6, 0x50);
    blob.data[18 + 2]--;
    expect_malformed("a descriptor is longer than what holds it");
    blob.data[18 + 2] = 8;
    expect_malformed("a configuration is not as long as it says");
}

Test(descriptors, a_descriptor_without_length_is_malformed)
{
    blob_simple(&blob, 8, 6, 0x50);
    blob.data[18 + 9] = 0;
    expect_malformed("a descriptor says that it has no length");
    blob.data[18 + 9] = 1;
    expect_malformed("a descriptor says that it has no length");
}

Test(descriptors, a_short_interface_descriptor_is_malformed)
{
    blob_device(&blob, 0, 0);
    blob_configuration(&blob, 1, 1);
    blob_add(&blob, "\x05\x04\x00\x00\x00", 5);
    blob_end(&blob);
    expect_malformed("an interface descriptor is too short");
}

Test(descriptors, a_wrong_number_of_interfaces_is_malformed)
{
    blob_simple(&blob, 8, 6, 0x50);
    blob.data[18 + 4] = 2;
    expect_malformed("it has not as many interfaces as it says");
    blob.data[18 + 4] = 0;
    expect_malformed("it has not as many interfaces as it says");
}

Test(descriptors, an_interface_described_twice_is_malformed)
{
    blob_device(&blob, 0, 0);
    blob_configuration(&blob, 1, 1);
    blob_interface(&blob, 0, 0, 3, 1, 1);
    blob_interface(&blob, 0, 0, 8, 6, 0x50);
    blob_end(&blob);
    expect_malformed("an interface is described twice");
}

Test(descriptors, two_configurations_with_one_number_are_malformed)
{
    blob_simple(&blob, 3, 1, 1);
    blob.data[17] = 2;
    blob_configuration(&blob, 1, 1);
    blob_interface(&blob, 1, 0, 8, 6, 0x50);
    blob_end(&blob);
    expect_malformed("two configurations have the same number");
}

Test(descriptors, a_configuration_within_another_is_malformed)
{
    blob_device(&blob, 0, 0);
    blob_configuration(&blob, 1, 1);
    blob_interface(&blob, 0, 0, 3, 1, 1);
    blob_add(&blob, (const uint8_t[]){9, 2, 9, 0, 0, 2, 0, 0, 0}, 9);
    blob_end(&blob);
    expect_malformed("a descriptor stands where it does not belong");
}

Test(descriptors, more_interfaces_than_a_device_can_have_are_malformed)
{
    blob_device(&blob, 0, 0);
    blob_configuration(&blob, 1, 3);
    for (int i = 0; i <= USB_INTERFACES_MAX; i++)
        blob_interface(&blob, (uint8_t)(i / 256), (uint8_t)(i % 256), 8, 6, 0x50);
    blob_end(&blob);
    expect_malformed("there are too many interfaces");
}

Test(descriptors, a_parsed_device_can_be_parsed_again)
{
    blob_simple(&blob, 8, 6, 0x50);
    CLEANUP(usb_device_free_p) struct usb_device *device = parse(&blob);
    blob_simple(&blob, 3, 1, 1);
    cr_assert_eq(usb_descriptors_parse(blob.data, blob.n, device), 0);
    cr_expect_eq(usb_device_function(device), USB_KEYBOARD);
    cr_assert_eq(usb_descriptors_parse(blob.data, 3, device), 0);
    cr_expect_not_null(device->malformed);
    cr_expect_null(device->interfaces);
}

Test(descriptors, random_changes_never_read_out_of_bounds)
{
    unsigned seed = 1;
    for (int round = 0; round < 20000; round++) {
        blob_simple(&blob, 8, 6, 0x50);
        blob.data[17] = (uint8_t)(rand_r(&seed) % 3);
        for (int i = rand_r(&seed) % 6; i >= 0; i--)
            blob.data[(size_t)rand_r(&seed) % blob.n] = (uint8_t)rand_r(&seed);
        blob.n -= (size_t)rand_r(&seed) % 4;
        CLEANUP(usb_device_free_p) struct usb_device *device = parse(&blob);
        cr_assert(!device->malformed || device->n_interfaces == 0);
    }
}

// ---- The model's hash -------------------------------------------------------------------------

static void hash_of(struct blob *b, char text[DIGEST_TEXT_SIZE])
{
    CLEANUP(usb_device_free_p) struct usb_device *device = parse(b);
    cr_assert_null(device->malformed);
    text_hex(device->hash, sizeof device->hash, text);
}

static void stick_at_usb2(struct blob *b)
{
    blob_device(b, 0, 0);
    blob_configuration(b, 1, 1);
    blob_interface(b, 0, 0, 8, 6, 0x50);
    blob_endpoint(b, 512);
    blob_end(b);
}

static void stick_at_usb3(struct blob *b)
{
    blob_device(b, 0, 0);
    b->data[2] = 0x20; // bcdUSB 3.20
    b->data[3] = 0x03;
    b->data[7] = 9; // bMaxPacketSize0
    b->data[14] = 3;
    blob_configuration(b, 1, 1);
    blob_interface(b, 0, 0, 8, 6, 0x50);
    blob_endpoint(b, 1024);
    blob_add(b, "\x06\x30\x0f\x00\x00\x00", 6); // SuperSpeed companion
    blob_interface(b, 0, 1, 8, 6, 0x62);
    blob_endpoint(b, 1024);
    blob_end(b);
}

Test(model, a_stick_has_one_hash_at_usb_2_and_usb_3)
{
    char a[DIGEST_TEXT_SIZE], b[DIGEST_TEXT_SIZE];
    stick_at_usb2(&blob);
    hash_of(&blob, a);
    stick_at_usb3(&blob);
    hash_of(&blob, b);
    cr_expect_str_eq(a, b);
}

Test(model, a_hub_has_one_hash_at_all_speeds)
{
    char a[DIGEST_TEXT_SIZE], b[DIGEST_TEXT_SIZE];
    blob_device(&blob, 9, 1);
    blob_configuration(&blob, 1, 1);
    blob_interface(&blob, 0, 0, 9, 0, 0);
    blob_end(&blob);
    hash_of(&blob, a);
    blob_device(&blob, 9, 2);
    blob_configuration(&blob, 1, 1);
    blob_interface(&blob, 0, 0, 9, 0, 1);
    blob_interface(&blob, 0, 1, 9, 0, 2);
    blob_end(&blob);
    hash_of(&blob, b);
    cr_expect_str_eq(a, b);
}

Test(model, an_added_function_changes_the_hash)
{
    char a[DIGEST_TEXT_SIZE], b[DIGEST_TEXT_SIZE];
    blob_simple(&blob, 8, 6, 0x50);
    hash_of(&blob, a);
    blob_device(&blob, 0, 0);
    blob_configuration(&blob, 1, 2);
    blob_interface(&blob, 0, 0, 8, 6, 0x50);
    blob_interface(&blob, 1, 0, 3, 1, 1);
    blob_end(&blob);
    hash_of(&blob, b);
    cr_expect_str_neq(a, b);
}

Test(model, vendor_product_release_and_class_each_change_the_hash)
{
    static const size_t offsets[] = {4, 5, 6, 8, 9, 10, 11, 12, 13};
    char a[DIGEST_TEXT_SIZE], b[DIGEST_TEXT_SIZE];
    blob_simple(&blob, 8, 6, 0x50);
    hash_of(&blob, a);
    for (size_t i = 0; i < ELEMENTS(offsets); i++) {
        blob_simple(&blob, 8, 6, 0x50);
        blob.data[offsets[i]] ^= 1;
        hash_of(&blob, b);
        cr_expect_str_neq(a, b, "offset %zu", offsets[i]);
    }
}

// Computed with sha256sum over the bytes that descriptors.h documents. If this fails, every
// approval ever granted has become void.
Test(model, the_hash_is_the_documented_one)
{
    char text[DIGEST_TEXT_SIZE];
    stick_at_usb3(&blob);
    hash_of(&blob, text);
    cr_expect_str_eq(text, "5804c5d2d3886d227d4d680598602feeb6e5470ef28eaab80404313682bd860f");
}
