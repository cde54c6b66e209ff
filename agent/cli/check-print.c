// SPDX-License-Identifier: GPL-3.0-or-later
// Tables of findings, and below them what to do.
#include "cli/check-print.h"

#include "base/json.h"
#include "base/text.h"
#include "cli/table.h"
#include "policy/clause.h"

#include <assert.h>
#include <errno.h>
#include <string.h>

static const struct {
    const char *text;
    enum table_color color;
    unsigned weight; // which of a clause's findings is the clause's
} findings[] = {
    [FINDING_OK] = {N_("ok"), TABLE_GREEN, 1},
    [FINDING_VIOLATION] = {N_("violation"), TABLE_RED, 3},
    [FINDING_NOT_APPLICABLE] = {N_("not applicable"), TABLE_DIM, 0},
    [FINDING_UNVERIFIED] = {N_("unverified"), TABLE_YELLOW, 2},
};
static_assert(ELEMENTS(findings) == FINDING_VALUE_MAX, "words for each finding");

void check_lines_clear(struct check_lines *lines)
{
    for (size_t i = 0; i < lines->n; i++)
        check_result_clear(&lines->items[i].result);
    free(lines->items);
    *lines = (struct check_lines){0};
}

bool check_lines_are_well(const struct check_lines *lines)
{
    bool well = true;
    for (size_t i = 0; i < lines->n; i++)
        well = well && !lines->items[i].result.remedy;
    return well;
}

// ---- What to do --------------------------------------------------------------------------------

static bool is_told_above(const struct check_lines *lines, size_t at)
{
    const char *remedy = lines->items[at].result.remedy;
    bool told = false;
    for (size_t i = 0; i < at; i++)
        told |= text_equal(lines->items[i].result.remedy, remedy);
    return told;
}

// Once, with all that it is good for.
static void print_remedy(const struct check_lines *lines, size_t at)
{
    const char *remedy = lines->items[at].result.remedy;
    for (size_t i = at; i < lines->n; i++)
        if (text_equal(lines->items[i].result.remedy, remedy))
            printf("%s%s", i == at ? "  " : ", ", lines->items[i].check->name);
    printf(": %s\n", remedy);
}

static void print_remedies(const struct check_lines *lines, const struct cli_options *options)
{
    const char *bold = options->color ? table_escape(TABLE_BOLD) : "";
    bool first = true;
    for (size_t i = 0; i < lines->n; i++) {
        if (!lines->items[i].result.remedy || is_told_above(lines, i))
            continue;
        if (first)
            printf("\n%s%s%s\n", bold, _("What to do"), bold[0] ? "\x1b[0m" : "");
        first = false;
        print_remedy(lines, i);
    }
}

// ---- A row a clause ----------------------------------------------------------------------------

// "5 (3), 5 (6)" is about both.
static bool is_about(const struct check *check, const char *clause)
{
    size_t length = strlen(clause);
    const char *at = check->clause;
    while (at && !(strncmp(at, clause, length) == 0 && (at[length] == ',' || at[length] == '\0'))) {
        at = strchr(at, ',');
        at = at ? at + 1 + strspn(at + 1, " ") : NULL;
    }
    return at != NULL;
}

struct sum {
    const struct check_line *worst; // NULL: no check is about this clause
    size_t n, as_bad;               // checks, and those that found the worst
};

static struct sum sum_up(const struct check_lines *lines, const char *clause)
{
    struct sum sum = {0};
    for (size_t i = 0; i < lines->n; i++) {
        const struct check_line *line = &lines->items[i];
        if (!is_about(line->check, clause))
            continue;
        unsigned weight = findings[line->result.value].weight;
        unsigned before = sum.worst ? findings[sum.worst->result.value].weight : 0;
        sum.n++;
        if (!sum.worst || weight > before) {
            sum.worst = line;
            sum.as_bad = 0;
        }
        sum.as_bad += line->result.value == sum.worst->result.value;
    }
    return sum;
}

