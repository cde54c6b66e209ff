// SPDX-License-Identifier: GPL-3.0-or-later
// An approval as JSON. There is one way to write each approval, and nothing else is read.
#include "base/json.h"
#include "base/text.h"
#include "policy/approval.h"

#include <errno.h>
#include <stddef.h>
#include <string.h>

#define JSON_MAX (32 * 1024) // seven texts in which every byte may be escaped, and some numbers

static const struct {
    const char *key;
    size_t offset;
} texts[] = {
    {"serial", offsetof(struct approval, serial)},
    {"port", offsetof(struct approval, port)},
    {"luks", offsetof(struct approval, luks)},
    {"reason", offsetof(struct approval, reason)},
    {"permit", offsetof(struct approval, permit)},
    {"approver", offsetof(struct approval, approver)},
    {"description", offsetof(struct approval, description)},
};

static char **text_field(const struct approval *approval, size_t i)
{
    return (char **)((char *)approval + texts[i].offset);
}

static int check_text(const char *text)
{
    CLEANUP_FREE char *raw = NULL;
    return strlen(text) > APPROVAL_TEXT_MAX ? -EINVAL : text_unescape(text, &raw, NULL);
}

// ---- Writing -----------------------------------------------------------------------------------
// Nanoseconds after 1970 and sequences stay in SQLite's and json-c's signed numbers.
static bool numbers_fit(const struct approval *approval)
{
    return approval->number <= INT64_MAX && approval->until_ns <= INT64_MAX &&
           approval->granted_ns <= INT64_MAX && approval->request <= INT64_MAX;
}

// Only what is looked at before it is opened can be told by what is on it.
static bool names_contents_soundly(const struct approval *approval)
{
    char uuid[UUID_TEXT_SIZE];
    return !approval->luks || (approval->encrypted && text_to_uuid(approval->luks, uuid) == 0 &&
                               text_equal(approval->luks, uuid));
}

static bool is_sound(const struct approval *approval)
{
    return !(approval->any_serial && approval->serial) && names_contents_soundly(approval);
}

static void add_identity(const struct approval *approval, json_object *object)
{
    char vendor[5], product[5], hash[DIGEST_TEXT_SIZE];
    snprintf(vendor, sizeof vendor, "%04x", approval->vendor);
    snprintf(product, sizeof product, "%04x", approval->product);
    json_add_text(object, "vendor", vendor);
    json_add_text(object, "product", product);
    if (approval->any_serial)
        json_add_bool(object, "any_serial", true);
    if (!approval->has_hash)
        return;
    text_hex(approval->hash, sizeof approval->hash, hash);
    json_add_text(object, "hash", hash);
}

int approval_to_object(const struct approval *approval, json_object **ret)
{
    CLEANUP_JSON json_object *object = json_object_new_object();
    if (!object)
        return -ENOMEM;
    if (!numbers_fit(approval) || !is_sound(approval))
        return -EINVAL;
    json_add_number(object, "number", approval->number);
    add_identity(approval, object);
    json_add_bool(object, "read_only", approval->read_only);
    json_add_bool(object, "encrypted", approval->encrypted);
    json_add_number(object, "until_ns", approval->until_ns);
    json_add_number(object, "approver_uid", approval->approver_uid);
    json_add_number(object, "granted_ns", approval->granted_ns);
    if (approval->request > 0)
        json_add_number(object, "request", approval->request);
    for (size_t i = 0; i < ELEMENTS(texts); i++) {
        const char *text = *text_field(approval, i);
        int r = text ? check_text(text) : 0;
        if (r < 0)
            return r;
        json_add_text(object, texts[i].key, text);
    }
    *ret = TAKE_PTR(object);
    return 0;
}

int approval_to_json(const struct approval *approval, char **ret)
{
    CLEANUP_JSON json_object *object = NULL;
    int r = approval_to_object(approval, &object);
    if (r < 0)
        return r;
    char *copy = text_dup(json_to_line(object));
    if (!copy)
        return -ENOMEM;
    *ret = copy;
    return 0;
}

// ---- Reading -----------------------------------------------------------------------------------
// Each take_x() counts the key that it took in *taken, so that an unknown one shows in the sum.
static int take_number(json_object *object, const char *key, uint64_t max, int *taken,
                       uint64_t *ret)
{
    json_object *value = json_get(object, key);
    if (!json_object_is_type(value, json_type_int))
        return -EBADMSG;
    int64_t number = json_object_get_int64(value);
    if (number < 0 || (uint64_t)number > max)
        return -EBADMSG;
    *ret = (uint64_t)number;
    (*taken)++;
    return 0;
}

