// SPDX-License-Identifier: GPL-3.0-or-later
// The state of a trail as the texts of its checkpoint.
#include "trail/checkpoint.h"

#include "base/text.h"

#include <string.h>

static void add(json_object *array, json_object *value)
{
    if (!value || json_object_array_add(array, value) < 0)
        abort(); // as json_add()
}

static void add_number(json_object *array, uint64_t number)
{
    add(array, json_object_new_uint64(number));
}

static void add_text(json_object *array, const char *text)
{
    add(array, json_object_new_string(text ? text : ""));
}

static void add_hex(json_object *array, const uint8_t digest[DIGEST_SIZE])
{
    char hex[DIGEST_TEXT_SIZE];
    text_hex(digest, DIGEST_SIZE, hex);
    add_text(array, hex);
}

// From the latest event's, which is shorter. Not in what lasts, for it would be another each time.
static void add_time(json_object *array, const struct trail *trail, uint64_t wall_ns)
{
    add(array, json_object_new_int64((int64_t)wall_ns - (int64_t)trail->last_ns));
}

// A new array at the end of `list`; borrowed.
static json_object *add_array(json_object *list)
{
    json_object *array = json_object_new_array();
    add(list, array);
    return array;
}

// A new array below `key`; borrowed.
static json_object *begin_list(json_object *object, const char *key)
{
    json_object *list = json_object_new_array();
    json_add(object, key, list);
    return list;
}

static void put_stamp(json_object *array, const struct audit_stamp *stamp)
{
    add_number(array, stamp->wall_ns);
    add_number(array, stamp->serial);
}

static void put_file(json_object *object, const struct audit_place *place)
{
    json_object *array = begin_list(object, "n");
    add_number(array, place->device);
    add_number(array, place->inode);
    add_hex(array, place->head);
}

static void put_place(json_object *object, const struct audit_place *place)
{
    json_object *array = begin_list(object, "p");
    add_number(array, place->offset);
    add_hex(array, place->tail);
    put_stamp(array, &place->last);
}

static void put_deed(json_object *array, const struct trail *trail, const struct deed *deed)
{
    unsigned flags = (deed->refused ? DEED_REFUSED : 0) | (deed->replaced ? DEED_REPLACED : 0) |
                     (deed->folder ? DEED_FOLDER : 0) | (deed->medium ? DEED_MEDIUM : 0);
    add_text(array, fact_kind_to_str(deed->kind));
    add_number(array, flags | (unsigned)deed->way * DEED_WAY);
    add_number(array, deed->auid);
    add_number(array, deed->session);
    add_number(array, deed->pid);
    add_time(array, trail, deed->wall_ns);
    add_number(array, deed->inode);
    add_text(array, deed->exe);
    add_text(array, deed->object);
    add_text(array, deed->to);
}

static void put_folds(json_object *object, const struct trail *trail)
{
    const struct folds *folds = &trail->folds;
    if (folds->n_counting == 0)
        return;
    json_object *list = begin_list(object, "f");
    for (size_t i = 0; i < folds->n_counting; i++) {
        const struct fold *fold = folds->counting[i];
        json_object *array = add_array(list);
        if (fold->sequence)
            add_number(array, fold->sequence);
        else
            add(array, json_object_new_int64(-(int64_t)(trail->given + 1 - fold->ordinal)));
        add_time(array, trail, fold->end_ns);
        add_number(array, fold->count);
        add_time(array, trail, fold->first_ns);
        add_time(array, trail, fold->last_ns);
        add_number(array, fold->ended);
        put_deed(array, trail, &fold->deed);
    }
}

static void put_held(json_object *object, const struct trail *trail)
{
    const struct saves *saves = &trail->saves;
    if (saves->n_held == 0)
        return;
    json_object *list = begin_list(object, "h");
    for (size_t i = 0; i < saves->n_held; i++) {
        const struct held *held = &saves->held[i];
        json_object *array = add_array(list);
        add_number(array, held->created);
        add_time(array, trail, held->created ? held->created_ns : held->deed.wall_ns);
        put_deed(array, trail, &held->deed);
    }
}

static void put_creations(json_object *object, const struct trail *trail)
{
    const struct saves *saves = &trail->saves;
    if (saves->n_creations == 0)
        return;
    json_object *list = begin_list(object, "c");
    for (size_t i = 0; i < saves->n_creations; i++) {
        json_object *array = add_array(list);
        add_number(array, saves->creations[i].mark);
        add_time(array, trail, saves->creations[i].wall_ns);
    }
}

static void put_sessions(json_object *object, const struct trail *trail)
{
    const struct sessions *sessions = &trail->sessions;
    if (sessions->n == 0)
        return;
    json_object *list = begin_list(object, "s");
    for (size_t i = 0; i < sessions->n; i++) {
        const struct session *session = &sessions->items[i];
        json_object *array = add_array(list);
        add_number(array, session->session);
        add_number(array, session->auid);
        add_number(array, session->pid);
        add_number(array, session->opened_ns);
        add_number(array, session->serial);
        add_text(array, session->object);
        add_text(array, session->as);
    }
}

static void put_attempts(json_object *object, const struct trail *trail)
{
    const struct sessions *sessions = &trail->sessions;
    if (sessions->n_attempts == 0)
        return;
    json_object *list = begin_list(object, "a");
    for (size_t i = 0; i < sessions->n_attempts; i++) {
        const struct attempt *attempt = &sessions->attempts[i];
        json_object *array = add_array(list);
        add_number(array, attempt->pid);
        add_time(array, trail, attempt->wall_ns);
        add_number(array, attempt->mark);
        add_number(array, attempt->by_pam);
        add_number(array, attempt->by_program);
    }
}

int checkpoint_put_lasting(const struct trail *trail, const struct audit_place *place,
                           json_object **ret)
{
    CLEANUP_JSON json_object *object = NULL;
    int r = json_new(&object);
    if (r < 0)
        return r;
    json_add_number(object, "v", CHECKPOINT_VERSION);
    put_file(object, place);
    json_add_text(object, "b", trail->crossed ? trail->boot.boot : trail->older);
    put_sessions(object, trail);
    *ret = TAKE_PTR(object);
    return 0;
}

int checkpoint_put(const struct trail *trail, const struct audit_place *place, json_object **ret)
{
    CLEANUP_JSON json_object *object = NULL;
    int r = json_new(&object);
    if (r < 0)
        return r;
    put_place(object, place);
    if (trail->last_ns != place->last.wall_ns)
        json_add_number(object, "l", trail->last_ns);
    if (trail->ended_ns)
        json_add_number(object, "e", trail->ended_ns);
    if (trail->blind_ns)
        json_add_number(object, "x", trail->blind_ns);
    if (trail->seeing_ns)
        json_add_number(object, "y", trail->seeing_ns);
    if (trail->torn)
        json_add_bool(object, "t", true);
    put_folds(object, trail);
    put_held(object, trail);
    put_creations(object, trail);
    put_attempts(object, trail);
    *ret = TAKE_PTR(object);
    return 0;
}
