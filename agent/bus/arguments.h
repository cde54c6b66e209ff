// SPDX-License-Identifier: GPL-3.0-or-later
// What a caller hands in: read by the method's signature, within limits, and made printable, since
// it ends up in rows and on screens.
#pragma once

#include "base/util.h"

#include <json-c/json.h>
#include <stdbool.h>
#include <stdint.h>
#include <systemd/sd-bus.h>

#define ARGUMENT_TEXTS_MAX 2
#define ARGUMENT_TEXT_MAX 1024      // bytes
#define ARGUMENT_DOCUMENT_MAX 16384 // bytes, as JSON

struct arguments {
    char *texts[ARGUMENT_TEXTS_MAX]; // each "s", in order
    bool flag;                       // the "b"
    uint64_t number;                 // the "t"
    json_object *document;           // the "a{sv}"
};
void arguments_clear(struct arguments *arguments);

// `signature` is made of "s", "b", "t" and "a{sv}". −EINVAL: not what the method takes; −EMSGSIZE:
// too much of it. Printable text stays as it is (names of devices come back the way they were
// shown); anything else is escaped.
must_check int arguments_read(sd_bus_message *message, const char *signature,
                              struct arguments *ret);
