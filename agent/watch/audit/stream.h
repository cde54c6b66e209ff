// SPDX-License-Identifier: GPL-3.0-or-later
// auditd's files as one stream of bytes for the reader, and the way back from an offset in it to a
// place in a file.
#pragma once

#include "fact/audit_place.h"
#include "watch/audit/files.h"

struct segment {
    uint64_t begin; // offset in the stream
    uint64_t device, inode, file_begin, file_end;
    int fd; // owned
};

struct stream {
    struct segment *items; // the last is being read
    size_t n;
    uint64_t length;    // of the stream so far
    const char *insert; // to be given before what the files hold; static text
};

// Begins (anew) at this place of that file.
must_check int stream_begin(struct stream *stream, const struct log_files *files, size_t file,
                            uint64_t offset);
void stream_close(struct stream *stream);

// The next bytes: 0 for none now. Goes on to the next file at the end of one that has a successor
// in `files`, with READER_DOUBT between them. Where the log was cut short, or taken away, it gives
// READER_CUT.
must_check int stream_read(struct stream *stream, const struct log_files *files, void *ret_data,
                           size_t max, size_t *ret_length);

// Fills in the file, and the place's offset in it, for place->offset in the stream; forgets what
// lies before.
must_check int stream_locate(struct stream *stream, struct audit_place *place);

// The file that goes on exactly at `place`; −ENOENT: none does.
must_check int stream_find(const struct log_files *files, const struct audit_place *place,
                           size_t *ret_file);
// The end of the last whole line of a file.
must_check int stream_find_end(const struct log_files *files, size_t file, uint64_t *ret_offset);
// Where the line that begins at `offset` of the present place's file ends.
must_check int stream_skip_line(const struct log_files *files, size_t file, uint64_t offset,
                                uint64_t *ret_offset);
