// SPDX-License-Identifier: GPL-3.0-or-later
// Keeps the links in mind, sets down those that may not be up, and records what changes.
#include "daemon/network-guard.h"

#include "base/file.h"
#include "base/log.h"
#include "base/text.h"
#include "daemon/firewall.h"
#include "daemon/mode-keeper.h"
#include "daemon/network-attempts.h"
#include "daemon/network-elsewhere.h"
#include "daemon/network-leads.h"
#include "daemon/network-rows.h"
#include "enforce/enforce.h"

#include <errno.h>
#include <string.h>

#define LINKS_MAX 4096
#define ROWS_A_MINUTE 64 // of links that come, go, and are set up and down; more are counted

struct entry {
    struct net_link *link;
    struct moment broken; // since when it breaks the air gap; wall time 0: it does not
    enum link_reason broken_reason;
};

struct network_guard {
    struct network_guard_options options;
    struct firewall *firewall;
    struct network_elsewhere *elsewhere;
    struct network_radios *radios;
    struct airgap *airgap; // in force
    struct entry entries[LINKS_MAX];
    size_t n;
    size_t breaches;
    struct network_attempts attempts;
    struct network_leads leads;
    unsigned minutes; // rounds so far
    unsigned rows;    // since the last round
    uint64_t folded;  // that had no row of their own since
};

static bool is_enforcing(const struct network_guard *guard)
{
    return guard->airgap->mode == MODE_ENFORCE;
}

static bool breaks(const struct entry *entry)
{
    return entry->broken.wall_ns != 0;
}

// ---- Rows --------------------------------------------------------------------------------------

// A breach has its row always; what only comes and goes, in numbers that a person can read.
static void record_change(struct network_guard *guard, const struct net_link *link,
                          const char *outcome)
{
    struct link_verdict verdict;
    if (link->loopback)
        return;
    if (guard->rows >= ROWS_A_MINUTE) {
        guard->folded++;
        return;
    }
    guard->rows++;
    decide_link(guard->airgap, link, &verdict);
    recorder_put(guard->options.recorder, network_row(link, &verdict, outcome), NULL, NULL);
}

static void record_broken(struct network_guard *guard, const struct entry *entry,
                          const struct link_verdict *verdict, const char *outcome)
{
    struct fact *row = network_row_broken(entry->link, verdict, &entry->broken, outcome);
    if (row && !is_enforcing(guard))
        row->severity = SEVERITY_WARNING;
    recorder_put(guard->options.recorder, row, NULL, NULL);
}

// ---- The air gap -------------------------------------------------------------------------------

static void restore(struct network_guard *guard, struct entry *entry)
{
    if (!breaks(entry))
        return;
    recorder_put(guard->options.recorder,
                 network_row_restored(entry->link, entry->broken_reason, &entry->broken), NULL,
                 NULL);
    entry->broken.wall_ns = 0;
    guard->breaches--;
}

// The link itself is one that may be up. What goes out by it is stopped by the firewall anyway.
static const char *remove_routes(const struct entry *entry)
{
    int r = enforce_default_routes_remove(entry->link->index);
    if (r == 0 || r == -ENODEV)
        return "route removed";
    log_error("cannot take the default route of %s away: %s, trying again within a minute",
              entry->link->name, strerror(-r));
    return "cut off";
}

// The kernel's answer to this comes back as a fact of its own, which ends the breach.
static const char *close_link(const struct network_guard *guard, const struct entry *entry,
                              const struct link_verdict *verdict)
{
    if (!is_enforcing(guard) || !guard->options.live)
        return "observed";
    if (!mode_keeper_is_installed(guard->options.mode, GUARD_NETWORK))
        return "cut off"; // a trial's end would not set it up again
    if (verdict->allowed)
        return remove_routes(entry);
    int r = enforce_link_down(entry->link->index);
    if (r < 0 && r != -ENODEV)
        log_error("cannot set the link %s down: %s, trying again within a minute",
                  entry->link->name, strerror(-r));
    return r < 0 && r != -ENODEV ? "failed" : "set down";
}

static void settle(struct network_guard *guard, struct entry *entry)
{
    struct link_verdict verdict;
    decide_link(guard->airgap, entry->link, &verdict);
    if (!verdict.breach) {
        restore(guard, entry);
        return;
    }
    const char *outcome = close_link(guard, entry, &verdict);
    if (breaks(entry) && entry->broken_reason == verdict.reason)
        return;
    restore(guard, entry); // by another reason, it is another breach
    entry->broken = moment_now();
    entry->broken_reason = verdict.reason;
    guard->breaches++;
    record_broken(guard, entry, &verdict, outcome);
}

static void settle_all(struct network_guard *guard)
{
    for (size_t i = 0; i < guard->n; i++)
        settle(guard, &guard->entries[i]);
}

