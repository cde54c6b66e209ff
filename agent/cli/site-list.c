// SPDX-License-Identifier: GPL-3.0-or-later
// sekisho site list: all workstations that were ever enrolled.
#include "cli/field.h"
#include "cli/site-parts.h"

#include "base/json.h"
#include "base/text.h"

static void add_row(struct table *table, const struct cards *cards, size_t i)
{
    const struct card *card = &cards->items[i];
    uint64_t replaced_ns = cards_replaced_ns(cards, i);
    CLEANUP_FREE char *enrolled = field_minute(card->enrolled_ns);
    CLEANUP_FREE char *replaced = field_minute(replaced_ns);
    table_row(table);
    table_cell(table, card->name, replaced_ns > 0 ? TABLE_DIM : TABLE_PLAIN);
    table_cell(table, replaced_ns > 0 ? _("replaced") : _("in use"),
               replaced_ns > 0 ? TABLE_DIM : TABLE_GREEN);
    table_cell(table, enrolled, TABLE_PLAIN);
    table_cell(table, replaced, TABLE_PLAIN);
    table_cell(table, card->note.ledger, TABLE_PLAIN);
}

static void print_table(const struct cards *cards, const struct cli_options *options)
{
    CLEANUP(table_free_p)
    struct table *table =
        table_new(_("PC"), _("State"), _("Enrolled"), _("Replaced"), _("Identity"), NULL);
    for (size_t i = 0; table && i < cards->n; i++)
        add_row(table, cards, i);
    if (cards->n == 0)
        puts(_("No PC is enrolled yet: sekisho site enrol"));
    else if (table)
        table_print(table, stdout, options->color, cli_terminal_width());
}

static void print_document(const struct cards *cards)
{
    CLEANUP_JSON json_object *list = json_object_new_array();
    for (size_t i = 0; i < cards->n; i++) {
        const struct card *card = &cards->items[i];
        uint64_t replaced_ns = cards_replaced_ns(cards, i);
        json_object *object = json_object_new_object();
        json_add_text(object, "name", card->name);
        json_add_text(object, "identity", card->note.ledger);
        json_add_number(object, "enrolled_ns", card->enrolled_ns);
        if (replaced_ns > 0)
            json_add_number(object, "replaced_ns", replaced_ns);
        json_add_hash(object, "certificate_sha256", card->certificate);
        json_object_array_add(list, object);
    }
    cli_print_json(list);
}

static enum cli_exit take_option(int option, void *context)
{
    const char **site = context;
    (void)option;
    *site = optarg;
    return CLI_OK;
}

enum cli_exit site_list(int argc, char *argv[], const struct cli_options *options)
{
    static const struct option names[] = {{"site", required_argument, NULL, 's'},
                                          {NULL, 0, NULL, 0}};
    const struct cli_arguments arguments = {&cmd_site, argc, argv};
    const char *site = NULL;
    CLEANUP(site_folder_clear) struct site_folder folder = {.dir = -1};
    enum cli_exit status = cli_take_options(&arguments, names, take_option, &site);
    if (status != CLI_OK)
        return status;
    if (!site || optind + 1 < argc)
        return cli_usage(&cmd_site, _("say --site FOLDER, and nothing else"));
    status = site_folder_open(site, false, &folder);
    if (status != CLI_OK)
        return status;
    if (options->json)
        print_document(&folder.cards);
    else
        print_table(&folder.cards, options);
    return CLI_OK;
}
