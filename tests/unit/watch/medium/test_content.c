// SPDX-License-Identifier: GPL-3.0-or-later
#include "image.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

// What the examination finds, and the words that it must find for it.
static void expect(int image, enum medium_content content, const char *words)
{
    CLEANUP_FREE char *finding = NULL;
    enum medium_content found = image_examine(image, IMAGE_SIZE, &finding);
    cr_expect_eq(found, content, "found %s: %s", medium_content_to_str(found), finding);
    cr_expect_not_null(strstr(finding, words), "finding: %s", finding);
}

#define expect_encrypted(image, words) expect(image, MEDIUM_ENCRYPTED, words)
#define expect_plain(image, words) expect(image, MEDIUM_PLAIN, words)

// ---- The whole medium ----

Test(content, no_medium_at_all_is_empty)
{
    CLEANUP_CLOSE int image = image_new(0);
    CLEANUP_FREE char *finding = NULL;
    cr_expect_eq(image_examine(image, 0, &finding), MEDIUM_EMPTY);
}

Test(content, a_medium_of_zeros_is_empty)
{
    CLEANUP_CLOSE int image = image_new(IMAGE_SIZE);
    expect(image, MEDIUM_EMPTY, "zeros");
}

Test(content, one_byte_in_the_very_last_place_is_found)
{
    CLEANUP_CLOSE int image = image_new(IMAGE_SIZE);
    image_write(image, IMAGE_SIZE - 1, "x", 1);
    expect_plain(image, "bytes at 67108863");
}

Test(content, luks1_on_the_whole_medium_is_encrypted)
{
    CLEANUP_CLOSE int image = image_new(IMAGE_SIZE);
    image_put_luks1(image, 0, "aes", "xts-plain64");
    expect_encrypted(image, "LUKS1 on the whole medium");
}

Test(content, luks2_on_the_whole_medium_is_encrypted)
{
    CLEANUP_CLOSE int image = image_new(IMAGE_SIZE);
    image_put_luks2(image, 0, NULL);
    expect_encrypted(image, "LUKS2 on the whole medium");
}

Test(content, a_file_system_on_the_whole_medium_is_plain_and_named)
{
    CLEANUP_CLOSE int image = image_new(IMAGE_SIZE);
    image_put_ext4(image, 0);
    expect_plain(image, "ext4");
}

Test(content, a_medium_that_ends_before_its_size_is_unreadable)
{
    CLEANUP_CLOSE int image = image_new(IMAGE_SIZE);
    CLEANUP_FREE char *finding = NULL;
    cr_expect_eq(image_examine(image, IMAGE_SIZE + MIB, &finding), MEDIUM_UNREADABLE);
}

// ---- LUKS headers that lie ----

Test(content, luks1_with_the_null_cipher_is_plain)
{
    CLEANUP_CLOSE int image = image_new(IMAGE_SIZE);
    image_put_luks1(image, 0, "cipher_null", "ecb");
    expect_plain(image, "cipher");
}

Test(content, luks2_with_the_null_cipher_is_plain)
{
    static const char *const disguises[] = {"cipher_null-ecb", "null",
                                            "capi:ecb(cipher_null)-plain", "aes-ecb", ""};
    for (size_t i = 0; i < ELEMENTS(disguises); i++) {
        CLEANUP_CLOSE int image = image_new(IMAGE_SIZE);
        image_put_luks2(image, 0, &(struct luks2){.encryption = disguises[i]});
        expect_plain(image, "cipher");
    }
}

Test(content, luks2_whose_segment_is_not_encrypted_is_plain)
{
    CLEANUP_CLOSE int image = image_new(IMAGE_SIZE);
    image_put_luks2(image, 0, &(struct luks2){.type = "linear"});
    expect_plain(image, "cipher");
}

Test(content, luks2_with_a_plain_segment_behind_the_encrypted_one_is_plain)
{
    CLEANUP_CLOSE int image = image_new(IMAGE_SIZE);
    image_put_luks2(image, 0, &(struct luks2){.more_segments = ",\"1\":{\"type\":\"linear\"}"});
    expect_plain(image, "not finished");
}

