// SPDX-License-Identifier: GPL-3.0-or-later
// The manifest as JSON: its names, and writing it.
#include "report/manifest.h"

#include "base/file.h"
#include "base/json.h"
#include "base/text.h"
#include "report/manifest-parts.h"

#include <assert.h>
#include <errno.h>
#include <string.h>

void manifest_clear(struct manifest *manifest)
{
    free(manifest->host);
    free(manifest->time_zone);
    free(manifest->tool);
    for (enum manifest_item item = 0; item < MANIFEST_ITEM_MAX; item++)
        free(manifest->files[item].parts);
    memset(manifest, 0, sizeof *manifest);
}

// ---- Names -------------------------------------------------------------------------------------

const char *manifest_format(enum manifest_form form)
{
    static const char *const names[] = {
        [MANIFEST_PLAIN] = "sekisho-package/1",
        [MANIFEST_SEALED] = "sekisho-package/2",
    };
    static_assert(ELEMENTS(names) == MANIFEST_FORM_MAX, "each form has its name");
    assert(form < MANIFEST_FORM_MAX);
    return names[form];
}

bool manifest_has(enum manifest_form form, enum manifest_item item)
{
    return form == MANIFEST_PLAIN ? item != MANIFEST_REPORT
                                  : item == MANIFEST_LEDGER || item == MANIFEST_REPORT;
}

void manifest_name_item(enum manifest_item item, const char *month, char ret[MANIFEST_NAME_SIZE])
{
    static const char *const names[] = {
        [MANIFEST_LEDGER] = "",
        [MANIFEST_CSV] = "events.csv",
        [MANIFEST_JSONL] = "events.jsonl",
        [MANIFEST_REPORT] = "report.html",
    };
    static_assert(ELEMENTS(names) == MANIFEST_ITEM_MAX, "each file has its name");
    assert(item < MANIFEST_ITEM_MAX);
    if (item == MANIFEST_LEDGER)
        (void)snprintf(ret, MANIFEST_NAME_SIZE, "%s.db", month);
    else
        text_copy(ret, MANIFEST_NAME_SIZE, names[item]);
}

void manifest_name_part(const struct manifest_file *file, size_t n, char ret[MANIFEST_NAME_SIZE])
{
    assert(n < MANIFEST_PARTS_MAX);
    (void)snprintf(ret, MANIFEST_NAME_SIZE, "%.23s.%03u.cms", file->name, (unsigned)(n + 1) % 1000);
}

size_t manifest_count_parts(uint64_t size)
{
    return size == 0 ? 1 : (size_t)((size - 1) / ENVELOPE_CONTENT_MAX + 1);
}

// ---- Writing -----------------------------------------------------------------------------------

static void add_hash(json_object *object, const char *key, const uint8_t hash[DIGEST_SIZE])
{
    char hex[DIGEST_TEXT_SIZE];
    text_hex(hash, DIGEST_SIZE, hex);
    json_add_text(object, key, hex);
}

static void add_element(json_object *list, json_object *element)
{
    if (!list || json_object_array_add(list, element) < 0)
        abort(); // lack of memory, as in base/json.c
}

static json_object *describe_file(const char *name, uint64_t size,
                                  const uint8_t sha256[DIGEST_SIZE])
{
    json_object *file = json_object_new_object();
    json_add_text(file, "name", name);
    json_add_number(file, "size", size);
    add_hash(file, "sha256", sha256);
    return file;
}

static json_object *list_parts(const struct manifest_file *file)
{
    char name[MANIFEST_NAME_SIZE];
    json_object *list = json_object_new_array();
    for (size_t i = 0; i < file->n_parts; i++) {
        manifest_name_part(file, i, name);
        add_element(list, describe_file(name, file->parts[i].size, file->parts[i].sha256));
    }
    return list;
}

static json_object *list_files(const struct manifest *manifest)
{
    json_object *list = json_object_new_array();
    for (enum manifest_item item = 0; item < MANIFEST_ITEM_MAX; item++) {
        const struct manifest_file *file = &manifest->files[item];
        if (!manifest_has(manifest->form, item))
            continue;
        json_object *entry = describe_file(file->name, file->size, file->sha256);
        if (manifest->form == MANIFEST_SEALED)
            json_add(entry, "parts", list_parts(file));
        add_element(list, entry);
    }
    return list;
}

static void add_certificates(json_object *object, const struct manifest *manifest)
{
    json_object *list = json_object_new_array();
    add_hash(object, "certificate", manifest->certificate);
    add_hash(object, "site", manifest->site);
    for (size_t i = 0; i < manifest->n_recipients; i++) {
        char hex[DIGEST_TEXT_SIZE];
        text_hex(manifest->recipients[i], DIGEST_SIZE, hex);
        add_element(list, json_object_new_string(hex));
    }
    json_add(object, "recipients", list);
}

int manifest_encode(const struct manifest *manifest, char **ret_text)
{
    CLEANUP_JSON json_object *object = json_object_new_object();
    if (!object)
        return -ENOMEM;
    json_add_text(object, "format", manifest_format(manifest->form));
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
    if (manifest->form == MANIFEST_SEALED)
        add_certificates(object, manifest);
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
