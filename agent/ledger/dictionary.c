// SPDX-License-Identifier: GPL-3.0-or-later
// One statement, and a few slots a column: a number has one slot only.
#include "ledger/dictionary.h"

#include "ledger/reader.h"

#include <assert.h>
#include <errno.h>
#include <string.h>

int dictionary_new(sqlite3 *db, struct dictionary **ret)
{
    CLEANUP(dictionary_free_p) struct dictionary *dictionary = calloc(1, sizeof *dictionary);
    if (!dictionary)
        return -ENOMEM;
    int rc =
        sqlite3_prepare_v2(db, "SELECT value FROM text WHERE id = ?", -1, &dictionary->find, NULL);
    if (rc != SQLITE_OK)
        return reader_errno(rc);
    *ret = TAKE_PTR(dictionary);
    return 0;
}

void dictionary_free(struct dictionary *dictionary)
{
    if (!dictionary)
        return;
    for (size_t c = 0; c < DICTIONARY_COLUMNS; c++)
        for (size_t i = 0; i < DICTIONARY_SLOTS; i++)
            free(dictionary->slots[c][i].value);
    (void)sqlite3_finalize(dictionary->find);
    free(dictionary);
}

static int look_up(struct dictionary *dictionary, sqlite3_int64 id, char **ret)
{
    int rc = sqlite3_bind_int64(dictionary->find, 1, id), r = 0;
    char *value = NULL;
    if (rc == SQLITE_OK)
        rc = sqlite3_step(dictionary->find);
    if (rc == SQLITE_ROW) {
        const char *text = (const char *)sqlite3_column_text(dictionary->find, 0);
        value = text ? strdup(text) : NULL;
        r = value ? 0 : -ENOMEM;
    } else {
        r = reader_errno(rc);
    }
    (void)sqlite3_reset(dictionary->find);
    if (r < 0)
        return r;
    *ret = value;
    return 0;
}

int dictionary_find(struct dictionary *dictionary, unsigned column, sqlite3_int64 id, char **ret)
{
    assert(column < DICTIONARY_COLUMNS);
    struct dictionary_slot *slot =
        &dictionary->slots[column][(sqlite3_uint64)id & (DICTIONARY_SLOTS - 1)];
    if (slot->id != id) {
        char *value;
        int r = look_up(dictionary, id, &value);
        if (r < 0)
            return r;
        free(slot->value);
        *slot = (struct dictionary_slot){id, value};
    }
    *ret = slot->value;
    return 0;
}
