// SPDX-License-Identifier: GPL-3.0-or-later
// The gate at the next start: in enforce each installed kernel's initramfs has to carry it as it is
// now. Looked at when the daemon starts, when mode or policy change, and when /boot does; by a unit
// of its own (initramfs-renew --check), for that needs other programs and time.
#pragma once

#include "daemon/mode-keeper.h"
#include "daemon/options.h"
#include "daemon/recorder.h"

#include <systemd/sd-bus.h>
#include <systemd/sd-event.h>

struct boot_keeper;

struct boot_keeper_options {
    sd_event *event;
    sd_bus *bus;      // NULL: no service manager, nobody can look
    const char *boot; // the folder of the kernels; not needed any more after boot_keeper_new()
    const struct places *places;
    struct recorder *recorder;
    const struct mode_keeper *mode;
};

// What is found is recorded when it is another than before, and once after each start: as
// posture.failed with the kernels, or as posture.ok.
must_check int boot_keeper_new(const struct boot_keeper_options *options, struct boot_keeper **ret);
void boot_keeper_free(struct boot_keeper *keeper);
DEFINE_CLEANUP(struct boot_keeper, boot_keeper_free)

// Something has changed. Soon, and not now: many things change together.
void boot_keeper_look_soon(struct boot_keeper *keeper);

// Nothing is known against any initramfs.
bool boot_keeper_is_well(const struct boot_keeper *keeper);
// The member "initramfs" of the status document, while the mode is enforce:
// {"state": "unknown"|"ok"|"failed"|"unchecked", "kernels": [{"kernel", "finding"}]}.
void boot_keeper_describe(const struct boot_keeper *keeper, json_object *status);
