// SPDX-License-Identifier: GPL-3.0-or-later
// A bounded memory of interned texts: values to ids for the writer, ids to values for readers. What
// it has forgotten is written or read again, so its size is a matter of speed only.
#pragma once

#include "base/util.h"

#include <stdint.h>

struct texts;

struct text_entry {
    uint64_t id; // 0: free
    uint32_t length;
    char *value; // NUL-terminated behind `length` bytes
};

must_check int texts_new(struct texts **ret);
void texts_free(struct texts *texts);
DEFINE_CLEANUP(struct texts, texts_free)
void texts_forget_all(struct texts *texts);

// One memory is used in one of two ways. NULL: not known. At least the last eight texts that were
// asked for or remembered stay valid, which is one row.
const struct text_entry *texts_by_id(struct texts *texts, uint64_t id);
const struct text_entry *texts_remember_id(struct texts *texts, uint64_t id, const char *value,
                                           uint32_t length);
const struct text_entry *texts_by_value(struct texts *texts, const char *value, uint32_t length);
const struct text_entry *texts_remember_value(struct texts *texts, uint64_t id, const char *value,
                                              uint32_t length);

// Between two rows: forgets all if more than 64 MiB are held.
void texts_trim(struct texts *texts);
