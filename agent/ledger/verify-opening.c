// SPDX-License-Identifier: GPL-3.0-or-later
// The first row of a file, and if it continues the file before.
#include "base/i18n.h"
#include "base/text.h"
#include "ledger/months.h"
#include "ledger/verifier.h"

#include <string.h>

static int check_name(struct verifier *verifier, const struct opening *opening)
{
    char month[MONTH_TEXT_SIZE];
    if (!months_is_name(text_basename(verifier->path), month) || text_equal(month, opening->month))
        return 0;
    return verifier_blame(verifier, VERIFY_RULE_OPENING, 0, 0,
                          _("the file is named %s, but holds %s"), month, opening->month);
}

static int check_very_first(struct verifier *verifier, const struct opening *opening)
{
    static const uint8_t none[DIGEST_SIZE];
    const struct verify_witness *witness = verifier->witness;
    if (opening->previous_sequence != 0)
        return 0; // earlier months are not at hand; nothing to compare with
    if (opening->epoch != 0 || memcmp(opening->previous_head, none, sizeof none) != 0)
        return verifier_blame(verifier, VERIFY_RULE_OPENING, 1, 1,
                              _("the first row does not begin a ledger"));
    if (!witness->has_key)
        return 0;
    verifier->result.anchored = true;
    if (memcmp(witness->key, opening->public_key, sizeof witness->key) == 0)
        return 0;
    return verifier_blame(verifier, VERIFY_RULE_KEY, 1, 1,
                          _("the first key is not the one that was noted at enrolment"));
}

static int check_order(struct verifier *verifier, const struct opening *opening)
{
    uint64_t last = verifier->chain.sequence;
    if (memcmp(verifier->ledger, opening->ledger, LEDGER_ID_SIZE) != 0)
        return verifier_blame(verifier, VERIFY_RULE_OPENING, 0, 0,
                              _("the file belongs to another ledger"));
    if (strcmp(verifier->month, opening->month) >= 0)
        return verifier_blame(verifier, VERIFY_RULE_OPENING, 0, 0,
                              _("the month %s is there twice or out of order"), opening->month);
    if (opening->previous_sequence > last)
        return verifier_blame_missing(verifier, last + 1, opening->previous_sequence);
    if (opening->previous_sequence < last)
        return verifier_blame(verifier, VERIFY_RULE_OPENING, opening->previous_sequence + 1, last,
                              _("the file before it has more rows than this one continues"));
    return 0;
}

static int check_continues(struct verifier *verifier, const struct opening *opening)
{
    size_t before = verifier->result.n_faults;
    int r = check_order(verifier, opening);
    if (r < 0 || verifier->result.n_faults > before || !verifier->sound || !verifier->has_key)
        return r;
    if (memcmp(verifier->chain.head, opening->previous_head, DIGEST_SIZE) != 0)
        return verifier_blame(verifier, VERIFY_RULE_OPENING, verifier->accepted + 1,
                              opening->previous_sequence,
                              _("the hashes of the file before do not lead to this one"));
    if (opening->epoch != verifier->epoch ||
        memcmp(opening->public_key, verifier->key, ED25519_KEY_SIZE) != 0)
        return verifier_blame(verifier, VERIFY_RULE_OPENING, opening->previous_sequence + 1,
                              opening->previous_sequence + 1,
                              _("the sealing key is not the one that the last seal names"));
    return 0;
}

static void go_on_from(struct verifier *verifier, const struct opening *opening)
{
    if (!verifier->follows)
        verifier->accepted = opening->previous_sequence;
    verifier->follows = verifier->sound = verifier->has_key = true;
    memcpy(verifier->month, opening->month, sizeof verifier->month);
    memcpy(verifier->ledger, opening->ledger, LEDGER_ID_SIZE);
    memcpy(verifier->chain.head, opening->previous_head, DIGEST_SIZE);
    verifier->chain.sequence = opening->previous_sequence;
    memcpy(verifier->key, opening->public_key, ED25519_KEY_SIZE);
    verifier->epoch = opening->epoch;
}

int verify_opening(struct verifier *verifier, const struct opening *opening)
{
    int r = check_name(verifier, opening);
    if (r == 0)
        r = verifier->follows ? check_continues(verifier, opening)
                              : check_very_first(verifier, opening);
    if (r == 0)
        r = verify_head(verifier, opening->previous_sequence, opening->previous_head);
    if (r == 0)
        go_on_from(verifier, opening);
    return r;
}
