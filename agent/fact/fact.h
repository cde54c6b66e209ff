// SPDX-License-Identifier: GPL-3.0-or-later
// A fact: the one record type. Watches put facts in, the decision reads them, the ledger keeps
// them.
#pragma once

#include "base/moment.h"
#include "base/util.h"
#include "fact/severity.h"

#include <stdbool.h>
#include <stdint.h>

enum fact_kind {
#define KIND(identifier, name, severity, object) FACT_##identifier,
#include "fact/kinds.def"
#undef KIND
    FACT_KIND_MAX,
};

const char *fact_kind_to_str(enum fact_kind kind);
must_check int fact_kind_from_str(const char *text, enum fact_kind *ret);
enum severity fact_kind_severity(enum fact_kind kind);
const char *fact_kind_object(enum fact_kind kind); // "device", "medium", …
bool fact_kind_is_observation(enum fact_kind kind);

#define FACT_NO_UID UINT32_MAX // nobody: the kernel's own unset login uid

struct json_object;
struct usb_device;
struct usb_setting;
struct medium;
struct mount;
struct audit_event;
struct audit_place;
struct net_link;
struct net_attempt;
struct radio;

struct fact {
    enum fact_kind kind;
    enum severity severity;
    struct moment at;
    uint32_t uid; // audit login uid, FACT_NO_UID for nobody
    uint32_t pid; // 0 for none
    // All texts are owned, valid UTF-8 without control characters (text_escape), or NULL for "does
    // not apply".
    char *user;    // name of uid when it happened
    char *session; // audit session
    char *exe;     // path of the acting program
    char *object;  // what it happened to; its type follows from the kind
    char *outcome; // "blocked", "observed", "allowed", "refused", "restored", "failed", …
    char *details; // one JSON object
    // Payload of an observation: exactly the one its kind calls for. Owned. Never recorded as such.
    struct usb_device *usb;
    struct usb_setting *setting;
    struct medium *medium;
    struct mount *mount;
    struct audit_event *audit;
    struct audit_place *place;
    struct net_link *link;
    struct net_attempt *attempt;
    struct radio *radio;
    uint64_t *packets; // that the firewall has stopped, or would have, by its counters
};

// A fact of this kind, now, with the kind's default severity, nobody and nothing in it. NULL on
// lack of memory.
struct fact *fact_new(enum fact_kind kind);
void fact_free(struct fact *fact);
DEFINE_CLEANUP(struct fact, fact_free)
// Its details, parsed; NULL if it has none, or they are no JSON object. The caller puts it.
struct json_object *fact_read_details(const struct fact *fact);
// A copy of what is recorded: all but the payload. −ENOMEM.
must_check int fact_copy(const struct fact *fact, struct fact **ret);

// Where watches put their facts. Takes ownership of `fact`, always.
struct fact_sink {
    void (*put)(void *context, struct fact *fact);
    void *context;
};
