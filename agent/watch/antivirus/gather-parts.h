// SPDX-License-Identifier: GPL-3.0-or-later
// Inside the room: the parts of what is said of one product.
#pragma once

#include "watch/antivirus/process.h"
#include "watch/antivirus/profile.h"

#include <json-c/json.h>
#include <stdbool.h>

struct product {
    int root, proc; // descriptors; proc −1: there is none
    const struct profile *profile;
    json_object *facts; // of this product; borrowed
    bool runs;
    struct process process;
    json_object *detections; // owned by the facts
};

static inline const char *product_text(const struct product *product, enum profile_text which)
{
    return product->profile->text[which];
}

// Adds "error": "EACCES" to `object`.
void gather_error(json_object *object, int error);

// Each adds its section; what can't be found out stands in it as an error.
void gather_engine(struct product *product);    // "engine", "proof": clamd's socket
void gather_on_access(struct product *product); // "on_access"
void gather_command(struct product *product);   // "command"
