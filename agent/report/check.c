// SPDX-License-Identifier: GPL-3.0-or-later
// The results of checks.
#include "report/check.h"

#include "base/i18n.h"
#include "base/text.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

void check_result_clear(struct check_result *result)
{
    free(result->evidence);
    free(result->remedy);
    free(result->subject);
    *result = (struct check_result){0};
}

static int give(struct check_result *ret, const struct check_result *result)
{
    bool must_act = result->value == FINDING_VIOLATION || result->value == FINDING_UNVERIFIED;
    if (!result->evidence || (!result->remedy && must_act)) {
        struct check_result broken = *result;
        check_result_clear(&broken);
        return -ENOMEM;
    }
    *ret = *result;
    return 0;
}

int check_give(struct check_result *ret, enum finding_value value, char *evidence, char *remedy)
{
    return give(ret, &(struct check_result){value, evidence, remedy, NULL});
}

int check_give_about(struct check_result *ret, enum finding_value value, char *evidence,
                     char *remedy, char *subject)
{
    struct check_result result = {value, evidence, remedy, subject};
    if (subject)
        return give(ret, &result);
    check_result_clear(&result);
    return -ENOMEM;
}

int check_give_unseen(const struct check_facts *facts, struct check_result *ret)
{
    return check_give(ret, FINDING_UNVERIFIED,
                      text_format(_("could not be looked at: %s"), facts->why ? facts->why : "?"),
                      text_dup(_("run “sekisho check” as root; if it says the same, “sudo apt-get "
                                 "install --reinstall sekisho”")));
}

int check_give_month_unread(const struct check_month *month, struct check_result *ret)
{
    const char *remedy = month->error == -ENOENT
                             ? _("start the agent: “sudo systemctl start sekishod”")
                             : _("run “sekisho check” as root");
    return check_give(ret, FINDING_UNVERIFIED,
                      text_format(_("the ledger of %s could not be read: %s"), month->name,
                                  strerror(-month->error)),
                      text_dup(remedy));
}

int check_give_unanswered(const char *why, struct check_result *ret)
{
    return check_give(ret, FINDING_UNVERIFIED,
                      text_format(_("the agent does not answer: %s"), why ? why : "?"),
                      text_dup(_("start it: “sudo systemctl start sekishod”")));
}
