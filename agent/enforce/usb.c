// SPDX-License-Identifier: GPL-3.0-or-later
// Writes to /sys/bus/usb and /sys/module/usbcore, each one read back.
#include "enforce/enforce.h"

#include "base/file.h"
#include "base/text.h"
#include "enforce/bounded.h"
#include "fact/gadget_name.h"
#include "fact/usb_name.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>

#define FOLDER "bus/usb/devices"
#define GADGETS "bus/gadget/devices"
#define PARAMETER "module/usbcore/parameters/authorized_default"
#define PATH_SIZE (sizeof FOLDER "/" + 2 * USB_NAME_SIZE + 40)

// 1: it is.
static int has_value(int sys, const char *path, const char *value)
{
    CLEANUP_FREE char *present = NULL;
    int r = file_read_line_at(sys, path, 32, &present);
    return r < 0 ? r : text_equal(present, value);
}

static int read_back(int sys, const char *path, const char *value)
{
    int r = has_value(sys, path, value);
    return r < 0 ? r : r > 0 ? 0 : -EIO;
}

// Writes only what is not so already: authorizing anew would drop the interfaces' grants.
static int write_and_read_back(int sys, const char *path, const char *value)
{
    int r = has_value(sys, path, value);
    if (r != 0)
        return r < 0 ? r : 0;
    r = bounded_write_at(sys, path, value);
    return r < 0 ? r : read_back(sys, path, value);
}

static int set_device(int sys, const char *sysname, const char *setting, const char *value)
{
    char path[PATH_SIZE];
    struct usb_name name;
    int r = usb_name_parse_device(sysname, &name);
    if (r < 0)
        return r;
    (void)snprintf(path, sizeof path, FOLDER "/%s/%s", name.device, setting);
    return write_and_read_back(sys, path, value);
}

int enforce_usb_authorize(int sys, const char *sysname)
{
    return set_device(sys, sysname, "authorized", "1");
}

// Both in one go, for a second process takes time.
int enforce_usb_authorize_storage(int sys, const char *sysname)
{
    char persist[PATH_SIZE], authorized[PATH_SIZE];
    struct usb_name name;
    int r = usb_name_parse_device(sysname, &name);
    if (r < 0)
        return r;
    (void)snprintf(persist, sizeof persist, FOLDER "/%s/power/persist", name.device);
    (void)snprintf(authorized, sizeof authorized, FOLDER "/%s/authorized", name.device);
    r = has_value(sys, authorized, "1");
    if (r != 0)
        return r < 0 ? r : 0;
    r = has_value(sys, persist, "0");
    if (r < 0 && r != -ENOENT) // a kernel without power management has none
        return r;
    const struct bounded_write writes[] = {{persist, "0"}, {authorized, "1"}};
    size_t first = r != 0;
    r = bounded_write_all(sys, writes + first, ELEMENTS(writes) - first);
    if (r == 0 && first == 0)
        r = read_back(sys, persist, "0");
    return r < 0 ? r : read_back(sys, authorized, "1");
}

int enforce_usb_deauthorize(int sys, const char *sysname)
{
    return set_device(sys, sysname, "authorized", "0");
}

int enforce_usb_set_port(int sys, const char *sysname, bool enabled)
{
    char port[USB_PORT_SIZE], path[sizeof FOLDER "//disable" + USB_PORT_SIZE];
    struct usb_name name;
    int r = usb_name_parse_device(sysname, &name);
    if (r == 0)
        r = usb_name_port(&name, port);
    if (r < 0)
        return r;
    (void)snprintf(path, sizeof path, FOLDER "/%s/disable", port);
    return write_and_read_back(sys, path, enabled ? "0" : "1");
}

static int set_interface(int sys, const char *interface, const char *value)
{
    char path[PATH_SIZE];
    struct usb_name name;
    int r = usb_name_parse_interface(interface, &name);
    if (r < 0)
        return r;
    (void)snprintf(path, sizeof path, FOLDER "/%s/authorized", interface);
    return write_and_read_back(sys, path, value);
}

