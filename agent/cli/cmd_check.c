// SPDX-License-Identifier: GPL-3.0-or-later
// sekisho check: looks now, and prints the standard's table: clause, finding, evidence, and what to
// do about it.
#include "cli/cli.h"
#include "cli/table.h"

#include "base/file.h"
#include "base/json.h"
#include "base/text.h"
#include "report/audit-setup.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>

#define TEXT_MAX (1u << 20)

struct request {
    const char *root; // the machine's root folder, for tests and images
};

// ---- What is looked at -------------------------------------------------------------------------

struct material {
    struct check_sources sources;
    char *auditd_conf, *audit_rules, *command_line;
};

static void material_clear(struct material *material)
{
    free(material->auditd_conf);
    free(material->audit_rules);
    free(material->command_line);
}

static void read_text(int root, const char *path, struct check_text *ret, char **ret_owned)
{
    int r = file_read_at(root, path + 1, TEXT_MAX, ret_owned, NULL);
    *ret = (struct check_text){.path = path, .text = r < 0 ? NULL : *ret_owned, .error = r};
}

static void read_material(int root, struct material *ret)
{
    struct check_sources *sources = &ret->sources;
    read_text(root, "/etc/audit/auditd.conf", &sources->auditd_conf, &ret->auditd_conf);
    read_text(root, "/etc/audit/audit.rules", &sources->audit_rules, &ret->audit_rules);
    read_text(root, "/proc/cmdline", &sources->command_line, &ret->command_line);
}

// ---- The table ---------------------------------------------------------------------------------

static const struct {
    const char *text;
    enum table_color color;
} findings[] = {
    [FINDING_OK] = {N_("ok"), TABLE_GREEN},
    [FINDING_VIOLATION] = {N_("violation"), TABLE_RED},
    [FINDING_NOT_APPLICABLE] = {N_("not applicable"), TABLE_DIM},
    [FINDING_UNVERIFIED] = {N_("unverified"), TABLE_YELLOW},
};
static_assert(ELEMENTS(findings) == FINDING_VALUE_MAX, "words for each finding");

static void add_row(struct table *table, const struct check *check,
                    const struct check_result *result)
{
    table_row(table);
    table_cell(table, check->clause, TABLE_PLAIN);
    table_cell(table, _(findings[result->value].text), findings[result->value].color);
    table_cell(table, check->name, TABLE_PLAIN);
    table_cell(table, result->evidence, TABLE_PLAIN);
}

static void print_remedies(const struct check_result *results, const struct cli_options *options)
{
    const char *bold = options->color ? table_escape(TABLE_BOLD) : "";
    bool first = true;
    for (size_t i = 0; i < audit_setup_n_checks; i++) {
        if (!results[i].remedy)
            continue;
        if (first)
            printf("\n%s%s%s\n", bold, _("What to do"), bold[0] ? "\x1b[0m" : "");
        first = false;
        printf("  %s: %s\n", audit_setup_checks[i].name, results[i].remedy);
    }
}

static int print_table(const struct check_result *results, const struct cli_options *options)
{
    CLEANUP(table_free_p)
    struct table *table = table_new(_("Clause"), _("Finding"), _("Check"), _("Evidence"), NULL);
    if (!table)
        return -ENOMEM;
    for (size_t i = 0; i < audit_setup_n_checks; i++)
        add_row(table, &audit_setup_checks[i], &results[i]);
    table_print(table, stdout, options->color, 0);
    print_remedies(results, options);
    return 0;
}

static int print_document(const struct check_result *results)
{
    CLEANUP_JSON json_object *document = json_object_new_object();
    json_object *checks = json_object_new_array();
    if (!document || !checks) {
        json_object_put(checks);
        return -ENOMEM;
    }
    json_add(document, "checks", checks);
    for (size_t i = 0; i < audit_setup_n_checks; i++) {
        json_object *row = json_object_new_object();
        if (!row || json_object_array_add(checks, row) < 0)
            return -ENOMEM;
        json_add_text(row, "clause", audit_setup_checks[i].clause);
        json_add_text(row, "check", audit_setup_checks[i].name);
        json_add_text(row, "finding", finding_value_to_str(results[i].value));
        json_add_text(row, "evidence", results[i].evidence);
        json_add_text(row, "remedy", results[i].remedy);
    }
    cli_print_json(document);
    return 0;
}

// ---- Running -----------------------------------------------------------------------------------

static int look(const struct check_sources *sources, struct check_result *results)
{
    int r = 0;
    for (size_t i = 0; r == 0 && i < audit_setup_n_checks; i++)
        r = audit_setup_checks[i].look(&audit_setup_checks[i], sources, &results[i]);
    return r;
}

static bool is_well(const struct check_result *results)
{
    bool well = true;
    for (size_t i = 0; i < audit_setup_n_checks; i++)
        well =
            well && results[i].value != FINDING_VIOLATION && results[i].value != FINDING_UNVERIFIED;
    return well;
}

static enum cli_exit check(const struct material *material, const struct cli_options *options)
{
    CLEANUP_FREE struct check_result *results = calloc(audit_setup_n_checks, sizeof *results);
    int r = results ? look(&material->sources, results) : -ENOMEM;
    if (r == 0)
        r = options->json ? print_document(results) : print_table(results, options);
    enum cli_exit status = r == 0 && is_well(results) ? CLI_OK : CLI_FINDING;
    for (size_t i = 0; results && i < audit_setup_n_checks; i++)
        check_result_clear(&results[i]);
    return r < 0 ? cli_read_failed(&cmd_check, r, "check") : status;
}

static enum cli_exit parse(int argc, char *argv[], struct request *request)
{
    static const struct option names[] = {
        {"root", required_argument, NULL, 'r'},
        {NULL, 0, NULL, 0},
    };
    int option;
    opterr = 0;
    while ((option = getopt_long(argc, argv, ":", names, NULL)) != -1) {
        if (option != 'r')
            return cli_bad_option(&cmd_check, option, argv[optind - 1]);
        request->root = optarg;
    }
    return optind < argc ? cli_usage(&cmd_check, _("%s: unexpected"), argv[optind]) : CLI_OK;
}

static enum cli_exit run(int argc, char *argv[], const struct cli_options *options)
{
    struct request request = {.root = "/"};
    struct material material = {0};
    enum cli_exit status = parse(argc, argv, &request);
    if (status != CLI_OK)
        return status;
    CLEANUP_CLOSE int root = open(request.root, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (root < 0)
        return cli_read_failed(&cmd_check, -errno, request.root);
    read_material(root, &material);
    status = check(&material, options);
    material_clear(&material);
    return status;
}

const struct command cmd_check = {
    .name = "check",
    .summary = N_("Looks whether the machine is set up so that nothing is lost"),
    .usage = "[--root DIR]",
    .help = N_("  --root DIR   another machine's root folder, such as an image's\n"
               "\n"
               "Prints for each clause of the standard what was found, on what evidence, and what\n"
               "to do. Exit status 1: something is not in order, or could not be looked at.\n"),
    .run = run,
};
