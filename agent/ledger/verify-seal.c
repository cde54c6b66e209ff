// SPDX-License-Identifier: GPL-3.0-or-later
// One seal against the rows before it, and a head that was noted elsewhere.
#include "base/i18n.h"
#include "ledger/verifier.h"

#include <errno.h>
#include <string.h>

static int check_signature(struct verifier *verifier, const struct ledger_row *row,
                           const struct seal *seal)
{
    uint64_t n = row->row.sequence;
    if (verifier->has_key && seal->epoch == verifier->epoch + 1 &&
        seal_check(seal, verifier->ledger, row->row.wall_ns, verifier->key) < 0) {
        verifier->sound = false;
        return verifier_blame(verifier, VERIFY_RULE_SEAL, n, n,
                              _("the seal of row %llu is not genuine"), (unsigned long long)n);
    }
    if (seal->epoch == verifier->epoch + 1)
        return 0;
    verifier->sound = false;
    if (seal->epoch > verifier->epoch + 1)
        return verifier_blame(verifier, VERIFY_RULE_SEAL, n, n,
                              _("before the seal of row %llu, %llu seals are missing"),
                              (unsigned long long)n,
                              (unsigned long long)(seal->epoch - verifier->epoch - 1));
    return verifier_blame(verifier, VERIFY_RULE_SEAL, n, n,
                          _("the seal of row %llu is out of order"), (unsigned long long)n);
}

// Without a fault among the rows since the last seal, they must lead to the head that is sealed.
static int check_head(struct verifier *verifier, const struct ledger_row *row,
                      const struct seal *seal)
{
    uint64_t n = row->row.sequence;
    if (seal->covers != n - 1)
        return verifier_blame(verifier, VERIFY_RULE_SEAL, n, n,
                              _("the seal of row %llu does not cover the row before"),
                              (unsigned long long)n);
    if (!verifier->sound || memcmp(seal->head, verifier->chain.head, DIGEST_SIZE) == 0)
        return 0;
    return verifier_blame(verifier, VERIFY_RULE_SEAL, verifier->accepted + 1, seal->covers,
                          _("rows %llu to %llu were rewritten: they do not lead to the seal behind "
                            "them"),
                          (unsigned long long)verifier->accepted + 1,
                          (unsigned long long)seal->covers);
}

// Later seals are judged by what this one says.
static void accept_seal(struct verifier *verifier, const struct seal *seal)
{
    memcpy(verifier->chain.head, seal->head, DIGEST_SIZE);
    memcpy(verifier->key, seal->next_key, ED25519_KEY_SIZE);
    verifier->epoch = seal->epoch;
    verifier->accepted = seal->covers;
    verifier->sound = verifier->has_key = true;
    if (verifier->result.n_faults == 0) {
        verifier->result.epoch = seal->epoch;
        verifier->result.sealed = seal->covers;
    }
}

int verify_seal(struct verifier *verifier, const struct ledger_row *row)
{
    struct seal seal;
    uint64_t n = row->row.sequence;
    int r = seal_from_json(ledger_row_text(row, FACT_TEXT_DETAILS), &seal);
    if (r == 0 && !ledger_row_is_own(row, verifier->month, "sealed"))
        r = -EBADMSG;
    if (r == -EBADMSG) {
        verifier->has_key = verifier->sound = false;
        verifier->epoch++;
        return verifier_blame(verifier, VERIFY_RULE_SEAL, n, n,
                              _("the seal of row %llu is not written as seals are"),
                              (unsigned long long)n);
    }
    if (r == 0)
        r = check_signature(verifier, row, &seal);
    if (r == 0)
        r = check_head(verifier, row, &seal);
    if (r == 0)
        accept_seal(verifier, &seal);
    return r;
}

int verify_head(struct verifier *verifier, uint64_t sequence, const uint8_t head[DIGEST_SIZE])
{
    const struct verify_witness *witness = verifier->witness;
    if (!witness->has_head || witness->sequence != sequence || verifier->result.n_faults > 0 ||
        memcmp(head, witness->head, witness->head_length) == 0)
        return 0;
    return verifier_blame(
        verifier, VERIFY_RULE_HEAD, verifier->accepted + 1, sequence,
        _("the head code of row %llu is not the one that was noted: rows up to it "
          "were rewritten"),
        (unsigned long long)sequence);
}
