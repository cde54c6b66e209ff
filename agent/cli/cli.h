// SPDX-License-Identifier: GPL-3.0-or-later
// What every command of `sekisho` is: one row here, one function in cmd_<verb>.c.
#pragma once

#include "base/i18n.h"
#include "base/util.h"

#include <getopt.h>
#include <json-c/json.h>
#include <stdbool.h>

#define CLI_STATE_FOLDER "/var/lib/sekisho"
#define CLI_POLICY_FOLDER "/etc/sekisho"

// Exit status, the same for every command.
enum cli_exit {
    CLI_OK = 0,      // done and all well
    CLI_FINDING = 1, // done, and something is not in order
    CLI_USAGE = 2,
    CLI_REFUSED = 3,
    CLI_FAILED = 4,
};

struct cli_options {
    bool json;  // --json
    bool color; // stdout is a terminal and NO_COLOR is unset
};

struct command {
    const char *name;
    const char *summary; // one line, N_()
    const char *usage;   // after "sekisho NAME": "[--since TIME] …"
    const char *help;    // options, a line each, N_(); NULL if none
    // argv[0] is the command's name; --json, --help and --version are taken out before.
    enum cli_exit (*run)(int argc, char *argv[], const struct cli_options *options);
};

extern const struct command cmd_status, cmd_mode, cmd_usb, cmd_net, cmd_permit, cmd_log, cmd_verify,
    cmd_export, cmd_report, cmd_usage, cmd_check, cmd_policy, cmd_attest, cmd_visit, cmd_asset,
    cmd_review, cmd_audit, cmd_antivirus, cmd_operator, cmd_request, cmd_medium, cmd_erase,
    cmd_dispose, cmd_incident, cmd_prune, cmd_enrol, cmd_site;

// What a command was given, for cli_take_options().
struct cli_arguments {
    const struct command *command;
    int argc;
    char **argv;
};

// "sekisho COMMAND: what: why" on stderr.
void cli_error(const struct command *command, const char *format, ...) printf_like(2, 3);
// The same for wrong usage, with a line that points to --help; answers CLI_USAGE.
enum cli_exit cli_usage(const struct command *command, const char *format, ...) printf_like(2, 3);
// What getopt_long() refused (it answered '?' or ':'); answers CLI_USAGE.
enum cli_exit cli_bad_option(const struct command *command, int answer, const char *option);
// Hands each of `options` that argv has to `take`, by its `val`, until that answers other than
// CLI_OK; optarg and optind are as getopt_long() leaves them. What is no option of these, or lacks
// its value, is CLI_USAGE.
enum cli_exit cli_take_options(const struct cli_arguments *arguments, const struct option *options,
                               enum cli_exit (*take)(int option, void *context), void *context);
// The exit status that a bus call's −errno means, after printing `why`.
enum cli_exit cli_bus_failed(const struct command *command, int r, const char *why);
// The same for a file or folder that could not be read: CLI_REFUSED for lack of rights.
enum cli_exit cli_read_failed(const struct command *command, int r, const char *path);
void cli_print_json(json_object *object);
// What was done: the agent's answer with --json, else a sentence. CLI_OK.
enum cli_exit cli_tell(const struct cli_options *options, json_object *answer, const char *format,
                       ...) printf_like(3, 4);
bool cli_wants_color(void);
unsigned cli_terminal_width(void); // columns; 0 if stdout is no terminal
