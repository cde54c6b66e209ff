// SPDX-License-Identifier: GPL-3.0-or-later
// Numbers as they stand on a medium: little-endian in partition tables, big-endian in LUKS headers.
#pragma once

#include <endian.h>
#include <stdint.h>
#include <string.h>

#define DEFINE_NUMBER(order, bits)                                                                 \
    static inline uint##bits##_t order##bits(const void *at)                                       \
    {                                                                                              \
        uint##bits##_t value;                                                                      \
        memcpy(&value, at, sizeof value);                                                          \
        return order##bits##toh(value);                                                            \
    }

DEFINE_NUMBER(le, 32)
DEFINE_NUMBER(le, 64)
DEFINE_NUMBER(be, 16)
DEFINE_NUMBER(be, 32)
DEFINE_NUMBER(be, 64)
#undef DEFINE_NUMBER