static int take_bool(json_object *object, const char *key, int *taken, bool *ret)
{
    json_object *value = json_get(object, key);
    if (!json_object_is_type(value, json_type_boolean))
        return -EBADMSG;
    *ret = json_object_get_boolean(value);
    (*taken)++;
    return 0;
}

static int take_hex(json_object *object, const char *key, size_t length, int *taken, void *ret)
{
    const char *text = json_get_text(object, key);
    if (!text || text_unhex(text, length, ret) < 0)
        return -EBADMSG;
    (*taken)++;
    return 0;
}

static int take_id(json_object *object, const char *key, int *taken, uint16_t *ret)
{
    uint8_t id[2];
    int r = take_hex(object, key, sizeof id, taken, id);
    if (r == 0)
        *ret = (uint16_t)(id[0] << 8 | id[1]);
    return r;
}

static int take_text(json_object *object, const char *key, int *taken, char **ret)
{
    json_object *value = json_get(object, key);
    if (!value)
        return json_object_object_get_ex(object, key, NULL) ? -EBADMSG : 0; // null, or absent
    if (!json_object_is_type(value, json_type_string))
        return -EBADMSG;
    const char *text = json_object_get_string(value);
    if (strlen(text) != (size_t)json_object_get_string_len(value)) // \u0000
        return -EBADMSG;
    int r = check_text(text);
    if (r == 0)
        r = text_set(ret, text);
    if (r < 0)
        return r == -EINVAL ? -EBADMSG : r;
    (*taken)++;
    return 0;
}

static int take_identity(json_object *object, int *taken, struct approval *approval)
{
    int r = take_id(object, "vendor", taken, &approval->vendor);
    if (r == 0)
        r = take_id(object, "product", taken, &approval->product);
    if (r == 0 && json_object_object_get_ex(object, "any_serial", NULL))
        r = take_bool(object, "any_serial", taken, &approval->any_serial);
    if (r == 0 && json_object_object_get_ex(object, "hash", NULL)) {
        approval->has_hash = true;
        r = take_hex(object, "hash", sizeof approval->hash, taken, approval->hash);
    }
    return r;
}

static int take_terms(json_object *object, int *taken, struct approval *approval)
{
    uint64_t uid = 0;
    int r = take_number(object, "number", INT64_MAX, taken, &approval->number);
    if (r == 0)
        r = take_bool(object, "read_only", taken, &approval->read_only);
    if (r == 0)
        r = take_bool(object, "encrypted", taken, &approval->encrypted);
    if (r == 0)
        r = take_number(object, "until_ns", INT64_MAX, taken, &approval->until_ns);
    if (r == 0)
        r = take_number(object, "approver_uid", UINT32_MAX, taken, &uid);
    if (r == 0)
        r = take_number(object, "granted_ns", INT64_MAX, taken, &approval->granted_ns);
    if (r == 0 && json_object_object_get_ex(object, "request", NULL)) {
        r = take_number(object, "request", INT64_MAX, taken, &approval->request);
        if (r == 0 && approval->request == 0)
            r = -EBADMSG; // it is left out then
    }
    approval->approver_uid = (uint32_t)uid;
    return r;
}

int approval_from_object(json_object *object, struct approval **ret)
{
    CLEANUP(approval_free_p) struct approval *approval = calloc(1, sizeof *approval);
    int taken = 0;
    if (!approval)
        return -ENOMEM;
    if (!json_object_is_type(object, json_type_object))
        return -EBADMSG;
    int r = take_identity(object, &taken, approval);
    if (r == 0)
        r = take_terms(object, &taken, approval);
    for (size_t i = 0; r == 0 && i < ELEMENTS(texts); i++)
        r = take_text(object, texts[i].key, &taken, text_field(approval, i));
    if (r < 0)
        return r;
    if (taken != json_object_object_length(object) || !is_sound(approval))
        return -EBADMSG;
    *ret = TAKE_PTR(approval);
    return 0;
}

int approval_from_json(const char *json, struct approval **ret)
{
    CLEANUP(approval_free_p) struct approval *approval = NULL;
    CLEANUP_FREE char *again = NULL;
    size_t length = strnlen(json, JSON_MAX + 1);
    if (length > JSON_MAX)
        return -EBADMSG;
    CLEANUP_JSON json_object *object = json_parse(json, length, json_type_object);
    int r = object ? approval_from_object(object, &approval) : -EBADMSG;
    if (r == 0)
        r = approval_to_json(approval, &again);
    if (r < 0)
        return r;
    // json-c keeps the last of two equal keys and forgives spaces: only the text itself tells.
    if (strcmp(again, json) != 0)
        return -EBADMSG;
    *ret = TAKE_PTR(approval);
    return 0;
}
