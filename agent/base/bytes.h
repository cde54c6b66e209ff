// SPDX-License-Identifier: GPL-3.0-or-later
// Numbers as big-endian bytes, for everything that is hashed, signed or kept.
#pragma once

#include <stdint.h>

// Each returns the first byte behind what it wrote.
static inline uint8_t *bytes_put_u32(uint8_t *p, uint32_t value)
{
    for (int shift = 24; shift >= 0; shift -= 8)
        *p++ = (uint8_t)(value >> shift);
    return p;
}

static inline uint8_t *bytes_put_u64(uint8_t *p, uint64_t value)
{
    return bytes_put_u32(bytes_put_u32(p, (uint32_t)(value >> 32)), (uint32_t)value);
}

static inline uint32_t bytes_get_u32(const uint8_t *p)
{
    return (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | p[3];
}

static inline uint64_t bytes_get_u64(const uint8_t *p)
{
    return (uint64_t)bytes_get_u32(p) << 32 | bytes_get_u32(p + 4);
}
