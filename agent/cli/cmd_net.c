// SPDX-License-Identifier: GPL-3.0-or-later
// sekisho net: lists the network links and radios with verdict and reason, and the peers that may
// be reached; what else may be used is permitted by hand.
#include "cli/cli.h"
#include "cli/net-change.h"
#include "cli/table.h"

#include "base/json.h"
#include "base/text.h"
#include "bus/bus.h"
#include "decision/network.h"

#include <assert.h>
#include <errno.h>
#include <string.h>

struct shown {
    const char *text;
    enum table_color color;
};

static struct shown describe_verdict(json_object *link, bool enforcing)
{
    if (json_get_bool(link, "loopback"))
        return (struct shown){_("allowed"), TABLE_DIM};
    if (json_get_bool(link, "breach"))
        return (struct shown){_("breaks the air gap"), TABLE_RED};
    if (json_get_bool(link, "allowed"))
        return (struct shown){_("allowed"), TABLE_GREEN};
    return enforcing ? (struct shown){_("blocked"), TABLE_YELLOW}
                     : (struct shown){_("would be blocked"), TABLE_YELLOW};
}

static const char *describe_reason(json_object *link)
{
    enum link_reason reason;
    const char *word = json_get_text(link, "reason");
    return word && link_reason_from_str(word, &reason) == 0 ? link_reason_to_sentence(reason)
                                                            : word;
}

// "e1000e at pci-0000:00:1f.6", "bridge"
static char *describe_hardware(json_object *link)
{
    const char *kind = json_get_text(link, "kind"), *driver = json_get_text(link, "driver"),
               *path = json_get_text(link, "path");
    const char *what = kind ? kind : driver;
    if (what && path)
        return text_format(_("%s at %s"), what, path);
    return text_dup(what ? what : path);
}

static void add_link(struct table *table, json_object *link, bool enforcing)
{
    CLEANUP_FREE char *hardware = describe_hardware(link);
    const struct shown verdict = describe_verdict(link, enforcing);
    bool is_up = json_get_bool(link, "up");
    table_row(table);
    table_cell(table, json_get_text(link, "link"), TABLE_PLAIN);
    table_cell(table, is_up ? _("up") : _("down"), is_up ? TABLE_PLAIN : TABLE_DIM);
    table_cell(table, verdict.text, verdict.color);
    table_cell(table, json_get_text(link, "name"), TABLE_PLAIN);
    table_cell(table, json_get_text(link, "mac"), TABLE_PLAIN);
    table_cell(table, hardware, TABLE_PLAIN);
    table_cell(table, describe_reason(link), TABLE_PLAIN);
}

static struct table *make_links(json_object *links, bool enforcing)
{
    struct table *table = table_new(_("Link"), _("State"), _("Verdict"), _("Name"), _("Address"),
                                    _("Hardware"), _("Why"), NULL);
    for (size_t i = 0; table && links && i < json_object_array_length(links); i++)
        add_link(table, json_object_array_get_idx(links, i), enforcing);
    return table;
}

// ---- Radios ------------------------------------------------------------------------------------

static const char *describe_type(const char *word)
{
    static const char *const names[] = {
        [RADIO_WIFI] = N_("Wi-Fi"),          [RADIO_BLUETOOTH] = N_("Bluetooth"),
        [RADIO_UWB] = N_("ultra-wideband"),  [RADIO_WIMAX] = N_("WiMAX"),
        [RADIO_WWAN] = N_("mobile network"), [RADIO_GPS] = N_("GPS receiver"),
        [RADIO_FM] = N_("FM radio"),         [RADIO_NFC] = N_("NFC"),
        [RADIO_UNKNOWN] = N_("unknown"),
    };
    static_assert(ELEMENTS(names) == RADIO_TYPE_MAX, "a name for each type");
    enum radio_type type;
    return word && radio_type_from_str(word, &type) == 0 ? _(names[type]) : word;
}

static const char *describe_radio_reason(json_object *radio)
{
    enum radio_reason reason;
    const char *word = json_get_text(radio, "reason");
    return word && radio_reason_from_str(word, &reason) == 0 ? radio_reason_to_sentence(reason)
                                                             : word;
}

static const char *describe_radio_state(json_object *radio)
{
    if (json_get_bool(radio, "hard_blocked"))
        return json_get_bool(radio, "soft_blocked") ? _("off, and switched off")
                                                    : _("switched off");
    return json_get_bool(radio, "soft_blocked") ? _("off") : _("on");
}

static struct table *make_radios(json_object *radios, bool enforcing)
{
    struct table *table =
        table_new(_("Radio"), _("State"), _("Verdict"), _("Kind"), _("Driver"), _("Why"), NULL);
    for (size_t i = 0; table && radios && i < json_object_array_length(radios); i++) {
        json_object *radio = json_object_array_get_idx(radios, i);
        const struct shown verdict = describe_verdict(radio, enforcing);
        table_row(table);
        table_cell(table, json_get_text(radio, "radio"), TABLE_PLAIN);
        table_cell(table, describe_radio_state(radio), TABLE_PLAIN);
        table_cell(table, verdict.text, verdict.color);
        table_cell(table, describe_type(json_get_text(radio, "type")), TABLE_PLAIN);
        table_cell(table, json_get_text(radio, "driver"), TABLE_PLAIN);
        table_cell(table, describe_radio_reason(radio), TABLE_PLAIN);
    }
    return table;
}

// ---- Peers -------------------------------------------------------------------------------------

