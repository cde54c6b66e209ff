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
    return r < 0 ? r : json_to_text(object, ret);
}

// ---- Reading -----------------------------------------------------------------------------------
// What is missing or of another type is left as it is: it shows when the approval is written again.

static int read_id(json_object *object, const char *key, uint16_t *ret)
{
    const char *text = json_get_text(object, key);
    uint8_t id[2];
    if (!text || text_unhex(text, sizeof id, id) < 0)
        return -EBADMSG;
    *ret = (uint16_t)(id[0] << 8 | id[1]);
    return 0;
}

static int read_identity(json_object *object, struct approval *approval)
{
    const char *hash = json_get_text(object, "hash");
    int r = read_id(object, "vendor", &approval->vendor);
    if (r == 0)
        r = read_id(object, "product", &approval->product);
    if (r < 0)
        return r;
    approval->any_serial = json_get_bool(object, "any_serial");
    approval->has_hash = hash != NULL;
    if (hash && text_unhex(hash, sizeof approval->hash, approval->hash) < 0)
        return -EBADMSG;
    return 0;
}

static void read_terms(json_object *object, struct approval *approval)
{
    approval->number = json_get_number(object, "number");
    approval->read_only = json_get_bool(object, "read_only");
    approval->encrypted = json_get_bool(object, "encrypted");
    approval->until_ns = json_get_number(object, "until_ns");
    approval->approver_uid = (uint32_t)json_get_number(object, "approver_uid");
    approval->granted_ns = json_get_number(object, "granted_ns");
    approval->request = json_get_number(object, "request");
}

int approval_from_object(json_object *object, struct approval **ret)
{
    CLEANUP(approval_free_p) struct approval *approval = calloc(1, sizeof *approval);
    CLEANUP_JSON json_object *again = NULL;
    if (!approval)
        return -ENOMEM;
    int r = read_identity(object, approval);
    if (r < 0)
        return r;
    read_terms(object, approval);
    for (size_t i = 0; r == 0 && i < ELEMENTS(texts); i++)
        r = text_set(text_field(approval, i), json_get_text(object, texts[i].key));
    if (r == 0)
        r = approval_to_object(approval, &again);
    if (r < 0)
        return r == -EINVAL ? -EBADMSG : r;
    if (!json_is_same(again, object))
        return -EBADMSG;
    *ret = TAKE_PTR(approval);
    return 0;
}

int approval_from_json(const char *json, struct approval **ret)
{
    CLEANUP_JSON json_object *object = json_parse_exact(json, JSON_MAX);
    return object ? approval_from_object(object, ret) : -EBADMSG;
}
