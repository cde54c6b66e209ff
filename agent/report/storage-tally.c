// SPDX-License-Identifier: GPL-3.0-or-later
// The worst of several folders decides, and names them.
#include "report/storage-check-parts.h"

#include "base/i18n.h"
#include "base/text.h"

#include <errno.h>

#define LEGS_SHOWN 3

void storage_tally_clear(struct storage_tally *tally)
{
    chain_clear(&tally->swap);
    for (size_t i = 0; i < CHAIN_STATE_MAX; i++)
        notes_clear(&tally->legs[i]);
    notes_clear(&tally->subject);
}

int storage_tally_begin(struct storage_tally *tally, json_object *facts)
{
    *tally = (struct storage_tally){.worst = CHAIN_ENCRYPTED};
    int r = chain_judge_swaps(facts, &tally->swap);
    for (size_t i = 0; r == 0 && i < CHAIN_STATE_MAX; i++)
        r = notes_begin(&tally->legs[i], LEGS_SHOWN);
    return r < 0 ? r : notes_begin(&tally->subject, SIZE_MAX);
}

static int judge(const struct storage_tally *tally, json_object *found, struct chain *ret)
{
    const char *error = json_get_text(found, "error");
    if (found && !error)
        return chain_judge(json_get(found, "places"), &tally->swap, ret);
    ret->state = CHAIN_UNKNOWN;
    ret->leg = text_dup(error ? error : "?");
    return ret->leg ? 0 : -ENOMEM;
}

int storage_tally_add(struct storage_tally *tally, const char *folder, json_object *found)
{
    CLEANUP(chain_clear) struct chain chain = {0};
    int r = judge(tally, found, &chain);
    if (r < 0)
        return r;
    notes_add(&tally->legs[chain.state], "%s: %s", folder, chain.leg);
    if (chain.state != CHAIN_ENCRYPTED)
        notes_add(&tally->subject, "%s=%s", folder,
                  chain.state == CHAIN_PLAIN ? "plain" : "unknown");
    if (chain.state > tally->worst)
        tally->worst = chain.state;
    return 0;
}

int storage_tally_give(struct storage_tally *tally, const char *remedy, struct check_result *ret)
{
    CLEANUP_FREE char *legs = notes_end(&tally->legs[tally->worst]);
    if (!legs)
        return -ENOMEM;
    if (tally->worst == CHAIN_ENCRYPTED)
        return check_give(ret, FINDING_OK, text_format(_("encrypted: %s"), legs), NULL);
    if (tally->worst == CHAIN_PLAIN)
        return check_give_about(ret, FINDING_VIOLATION, text_format(_("not encrypted: %s"), legs),
                                text_dup(remedy), notes_end_subject(&tally->subject));
    return check_give_about(
        ret, FINDING_UNVERIFIED, text_format(_("nobody can tell whether encrypted: %s"), legs),
        text_dup(_("run “sekisho check” as root; which stacks can be told apart is said in "
                   "sekisho-storage(7)")),
        notes_end_subject(&tally->subject));
}
