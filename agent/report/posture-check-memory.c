// SPDX-License-Identifier: GPL-3.0-or-later
// Does what is in memory get onto a disk, past the protected folders?
#include "base/i18n.h"
#include "base/text.h"
#include "report/posture-check-parts.h"

#include <string.h>
#include <strings.h>

// ---- Core dumps --------------------------------------------------------------------------------

// Nothing is written wherever it goes.
static bool goes_nowhere(const char *pattern)
{
    static const char *const nowhere[] = {"",           "|/bin/false",    "|/usr/bin/false",
                                          "|/bin/true", "|/usr/bin/true", "/dev/null"};
    for (size_t i = 0; i < ELEMENTS(nowhere); i++)
        if (text_equal(nowhere[i], pattern))
            return true;
    return false;
}

static bool is_systemd(const char *pattern)
{
    return pattern[0] == '|' && strstr(pattern, "/systemd-coredump");
}

static bool is_safe(json_object *part, const char *pattern)
{
    const char *storage = json_get_text(part, "storage");
    bool limited = json_get_bool(part, "limit_all") && json_get_bool(part, "limit_root") &&
                   !json_get_bool(part, "limit_others");
    if (goes_nowhere(pattern))
        return true;
    if (pattern[0] == '|') // a program gets it whatever the limit
        return is_systemd(pattern) && storage && strcasecmp(storage, "none") == 0;
    return limited;
}

int posture_look_at_core_dumps(const struct check *check, const struct check_sources *sources,
                               struct check_result *ret)
{
    json_object *part = posture_part(sources, "memory.cores");
    const char *pattern = json_get_text(part, "pattern");
    const char *suid = json_get_text(part, "suid_dumpable");
    (void)check;
    if (!part)
        return posture_give_unseen(sources, ret);
    if (posture_is_incomplete(part) || !pattern || !suid)
        return posture_give_unread(part, ret);
    if (is_safe(part, pattern) && !text_equal(suid, "1"))
        return posture_give_ok(_("no program's memory is written to disk when it crashes"), ret);
    CLEANUP_FREE char *shown = text_printable(pattern);
    return check_give(
        ret, FINDING_VIOLATION,
        text_format(_("when a program crashes, its memory may be written to disk (core_pattern: "
                      "“%s”, suid_dumpable: %s)"),
                    shown ? shown : "?", suid),
        text_dup(_("“kernel.core_pattern=|/bin/false” and “fs.suid_dumpable=0” in "
                   "/etc/sysctl.d/90-core.conf, “sudo sysctl --system”")));
}

// ---- Hibernation -------------------------------------------------------------------------------

static bool has_word(const char *text, const char *word)
{
    size_t length = strlen(word);
    for (const char *p = text; (p = strstr(p, word)); p += length)
        if ((p == text || p[-1] == ' ') && (p[length] == ' ' || p[length] == '\0'))
            return true;
    return false;
}

// Why it can't hibernate; NULL: it can, as far as was seen.
static const char *find_hindrance(json_object *part)
{
    const char *state = json_get_text(part, "state"), *disk = json_get_text(part, "disk");
    if (state && !has_word(state, "disk"))
        return _("the kernel can't hibernate");
    if (disk && has_word(disk, "[disabled]"))
        return _("hibernation is switched off in the kernel");
    if (json_get_bool(part, "masked"))
        return _("hibernate.target is masked");
    if (json_get(part, "swaps") && json_get_number(part, "swaps") == 0)
        return _("there is no swap to hibernate to");
    return NULL;
}

int posture_look_at_hibernation(const struct check *check, const struct check_sources *sources,
                                struct check_result *ret)
{
    json_object *part = posture_part(sources, "memory.hibernation");
    (void)check;
    if (!part)
        return posture_give_unseen(sources, ret);
    const char *hindrance = find_hindrance(part);
    if (hindrance)
        return posture_give_ok(hindrance, ret);
    if (posture_is_incomplete(part) || !json_get(part, "state") || !json_get(part, "swaps"))
        return posture_give_unread(part, ret);
    if (sources->policy && sources->policy->hibernation)
        return posture_give_ok(
            _("permitted by the policy; whether the swap is encrypted is a check of storage"), ret);
    return check_give(ret, FINDING_VIOLATION,
                      text_dup(_("the machine can hibernate: all memory is written to the swap")),
                      text_dup(_("“sudo systemctl mask hibernate.target hybrid-sleep.target "
                                 "suspend-then-hibernate.target”; or, with an encrypted swap, "
                                 "“hibernation = true;” in posture = { … } of the policy")));
}
