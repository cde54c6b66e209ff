// SPDX-License-Identifier: GPL-3.0-or-later
// Reads what `airgap recall` says, and keeps in mind which links are elsewhere still.
#include "daemon/network-elsewhere.h"

#include "base/log.h"
#include "base/moment.h"
#include "base/text.h"
#include "daemon/airgap-run.h"
#include "daemon/network-rows.h"

#include <errno.h>
#include <string.h>

#define LINKS_MAX 64 // in mind; more are recorded anew each time

// One that could not be brought back, or was only found.
struct stray {
    char *name;
    struct moment since;
    bool seen; // by the last look
};

struct network_elsewhere {
    struct network_elsewhere_options options;
    struct airgap_run *recall;
    struct stray strays[LINKS_MAX];
    size_t n;
    bool failed; // the last look
};

// ---- Rows --------------------------------------------------------------------------------------

static const struct link_verdict elsewhere_verdict = {.breach = true, .reason = LINK_ELSEWHERE};

static void record_broken(struct network_elsewhere *elsewhere, char *name,
                          const struct moment *since, const char *outcome)
{
    const struct net_link link = {.name = name};
    struct fact *row = network_row_broken(&link, &elsewhere_verdict, since, outcome);
    if (row && text_equal(outcome, "observed"))
        row->severity = SEVERITY_WARNING;
    recorder_put(elsewhere->options.recorder, row, NULL, NULL);
}

static void record_restored(struct network_elsewhere *elsewhere, char *name,
                            const struct moment *since)
{
    const struct net_link link = {.name = name};
    recorder_put(elsewhere->options.recorder, network_row_restored(&link, LINK_ELSEWHERE, since),
                 NULL, NULL);
}

// ---- What was found ----------------------------------------------------------------------------

static struct stray *find(struct network_elsewhere *elsewhere, const char *name)
{
    for (size_t i = 0; i < elsewhere->n; i++)
        if (text_equal(elsewhere->strays[i].name, name))
            return &elsewhere->strays[i];
    return NULL;
}

static void keep_in_mind(struct network_elsewhere *elsewhere, char *name, const char *outcome)
{
    const struct moment now = moment_now();
    struct stray *stray = find(elsewhere, name);
    if (stray) {
        stray->seen = true;
        return;
    }
    record_broken(elsewhere, name, &now, outcome);
    char *copy = elsewhere->n < LINKS_MAX ? text_dup(name) : NULL;
    if (copy)
        elsewhere->strays[elsewhere->n++] = (struct stray){copy, now, true};
}

// "home eth1"
static void take_line(struct network_elsewhere *elsewhere, char *line)
{
    static const struct {
        const char *word, *outcome;
        bool over; // nothing leaves by it any more
    } answers[] = {{"home ", "brought back", true},
                   {"down ", "set down", true},
                   {"failed ", "failed", false},
                   {"found ", "observed", false}};
    const struct moment now = moment_now();
    for (size_t i = 0; i < ELEMENTS(answers); i++) {
        size_t length = strlen(answers[i].word);
        if (strncmp(line, answers[i].word, length) != 0)
            continue;
        if (answers[i].over) {
            record_broken(elsewhere, line + length, &now, answers[i].outcome);
            record_restored(elsewhere, line + length, &now);
        } else {
            keep_in_mind(elsewhere, line + length, answers[i].outcome);
        }
    }
}

static void forget_unseen(struct network_elsewhere *elsewhere)
{
    size_t kept = 0;
    for (size_t i = 0; i < elsewhere->n; i++) {
        struct stray *stray = &elsewhere->strays[i];
        if (stray->seen) {
            elsewhere->strays[kept++] = *stray;
            continue;
        }
        record_restored(elsewhere, stray->name, &stray->since);
        free(stray->name);
    }
    elsewhere->n = kept;
}

static void on_ended(void *context, int status, const char *said)
{
    struct network_elsewhere *elsewhere = context;
    CLEANUP_FREE char *copy = text_dup(said);
    bool done = copy && (status == AIRGAP_SAME || status == AIRGAP_MENDED);
    if (!done && !elsewhere->failed)
        log_error("cannot look into other network namespaces: airgap ended with %d, trying again "
                  "within a minute",
                  status);
    elsewhere->failed = !done;
    if (!done)
        return;
    for (size_t i = 0; i < elsewhere->n; i++)
        elsewhere->strays[i].seen = false;
    char *rest = copy;
    for (char *line; (line = strsep(&rest, "\n"));)
        take_line(elsewhere, line);
    forget_unseen(elsewhere);
}

// ---- Public ------------------------------------------------------------------------------------

void network_elsewhere_look(struct network_elsewhere *elsewhere)
{
    if (!elsewhere->options.live)
        return;
    int r = airgap_run_start(elsewhere->recall);
    if (r < 0 && !elsewhere->failed)
        log_error("cannot look into other network namespaces: %s, trying again within a minute",
                  strerror(-r));
    elsewhere->failed |= r < 0;
}

size_t network_elsewhere_breaches(const struct network_elsewhere *elsewhere)
{
    return elsewhere->n;
}

int network_elsewhere_new(const struct network_elsewhere_options *options,
                          struct network_elsewhere **ret)
{
    CLEANUP(network_elsewhere_free_p)
    struct network_elsewhere *elsewhere = calloc(1, sizeof *elsewhere);
    if (!elsewhere)
        return -ENOMEM;
    elsewhere->options = *options;
    const struct airgap_run_options recall = {
        .event = options->event,
        .places = options->places,
        .verb = "recall",
        .ended = on_ended,
        .context = elsewhere,
    };
    int r = airgap_run_new(&recall, &elsewhere->recall);
    if (r < 0)
        return r;
    *ret = TAKE_PTR(elsewhere);
    return 0;
}

void network_elsewhere_free(struct network_elsewhere *elsewhere)
{
    if (!elsewhere)
        return;
    airgap_run_free(elsewhere->recall);
    for (size_t i = 0; i < elsewhere->n; i++)
        free(elsewhere->strays[i].name);
    free(elsewhere);
}
