// SPDX-License-Identifier: GPL-3.0-or-later
// Operators as JSON, to and fro.
#include "base/json.h"
#include "base/text.h"
#include "policy/operator.h"
#include "policy/record.h"

#include <errno.h>
#include <string.h>

// ---- Is it sound? ------------------------------------------------------------------------------

static bool are_lists_sound(const struct operator* operator)
{
    bool sound = true;
    for (size_t i = 0; i < operator->n_folders; i++)
        sound = sound && operator->folders[i][0] == '/' &&
                         record_is_text(operator->folders[i], OPERATOR_FOLDER_MAX);
    for (size_t i = 0; i < operator->n_trainings; i++) {
        const char *subject = operator->trainings[i].subject;
        sound = sound && (!subject || record_is_text(subject, OPERATOR_TEXT_MAX));
    }
    return sound;
}

static bool is_end_sound(const struct operator* operator)
{
    if (operator->ended_ns == 0)
        return !operator->ended_by && operator->ended_by_uid == 0 && !operator->reason;
    return operator->ended_by && record_is_text(operator->ended_by, OPERATOR_TEXT_MAX) &&
           (!operator->reason || record_is_text(operator->reason, OPERATOR_TEXT_MAX));
}

static bool is_sound(const struct operator* operator)
{
    bool numbers = operator->number <= INT64_MAX && operator->from_ns <= INT64_MAX &&
                   operator->until_ns <= INT64_MAX &&
                   operator->made_ns <= INT64_MAX &&
                   operator->ended_ns <= INT64_MAX &&
                   operator->made_ns> 0;
    bool term = operator->until_ns == 0 || operator->from_ns<operator->until_ns;
    bool texts = operator->login && operator_is_login(operator->login) &&
                 operator->person && record_is_text(operator->person, OPERATOR_TEXT_MAX) &&
                 operator->by && record_is_text(operator->by, OPERATOR_TEXT_MAX);
    return numbers && term && texts && are_lists_sound(operator) && is_end_sound(operator);
}

// ---- Writing -----------------------------------------------------------------------------------

static void add_trainings(const struct operator* operator, json_object * object)
{
    json_object *list = json_object_new_array();
    for (size_t i = 0; i < operator->n_trainings; i++) {
        json_object *training = json_object_new_object();
        json_add_text(training, "date", operator->trainings[i].date);
        json_add_text(training, "subject", operator->trainings[i].subject);
        json_object_array_add(list, training);
    }
    json_add(object, "trainings", list);
}

static void add_folders(const struct operator* operator, json_object * object)
{
    json_object *list = json_object_new_array();
    for (size_t i = 0; i < operator->n_folders; i++)
        json_object_array_add(list, json_object_new_string(operator->folders[i]));
    json_add(object, "folders", list);
}

static void add_end(const struct operator* operator, json_object * object)
{
    json_add_number(object, "ended_ns", operator->ended_ns);
    if (operator->ended_ns == 0)
        return;
    json_add_text(object, "ended_by", operator->ended_by);
    json_add_number(object, "ended_by_uid", operator->ended_by_uid);
    json_add_text(object, "reason", operator->reason);
}

int operator_to_object(const struct operator* operator, json_object ** ret)
{
    if (!is_sound(operator))
        return -EINVAL;
    CLEANUP_JSON json_object *object = json_object_new_object();
    if (!object)
        return -ENOMEM;
    json_add_number(object, "number", operator->number);
    json_add_text(object, "login", operator->login);
    json_add_number(object, "uid", operator->uid);
    json_add_text(object, "person", operator->person);
    json_add_number(object, "from_ns", operator->from_ns);
    json_add_number(object, "until_ns", operator->until_ns);
    add_trainings(operator, object);
    add_folders(operator, object);
    json_add_text(object, "by", operator->by);
    json_add_number(object, "by_uid", operator->by_uid);
    json_add_number(object, "made_ns", operator->made_ns);
    add_end(operator, object);
    const char *line = json_to_line(object);
    if (!line)
        return -ENOMEM;
    if (strlen(line) > OPERATOR_JSON_MAX)
        return -EINVAL;
    *ret = TAKE_PTR(object);
    return 0;
}

int operator_to_json(const struct operator* operator, char ** ret)
{
    CLEANUP_JSON json_object *object = NULL;
    int r = operator_to_object(operator, & object);
    if (r < 0)
        return r;
    char *json = text_dup(json_to_line(object));
    if (!json)
        return -ENOMEM;
    *ret = json;
    return 0;
}

