// SPDX-License-Identifier: GPL-3.0-or-later
// Keeps an event's lines in one block of memory.
#include "watch/audit/records.h"

#include <errno.h>
#include <string.h>

void records_clear(struct records *records)
{
    free(records->text);
    *records = (struct records){0};
}

int records_add(struct records *records, const char *line, size_t length)
{
    if (records->n >= RECORDS_MAX || length + 2 > RECORDS_BYTES_MAX - records->length)
        return -E2BIG;
    char *grown = realloc(records->text, records->length + length + 1);
    if (!grown)
        return -ENOMEM;
    memcpy(grown + records->length, line, length);
    grown[records->length + length] = '\n';
    records->text = grown;
    records->length += length + 1;
    records->n++;
    return 0;
}

void records_parse(struct records *records)
{
    size_t n = 0;
    for (size_t at = 0; at < records->length;) {
        const char *line = records->text + at;
        size_t length = (size_t)((const char *)memchr(line, '\n', records->length - at) - line);
        if (record_parse(line, length, &records->items[n]) == 0)
            n++; // it was a record when it was added
        at += length + 1;
    }
    records->n = n;
}

const struct record *records_find(const struct records *records, const char *type)
{
    for (size_t i = 0; i < records->n; i++)
        if (record_is(&records->items[i], type))
            return &records->items[i];
    return NULL;
}
