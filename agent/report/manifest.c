// SPDX-License-Identifier: GPL-3.0-or-later
// The manifest as JSON. What comes back from a stick is foreign: every key is looked at.
#include "report/manifest.h"

#include "base/file.h"
#include "base/json.h"
#include "base/text.h"

#include <assert.h>
#include <errno.h>
#include <string.h>

#define MANIFEST_MAX (64u << 10)
#define TEXT_MAX 255
#define N_KEYS 15

void manifest_clear(struct manifest *manifest)
{
    free(manifest->host);
    free(manifest->time_zone);
    free(manifest->tool);
    memset(manifest, 0, sizeof *manifest);
}

void manifest_name_part(enum manifest_part part, const char *month, char ret[32])
{
    static const char *const formats[] = {
        [MANIFEST_CSV] = "events.csv", [MANIFEST_JSONL] = "events.jsonl"};
    assert(part < MANIFEST_PART_MAX);
    if (part == MANIFEST_LEDGER)
        (void)snprintf(ret, 32, "%s.db", month);
    else
        (void)snprintf(ret, 32, "%s", formats[part]);
}

// ---- Writing -----------------------------------------------------------------------------------

static void add_hash(json_object *object, const char *key, const uint8_t hash[DIGEST_SIZE])
{
    char hex[DIGEST_TEXT_SIZE];
    text_hex(hash, DIGEST_SIZE, hex);
    json_add_text(object, key, hex);
}

static json_object *list_files(const struct manifest *manifest)
{
    json_object *list = json_object_new_array();
    for (size_t i = 0; i < MANIFEST_PART_MAX; i++) {
        json_object *file = json_object_new_object();
        json_add_text(file, "name", manifest->files[i].name);
        json_add_number(file, "size", manifest->files[i].size);
        add_hash(file, "sha256", manifest->files[i].sha256);
        if (!list || json_object_array_add(list, file) < 0)
            abort(); // lack of memory, as in base/json.c
    }
    return list;
}

int manifest_encode(const struct manifest *manifest, char **ret_text)
{
    CLEANUP_JSON json_object *object = json_object_new_object();
    if (!object)
        return -ENOMEM;
    json_add_text(object, "format", MANIFEST_FORMAT);
    json_add_text(object, "tool", manifest->tool);
    json_add_text(object, "host", manifest->host);
    json_add_text(object, "ledger", manifest->ledger);
    json_add_text(object, "month", manifest->month);
    json_add_bool(object, "partial", manifest->partial);
    json_add_text(object, "time_zone", manifest->time_zone);
    char created[40];
    moment_to_utc(manifest->created_ns, created);
    json_add_text(object, "created", created);
    json_add_number(object, "created_ns", manifest->created_ns);
    json_add_number(object, "rows", manifest->rows);
    json_add_number(object, "first", manifest->first);
    json_add_number(object, "last", manifest->last);
    json_add_number(object, "epoch", manifest->epoch);
    add_hash(object, "head", manifest->head);
    json_add(object, "files", list_files(manifest));
    CLEANUP_FREE char *text = text_format(
        "%s\n",
        json_object_to_json_string_ext(object, JSON_C_TO_STRING_PRETTY | JSON_C_TO_STRING_SPACED |
                                                   JSON_C_TO_STRING_NOSLASHESCAPE));
    if (!text)
        return -ENOMEM;
    *ret_text = TAKE_PTR(text);
    return 0;
}

int manifest_write(int folder, const struct manifest *manifest)
{
    CLEANUP_FREE char *text = NULL;
    int r = manifest_encode(manifest, &text);
    return r < 0 ? r : file_replace_at(folder, MANIFEST_NAME, 0640, text, strlen(text));
}

// ---- Reading -----------------------------------------------------------------------------------

static int take_text(json_object *object, const char *key, char **ret)
{
    const char *text = json_get_text(object, key);
    if (!text || text[0] == '\0' || strlen(text) > TEXT_MAX)
        return -EBADMSG;
    CLEANUP_FREE char *printable = text_printable(text);
    if (!printable)
        return -ENOMEM;
    if (strcmp(printable, text) != 0)
        return -EBADMSG;
    *ret = TAKE_PTR(printable);
    return 0;
}

