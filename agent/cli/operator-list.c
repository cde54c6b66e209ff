// SPDX-License-Identifier: GPL-3.0-or-later
// The register of operators as a table, as CSV and as JSON.
#include "cli/operator-parts.h"

#include "base/json.h"
#include "base/text.h"
#include "bus/bus.h"
#include "cli/field.h"
#include "cli/listing.h"

#include <stdio.h>

// ---- Cells -------------------------------------------------------------------------------------
// The caller frees each; NULL: nothing is said.

static const struct {
    const char *state, *words;
    enum table_color color;
} states[] = {
    {"allowed", N_("may work"), TABLE_GREEN},    {"overdue", N_("training overdue"), TABLE_YELLOW},
    {"not-yet", N_("not yet"), TABLE_YELLOW},    {"ended", N_("ended"), TABLE_DIM},
    {"untrained", N_("not trained"), TABLE_RED},
};

static char *describe_state(const struct listing_column *column, json_object *entry)
{
    (void)column;
    const char *state = json_get_text(entry, "state");
    for (size_t i = 0; i < ELEMENTS(states); i++)
        if (text_equal(states[i].state, state))
            return text_dup(_(states[i].words));
    return text_dup("?");
}

static enum table_color color_of_state(json_object *entry)
{
    const char *state = json_get_text(entry, "state");
    for (size_t i = 0; i < ELEMENTS(states); i++)
        if (text_equal(states[i].state, state))
            return states[i].color;
    return TABLE_PLAIN;
}

// The account as it is now, where that is not as registered.
static char *describe_account(const struct listing_column *column, json_object *entry)
{
    (void)column;
    const char *account = json_get_text(entry, "account");
    if (text_equal(account, "missing"))
        return text_dup(_("deleted"));
    return text_equal(account, "changed") ? text_dup(_("another number")) : NULL;
}

static char *describe_from(const struct listing_column *column, json_object *entry)
{
    (void)column;
    return field_day(json_get_number(entry, "from_ns"));
}

// A term's last day is the one before the moment at which it is over.
static char *describe_until(const struct listing_column *column, json_object *entry)
{
    (void)column;
    uint64_t until_ns = json_get_number(entry, "until_ns");
    uint64_t ended_ns = json_get_number(entry, "ended_ns");
    return field_day(ended_ns ? ended_ns : until_ns > 0 ? until_ns - 1 : 0);
}

static char *describe_training(const struct listing_column *column, json_object *entry)
{
    (void)column;
    json_object *list = json_get(entry, "trainings");
    size_t n = list ? json_object_array_length(list) : 0;
    const char *date =
        n == 0 ? NULL : json_get_text(json_object_array_get_idx(list, n - 1), "date");
    return date ? text_printable(date) : NULL;
}

static char *describe_due(const struct listing_column *column, json_object *entry)
{
    (void)column;
    return field_day(json_get_number(entry, "overdue_ns"));
}

static char *describe_folders(const struct listing_column *column, json_object *entry)
{
    (void)column;
    json_object *list = json_get(entry, "folders");
    char *text = NULL;
    size_t length = 0, n = list ? json_object_array_length(list) : 0;
    FILE *file = n > 0 ? open_memstream(&text, &length) : NULL;
    if (!file)
        return NULL;
    for (size_t i = 0; i < n; i++) {
        CLEANUP_FREE char *folder =
            text_printable(json_object_get_string(json_object_array_get_idx(list, i)));
        fprintf(file, "%s%s", i > 0 ? ", " : "", folder ? folder : "?");
    }
    if (fclose(file) == 0)
        return text;
    free(text);
    return NULL;
}

static const struct listing_column columns[] = {
    {"number", N_("Number"), listing_number},
    {"login", N_("Login"), listing_text},
    {"person", N_("Person"), listing_text},
    {"state", N_("State"), describe_state, color_of_state},
    {"account", N_("Account"), describe_account},
    {"from", N_("From"), describe_from},
    {"until", N_("Until"), describe_until},
    {"trained", N_("Trained"), describe_training},
    {"due", N_("Due"), describe_due},
    {"by", NULL, listing_text},
    {"folders", N_("Folders"), describe_folders},
};

static const struct listing listing = {&cmd_operator, N_("Nobody is registered."), columns,
                                       ELEMENTS(columns)};

// ---- list --------------------------------------------------------------------------------------

enum cli_exit operator_list(int argc, char *argv[], const struct cli_options *options)
{
    CLEANUP_JSON json_object *operators = NULL;
    CLEANUP_FREE char *why = NULL;
    bool csv = false;
    enum cli_exit status = listing_parse(&cmd_operator, argc, argv, &csv);
    if (status != CLI_OK)
        return status;
    int r = bus_call_list_operators(&operators, &why);
    return r < 0 ? cli_bus_failed(&cmd_operator, r, why)
                 : listing_print(&listing, operators, csv, options);
}
