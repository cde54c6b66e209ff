// SPDX-License-Identifier: GPL-3.0-or-later
// Rows about radios.
#include "daemon/radio-rows.h"

#include "base/json.h"
#include "daemon/recorder.h"

struct json_object *radio_to_json(const struct radio *radio)
{
    struct json_object *object = json_object_new_object();
    json_add_text(object, "radio", radio->name);
    json_add_number(object, "index", radio->index);
    json_add_text(object, "type", radio_type_to_str(radio->type));
    json_add_text(object, "driver", radio->driver);
    json_add_text(object, "device", radio->device);
    json_add_bool(object, "soft_blocked", radio->soft);
    json_add_bool(object, "hard_blocked", radio->hard);
    return object;
}

void radio_verdict_to_json(const struct radio_verdict *verdict, struct json_object *object)
{
    json_add_bool(object, "allowed", verdict->allowed);
    json_add_bool(object, "breach", verdict->breach);
    json_add_text(object, "reason", radio_reason_to_str(verdict->reason));
}

struct fact *radio_row(const struct radio *radio, const struct radio_verdict *verdict,
                       const char *outcome)
{
    struct json_object *details = radio_to_json(radio);
    radio_verdict_to_json(verdict, details);
    return recorder_fact(FACT_NETWORK_CHANGED, radio->name, outcome, details);
}

struct fact *radio_row_broken(const struct radio *radio, const struct radio_verdict *verdict,
                              const struct moment *since, const char *outcome)
{
    struct json_object *details = radio_to_json(radio);
    radio_verdict_to_json(verdict, details);
    json_add_number(details, "since_ns", since->wall_ns);
    return recorder_fact(FACT_AIRGAP_BROKEN, radio->name, outcome, details);
}

struct fact *radio_row_restored(const struct radio *radio, const struct moment *since)
{
    struct json_object *details = radio_to_json(radio);
    json_add_text(details, "reason", radio_reason_to_str(RADIO_NOT_NAMED));
    json_add_number(details, "since_ns", since->wall_ns);
    json_add_number(details, "duration_ns", moment_now().monotonic_ns - since->monotonic_ns);
    return recorder_fact(FACT_AIRGAP_RESTORED, radio->name, "restored", details);
}

struct fact *radio_row_folded(uint64_t changes, uint64_t breaches)
{
    struct json_object *details = json_object_new_object();
    json_add_number(details, "folded", changes);
    json_add_number(details, "breaches", breaches);
    struct fact *row = recorder_fact(FACT_NETWORK_CHANGED, NULL, "radios folded", details);
    if (row && breaches > 0)
        row->severity = SEVERITY_WARNING;
    return row;
}
