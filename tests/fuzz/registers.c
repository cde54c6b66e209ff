// SPDX-License-Identifier: GPL-3.0-or-later
// Fuzzes the rows that make up the registers: each line is a row, its first letter the kind (g
// granted, e ended, of approvals; G and E of permits; m made, a approved, r refused, b withdrawn,
// of requests; i opened, n noted, c closed, of incidents; t to z and T to Z of records; else
// stated), the rest its details.
#include "ledger/register-set.h"

#include "base/json.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#define ROWS_MAX 200
#define RECORD_ADDED "vwxyzut"
#define RECORD_ENDED "VWXYZUT"

static_assert(sizeof RECORD_ADDED == RECORD_REGISTER_MAX + 1, "a letter for each");
static_assert(sizeof RECORD_ENDED == RECORD_REGISTER_MAX + 1, "a letter for each");

static enum fact_kind kind_of_record(char letter)
{
    for (unsigned i = 0; i < RECORD_REGISTER_MAX; i++) {
        const struct record_form *form = record_form_of((enum record_register)i);
        if (letter == RECORD_ADDED[i])
            return form->added;
        if (letter == RECORD_ENDED[i])
            return form->ended;
    }
    return FACT_REGISTER_STATED;
}

static enum fact_kind kind_of(char letter)
{
    switch (letter) {
    case 'g':
        return FACT_APPROVAL_GRANTED;
    case 'e':
        return FACT_APPROVAL_ENDED;
    case 'G':
        return FACT_PERMIT_GRANTED;
    case 'E':
        return FACT_PERMIT_ENDED;
    case 'm':
        return FACT_REQUEST_MADE;
    case 'a':
        return FACT_REQUEST_APPROVED;
    case 'r':
        return FACT_REQUEST_REFUSED;
    case 'b':
        return FACT_REQUEST_WITHDRAWN;
    case 'i':
        return FACT_INCIDENT_OPENED;
    case 'n':
        return FACT_INCIDENT_NOTED;
    case 'c':
        return FACT_INCIDENT_CLOSED;
    default:
        return kind_of_record(letter);
    }
}

static void apply_line(struct register_set *set, const char *line, uint64_t sequence)
{
    enum fact_kind kind = kind_of(line[0]);
    if (register_set_knows(set, kind))
        (void)!register_set_apply(set, kind, line[0] ? line + 1 : NULL, sequence);
}

static void expect_same(const struct register_set *a, const struct register_set *b)
{
    if (a->current.n != b->current.n)
        abort();
    for (size_t i = 0; i < a->current.n; i++) {
        CLEANUP_JSON json_object *x = NULL, *y = NULL;
        if (a->kind->to_object(a->current.items[i], &x) < 0 ||
            b->kind->to_object(b->current.items[i], &y) < 0 || !json_is_same(x, y))
            abort();
    }
}

// Numbers go up, and what is stated gives the same register again. (A fuzzer can state numbers that
// the ledger has not come to yet; a grant behind those is out of order, and not restated here.)
static void expect_sound(const struct register_set *set)
{
    CLEANUP(register_set_clear) struct register_set again = {.kind = set->kind};
    for (size_t i = 1; i < set->current.n; i++)
        if (*set->kind->number(set->current.items[i]) <=
            *set->kind->number(set->current.items[i - 1]))
            return;
    for (size_t part = 1; part <= register_set_parts(set); part++) {
        CLEANUP_FREE char *details = NULL;
        if (register_set_state(set, part, &details) < 0 ||
            register_set_apply(&again, FACT_REGISTER_STATED, details, part) < 0)
            abort();
    }
    expect_same(set, &again);
}

static void fuzz_register(const struct register_kind *kind, const uint8_t *data, size_t size)
{
    CLEANUP(register_set_clear) struct register_set set = {.kind = kind};
    CLEANUP_FREE char *text = strndup((const char *)data, size);
    char *rest = text;
    uint64_t sequence = 1;
    for (char *line; sequence <= ROWS_MAX && (line = strsep(&rest, "\n")); sequence++)
        apply_line(&set, line, sequence);
    expect_sound(&set);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    for (size_t i = 0; i < REGISTERS_N; i++)
        fuzz_register(register_kinds[i], data, size);
    return 0;
}
