// SPDX-License-Identifier: GPL-3.0-or-later
// How a verdict on a device reads as a row.
#pragma once

#include "decision/decision.h"
#include "fact/fact.h"

// usb.allowed, usb.blocked or usb.removed. `verdict` may be NULL (removed). NULL on lack of memory.
struct fact *usb_row(enum fact_kind kind, const struct usb_device *device,
                     const struct verdict *verdict, const char *outcome);

// usb.blocked for so many plugs in a flood that have no rows of their own.
struct fact *usb_row_folded(const char *sysname, uint64_t plugs);

// agent.tampered on a device or a setting below /sys.
struct fact *usb_row_tampered(const char *path, const char *value, const char *outcome);

struct json_object;
// What people and exports want to know of a device: identity, names, function, port, hash.
struct json_object *usb_device_to_json(const struct usb_device *device);
void usb_verdict_to_json(const struct verdict *verdict, struct json_object *object);