Test(content, luks2_under_re_encryption_is_plain)
{
    CLEANUP_CLOSE int image = image_new(IMAGE_SIZE);
    image_put_luks2(image, 0,
                    &(struct luks2){.requirements = ",\"requirements\":{\"mandatory\":["
                                                    "\"online-reencrypt\"]}"});
    expect_plain(image, "not finished");
}

Test(content, luks2_that_leaves_bytes_behind_its_segment_is_plain)
{
    CLEANUP_CLOSE int image = image_new(IMAGE_SIZE);
    image_put_luks2(image, 0, &(struct luks2){.size = "1048576"});
    expect_plain(image, "to the end");
}

Test(content, luks2_whose_data_starts_inside_its_own_header_is_plain)
{
    CLEANUP_CLOSE int image = image_new(IMAGE_SIZE);
    image_put_luks2(image, 0, &(struct luks2){.offset = "4096"});
    expect_plain(image, "to the end");
}

Test(content, luks2_with_a_changed_header_is_plain)
{
    CLEANUP_CLOSE int image = image_new(IMAGE_SIZE);
    image_put_luks2(image, 0, NULL);
    image_write(image, 200, "x", 1);
    expect_plain(image, "damaged");
}

Test(content, luks2_whose_second_header_says_something_else_is_plain)
{
    CLEANUP_CLOSE int image = image_new(IMAGE_SIZE);
    image_put_luks2(image, 0, &(struct luks2){.encryption = "cipher_null-ecb"});
    image_copy(image, 16384, 32 * MIB, 16384);
    image_put_luks2(image, 0, NULL);
    image_copy(image, 32 * MIB, 16384, 16384);
    expect_plain(image, "differ");
}

Test(content, luks1_whose_payload_starts_inside_its_keys_is_plain)
{
    CLEANUP_CLOSE int image = image_new(IMAGE_SIZE);
    image_put_luks1(image, 0, "aes", "xts-plain64");
    image_write(image, 104, "\0\0\0\0", 4); // a header that was made for somewhere else
    expect_plain(image, "makes no sense");
}

Test(content, an_unknown_luks_version_is_plain)
{
    CLEANUP_CLOSE int image = image_new(IMAGE_SIZE);
    image_write(image, 0, "LUKS\xba\xbe\0\3", 8);
    expect_plain(image, "version");
}

Test(content, a_medium_with_two_faces_is_plain)
{
    CLEANUP_CLOSE int image = image_new(IMAGE_SIZE);
    image_put_luks1(image, 0, "aes", "xts-plain64");
    image_put_ext4(image, 0);
    expect_plain(image, "LUKS and ext4 at once");
}

Test(content, a_whole_luks_medium_with_a_partition_table_in_its_header_is_plain)
{
    CLEANUP_CLOSE int image = image_new(IMAGE_SIZE);
    image_put_luks1(image, 0, "aes", "xts-plain64");
    image_put_mbr(image, 0, 1, 0x83, 65536, 2048); // inside the salt of a key slot
    image_write(image, 446, "\0", 1);              // no bootable flag that would spoil it
    image_write(image, 494, "\0", 1);
    expect_plain(image, "LUKS and dos at once");
}

// ---- Partitions ----

Test(content, one_luks_partition_with_zeros_around_is_encrypted)
{
    CLEANUP_CLOSE int image = image_new(IMAGE_SIZE);
    image_put_mbr(image, 0, 0, 0x83, 2048, 65536);
    image_put_luks2(image, MIB, NULL);
    expect_encrypted(image, "1 LUKS partition");
}

Test(content, what_stands_inside_a_luks_partition_is_not_judged)
{
    CLEANUP_CLOSE int image = image_new(IMAGE_SIZE);
    image_put_mbr(image, 0, 0, 0x83, 2048, 65536);
    image_put_luks2(image, MIB, NULL);
    image_write(image, 9 * MIB, "ciphertext", 10);
    expect_encrypted(image, "1 LUKS partition");
}

