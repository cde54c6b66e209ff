// SPDX-License-Identifier: GPL-3.0-or-later
// Two kinds of rows for each register, and the list of what they leave.
#include "daemon/record-keeper.h"

#include "base/i18n.h"
#include "base/json.h"
#include "base/text.h"
#include "bus/bus.h"
#include "daemon/disposal.h"
#include "daemon/person.h"
#include "daemon/record-fields.h"

#include <errno.h>
#include <string.h>

static int find_register(const char *name, enum record_register *ret, char **ret_why)
{
    return record_register_from_str(name, ret) == 0
               ? 0
               : bus_refuse(-EINVAL, ret_why, N_("There is no such register."));
}

int record_keeper_put(const struct record_keeper *keeper, const struct bus_person *who,
                      enum fact_kind kind, const struct record *record, const char *outcome,
                      uint64_t *ret_sequence, char **ret_why)
{
    CLEANUP_FREE char *json = NULL;
    int r = record_to_json(record, &json);
    if (r < 0)
        return bus_refuse(r, ret_why,
                          N_("The texts are too long together, or the end lies before the "
                             "beginning."));
    struct fact *row = recorder_fact(kind, record_name(record), outcome, NULL);
    if (row)
        row->details = TAKE_PTR(json);
    return person_record(who, keeper->recorder, row, ret_sequence, ret_why);
}

// ---- Adding ------------------------------------------------------------------------------------

bool record_keeper_has_room(const struct record_keeper *keeper, enum record_register which)
{
    size_t n;
    struct record *const *records = registers_records(keeper->registers, which, &n);
    for (size_t i = 0; n >= RECORDS_MAX && i < n; i++)
        if (record_is_over(records[i]))
            return true;
    return n < RECORDS_MAX;
}

int record_keeper_begin(enum record_register which, const struct bus_person *who,
                        struct record **ret)
{
    CLEANUP(record_free_p) struct record *record = calloc(1, sizeof *record);
    if (!record)
        return -ENOMEM;
    record->which = which;
    record->made_ns = moment_now().wall_ns;
    record->by_uid = who->uid;
    int r = text_set(&record->by, who->name);
    if (r == 0)
        r = text_set(&record->clause, record_form_of(which)->clause);
    if (r < 0)
        return r;
    *ret = TAKE_PTR(record);
    return 0;
}

// The ledger as it stood when somebody put his name under it.
static int add_head(const struct record_keeper *keeper, struct record *record)
{
    const struct record_form *form = record_form_of(record->which);
    struct ledger_head head;
    char code[40];
    ledger_get_head(keeper->ledger, &head);
    ledger_head_code(&head, code);
    int r = 0;
    for (size_t i = 0; r == 0 && i < form->n_fields; i++)
        if (form->fields[i].stages & RECORD_BY_AGENT)
            r = text_set(&record->fields[i], code);
    return r;
}

int record_keeper_add(const struct record_keeper *keeper, const struct bus_person *who,
                      const char *name, json_object *fields, json_object **ret_answer,
                      char **ret_why)
{
    CLEANUP(record_free_p) struct record *record = NULL;
    enum record_register which;
    uint64_t sequence;
    int r = find_register(name, &which, ret_why);
    if (r < 0)
        return r;
    if (!record_keeper_has_room(keeper, which))
        return bus_refuse(-ENOSPC, ret_why, N_("The register is full. End entries that are over."));
    r = record_keeper_begin(which, who, &record);
    if (r == 0)
        r = add_head(keeper, record);
    if (r < 0)
        return bus_refuse(r, ret_why, N_("No memory."));
    r = record_fields_take(record, RECORD_ADDING, fields, ret_why);
    if (r == 0 && which == RECORD_DISPOSALS)
        r = disposal_check(record, keeper->state, ret_why);
    if (r == 0)
        r = record_keeper_put(keeper, who, record_form_of(which)->added, record, "added", &sequence,
                              ret_why);
    if (r < 0)
        return r;
    *ret_answer = bus_answer_number(sequence);
    return 0;
}

// ---- Ending ------------------------------------------------------------------------------------

static const struct record *find(const struct record_keeper *keeper, enum record_register which,
                                 const char *number)
{
    size_t n;
    uint64_t wanted;
    struct record *const *records = registers_records(keeper->registers, which, &n);
    if (text_to_u64(number, 10, INT64_MAX, &wanted) < 0)
        return NULL;
    for (size_t i = 0; i < n; i++)
        if (records[i]->number == wanted)
            return records[i];
    return NULL;
}

// A copy that has ended now, by this person.
static int copy_ended(const struct record *record, const struct bus_person *who,
                      struct record **ret)
{
    CLEANUP(record_free_p) struct record *copy = NULL;
    int r = record_copy(record, &copy);
    if (r < 0)
        return r;
    r = text_set(&copy->ended_by, who->name);
    if (r < 0)
        return r;
    copy->ended_by_uid = who->uid;
    copy->ended_ns = moment_now().wall_ns;
    *ret = TAKE_PTR(copy);
    return 0;
}

int record_keeper_end(const struct record_keeper *keeper, const struct bus_person *who,
                      const char *name, const char *number, json_object *fields,
                      json_object **ret_answer, char **ret_why)
{
    CLEANUP(record_free_p) struct record *ended = NULL;
    enum record_register which;
    uint64_t sequence;
    int r = find_register(name, &which, ret_why);
    if (r < 0)
        return r;
    const struct record_form *form = record_form_of(which);
    const struct record *record = find(keeper, which, number);
    if (form->ended == FACT_KIND_MAX)
        return bus_refuse(-EINVAL, ret_why, N_("What stands in this register has no end."));
    if (!record)
        return bus_refuse(-ENOENT, ret_why, N_("There is no entry with this number."));
    if (record_is_over(record))
        return bus_refuse(-EINVAL, ret_why, N_("This entry has ended already."));
    r = copy_ended(record, who, &ended);
    if (r < 0)
        return bus_refuse(r, ret_why, N_("No memory."));
    r = record_fields_take(ended, RECORD_ENDING, fields, ret_why);
    if (r == 0)
        r = record_keeper_put(keeper, who, form->ended, ended, "ended", &sequence, ret_why);
    if (r < 0)
        return r;
    *ret_answer = bus_answer_number(ended->number);
    return 0;
}

// ---- Listing -----------------------------------------------------------------------------------

static int list_one(const struct record_keeper *keeper, enum record_register which,
                    json_object *list)
{
    size_t n;
    uint64_t now_ns = moment_now().wall_ns;
    struct record *const *records = registers_records(keeper->registers, which, &n);
    for (size_t i = 0; i < n; i++) {
        json_object *object = NULL;
        int r = record_to_object(records[i], &object);
        if (r < 0)
            return r;
        json_add_text(object, "state", record_state_to_str(record_state_at(records[i], now_ns)));
        json_object_array_add(list, object);
    }
    return 0;
}

int record_keeper_list(const struct record_keeper *keeper, const char *name,
                       json_object **ret_answer, char **ret_why)
{
    CLEANUP_JSON json_object *list = json_object_new_array();
    enum record_register first = 0, last = RECORD_REGISTER_MAX - 1;
    int r = 0;
    if (name[0] != '\0') {
        r = find_register(name, &first, ret_why);
        last = first;
    }
    for (unsigned which = first; r == 0 && which <= last; which++)
        r = list_one(keeper, (enum record_register)which, list);
    if (r < 0)
        return r;
    *ret_answer = TAKE_PTR(list);
    return 0;
}
