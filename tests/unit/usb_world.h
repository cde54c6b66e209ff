// SPDX-License-Identifier: GPL-3.0-or-later
// A made-up /sys with USB devices, and the descriptors that they are made of: for the tests of
// everything that looks at USB.
#pragma once

#include "base/text.h"
#include "base/util.h"

#include <criterion/criterion.h>
#include <fcntl.h>
#include <ftw.h>
#include <stdint.h>
#include <string.h>
#include <sys/stat.h>

// ---- Descriptors ------------------------------------------------------------------------------

struct blob {
    uint8_t data[70000];
    size_t n;
    size_t configuration; // offset of the open one
};

static inline void blob_add(struct blob *blob, const void *bytes, size_t n)
{
    cr_assert_leq(blob->n + n, sizeof blob->data);
    memcpy(blob->data + blob->n, bytes, n);
    blob->n += n;
}

// A device descriptor of 0951:1666 with one configuration, and nothing behind it.
static inline void blob_device(struct blob *blob, uint8_t class, uint8_t protocol)
{
    const uint8_t d[18] = {18,   1,    0x00, 0x02, class, 0, protocol, 64, 0x51,
                           0x09, 0x66, 0x16, 0x10, 0x01,  1, 2,        3,  1};
    blob->n = 0;
    blob_add(blob, d, sizeof d);
}

static inline void blob_configuration(struct blob *blob, uint8_t value, uint8_t interfaces)
{
    const uint8_t d[9] = {9, 2, 9, 0, interfaces, value, 0, 0x80, 50};
    blob->configuration = blob->n;
    blob_add(blob, d, sizeof d);
}

// Puts the open configuration's total length right.
static inline void blob_end(struct blob *blob)
{
    size_t total = blob->n - blob->configuration;
    blob->data[blob->configuration + 2] = (uint8_t)total;
    blob->data[blob->configuration + 3] = (uint8_t)(total >> 8);
}

static inline void blob_interface(struct blob *blob, uint8_t number, uint8_t alternate,
                                  uint8_t class, uint8_t subclass, uint8_t protocol)
{
    const uint8_t d[9] = {9, 4, number, alternate, 1, class, subclass, protocol, 0};
    blob_add(blob, d, sizeof d);
}

static inline void blob_endpoint(struct blob *blob, uint16_t packet)
{
    const uint8_t d[7] = {7, 5, 0x81, 2, (uint8_t)packet, (uint8_t)(packet >> 8), 0};
    blob_add(blob, d, sizeof d);
}

// One configuration with one interface.
static inline void blob_simple(struct blob *blob, uint8_t class, uint8_t subclass, uint8_t protocol)
{
    blob_device(blob, 0, 0);
    blob_configuration(blob, 1, 1);
    blob_interface(blob, 0, 0, class, subclass, protocol);
    blob_endpoint(blob, 512);
    blob_end(blob);
}

// ---- The tree ---------------------------------------------------------------------------------

struct world {
    char path[64]; // what /sys is, and /run, /var: below "sys", "run", "var"
    int root;
    int sys;
};

static inline int world_remove_one(const char *path, const struct stat *st, int type,
                                   struct FTW *where)
{
    (void)st, (void)type, (void)where;
    return remove(path);
}

static inline void world_free(struct world *world)
{
    close(world->sys);
    close(world->root);
    cr_assert_eq(nftw(world->path, world_remove_one, 16, FTW_DEPTH | FTW_PHYS), 0);
}

static inline void world_folder(int dir, const char *path)
{
    char part[256];
    for (const char *slash = strchr(path, '/'); slash; slash = strchr(slash + 1, '/')) {
        (void)snprintf(part, sizeof part, "%.*s", (int)(slash - path), path);
        (void)mkdirat(dir, part, 0755);
    }
    (void)mkdirat(dir, path, 0755);
}

