// SPDX-License-Identifier: GPL-3.0-or-later
// Why a verdict is what it is: a stable word for rows, a sentence for people.
#include "decision/decision.h"

#include "base/i18n.h"
#include "base/text.h"

#include <assert.h>
#include <errno.h>

static const struct {
    const char *word;
    const char *sentence;
} reasons[] = {
    [REASON_ROOT_HUB] = {"root-hub", N_("It is part of the computer.")},
    [REASON_DEFAULT] = {"default", N_("The policy lets devices of this kind pass.")},
    [REASON_NAMED] = {"named", N_("The policy names this device.")},
    [REASON_APPROVED] = {"approved", N_("It is approved.")},
    [REASON_PARTLY] = {"partly", N_("Some of its functions pass, the others need an approval.")},
    [REASON_NO_APPROVAL] = {"no-approval", N_("Nobody has approved it.")},
    [REASON_NOT_NAMED] = {"not-named",
                          N_("Only devices of this kind that the policy names may be used.")},
    [REASON_MALFORMED] = {"malformed", N_("What it says of itself is contradictory.")},
    [REASON_EXPIRED] = {"expired", N_("Its approval has ended.")},
    [REASON_CLOCK_UNTRUSTED] = {"clock-untrusted",
                                N_("Its approval has an end, and the clock was set back.")},
    [REASON_AGENT_AWAY] = {"agent-away",
                           N_("Its approval has conditions, and sekishod is not running.")},
    [REASON_TWIN] = {"twin", N_("A device with the same identity is already plugged in.")},
    [REASON_MODEL_CHANGED] = {"model-changed",
                              N_("It has an approved number, but is not the model that was "
                                 "approved.")},
    [REASON_WRONG_PORT] = {"wrong-port", N_("It is approved for another port only.")},
    [REASON_WRONG_MEDIUM] = {"wrong-medium",
                             N_("It is approved with other contents: its LUKS UUID is not the "
                                "approved one.")},
    [REASON_TURNED] = {"turned",
                       N_("A moment ago something else was let in at its port. Was the plug "
                          "changed by hand? Pull it out and plug it in again.")},
    [REASON_ACCEPTED] = {"accepted", N_("Somebody at this computer has accepted it.")},
    [REASON_ASKED] = {"asked", N_("It waits until somebody at this computer accepts it: sekisho "
                                  "usb allow NUMBER --once")},
    [REASON_FURTHER] = {"further-keyboard", N_("Another keyboard works already.")},
    [REASON_LOCKED] = {"screen-locked", N_("It came while the screen was locked.")},
    [REASON_FLOOD] = {"flood", N_("Something at this port plugs itself in again and again.")},
    [REASON_EXPORTED] = {"exported", N_("It was given to another computer over the network "
                                        "(usbip).")},
    [REASON_ASLEEP] = {"asleep", N_("The computer sleeps, or is about to.")},
    [REASON_NOT_ENCRYPTED] = {"not-encrypted", N_("It is approved for encrypted media only.")},
    [REASON_NOT_READ_ONLY] = {"not-read-only", N_("It is approved for reading only.")},
};
static_assert(ELEMENTS(reasons) == REASON_MAX, "a word for each reason");

const char *reason_to_str(enum reason reason)
{
    assert(reason < REASON_MAX);
    return reasons[reason].word;
}

int reason_from_str(const char *text, enum reason *ret)
{
    for (enum reason r = 0; r < REASON_MAX; r++) {
        if (text_equal(reasons[r].word, text)) {
            *ret = r;
            return 0;
        }
    }
    return -EINVAL;
}

const char *reason_to_sentence(enum reason reason)
{
    assert(reason < REASON_MAX);
    return _(reasons[reason].sentence);
}
