// SPDX-License-Identifier: GPL-3.0-or-later
// Counts plugs port by port.
#include "decision/flood.h"

#include "base/text.h"

#include <stdio.h>

static struct flood_port *find(struct flood *flood, const char *name)
{
    for (size_t i = 0; i < flood->n; i++)
        if (text_equal(flood->ports[i].name, name))
            return &flood->ports[i];
    return NULL;
}

// A free place, or that of the port that was quiet for longest.
static struct flood_port *make_room(struct flood *flood)
{
    if (flood->n < FLOOD_PORTS_MAX)
        return &flood->ports[flood->n++];
    struct flood_port *oldest = &flood->ports[0];
    for (size_t i = 1; i < flood->n; i++) {
        struct flood_port *port = &flood->ports[i];
        bool milder = !port->flooded && oldest->flooded;
        if (milder || (port->flooded == oldest->flooded && port->last_ns < oldest->last_ns))
            oldest = port;
    }
    return oldest;
}

enum flood_answer flood_note(struct flood *flood, const char *sysname, uint64_t now_ns)
{
    struct flood_port *port = find(flood, sysname);
    if (!port) {
        port = make_room(flood);
        *port = (struct flood_port){.window_ns = now_ns};
        (void)snprintf(port->name, sizeof port->name, "%s", sysname);
    }
    if (!port->flooded && now_ns - port->window_ns > FLOOD_WINDOW_NS) {
        port->window_ns = now_ns;
        port->plugs = 0;
    }
    port->last_ns = now_ns;
    port->plugs++;
    if (port->flooded) {
        port->folded++;
        return FLOOD_GOES_ON;
    }
    port->flooded = port->plugs > FLOOD_PLUGS;
    return port->flooded ? FLOOD_BEGINS : FLOOD_NONE;
}

bool flood_is_on(const struct flood *flood, const char *sysname)
{
    const struct flood_port *port = find((struct flood *)flood, sysname);
    return port && port->flooded;
}

bool flood_take_ended(struct flood *flood, uint64_t now_ns, struct flood_port *ret)
{
    for (size_t i = 0; i < flood->n; i++) {
        if (!flood->ports[i].flooded || now_ns - flood->ports[i].last_ns < FLOOD_QUIET_NS)
            continue;
        *ret = flood->ports[i];
        flood->ports[i] = flood->ports[--flood->n];
        return true;
    }
    return false;
}
