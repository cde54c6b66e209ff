// SPDX-License-Identifier: GPL-3.0-or-later
// sekisho usb: lists devices with verdict and reason, and approves or forgets them.
#include "cli/cli.h"
#include "cli/field.h"
#include "cli/terms.h"

#include "base/json.h"
#include "base/moment.h"
#include "base/text.h"
#include "bus/bus.h"
#include "decision/decision.h"
#include "report/sentence.h"

#include <ctype.h>
#include <errno.h>
#include <getopt.h>
#include <inttypes.h>
#include <string.h>

struct request {
    const char *device;    // as typed; NULL where none is wanted
    json_object *approval; // options of allow
    bool once;             // allow: until it is unplugged
};

// ---- list --------------------------------------------------------------------------------------

struct shown {
    const char *text;
    enum table_color color;
};

static struct shown describe_verdict(json_object *device)
{
    const char *verdict = json_get_text(device, "verdict");
    if (!json_get_bool(device, "plugged"))
        return (struct shown){_("not plugged in"), TABLE_DIM};
    if (text_equal(verdict, "allow"))
        return (struct shown){_("allowed"), TABLE_GREEN};
    if (text_equal(verdict, "partial"))
        return (struct shown){_("in part"), TABLE_YELLOW};
    if (json_get_bool(device, "authorized")) // observe mode
        return (struct shown){_("would be blocked"), TABLE_YELLOW};
    return (struct shown){_("blocked"), TABLE_RED};
}

static char *describe_name(json_object *device)
{
    const char *maker = json_get_text(device, "manufacturer"),
               *name = json_get_text(device, "name");
    return text_format("%s%s%s", maker ? maker : "", maker && name ? " " : "", name ? name : "");
}

static const char *describe_function(json_object *device)
{
    enum usb_function function;
    const char *word = json_get_text(device, "function");
    return word && usb_function_from_str(word, &function) == 0 ? sentence_function(function) : word;
}

// The reason as a sentence, then the conditions: "It is approved. Read-only, until 2026-12-01
// 00:00."; and which containers are on it, or have to be.
static char *describe_reason(json_object *device)
{
    enum reason reason;
    char until[40] = "";
    const char *word = json_get_text(device, "reason");
    const char *sentence =
        word && reason_from_str(word, &reason) == 0 ? reason_to_sentence(reason) : word;
    uint64_t until_ns = json_get_number(device, "until_ns");
    const char *luks = json_get_text(device, "luks");
    if (until_ns > 0)
        field_time(until_ns, until);
    return text_format("%s%s%s%s%s%s%s", sentence ? sentence : "",
                       json_get_bool(device, "read_only") ? _(" Read-only.") : "",
                       json_get_bool(device, "encrypted") ? _(" Encrypted only.") : "",
                       until_ns > 0 ? _(" Until ") : "", until, luks ? " LUKS " : "",
                       luks ? luks : "");
}

static void add_device(struct table *table, json_object *device)
{
    CLEANUP_FREE char *number = text_format("%" PRIu64, json_get_number(device, "number")),
                      *name = describe_name(device), *reason = describe_reason(device);
    const struct shown verdict = describe_verdict(device);
    bool is_plugged = json_get_bool(device, "plugged");
    enum table_color color = is_plugged ? TABLE_PLAIN : TABLE_DIM;
    table_row(table);
    table_cell(table, number, color);
    table_cell(table, verdict.text, verdict.color);
    table_cell(table, json_get_text(device, "identity"), color);
    table_cell(table, describe_function(device), color);
    table_cell(table, name && name[0] ? name : NULL, color);
    table_cell(table, is_plugged ? json_get_text(device, "sysname") : NULL, color);
    table_cell(table, reason, color);
}

static enum cli_exit list_devices(json_object *devices, const struct cli_options *options)
{
    CLEANUP(table_free_p)
    struct table *table = table_new(_("No."), _("Verdict"), _("Device"), _("Kind"), _("Name"),
                                    _("Port"), _("Why"), NULL);
    if (!table) {
        cli_error(&cmd_usb, "%s", strerror(ENOMEM));
        return CLI_FAILED;
    }
    for (size_t i = 0; i < json_object_array_length(devices); i++)
        add_device(table, json_object_array_get_idx(devices, i));
    table_print(table, stdout, options->color, cli_terminal_width());
    return CLI_OK;
}

static enum cli_exit run_list(const struct request *request, const struct cli_options *options)
{
    (void)request;
    CLEANUP_JSON json_object *devices = NULL;
    CLEANUP_FREE char *why = NULL;
    int r = bus_call_list_devices(&devices, &why);
    if (r < 0)
        return cli_bus_failed(&cmd_usb, r, why);
    if (!options->json)
        return list_devices(devices, options);
    cli_print_json(devices);
    return CLI_OK;
}

// ---- Which device ------------------------------------------------------------------------------

static json_object *find_number(json_object *devices, uint64_t number)
{
    for (size_t i = 0; i < json_object_array_length(devices); i++) {
        json_object *device = json_object_array_get_idx(devices, i);
        if (json_get_number(device, "number") == number)
            return device;
    }
    return NULL;
}

