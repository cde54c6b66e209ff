// SPDX-License-Identifier: GPL-3.0-or-later
// What a product wrote into its logs: what it found, and when it last scanned.
#pragma once

#include "base/util.h"

#include <json-c/json.h>
#include <stdbool.h>
#include <stdint.h>

struct found_options {
    int root;
    const char *ours;      // folder of our own test files; NULL: none
    const char *signature; // what our own scan was answered; NULL: nothing
};

// Adds to `detections` those that stand in the last MiB of the log and of the one before it
// (LOG.1): objects {"id", "signature", "file" or "by", "at_s", "still_there"}. Ours are left out.
// −ENOENT and the like: the log can't be read.
must_check int found_read(const struct found_options *options, const char *log,
                          json_object *detections);

// The same of a log's text, which is cut up.
must_check int found_parse(const struct found_options *options, char *text,
                           json_object *detections);

// When the scan ended whose summary stands last in the log of clamscan(1) or clamdscan(1).
// −ENODATA: no summary in the last MiB of it.
must_check int found_last_scan(int root, const char *log, uint64_t *ret_ended_s);
