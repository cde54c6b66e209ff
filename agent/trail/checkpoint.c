// SPDX-License-Identifier: GPL-3.0-or-later
// A checkpoint's texts back into the state that they were made of. They come from a ledger that
// somebody may have written into: nothing that could not have been written is taken.
#include "trail/checkpoint.h"

#include "base/text.h"

#include <ctype.h>
#include <errno.h>
#include <string.h>

// An array, read from its beginning to its end.
struct taker {
    json_object *array;
    size_t at;
    uint64_t base_ns; // of the times in it
    int r;            // the first thing that was wrong
};

static json_object *take(struct taker *taker, json_type type)
{
    json_object *value = NULL;
    if (taker->r == 0 && taker->at < json_object_array_length(taker->array))
        value = json_object_array_get_idx(taker->array, taker->at++);
    if (taker->r == 0 && !json_object_is_type(value, type))
        taker->r = -EBADMSG;
    return taker->r == 0 ? value : NULL;
}

static uint64_t take_number(struct taker *taker, uint64_t max)
{
    json_object *value = take(taker, json_type_int);
    if (value && (json_object_get_int64(value) < 0 || json_object_get_uint64(value) > max))
        taker->r = -EBADMSG;
    return taker->r == 0 ? json_object_get_uint64(value) : 0;
}

static int64_t take_signed(struct taker *taker)
{
    json_object *value = take(taker, json_type_int);
    return value ? json_object_get_int64(value) : 0;
}

static uint64_t take_time(struct taker *taker)
{
    int64_t time, distance = take_signed(taker);
    if (taker->r == 0 &&
        (__builtin_add_overflow(distance, (int64_t)taker->base_ns, &time) || time < 0))
        taker->r = -EBADMSG;
    return taker->r == 0 ? (uint64_t)time : 0;
}

// "" is no text.
static void take_text(struct taker *taker, size_t max, char **ret)
{
    json_object *value = take(taker, json_type_string);
    const char *text = value ? json_object_get_string(value) : "";
    size_t length = value ? (size_t)json_object_get_string_len(value) : 0;
    if (length == 0)
        return;
    CLEANUP_FREE char *printable = length <= max ? text_printable(text) : NULL;
    if (length <= max && !printable)
        taker->r = -ENOMEM;
    else if (!printable || strlen(text) != length || strcmp(text, printable) != 0)
        taker->r = -EBADMSG;
    else
        *ret = TAKE_PTR(printable);
}

static void take_digest(struct taker *taker, uint8_t ret[DIGEST_SIZE])
{
    json_object *value = take(taker, json_type_string);
    if (value && text_unhex(json_object_get_string(value), DIGEST_SIZE, ret) < 0)
        taker->r = -EBADMSG;
}

static int finish(const struct taker *taker)
{
    if (taker->r == 0 && taker->at < json_object_array_length(taker->array))
        return -EBADMSG;
    return taker->r;
}

// ---- The place ----------------------------------------------------------------------------------

static void take_stamp(struct taker *taker, struct audit_stamp *ret)
{
    ret->wall_ns = take_number(taker, INT64_MAX);
    ret->serial = take_number(taker, INT64_MAX);
}

static int read_file(json_object *array, struct audit_place *place)
{
    struct taker taker = {.array = array};
    if (!json_object_is_type(array, json_type_array))
        return -EBADMSG;
    place->device = take_number(&taker, UINT64_MAX);
    place->inode = take_number(&taker, UINT64_MAX);
    take_digest(&taker, place->head);
    return finish(&taker);
}

static int read_offset(json_object *array, struct audit_place *place)
{
    struct taker taker = {.array = array};
    if (!json_object_is_type(array, json_type_array))
        return -EBADMSG;
    place->offset = take_number(&taker, INT64_MAX);
    take_digest(&taker, place->tail);
    take_stamp(&taker, &place->last);
    return finish(&taker);
}

static int read_place(json_object *details, struct audit_place **ret)
{
    CLEANUP(audit_place_free_p) struct audit_place *place = calloc(1, sizeof *place);
    if (!place)
        return -ENOMEM;
    int r = read_file(json_get(details, "n"), place);
    if (r == 0)
        r = read_offset(json_get(details, "p"), place);
    if (r == 0)
        *ret = TAKE_PTR(place);
    return r;
}

// ---- Deeds --------------------------------------------------------------------------------------

static void take_kind(struct taker *taker, enum fact_kind *ret)
{
    json_object *value = take(taker, json_type_string);
    if (!value)
        return;
    if (fact_kind_from_str(json_object_get_string(value), ret) < 0 ||
        (strcmp(fact_kind_object(*ret), "file") != 0 && *ret != FACT_MEDIUM_WRITTEN))
        taker->r = -EBADMSG;
}

