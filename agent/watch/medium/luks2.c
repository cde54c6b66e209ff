// SPDX-License-Identifier: GPL-3.0-or-later
// Checks a LUKS2 header: both copies whole and equal, one encrypted segment up to the end.
#include "base/digest.h"
#include "base/json.h"
#include "base/text.h"
#include "watch/medium/bytes.h"
#include "watch/medium/luks.h"

#include <errno.h>
#include <string.h>

#define BINARY_SIZE 4096 // before the JSON area
#define HEADER_MAX (4u << 20)
#define SIZE 8 // offsets of the fields
#define SEQUENCE 16
#define CHECKSUM_NAME 72
#define UUID 168
#define UUID_SIZE 40
#define OFFSET 256
#define CHECKSUM 448
#define CHECKSUM_SIZE 64

// A copy's checksum covers the whole copy, itself counted as zero.
static bool checksum_is_right(uint8_t *header, size_t size)
{
    uint8_t stored[CHECKSUM_SIZE], actual[DIGEST_SIZE];
    memcpy(stored, header + CHECKSUM, sizeof stored);
    memset(header + CHECKSUM, 0, CHECKSUM_SIZE);
    digest_of(header, size, actual);
    memcpy(header + CHECKSUM, stored, sizeof stored);
    return memcmp(stored, actual, sizeof actual) == 0;
}

static bool copy_is_whole(uint8_t *header, size_t size, uint64_t offset, const char magic[6])
{
    return memcmp(header, magic, 6) == 0 && be16(header + 6) == 2 && be64(header + SIZE) == size &&
           be64(header + OFFSET) == offset &&
           memcmp(header + CHECKSUM_NAME, "sha256", sizeof "sha256") == 0 &&
           checksum_is_right(header, size);
}

// cryptsetup takes the copy with the higher sequence: two that differ are two faces.
static bool copies_agree(const uint8_t *first, const uint8_t *second, size_t size)
{
    return be64(first + SEQUENCE) == be64(second + SEQUENCE) &&
           memcmp(first + UUID, second + UUID, UUID_SIZE) == 0 &&
           memcmp(first + BINARY_SIZE, second + BINARY_SIZE, size - BINARY_SIZE) == 0;
}

static int read_copies(const struct medium_source *source, uint64_t begin, size_t size,
                       struct luks *ret, uint8_t **ret_first)
{
    CLEANUP_FREE uint8_t *copies = malloc(2 * size);
    if (!copies)
        return -ENOMEM;
    int r = source_read(source, begin, copies, 2 * size);
    if (r < 0)
        return r;
    if (!copy_is_whole(copies, size, 0, "LUKS\xba\xbe") ||
        !copy_is_whole(copies + size, size, size, "SKUL\xba\xbe"))
        return luks_refuse(ret, "its LUKS2 header is damaged");
    if (!copies_agree(copies, copies + size, size))
        return luks_refuse(ret, "its two LUKS2 headers differ");
    *ret_first = TAKE_PTR(copies);
    return 0;
}

static struct json_object *member(struct json_object *object, const char *name, json_type type)
{
    struct json_object *value = NULL;
    return json_object_object_get_ex(object, name, &value) && json_object_is_type(value, type)
               ? value
               : NULL;
}

static const char *text_member(struct json_object *object, const char *name)
{
    struct json_object *value = member(object, name, json_type_string);
    return value ? json_object_get_string(value) : NULL;
}

// LUKS2 writes 64-bit numbers as strings.
static bool number_member(struct json_object *object, const char *name, uint64_t *ret)
{
    const char *text = text_member(object, name);
    return text && text_to_u64(text, 10, INT64_MAX, ret) == 0;
}

// "aes-xts-plain64" is a cipher up to the first hyphen, and a mode.
static bool encryption_hides(const char *encryption)
{
    const char *hyphen = encryption ? strchr(encryption, '-') : NULL;
    CLEANUP_FREE char *cipher = hyphen ? strndup(encryption, (size_t)(hyphen - encryption)) : NULL;
    return cipher && luks_cipher_hides(cipher, hyphen + 1);
}

// A re-encryption under way, or a feature that this code has never heard of.
static bool has_requirements(struct json_object *config)
{
    struct json_object *requirements = NULL, *mandatory = NULL;
    if (!json_object_object_get_ex(config, "requirements", &requirements))
        return false;
    return !json_object_object_get_ex(requirements, "mandatory", &mandatory) ||
           !json_object_is_type(mandatory, json_type_array) ||
           json_object_array_length(mandatory) > 0;
}

// "linear" segments show their bytes as they are; a segment that ends early leaves bytes behind it.
static const char *judge_segment(struct json_object *segment, uint64_t headers_end, uint64_t length,
                                 uint64_t *ret_data)
{
    uint64_t offset;
    if (!text_equal(text_member(segment, "type"), "crypt") ||
        !encryption_hides(text_member(segment, "encryption")))
        return "its LUKS cipher does not hide what is stored";
    if (!number_member(segment, "offset", &offset) || offset < headers_end || offset >= length ||
        !text_equal(text_member(segment, "size"), "dynamic"))
        return "its LUKS2 segment does not cover it to the end";
    *ret_data = offset;
    return NULL;
}

static const char *judge_metadata(struct json_object *root, size_t header_size, uint64_t length,
                                  uint64_t *ret_data)
{
    struct json_object *config = member(root, "config", json_type_object);
    struct json_object *segments = member(root, "segments", json_type_object);
    struct json_object *segment = segments ? member(segments, "0", json_type_object) : NULL;
    uint64_t json_size, slots_size;
    if (!config || !segment || !number_member(config, "json_size", &json_size) ||
        !number_member(config, "keyslots_size", &slots_size) ||
        json_size != header_size - BINARY_SIZE || slots_size > length)
        return "its LUKS2 metadata makes no sense";
    if (has_requirements(config) || json_object_object_length(segments) != 1)
        return "its LUKS2 encryption is not finished";
    return judge_segment(segment, 2 * header_size + slots_size, length, ret_data);
}

static int read_metadata(const uint8_t *header, size_t size, uint64_t length, struct luks *ret)
{
    const char *text = (const char *)header + BINARY_SIZE;
    size_t area = size - BINARY_SIZE, used = strnlen(text, area);
    CLEANUP_JSON json_object *root = used < area ? json_parse(text, used, json_type_object) : NULL;
    const char *why =
        root ? judge_metadata(root, size, length, &ret->data) : "its LUKS2 metadata cannot be read";
    if (!why && !luks_read_uuid(header, ret))
        why = "its LUKS2 header has no UUID";
    if (why)
        return luks_refuse(ret, why);
    ret->kind = LUKS_2;
    return 0;
}

int luks2_read(const struct medium_source *source, uint64_t begin, uint64_t end, struct luks *ret)
{
    uint8_t binary[BINARY_SIZE];
    int r = source_read(source, begin, binary, sizeof binary);
    if (r < 0)
        return r;
    uint64_t size = be64(binary + SIZE);
    if (size < 4 * BINARY_SIZE || size > HEADER_MAX || size % BINARY_SIZE != 0 ||
        2 * size > end - begin)
        return luks_refuse(ret, "its LUKS2 header makes no sense");

    CLEANUP_FREE uint8_t *header = NULL;
    r = read_copies(source, begin, (size_t)size, ret, &header);
    if (r < 0 || !header)
        return r;
    return read_metadata(header, (size_t)size, end - begin, ret);
}
