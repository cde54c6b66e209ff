// SPDX-License-Identifier: GPL-3.0-or-later
// What the commands share: messages, exit statuses, JSON, the terminal.
#include "cli/cli.h"

#include "base/text.h"

#include <errno.h>
#include <stdarg.h>
#include <string.h>
#include <sys/ioctl.h>

static void print_error(const struct command *command, const char *format, va_list arguments)
{
    if (command)
        fprintf(stderr, "sekisho %s: ", command->name);
    else
        fputs("sekisho: ", stderr);
    vfprintf(stderr, format, arguments);
    fputc('\n', stderr);
}

void cli_error(const struct command *command, const char *format, ...)
{
    va_list arguments;
    int saved = errno;
    (void)fflush(stdout);
    errno = saved; // for %m
    va_start(arguments, format);
    print_error(command, format, arguments);
    va_end(arguments);
}

enum cli_exit cli_usage(const struct command *command, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    print_error(command, format, arguments);
    va_end(arguments);
    if (command)
        fprintf(stderr, _("“sekisho %s --help” shows how it is used.\n"), command->name);
    else
        fprintf(stderr, _("“sekisho --help” lists the commands.\n"));
    return CLI_USAGE;
}

enum cli_exit cli_bad_option(const struct command *command, int answer, const char *option)
{
    return answer == ':' ? cli_usage(command, _("%s: needs a value"), option)
                         : cli_usage(command, _("%s: unknown option"), option);
}

enum cli_exit cli_take_options(const struct cli_arguments *arguments, const struct option *options,
                               enum cli_exit (*take)(int option, void *context), void *context)
{
    enum cli_exit status = CLI_OK;
    int option, argc = arguments->argc;
    opterr = 0;
    while (status == CLI_OK &&
           (option = getopt_long(argc, arguments->argv, ":", options, NULL)) != -1)
        status = option == '?' || option == ':'
                     ? cli_bad_option(arguments->command, option, arguments->argv[optind - 1])
                     : take(option, context);
    return status;
}

enum cli_exit cli_bus_failed(const struct command *command, int r, const char *why)
{
    if (r == -ENOTCONN) {
        cli_error(command, _("sekishod does not answer; “systemctl status sekishod” tells why"));
        return CLI_FAILED;
    }
    cli_error(command, "%s", why ? why : strerror(-r));
    return r == -EACCES ? CLI_REFUSED : r == -EINVAL ? CLI_USAGE : CLI_FAILED;
}

enum cli_exit cli_read_failed(const struct command *command, int r, const char *path)
{
    CLEANUP_FREE char *shown = text_printable(path);
    if (r == -EACCES || r == -EPERM) {
        cli_error(command, _("%s: only root and the group sekisho-audit may read this"), shown);
        return CLI_REFUSED;
    }
    cli_error(command, "%s: %s", shown, strerror(-r));
    return CLI_FAILED;
}

void cli_print_json(json_object *object)
{
    const int flags =
        JSON_C_TO_STRING_PRETTY | JSON_C_TO_STRING_SPACED | JSON_C_TO_STRING_NOSLASHESCAPE;
    puts(json_object_to_json_string_ext(object, flags));
}

enum cli_exit cli_tell(const struct cli_options *options, json_object *answer, const char *format,
                       ...)
{
    va_list arguments;
    if (options->json) {
        cli_print_json(answer);
        return CLI_OK;
    }
    va_start(arguments, format);
    vprintf(format, arguments);
    va_end(arguments);
    return CLI_OK;
}

bool cli_wants_color(void)
{
    const char *no_color = getenv("NO_COLOR"), *term = getenv("TERM");
    return isatty(STDOUT_FILENO) && !(no_color && no_color[0]) && !text_equal(term, "dumb");
}

unsigned cli_terminal_width(void)
{
    struct winsize size;
    return ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 ? size.ws_col : 0;
}