static void take_flags(struct taker *taker, struct deed *deed)
{
    uint64_t flags = take_number(taker, DEED_FLAGS + (WAY_MAX - 1) * DEED_WAY);
    deed->refused = flags & DEED_REFUSED;
    deed->replaced = flags & DEED_REPLACED;
    deed->folder = flags & DEED_FOLDER;
    deed->medium = flags & DEED_MEDIUM;
    deed->way = (enum audit_way)(flags / DEED_WAY);
    if (taker->r == 0 && deed->way == WAY_NONE)
        taker->r = -EBADMSG;
}

static void take_deed(struct taker *taker, struct deed *deed)
{
    take_kind(taker, &deed->kind);
    take_flags(taker, deed);
    deed->auid = (uint32_t)take_number(taker, UINT32_MAX);
    deed->session = (uint32_t)take_number(taker, UINT32_MAX);
    deed->pid = (uint32_t)take_number(taker, UINT32_MAX);
    deed->wall_ns = take_time(taker);
    deed->inode = take_number(taker, UINT64_MAX);
    take_text(taker, DEED_TEXT_MAX, &deed->exe);
    take_text(taker, DEED_TEXT_MAX, &deed->object);
    take_text(taker, DEED_TEXT_MAX, &deed->to);
    if (taker->r == 0 && (!deed->object || !deed_can_be_kept(deed)))
        taker->r = -EBADMSG;
}

// ---- The lists ----------------------------------------------------------------------------------

struct reader {
    struct trail *trail;
    uint64_t sequence; // of the checkpoint's row
};

// Sequence of a row that is named by it, or by how far before the checkpoint it stands; 0: neither.
static uint64_t take_reference(struct taker *taker, uint64_t checkpoint)
{
    int64_t reference = take_signed(taker);
    if (reference > 0 && (uint64_t)reference < checkpoint)
        return (uint64_t)reference;
    if (reference < 0 && reference > -INT64_MAX && (uint64_t)-reference < checkpoint)
        return checkpoint - (uint64_t)-reference;
    return 0;
}

static int read_fold(const struct reader *reader, struct taker *taker)
{
    struct fold *fold = calloc(1, sizeof *fold);
    if (!fold)
        return -ENOMEM;
    fold->sequence = take_reference(taker, reader->sequence);
    fold->end_ns = take_time(taker);
    fold->count = take_number(taker, INT64_MAX);
    fold->first_ns = take_time(taker);
    fold->last_ns = take_time(taker);
    fold->ended = take_number(taker, 1);
    take_deed(taker, &fold->deed);
    int r = finish(taker);
    if (r == 0 && (fold->sequence == 0 || fold->count == 0 || fold->first_ns > fold->last_ns ||
                   fold->end_ns < fold->deed.wall_ns))
        r = -EBADMSG;
    if (r == 0) {
        folds_put_back(reader->trail, fold);
        return 0;
    }
    deed_clear(&fold->deed);
    free(fold);
    return r;
}

static int read_held(const struct reader *reader, struct taker *taker)
{
    struct saves *saves = &reader->trail->saves;
    struct held *held = &saves->held[saves->n_held++];
    *held = (struct held){0};
    held->created = take_number(taker, 1);
    held->created_ns = take_time(taker);
    take_deed(taker, &held->deed);
    if (taker->r == 0 && (held->deed.kind != FACT_FILE_RENAMED || !held->deed.to))
        return -EBADMSG;
    return finish(taker);
}

static int read_creation(const struct reader *reader, struct taker *taker)
{
    struct saves *saves = &reader->trail->saves;
    struct creation *creation = &saves->creations[saves->n_creations++];
    creation->mark = take_number(taker, INT64_MAX);
    creation->wall_ns = take_time(taker);
    return finish(taker);
}

static int read_session(const struct reader *reader, struct taker *taker)
{
    struct sessions *sessions = &reader->trail->sessions;
    struct session *session = &sessions->items[sessions->n++];
    *session = (struct session){0};
    session->session = (uint32_t)take_number(taker, UINT32_MAX);
    session->auid = (uint32_t)take_number(taker, UINT32_MAX);
    session->pid = (uint32_t)take_number(taker, UINT32_MAX);
    session->opened_ns = take_number(taker, INT64_MAX);
    session->serial = take_number(taker, INT64_MAX);
    take_text(taker, SESSION_TEXT_MAX, &session->object);
    take_text(taker, SESSION_TEXT_MAX, &session->as);
    if (taker->r == 0 && !session->object)
        return -EBADMSG;
    return finish(taker);
}

