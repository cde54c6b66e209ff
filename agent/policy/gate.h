// SPDX-License-Identifier: GPL-3.0-or-later
// The gate: policy and approvals compiled into what decides on USB devices, and its file form. The
// daemon writes the file
// (/var/lib/sekisho/gate), usb-verdict reads it; both hand it to the same decide_usb().
//
// File: one line "sekisho-gate 1 SHA256\n" with the SHA-256 (hexadecimal) of all that follows, then
// one JSON object.
#pragma once

#include "policy/approval.h"

#include <stdbool.h>
#include <stddef.h>

#define GATE_FILE_MAX (4u << 20)

enum gate_mode { MODE_OBSERVE, MODE_ENFORCE, MODE_MAX };
const char *gate_mode_to_str(enum gate_mode mode);
must_check int gate_mode_from_str(const char *text, enum gate_mode *ret);

// How a class of devices that passes by default is treated.
enum gate_default { DEFAULT_ALLOW, DEFAULT_REFUSE, DEFAULT_NAMED, DEFAULT_MAX };

struct gate_class {
    enum gate_default rule;
    struct approval **named; // DEFAULT_NAMED: only these
    size_t n_named;
};
void gate_class_clear(struct gate_class *class);
// Appends a copy to the named ones; −ENOSPC over APPROVALS_MAX.
must_check int gate_class_add(struct gate_class *class, const struct approval *approval);
must_check int gate_class_copy(const struct gate_class *class, struct gate_class *ret);

// How a keyboard that would pass by default is treated when it comes at a doubtful moment.
enum gate_caution { CAUTION_ALLOW, CAUTION_ASK, CAUTION_REFUSE, CAUTION_MAX };
const char *gate_caution_to_str(enum gate_caution caution);
must_check int gate_caution_from_str(const char *text, enum gate_caution *ret);

// The ports that are in use, by the names that `sekisho usb list --json` shows; none: all of them.
#define GATE_PORTS_MAX 256
struct gate_ports {
    char **names;
    size_t n;
};
// "pci-0000:00:14.0-usb-0:2.3"
bool gate_is_port_name(const char *text);
void gate_ports_clear(struct gate_ports *ports);
// Appends a copy; −ENOSPC over GATE_PORTS_MAX.
must_check int gate_ports_add(struct gate_ports *ports, const char *name);
must_check int gate_ports_copy(const struct gate_ports *ports, struct gate_ports *ret);
// Is the port named, or something in front of it or behind it? A name stands for all that is
// plugged in behind it, and a port that leads to a named one can't be off.
bool gate_ports_cover(const struct gate_ports *ports, const char *name);

struct gate {
    enum gate_mode mode;
    struct gate_class hubs, keyboards, mice, other_input;
    enum gate_caution further_keyboards;      // while another keyboard works
    enum gate_caution keyboards_while_locked; // while the screen is locked
    struct gate_ports ports;                  // all others are switched off
    struct approval **approvals;              // policy file's first, then the register's
    size_t n_approvals;
    uint64_t clock_floor_ns; // wall time of the last row: a clock before it is not trusted with
                             // timed approvals
};

// Hubs, keyboards, mice and other input pass; nothing else: what holds with no readable gate file.
must_check int gate_new_fallback(enum gate_mode mode, struct gate **ret);
void gate_free(struct gate *gate);
DEFINE_CLEANUP(struct gate, gate_free)
// Appends a copy; −ENOSPC over APPROVALS_MAX.
must_check int gate_add(struct gate *gate, const struct approval *approval);

// −EFBIG over GATE_FILE_MAX; −EINVAL as approval_to_json().
must_check int gate_encode(const struct gate *gate, char **ret_text, size_t *ret_length);
// −EBADMSG (damaged, foreign), −EPROTONOSUPPORT (another version). Never half a gate.
must_check int gate_decode(const char *text, size_t length, struct gate **ret);
