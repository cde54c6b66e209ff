// SPDX-License-Identifier: GPL-3.0-or-later
// Requests as a table, as CSV and as JSON: who asked for what, what for, until when, and who
// decided.
#include "cli/request-list.h"

#include "base/json.h"
#include "base/text.h"
#include "bus/bus.h"
#include "cli/listing.h"

static const struct {
    const char *state, *label;
    enum table_color color;
} states[] = {
    {"open", N_("open"), TABLE_YELLOW},           {"approved", N_("approved"), TABLE_GREEN},
    {"refused", N_("refused"), TABLE_RED},        {"withdrawn", N_("withdrawn"), TABLE_DIM},
    {"expired", N_("nobody decided"), TABLE_DIM},
};

static size_t find_state(json_object *request)
{
    size_t i = 0;
    while (i + 1 < ELEMENTS(states) &&
           !text_equal(states[i].state, json_get_text(request, "state")))
        i++;
    return i;
}

static char *describe_state(const struct listing_column *column, json_object *request)
{
    (void)column;
    const char *label = _(states[find_state(request)].label);
    return json_get_bool(request, "self_approval") ? text_format(_("%s, by the same person"), label)
                                                   : text_dup(label);
}

static enum table_color color_of_state(json_object *request)
{
    return states[find_state(request)].color;
}

static char *describe_flag(const struct listing_column *column, json_object *request)
{
    return json_get_bool(request, column->key) ? text_dup(_("yes")) : NULL;
}

static const struct listing_column columns[] = {
    {"number", N_("Number"), listing_number},
    {"state", N_("State"), describe_state, color_of_state},
    {"what", NULL, listing_text},
    {"subject", N_("What"), listing_text},
    {"contents", NULL, listing_text},
    {"destination", NULL, listing_text},
    {"purpose", N_("Purpose"), listing_text},
    {"until_ns", N_("Until"), listing_minute},
    {"asker", N_("Asked by"), listing_text},
    {"made_ns", N_("Asked"), listing_minute},
    {"expires_ns", NULL, listing_minute},
    {"decider", N_("Decided by"), listing_text},
    {"decided_ns", NULL, listing_minute},
    {"self_approval", NULL, describe_flag},
    {"grant", NULL, listing_number},
    {"reason", N_("Reason"), listing_text},
};

static const struct listing listing = {&cmd_request, N_("Nobody has asked for anything."), columns,
                                       ELEMENTS(columns)};

enum cli_exit request_list(int argc, char *argv[], const struct cli_options *options)
{
    CLEANUP_JSON json_object *requests = NULL;
    CLEANUP_FREE char *why = NULL;
    bool csv = false;
    enum cli_exit status = listing_parse(&cmd_request, argc, argv, &csv);
    if (status != CLI_OK)
        return status;
    int r = bus_call_list_requests(0, &requests, &why);
    return r < 0 ? cli_bus_failed(&cmd_request, r, why)
                 : listing_print(&listing, requests, csv, options);
}
