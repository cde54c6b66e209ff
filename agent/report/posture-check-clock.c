// SPDX-License-Identifier: GPL-3.0-or-later
// Can the times in the records be trusted? That the clock was set is a row of its own
// (clock.stepped).
#include "base/i18n.h"
#include "base/text.h"
#include "report/posture-check-parts.h"

#include <errno.h>
#include <inttypes.h>

#define FRESH_S (24 * 60 * 60)
#define APART_MAX_S 120

// A service that set the clock within a day; NULL: none did.
static const char *find_fresh(json_object *services)
{
    for (size_t i = 0; i < posture_length(services); i++) {
        json_object *service = json_object_array_get_idx(services, i);
        if (json_get(service, "age_s") && json_get_number(service, "age_s") <= FRESH_S)
            return json_get_text(service, "name");
    }
    return NULL;
}

// Behind an air gap it is the one in the machine, and the policy says nothing of a server.
static int judge_own_clock(const struct check_sources *sources, struct check_result *ret)
{
    json_object *rtc = posture_part(sources, "clock.rtc");
    if (!rtc)
        return posture_give_unseen(sources, ret);
    if (posture_is_incomplete(rtc) || !json_get(rtc, "present"))
        return posture_give_unread(rtc, ret);
    if (json_get_bool(rtc, "present"))
        return posture_give_ok(_("the machine's own clock alone; the policy names no time server"),
                               ret);
    return check_give(ret, FINDING_VIOLATION,
                      text_dup(_("the machine has no clock that goes on while it is off")),
                      text_dup(_("permit a time server: “time_server = true;” in posture = { … } "
                                 "of the policy, and “sudo timedatectl set-ntp true”")));
}

int posture_look_at_clock_source(const struct check *check, const struct check_sources *sources,
                                 struct check_result *ret)
{
    json_object *part = posture_part(sources, "clock.source");
    json_object *services = json_get(part, "services");
    (void)check;
    if (!part)
        return posture_give_unseen(sources, ret);
    if (!sources->policy)
        return posture_give_no_policy(ret);
    const char *name = find_fresh(services);
    if (name)
        return check_give(ret, FINDING_OK,
                          text_format(_("%s set the clock within the last day"), name), NULL);
    if (posture_is_incomplete(part) || !services)
        return posture_give_unread(part, ret);
    if (!sources->policy->time_server)
        return judge_own_clock(sources, ret);
    return check_give(
        ret, FINDING_VIOLATION, text_dup(_("no time server has set the clock within the last day")),
        text_dup(_("name the server in /etc/systemd/timesyncd.conf (“NTP=…”) and as a "
                   "peer in the policy's network; “sudo timedatectl set-ntp true”; "
                   "“timedatectl timesync-status” tells more")));
}

int posture_look_at_clock_rtc(const struct check *check, const struct check_sources *sources,
                              struct check_result *ret)
{
    json_object *part = posture_part(sources, "clock.rtc");
    uint64_t apart_s = json_get_number(part, "apart_s");
    (void)check;
    if (!part)
        return posture_give_unseen(sources, ret);
    if (json_get(part, "present") && !json_get_bool(part, "present"))
        return check_give(ret, FINDING_VIOLATION,
                          text_dup(_("the machine has no clock that goes on while it is off")),
                          text_dup(_("“sudo hwclock --show” tells what the kernel finds; replace "
                                     "the machine, or permit a time server in the policy")));
    if (posture_is_incomplete(part) || !json_get(part, "apart_s"))
        return posture_give_unread(part, ret);
    if (apart_s <= APART_MAX_S)
        return posture_give_ok(_("the clock that goes on while the machine is off agrees"), ret);
    return check_give(
        ret, FINDING_VIOLATION,
        text_format(_("the clock that goes on while the machine is off is %" PRIu64
                      " s away from the system's"),
                    apart_s),
        text_dup(_("set the right time, then “sudo hwclock --systohc”; if it is wrong again after "
                   "the machine was off, replace the battery on the board")));
}

int posture_look_at_time_zone(const struct check *check, const struct check_sources *sources,
                              struct check_result *ret)
{
    json_object *part = posture_part(sources, "clock.zone");
    const char *name = json_get_text(part, "name");
    (void)check;
    if (!part)
        return posture_give_unseen(sources, ret);
    if (!sources->policy)
        return posture_give_no_policy(ret);
    if (posture_is_incomplete(part) || !name)
        return posture_give_unread(part, ret);
    const char *wanted = sources->policy->time_zone;
    if (text_equal(name, wanted))
        return posture_give_ok(name, ret);
    CLEANUP_FREE char *shown = text_printable(name);
    return !shown
               ? -ENOMEM
               : check_give_about(ret, FINDING_VIOLATION,
                                  text_format(_("the machine shows times of %s, the policy has %s"),
                                              shown, wanted),
                                  text_format(_("“sudo timedatectl set-timezone %s”"), wanted),
                                  text_dup(shown));
}
