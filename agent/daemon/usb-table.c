// SPDX-License-Identifier: GPL-3.0-or-later
// A flat table: a PC has a dozen devices, and order is worth more than speed here.
#include "daemon/usb-table.h"

#include "base/text.h"

#include <string.h>

static void entry_free(struct usb_entry *entry)
{
    usb_device_free(entry->device);
    free(entry);
}

void usb_table_clear(struct usb_table *table)
{
    for (size_t i = 0; i < table->n; i++)
        entry_free(table->entries[i]);
    table->n = 0;
}

static size_t position(const struct usb_table *table, const char *sysname)
{
    size_t i = 0;
    while (i < table->n && !text_equal(table->entries[i]->device->sysname, sysname))
        i++;
    return i;
}

struct usb_entry *usb_table_find(const struct usb_table *table, const char *sysname)
{
    size_t i = position(table, sysname);
    return i < table->n ? table->entries[i] : NULL;
}

static struct usb_entry *append(struct usb_table *table, struct usb_device *device)
{
    struct usb_entry *entry = table->n < USB_TABLE_MAX ? calloc(1, sizeof *entry) : NULL;
    if (!entry) {
        usb_device_free(device);
        return NULL;
    }
    entry->device = device;
    table->entries[table->n] = entry;
    table->devices[table->n++] = device;
    return entry;
}

struct usb_entry *usb_table_put(struct usb_table *table, struct usb_device *device)
{
    size_t i = position(table, device->sysname);
    if (i == table->n)
        return append(table, device);
    if (!device->luks)
        device->luks = TAKE_PTR(table->entries[i]->device->luks);
    device->admitted = table->entries[i]->device->admitted;
    usb_device_free(table->entries[i]->device);
    table->entries[i]->device = table->devices[i] = device;
    return table->entries[i];
}

void usb_table_remove(struct usb_table *table, struct usb_entry *entry)
{
    size_t i = position(table, entry->device->sysname);
    entry_free(entry);
    table->n--;
    memmove(&table->entries[i], &table->entries[i + 1], (table->n - i) * sizeof table->entries[0]);
    memmove(&table->devices[i], &table->devices[i + 1], (table->n - i) * sizeof table->devices[0]);
}