static const char *describe_direction(const char *word)
{
    if (text_equal(word, "out"))
        return _("this PC to it");
    if (text_equal(word, "in"))
        return _("it to this PC");
    return text_equal(word, "both") ? _("both") : word;
}

static char *describe_source(json_object *peer)
{
    uint64_t permit = json_get_number(peer, "permit");
    return permit ? text_format(_("permit, row %llu"), (unsigned long long)permit)
                  : text_dup(_("policy"));
}

static struct table *make_peers(json_object *peers)
{
    struct table *table = table_new(_("Peer"), _("Address"), _("Protocol"), _("Ports"),
                                    _("Who begins"), _("Named by"), NULL);
    for (size_t i = 0; table && peers && i < json_object_array_length(peers); i++) {
        json_object *peer = json_object_array_get_idx(peers, i);
        const char *ports = json_get_text(peer, "ports"),
                   *protocol = json_get_text(peer, "protocol");
        bool has_ports = !text_equal(protocol, "icmp");
        CLEANUP_FREE char *source = describe_source(peer);
        table_row(table);
        table_cell(table, json_get_text(peer, "name"), TABLE_PLAIN);
        table_cell(table, json_get_text(peer, "address"), TABLE_PLAIN);
        table_cell(table, protocol, TABLE_PLAIN);
        table_cell(table, ports ? ports : has_ports ? _("all") : NULL, TABLE_PLAIN);
        table_cell(table, describe_direction(json_get_text(peer, "direction")), TABLE_PLAIN);
        table_cell(table, source, TABLE_PLAIN);
    }
    return table;
}

static size_t count_breaches(json_object *list)
{
    size_t n = 0;
    for (size_t i = 0; list && i < json_object_array_length(list); i++)
        n += json_get_bool(json_object_array_get_idx(list, i), "breach");
    return n;
}

static enum cli_exit print_network(json_object *network, const struct cli_options *options)
{
    json_object *links = json_get(network, "links"), *radios = json_get(network, "radios"),
                *peers = json_get(network, "peers");
    bool enforcing = text_equal(json_get_text(network, "mode"), "enforce");
    CLEANUP(table_free_p) struct table *link_table = make_links(links, enforcing);
    CLEANUP(table_free_p) struct table *radio_table = make_radios(radios, enforcing);
    CLEANUP(table_free_p) struct table *peer_table = make_peers(peers);
    if (!link_table || !radio_table || !peer_table) {
        cli_error(&cmd_net, "%s", strerror(ENOMEM));
        return CLI_FAILED;
    }
    table_print(link_table, stdout, options->color, cli_terminal_width());
    (void)putchar('\n');
    if (radios && json_object_array_length(radios) > 0) {
        table_print(radio_table, stdout, options->color, cli_terminal_width());
        (void)putchar('\n');
    }
    if (peers && json_object_array_length(peers) > 0)
        table_print(peer_table, stdout, options->color, cli_terminal_width());
    else
        puts(_("The policy names no peer: nothing but loopback may be reached."));
    return CLI_OK;
}

static enum cli_exit list(int argc, char *argv[], const struct cli_options *options)
{
    CLEANUP_JSON json_object *network = NULL;
    CLEANUP_FREE char *why = NULL;
    if (argc > 2)
        return cli_usage(&cmd_net, _("%s: unexpected"), argv[2]);
    int r = bus_call_list_network(&network, &why);
    if (r < 0)
        return cli_bus_failed(&cmd_net, r, why);
    enum cli_exit status = CLI_OK;
    if (options->json)
        cli_print_json(network);
    else
        status = print_network(network, options);
    size_t breaches =
        count_breaches(json_get(network, "links")) + count_breaches(json_get(network, "radios"));
    return status == CLI_OK && breaches > 0 ? CLI_FINDING : status;
}

static enum cli_exit run(int argc, char *argv[], const struct cli_options *options)
{
    static const struct {
        const char *name;
        enum cli_exit (*run)(int argc, char *argv[], const struct cli_options *options);
    } verbs[] = {{"list", list}, {"allow", net_allow}, {"forget", net_forget}, {"peer", net_peer}};
    if (argc < 2)
        return cli_usage(&cmd_net, _("what is to be done? list, allow, forget or peer"));
    for (size_t i = 0; i < ELEMENTS(verbs); i++)
        if (text_equal(verbs[i].name, argv[1]))
            return verbs[i].run(argc, argv, options);
    return cli_usage(&cmd_net, _("%s: unknown; list, allow, forget and peer are known"), argv[1]);
}

const struct command cmd_net = {
    .name = "net",
    .summary =
        N_("Lists the network links, radios and who may be reached; permits and forgets them"),
    .usage = "list  |  allow LINK [OPTION…]  |  forget LINK  |  peer add PEER [OPTION…]  |  peer "
             "remove NAME",
    .help = N_("  LINK            its name or address from “net list”, driver=NAME or path=PATH\n"
               "  PEER            ADDRESS PROTOCOL[:PORTS] [out|in|both], as in\n"
               "                  “192.168.10.20 tcp:9100 out”: out if this PC begins\n"
               "\n"
               "Options of allow and peer add:\n"
               "  --name NAME     what people call the peer\n"
               "  --from DATE     begins then; without it, at once\n"
               "  --until DATE    ends with that day: YYYY-MM-DD, or “YYYY-MM-DD HH:MM”\n"
               "  --permit NUMBER the city's permit\n"
               "  --reason TEXT   what it is needed for\n"
               "\n"
               "What lasts stands in the policy's section “network”. The exit status of list is 1\n"
               "while a link or a radio breaks the air gap.\n"),
    .run = run,
};
