// SPDX-License-Identifier: GPL-3.0-or-later
// A table in which a newer opening takes the place of an older one that falls on the same slot.
#include "watch/audit/descriptors.h"

#include "base/text.h"

#include <errno.h>

#define SLOTS 4096
#define COPIES_MAX 64 // the original of a copy is looked for among the lowest numbers

struct descriptors {
    struct slot {
        struct descriptor entry;
        char *path;
    } slots[SLOTS];
};

int descriptors_new(struct descriptors **ret)
{
    struct descriptors *descriptors = calloc(1, sizeof *descriptors);
    if (!descriptors)
        return -ENOMEM;
    *ret = descriptors;
    return 0;
}

void descriptors_free(struct descriptors *descriptors)
{
    if (!descriptors)
        return;
    for (size_t i = 0; i < SLOTS; i++)
        free(descriptors->slots[i].path);
    free(descriptors);
}

static size_t slot_of(uint32_t pid, int32_t number)
{
    return (pid * 31u + (uint32_t)number) % SLOTS;
}

static bool is(const struct slot *slot, uint32_t pid, int32_t number)
{
    return slot->path && slot->entry.pid == pid && slot->entry.number == number;
}

int descriptors_note(struct descriptors *descriptors, const struct descriptor *opened)
{
    struct slot *slot = &descriptors->slots[slot_of(opened->pid, opened->number)];
    int r = text_set(&slot->path, opened->path);
    if (r < 0)
        return r;
    slot->entry = *opened;
    slot->entry.path = slot->path;
    return 0;
}

void descriptors_forget(struct descriptors *descriptors, uint32_t pid, int32_t number)
{
    struct slot *slot = &descriptors->slots[slot_of(pid, number)];
    if (is(slot, pid, number))
        free(TAKE_PTR(slot->path));
}

const struct descriptor *descriptors_find(const struct descriptors *descriptors, uint32_t pid,
                                          int32_t number)
{
    const struct slot *slot = &descriptors->slots[slot_of(pid, number)];
    return is(slot, pid, number) ? &slot->entry : NULL;
}

const struct descriptor *descriptors_find_copy(const struct descriptors *descriptors,
                                               const struct descriptor *wanted)
{
    for (int32_t number = 0; number < COPIES_MAX; number++) {
        const struct descriptor *found = descriptors_find(descriptors, wanted->pid, number);
        if (found && found->inode == wanted->inode && found->device == wanted->device)
            return found;
    }
    return NULL;
}
