// SPDX-License-Identifier: GPL-3.0-or-later
// What makes two rows one matter: their kind, the person and the object. Alerts, lines on terminals
// and incidents fold by it.
#pragma once

#include "fact/fact.h"

#define CAUSE_OBJECT_MAX 512 // bytes; of a longer object the rest stands for itself by a digest

// The object as a cause holds it; NULL on lack of memory. `object` may be NULL, which is "". The
// caller frees it.
char *cause_object(const char *object);
// "usb.blocked 1000 0951:1666:SERIAL", equal for rows with one cause; NULL on lack of memory. The
// caller frees it.
char *cause_text(enum fact_kind kind, uint32_t uid, const char *object);
char *cause_of(const struct fact *fact);
