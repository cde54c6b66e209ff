// SPDX-License-Identifier: GPL-3.0-or-later
// Three lines from what the agent answers, and the month's finding.
#include "report/airgap-check.h"

#include "base/i18n.h"
#include "base/text.h"
#include "report/summary-parts.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>

#define CLAUSE "5 (1)"
#define LINKS_NAMED 3 // of those that break it; the rest is counted

// ---- Now ---------------------------------------------------------------------------------------

static int look_at_mode(const struct check *check, const struct check_sources *sources,
                        struct check_result *ret)
{
    json_object *answer = sources->network.answer;
    (void)check;
    if (!answer)
        return check_give_unanswered(sources->network.why, ret);
    if (text_equal(json_get_text(answer, "mode"), "enforce"))
        return check_give(ret, FINDING_OK, text_dup(_("the guard “network” enforces")), NULL);
    return check_give(ret, FINDING_UNVERIFIED,
                      text_dup(_("the guard “network” only observes: packets pass")),
                      text_dup(_("when “sekisho net list” shows what is needed as allowed: “sudo "
                                 "sekisho mode network enforce”")));
}

static int look_at_firewall(const struct check *check, const struct check_sources *sources,
                            struct check_result *ret)
{
    json_object *answer = sources->network.answer;
    (void)check;
    if (!answer)
        return check_give_unanswered(sources->network.why, ret);
    if (text_equal(json_get_text(answer, "firewall"), "ok"))
        return check_give(ret, FINDING_OK, text_dup(_("in the kernel as it should be")), NULL);
    return check_give(
        ret, FINDING_VIOLATION, text_dup(_("not in the kernel as it should be")),
        text_dup(_("“journalctl -u sekisho-airgap -u sekishod” says why it can't be loaded")));
}

static char *name_breaches(json_object *links, size_t *ret_n)
{
    char *text = NULL;
    size_t length, n = 0;
    FILE *out = open_memstream(&text, &length);
    if (!out)
        return NULL;
    for (size_t i = 0; i < json_object_array_length(links); i++) {
        json_object *link = json_object_array_get_idx(links, i);
        const char *name = json_get_text(link, "link");
        if (!json_get_bool(link, "breach"))
            continue;
        if (n++ < LINKS_NAMED)
            fprintf(out, "%s%s", n > 1 ? ", " : "", name ? name : "?");
    }
    if (n > LINKS_NAMED)
        fputs(", …", out);
    *ret_n = n;
    if (fclose(out) == 0)
        return text;
    free(text);
    return NULL;
}

static int look_at_links(const struct check *check, const struct check_sources *sources,
                         struct check_result *ret)
{
    json_object *links = json_get(sources->network.answer, "links");
    size_t n = 0;
    (void)check;
    if (!links)
        return check_give_unanswered(sources->network.why, ret);
    CLEANUP_FREE char *names = name_breaches(links, &n);
    if (!names)
        return -ENOMEM;
    if (n == 0)
        return check_give(ret, FINDING_OK, text_dup(_("no link breaks the air gap")), NULL);
    return check_give(
        ret, FINDING_VIOLATION,
        text_format(
            ngettext("%zu link breaks the air gap: %s", "%zu links break the air gap: %s", n), n,
            names),
        text_dup(_("“sekisho net list” says why; unplug it, take its default route away, or name "
                   "it in the policy")));
}

// ---- The month ---------------------------------------------------------------------------------

static char *describe_month(const struct check_month *month, uint64_t breaches)
{
    const struct network_month *network = &month->month->network;
    uint64_t on = spans_total(&network->watched.on, 0, UINT64_MAX);
    uint64_t open = spans_total(&network->open, 0, UINT64_MAX);
    char percent[SUMMARY_PERCENT_SIZE];
    summary_percent(on - open, on, percent);
    return text_format(_("%s: breaches: %" PRIu64 "; watched and enforced for %s %% of the time "
                         "on; attempts stopped: %" PRIu64),
                       month->name, breaches, percent[0] ? percent : "–", network->peers.stopped);
}

static int look_at_month(const struct check *check, const struct check_sources *sources,
                         struct check_result *ret)
{
    const struct check_month *month = &sources->month;
    struct finding findings[FINDING_ITEM_MAX];
    (void)check;
    if (!month->month)
        return check_give_month_unread(month, ret);
    const struct finding_sources from = {.month = month->month, .verified = month->verified};
    finding_derive(&from, findings);
    const struct finding *finding = &findings[FINDING_AIR_GAP];
    char *remedy = finding->value == FINDING_OK
                       ? NULL
                       : text_format(_("“sekisho report --month %s” names each breach, and the "
                                       "gaps with their causes"),
                                     month->name);
    return check_give(ret, finding->value, describe_month(month, finding->count), remedy);
}

// ---- The list ----------------------------------------------------------------------------------

const struct check airgap_checks[] = {
    {CLAUSE, "airgap.mode", look_at_mode, NULL},
    {CLAUSE, "airgap.firewall", look_at_firewall, NULL},
    {CLAUSE, "airgap.links", look_at_links, NULL},
    {CLAUSE, "airgap.month", look_at_month, NULL},
};
const size_t airgap_n_checks = ELEMENTS(airgap_checks);
