// SPDX-License-Identifier: GPL-3.0-or-later
// All causes that an agent.gap row can name, as they are written into it.
#include "report/cause.h"

#include "base/i18n.h"
#include "base/text.h"
#include "base/util.h"

static const char *const causes[] = {
    N_("agent not running"),
    N_("the ledger could not be written"),
    N_("the ledger could not take rows"),
    N_("more devices than the spool holds"),
    N_("auditd is not running"),
    N_("auditd has suspended writing"),
    N_("the kernel dropped audit records"),
    N_("auditing was switched off"),
    N_("the audit rules were loaded anew"),
    N_("audit rules were missing or overruled"),
    N_("auditd was not running"),
    N_("auditd ended without saying so"),
    N_("auditd had suspended writing"),
    N_("auditd could not write"),
    N_("a part of auditd's log is missing or torn"),
    N_("the audit log does not go on where it was read"),
    N_("the checkpoint of the audit log can't be understood"),
    N_("there was no audit log to read"),
};

const char *cause_to_words(const char *cause)
{
    for (size_t i = 0; i < ELEMENTS(causes); i++)
        if (text_equal(cause, causes[i]))
            return _(causes[i]);
    return cause;
}