// ---- What the watch says -----------------------------------------------------------------------

static struct entry *find(struct network_guard *guard, uint32_t index)
{
    for (size_t i = 0; i < guard->n; i++)
        if (guard->entries[i].link->index == index)
            return &guard->entries[i];
    return NULL;
}

static const char *difference(const struct net_link *old, const struct net_link *now)
{
    if (!text_equal(old->name, now->name))
        return "renamed";
    if (old->up != now->up)
        return now->up ? "up" : "down";
    if (old->has_mac != now->has_mac || memcmp(old->mac, now->mac, sizeof old->mac) != 0)
        return "address changed";
    if (old->routed != now->routed)
        return now->routed ? "default route" : "no default route";
    return NULL; // of its hardware udev knows more than before
}

static struct entry *add(struct network_guard *guard, const struct net_link *link)
{
    struct net_link *copy = NULL;
    if (guard->n >= LINKS_MAX || net_link_copy(link, &copy) < 0) {
        log_error("cannot keep the link %s in mind; the firewall holds for it, too", link->name);
        return NULL;
    }
    struct entry *entry = &guard->entries[guard->n++];
    *entry = (struct entry){.link = copy};
    record_change(guard, link, "appeared");
    firewall_follow_links(guard->firewall); // its own chain
    return entry;
}

static void replace(struct network_guard *guard, struct entry *entry, const struct net_link *link)
{
    struct net_link *copy = NULL;
    const char *change = difference(entry->link, link);
    if (net_link_copy(link, &copy) < 0) {
        log_error("no memory to keep %s as it is now, looking again within a minute", link->name);
        return;
    }
    net_link_free(entry->link);
    entry->link = copy;
    if (!change)
        return;
    record_change(guard, link, change);
    firewall_follow_links(guard->firewall); // by its name, its own chain
}

static void on_link(struct network_guard *guard, const struct net_link *link)
{
    struct entry *entry = find(guard, link->index);
    if (entry)
        replace(guard, entry, link);
    else
        entry = add(guard, link);
    if (entry)
        settle(guard, entry);
}

static void on_gone(struct network_guard *guard, const struct net_link *link)
{
    struct entry *entry = find(guard, link->index);
    if (!entry)
        return;
    restore(guard, entry);
    record_change(guard, entry->link, "gone");
    if (!entry->link->kind) // hardware, which may have been moved away
        network_elsewhere_look(guard->elsewhere);
    net_link_free(entry->link);
    *entry = guard->entries[--guard->n];
}

static void on_attempt(struct network_guard *guard, const struct net_attempt *attempt)
{
    const struct entry *entry = find(guard, attempt->link);
    network_attempts_note(&guard->attempts, guard->options.recorder, attempt,
                          entry ? entry->link->name : NULL, is_enforcing(guard));
}

void network_guard_on_fact(struct network_guard *guard, const struct fact *fact)
{
    network_radios_on_fact(guard->radios, fact);
    if (fact->kind == FACT_SEEN_LINK && fact->link)
        on_link(guard, fact->link);
    else if (fact->kind == FACT_SEEN_LINK_GONE && fact->link)
        on_gone(guard, fact->link);
    else if (fact->kind == FACT_SEEN_ATTEMPT && fact->attempt)
        on_attempt(guard, fact->attempt);
    else if (fact->kind == FACT_SEEN_COUNT && fact->packets)
        network_attempts_count(&guard->attempts, *fact->packets);
    else if (fact->kind == FACT_SEEN_FIREWALL)
        firewall_look(guard->firewall);
    else if (fact->kind == FACT_SEEN_NETWORK)
        recorder_put(guard->options.recorder,
                     recorder_fact(FACT_NETWORK_CHANGED, NULL, fact->outcome, NULL), NULL, NULL);
}

void network_guard_end(struct network_guard *guard)
{
    network_attempts_end_hour(&guard->attempts, guard->options.recorder, is_enforcing(guard));
}

void network_guard_look(struct network_guard *guard)
{
    network_radios_look(guard->radios);
    if (guard->folded > 0)
        recorder_put(guard->options.recorder, network_row_folded(guard->folded), NULL, NULL);
    if (++guard->minutes % 60 == 0)
        network_attempts_end_hour(&guard->attempts, guard->options.recorder, is_enforcing(guard));
    guard->folded = 0;
    guard->rows = 0;
    firewall_look(guard->firewall);
    network_elsewhere_look(guard->elsewhere);
    network_leads_look(&guard->leads, guard->options.places, guard->options.recorder,
                       guard->airgap);
}

