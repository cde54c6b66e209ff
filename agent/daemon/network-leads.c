// SPDX-License-Identifier: GPL-3.0-or-later
// Reads the settings from /proc, /etc and /run.
#include "daemon/network-leads.h"

#include "base/file.h"
#include "base/json.h"
#include "base/log.h"
#include "base/text.h"
#include "decision/leads.h"

#include <errno.h>
#include <string.h>

#define FILE_MAX (64 * 1024)

static const char *const objects[] = {
    [LEAD_FORWARDING] = "IP forwarding", [LEAD_RESOLVER] = "name server", [LEAD_PROXY] = "proxy"};

// ---- What there is -----------------------------------------------------------------------------

static int find_forwarding(const struct places *places, char **ret)
{
    static const char *const settings[] = {"sys/net/ipv4/conf/all/forwarding",
                                           "sys/net/ipv6/conf/all/forwarding"};
    for (size_t i = 0; i < ELEMENTS(settings); i++) {
        CLEANUP_FREE char *value = NULL;
        int r = file_read_line_at(places->proc, settings[i], 32, &value);
        if (r < 0 && r != -ENOENT) // a kernel without this protocol
            return r;
        if (r < 0 || text_equal(value, "0"))
            continue;
        *ret = text_dup(settings[i]);
        return *ret ? 0 : -ENOMEM;
    }
    *ret = NULL;
    return 0;
}

// −ENOENT is an empty one.
static int read_text(int dir, const char *path, char **ret)
{
    size_t length;
    int r = file_read_at(dir, path, FILE_MAX, ret, &length);
    if (r != -ENOENT)
        return r;
    *ret = text_dup("");
    return *ret ? 0 : -ENOMEM;
}

// systemd-resolved hides behind 127.0.0.53 whom it asks itself.
static int find_resolver(const struct places *places, const struct airgap *airgap, char **ret)
{
    CLEANUP_FREE char *own = NULL, *resolved = NULL;
    int r = read_text(places->modprobe, "../resolv.conf", &own);
    if (r == 0)
        r = leads_find_resolver(own, airgap, ret);
    if (r < 0 || *ret)
        return r;
    r = read_text(places->run, "../systemd/resolve/resolv.conf", &resolved);
    return r < 0 ? r : leads_find_resolver(resolved, airgap, ret);
}

static int find_proxy(const struct places *places, char **ret)
{
    CLEANUP_FREE char *text = NULL;
    int r = read_text(places->modprobe, "../environment", &text);
    return r < 0 ? r : leads_find_proxy(text, ret);
}

static int find(enum network_lead lead, const struct places *places, const struct airgap *airgap,
                char **ret)
{
    switch (lead) {
    case LEAD_FORWARDING:
        return find_forwarding(places, ret);
    case LEAD_RESOLVER:
        return find_resolver(places, airgap, ret);
    case LEAD_PROXY:
        return find_proxy(places, ret);
    case LEAD_MAX:
        break;
    }
    return -EINVAL;
}

// ---- Rows --------------------------------------------------------------------------------------

static void record(struct recorder *recorder, enum network_lead lead, const char *value)
{
    struct json_object *details = value ? json_object_new_object() : NULL;
    json_add_text(details, "value", value);
    recorder_put(recorder,
                 recorder_fact(value ? FACT_POSTURE_FAILED : FACT_POSTURE_OK, objects[lead],
                               value ? "leads out" : "ok", details),
                 NULL, NULL);
}

void network_leads_look(struct network_leads *leads, const struct places *places,
                        struct recorder *recorder, const struct airgap *airgap)
{
    for (enum network_lead lead = 0; lead < LEAD_MAX; lead++) {
        char *value = NULL;
        int r = find(lead, places, airgap, &value);
        if (r < 0) {
            log_warning("cannot look whether a %s leads out: %s, looking again within a minute",
                        objects[lead], strerror(-r));
            continue;
        }
        if (!text_equal(value, leads->told[lead]))
            record(recorder, lead, value);
        free(leads->told[lead]);
        leads->told[lead] = value;
    }
}

void network_leads_clear(struct network_leads *leads)
{
    for (enum network_lead lead = 0; lead < LEAD_MAX; lead++)
        free(leads->told[lead]);
    *leads = (struct network_leads){0};
}
