// SPDX-License-Identifier: GPL-3.0-or-later
// Which types of radios we keep blocked, and which of them somebody else had blocked before:
// /var/lib/sekisho/radios. Who leaves enforce, perhaps years and many boots later, finds his radios
// as they were; all others were blocked by us.
#pragma once

#include "fact/radio.h"

#define RADIO_MEMORY_FILE "radios" // in the state folder
#define RADIO_MEMORY_MAX 256

// A radio as it is known after a reboot, too.
struct radio_kept {
    enum radio_type type;
    char *device; // "": not known
};

struct radio_memory {
    uint32_t held; // bit 1 << enum radio_type: blocked by us
    struct radio_kept kept[RADIO_MEMORY_MAX];
    size_t n;
};

// −ENOENT: nothing is held; −EBADMSG: damaged. *ret is empty then.
must_check int radio_memory_read(int state, struct radio_memory *ret);
// Without anything held there is no file.
must_check int radio_memory_write(int state, const struct radio_memory *memory);
void radio_memory_clear(struct radio_memory *memory);

// It was blocked before we came. −ENOMEM, −ENOSPC.
must_check int radio_memory_keep(struct radio_memory *memory, const struct radio *radio);
bool radio_memory_keeps(const struct radio_memory *memory, const struct radio *radio);
// This type is not held any more.
void radio_memory_forget(struct radio_memory *memory, enum radio_type type);
