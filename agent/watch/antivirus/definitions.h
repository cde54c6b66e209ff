// SPDX-License-Identifier: GPL-3.0-or-later
// When the definitions were built.
#pragma once

#include "base/util.h"

#include <stdbool.h>
#include <stdint.h>

struct definitions {
    char *file;       // as people know it. Owned
    uint64_t built_s; // since 1970
    uint64_t version; // 0: not told
    bool by_header;   // false: by the file's time of change, which a copy makes new
};

// "ClamAV-VDB:26 Nov 2026 17-37 +0000:27000:…:1795714624", the 512 bytes that a CVD, CLD or CUD
// begins with (https://docs.clamav.net/manual/Signatures.html). −EBADMSG: it is none.
must_check int definitions_parse_header(const char *header, size_t length, uint64_t *ret_built_s,
                                        uint64_t *ret_version);

// The newest of those `names` (ended by NULL) in the folder that are there; if none is, the newest
// of all files in it, by its time. −ENOENT: no file at all. −EBADMSG: a broken header.
must_check int definitions_read(int root, const char *folder, char *const names[],
                                struct definitions *ret);
// The time of change of one file or folder.
must_check int definitions_read_file(int root, const char *path, struct definitions *ret);
