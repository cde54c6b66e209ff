// SPDX-License-Identifier: GPL-3.0-or-later
// The registers there are: approvals of devices, permits, what checks found, operators, requests,
// the records that people keep, and incidents.
#include "ledger/register-set.h"

#include "base/json.h"
#include "base/text.h"
#include "fact/finding_row.h"
#include "policy/approval.h"
#include "policy/incident.h"
#include "policy/operator.h"
#include "policy/permit.h"
#include "policy/record.h"
#include "policy/request.h"

#include <errno.h>

// ---- An entry's own functions, as a register calls them -----------------------------------------

// `read`: an entry out of a row's details.
#define ADAPT(module, type, read)                                                                  \
    static int module##_read_object(json_object *object, void **ret)                               \
    {                                                                                              \
        type *entry = NULL;                                                                        \
        int r = module##_from_object(object, &entry);                                              \
        if (r == 0)                                                                                \
            *ret = entry;                                                                          \
        return r;                                                                                  \
    }                                                                                              \
    static int module##_write_object(const void *entry, json_object **ret)                         \
    {                                                                                              \
        return module##_to_object(entry, ret);                                                     \
    }                                                                                              \
    static uint64_t *module##_number(void *entry)                                                  \
    {                                                                                              \
        return &((type *)entry)->number;                                                           \
    }                                                                                              \
    static void module##_drop(void *entry)                                                         \
    {                                                                                              \
        module##_free(entry);                                                                      \
    }                                                                                              \
    static int module##_read_json(const char *json, void **ret)                                    \
    {                                                                                              \
        type *entry = NULL;                                                                        \
        int r = read(json, &entry);                                                                \
        if (r == 0)                                                                                \
            *ret = entry;                                                                          \
        return r;                                                                                  \
    }
#define ADAPTED(module)                                                                            \
    .from_json = module##_read_json, .from_object = module##_read_object,                          \
    .to_object = module##_write_object, .number = module##_number, .free = module##_drop

// ---- Approvals ---------------------------------------------------------------------------------

ADAPT(approval, struct approval, approval_from_json)

static bool approval_replaces(const void *entry, const void *old)
{
    return approval_is_for_same(old, entry);
}

static const struct register_kind register_approvals = {
    .name = "approvals",
    .granted = (const enum fact_kind[]){FACT_APPROVAL_GRANTED, FACT_KIND_MAX},
    .ended = FACT_APPROVAL_ENDED,
    .max = APPROVALS_MAX,
    ADAPTED(approval),
    .replaces = approval_replaces,
};

// ---- Permits -----------------------------------------------------------------------------------

ADAPT(permit, struct permit, permit_from_json)

static const struct register_kind register_permits = {
    .name = "permits",
    .granted = (const enum fact_kind[]){FACT_PERMIT_GRANTED, FACT_KIND_MAX},
    .ended = FACT_PERMIT_ENDED,
    .max = PERMITS_MAX,
    ADAPTED(permit),
};

// ---- Findings ----------------------------------------------------------------------------------

ADAPT(finding_row, struct finding_row, finding_row_from_details)

static bool finding_replaces(const void *entry, const void *old)
{
    const struct finding_row *a = entry, *b = old;
    return text_equal(a->check, b->check);
}

static const struct register_kind register_findings = {
    .name = "findings",
    .granted =
        (const enum fact_kind[]){FACT_FINDING_CHANGED, FACT_ANTIVIRUS_OK, FACT_ANTIVIRUS_FAILED,
                                 FACT_STORAGE_ENCRYPTED, FACT_STORAGE_UNENCRYPTED, FACT_POSTURE_OK,
                                 FACT_POSTURE_FAILED, FACT_KIND_MAX},
    .ended = FACT_KIND_MAX,
    .max = FINDINGS_MAX,
    ADAPTED(finding_row),
    .replaces = finding_replaces,
};

// ---- Operators ---------------------------------------------------------------------------------

ADAPT(operator, struct operator_entry, operator_from_json)

// Those who have ended stay as they were: somebody else may get their login name.
static bool operator_replaces(const void *entry, const void *old)
{
    const struct operator_entry *a = entry, *b = old;
    return b->ended_ns == 0 && text_equal(a->login, b->login);
}

