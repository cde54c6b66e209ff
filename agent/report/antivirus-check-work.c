// SPDX-License-Identifier: GPL-3.0-or-later
// Does it run, and does it find what it has to: in a stream, and in a file that is opened?
#include "base/i18n.h"
#include "base/json.h"
#include "base/text.h"
#include "report/antivirus-check-parts.h"

#include <inttypes.h>

// ---- Running -----------------------------------------------------------------------------------

static int give_stopped(const struct antivirus_seen *seen, json_object *process,
                        struct check_result *ret)
{
    const char *unit = json_get_text(process, "unit");
    const char *program = json_get_text(process, "program");
    return antivirus_give(
        seen, ret, FINDING_VIOLATION,
        text_format(_("%s: %s is not running"), seen->title, program ? program : seen->name),
        unit ? text_format(_("start it: “sudo systemctl start %s”; “journalctl -u %s” says why it "
                             "ended"),
                           unit, unit)
             : text_dup(_("start it")));
}

int antivirus_look_at_running(const struct check *check, const struct check_sources *sources,
                              struct check_result *ret)
{
    struct antivirus_seen seen;
    (void)check;
    int r = antivirus_choose(sources, &seen, ret);
    if (r <= 0)
        return r;
    json_object *process = json_get(seen.product, "process");
    const char *error = json_get_text(process, "error");
    uint64_t pid = json_get_number(process, "pid");
    uint64_t other = json_get_number(json_get(seen.product, "engine"), "other_process");
    if (text_equal(error, "ENOENT"))
        return give_stopped(&seen, process, ret);
    if (error || pid == 0)
        return antivirus_give_error(&seen, _("whether it runs"), error ? error : "?", ret);
    if (other > 0)
        return antivirus_give(
            &seen, ret, FINDING_VIOLATION,
            text_format(_("%s: another process, %" PRIu64 ", answers at its socket"), seen.title,
                        other),
            text_dup(_("find out what that process is, and end it")));
    return antivirus_give(&seen, ret, FINDING_OK,
                          text_format(_("%s runs, as process %" PRIu64), seen.title, pid), NULL);
}

// ---- Proof -------------------------------------------------------------------------------------

static int give_unproven(const struct antivirus_seen *seen, const char *error,
                         struct check_result *ret)
{
    if (text_equal(error, "ETIMEDOUT"))
        return antivirus_give(
            seen, ret, FINDING_UNVERIFIED,
            text_format(_("%s does not answer in time: whether it finds anything is not known"),
                        seen->title),
            text_dup(_("if it stays so, start it anew: “sudo systemctl restart clamav-daemon”")));
    if (text_equal(error, "ESRCH"))
        return antivirus_give(seen, ret, FINDING_UNVERIFIED,
                              text_format(_("%s is not running, so it finds nothing"), seen->title),
                              text_dup(_("see antivirus.running")));
    return antivirus_give_error(seen, _("whether it finds anything"), error ? error : "?", ret);
}

// The word of a product that nothing can be shown to.
static int judge_word(const struct antivirus_seen *seen, struct check_result *ret)
{
    json_object *command = json_get(seen->product, "command");
    json_object *healthy = json_get(command, "healthy");
    const char *error = json_get_text(command, "error");
    if (error)
        return antivirus_give_error(seen, _("what it says of itself"), error, ret);
    if (!json_object_is_type(healthy, json_type_boolean))
        return antivirus_give(
            seen, ret, FINDING_UNVERIFIED,
            text_format(_("%s: its profile tells no way to prove that it works"), seen->title),
            text_dup(_("state “command” and “fields.healthy” in the profile")));
    if (!json_object_get_boolean(healthy))
        return antivirus_give(seen, ret, FINDING_VIOLATION,
                              text_format(_("%s says that it is not healthy"), seen->title),
                              text_dup(_("ask the product why")));
    return antivirus_give(seen, ret, FINDING_OK,
                          text_format(_("%s says that it is healthy"), seen->title), NULL);
}

int antivirus_look_at_proof(const struct check *check, const struct check_sources *sources,
                            struct check_result *ret)
{
    struct antivirus_seen seen;
    (void)check;
    int r = antivirus_choose(sources, &seen, ret);
    if (r <= 0)
        return r;
    json_object *proof = json_get(seen.product, "proof");
    const char *test = json_get_text(proof, "test"), *clean = json_get_text(proof, "clean");
    if (!proof)
        return judge_word(&seen, ret);
    if (text_equal(test, "missed"))
        return antivirus_give(
            &seen, ret, FINDING_VIOLATION,
            text_format(_("%s answers, but does not find a test file"), seen.title),
            text_dup(_("its definitions are missing or broken: bring in new ones, and start it "
                       "anew")));
    if (text_equal(clean, "flagged"))
        return antivirus_give(&seen, ret, FINDING_VIOLATION,
                              text_format(_("%s takes a clean text for malware"), seen.title),
                              text_dup(_("take out the definition that does so")));
    if (!text_equal(test, "found") || !text_equal(clean, "passed"))
        return give_unproven(&seen, json_get_text(proof, "error"), ret);
    return antivirus_give(
        &seen, ret, FINDING_OK,
        text_format(_("%s finds a test file, and passes a clean text"), seen.title), NULL);
}

