// SPDX-License-Identifier: GPL-3.0-or-later
// sekisho request: what people ask for, and what others decide.
#include "cli/cli.h"
#include "cli/request-list.h"
#include "cli/terms.h"

#include "base/json.h"
#include "base/text.h"
#include "bus/bus.h"

#include <inttypes.h>
#include <string.h>

enum option_value {
    OPTION_UNTIL = 1,
    OPTION_PURPOSE,
    OPTION_REASON,
    OPTION_PERMIT,
    OPTION_READ_ONLY,
    OPTION_ENCRYPTED,
    OPTION_PLAIN,
    OPTION_PORT,
    OPTION_LINK,
    OPTION_PEER,
    OPTION_MEDIUM,
    OPTION_CONTENTS,
    OPTION_DESTINATION,
};

static enum cli_exit set_flag(json_object *terms, const char *key, bool value)
{
    json_add_bool(terms, key, value);
    return CLI_OK;
}

static enum cli_exit take_option(int option, void *terms)
{
    switch (option) {
    case OPTION_UNTIL:
        return terms_add_time(&cmd_request, "until", optarg, terms);
    case OPTION_READ_ONLY:
        return set_flag(terms, "read_only", true);
    case OPTION_ENCRYPTED:
        return set_flag(terms, "encrypted", true);
    case OPTION_PLAIN:
        return set_flag(terms, "encrypted", false);
    case OPTION_PORT:
        return set_flag(terms, "port", true);
    case OPTION_LINK:
        return terms_add_link(&cmd_request, optarg, terms);
    case OPTION_PEER:
        return terms_add_peer(&cmd_request, optarg, NULL, terms);
    case OPTION_PURPOSE:
        return terms_add_text(&cmd_request, "purpose", optarg, terms);
    case OPTION_REASON:
        return terms_add_text(&cmd_request, "reason", optarg, terms);
    case OPTION_PERMIT:
        return terms_add_text(&cmd_request, "permit", optarg, terms);
    case OPTION_MEDIUM:
        return terms_add_text(&cmd_request, "medium", optarg, terms);
    case OPTION_CONTENTS:
        return terms_add_text(&cmd_request, "contents", optarg, terms);
    default:
        return terms_add_text(&cmd_request, "destination", optarg, terms);
    }
}

static enum cli_exit parse(const struct option *options, int argc, char *argv[], json_object *terms)
{
    const struct cli_arguments arguments = {&cmd_request, argc, argv};
    return cli_take_options(&arguments, options, take_option, terms);
}

// ---- make --------------------------------------------------------------------------------------

static bool is_number(const char *text)
{
    uint64_t number;
    return text_to_u64(text, 10, UINT32_MAX, &number) == 0;
}

// The number in `sekisho usb list`, or a name as it is.
static enum cli_exit add_device(const char *name, json_object *terms)
{
    CLEANUP_JSON json_object *devices = NULL;
    CLEANUP_FREE char *why = NULL;
    if (!is_number(name))
        return terms_add_text(&cmd_request, "device", name, terms);
    int r = bus_call_list_devices(&devices, &why);
    if (r < 0)
        return cli_bus_failed(&cmd_request, r, why);
    uint64_t wanted = strtoull(name, NULL, 10);
    for (size_t i = 0; i < json_object_array_length(devices); i++) {
        json_object *device = json_object_array_get_idx(devices, i);
        const char *plugged = json_get_text(device, "sysname");
        if (json_get_number(device, "number") == wanted)
            return terms_add_text(&cmd_request, "device",
                                  plugged ? plugged : json_get_text(device, "identity"), terms);
    }
    return cli_usage(&cmd_request, _("%s: no such device; see “sekisho usb list”"), name);
}

static const char *choose_what(json_object *terms)
{
    if (json_object_array_length(json_get(terms, "peers")) > 0)
        return "peer";
    if (json_object_array_length(json_get(terms, "links")) > 0)
        return "link";
    return json_get(terms, "medium") ? "take-out" : "device";
}

static enum cli_exit check_made(const char *what, int argc, json_object *terms)
{
    bool needs_device = text_equal(what, "device");
    if (argc - optind > (needs_device ? 2 : 1))
        return cli_usage(&cmd_request, _("a device, a link or peer, or a medium: one at a time"));
    if (needs_device && argc - optind != 2)
        return cli_usage(&cmd_request,
                         _("what is asked for? Give a DEVICE, --link, --peer or --medium"));
    if (!json_get(terms, "purpose"))
        return cli_usage(&cmd_request, _("what for? Give --purpose"));
    if (!json_get(terms, "until_ns"))
        return cli_usage(&cmd_request, _("until when? Give --until"));
    return CLI_OK;
}

static enum cli_exit make(int argc, char *argv[], const struct cli_options *options)
{
    static const struct option known[] = {
        {"until", required_argument, NULL, OPTION_UNTIL},
        {"purpose", required_argument, NULL, OPTION_PURPOSE},
        {"read-only", no_argument, NULL, OPTION_READ_ONLY},
        {"encrypted", no_argument, NULL, OPTION_ENCRYPTED},
        {"link", required_argument, NULL, OPTION_LINK},
        {"peer", required_argument, NULL, OPTION_PEER},
        {"medium", required_argument, NULL, OPTION_MEDIUM},
        {"contents", required_argument, NULL, OPTION_CONTENTS},
        {"destination", required_argument, NULL, OPTION_DESTINATION},
        {NULL, 0, NULL, 0},
    };
    CLEANUP_JSON json_object *terms = terms_new(), *answer = NULL;
    CLEANUP_FREE char *why = NULL;
    enum cli_exit status = parse(known, argc, argv, terms);
    if (status != CLI_OK)
        return status;
    const char *what = choose_what(terms);
    status = check_made(what, argc, terms);
    if (status == CLI_OK && text_equal(what, "device"))
        status = add_device(argv[optind + 1], terms);
    if (status != CLI_OK)
        return status;
    int r = bus_call_make_request(what, terms, &answer, &why);
    if (r < 0)
        return cli_bus_failed(&cmd_request, r, why);
    return cli_tell(options, answer,
                    _("Your request is number %" PRIu64 ". Another person has to approve it.\n"),
                    json_get_number(answer, "number"));
}

