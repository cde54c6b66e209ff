// SPDX-License-Identifier: GPL-3.0-or-later
// Openings and seals as JSON, and the seal's signature.
#include "ledger/seal.h"

#include "base/bytes.h"
#include "base/json.h"
#include "base/text.h"

#include <errno.h>
#include <string.h>

#define SEAL_TAG "sekisho seal 1" // with its NUL: 15 bytes
#define MESSAGE_SIZE (sizeof SEAL_TAG + LEDGER_ID_SIZE + 8 + 8 + DIGEST_SIZE + 8 + ED25519_KEY_SIZE)
#define JSON_MAX 4096 // an opening with the longest host, escaped, is shorter

// ---- Writing -----------------------------------------------------------------------------------

static int add(json_object *object, const char *key, json_object *value)
{
    return value && json_object_object_add(object, key, value) == 0 ? 0 : -ENOMEM;
}

static int add_number(json_object *object, const char *key, uint64_t value)
{
    return add(object, key, json_object_new_uint64(value));
}

static int add_text(json_object *object, const char *key, const char *value)
{
    return add(object, key, json_object_new_string(value));
}

static int add_hex(json_object *object, const char *key, const uint8_t *data, size_t length)
{
    char hex[2 * ED25519_SIGNATURE_SIZE + 1];
    text_hex(data, length, hex);
    return add_text(object, key, hex);
}

static int to_text(json_object *object, char **ret)
{
    return json_to_text(object, ret);
}

int opening_to_json(const struct opening *o, char **ret)
{
    CLEANUP(json_put_p) json_object *object = json_object_new_object();
    if (!object || add_number(object, "format", 1) < 0 || add_text(object, "month", o->month) < 0 ||
        add_text(object, "host", o->host) < 0 ||
        add_hex(object, "ledger", o->ledger, LEDGER_ID_SIZE) < 0 ||
        add_hex(object, "previous_head", o->previous_head, DIGEST_SIZE) < 0 ||
        add_number(object, "previous_sequence", o->previous_sequence) < 0 ||
        add_number(object, "epoch", o->epoch) < 0 ||
        add_hex(object, "public_key", o->public_key, ED25519_KEY_SIZE) < 0)
        return -ENOMEM;
    return to_text(object, ret);
}

int seal_to_json(const struct seal *seal, char **ret)
{
    CLEANUP(json_put_p) json_object *object = json_object_new_object();
    if (!object || add_number(object, "epoch", seal->epoch) < 0 ||
        add_number(object, "covers", seal->covers) < 0 ||
        add_hex(object, "head", seal->head, DIGEST_SIZE) < 0 ||
        add_hex(object, "next_key", seal->next_key, ED25519_KEY_SIZE) < 0 ||
        add_hex(object, "signature", seal->signature, ED25519_SIGNATURE_SIZE) < 0 ||
        add_text(object, "reason", seal->reason) < 0)
        return -ENOMEM;
    return to_text(object, ret);
}

// ---- Reading -----------------------------------------------------------------------------------
// The readers are lenient about types: what was read is written again and must give the same text.

static json_object *parse(const char *text)
{
    size_t length = strlen(text);
    if (length > JSON_MAX)
        return NULL;
    struct json_tokener *tokener = json_tokener_new_ex(4);
    if (!tokener)
        return NULL;
    json_object *object = json_tokener_parse_ex(tokener, text, (int)length);
    json_tokener_free(tokener);
    if (object && !json_object_is_type(object, json_type_object)) {
        json_object_put(object);
        return NULL;
    }
    return object;
}

static uint64_t get_number(json_object *object, const char *key)
{
    return json_object_get_uint64(json_object_object_get(object, key));
}

static int get_text(json_object *object, const char *key, char *ret, size_t size)
{
    const char *text = json_object_get_string(json_object_object_get(object, key));
    if (!text || strlen(text) >= size)
        return -EBADMSG;
    text_copy(ret, size, text);
    return 0;
}

static int get_hex(json_object *object, const char *key, uint8_t *ret, size_t length)
{
    const char *text = json_object_get_string(json_object_object_get(object, key));
    return text && text_unhex(text, length, ret) == 0 ? 0 : -EBADMSG;
}