// What is plugged in goes by its sysname, because two devices may have one identity; what is not,
// by its identity, or, to be forgotten while its twin stays approved, by the number of its
// approval.
static char *name_device(json_object *device, bool forget)
{
    uint64_t approval = json_get_number(device, "approval");
    const char *sysname = json_get_text(device, "sysname"),
               *identity = json_get_text(device, "identity");
    if (json_get_bool(device, "plugged"))
        return strdup(sysname ? sysname : "");
    if (forget && approval > 0 && json_get_text(device, "luks"))
        return text_format("%" PRIu64, approval);
    return strdup(identity ? identity : "");
}

// The daemon's name for what was typed: for a number of the list what stands there, everything else
// as it is.
static enum cli_exit resolve(const char *typed, bool forget, char **ret)
{
    CLEANUP_JSON json_object *devices = NULL;
    CLEANUP_FREE char *why = NULL;
    uint64_t number;
    if (text_to_u64(typed, 10, UINT32_MAX, &number) < 0) {
        *ret = strdup(typed);
        return *ret ? CLI_OK : CLI_FAILED;
    }
    int r = bus_call_list_devices(&devices, &why);
    if (r < 0)
        return cli_bus_failed(&cmd_usb, r, why);
    json_object *device = find_number(devices, number);
    if (!device) {
        cli_error(&cmd_usb, _("%s: no device has this number; see “sekisho usb list”"), typed);
        return CLI_FAILED;
    }
    *ret = name_device(device, forget);
    return *ret ? CLI_OK : CLI_FAILED;
}

// ---- allow, forget, learn ----------------------------------------------------------------------

static enum cli_exit finish(int r, const char *why, json_object *answer,
                            const struct cli_options *options, void (*print)(json_object *answer))
{
    if (r < 0)
        return cli_bus_failed(&cmd_usb, r, why);
    if (options->json)
        cli_print_json(answer);
    else
        print(answer);
    return CLI_OK;
}

static void print_allowed(json_object *answer)
{
    const char *device = json_get_text(answer, "device");
    printf(_("Approved: %s (approval %" PRIu64 ")\n"), device ? device : "–",
           json_get_number(answer, "number"));
}

static void print_accepted(json_object *answer)
{
    const char *device = json_get_text(answer, "device");
    printf(_("Accepted until it is unplugged: %s\n"), device ? device : "–");
}

static void print_forgotten(json_object *answer)
{
    uint64_t n = json_get_number(answer, "ended");
    printf(ngettext("%" PRIu64 " approval ended.\n", "%" PRIu64 " approvals ended.\n", n), n);
}

static void print_learned(json_object *answer)
{
    json_object *learned = json_get(answer, "learned");
    size_t n = learned ? json_object_array_length(learned) : 0;
    for (size_t i = 0; i < n; i++)
        printf(_("Approved: %s\n"), json_object_get_string(json_object_array_get_idx(learned, i)));
    if (n == 0)
        puts(_("Everything that is plugged in was approved already."));
}

static enum cli_exit run_allow(const struct request *request, const struct cli_options *options)
{
    CLEANUP_JSON json_object *answer = NULL;
    CLEANUP_FREE char *device = NULL, *why = NULL;
    enum cli_exit status = resolve(request->device, false, &device);
    if (status != CLI_OK)
        return status;
    int r = request->once ? bus_call_accept(device, &answer, &why)
                          : bus_call_allow(device, request->approval, &answer, &why);
    return finish(r, why, answer, options, request->once ? print_accepted : print_allowed);
}

static enum cli_exit run_forget(const struct request *request, const struct cli_options *options)
{
    CLEANUP_JSON json_object *answer = NULL;
    CLEANUP_FREE char *device = NULL, *why = NULL;
    enum cli_exit status = resolve(request->device, true, &device);
    if (status != CLI_OK)
        return status;
    int r = bus_call_forget(device, &answer, &why);
    return finish(r, why, answer, options, print_forgotten);
}

static enum cli_exit run_learn(const struct request *request, const struct cli_options *options)
{
    (void)request;
    CLEANUP_JSON json_object *answer = NULL;
    CLEANUP_FREE char *why = NULL;
    int r = bus_call_learn(&answer, &why);
    return finish(r, why, answer, options, print_learned);
}

static const struct verb {
    const char *name;
    bool wants_device, takes_options;
    enum cli_exit (*run)(const struct request *request, const struct cli_options *options);
} verbs[] = {
    {"list", false, false, run_list},
    {"allow", true, true, run_allow},
    {"forget", true, false, run_forget},
    {"learn", false, false, run_learn},
};

// ---- Arguments ---------------------------------------------------------------------------------