// ---- approve, refuse, withdraw -----------------------------------------------------------------

static enum cli_exit finish(const struct cli_options *options, int r, const char *why,
                            json_object *answer, const char *sentence)
{
    if (r < 0)
        return cli_bus_failed(&cmd_request, r, why);
    return cli_tell(options, answer, "%s\n", sentence);
}

static enum cli_exit ask_number(void)
{
    return cli_usage(&cmd_request, _("which request? Give its number from “sekisho request list”"));
}

static enum cli_exit approve(int argc, char *argv[], const struct cli_options *options)
{
    static const struct option known[] = {
        {"until", required_argument, NULL, OPTION_UNTIL},
        {"read-only", no_argument, NULL, OPTION_READ_ONLY},
        {"encrypted", no_argument, NULL, OPTION_ENCRYPTED},
        {"unencrypted", no_argument, NULL, OPTION_PLAIN},
        {"port", no_argument, NULL, OPTION_PORT},
        {"permit", required_argument, NULL, OPTION_PERMIT},
        {"reason", required_argument, NULL, OPTION_REASON},
        {NULL, 0, NULL, 0},
    };
    CLEANUP_JSON json_object *terms = json_object_new_object(), *answer = NULL;
    CLEANUP_FREE char *why = NULL;
    enum cli_exit status = parse(known, argc, argv, terms);
    if (status != CLI_OK)
        return status;
    if (argc - optind != 2)
        return ask_number();
    int r = bus_call_approve_request(argv[optind + 1], terms, &answer, &why);
    return finish(options, r, why, answer,
                  json_get_bool(answer, "self_approval")
                      ? _("The request is approved, and recorded as approved by the same person.")
                      : _("The request is approved."));
}

static enum cli_exit refuse(int argc, char *argv[], const struct cli_options *options)
{
    static const struct option known[] = {{"reason", required_argument, NULL, OPTION_REASON},
                                          {NULL, 0, NULL, 0}};
    CLEANUP_JSON json_object *terms = json_object_new_object(), *answer = NULL;
    CLEANUP_FREE char *why = NULL;
    enum cli_exit status = parse(known, argc, argv, terms);
    if (status != CLI_OK)
        return status;
    if (argc - optind != 2)
        return ask_number();
    const char *reason = json_get_text(terms, "reason");
    int r = bus_call_refuse_request(argv[optind + 1], reason ? reason : "", &answer, &why);
    return finish(options, r, why, answer, _("The request is refused."));
}

static enum cli_exit withdraw(int argc, char *argv[], const struct cli_options *options)
{
    CLEANUP_JSON json_object *answer = NULL;
    CLEANUP_FREE char *why = NULL;
    if (argc != 3)
        return ask_number();
    int r = bus_call_withdraw_request(argv[2], &answer, &why);
    return finish(options, r, why, answer, _("The request is withdrawn."));
}

// ---- Verbs -------------------------------------------------------------------------------------

static enum cli_exit run(int argc, char *argv[], const struct cli_options *options)
{
    static const struct {
        const char *name;
        enum cli_exit (*run)(int argc, char *argv[], const struct cli_options *options);
    } verbs[] = {{"list", request_list},
                 {"make", make},
                 {"approve", approve},
                 {"refuse", refuse},
                 {"withdraw", withdraw}};
    if (argc < 2)
        return cli_usage(&cmd_request,
                         _("what is to be done? list, make, approve, refuse or withdraw"));
    for (size_t i = 0; i < ELEMENTS(verbs); i++)
        if (text_equal(verbs[i].name, argv[1]))
            return verbs[i].run(argc, argv, options);
    return cli_usage(&cmd_request,
                     _("%s: unknown; list, make, approve, refuse and withdraw are known"), argv[1]);
}

const struct command cmd_request = {
    .name = "request",
    .summary = N_("What people have asked for, and what was decided"),
    .usage = "list [--csv]  |  make [DEVICE] --purpose TEXT --until DATE [OPTION…]  |  "
             "approve NUMBER [OPTION…]  |  refuse NUMBER [--reason TEXT]  |  withdraw NUMBER",
    .help = N_("  DEVICE              number from “sekisho usb list”, or VID:PID[:SERIAL]\n"
               "  --purpose TEXT      what it is needed for\n"
               "  --until DATE        ends with that day; of approve: sooner than asked for\n"
               "  --link LINK         instead of a device: a network link, as in “sekisho permit”\n"
               "  --peer PEER         or what may be reached: “ADDRESS PROTOCOL[:PORTS]”\n"
               "  --medium TEXT       or taking something out: on what,\n"
               "  --contents TEXT     what stands on it,\n"
               "  --destination TEXT  and where it goes\n"
               "\n"
               "Options of make and approve, for a device:\n"
               "  --read-only         nothing can be written to it\n"
               "  --encrypted         only what is encrypted on it can be used\n"
               "\n"
               "Options of approve:\n"
               "  --unencrypted       also what is not, although the policy asks for it\n"
               "  --port              only where it is plugged in now\n"
               "  --permit NUMBER     the city's permit\n"
               "  --reason TEXT       why, also of refuse\n"
               "\n"
               "  --csv               a table for spreadsheets\n"
               "\n"
               "Nobody approves what he has asked for himself, also not by sudo or su.\n"),
    .run = run,
};
