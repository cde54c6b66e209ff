// SPDX-License-Identifier: GPL-3.0-or-later
// What the agent says of itself now, and the month's findings about devices, logs and watching.
#include "report/guard-check.h"

#include "base/i18n.h"
#include "base/json.h"
#include "base/text.h"

#include <errno.h>
#include <inttypes.h>

#define DEVICES "4 (5), 5 (4)"
#define USE "5 (3), 5 (6), 5 (10)"
#define MIB (1024.0 * 1024.0)
#define MONTHS_TOO_FEW 6  // until then somebody has to see to it
#define MONTHS_PLENTY 999 // the rest is no forecast any more

// ---- Now ---------------------------------------------------------------------------------------

static int look_at_mode(const struct check *check, const struct check_sources *sources,
                        struct check_result *ret)
{
    json_object *answer = sources->status.answer;
    (void)check;
    if (!answer)
        return check_give_unanswered(sources->status.why, ret);
    if (text_equal(json_get_text(json_get(answer, "mode"), "usb"), "enforce"))
        return check_give(ret, FINDING_OK, text_dup(_("the guard “usb” enforces")), NULL);
    return check_give(ret, FINDING_UNVERIFIED,
                      text_dup(_("the guard “usb” only observes: each device passes")),
                      text_dup(_("when “sekisho usb list” shows what is needed as allowed: “sudo "
                                 "sekisho mode usb enforce”")));
}

static int look_at_initramfs(const struct check *check, const struct check_sources *sources,
                             struct check_result *ret)
{
    json_object *answer = sources->status.answer;
    const char *state = json_get_text(json_get(answer, "initramfs"), "state");
    (void)check;
    if (!answer)
        return check_give_unanswered(sources->status.why, ret);
    if (!json_get(answer, "initramfs"))
        return check_give(ret, FINDING_NOT_APPLICABLE,
                          text_dup(_("nothing is shut at power-on in observe mode")), NULL);
    if (text_equal(state, "ok"))
        return check_give(ret, FINDING_OK,
                          text_dup(_("each installed kernel starts with the gate shut")), NULL);
    bool failed = text_equal(state, "failed");
    return check_give(
        ret, failed ? FINDING_VIOLATION : FINDING_UNVERIFIED,
        text_dup(failed ? _("a kernel starts with the gate open, or in an older state")
                        : _("no initramfs could be looked at so far")),
        text_dup(_("“sudo systemctl start sekisho-initramfs” renews every initramfs; “sekisho "
                   "status” names the kernels")));
}

static int look_at_trail(const struct check *check, const struct check_sources *sources,
                         struct check_result *ret)
{
    json_object *trail = json_get(sources->status.answer, "trail");
    (void)check;
    if (!trail)
        return check_give_unanswered(sources->status.why, ret);
    if (json_get_bool(trail, "recorded"))
        return check_give(ret, FINDING_OK, text_dup(_("logins and file access are recorded")),
                          NULL);
    const char *cause = json_get_text(trail, "cause");
    return check_give(
        ret, FINDING_VIOLATION,
        text_format(_("logins and file access are not recorded: %s"), cause ? cause : "?"),
        text_dup(_("“sekisho status” says since when and why; sekisho-trail(7) what "
                   "auditing needs")));
}

// A full disk ends the record; that is seen months before.
static int look_at_space(const struct check *check, const struct check_sources *sources,
                         struct check_result *ret)
{
    json_object *space = json_get(sources->status.answer, "space");
    (void)check;
    if (!space)
        return check_give_unanswered(sources->status.why, ret);
    const uint64_t free_bytes = json_get_number(space, "free_bytes");
    const uint64_t month_bytes = json_get_number(space, "month_bytes");
    uint64_t months = month_bytes > 0 ? free_bytes / month_bytes : MONTHS_PLENTY;
    if (months > MONTHS_PLENTY)
        months = MONTHS_PLENTY;
    char *evidence =
        text_format(_("room for %s%" PRIu64 " months of records (%.1f MiB a month, %.0f MiB free)"),
                    months == MONTHS_PLENTY ? _("more than ") : "", months,
                    (double)month_bytes / MIB, (double)free_bytes / MIB);
    if (months >= MONTHS_TOO_FEW)
        return check_give(ret, FINDING_OK, evidence, NULL);
    return check_give(ret, FINDING_VIOLATION, evidence,
                      text_dup(_("a full disk ends the record: make room, or a larger disk; "
                                 "“sekisho prune” says which records may go")));
}

