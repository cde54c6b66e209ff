// SPDX-License-Identifier: GPL-3.0-or-later
// Audit events and places as frames on a pipe. There is one way to write each.
#include "base/bytes.h"
#include "base/text.h"
#include "fact/audit_event.h"
#include "fact/audit_place.h"

#include <errno.h>
#include <stdbool.h>
#include <string.h>

enum frame_type { FRAME_EVENT = 1, FRAME_PLACE = 2 };
enum frame_flag { FLAG_REPLACED = 1, FLAG_FOLDER = 2, FLAG_BY_PROGRAM = 4, FLAG_ALL = 7 };

#define HEAD_SIZE 5 // u32 length, u8 type
#define TEXT_NONE UINT32_MAX

// ---- Writing ----------------------------------------------------------------------------------

struct writer {
    uint8_t *data; // of AUDIT_FRAME_MAX bytes
    size_t length;
    bool overflow;
};

static void put(struct writer *writer, const void *data, size_t length)
{
    if (length > AUDIT_FRAME_MAX - writer->length) {
        writer->overflow = true;
        return;
    }
    memcpy(writer->data + writer->length, data, length);
    writer->length += length;
}

static void put_u32(struct writer *writer, uint32_t value)
{
    uint8_t bytes[4];
    (void)bytes_put_u32(bytes, value);
    put(writer, bytes, sizeof bytes);
}

static void put_u64(struct writer *writer, uint64_t value)
{
    uint8_t bytes[8];
    (void)bytes_put_u64(bytes, value);
    put(writer, bytes, sizeof bytes);
}

static void put_text(struct writer *writer, const char *text)
{
    size_t length = text ? strlen(text) : 0;
    if (length > AUDIT_FRAME_MAX) {
        writer->overflow = true;
        return;
    }
    put_u32(writer, text ? (uint32_t)length : TEXT_NONE);
    put(writer, text ? text : "", length);
}

static void put_path(struct writer *writer, const struct audit_path *path)
{
    put_text(writer, path->text);
    put_u32(writer, path->way);
    put_u64(writer, path->inode);
    put_u64(writer, path->device);
}

static void begin(struct writer *writer, enum frame_type type)
{
    uint8_t byte = (uint8_t)type;
    put_u32(writer, 0);
    put(writer, &byte, 1);
}

static int finish(struct writer *writer, char **buffer, size_t *length)
{
    if (writer->overflow)
        return -EMSGSIZE;
    (void)bytes_put_u32(writer->data, (uint32_t)(writer->length - 4));
    char *grown = realloc(*buffer, *length + writer->length);
    if (!grown)
        return -ENOMEM;
    memcpy(grown + *length, writer->data, writer->length);
    *buffer = grown;
    *length += writer->length;
    return 0;
}

int audit_frame_put_event(const struct audit_event *event, char **buffer, size_t *length)
{
    static uint8_t scratch[AUDIT_FRAME_MAX]; // the reader has one thread
    struct writer writer = {.data = scratch};
    begin(&writer, FRAME_EVENT);
    put_u32(&writer, event->act);
    put_u64(&writer, event->wall_ns);
    put_u64(&writer, event->serial);
    put_u32(&writer, event->auid);
    put_u32(&writer, event->uid);
    put_u32(&writer, event->session);
    put_u32(&writer, event->pid);
    put_u32(&writer, (uint32_t)event->error);
    put_u32(&writer, (event->replaced ? FLAG_REPLACED : 0) | (event->folder ? FLAG_FOLDER : 0) |
                         (event->by_program ? FLAG_BY_PROGRAM : 0));
    put_u32(&writer, event->missing);
    put_text(&writer, event->key);
    put_text(&writer, event->exe);
    put_path(&writer, &event->path);
    put_path(&writer, &event->to);
    put_text(&writer, event->account);
    put_text(&writer, event->service);
    put_text(&writer, event->terminal);
    put_text(&writer, event->address);
    return finish(&writer, buffer, length);
}

static void put_stamp(struct writer *writer, const struct audit_stamp *stamp)
{
    put_u64(writer, stamp->wall_ns);
    put_u64(writer, stamp->serial);
}

int audit_frame_put_place(const struct audit_place *place, char **buffer, size_t *length)
{
    static uint8_t scratch[AUDIT_FRAME_MAX];
    struct writer writer = {.data = scratch};
    begin(&writer, FRAME_PLACE);
    put_u64(&writer, place->offset);
    put_stamp(&writer, &place->last);
    return finish(&writer, buffer, length);
}

// ---- Reading ----------------------------------------------------------------------------------

struct taker {
    const uint8_t *data;
    size_t left;
    int r; // the first thing that was wrong
};