// ---- Reading -----------------------------------------------------------------------------------
// What is missing, there twice, beside it or of another type shows when it is written again.

static int read_trainings(json_object *list, struct operator* operator)
{
    if (!json_object_is_type(list, json_type_array) ||
        json_object_array_length(list) > OPERATOR_TRAININGS_MAX)
        return -EBADMSG;
    for (size_t i = 0; i < json_object_array_length(list); i++) {
        json_object *training = json_object_array_get_idx(list, i);
        const char *date = json_get_text(training, "date");
        int r = date ? operator_add_training(operator, date, json_get_text(training, "subject"))
                     : -EBADMSG;
        if (r < 0)
            return r;
    }
    return 0;
}

static int read_folders(json_object *list, struct operator* operator)
{
    if (!json_object_is_type(list, json_type_array) ||
        json_object_array_length(list) > OPERATOR_FOLDERS_MAX)
        return -EBADMSG;
    for (size_t i = 0; i < json_object_array_length(list); i++) {
        json_object *folder = json_object_array_get_idx(list, i);
        int r = json_object_is_type(folder, json_type_string)
                    ? operator_add_folder(operator, json_object_get_string(folder))
                    : -EBADMSG;
        if (r < 0)
            return r;
    }
    return 0;
}

static int read_texts(json_object *object, struct operator* operator)
{
    const struct {
        const char *key;
        char **field;
    } texts[] = {{"login", &operator->login },
                  {"person", &operator->person },
                   {"by", &operator->by },
                    {"ended_by", &operator->ended_by }, {"reason", &operator->reason } };
    int r = 0;
    for (size_t i = 0; r == 0 && i < ELEMENTS(texts); i++)
        r = text_set(texts[i].field, json_get_text(object, texts[i].key));
    return r;
}

static int read_all(json_object *object, struct operator* operator)
{
    operator->number = json_get_number(object, "number");
    operator->uid =(uint32_t) json_get_number(object, "uid");
    operator->from_ns = json_get_number(object, "from_ns");
    operator->until_ns = json_get_number(object, "until_ns");
    operator->by_uid =(uint32_t) json_get_number(object, "by_uid");
    operator->made_ns = json_get_number(object, "made_ns");
    operator->ended_ns = json_get_number(object, "ended_ns");
    operator->ended_by_uid =(uint32_t) json_get_number(object, "ended_by_uid");
    int r = read_texts(object, operator);
    if (r == 0)
        r = read_trainings(json_get(object, "trainings"), operator);
    return r < 0 ? r : read_folders(json_get(object, "folders"), operator);
}

int operator_from_object(json_object *object, struct operator** ret)
{
    CLEANUP(operator_free_p) struct operator* operator= calloc(1, sizeof *operator);
    CLEANUP_JSON json_object *again = NULL;
    if (!operator)
        return -ENOMEM;
    int r = read_all(object, operator);
    if (r == 0)
        r = operator_to_object(operator, & again);
    if (r < 0)
        return r == -ENOMEM ? r : -EBADMSG;
    if (!text_equal(json_to_line(again), json_to_line(object)))
        return -EBADMSG;
    *ret = TAKE_PTR(operator);
    return 0;
}

int operator_from_json(const char *json, struct operator** ret)
{
    CLEANUP(operator_free_p) struct operator* operator= NULL;
    CLEANUP_FREE char *again = NULL;
    size_t length = strnlen(json, OPERATOR_JSON_MAX + 1);
    if (length > OPERATOR_JSON_MAX)
        return -EBADMSG;
    CLEANUP_JSON json_object *object = json_parse(json, length, json_type_object);
    int r = object ? operator_from_object(object, &operator) : -EBADMSG;
    if (r == 0)
        r = operator_to_json(operator, & again);
    if (r < 0)
        return r;
    if (strcmp(again, json) != 0) // json-c keeps the last of two equal keys and forgives spaces
        return -EBADMSG;
    *ret = TAKE_PTR(operator);
    return 0;
}

int operator_copy(const struct operator* operator, struct operator** ret)
{
    CLEANUP_FREE char *json = NULL;
    int r = operator_to_json(operator, & json);
    return r < 0 ? r : operator_from_json(json, ret);
}
