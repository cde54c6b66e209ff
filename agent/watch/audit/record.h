// SPDX-License-Identifier: GPL-3.0-or-later
// One line of auditd's log: its type, its stamp, and its fields, read where they lie. RAW and
// ENRICHED alike; what auditd adds when it enriches (behind byte 0x1D) is not looked at.
// Source: audit-userspace's docs and auparse; the kernel's kernel/audit.c and auditsc.c.
#pragma once

#include "base/util.h"
#include "fact/audit_place.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define RECORD_LINE_MAX 20000 // auditd's own limit is 8,970, before it enriches

struct span {
    const char *data; // not NUL-terminated; NULL: there is none
    size_t length;
};

struct record {
    struct span type; // "SYSCALL"
    struct audit_stamp stamp;
    struct span fields; // "arch=c000003e syscall=257 …", without what was enriched
};

// `line` without its newline. −EBADMSG: it is no record.
must_check int record_parse(const char *line, size_t length, struct record *ret);
bool record_is(const struct record *record, const char *type);

// The value of the first field of that name, as it stands there, quotes taken off. In records of
// user space the fields within msg='…' come after those of the kernel.
struct span record_field(const struct record *record, const char *name);
// The same as a number; `otherwise` if there is none. 4294967295 and −1 are UINT32_MAX.
uint64_t record_number(const struct record *record, const char *name, int base, uint64_t otherwise);
uint32_t record_id(const struct record *record, const char *name);
bool record_field_is(const struct record *record, const char *name, const char *value);
// A text that the kernel writes in quotes, or in hexadecimal if it has a character that would break
// the line. Raw bytes; the caller frees them. 0; −ENOENT: none, or (null); −ENOMEM.
must_check int record_bytes(const struct record *record, const char *name, char **ret_data,
                            size_t *ret_length);
// The same, escaped (text_escape). NULL in *ret for none. 0 or −ENOMEM.
must_check int record_text(const struct record *record, const char *name, char **ret);

// A word that is never in hexadecimal (addr, terminal), escaped. NULL in *ret for none, "?" and
// (null). 0 or −ENOMEM.
must_check int record_word(const struct record *record, const char *name, char **ret);

bool span_is(struct span span, const char *text);
