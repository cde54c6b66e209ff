// SPDX-License-Identifier: GPL-3.0-or-later
// Touches one byte of a file in a package; a second time puts it back.
#pragma once

#include "base/text.h"

#include <criterion/criterion.h>

// At `offset`, from the end if negative.
static inline void change_byte(const char *package, const char *name, long offset)
{
    CLEANUP_FREE char *path = text_format("%s/%s", package, name);
    CLEANUP_FCLOSE FILE *file = fopen(path, "r+");
    cr_assert_not_null(file);
    cr_assert_eq(fseek(file, offset, offset < 0 ? SEEK_END : SEEK_SET), 0);
    int old = fgetc(file);
    cr_assert_eq(fseek(file, -1, SEEK_CUR), 0);
    fputc(old ^ 1, file);
}
