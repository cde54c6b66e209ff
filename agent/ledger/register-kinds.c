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

// ---- Approvals ---------------------------------------------------------------------------------

static int approval_read_json(const char *json, void **ret)
{
    struct approval *approval = NULL;
    int r = approval_from_json(json, &approval);
    if (r == 0)
        *ret = approval;
    return r;
}

static int approval_read_object(json_object *object, void **ret)
{
    struct approval *approval = NULL;
    int r = approval_from_object(object, &approval);
    if (r == 0)
        *ret = approval;
    return r;
}

static int approval_write_json(const void *entry, char **ret)
{
    return approval_to_json(entry, ret);
}

static int approval_write_object(const void *entry, json_object **ret)
{
    return approval_to_object(entry, ret);
}

static uint64_t *approval_number(void *entry)
{
    return &((struct approval *)entry)->number;
}

static bool approval_replaces(const void *entry, const void *old)
{
    return approval_is_for_same(old, entry);
}

static void approval_drop(void *entry)
{
    approval_free(entry);
}

static const struct register_kind register_approvals = {
    .name = "approvals",
    .granted = (const enum fact_kind[]){FACT_APPROVAL_GRANTED, FACT_KIND_MAX},
    .ended = FACT_APPROVAL_ENDED,
    .max = APPROVALS_MAX,
    .from_json = approval_read_json,
    .from_object = approval_read_object,
    .to_json = approval_write_json,
    .to_object = approval_write_object,
    .number = approval_number,
    .replaces = approval_replaces,
    .free = approval_drop,
};

// ---- Permits -----------------------------------------------------------------------------------

static int permit_read_json(const char *json, void **ret)
{
    struct permit *permit = NULL;
    int r = permit_from_json(json, &permit);
    if (r == 0)
        *ret = permit;
    return r;
}

static int permit_read_object(json_object *object, void **ret)
{
    struct permit *permit = NULL;
    int r = permit_from_object(object, &permit);
    if (r == 0)
        *ret = permit;
    return r;
}

static int permit_write_json(const void *entry, char **ret)
{
    return permit_to_json(entry, ret);
}

static int permit_write_object(const void *entry, json_object **ret)
{
    return permit_to_object(entry, ret);
}

static uint64_t *permit_number(void *entry)
{
    return &((struct permit *)entry)->number;
}

// The city may grant several things by one number.
static bool permit_replaces(const void *entry, const void *old)
{
    (void)entry, (void)old;
    return false;
}

static void permit_drop(void *entry)
{
    permit_free(entry);
}

static const struct register_kind register_permits = {
    .name = "permits",
    .granted = (const enum fact_kind[]){FACT_PERMIT_GRANTED, FACT_KIND_MAX},
    .ended = FACT_PERMIT_ENDED,
    .max = PERMITS_MAX,
    .from_json = permit_read_json,
    .from_object = permit_read_object,
    .to_json = permit_write_json,
    .to_object = permit_write_object,
    .number = permit_number,
    .replaces = permit_replaces,
    .free = permit_drop,
};

// ---- Findings ----------------------------------------------------------------------------------

static int finding_read_json(const char *json, void **ret)
{
    struct finding_row *row = NULL;
    int r = finding_row_from_details(json, &row);
    if (r == 0)
        *ret = row;
    return r;
}

static int finding_read_object(json_object *object, void **ret)
{
    struct finding_row *row = NULL;
    int r = finding_row_from_object(object, &row);
    if (r == 0)
        *ret = row;
    return r;
}

static int finding_write_json(const void *entry, char **ret)
{
    CLEANUP_JSON json_object *object = NULL;
    int r = finding_row_to_object(entry, &object);
    return r < 0 ? r : json_to_text(object, ret);
}

static int finding_write_object(const void *entry, json_object **ret)
{
    return finding_row_to_object(entry, ret);
}

static uint64_t *finding_number(void *entry)
{
    return &((struct finding_row *)entry)->number;
}

static bool finding_replaces(const void *entry, const void *old)
{
    const struct finding_row *a = entry, *b = old;
    return text_equal(a->check, b->check);
}

static void finding_drop(void *entry)
{
    finding_row_free(entry);
}

static const struct register_kind register_findings = {
    .name = "findings",
    .granted =
        (const enum fact_kind[]){FACT_FINDING_CHANGED, FACT_ANTIVIRUS_OK, FACT_ANTIVIRUS_FAILED,
                                 FACT_STORAGE_ENCRYPTED, FACT_STORAGE_UNENCRYPTED, FACT_POSTURE_OK,
                                 FACT_POSTURE_FAILED, FACT_KIND_MAX},
    .ended = FACT_KIND_MAX,
    .max = FINDINGS_MAX,
    .from_json = finding_read_json,
    .from_object = finding_read_object,
    .to_json = finding_write_json,
    .to_object = finding_write_object,
    .number = finding_number,
    .replaces = finding_replaces,
    .free = finding_drop,
};

// ---- Operators ---------------------------------------------------------------------------------

static int operator_read_json(const char *json, void **ret)
{
    struct operator_entry *entry = NULL;
    int r = operator_from_json(json, &entry);
    if (r == 0)
        *ret = entry;
    return r;
}

