// SPDX-License-Identifier: GPL-3.0-or-later
// struct verify_result as JSON.
#include "report/verified.h"

#include "base/text.h"
#include "ledger/ledger.h"

#include <assert.h>
#include <string.h>

const char *verified_outcome_to_str(enum verify_outcome outcome)
{
    static const char *const words[] = {
        [VERIFY_WHOLE] = "whole", [VERIFY_OPEN_END] = "open-end", [VERIFY_BROKEN] = "broken"};
    static_assert(ELEMENTS(words) == VERIFY_OUTCOME_MAX, "a word for each outcome");
    assert(outcome < VERIFY_OUTCOME_MAX);
    return words[outcome];
}

void verified_head_code(const struct verify_result *result, char ret[40])
{
    struct ledger_head head = {.sequence = result->last};
    memcpy(head.hash, result->head, sizeof head.hash);
    ledger_head_code(&head, ret);
}

static json_object *make_fault(const struct verify_fault *fault)
{
    json_object *object = json_object_new_object();
    json_add_number(object, "rule", fault->rule);
    json_add_text(object, "file", fault->file ? fault->file : "");
    json_add_number(object, "first", fault->first);
    json_add_number(object, "last", fault->last);
    json_add_text(object, "what", fault->what);
    return object;
}

void verified_add(json_object *object, const struct verify_result *result)
{
    char code[40], hash[DIGEST_TEXT_SIZE];
    verified_head_code(result, code);
    text_hex(result->head, sizeof result->head, hash);
    json_add_text(object, "outcome", verified_outcome_to_str(result->outcome));
    json_add_number(object, "epoch", result->epoch);
    json_add_number(object, "sealed", result->sealed);
    json_add_number(object, "rows", result->rows);
    json_add_number(object, "first", result->first);
    json_add_number(object, "last", result->last);
    if (result->pruned > 0) {
        json_add_number(object, "pruned", result->pruned);
        json_add_number(object, "pruned_by", result->pruned_by);
    }
    json_add_bool(object, "anchored", result->anchored);
    json_add_text(object, "head", hash);
    json_add_text(object, "code", code);
    json_object *faults = json_object_new_array();
    json_add(object, "faults", faults);
    for (size_t i = 0; i < result->n_faults; i++)
        if (json_object_array_add(faults, make_fault(&result->faults[i])) < 0)
            abort(); // lack of memory, as in base/json.c
}
