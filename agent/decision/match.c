// SPDX-License-Identifier: GPL-3.0-or-later
// Goes through the gate's approvals, and picks the one that counts.
#include "decision/match.h"

#include "fact/luks_set.h"

#include <stdio.h>

bool match_has_ended(const struct approval *approval, const struct gate *gate,
                     const struct host *host)
{
    // The last row's time has passed for certain, whatever the clock says now.
    uint64_t now = host->wall_ns > gate->clock_floor_ns ? host->wall_ns : gate->clock_floor_ns;
    return approval->until_ns != 0 && now >= approval->until_ns;
}

static unsigned specificity(const struct approval *approval)
{
    return (approval->any_serial ? 0u : 8u) + (approval->luks ? 4u : 0u) +
           (approval->has_hash ? 2u : 0u) + (approval->port ? 1u : 0u);
}

// The conditions of equally specific approvals add up.
static void add_conditions(struct match *match, const struct approval *approval)
{
    match->read_only |= approval->read_only;
    match->encrypted |= approval->encrypted;
    if (approval->until_ns != 0 && (match->until_ns == 0 || approval->until_ns < match->until_ns))
        match->until_ns = approval->until_ns;
}

// Would it match if its model, or its port, were not looked at?
static bool matches_but_for(const struct approval *approval, const struct usb_device *device,
                            bool hash, bool port)
{
    struct approval loose = *approval; // borrows its texts
    loose.has_hash = approval->has_hash && !hash;
    loose.port = port ? NULL : approval->port;
    return approval_matches(&loose, device);
}

static enum reason reason_of_mismatch(const struct approval *approval,
                                      const struct usb_device *device)
{
    if (matches_but_for(approval, device, false, true))
        return REASON_WRONG_PORT;
    return matches_but_for(approval, device, true, true) ? REASON_MODEL_CHANGED
                                                         : REASON_NO_APPROVAL;
}

static void consider(struct match *match, const struct approval *approval, const struct gate *gate,
                     const struct host *host, const struct usb_device *device)
{
    bool holds = approval_matches(approval, device);
    if (!holds || match_has_ended(approval, gate, host)) {
        enum reason why = holds ? REASON_EXPIRED : reason_of_mismatch(approval, device);
        if (!match->approval && match->reason != REASON_EXPIRED && why != REASON_NO_APPROVAL)
            match->reason = why;
        return;
    }
    unsigned now = specificity(approval);
    unsigned best = match->approval ? specificity(match->approval) : 0;
    if (!match->approval || now > best)
        *match = (struct match){.approval = approval, .reason = REASON_APPROVED};
    if (now >= best)
        add_conditions(match, approval);
}

// ---- What is on it ----------------------------------------------------------------------------

// Approvals that differ in the LUKS UUID stand beside each other, for as many twins.
static bool is_beside(const struct approval *approval, const struct match *match,
                      const struct gate *gate, const struct host *host,
                      const struct usb_device *device)
{
    return approval->luks && approval->any_serial == match->approval->any_serial &&
           approval_matches(approval, device) && !match_has_ended(approval, gate, host);
}

static const struct approval *find_beside(const struct match *match, const struct gate *gate,
                                          const struct host *host, const struct usb_device *device,
                                          const char *uuid)
{
    for (size_t i = 0; i < gate->n_approvals; i++)
        if (text_equal(gate->approvals[i]->luks, uuid) &&
            is_beside(gate->approvals[i], match, gate, host, device))
            return gate->approvals[i];
    return NULL;
}

// Before anybody has looked the conditions of all of them hold, and afterwards too: what is
// read-only for one twin is so for the other.
static void add_conditions_beside(struct match *match, const struct gate *gate,
                                  const struct host *host, const struct usb_device *device)
{
    size_t n = 0;
    for (size_t i = 0; i < gate->n_approvals; i++) {
        if (!is_beside(gate->approvals[i], match, gate, host, device))
            continue;
        add_conditions(match, gate->approvals[i]);
        n++;
    }
    match->unidentified = n > 1;
}