static const uint8_t *take(struct taker *taker, size_t length)
{
    if (taker->r == 0 && length > taker->left)
        taker->r = -EBADMSG;
    if (taker->r < 0)
        return NULL;
    const uint8_t *data = taker->data;
    taker->data += length;
    taker->left -= length;
    return data;
}

static uint32_t take_u32(struct taker *taker)
{
    const uint8_t *p = take(taker, 4);
    return p ? bytes_get_u32(p) : 0;
}

static uint64_t take_u64(struct taker *taker)
{
    const uint8_t *p = take(taker, 8);
    return p ? bytes_get_u64(p) : 0;
}

static bool is_clean(const char *text)
{
    CLEANUP_FREE char *printable = text_printable(text);
    return printable && strcmp(printable, text) == 0;
}

static void take_text(struct taker *taker, char **ret)
{
    uint32_t length = take_u32(taker);
    if (taker->r < 0 || length == TEXT_NONE)
        return;
    const uint8_t *data = take(taker, length);
    if (!data)
        return;
    char *text = strndup((const char *)data, length);
    if (!text) {
        taker->r = -ENOMEM;
        return;
    }
    *ret = text;
    if (strlen(text) != length || !is_clean(text))
        taker->r = -EBADMSG;
}

static void take_path(struct taker *taker, struct audit_path *ret)
{
    take_text(taker, &ret->text);
    uint32_t way = take_u32(taker);
    ret->inode = take_u64(taker);
    ret->device = take_u64(taker);
    if (taker->r == 0 && way >= WAY_MAX)
        taker->r = -EBADMSG;
    if (taker->r == 0)
        ret->way = (enum audit_way)way;
}

static void take_fields(struct taker *taker, struct audit_event *event)
{
    uint32_t act = take_u32(taker);
    event->wall_ns = take_u64(taker);
    event->serial = take_u64(taker);
    event->auid = take_u32(taker);
    event->uid = take_u32(taker);
    event->session = take_u32(taker);
    event->pid = take_u32(taker);
    event->error = (int32_t)take_u32(taker);
    uint32_t flags = take_u32(taker);
    event->missing = take_u32(taker);
    take_text(taker, &event->key);
    take_text(taker, &event->exe);
    take_path(taker, &event->path);
    take_path(taker, &event->to);
    take_text(taker, &event->account);
    take_text(taker, &event->service);
    take_text(taker, &event->terminal);
    take_text(taker, &event->address);
    if (taker->r == 0 && (act >= ACT_MAX || flags > FLAG_ALL || taker->left > 0 ||
                          event->wall_ns > INT64_MAX || event->serial > INT64_MAX))
        taker->r = -EBADMSG;
    if (taker->r < 0)
        return;
    event->act = (enum audit_act)act;
    event->replaced = flags & FLAG_REPLACED;
    event->folder = flags & FLAG_FOLDER;
    event->by_program = flags & FLAG_BY_PROGRAM;
}

static int take_event(struct taker *taker, struct audit_event **ret)
{
    CLEANUP(audit_event_free_p) struct audit_event *event = calloc(1, sizeof *event);
    if (!event)
        return -ENOMEM;
    take_fields(taker, event);
    if (taker->r < 0)
        return taker->r;
    *ret = TAKE_PTR(event);
    return 0;
}

static void take_stamp(struct taker *taker, struct audit_stamp *ret)
{
    ret->wall_ns = take_u64(taker);
    ret->serial = take_u64(taker);
    if (taker->r == 0 && (ret->wall_ns > INT64_MAX || ret->serial > INT64_MAX))
        taker->r = -EBADMSG;
}

static int take_place(struct taker *taker, struct audit_place **ret)
{
    CLEANUP(audit_place_free_p) struct audit_place *place = calloc(1, sizeof *place);
    if (!place)
        return -ENOMEM;
    place->offset = take_u64(taker);
    take_stamp(taker, &place->last);
    if (taker->r == 0 && (place->offset > INT64_MAX || taker->left > 0))
        taker->r = -EBADMSG;
    if (taker->r < 0)
        return taker->r;
    *ret = TAKE_PTR(place);
    return 0;
}

int audit_frame_take(const void *data, size_t length, struct audit_event **ret_event,
                     struct audit_place **ret_place)
{
    if (length < HEAD_SIZE)
        return 0;
    uint32_t rest = bytes_get_u32(data);
    if (rest < 1 || rest > AUDIT_FRAME_MAX - 4)
        return -EBADMSG;
    if (length < 4 + (size_t)rest)
        return 0;
    uint8_t type = ((const uint8_t *)data)[4];
    struct taker taker = {.data = (const uint8_t *)data + HEAD_SIZE, .left = rest - 1};
    int r = type == FRAME_EVENT   ? take_event(&taker, ret_event)
            : type == FRAME_PLACE ? take_place(&taker, ret_place)
                                  : -EBADMSG;
    return r < 0 ? r : (int)(rest + 4);
}