static char *describe(const struct sum *sum)
{
    if (!sum->worst)
        return text_dup(_("this version has no check for it"));
    const struct check_result *worst = &sum->worst->result;
    if (worst->value == FINDING_OK && sum->as_bad > 1)
        return text_format(ngettext("%zu check in order", "%zu checks in order", sum->as_bad),
                           sum->as_bad);
    if (sum->as_bad > 1)
        return text_format(_("%zu of %zu checks; %s: %s"), sum->as_bad, sum->n,
                           sum->worst->check->name, worst->evidence);
    return text_format("%s: %s", sum->worst->check->name, worst->evidence);
}

static int add_clause(struct table *table, const struct clause *clause,
                      const struct check_lines *lines)
{
    struct sum sum = sum_up(lines, clause->name);
    CLEANUP_FREE char *evidence = describe(&sum);
    enum finding_value value = sum.worst ? sum.worst->result.value : FINDING_UNVERIFIED;
    if (!evidence)
        return -ENOMEM;
    table_row(table);
    table_cell(table, clause->name, TABLE_PLAIN);
    table_cell(table, _(findings[value].text), findings[value].color);
    table_cell(table, _(clause->title), TABLE_PLAIN);
    table_cell(table, evidence, TABLE_PLAIN);
    return 0;
}

int check_print_clauses(const struct check_lines *lines, const struct cli_options *options)
{
    CLEANUP(table_free_p)
    struct table *table =
        table_new(_("Clause"), _("Finding"), _("What it asks"), _("Evidence"), NULL);
    int r = table ? 0 : -ENOMEM;
    for (size_t i = 0; r == 0 && i < clauses_n; i++)
        r = add_clause(table, &clauses[i], lines);
    if (r < 0)
        return r;
    table_print(table, stdout, options->color, cli_terminal_width());
    printf("\n%s\n",
           _("“sudo sekisho check --details” shows each check and what to do about it; with a "
             "name, as “antivirus”, those of this name."));
    return 0;
}

// ---- A row a check -----------------------------------------------------------------------------

static void add_check(struct table *table, const struct check_line *line)
{
    const struct check_result *result = &line->result;
    table_row(table);
    table_cell(table, line->check->clause, TABLE_PLAIN);
    table_cell(table, _(findings[result->value].text), findings[result->value].color);
    table_cell(table, line->check->name, TABLE_PLAIN);
    table_cell(table, result->evidence, TABLE_PLAIN);
}

int check_print_each(const struct check_lines *lines, const struct cli_options *options)
{
    CLEANUP(table_free_p)
    struct table *table = table_new(_("Clause"), _("Finding"), _("Check"), _("Evidence"), NULL);
    if (!table)
        return -ENOMEM;
    for (size_t i = 0; i < lines->n; i++)
        add_check(table, &lines->items[i]);
    table_print(table, stdout, options->color, 0);
    print_remedies(lines, options);
    return 0;
}

// ---- JSON --------------------------------------------------------------------------------------

int check_print_json(const struct check_lines *lines)
{
    CLEANUP_JSON json_object *document = json_object_new_object();
    json_object *checks = json_object_new_array();
    if (!document || !checks) {
        json_object_put(checks);
        return -ENOMEM;
    }
    json_add(document, "checks", checks);
    for (size_t i = 0; i < lines->n; i++) {
        const struct check_line *line = &lines->items[i];
        json_object *row = json_object_new_object();
        if (!row || json_object_array_add(checks, row) < 0)
            return -ENOMEM;
        json_add_text(row, "clause", line->check->clause);
        json_add_text(row, "check", line->check->name);
        json_add_text(row, "finding", finding_value_to_str(line->result.value));
        json_add_text(row, "subject", line->result.subject);
        json_add_text(row, "evidence", line->result.evidence);
        json_add_text(row, "remedy", line->result.remedy);
    }
    cli_print_json(document);
    return 0;
}