// Each container has to be named.
static void judge_contents(struct match *match, const struct gate *gate, const struct host *host,
                           const struct usb_device *device)
{
    char uuid[UUID_TEXT_SIZE];
    const struct approval *named = NULL;
    for (const char *rest = device->luks; luks_set_next(&rest, uuid);) {
        named = find_beside(match, gate, host, device, uuid);
        if (!named) {
            match->reason = REASON_WRONG_MEDIUM;
            return;
        }
    }
    if (named) {
        match->approval = named;
        match->unidentified = false;
    }
}

// ---- Twins ------------------------------------------------------------------------------------

static bool is_before(const struct usb_device *a, const struct usb_device *b)
{
    return a->bus != b->bus ? a->bus < b->bus : a->address < b->address;
}

static bool share_container(const struct usb_device *a, const struct usb_device *b)
{
    char uuid[UUID_TEXT_SIZE];
    for (const char *rest = a->luks; luks_set_next(&rest, uuid);)
        if (luks_set_has(b->luks, uuid))
            return true;
    return false;
}

// By what is on them twins are told apart; but a copy has that, too.
static bool is_same_thing(const struct approval *approval, const struct usb_device *a,
                          const struct usb_device *b)
{
    return usb_device_is_twin(a, b) && (!approval->luks || share_container(a, b));
}

static bool is_in(const struct usb_device *device)
{
    return device->authorized || device->admitted;
}

// Of two devices with one identity, the one that is in already stays. Should both be (by somebody's
// hand), it is the one with the lower address.
static bool has_twin(const struct host *host, const struct usb_device *device,
                     const struct approval *approval)
{
    for (size_t i = 0; i < host->n_plugged; i++) {
        const struct usb_device *other = host->plugged[i];
        if (!usb_device_is_same_plug(other, device) && is_in(other) &&
            is_same_thing(approval, other, device) && (!is_in(device) || is_before(other, device)))
            return true;
    }
    return false;
}

// An approval for one thing covers one thing: whole models, and one of several at its port, have no
// twins, unless by what is on them.
static bool is_for_one(const struct approval *approval)
{
    return approval->luks || (!approval->any_serial && !approval->port);
}

// Can it be used here and now?
static void judge(struct match *match, const struct gate *gate, const struct host *host,
                  const struct usb_device *device)
{
    bool plain = !match->read_only && !match->encrypted && match->until_ns == 0;
    if (match->until_ns != 0 && host->wall_ns < gate->clock_floor_ns)
        match->reason = REASON_CLOCK_UNTRUSTED;
    else if (!plain && !host->agent_alive)
        match->reason = REASON_AGENT_AWAY;
    else if (match->approval->luks)
        judge_contents(match, gate, host, device);
    if (match->reason != REASON_APPROVED)
        return;

    if (is_for_one(match->approval) && has_twin(host, device, match->approval))
        match->reason = REASON_TWIN;
    // One that names no model covers the one that it was used for.
    else if (host->before == TENANT_CHANGED && !match->approval->has_hash)
        match->reason = REASON_TURNED;
}

struct match match_approval(const struct gate *gate, const struct host *host,
                            const struct usb_device *device)
{
    struct match match = {.reason = REASON_NO_APPROVAL};
    for (size_t i = 0; i < gate->n_approvals; i++)
        consider(&match, gate->approvals[i], gate, host, device);
    if (!match.approval)
        return match;

    if (match.approval->luks)
        add_conditions_beside(&match, gate, host, device);
    judge(&match, gate, host, device);
    return match;
}

void match_name_approval(const struct gate *gate, const struct approval *approval, char rule[32])
{
    size_t place = 0;
    if (approval->number != 0) {
        (void)snprintf(rule, 32, "approval:%llu", (unsigned long long)approval->number);
        return;
    }
    while (gate->approvals[place] != approval)
        place++;
    (void)snprintf(rule, 32, "policy:%zu", place + 1);
}
