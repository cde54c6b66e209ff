// SPDX-License-Identifier: GPL-3.0-or-later
// How old are the definitions, and how long ago was the last full scan?
#include "base/i18n.h"
#include "base/json.h"
#include "base/text.h"
#include "report/antivirus-check-parts.h"

#define DAY_NS (24 * 3600 * NS_PER_S)

// ---- Definitions -------------------------------------------------------------------------------

static const char *bring_new(void)
{
    return _(
        "bring in new definitions: “sudo freshclam”, or from an approved medium by “sudo sekisho "
        "antivirus import”");
}

static int judge_age(const struct antivirus_seen *seen, const struct check_sources *sources,
                     uint64_t built_s, struct check_result *ret)
{
    char day[DAY_TEXT_SIZE];
    long limit = (long)(sources->policy->definitions_max_ns / DAY_NS);
    long days = antivirus_days_since(built_s, sources->now_ns);
    if (days < 0)
        return antivirus_give_future(seen, built_s, ret);
    moment_to_day(built_s * NS_PER_S, day);
    bool old = days > limit;
    return antivirus_give(seen, ret, old ? FINDING_VIOLATION : FINDING_OK,
                          text_format(_("%s: definitions of %s, %ld days old (at most %ld)"),
                                      seen->title, day, days, limit),
                          old ? text_dup(bring_new()) : NULL);
}

static int judge_word(const struct antivirus_seen *seen, const struct check_sources *sources,
                      struct check_result *ret)
{
    json_object *command = json_get(seen->product, "command");
    json_object *minutes = json_get(command, "definitions_minutes");
    uint64_t now_s = sources->now_ns / NS_PER_S;
    const char *error = json_get_text(command, "error");
    if (error)
        return antivirus_give_error(seen, _("what it says of itself"), error, ret);
    if (!json_object_is_type(minutes, json_type_int))
        return antivirus_give(
            seen, ret, FINDING_UNVERIFIED,
            text_format(_("%s: its profile does not tell how old its definitions are"),
                        seen->title),
            text_dup(_("state “definitions” or “fields.definitions_minutes” in the profile")));
    uint64_t age_s = json_object_get_uint64(minutes);
    age_s = age_s < now_s / 60 ? age_s * 60 : now_s;
    return judge_age(seen, sources, now_s - age_s, ret);
}

// clamd loads what is on the disk some time later: what it has loaded counts.
static int judge_files(const struct antivirus_seen *seen, const struct check_sources *sources,
                       json_object *files, struct check_result *ret)
{
    json_object *engine = json_get(seen->product, "engine");
    uint64_t on_disk_s = json_get_number(files, "built_s");
    uint64_t loaded_s = json_get_number(engine, "built_s");
    if (text_equal(json_get_text(files, "by"), "newest"))
        return antivirus_give(
            seen, ret, FINDING_UNVERIFIED,
            text_format(_("%s: none of its definitions tells when it was built"), seen->title),
            text_dup(bring_new()));
    if (on_disk_s == 0)
        return antivirus_give_error(seen, _("the age of its definitions"), "?", ret);
    if (engine && !json_get_text(engine, "error") && loaded_s == 0)
        return antivirus_give(
            seen, ret, FINDING_VIOLATION,
            text_format(_("%s has not loaded the definitions that are on the disk"), seen->title),
            text_dup(_("start it anew: “sudo systemctl restart clamav-daemon”")));
    return judge_age(seen, sources, loaded_s > 0 ? loaded_s : on_disk_s, ret);
}

int antivirus_look_at_definitions(const struct check *check, const struct check_sources *sources,
                                  struct check_result *ret)
{
    struct antivirus_seen seen;
    (void)check;
    if (!sources->policy)
        return antivirus_give_without_policy(ret);
    int r = antivirus_choose(sources, &seen, ret);
    if (r <= 0)
        return r;
    json_object *files = json_get(seen.product, "definitions");
    const char *error = json_get_text(files, "error");
    if (!files)
        return judge_word(&seen, sources, ret);
    if (text_equal(error, "ENOENT"))
        return antivirus_give(&seen, ret, FINDING_VIOLATION,
                              text_format(_("%s has no definitions"), seen.title),
                              text_dup(bring_new()));
    if (error)
        return antivirus_give_error(&seen, _("the age of its definitions"), error, ret);
    return judge_files(&seen, sources, files, ret);
}

// ---- The last full scan ------------------------------------------------------------------------

static int give_no_scan(const struct antivirus_seen *seen, json_object *scan,
                        struct check_result *ret)
{
    const char *log = json_get_text(scan, "log"), *stamp = json_get_text(scan, "stamp");
    const char *where = log ? log : stamp;
    if (!where)
        return antivirus_give(
            seen, ret, FINDING_UNVERIFIED,
            text_format(_("%s: its profile names no record of full scans"), seen->title),
            text_dup(_("state “scan” in the profile, or “antivirus.scan_max_days "
                       "= 0” in the policy if none is asked for")));
    return antivirus_give(
        seen, ret, FINDING_UNVERIFIED,
        text_format(_("%s: no full scan is on record in %s"), seen->title, where),
        text_format(_("scan the whole disk regularly, so that it is noted in %s: “man "
                      "sekisho-check” tells how"),
                    where));
}

int antivirus_look_at_scan(const struct check *check, const struct check_sources *sources,
                           struct check_result *ret)
{
    struct antivirus_seen seen;
    char day[DAY_TEXT_SIZE];
    (void)check;
    if (!sources->policy)
        return antivirus_give_without_policy(ret);
    if (sources->policy->scan_max_ns == 0)
        return check_give(ret, FINDING_NOT_APPLICABLE,
                          text_dup(_("the policy does not ask for full scans")), NULL);
    int r = antivirus_choose(sources, &seen, ret);
    if (r <= 0)
        return r;
    json_object *scan = json_get(seen.product, "scan");
    const char *error = json_get_text(scan, "error");
    uint64_t ended_s = json_get_number(scan, "ended_s");
    if (error && !text_equal(error, "ENOENT") && !text_equal(error, "ENODATA"))
        return antivirus_give_error(&seen, _("when it last scanned"), error, ret);
    if (error || ended_s == 0)
        return give_no_scan(&seen, scan, ret);
    long limit = (long)(sources->policy->scan_max_ns / DAY_NS);
    long days = antivirus_days_since(ended_s, sources->now_ns);
    if (days < 0)
        return antivirus_give_future(&seen, ended_s, ret);
    moment_to_day(ended_s * NS_PER_S, day);
    bool old = days > limit;
    return antivirus_give(&seen, ret, old ? FINDING_VIOLATION : FINDING_OK,
                          text_format(_("%s: last full scan on %s, %ld days ago (at most %ld)"),
                                      seen.title, day, days, limit),
                          old ? text_dup(_("scan the whole disk")) : NULL);
}