Test(content, boot_code_and_disk_signature_do_not_make_a_medium_plain)
{
    CLEANUP_CLOSE int image = image_new(IMAGE_SIZE);
    image_write(image, 0, "\xfa\xb8\x00\x10\x8e\xd0", 6);
    image_write(image, 440, "\x12\x34\x56\x78", 4);
    image_put_mbr(image, 0, 0, 0x83, 2048, 65536);
    image_put_luks1(image, MIB, "aes", "xts-plain64");
    expect_encrypted(image, "1 LUKS partition");
}

Test(content, a_table_without_any_partition_is_empty)
{
    CLEANUP_CLOSE int image = image_new(IMAGE_SIZE);
    image_write(image, 510, "\x55\xAA", 2);
    expect(image, MEDIUM_EMPTY, "zeros");
}

Test(content, a_partition_of_zeros_beside_luks_is_allowed)
{
    CLEANUP_CLOSE int image = image_new(IMAGE_SIZE);
    image_put_mbr(image, 0, 0, 0x83, 2048, 32768);
    image_put_mbr(image, 0, 1, 0x83, 40960, 32768);
    image_put_luks2(image, MIB, NULL);
    expect_encrypted(image, "1 LUKS partition");
}

Test(content, a_plain_partition_beside_luks_makes_the_medium_plain)
{
    CLEANUP_CLOSE int image = image_new(IMAGE_SIZE);
    image_put_mbr(image, 0, 0, 0x83, 2048, 32768);
    image_put_mbr(image, 0, 1, 0x0C, 40960, 32768);
    image_put_luks2(image, MIB, NULL);
    image_put_ext4(image, 20 * MIB);
    expect_plain(image, "partition 2 is ext4");
}

Test(content, unknown_bytes_in_a_second_partition_make_the_medium_plain)
{
    CLEANUP_CLOSE int image = image_new(IMAGE_SIZE);
    image_put_mbr(image, 0, 0, 0x83, 2048, 32768);
    image_put_mbr(image, 0, 1, 0x83, 40960, 32768);
    image_put_luks2(image, MIB, NULL);
    image_write(image, 30 * MIB + 5, "secret", 6);
    expect_plain(image, "partition 2 is not LUKS, and holds bytes at 31457285");
}

Test(content, bytes_outside_of_every_partition_make_the_medium_plain)
{
    static const uint64_t places[] = {512, MIB - 1, 33 * MIB, IMAGE_SIZE - 1};
    for (size_t i = 0; i < ELEMENTS(places); i++) {
        CLEANUP_CLOSE int image = image_new(IMAGE_SIZE);
        image_put_mbr(image, 0, 0, 0x83, 2048, 65536);
        image_put_luks2(image, MIB, NULL);
        image_write(image, places[i], "x", 1);
        expect_plain(image, "outside of every partition");
    }
}

Test(content, a_partition_that_reaches_beyond_the_end_is_a_lie)
{
    CLEANUP_CLOSE int image = image_new(IMAGE_SIZE);
    image_put_mbr(image, 0, 0, 0x83, 2048, 1 << 20);
    image_put_luks2(image, MIB, NULL);
    expect_plain(image, "beyond the end");
}

Test(content, overlapping_partitions_are_a_lie)
{
    CLEANUP_CLOSE int image = image_new(IMAGE_SIZE);
    image_put_mbr(image, 0, 0, 0x83, 2048, 65536);
    image_put_mbr(image, 0, 1, 0x83, 4096, 8192);
    image_put_luks2(image, MIB, NULL);
    image_put_luks2(image, 2 * MIB, NULL);
    expect_plain(image, "partitions 1 and 2 overlap");
}

Test(content, a_partition_over_the_table_is_a_lie)
{
    CLEANUP_CLOSE int image = image_new(IMAGE_SIZE);
    struct gpt_entry entry = {2048, 65535};
    image_put_gpt(image, IMAGE_SIZE, &entry, 1);
    image_put_mbr(image, 0, 1, 0x83, 1, 65536);
    expect_plain(image, "hybrid");
}