static int operator_read_object(json_object *object, void **ret)
{
    struct operator_entry *entry = NULL;
    int r = operator_from_object(object, &entry);
    if (r == 0)
        *ret = entry;
    return r;
}

static int operator_write_json(const void *entry, char **ret)
{
    return operator_to_json(entry, ret);
}

static int operator_write_object(const void *entry, json_object **ret)
{
    return operator_to_object(entry, ret);
}

static uint64_t *operator_number(void *entry)
{
    return &((struct operator_entry *)entry)->number;
}

// Those who have ended stay as they were: somebody else may get their login name.
static bool operator_replaces(const void *entry, const void *old)
{
    const struct operator_entry *a = entry, *b = old;
    return b->ended_ns == 0 && text_equal(a->login, b->login);
}

static void operator_drop(void *entry)
{
    operator_free(entry);
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
    .from_json = operator_read_json,
    .from_object = operator_read_object,
    .to_json = operator_write_json,
    .to_object = operator_write_object,
    .number = operator_number,
    .replaces = operator_replaces,
    .free = operator_drop,
    .is_over = operator_is_over,
};

// ---- Requests ----------------------------------------------------------------------------------

// A keyboard that somebody accepts is approved without a request.
static int request_read_json(const char *json, void **ret)
{
    struct request *request = NULL;
    int r = json[0] ? request_from_json(json, &request) : -ENOENT;
    if (r == 0)
        *ret = request;
    return r;
}

static int request_read_object(json_object *object, void **ret)
{
    struct request *request = NULL;
    int r = request_from_object(object, &request);
    if (r == 0)
        *ret = request;
    return r;
}

static int request_write_json(const void *entry, char **ret)
{
    return request_to_json(entry, ret);
}

static int request_write_object(const void *entry, json_object **ret)
{
    return request_to_object(entry, ret);
}

static uint64_t *request_number(void *entry)
{
    return &((struct request *)entry)->number;
}

static bool request_replaces(const void *entry, const void *old)
{
    (void)entry, (void)old;
    return false;
}

static void request_drop(void *entry)
{
    request_free(entry);
}

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
    .from_json = request_read_json,
    .from_object = request_read_object,
    .to_json = request_write_json,
    .to_object = request_write_object,
    .number = request_number,
    .replaces = request_replaces,
    .free = request_drop,
    .is_over = request_is_decided,
};

// ---- Records -----------------------------------------------------------------------------------

static int record_read_json(const char *json, void **ret)
{
    struct record *record = NULL;
    int r = record_from_json(json, &record);
    if (r == 0)
        *ret = record;
    return r;
}

static int record_read_object(json_object *object, void **ret)
{
    struct record *record = NULL;
    int r = record_from_object(object, &record);
    if (r == 0)
        *ret = record;
    return r;
}

static int record_write_json(const void *entry, char **ret)
{
    return record_to_json(entry, ret);
}

static int record_write_object(const void *entry, json_object **ret)
{
    return record_to_object(entry, ret);
}

static uint64_t *record_number(void *entry)
{
    return &((struct record *)entry)->number;
}

// Two visitors may have the same name.
static bool record_replaces(const void *entry, const void *old)
{
    (void)entry, (void)old;
    return false;
}

static void record_drop(void *entry)
{
    record_free(entry);
}

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
        .from_json = record_read_json,                                                             \
        .from_object = record_read_object,                                                         \
        .to_json = record_write_json,                                                              \
        .to_object = record_write_object,                                                          \
        .number = record_number,                                                                   \
        .replaces = record_replaces,                                                               \
        .free = record_drop,                                                                       \
        .is_over = record_is_done,                                                                 \
        .register_of = record_register,                                                            \
    };
#include "policy/records.def"
#undef RECORD

// ---- Incidents ---------------------------------------------------------------------------------

static int incident_read_json(const char *json, void **ret)
{
    struct incident *incident = NULL;
    int r = incident_from_json(json, &incident);
    if (r == 0)
        *ret = incident;
    return r;
}

static int incident_read_object(json_object *object, void **ret)
{
    struct incident *incident = NULL;
    int r = incident_from_object(object, &incident);
    if (r == 0)
        *ret = incident;
    return r == -ENOENT ? -EBADMSG : r;
}

static int incident_write_json(const void *entry, char **ret)
{
    return incident_to_json(entry, ret);
}

static int incident_write_object(const void *entry, json_object **ret)
{
    return incident_to_object(entry, ret);
}

static uint64_t *incident_number(void *entry)
{
    return &((struct incident *)entry)->number;
}

// Which rows are of one incident says whoever opens it.
static bool incident_replaces(const void *entry, const void *old)
{
    (void)entry, (void)old;
    return false;
}

static void incident_drop(void *entry)
{
    incident_free(entry);
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
    .from_json = incident_read_json,
    .from_object = incident_read_object,
    .to_json = incident_write_json,
    .to_object = incident_write_object,
    .number = incident_number,
    .replaces = incident_replaces,
    .free = incident_drop,
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