static int take_number(json_object *object, const char *key, uint64_t *ret)
{
    json_object *value = json_get(object, key);
    if (!json_object_is_type(value, json_type_int) || json_object_get_int64(value) < 0)
        return -EBADMSG;
    *ret = json_object_get_uint64(value);
    return 0;
}

static int take_hash(json_object *object, const char *key, uint8_t ret[DIGEST_SIZE])
{
    const char *hex = json_get_text(object, key);
    return hex && text_unhex(hex, DIGEST_SIZE, ret) == 0 ? 0 : -EBADMSG;
}

static int take_names(json_object *object, struct manifest *manifest)
{
    const char *month = json_get_text(object, "month"), *ledger = json_get_text(object, "ledger");
    uint64_t begin, end;
    uint8_t id[16];
    if (!month || moment_month_range(month, &begin, &end) < 0 || !ledger ||
        text_unhex(ledger, sizeof id, id) < 0)
        return -EBADMSG;
    memcpy(manifest->month, month, sizeof manifest->month);
    memcpy(manifest->ledger, ledger, sizeof manifest->ledger);
    if (!json_object_is_type(json_get(object, "partial"), json_type_boolean))
        return -EBADMSG;
    manifest->partial = json_get_bool(object, "partial");
    return 0;
}

static int take_files(json_object *object, struct manifest *manifest)
{
    json_object *list = json_get(object, "files");
    if (!json_object_is_type(list, json_type_array) ||
        json_object_array_length(list) != MANIFEST_PART_MAX)
        return -EBADMSG;
    for (enum manifest_part part = 0; part < MANIFEST_PART_MAX; part++) {
        struct manifest_file *file = &manifest->files[part];
        json_object *entry = json_object_array_get_idx(list, part);
        manifest_name_part(part, manifest->month, file->name);
        if (!text_equal(json_get_text(entry, "name"), file->name) ||
            json_object_object_length(entry) != 3 || take_number(entry, "size", &file->size) < 0 ||
            take_hash(entry, "sha256", file->sha256) < 0)
            return -EBADMSG;
    }
    return 0;
}

static int take_all(json_object *object, struct manifest *manifest)
{
    char created[40];
    if (!text_equal(json_get_text(object, "format"), MANIFEST_FORMAT) ||
        json_object_object_length(object) != N_KEYS)
        return -EBADMSG;
    int r = take_text(object, "tool", &manifest->tool);
    if (r == 0)
        r = take_text(object, "host", &manifest->host);
    if (r == 0)
        r = take_text(object, "time_zone", &manifest->time_zone);
    if (r == 0)
        r = take_names(object, manifest);
    if (r == 0)
        r = take_number(object, "created_ns", &manifest->created_ns);
    if (r == 0)
        r = take_number(object, "rows", &manifest->rows);
    if (r == 0)
        r = take_number(object, "first", &manifest->first);
    if (r == 0)
        r = take_number(object, "last", &manifest->last);
    if (r == 0)
        r = take_number(object, "epoch", &manifest->epoch);
    if (r == 0)
        r = take_hash(object, "head", manifest->head);
    if (r == 0)
        r = take_files(object, manifest);
    if (r < 0)
        return r;
    moment_to_utc(manifest->created_ns, created);
    return text_equal(json_get_text(object, "created"), created) ? 0 : -EBADMSG;
}

int manifest_decode(const char *text, size_t length, struct manifest *ret)
{
    CLEANUP_JSON json_object *object = json_parse(text, length, json_type_object);
    if (!object)
        return -EBADMSG;
    struct manifest manifest = {0};
    int r = take_all(object, &manifest);
    if (r < 0) {
        manifest_clear(&manifest);
        return r;
    }
    *ret = manifest;
    return 0;
}

int manifest_read(int folder, struct manifest *ret)
{
    CLEANUP_FREE char *text = NULL;
    size_t length;
    int r = file_read_at(folder, MANIFEST_NAME, MANIFEST_MAX, &text, &length);
    if (r < 0)
        return r == -EFBIG ? -EBADMSG : r;
    return manifest_decode(text, length, ret);
}
