// SPDX-License-Identifier: GPL-3.0-or-later
// One sentence a row, for people.
#pragma once

#include "base/json.h"
#include "fact/usb.h"
#include "ledger/query.h"

#include <stdbool.h>

// `details`: the row's, parsed; may be NULL. In the session's language, or (for exports, which must
// come out the same everywhere) in English with the reason's code. Printable. The caller frees it;
// NULL on lack of memory.
char *sentence_make(const struct query_row *row, json_object *details, bool translated);

// "Kingston DataTraveler (0951:1666:SERIAL)": what a device row is about. The caller frees it.
char *sentence_device(const struct query_row *row, json_object *details);

// What a device is for, in the session's language: "storage".
const char *sentence_function(enum usb_function function);
