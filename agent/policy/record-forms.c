// SPDX-License-Identifier: GPL-3.0-or-later
// What each register asks for.
#include "policy/record.h"

#include "base/i18n.h"
#include "base/moment.h"
#include "base/text.h"

#include <assert.h>
#include <errno.h>
#include <string.h>

#define ADD RECORD_ADDING
#define END RECORD_ENDING

// What a person finds; without it, that it is so. Who sees a wall fall in says that, too.
static const char *const findings[] = {RECORD_FINDING_OK, RECORD_FINDING_VIOLATION,
                                       RECORD_FINDING_NOT_APPLICABLE, NULL};
static const struct record_field attestation_fields[] = {
    {"reason", N_("Reason"), RECORD_WORDS, END, false, NULL},
    {"finding", N_("Finding"), RECORD_CHOICE, ADD, false, findings},
};

static const struct record_field visit_fields[] = {
    {"visitor", N_("Visitor"), RECORD_WORDS, ADD, true, NULL},
    {"organization", N_("Organisation"), RECORD_WORDS, ADD, false, NULL},
    {"purpose", N_("Purpose"), RECORD_WORDS, ADD, true, NULL},
    {"escort", N_("Escort"), RECORD_WORDS, ADD, false, NULL},
    {"entered", N_("Entered"), RECORD_TIME, ADD, true, NULL},
    {"left", N_("Left"), RECORD_TIME, END, true, NULL},
};

static const struct record_field asset_fields[] = {
    {"item", N_("Item"), RECORD_WORDS, ADD, true, NULL},
    {"identifier", N_("Identifier"), RECORD_WORDS, ADD, false, NULL},
    {"lender", N_("Lent by"), RECORD_WORDS, ADD, true, NULL},
    {"holder", N_("Holder"), RECORD_WORDS, ADD, true, NULL},
    {"received", N_("Received"), RECORD_DATE, ADD, true, NULL},
    {"returned", N_("Returned"), RECORD_DATE, END, true, NULL},
};

static const struct record_field review_fields[] = {
    {"month", N_("Month"), RECORD_MONTH, ADD, true, NULL},
    {"reviewer", N_("Reviewer"), RECORD_WORDS, ADD, true, NULL},
    {"remarks", N_("Remarks"), RECORD_WORDS, ADD, false, NULL},
    {"head", N_("Head code"), RECORD_WORDS, RECORD_BY_AGENT, true, NULL},
};

static const char *const audit_kinds[] = {"internal", "external", NULL};
static const struct record_field audit_fields[] = {
    {"auditor", N_("Auditor"), RECORD_WORDS, ADD, true, NULL},
    {"kind", N_("Kind"), RECORD_CHOICE, ADD, true, audit_kinds},
    {"date", N_("Date"), RECORD_DATE, ADD, true, NULL},
    {"findings", N_("Findings"), RECORD_WORDS, ADD, false, NULL},
    {"measures", N_("Measures"), RECORD_WORDS, ADD | END, false, NULL},
    {"closed", N_("Closed"), RECORD_DATE, END, true, NULL},
};

// What the agent saw of a plugged medium, or else what the person has stated.
static const char *const encryptions[] = {RECORD_TAKEOUT_LUKS, RECORD_TAKEOUT_NONE,
                                          RECORD_TAKEOUT_STATED, RECORD_TAKEOUT_STATED_NONE, NULL};
static const struct record_field takeout_fields[] = {
    {"medium", N_("Medium"), RECORD_WORDS, ADD, true, NULL},
    {"contents", N_("Contents"), RECORD_WORDS, ADD, true, NULL},
    {"copies", N_("Copies"), RECORD_WORDS, ADD, false, NULL},
    {"destination", N_("Destination"), RECORD_WORDS, ADD, true, NULL},
    {"carrier", N_("Carrier"), RECORD_WORDS, ADD, true, NULL},
    {"permit", N_("Permit"), RECORD_WORDS, ADD, false, NULL},
    {"encryption", N_("Encryption"), RECORD_CHOICE, RECORD_BY_AGENT, true, encryptions},
    {"request", N_("Request"), RECORD_WORDS, RECORD_BY_AGENT, false, NULL}, // of an export none
    {"returned", N_("Returned"), RECORD_DATE, END, true, NULL},
};

static const char *const disposal_methods[] = {"destroyed", "erased",   "returned",
                                               "repaired",  "transfer", NULL};