// No new violation: the row that told of it stands in an earlier month's file.
void network_guard_restate(struct network_guard *guard)
{
    for (size_t i = 0; i < guard->n; i++) {
        struct entry *entry = &guard->entries[i];
        struct link_verdict verdict;
        if (!breaks(entry) || moment_is_of_this_month(&entry->broken))
            continue;
        decide_link(guard->airgap, entry->link, &verdict);
        struct fact *row = network_row_broken(entry->link, &verdict, &entry->broken, "stated");
        if (row)
            row->severity = SEVERITY_WARNING;
        recorder_put(guard->options.recorder, row, NULL, NULL);
    }
    network_radios_restate(guard->radios);
}

// ---- What is in force --------------------------------------------------------------------------

static int compile(const struct network_guard *guard, const struct policy *policy,
                   enum gate_mode mode, struct airgap **ret)
{
    CLEANUP(airgap_free_p) struct airgap *airgap = NULL;
    int r = policy ? policy_compile_airgap(policy, mode, &airgap)
                   : airgap_copy_lasting(guard->airgap, &airgap);
    if (r == 0)
        r = permit_keeper_add_scopes(guard->options.permits, airgap);
    if (r < 0)
        return r;
    airgap->mode = mode;
    *ret = TAKE_PTR(airgap);
    return 0;
}

int network_guard_set(struct network_guard *guard, const struct policy *policy, enum gate_mode mode)
{
    struct airgap *airgap = NULL;
    int r = compile(guard, policy, mode, &airgap);
    if (r < 0)
        return r;
    airgap_free(guard->airgap);
    guard->airgap = airgap;
    network_radios_set(guard->radios, airgap);
    r = firewall_set(guard->firewall, airgap);
    settle_all(guard);
    network_elsewhere_look(guard->elsewhere);
    network_leads_look(&guard->leads, guard->options.places, guard->options.recorder,
                       guard->airgap);
    return r;
}

const struct airgap *network_guard_airgap(const struct network_guard *guard)
{
    return guard->airgap;
}

bool network_guard_is_well(const struct network_guard *guard)
{
    return firewall_is_well(guard->firewall);
}

size_t network_guard_breaches(const struct network_guard *guard)
{
    return guard->breaches + network_elsewhere_breaches(guard->elsewhere) +
           network_radios_breaches(guard->radios);
}

const struct network_radios *network_guard_radios(const struct network_guard *guard)
{
    return guard->radios;
}

int network_guard_visit(struct network_guard *guard, network_guard_visitor visit, void *context)
{
    for (size_t i = 0; i < guard->n; i++) {
        struct link_verdict verdict;
        decide_link(guard->airgap, guard->entries[i].link, &verdict);
        int r = visit(context, guard->entries[i].link, &verdict);
        if (r != 0)
            return r;
    }
    return 0;
}

// ---- Life --------------------------------------------------------------------------------------

// What was in force when the daemon ended is, until the policy has been read.
static int read_last(const struct places *places, struct airgap **ret)
{
    CLEANUP_FREE char *text = NULL;
    size_t length;
    int r = file_read_at(places->state, AIRGAP_FILE, AIRGAP_FILE_MAX, &text, &length);
    return r < 0 ? r : airgap_decode(text, length, ret);
}

int network_guard_new(const struct network_guard_options *options, struct network_guard **ret)
{
    CLEANUP(network_guard_free_p) struct network_guard *guard = calloc(1, sizeof *guard);
    if (!guard)
        return -ENOMEM;
    guard->options = *options;
    network_attempts_begin(&guard->attempts, options->places->run, options->places->proc);
    int r = read_last(options->places, &guard->airgap);
    if (r < 0 && r != -ENOENT)
        log_error("cannot read the last air gap: %s, starting from loopback only", strerror(-r));
    if (r < 0)
        r = airgap_new_fallback(MODE_OBSERVE, &guard->airgap);
    if (r < 0)
        return r;
    const struct firewall_options firewall = {
        .event = options->event,
        .places = options->places,
        .recorder = options->recorder,
        .live = options->live,
    };
    r = network_radios_new(options->places, options->recorder, &guard->radios);
    if (r < 0)
        return r;
    r = firewall_new(&firewall, &guard->firewall);
    if (r < 0)
        return r;
    const struct network_elsewhere_options elsewhere = {
        .event = options->event,
        .places = options->places,
        .recorder = options->recorder,
        .live = options->live,
    };
    r = network_elsewhere_new(&elsewhere, &guard->elsewhere);
    if (r < 0)
        return r;
    *ret = TAKE_PTR(guard);
    return 0;
}

void network_guard_free(struct network_guard *guard)
{
    if (!guard)
        return;
    for (size_t i = 0; i < guard->n; i++)
        net_link_free(guard->entries[i].link);
    network_leads_clear(&guard->leads);
    network_elsewhere_free(guard->elsewhere);
    network_radios_free(guard->radios);
    firewall_free(guard->firewall);
    airgap_free(guard->airgap);
    free(guard);
}
