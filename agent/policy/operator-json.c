// SPDX-License-Identifier: GPL-3.0-or-later
// Operators as JSON, to and fro.
#include "base/json.h"
#include "base/text.h"
#include "policy/operator.h"
#include "policy/record.h"

#include <errno.h>
#include <string.h>

// ---- Is it sound? ------------------------------------------------------------------------------

static bool are_lists_sound(const struct operator_entry *entry)
{
    bool sound = true;
    for (size_t i = 0; i < entry->n_folders; i++)
        sound = sound && entry->folders[i][0] == '/' &&
                record_is_text(entry->folders[i], OPERATOR_FOLDER_MAX);
    for (size_t i = 0; i < entry->n_trainings; i++) {
        const char *subject = entry->trainings[i].subject;
        sound = sound && (!subject || record_is_text(subject, OPERATOR_TEXT_MAX));
    }
    return sound;
}

static bool is_end_sound(const struct operator_entry *entry)
{
    if (entry->ended_ns == 0)
        return !entry->ended_by && entry->ended_by_uid == 0 && !entry->reason;
    return entry->ended_by && record_is_text(entry->ended_by, OPERATOR_TEXT_MAX) &&
           (!entry->reason || record_is_text(entry->reason, OPERATOR_TEXT_MAX));
}

static bool is_sound(const struct operator_entry *entry)
{
    bool numbers = entry->number <= INT64_MAX && entry->from_ns <= INT64_MAX &&
                   entry->until_ns <= INT64_MAX && entry->made_ns <= INT64_MAX &&
                   entry->ended_ns <= INT64_MAX && entry->made_ns > 0;
    bool term = entry->until_ns == 0 || entry->from_ns < entry->until_ns;
    bool texts = entry->login && operator_is_login(entry->login) && entry->person &&
                 record_is_text(entry->person, OPERATOR_TEXT_MAX) && entry->by &&
                 record_is_text(entry->by, OPERATOR_TEXT_MAX);
    return numbers && term && texts && are_lists_sound(entry) && is_end_sound(entry);
}

// ---- Writing -----------------------------------------------------------------------------------

static void add_trainings(const struct operator_entry *entry, json_object *object)
{
    json_object *list = json_object_new_array();
    for (size_t i = 0; i < entry->n_trainings; i++) {
        json_object *training = json_object_new_object();
        json_add_text(training, "date", entry->trainings[i].date);
        json_add_text(training, "subject", entry->trainings[i].subject);
        json_object_array_add(list, training);
    }
    json_add(object, "trainings", list);
}

static void add_folders(const struct operator_entry *entry, json_object *object)
{
    json_object *list = json_object_new_array();
    for (size_t i = 0; i < entry->n_folders; i++)
        json_object_array_add(list, json_object_new_string(entry->folders[i]));
    json_add(object, "folders", list);
}

static void add_end(const struct operator_entry *entry, json_object *object)
{
    json_add_number(object, "ended_ns", entry->ended_ns);
    if (entry->ended_ns == 0)
        return;
    json_add_text(object, "ended_by", entry->ended_by);
    json_add_number(object, "ended_by_uid", entry->ended_by_uid);
    json_add_text(object, "reason", entry->reason);
}

int operator_to_object(const struct operator_entry *entry, json_object **ret)
{
    if (!is_sound(entry))
        return -EINVAL;
    CLEANUP_JSON json_object *object = json_object_new_object();
    if (!object)
        return -ENOMEM;
    json_add_number(object, "number", entry->number);
    json_add_text(object, "login", entry->login);
    json_add_number(object, "uid", entry->uid);
    json_add_text(object, "person", entry->person);
    json_add_number(object, "from_ns", entry->from_ns);
    json_add_number(object, "until_ns", entry->until_ns);
    add_trainings(entry, object);
    add_folders(entry, object);
    json_add_text(object, "by", entry->by);
    json_add_number(object, "by_uid", entry->by_uid);
    json_add_number(object, "made_ns", entry->made_ns);
    add_end(entry, object);
    const char *line = json_to_line(object);
    if (!line)
        return -ENOMEM;
    if (strlen(line) > OPERATOR_JSON_MAX)
        return -EINVAL;
    *ret = TAKE_PTR(object);
    return 0;
}