static bool operator_is_over(const void *entry)
{
    return ((const struct operator_entry *)entry)->ended_ns != 0;
}

static const struct register_kind register_operators = {
    .name = "operators",
    .granted = (const enum fact_kind[]){FACT_OPERATOR_ADDED, FACT_OPERATOR_CHANGED,
                                        FACT_OPERATOR_TRAINED, FACT_KIND_MAX},
    .ended = FACT_OPERATOR_REMOVED,
    .max = OPERATORS_MAX,
    ADAPTED(operator),
    .replaces = operator_replaces,
    .is_over = operator_is_over,
};

// ---- Requests ----------------------------------------------------------------------------------

// A keyboard that somebody accepts is approved without a request.
static int read_request(const char *json, struct request **ret)
{
    return json[0] ? request_from_json(json, ret) : -ENOENT;
}

ADAPT(request, struct request, read_request)

static bool request_is_decided(const void *entry)
{
    return ((const struct request *)entry)->state != REQUEST_OPEN;
}

static const struct register_kind register_requests = {
    .name = "requests",
    .granted = (const enum fact_kind[]){FACT_REQUEST_MADE, FACT_KIND_MAX},
    .ended = FACT_REQUEST_APPROVED,
    .ended_too =
        (const enum fact_kind[]){FACT_REQUEST_REFUSED, FACT_REQUEST_WITHDRAWN, FACT_KIND_MAX},
    .max = REQUESTS_KEPT_MAX,
    ADAPTED(request),
    .is_over = request_is_decided,
};

// ---- Records -----------------------------------------------------------------------------------

ADAPT(record, struct record, record_from_json)

static bool record_is_done(const void *entry)
{
    return record_is_over(entry);
}

static const char *record_register(const void *entry)
{
    return record_form_of(((const struct record *)entry)->which)->name;
}

#define RECORD(identifier, text, first, last, ...)                                                 \
    static const struct register_kind register_of_##identifier = {                                 \
        .name = (text),                                                                            \
        .granted = (const enum fact_kind[]){FACT_##first, FACT_KIND_MAX},                          \
        .ended = FACT_##last,                                                                      \
        .max = RECORDS_MAX,                                                                        \
        ADAPTED(record),                                                                           \
        .is_over = record_is_done,                                                                 \
        .register_of = record_register,                                                            \
    };
#include "policy/records.def"
#undef RECORD

// ---- Incidents ---------------------------------------------------------------------------------

ADAPT(incident, struct incident, incident_from_json)

// Which rows are of one incident says whoever opens it.
static bool incident_replaces(const void *entry, const void *old)
{
    (void)entry, (void)old;
    return false;
}

static bool incident_is_done(const void *entry)
{
    return incident_is_over(entry);
}

static const struct register_kind register_incidents = {
    .name = "incidents",
    .granted = (const enum fact_kind[]){FACT_INCIDENT_OPENED, FACT_KIND_MAX},
    .ended = FACT_INCIDENT_CLOSED,
    .revised =
        (const enum fact_kind[]){FACT_INCIDENT_ACKNOWLEDGED, FACT_INCIDENT_NOTED,
                                 FACT_INCIDENT_REPORTED, FACT_INCIDENT_OVERDUE, FACT_KIND_MAX},
    .max = INCIDENTS_MAX,
    ADAPTED(incident),
    .replaces = incident_replaces,
    .is_over = incident_is_done,
};

// ---- All ---------------------------------------------------------------------------------------

const struct register_kind *const register_kinds[REGISTERS_N] = {
    [REGISTER_APPROVALS] = &register_approvals, [REGISTER_PERMITS] = &register_permits,
    [REGISTER_FINDINGS] = &register_findings,   [REGISTER_OPERATORS] = &register_operators,
    [REGISTER_REQUESTS] = &register_requests,
#define RECORD(identifier, ...)                                                                    \
    [(int)REGISTER_RECORDS + (int)RECORD_##identifier] = &register_of_##identifier,
#include "policy/records.def"
#undef RECORD
    [REGISTER_INCIDENTS] = &register_incidents,
};
