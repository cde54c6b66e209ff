// SPDX-License-Identifier: GPL-3.0-or-later
// Each key of a call in its place, and nothing beside them.
#include "daemon/record-fields.h"

#include "base/i18n.h"
#include "base/json.h"
#include "base/moment.h"
#include "base/text.h"
#include "bus/bus.h"
#include "policy/clause.h"

#include <errno.h>
#include <string.h>

#define SKEW_NS (60 * NS_PER_S) // a caller's clock is ours; its reading is a moment older

// The sentence, and what it is about behind it.
static int refuse(char **ret_why, const char *sentence, const char *what)
{
    *ret_why = text_format("%s\n%s", sentence, what);
    return -EINVAL;
}

static int take_text(json_object *value, const char *key, size_t max, char **ret, char **ret_why)
{
    const char *text =
        json_object_is_type(value, json_type_string) ? json_object_get_string(value) : NULL;
    if (!text || text[0] == '\0')
        return refuse(ret_why, N_("A text is missing:"), key);
    // What the bus had to escape is not escaped once more.
    CLEANUP_FREE char *escaped =
        record_is_text(text, max) ? text_dup(text) : text_escape(text, strlen(text), max + 1);
    if (!escaped)
        return bus_refuse(-ENOMEM, ret_why, N_("No memory."));
    if (strlen(escaped) > max)
        return refuse(ret_why, N_("A text is too long:"), key);
    free(*ret);
    *ret = TAKE_PTR(escaped);
    return 0;
}

// ---- What stands beside the fields -------------------------------------------------------------

static int take_clause(struct record *record, json_object *value, char **ret_why)
{
    CLEANUP_FREE char *text = NULL;
    int r = take_text(value, "clause", RECORD_TEXT_MAX, &text, ret_why);
    if (r < 0)
        return r;
    const struct clause *clause = clause_find(text);
    if (!clause)
        return refuse(ret_why, N_("The standard has no such clause:"), text);
    if (!(clause->ways & CLAUSE_ATTESTED))
        return refuse(ret_why, N_("sekisho itself looks after this clause, nobody's word does:"),
                      clause->name);
    return text_set(&record->clause, clause->name);
}

static int take_document(struct record *record, json_object *value, char **ret_why)
{
    struct record_document *document = &record->document;
    const char *hash = json_get_text(value, "sha256");
    uint8_t bytes[DIGEST_SIZE];
    int r =
        take_text(json_get(value, "name"), "document", RECORD_TEXT_MAX, &document->name, ret_why);
    if (r < 0)
        return r;
    if (!hash || text_unhex(hash, DIGEST_SIZE, bytes) < 0)
        return refuse(ret_why, N_("This is not what it takes:"), "document");
    text_hex(bytes, DIGEST_SIZE, document->hash);
    document->size = json_get_number(value, "size");
    return 0;
}

static int take_term(struct record *record, const char *key, json_object *value, char **ret_why)
{
    if (!json_object_is_type(value, json_type_int) || json_object_get_int64(value) < 0)
        return refuse(ret_why, N_("This is not what it takes:"), key);
    uint64_t wall_ns = (uint64_t)json_object_get_int64(value);
    if (text_equal(key, "from_ns")) {
        record->from_ns = wall_ns;
        return 0;
    }
    record->until_ns = wall_ns;
    if (wall_ns != 0 && wall_ns <= record->made_ns)
        return bus_refuse(-EINVAL, ret_why, N_("The end lies in the past."));
    return 0;
}

// −ENOENT: it is none of these, or this register does not ask for it.
static int take_part(struct record *record, const char *key, json_object *value, char **ret_why)
{
    const struct record_form *form = record_form_of(record->which);
    if (text_equal(key, "clause") && !form->clause)
        return take_clause(record, value, ret_why);
    if (text_equal(key, "statement") && (form->takes & RECORD_STATEMENT))
        return take_text(value, key, RECORD_STATEMENT_MAX, &record->statement, ret_why);
    if (text_equal(key, "document") && (form->takes & RECORD_DOCUMENT))
        return take_document(record, value, ret_why);
    if ((text_equal(key, "from_ns") || text_equal(key, "until_ns")) && (form->takes & RECORD_UNTIL))
        return take_term(record, key, value, ret_why);
    return -ENOENT;
}

