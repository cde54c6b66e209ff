// SPDX-License-Identifier: GPL-3.0-or-later
// Each row goes through a small buffer into a digest, and perhaps a file.
#include "report/derive.h"

#include "ledger/query.h"
#include "report/csv.h"
#include "report/ecs.h"

#include <errno.h>
#include <string.h>

#define ROWS_A_PROGRESS 10000

// One of the two outputs.
struct sink {
    FILE *buffer; // a memory stream that is emptied row by row
    char *text;
    size_t length;
    FILE *file; // NULL: only hashed
    struct digest *digest;
    uint64_t size;
};

struct derivation {
    const struct derive_options *options;
    struct sink csv, jsonl;
    uint64_t rows, first, last;
};

static int sink_open(struct sink *sink, FILE *file)
{
    sink->file = file;
    sink->buffer = open_memstream(&sink->text, &sink->length);
    return sink->buffer ? digest_new(&sink->digest) : -ENOMEM;
}

static void sink_close(struct sink *sink)
{
    if (sink->buffer)
        (void)fclose(sink->buffer);
    free(sink->text);
    digest_free(sink->digest);
}

static int sink_empty(struct sink *sink)
{
    if (fflush(sink->buffer) != 0)
        return -ENOMEM;
    digest_add(sink->digest, sink->text, sink->length);
    sink->size += sink->length;
    if (sink->file && fwrite(sink->text, 1, sink->length, sink->file) != sink->length)
        return errno ? -errno : -EIO;
    rewind(sink->buffer);
    return 0;
}

static int take_row(void *context, const struct query_row *row)
{
    struct derivation *d = context;
    int r = csv_write_row(d->csv.buffer, row, d->options->host);
    if (r == 0)
        r = sink_empty(&d->csv);
    if (r == 0)
        r = ecs_write_line(d->jsonl.buffer, row, d->options->host);
    if (r == 0)
        r = sink_empty(&d->jsonl);
    if (r < 0)
        return r;
    if (d->rows++ == 0)
        d->first = row->sequence;
    d->last = row->sequence;
    if (d->options->progress && d->rows % ROWS_A_PROGRESS == 0)
        d->options->progress(d->options->context, d->rows);
    return 0;
}

static int run(struct derivation *d)
{
    const struct query_filter all = {.severity = -1};
    int r = sink_open(&d->csv, d->options->csv);
    if (r == 0)
        r = sink_open(&d->jsonl, d->options->jsonl);
    if (r < 0)
        return r;
    csv_write_head(d->csv.buffer);
    r = sink_empty(&d->csv);
    return r < 0 ? r : query_run(&d->options->ledger, 1, &all, take_row, d);
}

int derive_run(const struct derive_options *options, struct derived *ret)
{
    struct derivation d = {.options = options};
    int r = run(&d);
    if (r == 0) {
        *ret = (struct derived){.csv_size = d.csv.size,
                                .jsonl_size = d.jsonl.size,
                                .rows = d.rows,
                                .first = d.first,
                                .last = d.last};
        digest_end(d.csv.digest, ret->csv_sha256);
        digest_end(d.jsonl.digest, ret->jsonl_sha256);
    }
    sink_close(&d.csv);
    sink_close(&d.jsonl);
    return r;
}
