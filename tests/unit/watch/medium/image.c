// SPDX-License-Identifier: GPL-3.0-or-later
#include "image.h"

#include "base/digest.h"
#include "base/text.h"

#include <criterion/criterion.h>
#include <endian.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

int image_new(uint64_t size)
{
    int image = memfd_create("image", MFD_CLOEXEC);
    cr_assert_geq(image, 0);
    cr_assert_eq(ftruncate(image, (off_t)size), 0);
    return image;
}

void image_write(int image, uint64_t offset, const void *data, size_t length)
{
    cr_assert_eq(pwrite(image, data, length, (off_t)offset), (ssize_t)length);
}

void image_copy(int image, uint64_t from, uint64_t to, size_t length)
{
    CLEANUP_FREE char *data = malloc(length);
    cr_assert_eq(pread(image, data, length, (off_t)from), (ssize_t)length);
    image_write(image, to, data, length);
}

static void put16(uint8_t *at, uint16_t value)
{
    value = htobe16(value);
    memcpy(at, &value, sizeof value);
}

static void put32(uint8_t *at, uint32_t value)
{
    value = htobe32(value);
    memcpy(at, &value, sizeof value);
}

static void put64(uint8_t *at, uint64_t value)
{
    value = htobe64(value);
    memcpy(at, &value, sizeof value);
}

void image_put_luks1(int image, uint64_t at, const char *cipher, const char *mode)
{
    uint8_t header[592] = "LUKS\xba\xbe\x00\x01";
    strcpy((char *)header + 8, cipher);
    strcpy((char *)header + 40, mode);
    strcpy((char *)header + 72, "sha256");
    put32(header + 104, 4096);
    put32(header + 108, 64);
    strcpy((char *)header + 168, "4f42f162-5415-4196-96ec-69f7b2c530af");
    for (size_t i = 0; i < 8; i++) {
        uint8_t *slot = header + 208 + 48 * i;
        put32(slot, i == 0 ? 0x00AC71F3 : 0x0000DEAD);
        put32(slot + 40, (uint32_t)(8 + i * 504));
        put32(slot + 44, 4000);
    }
    image_write(image, at, header, sizeof header);
}

static void put_copy(int image, uint64_t at, const char magic[6], uint64_t offset, const char *json)
{
    static uint8_t header[16384];
    memset(header, 0, sizeof header);
    memcpy(header, magic, 6);
    put16(header + 6, 2);
    put64(header + 8, sizeof header);
    put64(header + 16, 3);
    strcpy((char *)header + 72, "sha256");
    strcpy((char *)header + 168, "7796db80-b101-43dd-b570-94d40c326ecd");
    put64(header + 256, offset);
    strcpy((char *)header + 4096, json);
    uint8_t digest[DIGEST_SIZE];
    digest_of(header, sizeof header, digest);
    memcpy(header + 448, digest, sizeof digest);
    image_write(image, at + offset, header, sizeof header);
}

void image_put_luks2(int image, uint64_t at, const struct luks2 *luks)
{
    static const struct luks2 none;
    luks = luks ? luks : &none;
    CLEANUP_FREE char *json = text_format(
        "{\"keyslots\":{},\"tokens\":{},\"digests\":{},\"segments\":{\"0\":{\"type\":\"%s\","
        "\"offset\":\"%s\",\"size\":\"%s\",\"iv_tweak\":\"0\",\"encryption\":\"%s\","
        "\"sector_size\":512}%s},\"config\":{\"json_size\":\"12288\",\"keyslots_size\":\"131072\""
        "%s}}",
        luks->type ?: "crypt", luks->offset ?: "262144", luks->size ?: "dynamic",
        luks->encryption ?: "aes-xts-plain64", luks->more_segments ?: "", luks->requirements ?: "");
    put_copy(image, at, "LUKS\xba\xbe", 0, json);
    put_copy(image, at, "SKUL\xba\xbe", 16384, json);
}

void image_put_ext4(int image, uint64_t at)
{
    uint8_t super[1024] = {0};
    super[0x00] = 16;                       // inodes
    super[0x04] = 64;                       // blocks
    super[0x38] = 0x53, super[0x39] = 0xEF; // magic
    super[0x4C] = 1;                        // revision
    super[0x5C] = 0x04;                     // has a journal
    super[0x60] = 0x42;                     // extents, filetype
    super[0x68] = 0x11;                     // UUID
    image_write(image, at + 1024, super, sizeof super);
}

static void put_le32(uint8_t *at, uint32_t value)
{
    value = htole32(value);
    memcpy(at, &value, sizeof value);
}

static void put_le64(uint8_t *at, uint64_t value)
{
    value = htole64(value);
    memcpy(at, &value, sizeof value);
}

void image_put_mbr(int image, uint64_t table, unsigned slot, uint8_t type, uint32_t begin,
                   uint32_t length)
{
    uint8_t entry[16] = {[4] = type};
    put_le32(entry + 8, begin);
    put_le32(entry + 12, length);
    image_write(image, table + 446 + 16 * slot, entry, sizeof entry);
    image_write(image, table + 510, "\x55\xAA", 2);
}

static uint32_t crc32(const uint8_t *data, size_t length)
{
    uint32_t crc = UINT32_MAX;
    for (size_t i = 0; i < 8 * length; i++) {
        uint32_t bit = (crc ^ (data[i / 8] >> (i % 8))) & 1;
        crc = (crc >> 1) ^ (bit ? UINT32_C(0xEDB88320) : 0);
    }
    return ~crc;
}

static void put_header(int image, uint64_t own, uint64_t other, uint64_t entries, uint32_t crc)
{
    uint64_t last = own > other ? own : other;
    uint8_t header[92] = "EFI PART\0\0\1\0\x5c";
    put_le64(header + 24, own);
    put_le64(header + 32, other);
    put_le64(header + 40, 34);
    put_le64(header + 48, last - 33);
    memset(header + 56, 0x77, 16);
    put_le64(header + 72, entries);
    put_le32(header + 80, 128);
    put_le32(header + 84, 128);
    put_le32(header + 88, crc);
    put_le32(header + 16, crc32(header, sizeof header));
    image_write(image, own * 512, header, sizeof header);
}

void image_put_gpt(int image, uint64_t size, const struct gpt_entry *entries, size_t n)
{
    static uint8_t array[128 * 128];
    uint64_t last = size / 512 - 1;
    memset(array, 0, sizeof array);
    for (size_t i = 0; i < n; i++) {
        memset(array + 128 * i, 0x0F, 16);              // type
        memset(array + 128 * i + 16, (int)(i + 1), 16); // its own UUID
        put_le64(array + 128 * i + 32, entries[i].first);
        put_le64(array + 128 * i + 40, entries[i].last);
    }
    image_put_mbr(image, 0, 0, 0xEE, 1, (uint32_t)last);
    image_write(image, 2 * 512, array, sizeof array);
    image_write(image, (last - 32) * 512, array, sizeof array);
    put_header(image, 1, last, 2, crc32(array, sizeof array));
    put_header(image, last, 1, last - 32, crc32(array, sizeof array));
}

enum medium_content image_examine(int image, uint64_t size, char **ret_finding)
{
    struct medium_source source = {.fd = image, .size = size, .sector = 512};
    enum medium_content content = MEDIUM_CONTENT_MAX;
    CLEANUP_FREE char *luks = NULL;
    cr_assert_eq(medium_examine(&source, &content, ret_finding, &luks), 0);
    return content;
}
