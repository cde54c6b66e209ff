// SPDX-License-Identifier: GPL-3.0-or-later
// The decisions on a network link and on a radio.
#include "decision/network.h"

#include "base/i18n.h"
#include "base/text.h"

#include <assert.h>
#include <errno.h>
#include <string.h>

static const struct {
    const char *word;
    const char *sentence;
} reasons[] = {
    [LINK_LOOPBACK] = {"loopback", N_("It leads nowhere but back to this computer.")},
    [LINK_NAMED] = {"named", N_("The policy names it.")},
    [LINK_PERMITTED] = {"permitted", N_("It is permitted. See: sekisho permit list")},
    [LINK_NOT_NAMED] = {"not-named", N_("The policy does not name it.")},
    [LINK_ELSEWHERE] = {"elsewhere",
                        N_("It was moved into another network namespace, where no rule holds.")},
    [LINK_DEFAULT_ROUTE] = {"default-route",
                            N_("A default route goes out by it, and with it everywhere.")},
};
static_assert(ELEMENTS(reasons) == LINK_REASON_MAX, "a word for each reason");

const char *link_reason_to_str(enum link_reason reason)
{
    assert(reason < LINK_REASON_MAX);
    return reasons[reason].word;
}

int link_reason_from_str(const char *text, enum link_reason *ret)
{
    for (enum link_reason r = 0; r < LINK_REASON_MAX; r++) {
        if (text_equal(reasons[r].word, text)) {
            *ret = r;
            return 0;
        }
    }
    return -EINVAL;
}

const char *link_reason_to_sentence(enum link_reason reason)
{
    assert(reason < LINK_REASON_MAX);
    return _(reasons[reason].sentence);
}

static bool is_named(const struct airgap_link *named, const struct net_link *link)
{
    if (named->has_mac && (!link->has_mac || memcmp(named->mac, link->mac, sizeof link->mac) != 0))
        return false;
    if (named->driver && !text_equal(named->driver, link->driver))
        return false;
    return !named->path || text_equal(named->path, link->path);
}

static const struct airgap_link *find(const struct airgap *airgap, const struct net_link *link)
{
    for (size_t i = 0; i < airgap->n_links; i++)
        if (is_named(&airgap->links[i], link))
            return &airgap->links[i];
    return NULL;
}

void decide_link(const struct airgap *airgap, const struct net_link *link, struct link_verdict *ret)
{
    struct link_verdict verdict = {.allowed = true, .reason = LINK_LOOPBACK};
    if (!link->loopback) {
        verdict.link = find(airgap, link);
        verdict.allowed = verdict.link != NULL;
        verdict.reason = !verdict.allowed       ? LINK_NOT_NAMED
                         : verdict.link->permit ? LINK_PERMITTED
                                                : LINK_NAMED;
        verdict.breach = link->up && !verdict.allowed;
    }
    if (verdict.allowed && link->up && link->routed) {
        verdict.breach = true;
        verdict.reason = LINK_DEFAULT_ROUTE;
    }
    *ret = verdict;
}

// ---- Radios ------------------------------------------------------------------------------------

static const struct {
    const char *word;
    const char *sentence;
} radio_reasons[] = {
    [RADIO_NAMED] = {"named", N_("The policy permits radios of this kind.")},
    [RADIO_NOT_NAMED] = {"radio", N_("The policy permits no radio of this kind.")},
    [RADIO_RECEIVES] = {"receives", N_("It only receives.")},
};
static_assert(ELEMENTS(radio_reasons) == RADIO_REASON_MAX, "a word for each reason");

const char *radio_reason_to_str(enum radio_reason reason)
{
    assert(reason < RADIO_REASON_MAX);
    return radio_reasons[reason].word;
}

int radio_reason_from_str(const char *text, enum radio_reason *ret)
{
    for (enum radio_reason r = 0; r < RADIO_REASON_MAX; r++) {
        if (text_equal(radio_reasons[r].word, text)) {
            *ret = r;
            return 0;
        }
    }
    return -EINVAL;
}

const char *radio_reason_to_sentence(enum radio_reason reason)
{
    assert(reason < RADIO_REASON_MAX);
    return _(radio_reasons[reason].sentence);
}

static enum radio_reason judge(const struct airgap *airgap, enum radio_type type)
{
    if (type == RADIO_GPS)
        return RADIO_RECEIVES;
    return airgap->radios & 1U << type ? RADIO_NAMED : RADIO_NOT_NAMED;
}

bool radio_type_may_be_on(const struct airgap *airgap, enum radio_type type)
{
    return judge(airgap, type) != RADIO_NOT_NAMED;
}

void decide_radio(const struct airgap *airgap, const struct radio *radio, struct radio_verdict *ret)
{
    enum radio_reason reason = judge(airgap, radio->type);
    *ret = (struct radio_verdict){
        .allowed = reason != RADIO_NOT_NAMED,
        .breach = reason == RADIO_NOT_NAMED && !radio->soft && !radio->hard,
        .reason = reason,
    };
}
