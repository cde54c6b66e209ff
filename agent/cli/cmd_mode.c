// SPDX-License-Identifier: GPL-3.0-or-later
// sekisho mode: shows and switches between observing and enforcing.
#include "cli/cli.h"
#include "cli/field.h"

#include "base/json.h"
#include "base/text.h"
#include "bus/bus.h"
#include "policy/gate.h"

#include <getopt.h>

struct request {
    const char *guard; // NULL: all
    const char *mode;  // NULL: only show
    bool confirm, unattended;
};

// ---- Showing -----------------------------------------------------------------------------------

static json_object *keep_mode(json_object *status, const char *guard)
{
    static const char *const keys[] = {"mode", "pending_confirmation", "transition"};
    json_object *answer = json_object_new_object();
    for (size_t i = 0; i < ELEMENTS(keys); i++)
        json_object_object_add(answer, keys[i], json_object_get(json_get(status, keys[i])));
    json_object *modes = json_get(answer, "mode"), *mode = json_get(modes, guard ? guard : "");
    if (mode) {
        json_object *only = json_object_new_object();
        json_add(only, guard, json_object_get(mode));
        json_add(answer, "mode", only);
    }
    return answer;
}

static void print_pending(json_object *pending)
{
    char until[40];
    field_time(json_get_number(pending, "deadline_ns"), until);
    printf(_("Enforce is on trial until %s. To keep it, type at this machine's own keyboard:\n"
             "    sekisho mode --confirm\n"
             "Otherwise the machine observes again.\n"),
           until);
}

static void print_modes(json_object *answer)
{
    json_object *modes = json_get(answer, "mode"),
                *pending = json_get(answer, "pending_confirmation");
    if (modes) {
        json_object_object_foreach(modes, guard, mode)
            printf("%s: %s\n", guard, json_object_get_string(mode));
    }
    if (pending)
        print_pending(pending);
    if (text_equal(json_get_text(answer, "transition"), "installing"))
        puts(_("Enforce is being installed for the next boot."));
}

static enum cli_exit show(const struct request *request, const struct cli_options *options)
{
    CLEANUP_JSON json_object *status = NULL, *answer = NULL;
    CLEANUP_FREE char *why = NULL;
    int r = bus_call_status(&status, &why);
    if (r < 0)
        return cli_bus_failed(&cmd_mode, r, why);
    if (request->guard && !json_get(json_get(status, "mode"), request->guard))
        return cli_usage(&cmd_mode, _("%s: there is no such guard"), request->guard);
    answer = keep_mode(status, request->guard);
    if (options->json)
        cli_print_json(answer);
    else
        print_modes(answer);
    return CLI_OK;
}

// ---- Switching ---------------------------------------------------------------------------------

static void print_answer(json_object *answer)
{
    const char *state = json_get_text(answer, "state"), *mode = json_get_text(answer, "mode");
    if (text_equal(state, "trial")) {
        print_pending(answer);
    } else if (text_equal(state, "installing")) {
        puts(_(
            "Enforce is on, and is being installed for the next boot. This takes a minute or so."));
    } else {
        printf(_("The mode is now: %s\n"), mode ? mode : "–");
    }
}

// "installing" until the initramfs is renewed and looked at; then the mode that came of it.
static enum cli_exit wait_installed(const struct cli_options *options)
{
    for (;;) {
        CLEANUP_JSON json_object *status = NULL;
        CLEANUP_FREE char *why = NULL;
        int r = bus_call_status(&status, &why);
        if (r < 0)
            return cli_bus_failed(&cmd_mode, r, why);
        const char *transition = json_get_text(status, "transition");
        if (text_equal(transition, "failed")) {
            cli_error(&cmd_mode, "%s",
                      _("enforce could not be installed, the machine observes again; "
                        "“journalctl -u sekisho-initramfs” tells why"));
            return CLI_FAILED;
        }
        if (!text_equal(transition, "installing"))
            break;
        if (isatty(STDERR_FILENO))
            (void)fputc('.', stderr);
        (void)sleep(1);
    }
    if (isatty(STDERR_FILENO))
        (void)fputc('\n', stderr);
    if (!options->json)
        puts(_("Enforce is installed: the gate is shut from power-on."));
    return CLI_OK;
}

static enum cli_exit change(const struct request *request, const struct cli_options *options)
{
    CLEANUP_JSON json_object *answer = NULL;
    CLEANUP_FREE char *why = NULL;
    int r = request->confirm ? bus_call_confirm_mode(&answer, &why)
                             : bus_call_set_mode(request->guard ? request->guard : "all",
                                                 request->mode, request->unattended, &answer, &why);
    if (r < 0)
        return cli_bus_failed(&cmd_mode, r, why);
    if (options->json)
        cli_print_json(answer);
    else
        print_answer(answer);
    return text_equal(json_get_text(answer, "state"), "installing") ? wait_installed(options)
                                                                    : CLI_OK;
}

// ---- Arguments ---------------------------------------------------------------------------------

static bool is_mode(const char *text)
{
    enum gate_mode mode;
    return gate_mode_from_str(text, &mode) == 0;
}

// [GUARD] [MODE]
static enum cli_exit take_words(int n, char *words[], struct request *request)
{
    if (n > 0 && !is_mode(words[0])) {
        request->guard = words[0];
        n--, words++;
    }
    if (n > 0 && is_mode(words[0])) {
        request->mode = words[0];
        n--, words++;
    }
    if (n > 0)
        return cli_usage(&cmd_mode, _("%s: the mode is either observe or enforce"), words[0]);
    if (request->confirm && (request->guard || request->mode || request->unattended))
        return cli_usage(&cmd_mode, _("--confirm stands alone"));
    if (request->unattended && !request->mode)
        return cli_usage(&cmd_mode, _("--yes needs a mode to switch to"));
    return CLI_OK;
}

static enum cli_exit parse(int argc, char *argv[], struct request *request)
{
    static const struct option options[] = {
        {"confirm", no_argument, NULL, 'c'}, {"yes", no_argument, NULL, 'y'}, {NULL, 0, NULL, 0}};
    int option;
    opterr = 0;
    while ((option = getopt_long(argc, argv, ":", options, NULL)) != -1) {
        if (option == 'c')
            request->confirm = true;
        else if (option == 'y')
            request->unattended = true;
        else
            return cli_bad_option(&cmd_mode, option, argv[optind - 1]);
    }
    return take_words(argc - optind, argv + optind, request);
}

static enum cli_exit run(int argc, char *argv[], const struct cli_options *options)
{
    struct request request = {0};
    enum cli_exit status = parse(argc, argv, &request);
    if (status != CLI_OK)
        return status;
    return request.mode || request.confirm ? change(&request, options) : show(&request, options);
}

const struct command cmd_mode = {
    .name = "mode",
    .summary = N_("Shows or switches the mode: observe (record only) or enforce (also block)"),
    .usage = "[GUARD] [observe|enforce] [--yes]  |  --confirm",
    .help = N_("  GUARD      usb; without it, all of them\n"
               "  --confirm  keeps enforce after the trial of 60 seconds; at this machine's own\n"
               "             keyboard, which shows that it still works\n"
               "  --yes      enters enforce without the trial, for unattended set-up\n"),
    .run = run,
};
