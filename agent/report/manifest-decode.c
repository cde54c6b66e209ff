// SPDX-License-Identifier: GPL-3.0-or-later
// Reading the manifest. What comes back from a stick is foreign: every key is looked at.
#include "report/manifest.h"

#include "base/file.h"
#include "base/json.h"
#include "base/text.h"
#include "report/manifest-parts.h"

#include <errno.h>
#include <string.h>

#define TEXT_MAX 255
#define N_KEYS 15
#define N_KEYS_SEALED 18

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

// ---- Files -------------------------------------------------------------------------------------

// {"name", "size", "sha256"} and `n_more` other keys.
static int take_described(json_object *entry, const char *name, int n_more, uint64_t *ret_size,
                          uint8_t ret_sha256[DIGEST_SIZE])
{
    if (!json_object_is_type(entry, json_type_object) ||
        json_object_object_length(entry) != 3 + n_more ||
        !text_equal(json_get_text(entry, "name"), name) ||
        take_number(entry, "size", ret_size) < 0 || take_hash(entry, "sha256", ret_sha256) < 0)
        return -EBADMSG;
    return 0;
}

// What encryption adds is bounded, so that nobody's part is larger than what is read at once.
static int take_part(json_object *entry, struct manifest_file *file, size_t n)
{
    char name[MANIFEST_NAME_SIZE];
    struct manifest_part *part = &file->parts[n];
    manifest_name_part(file, n, name);
    if (take_described(entry, name, 0, &part->size, part->sha256) < 0)
        return -EBADMSG;
    return part->size > 0 && part->size <= ENVELOPE_MAX ? 0 : -EBADMSG;
}

static int take_parts(json_object *entry, struct manifest_file *file)
{
    json_object *list = json_get(entry, "parts");
    size_t n = json_object_is_type(list, json_type_array) ? json_object_array_length(list) : 0;
    if (n == 0 || n > MANIFEST_PARTS_MAX || n != manifest_count_parts(file->size))
        return -EBADMSG;
    file->parts = calloc(n, sizeof *file->parts);
    if (!file->parts)
        return -ENOMEM;
    file->n_parts = n;
    for (size_t i = 0; i < n; i++)
        if (take_part(json_object_array_get_idx(list, i), file, i) < 0)
            return -EBADMSG;
    return 0;
}

static int take_file(json_object *entry, struct manifest *manifest, enum manifest_item item)
{
    struct manifest_file *file = &manifest->files[item];
    bool is_sealed = manifest->form == MANIFEST_SEALED;
    manifest_name_item(item, manifest->month, file->name);
    int r = take_described(entry, file->name, is_sealed, &file->size, file->sha256);
    return r < 0 || !is_sealed ? r : take_parts(entry, file);
}

static int take_files(json_object *object, struct manifest *manifest)
{
    json_object *list = json_get(object, "files");
    size_t n = 0;
    if (!json_object_is_type(list, json_type_array))
        return -EBADMSG;
    for (enum manifest_item item = 0; item < MANIFEST_ITEM_MAX; item++) {
        if (!manifest_has(manifest->form, item))
            continue;
        int r = take_file(json_object_array_get_idx(list, n++), manifest, item);
        if (r < 0)
            return r;
    }
    return json_object_array_length(list) == n ? 0 : -EBADMSG;
}

static int take_certificates(json_object *object, struct manifest *manifest)
{
    json_object *list = json_get(object, "recipients");
    size_t n = json_object_is_type(list, json_type_array) ? json_object_array_length(list) : 0;
    if (n == 0 || n > ENVELOPE_RECIPIENTS_MAX ||
        take_hash(object, "certificate", manifest->certificate) < 0 ||
        take_hash(object, "site", manifest->site) < 0)
        return -EBADMSG;
    for (size_t i = 0; i < n; i++) {
        json_object *element = json_object_array_get_idx(list, i);
        if (!json_object_is_type(element, json_type_string) ||
            text_unhex(json_object_get_string(element), DIGEST_SIZE, manifest->recipients[i]) < 0)
            return -EBADMSG;
    }
    manifest->n_recipients = n;
    return 0;
}

// ---- All of it ---------------------------------------------------------------------------------

static int take_all(json_object *object, struct manifest *manifest)
{
    char created[40];
    bool is_sealed = manifest->form == MANIFEST_SEALED;
    if (!text_equal(json_get_text(object, "format"), manifest_format(manifest->form)) ||
        json_object_object_length(object) != (is_sealed ? N_KEYS_SEALED : N_KEYS))
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
    if (r == 0 && is_sealed)
        r = take_certificates(object, manifest);
    if (r == 0)
        r = take_files(object, manifest);
    if (r < 0)
        return r;
    moment_to_utc(manifest->created_ns, created);
    return text_equal(json_get_text(object, "created"), created) ? 0 : -EBADMSG;
}

int manifest_decode(const char *text, size_t length, enum manifest_form form, struct manifest *ret)
{
    CLEANUP_JSON json_object *object = json_parse(text, length, json_type_object);
    if (!object)
        return -EBADMSG;
    struct manifest manifest = {.form = form};
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
    return manifest_decode(text, length, MANIFEST_PLAIN, ret);
}
