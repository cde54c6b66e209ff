// SPDX-License-Identifier: GPL-3.0-or-later
// Looks for name servers and proxies.
#include "decision/leads.h"

#include "base/text.h"

#include <arpa/inet.h>
#include <errno.h>
#include <string.h>
#include <strings.h>

#define VALUE_MAX 256 // bytes that are shown
#define DNS 53

// ---- Name servers ------------------------------------------------------------------------------

static bool is_loopback(const struct airgap_peer *server)
{
    return server->family == AF_INET ? (ntohl(server->address.v4.s_addr) >> 24) == 127
                                     : IN6_IS_ADDR_LOOPBACK(&server->address.v6);
}

static bool is_within(const struct airgap_peer *server, const struct airgap_peer *peer)
{
    const uint8_t *a = (const uint8_t *)&server->address, *b = (const uint8_t *)&peer->address;
    if (server->family != peer->family)
        return false;
    for (size_t bit = 0; bit < peer->prefix; bit++)
        if ((a[bit / 8] ^ b[bit / 8]) & (0x80 >> bit % 8))
            return false;
    return true;
}

static bool answers_dns(const struct airgap_peer *peer)
{
    if (peer->protocol == AIRGAP_ICMP || peer->direction == AIRGAP_IN)
        return false;
    for (size_t i = 0; i < peer->n_ports; i++)
        if (peer->ports[i].first <= DNS && peer->ports[i].last >= DNS)
            return true;
    return peer->n_ports == 0;
}

static bool is_named(const struct airgap_peer *server, const struct airgap *airgap)
{
    for (size_t i = 0; i < airgap->n_peers; i++)
        if (answers_dns(&airgap->peers[i]) && is_within(server, &airgap->peers[i]))
            return true;
    return false;
}

// "fe80::1%eth0" names a link too.
static bool leads_out(char *address, const struct airgap *airgap)
{
    struct airgap_peer server = {0};
    address[strcspn(address, "%")] = '\0';
    if (airgap_parse_address(address, &server) < 0)
        return true; // whatever it is, it is not known to be harmless
    return !is_loopback(&server) && !is_named(&server, airgap);
}

static int show(const char *value, char **ret)
{
    char *shown = text_escape(value, strlen(value), VALUE_MAX);
    if (!shown)
        return -ENOMEM;
    *ret = shown;
    return 0;
}

int leads_find_resolver(const char *text, const struct airgap *airgap, char **ret)
{
    CLEANUP_FREE char *copy = text_dup(text);
    if (!copy)
        return -ENOMEM;
    *ret = NULL;
    char *rest = copy;
    for (char *line; (line = strsep(&rest, "\n"));) {
        char *value = NULL, *word = strtok_r(line, " \t", &value);
        char *address =
            word && strcmp(word, "nameserver") == 0 ? strtok_r(NULL, " \t", &value) : NULL;
        if (!address)
            continue;
        CLEANUP_FREE char *shown = NULL;
        int r = show(address, &shown);
        if (r < 0)
            return r;
        if (leads_out(address, airgap)) {
            *ret = TAKE_PTR(shown);
            return 0;
        }
    }
    return 0;
}

// ---- Proxies -----------------------------------------------------------------------------------

static bool is_proxy(const char *name, size_t length)
{
    static const char *const names[] = {"http_proxy", "https_proxy", "ftp_proxy", "all_proxy",
                                        "socks_proxy"};
    for (size_t i = 0; i < ELEMENTS(names); i++)
        if (strlen(names[i]) == length && strncasecmp(names[i], name, length) == 0)
            return true;
    return false;
}

int leads_find_proxy(const char *text, char **ret)
{
    CLEANUP_FREE char *copy = text_dup(text);
    if (!copy)
        return -ENOMEM;
    *ret = NULL;
    char *rest = copy;
    for (char *line; (line = strsep(&rest, "\n"));) {
        line += strspn(line, " \t");
        if (strncmp(line, "export ", 7) == 0)
            line += 7;
        size_t name = strcspn(line, "=");
        if (line[name] != '=' || !is_proxy(line, name))
            continue;
        char *value = line + name + 1;
        value += strspn(value, "\"' \t");
        value[strcspn(value, "\"' \t\r")] = '\0';
        if (value[0])
            return show(value, ret);
    }
    return 0;
}