// A control character would have been escaped by whoever wrote the name.
static bool has_control(const char *text)
{
    for (const unsigned char *p = (const unsigned char *)text; *p; p++)
        if (*p < 0x20 || *p == 0x7F || (*p == 0xC2 && p[1] < 0xA0)) // U+0080 to U+009F
            return true;
    return false;
}

static bool is_month(const char *text)
{
    uint64_t begin, end;
    return moment_month_range(text, &begin, &end) == 0;
}

int opening_from_json(const char *text, struct opening *ret)
{
    CLEANUP(json_put_p) json_object *object = parse(text);
    struct opening o = {0};
    if (!object || get_text(object, "month", o.month, sizeof o.month) < 0 ||
        get_text(object, "host", o.host, sizeof o.host) < 0 ||
        get_hex(object, "ledger", o.ledger, LEDGER_ID_SIZE) < 0 ||
        get_hex(object, "previous_head", o.previous_head, DIGEST_SIZE) < 0 ||
        get_hex(object, "public_key", o.public_key, ED25519_KEY_SIZE) < 0)
        return -EBADMSG;
    o.previous_sequence = get_number(object, "previous_sequence");
    o.epoch = get_number(object, "epoch");

    CLEANUP_FREE char *again = NULL;
    int r = opening_to_json(&o, &again);
    if (r < 0)
        return r;
    if (!text_equal(again, text) || !is_month(o.month) || has_control(o.host) ||
        o.previous_sequence > INT64_MAX || o.epoch > INT64_MAX)
        return -EBADMSG;
    *ret = o;
    return 0;
}

int seal_from_json(const char *text, struct seal *ret)
{
    CLEANUP(json_put_p) json_object *object = parse(text);
    struct seal s = {0};
    if (!object || get_hex(object, "head", s.head, DIGEST_SIZE) < 0 ||
        get_hex(object, "next_key", s.next_key, ED25519_KEY_SIZE) < 0 ||
        get_hex(object, "signature", s.signature, ED25519_SIGNATURE_SIZE) < 0 ||
        get_text(object, "reason", s.reason, sizeof s.reason) < 0)
        return -EBADMSG;
    s.epoch = get_number(object, "epoch");
    s.covers = get_number(object, "covers");

    CLEANUP_FREE char *again = NULL;
    int r = seal_to_json(&s, &again);
    if (r < 0)
        return r;
    if (!text_equal(again, text) || !seal_is_reason(s.reason) || s.epoch > INT64_MAX ||
        s.covers > INT64_MAX)
        return -EBADMSG;
    *ret = s;
    return 0;
}

bool seal_is_reason(const char *text)
{
    size_t length = strlen(text);
    return length > 0 && length < SEAL_REASON_SIZE &&
           strspn(text, "abcdefghijklmnopqrstuvwxyz-") == length;
}

// ---- Signature ---------------------------------------------------------------------------------

static uint8_t *put(uint8_t *p, const void *data, size_t length)
{
    memcpy(p, data, length);
    return p + length;
}

static void make_message(const struct seal *seal, const uint8_t ledger[LEDGER_ID_SIZE],
                         uint64_t wall_ns, uint8_t ret[MESSAGE_SIZE])
{
    uint8_t *p = put(ret, SEAL_TAG, sizeof SEAL_TAG);
    p = put(p, ledger, LEDGER_ID_SIZE);
    p = bytes_put_u64(p, seal->epoch);
    p = bytes_put_u64(p, seal->covers);
    p = put(p, seal->head, DIGEST_SIZE);
    p = bytes_put_u64(p, wall_ns);
    (void)put(p, seal->next_key, ED25519_KEY_SIZE);
}

int seal_sign(struct seal *seal, const uint8_t ledger[LEDGER_ID_SIZE], uint64_t wall_ns,
              const uint8_t private_key[ED25519_KEY_SIZE])
{
    uint8_t message[MESSAGE_SIZE];
    make_message(seal, ledger, wall_ns, message);
    return ed25519_sign(private_key, message, sizeof message, seal->signature);
}

int seal_check(const struct seal *seal, const uint8_t ledger[LEDGER_ID_SIZE], uint64_t wall_ns,
               const uint8_t public_key[ED25519_KEY_SIZE])
{
    uint8_t message[MESSAGE_SIZE];
    make_message(seal, ledger, wall_ns, message);
    return ed25519_check(public_key, message, sizeof message, seal->signature);
}
