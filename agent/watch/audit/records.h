// SPDX-License-Identifier: GPL-3.0-or-later
// The records of one event, while they come in.
#pragma once

#include "watch/audit/record.h"

#define RECORDS_MAX 24          // of one event; a rename has up to eight
#define RECORDS_BYTES_MAX 98304 // of one event

struct records {
    struct audit_stamp stamp;
    struct record items[RECORDS_MAX]; // after records_parse(); point into `text`
    size_t n;
    char *text; // the lines, each with its newline
    size_t length;
};

void records_clear(struct records *records);
// Copies the line of a record. −ENOMEM; −E2BIG: too much for one event, nothing was added.
must_check int records_add(struct records *records, const char *line, size_t length);
// Once all are there, before any is looked at.
void records_parse(struct records *records);
// NULL: there is none of that type.
const struct record *records_find(const struct records *records, const char *type);
