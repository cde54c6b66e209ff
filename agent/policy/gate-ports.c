// SPDX-License-Identifier: GPL-3.0-or-later
// The list of ports in use.
#include "policy/gate.h"

#include "base/text.h"

#include <errno.h>
#include <string.h>

#define MARK "-usb-0:" // as udev's ID_PATH: the controller in front of it, the ports behind it
#define NAME_MAX_BYTES 200

bool gate_is_port_name(const char *text)
{
    const char *mark = strstr(text, MARK);
    if (!mark || mark == text || strlen(text) > NAME_MAX_BYTES ||
        strspn(text, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789:._-") !=
            strlen(text))
        return false;
    const char *p = mark + strlen(MARK);
    for (;;) {
        size_t digits = strspn(p, "0123456789");
        if (digits == 0 || digits > 3 || *p == '0')
            return false;
        p += digits;
        if (*p == '\0')
            return true;
        if (*p++ != '.')
            return false;
    }
}

void gate_ports_clear(struct gate_ports *ports)
{
    for (size_t i = 0; i < ports->n; i++)
        free(ports->names[i]);
    free(ports->names);
    *ports = (struct gate_ports){0};
}

int gate_ports_add(struct gate_ports *ports, const char *name)
{
    if (ports->n >= GATE_PORTS_MAX)
        return -ENOSPC;
    char **more = reallocarray(ports->names, ports->n + 1, sizeof *more);
    if (!more)
        return -ENOMEM;
    ports->names = more;
    if (!(more[ports->n] = text_dup(name)))
        return -ENOMEM;
    ports->n++;
    return 0;
}

int gate_ports_copy(const struct gate_ports *ports, struct gate_ports *ret)
{
    struct gate_ports copy = {0};
    for (size_t i = 0; i < ports->n; i++) {
        int r = gate_ports_add(&copy, ports->names[i]);
        if (r < 0) {
            gate_ports_clear(&copy);
            return r;
        }
    }
    *ret = copy;
    return 0;
}

static bool is_at_or_behind(const char *name, const char *front)
{
    size_t length = strlen(front);
    return strncmp(name, front, length) == 0 && (name[length] == '\0' || name[length] == '.');
}

bool gate_ports_cover(const struct gate_ports *ports, const char *name)
{
    for (size_t i = 0; i < ports->n; i++)
        if (is_at_or_behind(name, ports->names[i]) || is_at_or_behind(ports->names[i], name))
            return true;
    return false;
}
