// SPDX-License-Identifier: GPL-3.0-or-later
// Reads "usb1", "1-2.3" and "1-2.3:1.0".
#include "fact/usb_name.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#define BUS_MAX 255
#define PORT_MAX 255
#define DEPTH_MAX 6 // USB 3.2, 10.2: five hubs below the root hub, and a device

// Reads a decimal number as the kernel writes it: no sign, no leading zero. The text's rest in *p.
static bool take_number(const char **p, uint32_t max, uint32_t *ret)
{
    const char *s = *p;
    uint32_t value = 0;
    if (*s < '0' || *s > '9' || (s[0] == '0' && s[1] >= '0' && s[1] <= '9'))
        return false;
    for (; *s >= '0' && *s <= '9'; s++) {
        value = value * 10 + (uint32_t)(*s - '0');
        if (value > max)
            return false;
    }
    *p = s;
    *ret = value;
    return true;
}

static bool take(const char **p, char c)
{
    if (**p != c)
        return false;
    (*p)++;
    return true;
}

// "2.3" behind "1-": the ports from the root hub to the device. A lone "0" is the root hub itself,
// as in the name of its interface.
static bool take_ports(const char **p, bool *ret_is_root_hub)
{
    uint32_t port;
    if (!take_number(p, PORT_MAX, &port))
        return false;
    if (port == 0) {
        *ret_is_root_hub = true;
        return true;
    }
    for (int depth = 1; take(p, '.'); depth++)
        if (depth == DEPTH_MAX || !take_number(p, PORT_MAX, &port) || port == 0)
            return false;
    return true;
}

static bool take_interface(const char **p, struct usb_name *name)
{
    uint32_t configuration, number;
    if (!take_number(p, UINT8_MAX, &configuration) || !take(p, '.') ||
        !take_number(p, UINT8_MAX, &number))
        return false;
    name->is_interface = true;
    name->configuration = (uint8_t)configuration;
    name->number = (uint8_t)number;
    return true;
}

int usb_name_parse(const char *text, struct usb_name *ret)
{
    struct usb_name name = {0};
    const char *p = text, *end;
    if (strncmp(p, "usb", 3) == 0) {
        p += 3;
        name.is_root_hub = true;
        if (!take_number(&p, BUS_MAX, &name.bus) || name.bus == 0 || *p != '\0')
            return -EINVAL;
        (void)snprintf(name.device, sizeof name.device, "usb%u", name.bus);
        *ret = name;
        return 0;
    }

    if (!take_number(&p, BUS_MAX, &name.bus) || name.bus == 0 || !take(&p, '-') ||
        !take_ports(&p, &name.is_root_hub))
        return -EINVAL;
    end = p;
    if (take(&p, ':') && !take_interface(&p, &name))
        return -EINVAL;
    if (*p != '\0' || (name.is_root_hub && !name.is_interface) ||
        (size_t)(end - text) >= sizeof name.device)
        return -EINVAL;
    if (name.is_root_hub)
        (void)snprintf(name.device, sizeof name.device, "usb%u", name.bus);
    else
        memcpy(name.device, text, (size_t)(end - text));
    *ret = name;
    return 0;
}

int usb_name_parse_device(const char *text, struct usb_name *ret)
{
    struct usb_name name;
    int r = usb_name_parse(text, &name);
    if (r < 0)
        return r;
    if (name.is_interface)
        return -EINVAL;
    *ret = name;
    return 0;
}

int usb_name_parse_interface(const char *text, struct usb_name *ret)
{
    struct usb_name name;
    int r = usb_name_parse(text, &name);
    if (r < 0)
        return r;
    if (!name.is_interface)
        return -EINVAL;
    *ret = name;
    return 0;
}

int usb_name_port(const struct usb_name *name, char ret[USB_PORT_SIZE])
{
    const char *dot = strrchr(name->device, '.'), *dash = strchr(name->device, '-');
    if (!dash)
        return -EINVAL;
    int length = (int)((dot ? dot : dash) - name->device); // of the hub's name, or the bus's number
    (void)snprintf(ret, USB_PORT_SIZE, "%.*s%s:1.0/%s%.*s-port%s", length, name->device,
                   dot ? "" : "-0", dot ? "" : "usb", length, name->device, (dot ? dot : dash) + 1);
    return 0;
}