int operator_to_json(const struct operator_entry *entry, char **ret)
{
    CLEANUP_JSON json_object *object = NULL;
    int r = operator_to_object(entry, &object);
    return r < 0 ? r : json_to_text(object, ret);
}

// ---- Reading -----------------------------------------------------------------------------------
// What is missing, there twice, beside it or of another type shows when it is written again.

static int read_trainings(json_object *list, struct operator_entry *entry)
{
    if (!json_object_is_type(list, json_type_array) ||
        json_object_array_length(list) > OPERATOR_TRAININGS_MAX)
        return -EBADMSG;
    for (size_t i = 0; i < json_object_array_length(list); i++) {
        json_object *training = json_object_array_get_idx(list, i);
        const char *date = json_get_text(training, "date");
        int r = date ? operator_add_training(entry, date, json_get_text(training, "subject"))
                     : -EBADMSG;
        if (r < 0)
            return r;
    }
    return 0;
}

static int read_folders(json_object *list, struct operator_entry *entry)
{
    if (!json_object_is_type(list, json_type_array) ||
        json_object_array_length(list) > OPERATOR_FOLDERS_MAX)
        return -EBADMSG;
    for (size_t i = 0; i < json_object_array_length(list); i++) {
        json_object *folder = json_object_array_get_idx(list, i);
        int r = json_object_is_type(folder, json_type_string)
                    ? operator_add_folder(entry, json_object_get_string(folder))
                    : -EBADMSG;
        if (r < 0)
            return r;
    }
    return 0;
}

static int read_texts(json_object *object, struct operator_entry *entry)
{
    const struct {
        const char *key;
        char **field;
    } texts[] = {{"login", &entry->login},
                 {"person", &entry->person},
                 {"by", &entry->by},
                 {"ended_by", &entry->ended_by},
                 {"reason", &entry->reason}};
    int r = 0;
    for (size_t i = 0; r == 0 && i < ELEMENTS(texts); i++)
        r = text_set(texts[i].field, json_get_text(object, texts[i].key));
    return r;
}

static int read_all(json_object *object, struct operator_entry *entry)
{
    entry->number = json_get_number(object, "number");
    entry->uid = (uint32_t)json_get_number(object, "uid");
    entry->from_ns = json_get_number(object, "from_ns");
    entry->until_ns = json_get_number(object, "until_ns");
    entry->by_uid = (uint32_t)json_get_number(object, "by_uid");
    entry->made_ns = json_get_number(object, "made_ns");
    entry->ended_ns = json_get_number(object, "ended_ns");
    entry->ended_by_uid = (uint32_t)json_get_number(object, "ended_by_uid");
    int r = read_texts(object, entry);
    if (r == 0)
        r = read_trainings(json_get(object, "trainings"), entry);
    return r < 0 ? r : read_folders(json_get(object, "folders"), entry);
}

int operator_from_object(json_object *object, struct operator_entry **ret)
{
    CLEANUP(operator_free_p) struct operator_entry *entry = calloc(1, sizeof *entry);
    CLEANUP_JSON json_object *again = NULL;
    if (!entry)
        return -ENOMEM;
    int r = read_all(object, entry);
    if (r == 0)
        r = operator_to_object(entry, &again);
    if (r < 0)
        return r == -ENOMEM ? r : -EBADMSG;
    if (!json_is_same(again, object))
        return -EBADMSG;
    *ret = TAKE_PTR(entry);
    return 0;
}

int operator_from_json(const char *json, struct operator_entry **ret)
{
    CLEANUP_JSON json_object *object = json_parse_exact(json, OPERATOR_JSON_MAX);
    return object ? operator_from_object(object, ret) : -EBADMSG;
}

int operator_copy(const struct operator_entry *entry, struct operator_entry **ret)
{
    CLEANUP_FREE char *json = NULL;
    int r = operator_to_json(entry, &json);
    return r < 0 ? r : operator_from_json(json, ret);
}
