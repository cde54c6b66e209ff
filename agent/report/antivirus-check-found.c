// SPDX-License-Identifier: GPL-3.0-or-later
// What it found: is all of it gone?
#include "base/i18n.h"
#include "base/json.h"
#include "base/text.h"
#include "report/antivirus-check-parts.h"

#include <errno.h>
#include <string.h>

#define NAMED_MAX 3     // the rest is counted
#define SUBJECTS_MAX 32 // more are one subject
#define ID_SHOWN 16
#define RECENT_S (31 * 24 * 3600)

static bool is_open_file(json_object *one)
{
    json_object *there = json_get(one, "still_there");
    return json_get_text(one, "file") &&
           (!json_object_is_type(there, json_type_boolean) || json_object_get_boolean(there));
}

// Found in a stream or a descriptor: where the file is, another log may say.
static bool is_named_elsewhere(json_object *detections, json_object *one)
{
    for (size_t i = 0; i < json_object_array_length(detections); i++) {
        json_object *other = json_object_array_get_idx(detections, i);
        if (json_get_text(other, "file") &&
            text_equal(json_get_text(other, "signature"), json_get_text(one, "signature")))
            return true;
    }
    return false;
}

static bool is_nowhere(json_object *detections, json_object *one, uint64_t now_ns)
{
    uint64_t at_s = json_get_number(one, "at_s"), now_s = now_ns / NS_PER_S;
    bool is_old = at_s > 0 && at_s + RECENT_S < now_s;
    return !json_get_text(one, "file") && !is_old && !is_named_elsewhere(detections, one);
}

struct tally {
    size_t open, nowhere, all;
    FILE *names, *subject;
};

static void add_name(struct tally *tally, json_object *one, size_t nth)
{
    const char *signature = json_get_text(one, "signature");
    const char *file = json_get_text(one, "file"), *by = json_get_text(one, "by");
    const char *id = json_get_text(one, "id");
    if (nth < NAMED_MAX)
        fprintf(tally->names, "%s%s (%s)", nth > 0 ? ", " : "",
                file ? file
                : by ? by
                     : "?",
                signature ? signature : "?");
    if (nth < SUBJECTS_MAX)
        fprintf(tally->subject, " %.*s", ID_SHOWN, id ? id : "?");
}

static void count(json_object *detections, uint64_t now_ns, struct tally *tally)
{
    tally->all = json_object_array_length(detections);
    for (size_t i = 0; i < tally->all; i++) {
        json_object *one = json_object_array_get_idx(detections, i);
        bool open = is_open_file(one), nowhere = is_nowhere(detections, one, now_ns);
        if (open || nowhere)
            add_name(tally, one, tally->open + tally->nowhere);
        tally->open += open;
        tally->nowhere += nowhere;
    }
    if (tally->open + tally->nowhere > NAMED_MAX)
        fputs(", …", tally->names);
}

static int give_count(const struct antivirus_seen *seen, const struct tally *tally,
                      const char *names, const char *subject, struct check_result *ret)
{
    size_t n = tally->open + tally->nowhere;
    if (n == 0)
        return antivirus_give(
            seen, ret, FINDING_OK,
            tally->all == 0
                ? text_format(_("%s has found nothing"), seen->title)
                : text_format(ngettext("%s has found %zu file, which is gone",
                                       "%s has found %zu files, which are gone", tally->all),
                              seen->title, tally->all),
            NULL);
    CLEANUP_FREE char *printable = text_printable(names);
    char *evidence = printable
                         ? text_format(ngettext("%s has found %zu that is still open: %s",
                                                "%s has found %zu that are still open: %s", n),
                                       seen->title, n, printable)
                         : NULL;
    return check_give_about(
        ret, tally->open > 0 ? FINDING_VIOLATION : FINDING_UNVERIFIED, evidence,
        text_dup(_("do not open the file; tell the officer, find out where it came from, then "
                   "remove it")),
        text_format("%s%s", seen->name, subject));
}

int antivirus_look_at_detections(const struct check *check, const struct check_sources *sources,
                                 struct check_result *ret)
{
    struct antivirus_seen seen;
    (void)check;
    int r = antivirus_choose(sources, &seen, ret);
    if (r <= 0)
        return r;
    json_object *found = json_get(seen.product, "found");
    json_object *detections = json_get(found, "detections");
    const char *error = json_get_text(found, "error");
    if (!found)
        return antivirus_give(
            &seen, ret, FINDING_UNVERIFIED,
            text_format(_("%s: its profile names no log of what it finds"), seen.title),
            text_dup(_("state “log” in the profile")));
    if (error || !json_object_is_type(detections, json_type_array))
        return antivirus_give_error(&seen, _("what it found"), error ? error : "?", ret);
    CLEANUP_FREE char *names = NULL;
    CLEANUP_FREE char *subject = NULL;
    size_t size;
    struct tally tally = {0};
    tally.names = open_memstream(&names, &size);
    tally.subject = tally.names ? open_memstream(&subject, &size) : NULL;
    if (tally.subject)
        count(detections, sources->now_ns, &tally);
    bool failed = !tally.names || fclose(tally.names) != 0;
    failed = !tally.subject || fclose(tally.subject) != 0 || failed;
    return failed ? -ENOMEM : give_count(&seen, &tally, names, subject, ret);
}
