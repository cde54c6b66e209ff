// SPDX-License-Identifier: GPL-3.0-or-later
// Folds what the firewall stopped.
#include "daemon/network-attempts.h"

#include "base/file.h"
#include "base/json.h"
#include "base/text.h"
#include "watch/network/program.h"

#include <inttypes.h>
#include <string.h>

#define TOLD "airgap-told"
#define TOLD_SIZE 24

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

// Whose it was, of one that leaves and is the first of its kind. Looked for in /proc, at most
// ATTEMPTS_MAX times an hour.
static void add_program(struct json_object *details, int proc, const struct net_attempt *attempt)
{
    CLEANUP_FREE char *program = NULL;
    bool leaves = text_equal(attempt->chain, "output") || text_equal(attempt->chain, "egress");
    if (!leaves)
        return;
    int r = net_program_find(proc, attempt, &program);
    json_add_text(details, "program", r == 0 ? program : "unknown");
}

static struct fact *make_row(const struct net_attempt *attempt, const char *link, uint64_t repeats,
                             bool enforcing, int proc)
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
    else
        add_program(details, proc, attempt);
    struct fact *fact = recorder_fact(FACT_NETWORK_BLOCKED, destination[0] ? destination : link,
                                      outcome_word(enforcing), details);
    if (fact)
        fact->uid = attempt->uid;
    return fact;
}

// ---- What was told ----------------------------------------------------------------------------

void network_attempts_begin(struct network_attempts *attempts, int run, int proc)
{
    CLEANUP_FREE char *line = NULL;
    uint64_t told;
    attempts->run = run;
    attempts->proc = proc;
    if (file_read_line_at(run, TOLD, TOLD_SIZE, &line) == 0 &&
        text_to_u64(line, 10, UINT64_MAX, &told) == 0)
        attempts->told = told;
}

// Of what the counters count that are there now. Not written, the next daemon tells some again.
static void save_told(const struct network_attempts *attempts)
{
    char line[TOLD_SIZE];
    uint64_t before = attempts->stopped - attempts->last;
    uint64_t told = attempts->told > before ? attempts->told - before : 0;
    (void)snprintf(line, sizeof line, "%" PRIu64 "\n", told);
    (void)!file_replace_at(attempts->run, TOLD, 0600, line, strlen(line));
}

static void put(struct network_attempts *attempts, struct recorder *recorder, struct fact *row,
                uint64_t packets)
{
    recorder_put(recorder, row, NULL, NULL);
    attempts->told += packets;
    save_told(attempts);
}

void network_attempts_count(struct network_attempts *attempts, uint64_t packets)
{
    bool is_anew = packets < attempts->last; // somebody has taken the old counters away
    attempts->stopped += packets - (is_anew ? 0 : attempts->last);
    attempts->last = packets;
    if (!attempts->counts && attempts->told > attempts->stopped)
        attempts->told = 0; // of other counters
    attempts->counts = true;
}

// ---- Packets ----------------------------------------------------------------------------------

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
    put(attempts, recorder, make_row(seen, link, 0, enforcing, attempts->proc), 1);
}

// What was logged is a part of what was counted, if that is known.
static void record_others(struct network_attempts *attempts, struct recorder *recorder,
                          bool enforcing)
{
    uint64_t others = attempts->others;
    if (attempts->counts)
        others = attempts->stopped > attempts->told ? attempts->stopped - attempts->told : 0;
    attempts->others = 0;
    if (others == 0)
        return;
    struct json_object *details = json_object_new_object();
    json_add_number(details, "folded", others);
    put(attempts, recorder,
        recorder_fact(FACT_NETWORK_BLOCKED, NULL, outcome_word(enforcing), details), others);
}

void network_attempts_end_hour(struct network_attempts *attempts, struct recorder *recorder,
                               bool enforcing)
{
    size_t kept = 0;
    for (size_t i = 0; i < attempts->n; i++) {
        struct attempt_kind *kind = &attempts->kinds[i];
        if (kind->repeats == 0)
            continue;
        put(attempts, recorder,
            make_row(&kind->first, NULL, kind->repeats, enforcing, attempts->proc), kind->repeats);
        attempts->kinds[kept++] = (struct attempt_kind){.first = kind->first};
    }
    attempts->n = kept;
    record_others(attempts, recorder, enforcing);
}
