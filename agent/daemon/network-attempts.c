// SPDX-License-Identifier: GPL-3.0-or-later
// Folds what the firewall stopped.
#include "daemon/network-attempts.h"

#include "base/json.h"
#include "base/text.h"

#include <string.h>

static bool is_same(const struct net_attempt *a, const struct net_attempt *b)
{
    return text_equal(a->chain, b->chain) && a->uid == b->uid && a->link == b->link &&
           a->ethertype == b->ethertype && a->protocol == b->protocol && a->port == b->port &&
           memcmp(a->destination, b->destination, sizeof a->destination) == 0;
}

static const char *outcome_word(bool enforcing)
{
    return enforcing ? "blocked" : "observed";
}

static struct fact *make_row(const struct net_attempt *attempt, const char *link, uint64_t repeats,
                             bool enforcing)
{
    char source[NET_ADDRESS_TEXT_SIZE], destination[NET_ADDRESS_TEXT_SIZE];
    struct json_object *details = json_object_new_object();
    net_attempt_format(attempt, false, source);
    net_attempt_format(attempt, true, destination);
    json_add_text(details, "chain", attempt->chain);
    json_add_text(details, "link", link);
    json_add_text(details, "source", source[0] ? source : NULL);
    json_add_text(details, "destination", destination[0] ? destination : NULL);
    json_add_number(details, "ethertype", attempt->ethertype);
    json_add_number(details, "protocol", attempt->protocol);
    if (attempt->port > 0)
        json_add_number(details, "port", attempt->port);
    if (repeats > 0)
        json_add_number(details, "repeats", repeats);
    struct fact *fact = recorder_fact(FACT_NETWORK_BLOCKED, destination[0] ? destination : link,
                                      outcome_word(enforcing), details);
    if (fact)
        fact->uid = attempt->uid;
    return fact;
}

void network_attempts_note(struct network_attempts *attempts, struct recorder *recorder,
                           const struct net_attempt *seen, const char *link, bool enforcing)
{
    for (size_t i = 0; i < attempts->n; i++) {
        if (!is_same(&attempts->kinds[i].first, seen))
            continue;
        attempts->kinds[i].repeats++;
        return;
    }
    if (attempts->n >= ATTEMPTS_MAX) {
        attempts->others++;
        return;
    }
    attempts->kinds[attempts->n++] = (struct attempt_kind){.first = *seen};
    recorder_put(recorder, make_row(seen, link, 0, enforcing), NULL, NULL);
}

static void record_others(struct network_attempts *attempts, struct recorder *recorder,
                          bool enforcing)
{
    struct json_object *details = json_object_new_object();
    json_add_number(details, "folded", attempts->others);
    recorder_put(recorder,
                 recorder_fact(FACT_NETWORK_BLOCKED, NULL, outcome_word(enforcing), details), NULL,
                 NULL);
    attempts->others = 0;
}

void network_attempts_end_hour(struct network_attempts *attempts, struct recorder *recorder,
                               bool enforcing)
{
    size_t kept = 0;
    for (size_t i = 0; i < attempts->n; i++) {
        struct attempt_kind *kind = &attempts->kinds[i];
        if (kind->repeats == 0)
            continue;
        recorder_put(recorder, make_row(&kind->first, NULL, kind->repeats, enforcing), NULL, NULL);
        attempts->kinds[kept++] = (struct attempt_kind){.first = kind->first};
    }
    attempts->n = kept;
    if (attempts->others > 0)
        record_others(attempts, recorder, enforcing);
}
