// SPDX-License-Identifier: GPL-3.0-or-later
// Months that are not there, and the rows that say why.
#include "base/i18n.h"
#include "base/text.h"
#include "ledger/pruned.h"
#include "ledger/verifier.h"

#include <errno.h>
#include <string.h>

int verify_pruned(struct verifier *verifier, const struct ledger_row *row)
{
    struct pruned pruned;
    const uint64_t n = row->row.sequence;
    int r = pruned_from_json(ledger_row_text(row, FACT_TEXT_DETAILS), &pruned);
    if (r == -EBADMSG)
        return verifier_blame(verifier, VERIFY_RULE_PRUNED, n, n,
                              _("row %llu does not say what was removed as the format has it"),
                              (unsigned long long)n);
    if (r < 0 || verifier->absent == 0 || pruned.last != verifier->absent)
        return r;
    if (memcmp(pruned.head, verifier->absent_head, sizeof pruned.head) != 0)
        return verifier_blame(verifier, VERIFY_RULE_PRUNED, n, n,
                              _("what is there does not continue what row %llu says was removed"),
                              (unsigned long long)n);
    if (verifier->pruned_by == 0)
        verifier->pruned_by = n;
    return 0;
}

int verify_absent(struct verifier *verifier)
{
    struct verify_result *result = &verifier->result;
    if (verifier->absent == 0)
        return 0;
    // A row behind the last seal, anybody who can write to the file can have made.
    if (verifier->pruned_by > 0 && verifier->pruned_by <= verifier->accepted) {
        result->pruned = verifier->absent;
        result->pruned_by = verifier->pruned_by;
        return 0;
    }
    if (!verifier->witness->complete)
        return 0; // they are elsewhere
    return verifier_blame(
        verifier, VERIFY_RULE_PRUNED, 1, verifier->absent,
        _("rows 1 to %llu are missing, and no sealed row says that their time had come"),
        (unsigned long long)verifier->absent);
}