// “--luks=UUID”, “--luks UUID”, or “--luks” alone: what is on it now.
static enum cli_exit take_luks(int argc, char *argv[], json_object *approval)
{
    char uuid[UUID_TEXT_SIZE];
    if (optarg && text_to_uuid(optarg, uuid) < 0)
        return cli_usage(&cmd_usb, _("--luks %s: no UUID"), optarg);
    if (optarg)
        json_add_text(approval, "luks", uuid);
    else if (optind < argc && text_to_uuid(argv[optind], uuid) == 0) {
        json_add_text(approval, "luks", uuid);
        optind++;
    } else
        json_add_bool(approval, "luks", true);
    return CLI_OK;
}

static enum cli_exit parse(int argc, char *argv[], struct request *request)
{
    json_object *approval = request->approval;
    static const struct option options[] = {
        {"read-only", no_argument, NULL, 'r'},
        {"encrypted", no_argument, NULL, 'e'},
        {"luks", optional_argument, NULL, 'l'},
        {"port", no_argument, NULL, 'P'},
        {"until", required_argument, NULL, 'u'},
        {"permit", required_argument, NULL, 'p'},
        {"reason", required_argument, NULL, 'w'},
        {"once", no_argument, NULL, 'o'},
        {NULL, 0, NULL, 0},
    };
    enum cli_exit status = CLI_OK;
    int option;
    opterr = 0;
    while (status == CLI_OK && (option = getopt_long(argc, argv, ":", options, NULL)) != -1) {
        if (option == 'r')
            json_add_bool(approval, "read_only", true);
        else if (option == 'e')
            json_add_bool(approval, "encrypted", true);
        else if (option == 'l')
            status = take_luks(argc, argv, approval);
        else if (option == 'P')
            json_add_bool(approval, "port", true);
        else if (option == 'o')
            request->once = true;
        else if (option == 'u')
            status = terms_add_time(&cmd_usb, "until", optarg, approval);
        else if (option == 'p')
            status = terms_add_text(&cmd_usb, "permit", optarg, approval);
        else if (option == 'w')
            status = terms_add_text(&cmd_usb, "reason", optarg, approval);
        else
            status = cli_bad_option(&cmd_usb, option, argv[optind - 1]);
    }
    return status;
}

static const struct verb *find_verb(const char *name)
{
    for (size_t i = 0; i < ELEMENTS(verbs); i++)
        if (text_equal(verbs[i].name, name))
            return &verbs[i];
    return NULL;
}

// What stands behind the verb.
static enum cli_exit take_words(const struct verb *verb, int n, char *words[],
                                struct request *request)
{
    if (n < verb->wants_device)
        return cli_usage(&cmd_usb, _("which device? Give its number from “sekisho usb list”, or "
                                     "VID:PID[:SERIAL]"));
    if (n > verb->wants_device)
        return cli_usage(&cmd_usb, _("%s: unexpected"), words[verb->wants_device]);
    int conditions = json_object_object_length(request->approval);
    if (!verb->takes_options && (conditions > 0 || request->once))
        return cli_usage(&cmd_usb, _("%s takes no options"), verb->name);
    if (conditions > 0 && request->once)
        return cli_usage(&cmd_usb, _("--once goes with no other option"));
    request->device = verb->wants_device ? words[0] : NULL;
    if (request->device && !text_is_utf8(request->device, strlen(request->device)))
        return cli_usage(&cmd_usb, _("the name of the device is not UTF-8"));
    return CLI_OK;
}

static enum cli_exit run(int argc, char *argv[], const struct cli_options *options)
{
    CLEANUP_JSON json_object *approval = json_object_new_object();
    struct request request = {.approval = approval};
    enum cli_exit status = parse(argc, argv, &request);
    if (status != CLI_OK)
        return status;
    if (optind == argc)
        return cli_usage(&cmd_usb, _("what is to be done? list, allow, forget or learn"));
    const struct verb *verb = find_verb(argv[optind]);
    if (!verb)
        return cli_usage(&cmd_usb, _("%s: unknown; list, allow, forget and learn are known"),
                         argv[optind]);
    status = take_words(verb, argc - optind - 1, argv + optind + 1, &request);
    return status == CLI_OK ? verb->run(&request, options) : status;
}

const struct command cmd_usb = {
    .name = "usb",
    .summary = N_("Lists the USB devices with verdict and reason, approves and forgets them"),
    .usage = "list  |  allow DEVICE [OPTION…]  |  forget DEVICE  |  learn",
    .help = N_("  DEVICE           a number from “usb list”, or VID:PID[:SERIAL]\n"
               "  learn            approves everything that is plugged in now\n"
               "\n"
               "Options of allow:\n"
               "  --read-only      nothing can be written to it\n"
               "  --encrypted      only if everything on it is LUKS\n"
               "  --luks[=UUID]    only with this LUKS container on it, which tells twins apart;\n"
               "                   without UUID: the one that is on it now\n"
               "  --port           only at the port where it is plugged in now\n"
               "  --until DATE     ends with that day: YYYY-MM-DD, or “YYYY-MM-DD HH:MM”\n"
               "  --permit NUMBER  the city's permit\n"
               "  --reason TEXT    what it is needed for\n"
               "  --once           a keyboard that waits for an answer: until it is unplugged\n"),
    .run = run,
};