// ---- On access ---------------------------------------------------------------------------------

static const struct outcome {
    const char *result;
    enum finding_value value;
    const char *evidence; // N_()
    const char *remedy;   // N_()
} outcomes[] = {
    {"refused", FINDING_OK, N_("a test file could not be opened"), NULL},
    {"removed", FINDING_OK, N_("a test file was taken away when it was opened"), NULL},
    {"reported", FINDING_OK, N_("a test file was reported when it was opened"), NULL},
    {"passed", FINDING_VIOLATION, N_("a test file was opened, and nothing came of it"),
     N_("start the scanner on access anew, and see in its log whether it watches the folder")},
    {"hung", FINDING_UNVERIFIED, N_("opening a test file did not end: the scanner hangs"),
     N_("start the scanner on access anew: whoever opens a file there waits for it")},
};

static int judge_access_by_word(const struct antivirus_seen *seen, struct check_result *ret)
{
    json_object *command = json_get(seen->product, "command");
    json_object *on_access = json_get(command, "on_access");
    const char *error = json_get_text(command, "error");
    if (error)
        return antivirus_give_error(seen, _("what it says of itself"), error, ret);
    if (!json_object_is_type(on_access, json_type_boolean))
        return antivirus_give(
            seen, ret, FINDING_UNVERIFIED,
            text_format(_("%s: its profile tells no way to see whether it scans on access"),
                        seen->title),
            text_dup(_("complete the profile, or state “antivirus.on_access = false” in the "
                       "policy if that is not asked for")));
    if (!json_object_get_boolean(on_access))
        return antivirus_give(
            seen, ret, FINDING_VIOLATION,
            text_format(_("%s says that it does not scan on access"), seen->title),
            text_dup(_("switch it on in the product")));
    return antivirus_give(seen, ret, FINDING_OK,
                          text_format(_("%s says that it scans on access"), seen->title), NULL);
}

static int give_access_off(const struct antivirus_seen *seen, json_object *facts,
                           struct check_result *ret)
{
    const char *error = json_get_text(facts, "error");
    if (!text_equal(error, "ENOENT"))
        return antivirus_give_error(seen, _("whether it scans on access"), error ? error : "?",
                                    ret);
    const char *program = json_get_text(facts, "process");
    return antivirus_give(
        seen, ret, FINDING_VIOLATION,
        text_format(_("%s: %s is not running, so files are not scanned when they are opened"),
                    seen->title, program ? program : "?"),
        text_dup(_("set it up as “man sekisho-check” tells, or state “antivirus.on_access = false” "
                   "in the policy if that is not asked for")));
}

static int judge_access(const struct antivirus_seen *seen, json_object *facts,
                        struct check_result *ret)
{
    const char *result = json_get_text(facts, "result"), *error = json_get_text(facts, "error");
    const char *folder = json_get_text(facts, "folder");
    if (!json_get_bool(facts, "runs"))
        return give_access_off(seen, facts, ret);
    if (!error && !json_get_bool(facts, "configured"))
        return antivirus_give(
            seen, ret, FINDING_UNVERIFIED,
            text_format(_("%s scans on access, but not in %s, where that can be proven"),
                        seen->title, folder ? folder : "?"),
            text_format(_("in clamd.conf: “OnAccessIncludePath %s”"), folder ? folder : "?"));
    for (size_t i = 0; !error && i < ELEMENTS(outcomes); i++)
        if (text_equal(outcomes[i].result, result))
            return antivirus_give(seen, ret, outcomes[i].value,
                                  text_format("%s: %s", seen->title, _(outcomes[i].evidence)),
                                  outcomes[i].remedy ? text_dup(_(outcomes[i].remedy)) : NULL);
    return antivirus_give_error(seen, _("whether it scans on access"), error ? error : "?", ret);
}

int antivirus_look_at_access(const struct check *check, const struct check_sources *sources,
                             struct check_result *ret)
{
    struct antivirus_seen seen;
    (void)check;
    if (!sources->policy)
        return antivirus_give_without_policy(ret);
    if (!sources->policy->antivirus_on_access)
        return check_give(ret, FINDING_NOT_APPLICABLE,
                          text_dup(_("the policy does not ask for scanning on access")), NULL);
    int r = antivirus_choose(sources, &seen, ret);
    if (r <= 0)
        return r;
    json_object *facts = json_get(seen.product, "on_access");
    return facts ? judge_access(&seen, facts, ret) : judge_access_by_word(&seen, ret);
}