Test(content, half_an_entry_is_a_lie)
{
    CLEANUP_CLOSE int image = image_new(IMAGE_SIZE);
    image_put_mbr(image, 0, 0, 0x83, 2048, 65536);
    image_put_mbr(image, 0, 1, 0x00, 4096, 8192); // the kernel makes a partition of type 0
    image_put_luks2(image, MIB, NULL);
    expect_plain(image, "entry 2");
}

Test(content, a_table_inside_a_partition_is_read_in_two_ways)
{
    // A BSD disklabel in the second sector of partition 1: Linux makes partition 5 of it.
    static const uint32_t label[] = {0x82564557};
    uint8_t slice[16] = {[12] = 7};
    uint32_t size = 2048, offset = 8192;
    CLEANUP_CLOSE int image = image_new(IMAGE_SIZE);
    image_put_mbr(image, 0, 0, 0xA5, 2048, 65536);
    image_put_luks1(image, MIB, "aes", "xts-plain64");
    memcpy(slice, &size, 4);
    memcpy(slice + 4, &offset, 4);
    image_write(image, MIB + 512, label, 4);
    image_write(image, MIB + 512 + 132, label, 4);
    image_write(image, MIB + 512 + 138, "\1\0", 2);
    image_write(image, MIB + 512 + 148, slice, sizeof slice);
    expect_plain(image, "");
}

Test(content, a_partition_in_which_the_kernel_looks_for_a_table_is_refused)
{
    // UnixWare, Minix, Solaris (old, new), FreeBSD, OpenBSD, NetBSD.
    static const uint8_t types[] = {0x63, 0x81, 0x82, 0xBF, 0xA5, 0xA6, 0xA9};
    for (size_t i = 0; i < ELEMENTS(types); i++) {
        CLEANUP_CLOSE int image = image_new(IMAGE_SIZE);
        image_put_mbr(image, 0, 0, types[i], 2048, 65536);
        image_put_luks1(image, MIB, "aes", "xts-plain64");
        expect_plain(image, "holds a table itself");
    }
}

// ---- Extended partitions ----

static int image_with_logicals(void)
{
    int image = image_new(IMAGE_SIZE);
    image_put_mbr(image, 0, 0, 0x05, 2048, 98304);
    image_put_mbr(image, MIB, 0, 0x83, 2048, 16384);
    image_put_mbr(image, MIB, 1, 0x05, 20480, 20480);
    image_put_mbr(image, 11 * MIB, 0, 0x83, 2048, 16384);
    image_put_luks2(image, 2 * MIB, NULL);
    image_put_luks2(image, 12 * MIB, NULL);
    return image;
}

Test(content, logical_partitions_of_luks_are_encrypted)
{
    CLEANUP_CLOSE int image = image_with_logicals();
    expect_encrypted(image, "2 LUKS partitions");
}

Test(content, an_extended_partition_without_content_is_empty)
{
    CLEANUP_CLOSE int image = image_new(IMAGE_SIZE);
    image_put_mbr(image, 0, 0, 0x0F, 2048, 98304);
    expect(image, MEDIUM_EMPTY, "zeros");
}

Test(content, bytes_between_logical_partitions_make_the_medium_plain)
{
    CLEANUP_CLOSE int image = image_with_logicals();
    image_write(image, 11 * MIB + 512, "x", 1);
    expect_plain(image, "outside of every partition");
}

Test(content, a_loop_of_extended_partitions_is_a_lie)
{
    CLEANUP_CLOSE int image = image_with_logicals();
    image_put_mbr(image, 11 * MIB, 1, 0x05, 20480, 20480); // points at itself
    expect_plain(image, "no end");
}

Test(content, a_chain_that_leaves_its_extended_partition_is_a_lie)
{
    CLEANUP_CLOSE int image = image_with_logicals();
    image_put_mbr(image, 11 * MIB, 1, 0x05, 110000, 2048);
    expect_plain(image, "leaves its partition");
}

Test(content, a_logical_partition_that_leaves_the_extended_one_is_a_lie)
{
    CLEANUP_CLOSE int image = image_with_logicals();
    image_put_mbr(image, 11 * MIB, 0, 0x83, 2048, 90000);
    expect_plain(image, "partition 6 leaves");
}

