// SPDX-License-Identifier: GPL-3.0-or-later
// Writes the rules, chain by chain. Numbers and words of ours only; names of links are checked.
#include "enforce/ruleset.h"

#include "enforce/ruleset-peer.h"

#include <errno.h>
#include <linux/if.h>
#include <stdio.h>
#include <string.h>

#define LOG(chain)                                                                                 \
    "    counter name " chain "\n    limit rate 10/second burst 20 packets log prefix \"" chain    \
    " \" group 4244\n"

const char *const ruleset_families[] = {"inet", "netdev", "arp", "bridge", NULL};

// ---- Chains -------------------------------------------------------------------------------------

static bool enforces(const struct ruleset_writer *w)
{
    return w->airgap->mode == MODE_ENFORCE;
}

static void begin_table(const struct ruleset_writer *w, const char *family)
{
    fprintf(w->file, "table %s %s {\n%s", family, w->held ? RULESET_HELD : RULESET_TABLE,
            w->held ? "  flags owner\n" : "");
}

// The held chain comes right behind its twin: what that one drops is counted there.
static void begin_chain(const struct ruleset_writer *w, const char *name, const char *hook,
                        int priority)
{
    fprintf(w->file, "  chain %s {\n    type filter hook %s priority %d; policy %s;\n", name, hook,
            priority + w->held, enforces(w) ? "drop" : "accept");
}

static void put_errors(const struct ruleset_writer *w)
{
    fputs("    ct state related icmp type { destination-unreachable, time-exceeded, "
          "parameter-problem } accept\n"
          "    ct state related icmpv6 type { destination-unreachable, packet-too-big, "
          "time-exceeded, parameter-problem } accept\n",
          w->file);
}

// ---- Tables ------------------------------------------------------------------------------------

static void put_inet_table(const struct ruleset_writer *w)
{
    begin_table(w, "inet");
    fputs("  counter input { }\n  counter output { }\n  counter forward { }\n", w->file);
    ruleset_put_address_chains(w, RULESET_OUTPUT);
    ruleset_put_address_chains(w, RULESET_INPUT);
    // Behind the tracking of connections (-200), before the rest.
    begin_chain(w, "output", "output", -150);
    fputs("    oif \"lo\" accept\n", w->file);
    ruleset_put_peers(w, RULESET_OUTPUT);
    fputs(LOG("output"), w->file);
    if (enforces(w))
        fputs("    meta l4proto tcp reject with tcp reset\n"
              "    reject with icmpx admin-prohibited\n",
              w->file);
    fputs("  }\n", w->file);
    begin_chain(w, "input", "input", -150);
    fputs("    iif \"lo\" accept\n", w->file);
    ruleset_put_peers(w, RULESET_INPUT);
    put_errors(w);
    fputs(LOG("input") "  }\n", w->file);
    begin_chain(w, "forward", "forward", -150);
    fputs(LOG("forward") "  }\n}\n", w->file);
}

static void put_egress(const struct ruleset_writer *w, const char *link, size_t number)
{
    fprintf(
        w->file,
        "  chain egress%zu {\n    type filter hook egress device \"%s\" priority %d; policy %s;\n",
        number, link, -500 + w->held, enforces(w) ? "drop" : "accept");
    ruleset_put_peers(w, RULESET_EGRESS);
    fputs(LOG("egress") "  }\n", w->file);
}

static void put_netdev_table(const struct ruleset_writer *w, char *const *links, size_t n_links)
{
    begin_table(w, "netdev");
    fputs("  counter egress { }\n", w->file);
    ruleset_put_address_chains(w, RULESET_EGRESS);
    for (size_t i = 0; i < n_links; i++)
        put_egress(w, links[i], i);
    fputs("}\n", w->file);
}

static void put_arp_table(const struct ruleset_writer *w)
{
    begin_table(w, "arp");
    begin_chain(w, "output", "output", 0);
    for (size_t i = 0; i < w->airgap->n_peers; i++)
        ruleset_put_arp(w, &w->airgap->peers[i]);
    fputs("  }\n}\n", w->file);
}

static void put_bridge_table(const struct ruleset_writer *w)
{
    begin_table(w, "bridge");
    begin_chain(w, "forward", "forward", 0);
    fputs("  }\n}\n", w->file);
}

// ---- All of it ----------------------------------------------------------------------------------

bool ruleset_may_name(const char *name)
{
    size_t length = strlen(name);
    if (length == 0 || length >= IFNAMSIZ)
        return false;
    for (size_t i = 0; i < length; i++)
        if (name[i] <= ' ' || name[i] >= 0x7f || strchr("\"\\*$@", name[i]))
            return false;
    return true;
}

#define ANEW(family)                                                                               \
    "add table " family " " RULESET_TABLE "\ndelete table " family " " RULESET_TABLE "\n"

const char *ruleset_none(void)
{
    return ANEW("inet") ANEW("netdev") ANEW("arp") ANEW("bridge");
}

// An owner has to say so when it adds what is there already.
static void put_anew(const struct ruleset_writer *w)
{
    for (size_t i = 0; w->held && ruleset_families[i]; i++)
        fprintf(w->file,
                "add table %s " RULESET_HELD " { flags owner; }\ndelete table %s " RULESET_HELD
                "\n",
                ruleset_families[i], ruleset_families[i]);
    if (!w->held)
        (void)fputs(ruleset_none(), w->file);
}

static int write_all(struct ruleset_writer w, char *const *links, size_t n_links, char **ret_text)
{
    char *text = NULL;
    size_t length = 0;
    for (size_t i = 0; i < n_links; i++)
        if (!ruleset_may_name(links[i]))
            return -EINVAL;
    w.file = open_memstream(&text, &length);
    if (!w.file)
        return -ENOMEM;
    put_anew(&w);
    put_inet_table(&w);
    put_netdev_table(&w, links, n_links);
    put_arp_table(&w);
    put_bridge_table(&w);
    if (fclose(w.file) != 0) {
        free(text);
        return -ENOMEM;
    }
    *ret_text = text;
    return 0;
}

int ruleset_for(const struct airgap *airgap, char *const *links, size_t n_links, char **ret_text)
{
    return write_all((struct ruleset_writer){.airgap = airgap}, links, n_links, ret_text);
}

int ruleset_for_owner(const struct airgap *airgap, char *const *links, size_t n_links,
                      char **ret_text)
{
    return write_all((struct ruleset_writer){.airgap = airgap, .held = true}, links, n_links,
                     ret_text);
}
