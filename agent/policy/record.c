// SPDX-License-Identifier: GPL-3.0-or-later
// Records: whether one holds, and what it is as JSON.
#include "policy/record.h"

#include "base/json.h"
#include "base/text.h"
#include "policy/clause.h"

#include <assert.h>
#include <errno.h>
#include <string.h>

static const char *const states[] = {
    [RECORD_AHEAD] = "ahead",
    [RECORD_OPEN] = "open",
    [RECORD_EXPIRED] = "expired",
    [RECORD_ENDED] = "ended",
};
static_assert(ELEMENTS(states) == RECORD_STATE_MAX, "a name for each state");

const char *record_state_to_str(enum record_state state)
{
    assert(state < RECORD_STATE_MAX);
    return states[state];
}

void record_free(struct record *record)
{
    if (!record)
        return;
    free(record->clause);
    free(record->statement);
    free(record->document.name);
    for (size_t i = 0; i < RECORD_FIELDS_MAX; i++)
        free(record->fields[i]);
    free(record->by);
    free(record->ended_by);
    free(record);
}

static const struct record_form *form_of(const struct record *record)
{
    return record_form_of(record->which);
}

const char *record_name(const struct record *record)
{
    const struct record_form *form = form_of(record);
    bool is_named = form->n_fields > 0 && (form->fields[0].stages & RECORD_ADDING);
    return is_named && record->fields[0] ? record->fields[0] : record->clause;
}

const char *record_get(const struct record *record, const char *name)
{
    int which = record_field_find(record_form_of(record->which), name);
    return which < 0 ? NULL : record->fields[which];
}

bool record_is_over(const struct record *record)
{
    return record->ended_ns != 0 || form_of(record)->ended == FACT_KIND_MAX;
}

enum record_state record_state_at(const struct record *record, uint64_t now_ns)
{
    if (record->ended_ns != 0)
        return RECORD_ENDED;
    if (now_ns < record->from_ns || now_ns < record->made_ns)
        return RECORD_AHEAD;
    return record->until_ns != 0 && now_ns >= record->until_ns ? RECORD_EXPIRED : RECORD_OPEN;
}

// ---- Is it as its form asks? -------------------------------------------------------------------

static bool may_be_text(const char *text, size_t max)
{
    return !text || record_is_text(text, max);
}

static bool is_clause_sound(const struct record *record)
{
    const struct record_form *form = form_of(record);
    const struct clause *clause = record->clause ? clause_find(record->clause) : NULL;
    if (!clause || !text_equal(clause->name, record->clause))
        return false;
    return form->clause ? text_equal(form->clause, record->clause)
                        : (clause->ways & CLAUSE_ATTESTED) != 0;
}

static bool is_document_sound(const struct record *record)
{
    const struct record_document *document = &record->document;
    uint8_t hash[DIGEST_SIZE];
    char again[DIGEST_TEXT_SIZE];
    if (!document->name)
        return document->hash[0] == '\0' && document->size == 0;
    if (!(form_of(record)->takes & RECORD_DOCUMENT) ||
        !record_is_text(document->name, RECORD_TEXT_MAX) || document->size > INT64_MAX ||
        text_unhex(document->hash, DIGEST_SIZE, hash) < 0)
        return false;
    text_hex(hash, DIGEST_SIZE, again); // in lower case only
    return text_equal(again, document->hash);
}

static bool is_field_sound(const struct record_field *field, const char *text, bool has_ended)
{
    bool is_due = (field->stages & (RECORD_ADDING | RECORD_BY_AGENT)) ||
                  ((field->stages & RECORD_ENDING) && has_ended);
    if (!text)
        return !(field->required && is_due);
    return is_due && record_field_takes(field, text);
}

// What ends was there before: of two dates, or two times, that of the end is not the earlier.
static bool is_in_order(const struct record *record, size_t end)
{
    const struct record_form *form = form_of(record);
    enum record_type type = form->fields[end].type;
    if (type != RECORD_DATE && type != RECORD_TIME)
        return true;
    for (size_t i = 0; i < end; i++)
        if (form->fields[i].type == type && record->fields[i] && record->fields[end] &&
            strcmp(record->fields[i], record->fields[end]) > 0)
            return false;
    return true;
}

static bool are_fields_sound(const struct record *record)
{
    const struct record_form *form = form_of(record);
    bool sound = true;
    for (size_t i = 0; i < RECORD_FIELDS_MAX; i++)
        sound = sound && (i < form->n_fields ? is_field_sound(&form->fields[i], record->fields[i],
                                                              record->ended_ns != 0) &&
                                                   is_in_order(record, i)
                                             : !record->fields[i]);
    return sound;
}

static bool is_end_sound(const struct record *record)
{
    if (record->ended_ns == 0)
        return !record->ended_by && record->ended_by_uid == 0;
    return form_of(record)->ended != FACT_KIND_MAX && record->ended_by &&
           record_is_text(record->ended_by, RECORD_TEXT_MAX);
}

static bool is_sound(const struct record *record)
{
    unsigned takes = form_of(record)->takes;
    bool numbers = record->number <= INT64_MAX && record->from_ns <= INT64_MAX &&
                   record->until_ns <= INT64_MAX && record->made_ns <= INT64_MAX &&
                   record->ended_ns <= INT64_MAX;
    bool term = (takes & RECORD_UNTIL) ? record->until_ns == 0 || record->from_ns < record->until_ns
                                       : record->from_ns == 0 && record->until_ns == 0;
    bool texts = (record->statement != NULL) == ((takes & RECORD_STATEMENT) != 0) &&
                 may_be_text(record->statement, RECORD_STATEMENT_MAX) && record->by &&
                 record_is_text(record->by, RECORD_TEXT_MAX);
    return numbers && term && texts && record->made_ns > 0 && is_clause_sound(record) &&
           is_document_sound(record) && are_fields_sound(record) && is_end_sound(record);
}

