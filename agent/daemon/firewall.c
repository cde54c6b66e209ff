// SPDX-License-Identifier: GPL-3.0-or-later
// Writes the air gap's file and has `airgap` bring the kernel in step with it, in turn.
#include "daemon/firewall.h"

#include "base/file.h"
#include "base/log.h"
#include "daemon/airgap-run.h"
#include "daemon/firewall-holder.h"

#include <errno.h>
#include <string.h>

#define OBJECT "firewall"

struct firewall {
    struct firewall_options options;
    struct airgap_run *mend;
    struct firewall_holder *holder;
    bool enforces;
    bool set;    // since the last look began: the next one brings what is ours
    bool ours;   // what the running one finds to differ is what we have set
    bool failed; // the last look
};

// ---- The end of a look -------------------------------------------------------------------------

static void record_tampered(struct firewall *firewall, const char *outcome)
{
    recorder_put(firewall->options.recorder,
                 recorder_fact(FACT_AGENT_TAMPERED, OBJECT, outcome, NULL), NULL, NULL);
}

static void on_ended(void *context, int status, const char *said)
{
    struct firewall *firewall = context;
    bool done = status == AIRGAP_SAME || status == AIRGAP_MENDED || status == AIRGAP_FOLLOWED;
    (void)said;
    if (done && status == AIRGAP_MENDED && !firewall->ours)
        record_tampered(firewall, "restored");
    if (!done && !firewall->failed) { // each minute again: one row tells of all of them
        log_error("the firewall could not be brought in step: airgap ended with %d, trying again "
                  "within a minute",
                  status);
        record_tampered(firewall, "failed");
    }
    firewall->failed = !done;
    // Another one follows if something was set meanwhile.
    firewall->ours = firewall->set || (firewall->ours && !done);
    firewall->set = false;
}

// ---- Its beginning -----------------------------------------------------------------------------

void firewall_look(struct firewall *firewall)
{
    if (!firewall->options.live)
        return;
    if (firewall->enforces && !firewall_holder_is_well(firewall->holder))
        firewall_holder_bring(firewall->holder);
    bool goes = airgap_run_is_going(firewall->mend);
    int r = airgap_run_start(firewall->mend);
    if (r == 0 && !goes) {
        firewall->ours |= firewall->set;
        firewall->set = false;
    }
    if (r == 0)
        return;
    if (!firewall->failed)
        log_error("cannot look at the firewall: %s, trying again within a minute", strerror(-r));
    firewall->failed = true;
}

// While only observing nothing is held; one that holds something has to hear of that.
static void bring_twin(struct firewall *firewall, bool enforces)
{
    if (firewall->options.live && (enforces || firewall->enforces))
        firewall_holder_bring(firewall->holder);
    firewall->enforces = enforces;
}

void firewall_follow_links(struct firewall *firewall)
{
    firewall_look(firewall);
    bring_twin(firewall, firewall->enforces);
}

int firewall_set(struct firewall *firewall, const struct airgap *airgap)
{
    CLEANUP_FREE char *text = NULL;
    size_t length;
    int state = firewall->options.places->state;
    int r = airgap_encode(airgap, &text, &length);
    if (r == 0)
        r = file_replace_at(state, AIRGAP_FILE, 0600, text, length);
    if (r < 0) // an old file may still allow what was just taken back: none is safer
        (void)unlinkat(state, AIRGAP_FILE, 0);
    firewall->set = true;
    firewall_look(firewall);
    bring_twin(firewall, airgap->mode == MODE_ENFORCE);
    return r;
}

bool firewall_is_well(const struct firewall *firewall)
{
    return !firewall->failed && (!firewall->enforces || firewall_holder_is_well(firewall->holder));
}

// ---- Life --------------------------------------------------------------------------------------

int firewall_new(const struct firewall_options *options, struct firewall **ret)
{
    CLEANUP(firewall_free_p) struct firewall *firewall = calloc(1, sizeof *firewall);
    if (!firewall)
        return -ENOMEM;
    firewall->options = *options;
    const struct airgap_run_options mend = {
        .event = options->event,
        .places = options->places,
        .verb = "mend",
        .ended = on_ended,
        .context = firewall,
    };
    const struct firewall_holder_options holder = {
        .event = options->event,
        .places = options->places,
        .recorder = options->recorder,
    };
    int r = airgap_run_new(&mend, &firewall->mend);
    if (r == 0)
        r = firewall_holder_new(&holder, &firewall->holder);
    if (r < 0)
        return r;
    *ret = TAKE_PTR(firewall);
    return 0;
}

void firewall_free(struct firewall *firewall)
{
    if (!firewall)
        return;
    airgap_run_free(firewall->mend);
    firewall_holder_free(firewall->holder);
    free(firewall);
}
