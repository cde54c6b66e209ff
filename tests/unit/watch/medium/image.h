// SPDX-License-Identifier: GPL-3.0-or-later
// Images of media for the tests: in memory, sparse, written byte by byte as a liar would.
#pragma once

#include "watch/medium/content.h"

#include <stdint.h>

#define MIB (UINT64_C(1) << 20)
#define IMAGE_SIZE (64 * MIB)

int image_new(uint64_t size); // a descriptor of zeros
void image_write(int image, uint64_t offset, const void *data, size_t length);
void image_copy(int image, uint64_t from, uint64_t to, size_t length);

// LUKS headers as cryptsetup writes them, without any key that would open them.
void image_put_luks1(int image, uint64_t at, const char *cipher, const char *mode);
// NULL: "aes-xts-plain64", and the rest as after luksFormat.
struct luks2 {
    const char *type, *encryption, *offset, *size, *more_segments, *requirements;
};
void image_put_luks2(int image, uint64_t at, const struct luks2 *luks);
void image_put_ext4(int image, uint64_t at); // as much of one as libblkid asks for

// Entry `slot` of the table in the sector at `table`; sectors of 512 bytes, as in the table itself.
void image_put_mbr(int image, uint64_t table, unsigned slot, uint8_t type, uint32_t begin,
                   uint32_t length);

struct gpt_entry {
    uint64_t first, last;
};
// Both copies, whole, for up to 128 partitions.
void image_put_gpt(int image, uint64_t size, const struct gpt_entry *entries, size_t n);

enum medium_content image_examine(int image, uint64_t size, char **ret_finding);
