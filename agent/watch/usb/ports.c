// SPDX-License-Identifier: GPL-3.0-or-later
// A hub's ports stand in the folder of its interface: "1-0:1.0/usb1-port2", "1-2:1.0/1-2-port3".
#include "watch/usb/ports.h"

#include "base/file.h"
#include "base/text.h"
#include "fact/usb_name.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>

#define FOLDER "bus/usb/devices"
#define PORT "-port"

// "usb1-port2" becomes "1-2", "1-2-port3" becomes "1-2.3". False: the entry is no port of `hub`.
static bool name_port(const struct usb_name *hub, const char *entry, char ret[USB_NAME_SIZE])
{
    struct usb_name child;
    size_t length = strlen(hub->device);
    if (strncmp(entry, hub->device, length) != 0 ||
        strncmp(entry + length, PORT, strlen(PORT)) != 0)
        return false;
    const char *number = entry + length + strlen(PORT);
    int n = hub->is_root_hub ? snprintf(ret, USB_NAME_SIZE, "%u-%s", hub->bus, number)
                             : snprintf(ret, USB_NAME_SIZE, "%s.%s", hub->device, number);
    return n < USB_NAME_SIZE && usb_name_parse_device(ret, &child) == 0;
}

static int list_hub(int sys, const char *interface, const struct usb_name *hub,
                    struct usb_names *names)
{
    char path[sizeof FOLDER "/" + 2 * USB_NAME_SIZE], port[USB_NAME_SIZE];
    CLEANUP(closedir_p) DIR *dir = NULL;
    (void)snprintf(path, sizeof path, FOLDER "/%s", interface);
    int r = file_open_entries(sys, path, &dir);
    if (r < 0)
        return r == -ENOENT ? 0 : r; // it has just gone
    for (struct dirent *entry; r == 0 && (entry = readdir(dir));) {
        CLEANUP_FREE char *setting = text_format("%s/disable", entry->d_name);
        if (!setting)
            return -ENOMEM;
        if (name_port(hub, entry->d_name, port) && names->n < USB_DEVICES_MAX &&
            faccessat(dirfd(dir), setting, F_OK, 0) == 0)
            r = usb_names_add(names, port);
    }
    return r;
}

int usb_ports_list(int sys, struct usb_names *ret)
{
    CLEANUP(closedir_p) DIR *dir = NULL;
    int r = file_open_entries(sys, FOLDER, &dir);
    if (r < 0)
        return r;
    CLEANUP(usb_names_clear) struct usb_names names = {0};
    for (struct dirent *entry; r == 0 && (entry = readdir(dir));) {
        struct usb_name hub;
        if (usb_name_parse_interface(entry->d_name, &hub) == 0)
            r = list_hub(sys, entry->d_name, &hub, &names);
    }
    if (r < 0)
        return r;
    *ret = names;
    names = (struct usb_names){0};
    return 0;
}