static const char *const disposal_machines[] = {"this", "other", NULL};
static const struct record_field disposal_fields[] = {
    {"item", N_("Item"), RECORD_WORDS, ADD, true, NULL},
    {"identifier", N_("Identifier"), RECORD_WORDS, ADD, true, NULL},
    {"machine", N_("Which machine"), RECORD_CHOICE, ADD, true, disposal_machines},
    {"method", N_("Method"), RECORD_CHOICE, ADD, true, disposal_methods},
    {"by", N_("Carried out by"), RECORD_WORDS, ADD, true, NULL},
    {"place", N_("Place"), RECORD_WORDS, ADD, false, NULL},
    {"date", N_("Date"), RECORD_DATE, ADD, true, NULL},
    {"exported", N_("Where the ledger is kept"), RECORD_WORDS, ADD, false, NULL},
};

#define STATEMENT RECORD_STATEMENT
#define DOCUMENT RECORD_DOCUMENT
#define UNTIL RECORD_UNTIL
static const struct record_form forms[] = {
#define RECORD(identifier, text, first, last, number, parts, list)                                 \
    [RECORD_##identifier] = {.name = (text),                                                       \
                             .clause = (number),                                                   \
                             .added = FACT_##first,                                                \
                             .ended = FACT_##last,                                                 \
                             .takes = (parts),                                                     \
                             .fields = (list),                                                     \
                             .n_fields = ELEMENTS(list)},
#include "policy/records.def"
#undef RECORD
};
static_assert(ELEMENTS(forms) == RECORD_REGISTER_MAX, "a form for each register");

#define RECORD(identifier, text, first, last, number, parts, list)                                 \
    static_assert(ELEMENTS(list) <= RECORD_FIELDS_MAX, "room for the fields of " text);
#include "policy/records.def"
#undef RECORD

const struct record_form *record_form_of(enum record_register which)
{
    assert(which < RECORD_REGISTER_MAX);
    return &forms[which];
}

int record_register_from_str(const char *name, enum record_register *ret)
{
    for (size_t i = 0; i < ELEMENTS(forms); i++)
        if (text_equal(forms[i].name, name)) {
            *ret = (enum record_register)i;
            return 0;
        }
    return -EINVAL;
}

int record_field_find(const struct record_form *form, const char *name)
{
    for (size_t i = 0; i < form->n_fields; i++)
        if (text_equal(form->fields[i].name, name))
            return (int)i;
    return -1;
}

// ---- What a field takes ------------------------------------------------------------------------

// As the pattern, with any digit for a zero.
static bool is_like(const char *text, const char *pattern)
{
    for (; *pattern; text++, pattern++)
        if (*pattern == '0' ? *text < '0' || *text > '9' : *text != *pattern)
            return false;
    return *text == '\0';
}

// In UTC, so that it is the same in each time zone.
static bool is_date(const char *text)
{
    char moment[] = "0000-00-00T00:00:00Z";
    uint64_t wall_ns;
    if (!is_like(text, "0000-00-00"))
        return false;
    memcpy(moment, text, strlen(text));
    return moment_parse(moment, &wall_ns) == 0;
}

static bool is_time(const char *text)
{
    uint64_t wall_ns;
    return is_like(text, "0000-00-00T00:00:00Z") && moment_parse(text, &wall_ns) == 0;
}

static bool is_month(const char *text)
{
    uint64_t begin_ns, end_ns;
    return is_like(text, "0000-00") && moment_month_range(text, &begin_ns, &end_ns) == 0;
}

static bool is_choice(const char *const *choices, const char *text)
{
    for (; *choices; choices++)
        if (strcmp(*choices, text) == 0)
            return true;
    return false;
}

bool record_is_text(const char *text, size_t max)
{
    CLEANUP_FREE char *data = NULL;
    return text[0] != '\0' && strlen(text) <= max && text_unescape(text, &data, NULL) == 0;
}

bool record_field_takes(const struct record_field *field, const char *text)
{
    switch (field->type) {
    case RECORD_WORDS:
        return record_is_text(text, RECORD_TEXT_MAX);
    case RECORD_CHOICE:
        return is_choice(field->choices, text);
    case RECORD_DATE:
        return is_date(text);
    case RECORD_TIME:
        return is_time(text);
    case RECORD_MONTH:
        return is_month(text);
    case RECORD_TYPE_MAX:
        break;
    }
    return false;
}