static inline void world_write(int dir, const char *path, const void *data, size_t length)
{
    CLEANUP_CLOSE int fd = openat(dir, path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
    cr_assert_geq(fd, 0, "%s", path);
    cr_assert_eq(write(fd, data, length), (ssize_t)length);
}

static inline void world_set(int dir, const char *folder, const char *name, const char *value)
{
    CLEANUP_FREE char *path = text_format("%s/%s", folder, name);
    world_write(dir, path, value, strlen(value));
}

static inline void world_expect(int dir, const char *path, const char *value)
{
    char text[256] = "";
    CLEANUP_CLOSE int fd = openat(dir, path, O_RDONLY | O_CLOEXEC);
    cr_assert_geq(fd, 0, "%s", path);
    cr_assert_geq(read(fd, text, sizeof text - 1), 0);
    text[strcspn(text, "\n")] = '\0';
    cr_expect_str_eq(text, value, "%s is \"%s\", not \"%s\"", path, text, value);
}

static inline void world_new(struct world *world)
{
    (void)snprintf(world->path, sizeof world->path, "/tmp/sekisho-world-XXXXXX");
    cr_assert_not_null(mkdtemp(world->path));
    world->root = open(world->path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    world_folder(world->root, "sys/bus/usb/devices");
    world_folder(world->root, "sys/module/usbcore/parameters");
    world_folder(world->root, "run/sekisho");
    world_folder(world->root, "var/lib/sekisho");
    world->sys = openat(world->root, "sys", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    cr_assert_geq(world->sys, 0);
    world_set(world->sys, "module/usbcore/parameters", "authorized_default", "0\n");
    world_set(world->sys, "bus/usb", "drivers_probe", "");
}

// Puts a folder below devices/ and a link to it into bus/usb/devices, as the kernel does.
static inline void world_device(struct world *world, const char *where, const char *name,
                                const struct blob *blob, uint32_t bus, uint32_t address,
                                bool authorized)
{
    CLEANUP_FREE char *folder = text_format("devices/%s/%s", where, name);
    CLEANUP_FREE char *link = text_format("bus/usb/devices/%s", name);
    CLEANUP_FREE char *target = text_format("../../../%s", folder);
    CLEANUP_FREE char *descriptors = text_format("%s/descriptors", folder);
    CLEANUP_FREE char *bus_text = text_format("%u\n", bus);
    CLEANUP_FREE char *address_text = text_format("%u\n", address);
    world_folder(world->sys, folder);
    (void)symlinkat(target, world->sys, link);
    world_set(world->sys, folder, "busnum", bus_text);
    world_set(world->sys, folder, "devnum", address_text);
    world_set(world->sys, folder, "authorized", authorized ? "1\n" : "0\n");
    world_write(world->sys, descriptors, blob->data, blob->n);
}

// A controller with one root hub, its defaults wide open.
static inline void world_bus(struct world *world, const char *controller, uint32_t bus)
{
    static struct blob hub;
    CLEANUP_FREE char *name = text_format("usb%u", bus);
    CLEANUP_FREE char *folder = text_format("bus/usb/devices/%s", name);
    blob_device(&hub, 9, 1);
    blob_configuration(&hub, 1, 1);
    blob_interface(&hub, 0, 0, 9, 0, 0);
    blob_endpoint(&hub, 4);
    blob_end(&hub);
    world_device(world, controller, name, &hub, bus, 1, true);
    world_set(world->sys, folder, "authorized_default", "1\n");
    world_set(world->sys, folder, "interface_authorized_default", "1\n");
}

// `device`/`name`; driver may be NULL.
static inline void world_interface(struct world *world, const char *device, const char *name,
                                   bool granted, const char *driver)
{
    CLEANUP_FREE char *folder = text_format("bus/usb/devices/%s/%s", device, name);
    CLEANUP_FREE char *link = text_format("bus/usb/devices/%s", name);
    CLEANUP_FREE char *target = text_format("%s/%s", device, name);
    world_folder(world->sys, folder);
    world_set(world->sys, folder, "authorized", granted ? "1\n" : "0\n");
    (void)symlinkat(target, world->sys, link);
    if (driver) {
        CLEANUP_FREE char *to_driver = text_format("%s/driver", folder);
        CLEANUP_FREE char *driver_folder = text_format("%s/%s", folder, driver);
        world_folder(world->sys, driver_folder); // so that the link leads somewhere
        (void)symlinkat(driver, world->sys, to_driver);
    }
}

// A port of the hub `device`, whose interface is `interface`, that can be switched off.
static inline void world_port(struct world *world, const char *device, const char *interface,
                              unsigned number, const char *disable)
{
    CLEANUP_FREE char *folder =
        text_format("bus/usb/devices/%s/%s-port%u", interface, device, number);
    world_folder(world->sys, folder);
    world_set(world->sys, folder, "disable", disable);
}
