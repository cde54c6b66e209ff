// SPDX-License-Identifier: GPL-3.0-or-later
// An eight-way associative memory: constant work for each text, whatever outsiders name their
// files.
#include "ledger/texts.h"

#include "base/text.h"

#include <errno.h>
#include <string.h>
#include <sys/random.h>

#define N_SETS 4096u
#define N_WAYS 8u // as many as a row has texts: none of them can push another out
#define BYTES_MAX (64u << 20)

struct texts {
    uint64_t seed;
    size_t bytes;
    struct text_entry sets[N_SETS][N_WAYS]; // the most recently used first
};

int texts_new(struct texts **ret)
{
    struct texts *texts = calloc(1, sizeof *texts);
    if (!texts)
        return -ENOMEM;
    (void)!getrandom(&texts->seed, sizeof texts->seed, GRND_NONBLOCK); // a zero seed works as well
    *ret = texts;
    return 0;
}

void texts_forget_all(struct texts *texts)
{
    for (size_t i = 0; i < N_SETS; i++) {
        for (size_t k = 0; k < N_WAYS; k++) {
            free(texts->sets[i][k].value);
            texts->sets[i][k] = (struct text_entry){0};
        }
    }
    texts->bytes = 0;
}

void texts_free(struct texts *texts)
{
    if (!texts)
        return;
    texts_forget_all(texts);
    free(texts);
}

void texts_trim(struct texts *texts)
{
    if (texts->bytes > BYTES_MAX)
        texts_forget_all(texts);
}

// FNV-1a from a random start. A set that somebody manages to overfill only costs its own texts a
// second copy.
static struct text_entry *set_of_value(struct texts *texts, const char *value, uint32_t length)
{
    uint64_t hash = UINT64_C(0xcbf29ce484222325) ^ texts->seed;
    for (uint32_t i = 0; i < length; i++)
        hash = (hash ^ (uint8_t)value[i]) * UINT64_C(0x100000001b3);
    return texts->sets[(hash ^ hash >> 32) % N_SETS];
}

static struct text_entry *set_of_id(struct texts *texts, uint64_t id)
{
    return texts->sets[id % N_SETS];
}

// Moves set[k] to the front.
static const struct text_entry *use(struct text_entry *set, size_t k)
{
    struct text_entry entry = set[k];
    memmove(set + 1, set, k * sizeof *set);
    set[0] = entry;
    return set;
}

static const struct text_entry *remember(struct texts *texts, struct text_entry *set, uint64_t id,
                                         const char *value, uint32_t length)
{
    char *copy = malloc((size_t)length + 1);
    if (!copy)
        return NULL;
    if (length > 0)
        memcpy(copy, value, length);
    copy[length] = '\0';

    struct text_entry *last = &set[N_WAYS - 1];
    texts->bytes += length;
    texts->bytes -= last->value ? last->length : 0;
    free(last->value);
    *last = (struct text_entry){.id = id, .length = length, .value = copy};
    return use(set, N_WAYS - 1);
}

const struct text_entry *texts_by_id(struct texts *texts, uint64_t id)
{
    struct text_entry *set = set_of_id(texts, id);
    for (size_t k = 0; k < N_WAYS; k++)
        if (set[k].id == id)
            return use(set, k);
    return NULL;
}

const struct text_entry *texts_remember_id(struct texts *texts, uint64_t id, const char *value,
                                           uint32_t length)
{
    return remember(texts, set_of_id(texts, id), id, value, length);
}

const struct text_entry *texts_by_value(struct texts *texts, const char *value, uint32_t length)
{
    struct text_entry *set = set_of_value(texts, value, length);
    for (size_t k = 0; k < N_WAYS; k++)
        if (set[k].id != 0 && set[k].length == length && memcmp(set[k].value, value, length) == 0)
            return use(set, k);
    return NULL;
}

const struct text_entry *texts_remember_value(struct texts *texts, uint64_t id, const char *value,
                                              uint32_t length)
{
    return remember(texts, set_of_value(texts, value, length), id, value, length);
}
