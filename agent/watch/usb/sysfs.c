// SPDX-License-Identifier: GPL-3.0-or-later
// Attributes of one device folder become a struct usb_device.
#include "watch/usb/sysfs.h"

#include "base/file.h"
#include "base/text.h"
#include "fact/usb_name.h"
#include "watch/usb/descriptors.h"

#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <string.h>

#define FOLDER "bus/usb/devices"
#define EXPORTER "usbip-host" // drivers/usb/usbip/stub_main.c
#define STRING_MAX 511        // bytes: a string descriptor holds 126 characters of up to 3

// ---- Attributes -------------------------------------------------------------------------------

static int read_number(int folder, const char *name, uint32_t *ret)
{
    CLEANUP_FREE char *line = NULL;
    uint64_t value;
    int r = file_read_line_at(folder, name, 32, &line);
    if (r < 0)
        return r;
    r = text_to_u64(line, 10, UINT32_MAX, &value);
    if (r < 0)
        return r;
    *ret = (uint32_t)value;
    return 0;
}

static uint64_t read_duration(int folder)
{
    CLEANUP_FREE char *line = NULL;
    uint64_t ms = 0;
    return file_read_line_at(folder, "power/connected_duration", 32, &line) == 0 &&
                   text_to_u64(line, 10, UINT32_MAX, &ms) == 0
               ? ms
               : 0;
}

static int read_flag(int folder, const char *name, bool *ret)
{
    uint32_t value;
    int r = read_number(folder, name, &value);
    if (r == 0)
        *ret = value != 0;
    return r;
}

// A device's string, escaped; NULL if it has none, or only blanks, which tell nobody from anybody.
// Only the newline that sysfs adds is taken off: one within the string is the device's own.
static int read_string(int folder, const char *name, char **ret)
{
    CLEANUP_FREE char *data = NULL;
    size_t length;
    int r = file_read_at(folder, name, STRING_MAX, &data, &length);
    if (r == -ENOENT)
        return 0;
    if (r < 0)
        return r;
    if (length > 0 && data[length - 1] == '\n')
        length--;
    if (strspn(data, " \t\n") >= length)
        return 0;
    *ret = text_escape(data, length, STRING_MAX);
    return *ret ? 0 : -ENOMEM;
}

static int read_descriptors(int folder, struct usb_device *device)
{
    CLEANUP_FREE char *data = NULL;
    size_t length;
    int r = file_read_at(folder, "descriptors", USB_DESCRIPTORS_MAX, &data, &length);
    if (r == -EFBIG) {
        device->malformed = "its descriptors are too long";
        return 0;
    }
    return r < 0 ? r : usb_descriptors_parse(data, length, device);
}

// ---- The port ---------------------------------------------------------------------------------

static bool is_hex(const char *text, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (!isxdigit((unsigned char)text[i]))
            return false;
    return true;
}

// "0000:00:14.0", with a longer domain behind some bridges.
static bool is_pci_address(const char *text)
{
    size_t domain = strcspn(text, ":");
    const char *p = text + domain;
    return domain >= 4 && domain <= 8 && is_hex(text, domain) && strlen(p) == strlen(":00:14.0") &&
           p[3] == ':' && p[6] == '.' && is_hex(p + 1, 2) && is_hex(p + 4, 2) && is_hex(p + 7, 1);
}

// As udev's ID_PATH: controller and ports, but no bus number, which depends on the order in which
// controllers were found.
static char *format_port(const char *pci, const char *controller, const char *sysname)
{
    const char *chain = strchr(sysname, '-');
    const char *colon = chain ? ":" : "";
    chain = chain ? chain + 1 : "";
    if (pci == controller)
        return text_format("pci-%s-usb-0%s%s", pci, colon, chain);
    if (pci)
        return text_format("pci-%s-platform-%s-usb-0%s%s", pci, controller, colon, chain);
    return text_format("platform-%s-usb-0%s%s", controller, colon, chain);
}

static int read_port(int sys, const char *path, const struct usb_name *name, char **ret)
{
    char target[PATH_MAX], root_hub[USB_NAME_SIZE], *rest = NULL;
    ssize_t n = readlinkat(sys, path, target, sizeof target - 1);
    if (n < 0)
        return -errno;
    target[n] = '\0';
    (void)snprintf(root_hub, sizeof root_hub, "usb%u", name->bus);

    const char *pci = NULL, *controller = NULL, *part = strtok_r(target, "/", &rest);
    for (; part && !text_equal(part, root_hub); part = strtok_r(NULL, "/", &rest)) {
        controller = part;
        if (is_pci_address(part))
            pci = part;
    }
    if (!part || !controller)
        return -ENODEV;
    CLEANUP_FREE char *port = format_port(pci, controller, name->device);
    if (!port)
        return -ENOMEM;
    *ret = text_escape(port, strlen(port), PATH_MAX);
    return *ret ? 0 : -ENOMEM;
}

