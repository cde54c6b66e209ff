// SPDX-License-Identifier: GPL-3.0-or-later
// sekisho erase list: every certificate of the ledger, with what was begun and never ended.
#include "base/text.h"
#include "cli/erase-parts.h"
#include "cli/listing.h"
#include "cli/site.h"
#include "report/erasure-month.h"

#include <errno.h>
#include <getopt.h>
#include <string.h>

static enum table_color color_of_open(json_object *entry)
{
    return json_get_number(entry, "unfinished") > 0 ? TABLE_RED : TABLE_PLAIN;
}

static enum table_color color_of_failed(json_object *entry)
{
    return json_get_number(entry, "failed") > 0 ? TABLE_YELLOW : TABLE_PLAIN;
}

static const struct listing_column columns[] = {
    {"number", N_("Number"), listing_number},
    {"begun_ns", N_("Begun"), listing_minute},
    {"ended_ns", NULL, listing_minute},
    {"name", N_("What"), listing_text},
    {"user", N_("By"), listing_text},
    {"erased", N_("Erased"), listing_number},
    {"failed", N_("Not erased"), listing_number, color_of_failed},
    {"unfinished", N_("Unfinished"), listing_number, color_of_open},
    {"reason", N_("Reason"), listing_text},
};
static const struct listing listing = {&cmd_erase, N_("Nothing was erased."), columns,
                                       ELEMENTS(columns)};

static int take(void *context, const struct query_row *row)
{
    CLEANUP_JSON json_object *details = fact_read_details(&row->fact);
    return erasure_month_take(context, row, details, 0);
}

static json_object *describe(const struct month_erasure *erasure)
{
    json_object *entry = json_object_new_object();
    json_add_number(entry, "number", erasure->number);
    json_add_number(entry, "begun_ns", erasure->begun_ns);
    json_add_number(entry, "ended_ns", erasure->ended_ns);
    json_add_text(entry, "name", erasure->name);
    json_add_text(entry, "user", erasure->by);
    json_add_text(entry, "reason", erasure->reason);
    json_add_number(entry, "erased", month_erasure_ended(erasure) - erasure->failed);
    json_add_number(entry, "failed", erasure->failed);
    json_add_number(entry, "unfinished", month_erasure_open(erasure));
    return entry;
}

static int read_all(const char *state, struct erasure_month *ret)
{
    CLEANUP(query_free_paths_p) char **paths = NULL;
    CLEANUP_FREE char *folder = text_format("%s/ledger", state);
    const struct query_filter filter = {.kind = "erase.*", .severity = -1};
    size_t n;
    int r = folder ? query_list_months(folder, &paths, &n) : -ENOMEM;
    if (r == 0)
        r = query_run((const char *const *)paths, n, &filter, take, ret);
    if (r == 0)
        erasure_month_end(ret, 0);
    return r;
}

static enum cli_exit print(const struct erasure_month *all, bool csv,
                           const struct cli_options *options)
{
    CLEANUP_JSON json_object *entries = json_object_new_array();
    for (size_t i = 0; i < all->n; i++)
        json_object_array_add(entries, describe(all->items[i]));
    enum cli_exit status = listing_print(&listing, entries, csv, options);
    if (status != CLI_OK || all->unfinished == 0)
        return status;
    if (!options->json && !csv)
        puts(_(
            "What is unfinished was interrupted: a file may still be there, with content that is "
            "not its own.\n“sekisho erase certificate NUMBER” names the files; erase them again."));
    return CLI_FINDING;
}

enum cli_exit erase_register_list(int argc, char *argv[], const struct cli_options *options)
{
    static const struct option names[] = {{"csv", no_argument, NULL, 'c'},
                                          {"state", required_argument, NULL, 'd'},
                                          {NULL, 0, NULL, 0}};
    struct erasure_month all = {0};
    const char *state = CLI_STATE_FOLDER;
    bool csv = false;
    int option;
    opterr = 0;
    optind = 0;
    while ((option = getopt_long(argc, argv, ":", names, NULL)) != -1) {
        if (option == 'c')
            csv = true;
        else if (option == 'd')
            state = optarg;
        else
            return cli_bad_option(&cmd_erase, option, argv[optind - 1]);
    }
    if (optind < argc)
        return cli_usage(&cmd_erase, _("%s: unexpected"), argv[optind]);
    (void)site_use_zone(NULL);
    int r = read_all(state, &all);
    enum cli_exit status =
        r < 0 ? cli_read_failed(&cmd_erase, r, state) : print(&all, csv, options);
    erasure_month_clear(&all);
    return status;
}
