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

// All of it, or what concerns one guard.
static json_object *keep_guard(json_object *list, const char *guard)
{
    if (list && !guard)
        return json_object_get(list);
    json_object *only = json_object_new_object(), *one = guard ? json_get(list, guard) : NULL;
    if (one)
        json_add(only, guard, json_object_get(one));
    return only;
}

static json_object *keep_mode(json_object *status, const char *guard)
{
    static const char *const keys[] = {"pending_confirmation", "transition"};
    json_object *answer = json_object_new_object();
    json_add(answer, "mode", keep_guard(json_get(status, "mode"), guard));
    json_add(answer, "mode_changes", keep_guard(json_get(status, "mode_changes"), guard));
    for (size_t i = 0; i < ELEMENTS(keys); i++)
        json_object_object_add(answer, keys[i], json_object_get(json_get(status, keys[i])));
    return answer;
}

static void print_trial(const char *guard, json_object *change)
{
    char until[40];
    field_time(json_get_number(change, "deadline_ns"), until);
    if (text_equal(guard, "network"))
        printf(_("%s: enforce is on trial until %s. To keep it, log in anew over the network and "
                 "type there:\n"
                 "    sekisho mode --confirm\n"
                 "Otherwise the machine observes again.\n"),
               guard, until);
    else
        printf(_("%s: enforce is on trial until %s. To keep it, type at this machine's own "
                 "keyboard:\n"
                 "    sekisho mode --confirm\n"
                 "Otherwise the machine observes again.\n"),
               guard, until);
}

static void print_change(const char *guard, json_object *change)
{
    const char *state = json_get_text(change, "state");
    if (text_equal(state, "trial"))
        print_trial(guard, change);
    else if (text_equal(state, "installing"))
        printf(_("%s: enforce is being installed for the next boot.\n"), guard);
    else if (text_equal(state, "failed"))
        printf(_("%s: enforce could not be installed.\n"), guard);
}

static void print_modes(json_object *answer)
{
    json_object *modes = json_get(answer, "mode"), *changes = json_get(answer, "mode_changes");
    if (modes) {
        json_object_object_foreach(modes, guard, mode)
            printf("%s: %s\n", guard, json_object_get_string(mode));
    }
    if (changes) {
        json_object_object_foreach(changes, guard, change) print_change(guard, change);
    }
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

// The answer names each guard that it is about.
static bool is_any(json_object *answer, const char *state)
{
    json_object *guards = json_get(answer, "guards");
    if (!guards)
        return false;
    json_object_object_foreach(guards, guard, change)
    {
        (void)guard;
        if (text_equal(json_get_text(change, "state"), state))
            return true;
    }
    return false;
}

static void print_answer(json_object *answer)
{
    const char *mode = json_get_text(answer, "mode");
    json_object *guards = json_get(answer, "guards");
    if (is_any(answer, "installing"))
        puts(_(
            "Enforce is on, and is being installed for the next boot. This takes a minute or so."));
    else if (!is_any(answer, "trial"))
        printf(_("The mode is now: %s\n"), mode ? mode : "–");
    if (!guards)
        return;
    json_object_object_foreach(guards, guard, change)
    {
        if (text_equal(json_get_text(change, "state"), "trial"))
            print_trial(guard, change);
        else if (is_any(answer, "trial"))
            printf("%s: %s\n", guard, mode ? mode : "–");
    }
}

static enum cli_exit say_failed(const char *guard)
{
    bool network = text_equal(guard, "network");
    cli_error(&cmd_mode,
              _("%s: enforce could not be installed, the machine observes again; “journalctl -u "
                "%s” tells why"),
              guard, network ? "sekisho-airgap" : "sekisho-initramfs");
    return CLI_FAILED;
}

static void say_installed(const char *guard)
{
    if (text_equal(guard, "network"))
        puts(
            _("Enforce is installed: the network is shut from power-on, but for its named peers."));
    else
        puts(_("Enforce is installed: the gate is shut from power-on."));
}

// "installing" until the initramfs is renewed and looked at, or the firewall loaded; then the mode
// that came of it. A guard of which nothing is said any more has arrived.
static enum cli_exit wait_guard(const char *guard, const struct cli_options *options)
{
    for (;;) {
        CLEANUP_JSON json_object *status = NULL;
        CLEANUP_FREE char *why = NULL;
        int r = bus_call_status(&status, &why);
        if (r < 0)
            return cli_bus_failed(&cmd_mode, r, why);
        json_object *change = json_get(json_get(status, "mode_changes"), guard);
        const char *state = json_get_text(change, "state");
        if (text_equal(state, "failed"))
            return say_failed(guard);
        if (!text_equal(state, "installing"))
            break;
        if (isatty(STDERR_FILENO))
            (void)fputc('.', stderr);
        (void)sleep(1);
    }
    if (isatty(STDERR_FILENO))
        (void)fputc('\n', stderr);
    if (!options->json)
        say_installed(guard);
    return CLI_OK;
}

static enum cli_exit wait_installed(json_object *answer, const struct cli_options *options)
{
    enum cli_exit status = CLI_OK;
    json_object *guards = json_get(answer, "guards");
    if (!guards)
        return status;
    json_object_object_foreach(guards, guard, change)
    {
        if (!text_equal(json_get_text(change, "state"), "installing"))
            continue;
        enum cli_exit one = wait_guard(guard, options);
        status = one == CLI_OK ? status : one;
    }
    return status;
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
    enum cli_exit status = wait_installed(answer, options);
    // Confirmed was what may be confirmed from here; the rest waits on.
    return status == CLI_OK && request->confirm && is_any(answer, "trial") ? CLI_FINDING : status;
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
    .help =
        N_("  GUARD      usb or network; without it, all of them\n"
           "  --confirm  keeps enforce after the trial of 60 seconds: of usb at this machine's\n"
           "             own keyboard, of network also from a new connection, which shows that\n"
           "             they still work\n"
           "  --yes      enters enforce without the trial, for unattended set-up\n"),
    .run = run,
};