// The file name behind a link; NULL without one.
static char *link_name(int folder, const char *name)
{
    char target[PATH_MAX];
    ssize_t n = readlinkat(folder, name, target, sizeof target - 1);
    if (n < 0)
        return NULL;
    target[n] = '\0';
    return text_dup(text_basename(target));
}

// A USB 3 port is two for the kernel, one at each speed, and they know each other.
// The device's own link to its port comes a moment after the kernel has told of the device.
static char *read_jack(int sys, int folder, const struct usb_name *name)
{
    char place[USB_PORT_SIZE], path[sizeof FOLDER "/" + USB_PORT_SIZE];
    CLEANUP_CLOSE int fd = -1;
    if (usb_name_port(name, place) == 0) {
        (void)snprintf(path, sizeof path, FOLDER "/%s", place);
        fd = openat(sys, path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    }
    CLEANUP_FREE char *port = fd >= 0 ? text_dup(text_basename(place)) : link_name(folder, "port");
    CLEANUP_FREE char *peer = fd >= 0 ? link_name(fd, "peer") : link_name(folder, "port/peer");
    bool peer_first = port && peer && strcmp(peer, port) < 0;
    return peer_first ? TAKE_PTR(peer) : TAKE_PTR(port);
}

// ---- Lists ------------------------------------------------------------------------------------

void usb_names_clear(struct usb_names *names)
{
    for (size_t i = 0; i < names->n; i++)
        free(names->items[i]);
    free(names->items);
    *names = (struct usb_names){0};
}

static int compare_names(const void *a, const void *b)
{
    const char *x = *(char *const *)a, *y = *(char *const *)b;
    bool x_is_hub = x[0] == 'u', y_is_hub = y[0] == 'u';
    return x_is_hub != y_is_hub ? y_is_hub - x_is_hub : strcmp(x, y);
}

int usb_names_add(struct usb_names *names, const char *text)
{
    char **more = reallocarray(names->items, names->n + 1, sizeof *more);
    if (!more)
        return -ENOMEM;
    names->items = more;
    if (!(names->items[names->n] = text_dup(text)))
        return -ENOMEM;
    names->n++;
    return 0;
}

// Takes the names of one folder: of devices, or of the interfaces of `device`.
static int list(int sys, const char *path, const char *device, struct usb_names *ret)
{
    CLEANUP(closedir_p) DIR *dir = NULL;
    int r = file_open_entries(sys, path, &dir);
    if (r < 0)
        return r;

    CLEANUP(usb_names_clear) struct usb_names names = {0};
    struct usb_name name;
    for (struct dirent *entry; (entry = readdir(dir)) && names.n < USB_DEVICES_MAX;) {
        if (usb_name_parse(entry->d_name, &name) < 0 || name.is_interface != (device != NULL) ||
            (device && !text_equal(name.device, device)))
            continue;
        r = usb_names_add(&names, entry->d_name);
        if (r < 0)
            return r;
    }
    if (names.n > 0)
        qsort(names.items, names.n, sizeof *names.items, compare_names);
    *ret = names;
    names = (struct usb_names){0};
    return 0;
}

int usb_sysfs_list(int sys, struct usb_names *ret)
{
    return list(sys, FOLDER, NULL, ret);
}

int usb_sysfs_list_interfaces(int sys, const char *sysname, struct usb_names *ret)
{
    char path[sizeof FOLDER "/" + USB_NAME_SIZE];
    struct usb_name name;
    int r = usb_name_parse_device(sysname, &name);
    if (r < 0)
        return r;
    (void)snprintf(path, sizeof path, FOLDER "/%s", name.device);
    return list(sys, path, name.device, ret);
}

// ---- One device -------------------------------------------------------------------------------

// What the kernel says of one interface folder, for each alternate setting of that interface.
static void note_interface(int folder, const char *text, struct usb_device *device)
{
    char path[USB_NAME_SIZE + sizeof ":255.255/authorized"];
    struct usb_name name;
    bool granted = false;
    if (usb_name_parse_interface(text, &name) < 0)
        return;
    (void)snprintf(path, sizeof path, "%s/authorized", text);
    if (read_flag(folder, path, &granted) < 0)
        granted = false; // it has just gone
    (void)snprintf(path, sizeof path, "%s/driver", text);
    bool driven = faccessat(folder, path, F_OK, 0) == 0;

    device->driven |= driven;
    for (size_t i = 0; i < device->n_interfaces; i++) {
        struct usb_interface *f = &device->interfaces[i];
        if (f->configuration == name.configuration && f->number == name.number) {
            f->granted = granted;
            f->driven = driven;
        }
    }
}

// usbip's driver has taken the device as a whole, in the place of the kernel's own "usb".
static bool is_exported(int folder)
{
    char target[PATH_MAX];
    ssize_t n = readlinkat(folder, "driver", target, sizeof target - 1);
    if (n < 0)
        return false; // none has
    target[n] = '\0';
    return text_equal(text_basename(target), EXPORTER);
}

static int read_attributes(int sys, int folder, struct usb_device *device)
{
    int r = read_number(folder, "busnum", &device->bus);
    if (r == 0)
        r = read_number(folder, "devnum", &device->address);
    if (r == 0)
        r = read_flag(folder, "authorized", &device->authorized);
    if (r == 0)
        r = read_string(folder, "manufacturer", &device->manufacturer);
    if (r == 0)
        r = read_string(folder, "product", &device->name);
    if (r == 0)
        r = read_string(folder, "serial", &device->serial);
    if (r == 0)
        r = read_descriptors(folder, device);
    if (r < 0)
        return r;

    device->exported = is_exported(folder);

    CLEANUP(usb_names_clear) struct usb_names interfaces = {0};
    r = usb_sysfs_list_interfaces(sys, device->sysname, &interfaces);
    if (r < 0)
        return r;
    for (size_t i = 0; i < interfaces.n; i++)
        note_interface(folder, interfaces.items[i], device);
    return 0;
}

int usb_sysfs_read(int sys, const char *sysname, struct usb_device **ret)
{
    char path[sizeof FOLDER "/" + USB_NAME_SIZE];
    struct usb_name name;
    int r = usb_name_parse_device(sysname, &name);
    if (r < 0)
        return r;
    (void)snprintf(path, sizeof path, FOLDER "/%s", name.device);
    CLEANUP_CLOSE int folder = openat(sys, path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (folder < 0)
        return -errno;

    CLEANUP(usb_device_free_p) struct usb_device *device = calloc(1, sizeof *device);
    if (!device || !(device->sysname = text_dup(name.device)))
        return -ENOMEM;
    device->root_hub = name.is_root_hub;
    device->jack = read_jack(sys, folder, &name);
    device->connected_ms = read_duration(folder);
    r = read_port(sys, path, &name, &device->port);
    if (r == 0)
        r = read_attributes(sys, folder, device);
    if (r == -ENOENT || r == -ENODEV || r == -ENOMEM)
        return r;
    if (r < 0) // never seen, but a device must not slip through because of an odd attribute
        device->malformed = "its attributes can't be read";
    *ret = TAKE_PTR(device);
    return 0;
}

void usb_devices_clear(struct usb_devices *devices)
{
    for (size_t i = 0; i < devices->n; i++)
        usb_device_free(devices->items[i]);
    free(devices->items);
    *devices = (struct usb_devices){0};
}

static bool is_root_hub(const char *sysname)
{
    struct usb_name name;
    return usb_name_parse_device(sysname, &name) == 0 && name.is_root_hub;
}

int usb_sysfs_read_beside(int sys, const char *sysname, struct usb_devices *ret)
{
    CLEANUP(usb_names_clear) struct usb_names names = {0};
    CLEANUP(usb_devices_clear) struct usb_devices devices = {0};
    int r = usb_sysfs_list(sys, &names);
    if (r < 0)
        return r;
    devices.items = calloc(names.n + 1, sizeof(struct usb_device *));
    if (!devices.items)
        return -ENOMEM;
    for (size_t i = 0; i < names.n; i++) {
        if (is_root_hub(names.items[i]) && !text_equal(names.items[i], sysname))
            continue;
        r = usb_sysfs_read(sys, names.items[i], &devices.items[devices.n]);
        if (r == -ENOMEM)
            return r;
        devices.n += r == 0;
    }
    *ret = devices;
    devices = (struct usb_devices){0};
    return 0;
}