Test(content, bytes_in_the_table_of_an_extended_partition_are_a_lie)
{
    CLEANUP_CLOSE int image = image_with_logicals();
    image_write(image, 11 * MIB + 100, "secret", 6);
    expect_plain(image, "damaged");
}

Test(content, two_extended_partitions_are_a_lie)
{
    CLEANUP_CLOSE int image = image_with_logicals();
    image_put_mbr(image, 0, 1, 0x0F, 110000, 4096);
    expect_plain(image, "two extended");
}

// ---- GPT ----

static int image_with_gpt(void)
{
    static const struct gpt_entry entries[] = {{2048, 34815}, {40960, 73727}};
    int image = image_new(IMAGE_SIZE);
    image_put_gpt(image, IMAGE_SIZE, entries, ELEMENTS(entries));
    image_put_luks2(image, MIB, NULL);
    image_put_luks1(image, 20 * MIB, "serpent", "xts-plain64");
    return image;
}

Test(content, luks_partitions_in_a_gpt_are_encrypted)
{
    CLEANUP_CLOSE int image = image_with_gpt();
    expect_encrypted(image, "2 LUKS partitions");
}

Test(content, a_plain_partition_in_a_gpt_makes_the_medium_plain)
{
    CLEANUP_CLOSE int image = image_with_gpt();
    uint8_t zeros[4096] = {0};
    image_write(image, 20 * MIB, zeros, sizeof zeros);
    image_put_ext4(image, 20 * MIB);
    expect_plain(image, "partition 2 is ext4");
}

Test(content, bytes_before_the_copy_at_the_end_make_the_medium_plain)
{
    CLEANUP_CLOSE int image = image_with_gpt();
    image_write(image, IMAGE_SIZE - 34 * 512, "x", 1);
    expect_plain(image, "outside of every partition");
}

Test(content, bytes_behind_a_header_make_the_medium_plain)
{
    CLEANUP_CLOSE int image = image_with_gpt();
    image_write(image, 512 + 100, "x", 1);
    expect_plain(image, "outside of every partition");
}

Test(content, a_gpt_without_its_copy_at_the_end_is_a_lie)
{
    CLEANUP_CLOSE int image = image_with_gpt();
    uint8_t zeros[512] = {0};
    image_write(image, IMAGE_SIZE - 512, zeros, sizeof zeros);
    expect_plain(image, "damaged or missing");
}

Test(content, a_gpt_whose_copy_names_other_partitions_is_a_lie)
{
    static const struct gpt_entry other = {2048, 4095};
    CLEANUP_CLOSE int image = image_with_gpt();
    CLEANUP_CLOSE int liar = image_new(IMAGE_SIZE);
    image_put_gpt(liar, IMAGE_SIZE, &other, 1);
    for (uint64_t at = IMAGE_SIZE - 33 * 512; at < IMAGE_SIZE; at += 512) {
        uint8_t sector[512];
        cr_assert_eq(pread(liar, sector, sizeof sector, (off_t)at), 512);
        image_write(image, at, sector, sizeof sector);
    }
    expect_plain(image, "differ");
}

Test(content, a_gpt_partition_that_leaves_the_medium_is_a_lie)
{
    static const struct gpt_entry far = {2048, UINT64_C(1) << 62};
    CLEANUP_CLOSE int image = image_new(IMAGE_SIZE);
    image_put_gpt(image, IMAGE_SIZE, &far, 1);
    expect_plain(image, "leaves the area");
}

Test(content, a_changed_entry_of_a_gpt_is_found)
{
    CLEANUP_CLOSE int image = image_with_gpt();
    image_write(image, 1024 + 60, "x", 1);
    expect_plain(image, "wrong checksum");
}

Test(content, a_protective_mbr_without_a_gpt_is_a_lie)
{
    CLEANUP_CLOSE int image = image_new(IMAGE_SIZE);
    image_put_mbr(image, 0, 0, 0xEE, 1, 131071);
    expect_plain(image, "damaged or missing");
}