// ---- Fields ------------------------------------------------------------------------------------

static bool is_ahead(const struct record_field *field, const char *text, uint64_t now_ns)
{
    char now[40];
    uint64_t wall_ns = 0;
    moment_to_iso(now_ns, now);
    switch (field->type) {
    case RECORD_DATE:
        return strncmp(text, now, strlen("YYYY-MM-DD")) > 0;
    case RECORD_MONTH: // only what is over can be looked back upon
        return strncmp(text, now, strlen("YYYY-MM")) >= 0;
    case RECORD_TIME:
        return moment_parse(text, &wall_ns) < 0 || wall_ns > now_ns + SKEW_NS;
    case RECORD_WORDS:
    case RECORD_CHOICE:
    case RECORD_TYPE_MAX:
        break;
    }
    return false;
}

static int take_field(struct record *record, int which, json_object *value, char **ret_why)
{
    const struct record_field *field = &record_form_of(record->which)->fields[which];
    int r = take_text(value, field->name, RECORD_TEXT_MAX, &record->fields[which], ret_why);
    if (r < 0)
        return r;
    if (!record_field_takes(field, record->fields[which]))
        return refuse(ret_why, N_("This is not what it takes:"), field->name);
    uint64_t now_ns = record->ended_ns ? record->ended_ns : record->made_ns;
    if (is_ahead(field, record->fields[which], now_ns))
        return refuse(ret_why,
                      field->type == RECORD_MONTH ? N_("The month is not over yet:")
                                                  : N_("This lies in the future:"),
                      field->name);
    return 0;
}

static int take_one(struct record *record, enum record_stage stage, const char *key,
                    json_object *value, char **ret_why)
{
    const struct record_form *form = record_form_of(record->which);
    int which = record_field_find(form, key);
    if (which >= 0 && (form->fields[which].stages & stage))
        return take_field(record, which, value, ret_why);
    int r = stage == RECORD_ADDING ? take_part(record, key, value, ret_why) : -ENOENT;
    return r == -ENOENT ? refuse(ret_why, N_("This register does not ask for it:"), key) : r;
}

// ---- What was left out -------------------------------------------------------------------------

static char *present(enum record_type type, uint64_t now_ns)
{
    char text[40];
    if (type == RECORD_DATE) {
        moment_to_day(now_ns, text);
        return text_dup(text);
    }
    moment_to_utc(now_ns, text);
    text_copy(&text[strlen("YYYY-MM-DDTHH:MM:SS")], 2, "Z");
    return text_dup(text);
}

static int complete(struct record *record, enum record_stage stage, char **ret_why)
{
    const struct record_form *form = record_form_of(record->which);
    uint64_t now_ns = record->ended_ns ? record->ended_ns : record->made_ns;
    for (size_t i = 0; i < form->n_fields; i++) {
        const struct record_field *field = &form->fields[i];
        if (record->fields[i] || !field->required || !(field->stages & stage))
            continue;
        if (field->type != RECORD_DATE && field->type != RECORD_TIME)
            return refuse(ret_why, N_("A text is missing:"), field->name);
        record->fields[i] = present(field->type, now_ns);
        if (!record->fields[i])
            return bus_refuse(-ENOMEM, ret_why, N_("No memory."));
    }
    if (!record->clause)
        return refuse(ret_why, N_("A text is missing:"), "clause");
    if ((form->takes & RECORD_STATEMENT) && !record->statement)
        return refuse(ret_why, N_("A text is missing:"), "statement");
    return 0;
}

int record_fields_take(struct record *record, enum record_stage stage, json_object *fields,
                       char **ret_why)
{
    json_object_object_foreach(fields, key, value)
    {
        int r = take_one(record, stage, key, value, ret_why);
        if (r < 0)
            return r;
    }
    return complete(record, stage, ret_why);
}
