// SPDX-License-Identifier: GPL-3.0-or-later
// Checks a LUKS1 header.
#include "watch/medium/bytes.h"
#include "watch/medium/luks.h"

#include <errno.h>
#include <string.h>

#define HEADER_SIZE 592
#define CIPHER 8 // offsets of the fields, each text 32 bytes
#define MODE 40
#define PAYLOAD 104
#define KEY_BYTES 108
#define SLOTS 208
#define SLOT_SIZE 48
#define N_SLOTS 8
#define SLOT_ACTIVE 0x00AC71F3u
#define SLOT_FREE 0x0000DEADu
#define SECTOR 512 // LUKS1 counts in these, whatever the medium does

// Where the key material of all slots ends, in bytes; 0: a slot makes no sense.
static uint64_t slots_end(const uint8_t *header, uint32_t key_bytes)
{
    uint64_t end = HEADER_SIZE;
    for (size_t i = 0; i < N_SLOTS; i++) {
        const uint8_t *slot = header + SLOTS + i * SLOT_SIZE;
        uint32_t state = be32(slot), stripes = be32(slot + 44);
        uint64_t begin = (uint64_t)be32(slot + 40) * SECTOR;
        if ((state != SLOT_ACTIVE && state != SLOT_FREE) || begin < HEADER_SIZE)
            return 0;
        uint64_t slot_end = begin + (uint64_t)stripes * key_bytes;
        if (slot_end > end)
            end = slot_end;
    }
    return end;
}

int luks1_read(const struct medium_source *source, uint64_t begin, uint64_t end, struct luks *ret)
{
    uint8_t header[HEADER_SIZE];
    if (end - begin < sizeof header)
        return luks_refuse(ret, "its LUKS header is cut off");
    int r = source_read(source, begin, header, sizeof header);
    if (r < 0)
        return r;

    char cipher[33] = "", mode[33] = "";
    memcpy(cipher, header + CIPHER, 32);
    memcpy(mode, header + MODE, 32);
    if (!luks_cipher_hides(cipher, mode))
        return luks_refuse(ret, "its LUKS cipher does not hide what is stored");

    uint32_t key_bytes = be32(header + KEY_BYTES);
    uint64_t payload = (uint64_t)be32(header + PAYLOAD) * SECTOR;
    uint64_t keys = key_bytes >= 16 && key_bytes <= 128 ? slots_end(header, key_bytes) : 0;
    if (keys == 0 || payload < keys || payload >= end - begin || !luks_read_uuid(header, ret))
        return luks_refuse(ret, "its LUKS header makes no sense");
    ret->kind = LUKS_1;
    ret->data = payload;
    return 0;
}
