// SPDX-License-Identifier: GPL-3.0-or-later
// What is known of a radio: as the kernel's rfkill tells it (include/uapi/linux/rfkill.h,
// Documentation/driver-api/rfkill.rst), and of the hardware behind it.
#pragma once

#include "base/util.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

// The kernel's types, in its order.
enum radio_type {
    RADIO_WIFI,
    RADIO_BLUETOOTH,
    RADIO_UWB,
    RADIO_WIMAX,
    RADIO_WWAN, // mobile telephony
    RADIO_GPS,
    RADIO_FM,
    RADIO_NFC,
    RADIO_UNKNOWN, // of a later kernel
    RADIO_TYPE_MAX,
};
const char *radio_type_to_str(enum radio_type type); // "wifi", "bluetooth", …: as in a policy
must_check int radio_type_from_str(const char *text, enum radio_type *ret);

struct radio {
    uint32_t index; // rfkill's; never used twice between two boots
    char *name;     // "phy0", "hci0"; printable
    enum radio_type type;
    bool soft;    // blocked by software
    bool hard;    // blocked by a switch, or by its own firmware
    char *driver; // of the hardware; NULL: none behind it
    char *device; // where that is below /sys/devices, the same after a reboot; NULL: not known
};
void radio_free(struct radio *radio);
DEFINE_CLEANUP(struct radio, radio_free)
// −ENOMEM.
must_check int radio_copy(const struct radio *radio, struct radio **ret);

// ---- /dev/rfkill -------------------------------------------------------------------------------

#define RADIO_NODE "rfkill"   // in /dev
#define RADIO_MESSAGE_SIZE 64 // each read() gives one event, of a size that grows with kernels

enum radio_act { RADIO_ADDED, RADIO_REMOVED, RADIO_CHANGED };

struct radio_event {
    enum radio_act act;
    uint32_t index;
    enum radio_type type;
    bool soft, hard;
};
// −EBADMSG: shorter than every kernel's, or of an operation that is none of the three.
must_check int radio_event_parse(const void *message, size_t length, struct radio_event *ret);
// The next event, from a descriptor that does not wait. −EAGAIN: there is none; other errors are
// read()'s. One that can't be understood is skipped.
must_check int radio_event_read(int fd, struct radio_event *ret);

// What is written to block or unblock one radio, or all of a type and those of it that come later.
#define RADIO_REQUEST_SIZE 8
void radio_request_one(uint32_t index, bool blocked, uint8_t ret[RADIO_REQUEST_SIZE]);
void radio_request_type(enum radio_type type, bool blocked, uint8_t ret[RADIO_REQUEST_SIZE]);

// Does an errno of /dev/rfkill say that there is no such radio, or no rfkill in this kernel? Either
// may come later.
bool radio_is_missing(int r);
