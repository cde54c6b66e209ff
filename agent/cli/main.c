// SPDX-License-Identifier: GPL-3.0-or-later
// sekisho: finds the command and runs it. The groups below are what `sekisho` alone prints.
#include "cli/cli.h"

#include "base/text.h"

#include <langinfo.h>
#include <string.h>

#define GROUP_MAX 8

struct group {
    const char *title;
    const struct command *commands[GROUP_MAX]; // NULL behind the last
};

// A new command: its row here, its file cmd_<verb>.c beside this one.
static const struct group groups[] = {
    {N_("This workstation"), {&cmd_status, &cmd_check, &cmd_mode}},
    {N_("Devices and network"), {&cmd_usb, &cmd_net, &cmd_permit, &cmd_request, &cmd_medium}},
    {N_("The record"), {&cmd_log, &cmd_usage, &cmd_verify, &cmd_export, &cmd_report}},
    {N_("What people say"),
     {&cmd_attest, &cmd_visit, &cmd_asset, &cmd_review, &cmd_audit, &cmd_dispose, &cmd_incident}},
    {N_("Administration"), {&cmd_policy, &cmd_antivirus, &cmd_operator, &cmd_erase, &cmd_prune}},
    {N_("Many workstations"), {&cmd_enrol, &cmd_site}},
};

// What stands anywhere on the command line, before "--".
struct common {
    bool json, help, version;
};

static bool take_common(const char *argument, struct common *common)
{
    if (strcmp(argument, "--json") == 0)
        return common->json = true;
    if (strcmp(argument, "--help") == 0 || strcmp(argument, "-h") == 0)
        return common->help = true;
    if (strcmp(argument, "--version") == 0)
        return common->version = true;
    return false;
}

// Takes the common options out of argv and answers how many arguments are left.
static int take_common_options(int argc, char *argv[], struct common *ret)
{
    struct common common = {0};
    bool rest = false;
    int n = 1;
    for (int i = 1; i < argc; i++) {
        rest = rest || strcmp(argv[i], "--") == 0;
        if (rest || !take_common(argv[i], &common))
            argv[n++] = argv[i];
    }
    argv[n] = NULL;
    *ret = common;
    return n;
}

static const struct command *find_command(const char *name)
{
    for (size_t i = 0; i < ELEMENTS(groups); i++)
        for (const struct command *const *c = groups[i].commands; *c; c++)
            if (text_equal((*c)->name, name))
                return *c;
    return NULL;
}

static void print_overview(FILE *file)
{
    fprintf(file, _("Usage: sekisho COMMAND [ARGUMENT…] [--json]\n"));
    for (size_t i = 0; i < ELEMENTS(groups); i++) {
        if (groups[i].commands[0])
            fprintf(file, "\n%s\n", _(groups[i].title));
        for (const struct command *const *c = groups[i].commands; *c; c++)
            fprintf(file, "  %-9s  %s\n", (*c)->name, _((*c)->summary));
    }
    fprintf(file, _("\n“sekisho COMMAND --help” tells more. --json prints JSON instead of text;\n"
                    "the exit status is 0 all well, 1 something is not in order, 2 wrong usage,\n"
                    "3 refused, 4 not possible.\n"));
}

static void print_help(const struct command *command)
{
    printf(_("Usage: sekisho %s %s\n\n%s\n"), command->name, command->usage, _(command->summary));
    if (command->help)
        printf("\n%s", _(command->help));
}

static int run(int argc, char *argv[], const struct common *common)
{
    if (common->version) {
        printf("sekisho %s\n", SEKISHO_VERSION);
        return CLI_OK;
    }
    if (argc < 2) {
        print_overview(common->help ? stdout : stderr);
        return common->help ? CLI_OK : CLI_USAGE;
    }

    const struct command *command = find_command(argv[1]);
    if (!command)
        return cli_usage(NULL, _("%s: there is no such command"), argv[1]);
    if (common->help) {
        print_help(command);
        return CLI_OK;
    }
    struct cli_options options = {.json = common->json, .color = cli_wants_color()};
    return command->run(argc - 1, argv + 1, &options);
}

int main(int argc, char *argv[])
{
    i18n_init();
    // Ledgers hold UTF-8 whatever the session's locale is; widths are counted in it.
    if (strcmp(nl_langinfo(CODESET), "UTF-8") != 0)
        (void)setlocale(LC_CTYPE, "C.UTF-8");

    struct common common;
    argc = take_common_options(argc, argv, &common);
    int status = run(argc, argv, &common);
    if (fflush(stdout) != 0 || ferror(stdout)) {
        cli_error(NULL, _("output: %m"));
        return CLI_FAILED;
    }
    return status;
}