// ---- Writing -----------------------------------------------------------------------------------

static void add_document(const struct record_document *document, json_object *object)
{
    if (!document->name)
        return;
    json_object *part = json_section(object, "document");
    json_add_text(part, "name", document->name);
    json_add_text(part, "sha256", document->hash);
    json_add_number(part, "size", document->size);
}

static void add_fields(const struct record *record, json_object *object)
{
    const struct record_form *form = form_of(record);
    json_object *part = json_section(object, "fields");
    for (size_t i = 0; i < form->n_fields; i++)
        json_add_text(part, form->fields[i].name, record->fields[i]);
}

static void add_end(const struct record *record, json_object *object)
{
    json_add_number(object, "ended_ns", record->ended_ns);
    if (record->ended_ns == 0)
        return;
    json_add_text(object, "ended_by", record->ended_by);
    json_add_number(object, "ended_by_uid", record->ended_by_uid);
}

int record_to_object(const struct record *record, json_object **ret)
{
    if (!is_sound(record))
        return -EINVAL;
    CLEANUP_JSON json_object *object = json_object_new_object();
    if (!object)
        return -ENOMEM;
    json_add_number(object, "number", record->number);
    json_add_text(object, "register", form_of(record)->name);
    json_add_text(object, "clause", record->clause);
    json_add_text(object, "statement", record->statement);
    add_document(&record->document, object);
    json_add_number(object, "from_ns", record->from_ns);
    json_add_number(object, "until_ns", record->until_ns);
    add_fields(record, object);
    json_add_text(object, "by", record->by);
    json_add_number(object, "by_uid", record->by_uid);
    json_add_number(object, "made_ns", record->made_ns);
    add_end(record, object);
    const char *line = json_to_line(object);
    if (!line)
        return -ENOMEM;
    if (strlen(line) > RECORD_JSON_MAX)
        return -EINVAL;
    *ret = TAKE_PTR(object);
    return 0;
}

int record_to_json(const struct record *record, char **ret)
{
    CLEANUP_JSON json_object *object = NULL;
    int r = record_to_object(record, &object);
    return r < 0 ? r : json_to_text(object, ret);
}

// ---- Reading -----------------------------------------------------------------------------------
// What is missing, there twice, beside it or of another type shows when it is written again.

static int read_document(json_object *object, struct record_document *ret)
{
    const char *hash = json_get_text(object, "sha256");
    ret->size = json_get_number(object, "size");
    if (hash && strlen(hash) < sizeof ret->hash)
        text_copy(ret->hash, sizeof ret->hash, hash);
    return text_set(&ret->name, json_get_text(object, "name"));
}

static int read_fields(json_object *object, struct record *record)
{
    const struct record_form *form = form_of(record);
    int r = 0;
    for (size_t i = 0; r == 0 && i < form->n_fields; i++)
        r = text_set(&record->fields[i], json_get_text(object, form->fields[i].name));
    return r;
}

static int read_texts(json_object *object, struct record *record)
{
    int r = text_set(&record->clause, json_get_text(object, "clause"));
    if (r == 0)
        r = text_set(&record->statement, json_get_text(object, "statement"));
    if (r == 0)
        r = text_set(&record->by, json_get_text(object, "by"));
    return r < 0 ? r : text_set(&record->ended_by, json_get_text(object, "ended_by"));
}

static int read_all(json_object *object, struct record *record)
{
    if (record_register_from_str(json_get_text(object, "register"), &record->which) < 0)
        return -EBADMSG;
    record->number = json_get_number(object, "number");
    record->from_ns = json_get_number(object, "from_ns");
    record->until_ns = json_get_number(object, "until_ns");
    record->made_ns = json_get_number(object, "made_ns");
    record->ended_ns = json_get_number(object, "ended_ns");
    record->by_uid = (uint32_t)json_get_number(object, "by_uid");
    record->ended_by_uid = (uint32_t)json_get_number(object, "ended_by_uid");
    int r = read_texts(object, record);
    if (r == 0)
        r = read_document(json_get(object, "document"), &record->document);
    return r < 0 ? r : read_fields(json_get(object, "fields"), record);
}

int record_from_object(json_object *object, struct record **ret)
{
    CLEANUP(record_free_p) struct record *record = calloc(1, sizeof *record);
    CLEANUP_JSON json_object *again = NULL;
    if (!record)
        return -ENOMEM;
    int r = read_all(object, record);
    if (r == 0)
        r = record_to_object(record, &again);
    if (r < 0)
        return r == -EINVAL ? -EBADMSG : r;
    if (!json_is_same(again, object))
        return -EBADMSG;
    *ret = TAKE_PTR(record);
    return 0;
}

int record_from_json(const char *json, struct record **ret)
{
    CLEANUP_JSON json_object *object = json_parse_exact(json, RECORD_JSON_MAX);
    return object ? record_from_object(object, ret) : -EBADMSG;
}

int record_copy(const struct record *record, struct record **ret)
{
    CLEANUP_FREE char *json = NULL;
    int r = record_to_json(record, &json);
    return r < 0 ? r : record_from_json(json, ret);
}
