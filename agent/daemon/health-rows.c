// SPDX-License-Identifier: GPL-3.0-or-later
// Which kind of row a finding is.
#include "daemon/health-rows.h"

#include "base/json.h"
#include "daemon/recorder.h"

#include <string.h>

// By the beginning of the check's name; the first that fits.
static const struct naming {
    const char *prefix;
    enum fact_kind ok, failed;
    bool unverified_too; // what is not known to be well counts as failed
} namings[] = {
    {"antivirus.", FACT_ANTIVIRUS_OK, FACT_ANTIVIRUS_FAILED, true},
    {"storage.readers", FACT_POSTURE_OK, FACT_POSTURE_FAILED, false},
    {"storage.", FACT_STORAGE_ENCRYPTED, FACT_STORAGE_UNENCRYPTED, false},
    {"posture.", FACT_POSTURE_OK, FACT_POSTURE_FAILED, false},
    {"", FACT_FINDING_CHANGED, FACT_FINDING_CHANGED, false},
};

static enum fact_kind kind_of(const char *check, enum finding_value value)
{
    const struct naming *naming = namings;
    while (strncmp(check, naming->prefix, strlen(naming->prefix)) != 0)
        naming++;
    if (value == FINDING_OK)
        return naming->ok;
    if (value == FINDING_VIOLATION || (value == FINDING_UNVERIFIED && naming->unverified_too))
        return naming->failed;
    return FACT_FINDING_CHANGED;
}

struct fact *health_row(const struct check *check, const struct check_result *result,
                        const char *before)
{
    const char *finding = finding_value_to_str(result->value);
    json_object *details = json_object_new_object();
    json_add_text(details, "check", check->name);
    json_add_text(details, "clause", check->clause);
    json_add_text(details, "finding", finding);
    json_add_text(details, "subject", result->subject);
    json_add_text(details, "before", before);
    json_add_text(details, "evidence", result->evidence);
    json_add_text(details, "remedy", result->remedy);
    return recorder_fact(kind_of(check->name, result->value), check->name, finding, details);
}