static int read_attempt(const struct reader *reader, struct taker *taker)
{
    struct sessions *sessions = &reader->trail->sessions;
    struct attempt *attempt = &sessions->attempts[sessions->n_attempts++];
    attempt->pid = (uint32_t)take_number(taker, UINT32_MAX);
    attempt->wall_ns = take_time(taker);
    attempt->mark = take_number(taker, INT64_MAX);
    attempt->by_pam = take_number(taker, 1);
    attempt->by_program = take_number(taker, 1);
    return finish(taker);
}

static int read_list(const struct reader *reader, json_object *list, size_t max,
                     int (*read)(const struct reader *reader, struct taker *taker))
{
    if (!list)
        return 0;
    if (!json_object_is_type(list, json_type_array) || json_object_array_length(list) == 0 ||
        json_object_array_length(list) > max)
        return -EBADMSG;
    int r = 0;
    for (size_t i = 0; i < json_object_array_length(list) && r == 0; i++) {
        struct taker taker = {.array = json_object_array_get_idx(list, i),
                              .base_ns = reader->trail->last_ns};
        r = json_object_is_type(taker.array, json_type_array) ? read(reader, &taker) : -EBADMSG;
    }
    return r;
}

static int read_lists(const struct reader *reader, json_object *details)
{
    static const struct {
        const char *key;
        size_t max;
        int (*read)(const struct reader *reader, struct taker *taker);
    } lists[] = {
        {"f", FOLDS_COUNTING_MAX, read_fold}, {"h", HELD_MAX, read_held},
        {"c", CREATIONS_MAX, read_creation},  {"s", SESSIONS_MAX, read_session},
        {"a", ATTEMPTS_MAX, read_attempt},
    };
    int r = 0;
    for (size_t i = 0; i < ELEMENTS(lists) && r == 0; i++)
        r = read_list(reader, json_get(details, lists[i].key), lists[i].max, lists[i].read);
    return r;
}

// ---- The whole ----------------------------------------------------------------------------------

static int read_boot(json_object *details, char ret[BOOT_ID_SIZE])
{
    const char *id = json_get_text(details, "b");
    if (!id || strlen(id) != BOOT_ID_SIZE - 1)
        return -EBADMSG;
    for (const char *p = id; *p; p++)
        if (!isxdigit((unsigned char)*p))
            return -EBADMSG;
    memcpy(ret, id, BOOT_ID_SIZE);
    return 0;
}

static int read_time(json_object *details, const char *key, uint64_t *ret)
{
    json_object *value = json_get(details, key);
    if (value && (!json_object_is_type(value, json_type_int) || json_object_get_int64(value) < 0 ||
                  json_object_get_uint64(value) > INT64_MAX))
        return -EBADMSG;
    *ret = json_get_number(details, key);
    return 0;
}

static int read_all(const struct reader *reader, json_object *details, struct audit_place **ret)
{
    struct trail *trail = reader->trail;
    CLEANUP(audit_place_free_p) struct audit_place *place = NULL;
    if (json_get_number(details, "v") != CHECKPOINT_VERSION)
        return -EBADMSG;
    int r = read_place(details, &place);
    if (r == 0)
        r = read_boot(details, trail->older);
    if (r == 0 && json_get(details, "l"))
        r = read_time(details, "l", &trail->last_ns);
    else if (r == 0)
        trail->last_ns = place->last.wall_ns;
    if (r == 0)
        r = read_time(details, "e", &trail->ended_ns);
    if (r == 0)
        r = read_time(details, "x", &trail->blind_ns);
    if (r == 0)
        r = read_time(details, "y", &trail->seeing_ns);
    if (r == 0)
        r = read_lists(reader, details);
    if (r < 0)
        return r;
    trail->torn = json_get_bool(details, "t");
    *ret = TAKE_PTR(place);
    return 0;
}

int trail_checkpoint_parse(const char *object, const char *details, json_object **ret)
{
    CLEANUP_JSON json_object *whole =
        details ? json_parse(details, strlen(details), json_type_object) : NULL;
    CLEANUP_JSON json_object *lasting =
        object ? json_parse(object, strlen(object), json_type_object) : NULL;
    if (!whole || !lasting)
        return -EBADMSG;
    json_object_object_foreach(lasting, key, value) json_add(whole, key, json_object_get(value));
    *ret = TAKE_PTR(whole);
    return 0;
}

int trail_restore(struct trail *trail, json_object *details, uint64_t sequence,
                  struct audit_place **ret_place)
{
    const struct reader reader = {trail, sequence};
    trail_reset(trail);
    int r = read_all(&reader, details, ret_place);
    if (r < 0)
        trail_reset(trail);
    trail_compare_boots(trail);
    return r;
}
