// SPDX-License-Identifier: GPL-3.0-or-later
// The few macros that every file uses: ownership by scope, and results that must be looked at.
#pragma once

#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

// A fallible function returns 0 or −errno; the caller has to look at it.
#define must_check __attribute__((warn_unused_result))
#define printf_like(text, first) __attribute__((format(printf, text, first)))

#define ELEMENTS(array) (sizeof(array) / sizeof((array)[0]))

// An owning local leaves by TAKE_PTR or TAKE_FD, or is freed when its scope ends.
#define CLEANUP(function) __attribute__((cleanup(function)))
#define CLEANUP_FREE CLEANUP(free_p)
#define CLEANUP_CLOSE CLEANUP(close_p)
#define CLEANUP_FCLOSE CLEANUP(fclose_p)
#define TAKE_PTR(p)                                                                                \
    ({                                                                                             \
        __auto_type take_ = (p);                                                                   \
        (p) = NULL;                                                                                \
        take_;                                                                                     \
    })
#define TAKE_FD(fd)                                                                                \
    ({                                                                                             \
        int take_ = (fd);                                                                          \
        (fd) = -1;                                                                                 \
        take_;                                                                                     \
    })

// Defines name_p(), the cleanup function of a type whose destructor is `void name(type *)`.
#define DEFINE_CLEANUP(type, name)                                                                 \
    static inline void name##_p(type **p)                                                          \
    {                                                                                              \
        name(*p);                                                                                  \
    }

static inline void free_p(void *p)
{
    free(*(void **)p);
}

static inline void close_p(int *fd)
{
    if (*fd >= 0)
        (void)close(*fd);
}

static inline void fclose_p(FILE **file)
{
    if (*file)
        (void)fclose(*file);
}
