// SPDX-License-Identifier: GPL-3.0-or-later
// The note of a request as JSON.
#include "site/note.h"

#include "base/text.h"

#include <errno.h>
#include <string.h>

bool note_is_same_hardware(const struct note *a, const struct note *b)
{
    return memcmp(a->board, b->board, DIGEST_SIZE) == 0 &&
           memcmp(a->links, b->links, DIGEST_SIZE) == 0;
}

json_object *note_to_object(const struct note *note)
{
    json_object *object = json_object_new_object();
    json_add_text(object, "format", NOTE_FORMAT);
    json_add_text(object, "ledger", note->ledger);
    json_add_number(object, "key_epoch", note->key_epoch);
    json_add_hash(object, "key", note->key);
    json_add_number(object, "sequence", note->sequence);
    json_add_hash(object, "hash", note->hash);
    json_add_number(object, "epoch", note->epoch);
    json_add_number(object, "created_ns", note->created_ns);
    json_add_hash(object, "board", note->board);
    json_add_hash(object, "links", note->links);
    json_add_text(object, "tool", note->tool);
    return object;
}

static int take_tool(json_object *object, struct note *note)
{
    CLEANUP_FREE char *tool = NULL;
    int r = json_take_text(object, "tool", sizeof note->tool - 1, &tool);
    if (r == 0)
        text_copy(note->tool, sizeof note->tool, tool);
    return r;
}

static int take_all(json_object *object, struct note *note)
{
    int r = json_take_id(object, "ledger", note->ledger);
    if (r == 0)
        r = json_take_number(object, "key_epoch", &note->key_epoch);
    if (r == 0)
        r = json_take_hash(object, "key", note->key);
    if (r == 0)
        r = json_take_number(object, "sequence", &note->sequence);
    if (r == 0)
        r = json_take_hash(object, "hash", note->hash);
    if (r == 0)
        r = json_take_number(object, "epoch", &note->epoch);
    if (r == 0)
        r = json_take_number(object, "created_ns", &note->created_ns);
    if (r == 0)
        r = json_take_hash(object, "board", note->board);
    if (r == 0)
        r = json_take_hash(object, "links", note->links);
    return r < 0 ? r : take_tool(object, note);
}

// What is there beside it, or has another format, shows when it is written again.
int note_from_object(json_object *object, struct note *ret)
{
    struct note note = {0};
    int r = take_all(object, &note);
    if (r < 0)
        return r;
    CLEANUP_JSON json_object *again = note_to_object(&note);
    if (!json_is_same(object, again))
        return -EBADMSG;
    *ret = note;
    return 0;
}

int note_decode(const char *text, struct note *ret)
{
    CLEANUP_JSON json_object *object = json_parse_exact(text, NOTE_MAX);
    return object ? note_from_object(object, ret) : -EBADMSG;
}
