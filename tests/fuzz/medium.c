// SPDX-License-Identifier: GPL-3.0-or-later
// Fuzzes the examination of a medium. The input is one byte of what to put right (no fuzzer guesses
// a checksum), and pieces: offset (4 bytes, little-endian), length (2), bytes.
#include "watch/medium/content.h"

#include "base/digest.h"
#include "watch/medium/bytes.h"

#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#define SIZE (UINT32_C(4) << 20)
#define LAST (SIZE - 512)

enum mend {
    MEND_LUKS2 = 1, // the second header becomes a copy of the first, both checksums right
    MEND_GPT = 2,   // the same for a GPT
};

static void put_pieces(uint8_t *medium, const uint8_t *data, size_t size)
{
    while (size >= 6) {
        size_t offset = le32(data) % SIZE, length = data[4] | (size_t)data[5] << 8;
        data += 6, size -= 6;
        length = length < size ? length : size;
        length = length < SIZE - offset ? length : SIZE - offset;
        memcpy(medium + offset, data, length);
        data += length, size -= length;
    }
}

static void seal_luks2(uint8_t *header, size_t size)
{
    uint8_t digest[DIGEST_SIZE];
    memset(header + 448, 0, 64);
    digest_of(header, size, digest);
    memcpy(header + 448, digest, sizeof digest);
}

static void mend_luks2(uint8_t *at, size_t room)
{
    uint64_t size = room >= 4096 ? be64(at + 8) : 0;
    if (size < 4096 || size > 65536 || 2 * size > room || memcmp(at, "LUKS\xba\xbe\0\2", 8) != 0)
        return;
    uint64_t offset = htobe64(size);
    memcpy(at + size, at, size);
    memcpy(at + size, "SKUL", 4);
    memcpy(at + size + 256, &offset, sizeof offset);
    seal_luks2(at, size);
    seal_luks2(at + size, size);
}

static uint32_t crc32(const uint8_t *data, size_t length)
{
    uint32_t crc = UINT32_MAX;
    for (size_t i = 0; i < 8 * length; i++)
        crc = (crc >> 1) ^ (((crc ^ (data[i / 8] >> (i % 8))) & 1) ? UINT32_C(0xEDB88320) : 0);
    return htole32(~crc);
}

static void seal_header(uint8_t *header, uint32_t entries)
{
    memcpy(header + 88, &entries, 4);
    memset(header + 16, 0, 4);
    uint32_t crc = crc32(header, 92);
    memcpy(header + 16, &crc, 4);
}

static void mend_gpt(uint8_t *medium)
{
    uint8_t *header = medium + 512, *twin = medium + LAST;
    uint64_t own = htole64(1), other = htole64(LAST / 512), entries = htole64(LAST / 512 - 32);
    uint64_t n = (uint64_t)le32(header + 80) * le32(header + 84);
    if (memcmp(header, "EFI PART", 8) != 0 || n > 32 * 512 || le64(header + 72) != 2)
        return;
    memcpy(header + 24, &own, 8);
    memcpy(header + 32, &other, 8);
    memcpy(twin, header, 512);
    memcpy(twin + 24, &other, 8);
    memcpy(twin + 32, &own, 8);
    memcpy(twin + 72, &entries, 8);
    memcpy(medium + LAST - 32 * 512, medium + 1024, n);
    uint32_t crc = crc32(medium + 1024, n);
    seal_header(header, crc);
    seal_header(twin, crc);
}

// What is said to be empty has no byte behind what may be a table; what is said to be encrypted has
// the magic somewhere.
static void check(const uint8_t *medium, enum medium_content content)
{
    bool table = medium[510] == 0x55 && medium[511] == 0xAA;
    if (content == MEDIUM_EMPTY && !table && !bytes_are_zero(medium, SIZE))
        abort();
    if (content == MEDIUM_ENCRYPTED && !memmem(medium, SIZE, "LUKS\xba\xbe", 6))
        abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size == 0)
        return 0;
    CLEANUP_CLOSE int fd = memfd_create("medium", MFD_CLOEXEC);
    if (fd < 0 || ftruncate(fd, SIZE) < 0)
        abort();
    uint8_t *medium = mmap(NULL, SIZE, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    if (medium == MAP_FAILED)
        abort();
    put_pieces(medium, data + 1, size - 1);
    if (data[0] & MEND_LUKS2) {
        mend_luks2(medium, SIZE);
        mend_luks2(medium + (1u << 20), SIZE - (1u << 20));
    }
    if (data[0] & MEND_GPT)
        mend_gpt(medium);

    const struct medium_source source = {.fd = fd, .size = SIZE, .sector = 512};
    enum medium_content content;
    CLEANUP_FREE char *finding = NULL, *luks = NULL;
    if (medium_examine(&source, &content, &finding, &luks) < 0 || !finding)
        abort();
    if ((content == MEDIUM_ENCRYPTED) != (luks != NULL))
        abort();
    check(medium, content);
    (void)munmap(medium, SIZE);
    return 0;
}
