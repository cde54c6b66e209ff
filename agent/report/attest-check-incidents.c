// SPDX-License-Identifier: GPL-3.0-or-later
// Clauses 6 (1) to (3): incidents that nobody has answered, and reports to the city that are late.
// Where nothing is open or late, the clause's attestation counts, as software never says ok alone.
#include "report/attest-check-parts.h"

#include "base/i18n.h"
#include "base/json.h"
#include "base/text.h"
#include "policy/incident.h"

#include <inttypes.h>

struct look_tally {
    size_t unanswered, late;
    uint64_t first; // number of the first that is not as it should be
};

static bool is_late(json_object *incident, enum incident_stage stage, uint64_t now_ns)
{
    json_object *report = json_get(json_get(incident, "reports"), incident_stage_to_str(stage));
    uint64_t due_ns = json_get_number(report, "due_ns");
    return due_ns != 0 && !json_get(report, "at_ns") && !json_get(incident, "closed") &&
           (now_ns >= due_ns || json_get_number(report, "overdue") > 0);
}

// `of_data` only: what may have touched data.
static bool has_late(json_object *incident, bool of_data, uint64_t now_ns)
{
    if (of_data && text_equal(json_get_text(incident, "breach"), "violation"))
        return false;
    return is_late(incident, INCIDENT_FIRST, now_ns) ||
           (!of_data && is_late(incident, INCIDENT_FINAL, now_ns));
}

static void note(size_t *counter, struct look_tally *tally, json_object *incident)
{
    (*counter)++;
    if (tally->first == 0)
        tally->first = json_get_number(incident, "number");
}

static char *subject_of(const struct look_tally *tally)
{
    return text_format("incident:%" PRIu64, tally->first);
}

static int give_unanswered(const struct look_tally *tally, struct check_result *ret)
{
    return check_give_about(
        ret, FINDING_UNVERIFIED,
        text_format(ngettext("%zu incident is unanswered", "%zu incidents are unanswered",
                             tally->unanswered),
                    tally->unanswered),
        text_dup(_("“sudo sekisho incident list” names them; look into them, then “sudo sekisho "
                   "incident ack NUMBER”")),
        subject_of(tally));
}

static int give_late(const struct look_tally *tally, struct check_result *ret)
{
    return check_give_about(
        ret, FINDING_VIOLATION,
        text_format(ngettext("of %zu incident a report to the city is overdue",
                             "of %zu incidents a report to the city is overdue", tally->late),
                    tally->late),
        text_dup(_("report at once: “sudo sekisho incident draft NUMBER” drafts it; then “sudo "
                   "sekisho incident report NUMBER first”")),
        subject_of(tally));
}

int attest_look_at_incidents(const struct check *check, const struct check_sources *sources,
                             struct check_result *ret)
{
    json_object *list = sources->incidents.answer;
    const bool of_answers = text_equal(check->clause, "6 (1)");
    const bool of_data = text_equal(check->clause, "6 (2)");
    struct look_tally tally = {0};
    if (!json_object_is_type(list, json_type_array))
        return attest_give_unanswered(&sources->incidents, ret);
    for (size_t i = 0; i < json_object_array_length(list); i++) {
        json_object *incident = json_object_array_get_idx(list, i);
        if (of_answers && text_equal(json_get_text(incident, "state"), "open"))
            note(&tally.unanswered, &tally, incident);
        if (!of_answers && has_late(incident, of_data, sources->now_ns))
            note(&tally.late, &tally, incident);
    }
    if (tally.unanswered > 0)
        return give_unanswered(&tally, ret);
    return tally.late > 0 ? give_late(&tally, ret) : attest_look(check, sources, ret);
}