// ---- The month ---------------------------------------------------------------------------------

// What keeps a finding from being ok, without the figures, which the report has.
static const char *const because[REMARK_MAX] = {
    [REMARK_NO_ROWS] = N_("nothing was recorded"),
    [REMARK_LEDGER_BROKEN] = N_("the ledger does not verify"),
    [REMARK_HOLES] = N_("not watched all the time"),
    [REMARK_LOST] = N_("facts could not be recorded"),
    [REMARK_UNREAD] = N_("logins and file access were not recorded all the time"),
    [REMARK_OBSERVE] = N_("for some of the time nothing was blocked"),
    [REMARK_MODE_UNKNOWN] = N_("the rows do not say whether blocking was in force"),
    [REMARK_USABLE] = N_("devices without approval could be used"),
    [REMARK_FOREIGN_MOUNTS] = N_("media without approval were mounted"),
    [REMARK_TAMPERED] = N_("settings or devices were tampered with"),
    [REMARK_OPEN_STARTS] = N_("a kernel may start with the gate open"),
    [REMARK_CLOCK] = N_("the clock was set"),
    [REMARK_RETENTION_UNKNOWN] = N_("the policy does not say when the contract ends"),
};

// Takes the text, and answers it with the reasons behind it; NULL for lack of memory.
static char *add_reasons(char *text, const struct finding *finding)
{
    for (enum finding_remark i = 0; text && i < REMARK_MAX; i++) {
        if (!finding->remarks[i] || !because[i] || finding->value == FINDING_OK)
            continue;
        char *longer = text_format("%s; %s", text, _(because[i]));
        free(text);
        text = longer;
    }
    return text;
}

static char *describe(const struct check_month *month, enum finding_item item, uint64_t count)
{
    if (item == FINDING_FOREIGN_DEVICES)
        return text_format(_("%s: devices without approval that were plugged in: %" PRIu64),
                           month->name, count);
    if (item == FINDING_LOGS_KEPT)
        return text_format(_("%s: rows kept: %" PRIu64), month->name, count);
    return text_format(_("%s: times in which the machine was on and nobody watched: %" PRIu64),
                       month->name, count);
}

static int look_at_month(const struct check *check, const struct check_sources *sources,
                         struct check_result *ret)
{
    const struct check_month *month = &sources->month;
    const enum finding_item *item = check->about;
    struct finding findings[FINDING_ITEM_MAX];
    if (!month->month)
        return check_give_month_unread(month, ret);
    const struct finding_sources from = {
        .month = month->month,
        .verified = month->verified,
        .contract_end_ns = sources->policy ? sources->policy->contract_end_ns : 0,
    };
    finding_derive(&from, findings);
    const struct finding *finding = &findings[*item];
    char *remedy = finding->value == FINDING_OK
                       ? NULL
                       : text_format(_("“sekisho report --month %s” says why, and what happened"),
                                     month->name);
    char *evidence = add_reasons(describe(month, *item, finding->count), finding);
    return check_give(ret, finding->value, evidence, remedy);
}

static const enum finding_item foreign = FINDING_FOREIGN_DEVICES, kept = FINDING_LOGS_KEPT,
                               watched = FINDING_WATCHED;

// ---- The list ----------------------------------------------------------------------------------

const struct check guard_checks[] = {
    {DEVICES, "gate.mode", look_at_mode, NULL},
    {DEVICES, "gate.initramfs", look_at_initramfs, NULL},
    {DEVICES, "gate.month", look_at_month, &foreign},
    {USE, "record.trail", look_at_trail, NULL},
    {"5 (6)", "record.kept", look_at_month, &kept},
    {"5 (6)", "record.space", look_at_space, NULL},
    {"9", "record.watched", look_at_month, &watched},
};
const size_t guard_n_checks = ELEMENTS(guard_checks);
