// SPDX-License-Identifier: GPL-3.0-or-later
// Which kind of row a finding is.
#include "daemon/health-rows.h"

#include "base/json.h"
#include "base/text.h"
#include "daemon/recorder.h"

#include <string.h>

// By the beginning of the check's name; the first that fits.
static const struct naming {
    const char *prefix;
    enum fact_kind ok, failed;
    bool unverified_too; // what is no longer known to be well counts as failed
    bool quiet;          // another row alarms of it
} namings[] = {
    {"antivirus.detections", FACT_ANTIVIRUS_OK, FACT_ANTIVIRUS_FAILED, .quiet = true},
    {"antivirus.", FACT_ANTIVIRUS_OK, FACT_ANTIVIRUS_FAILED, .unverified_too = true},
    {"storage.readers", FACT_POSTURE_OK, FACT_POSTURE_FAILED},
    {"storage.", FACT_STORAGE_ENCRYPTED, FACT_STORAGE_UNENCRYPTED},
    {"posture.", FACT_POSTURE_OK, FACT_POSTURE_FAILED},
    {"", FACT_FINDING_CHANGED, FACT_FINDING_CHANGED},
};

static const struct naming *find_naming(const char *check)
{
    const struct naming *naming = namings;
    while (strncmp(check, naming->prefix, strlen(naming->prefix)) != 0)
        naming++;
    return naming;
}

static enum fact_kind kind_of(const struct naming *naming, const struct health_finding *finding)
{
    enum finding_value value = finding->result->value;
    bool was_well = text_equal(finding->before, finding_value_to_str(FINDING_OK));
    if (value == FINDING_OK)
        return naming->ok;
    if (finding->because)
        return FACT_FINDING_CHANGED;
    if (value == FINDING_VIOLATION)
        return naming->failed;
    if (value == FINDING_UNVERIFIED && naming->unverified_too && was_well)
        return naming->failed;
    return FACT_FINDING_CHANGED;
}

struct fact *health_row(const struct health_finding *finding)
{
    const struct check_result *result = finding->result;
    const struct naming *naming = find_naming(finding->check->name);
    const char *value = finding_value_to_str(result->value);
    json_object *details = json_object_new_object();
    json_add_text(details, "check", finding->check->name);
    json_add_text(details, "clause", finding->check->clause);
    json_add_text(details, "finding", value);
    json_add_text(details, "subject", result->subject);
    json_add_text(details, "because", finding->because);
    json_add_text(details, "before", finding->before);
    json_add_text(details, "evidence", result->evidence);
    json_add_text(details, "remedy", result->remedy);
    struct fact *row =
        recorder_fact(kind_of(naming, finding), finding->check->name, value, details);
    if (row && row->severity == SEVERITY_VIOLATION && naming->quiet)
        row->severity = SEVERITY_WARNING;
    return row;
}