int enforce_usb_grant_interface(int sys, const char *interface)
{
    char path[PATH_SIZE], driver[PATH_SIZE];
    struct usb_name name;
    int r = usb_name_parse_interface(interface, &name);
    if (r < 0)
        return r;
    (void)snprintf(path, sizeof path, FOLDER "/%s/authorized", interface);
    (void)snprintf(driver, sizeof driver, FOLDER "/%s/driver", interface);
    r = has_value(sys, path, "1");
    if (r < 0 || (r > 0 && faccessat(sys, driver, F_OK, 0) == 0))
        return r < 0 ? r : 0;
    // What is granted gets a driver only if one asks for it; in one go, for a second process takes
    // time.
    const struct bounded_write writes[] = {{path, "1"}, {"bus/usb/drivers_probe", interface}};
    r = bounded_write_all(sys, writes + r, ELEMENTS(writes) - (size_t)r);
    return r < 0 ? r : read_back(sys, path, "1");
}

int enforce_usb_refuse_interface(int sys, const char *interface)
{
    return set_interface(sys, interface, "0");
}

int enforce_usb_unbind_gadget(int sys, const char *name)
{
    char driver[sizeof GADGETS "//driver" + GADGET_NAME_SIZE], unbind[sizeof driver + 8];
    if (!gadget_name_is_valid(name))
        return -EINVAL;
    (void)snprintf(driver, sizeof driver, GADGETS "/%s/driver", name);
    (void)snprintf(unbind, sizeof unbind, "%s/unbind", driver);
    int r = file_write_at(sys, unbind, name);
    if (faccessat(sys, driver, F_OK, 0) < 0)
        return errno == ENOENT ? 0 : -errno;
    if (r == -ENOENT) // the kernel binds a driver before it gives it this file
        return -EAGAIN;
    return r < 0 ? r : -EIO;
}

static int set_bus(int sys, uint32_t bus, const char *setting, const char *value)
{
    char path[PATH_SIZE];
    (void)snprintf(path, sizeof path, FOLDER "/usb%u/%s", bus, setting);
    return write_and_read_back(sys, path, value);
}

int enforce_usb_shut_interfaces(int sys, const char *sysname)
{
    struct usb_name name;
    int r = usb_name_parse(sysname, &name);
    return r < 0 ? r : set_bus(sys, name.bus, "interface_authorized_default", "0");
}

int enforce_usb_shut_bus(int sys, const char *sysname)
{
    struct usb_name name;
    int r = usb_name_parse(sysname, &name);
    if (r < 0)
        return r;
    int devices = set_bus(sys, name.bus, "authorized_default", "0");
    int interfaces = set_bus(sys, name.bus, "interface_authorized_default", "0");
    return devices < 0 ? devices : interfaces;
}

static void keep_first(int *first, int r)
{
    if (*first == 0 && r < 0 && r != -ENOENT && r != -ENODEV)
        *first = r;
}

static int set_defaults(int sys, const char *value)
{
    int first = 0;
    keep_first(&first, write_and_read_back(sys, PARAMETER, value));
    CLEANUP(closedir_p) DIR *dir = NULL;
    int r = file_open_entries(sys, FOLDER, &dir);
    if (r < 0) {
        keep_first(&first, r);
        return first;
    }

    struct usb_name name;
    for (struct dirent *entry; (entry = readdir(dir));) {
        if (usb_name_parse_device(entry->d_name, &name) < 0 || !name.is_root_hub)
            continue;
        keep_first(&first, set_bus(sys, name.bus, "authorized_default", value));
        keep_first(&first, set_bus(sys, name.bus, "interface_authorized_default", value));
    }
    return first;
}

int enforce_usb_shut_defaults(int sys)
{
    return set_defaults(sys, "0");
}

// The kernel's own defaults: 1 for both settings of a bus; the parameter's −1 means the same as 1.
int enforce_usb_open_defaults(int sys)
{
    return set_defaults(sys, "1");
}
