// SPDX-License-Identifier: GPL-3.0-or-later
// Remembers the last refusals, so that nobody fills the ledger by asking again and again.
#include "daemon/pam-rows.h"

#include "base/json.h"
#include "base/log.h"
#include "base/text.h"
#include "daemon/person.h"

#include <errno.h>
#include <string.h>

#define REFUSALS_MAX 64
#define FOLD_NS (10 * NS_PER_S)
#define KNOWN_NS (60 * NS_PER_S)

// One that has a row.
struct refusal {
    uint64_t told_ns, wall_ns; // CLOCK_BOOTTIME, 0: none; and by the clock
    uint32_t uid, pid;
    char user[ROSTER_NAME_SIZE], service[ROSTER_NAME_SIZE];
    enum roster_verdict verdict;
    bool observed;
};

struct pam_rows {
    struct recorder *recorder;
    const struct places *places;
    struct refusal refusals[REFUSALS_MAX];
    size_t next;
};

int pam_rows_new(struct recorder *recorder, const struct places *places, struct pam_rows **ret)
{
    struct pam_rows *rows = calloc(1, sizeof *rows);
    if (!rows)
        return -ENOMEM;
    rows->recorder = recorder;
    rows->places = places;
    *ret = rows;
    return 0;
}

void pam_rows_free(struct pam_rows *rows)
{
    free(rows);
}

// ---- Rows --------------------------------------------------------------------------------------

// "/dev/tty1" and "tty1" are one terminal.
static const char *terminal_of(const struct login_question *question)
{
    return strncmp(question->tty, "/dev/", 5) == 0 ? question->tty + 5 : question->tty;
}

static char *object_of(const struct login_question *question)
{
    const char *terminal = terminal_of(question);
    bool tells = strncmp(terminal, "tty", 3) == 0 || terminal[0] == ':';
    return tells && strcmp(question->service, "su") != 0 && strcmp(question->service, "sudo") != 0
               ? text_format("%s %s", question->service, terminal)
               : text_dup(question->service);
}

static json_object *describe(const struct login_question *question,
                             const struct roster_answer *answer)
{
    json_object *details = json_object_new_object();
    json_add_text(details, "service", question->service);
    if (question->tty[0])
        json_add_text(details, "terminal", terminal_of(question));
    if (question->rhost[0])
        json_add_text(details, "address", question->rhost);
    json_add_text(details, "account", question->user);
    json_add_text(details, "reason", roster_verdict_to_str(answer->verdict));
    return details;
}

// Behind su and sudo somebody has logged in already.
static void sign(const struct pam_rows *rows, struct fact *row, uint32_t pid)
{
    uint32_t uid = FACT_NO_UID;
    char *name = NULL;
    row->pid = pid;
    if (person_of_process(rows->places->proc, pid, &uid, &name) < 0)
        return; // gone already
    row->uid = uid;
    row->user = name;
}

static void put_row(struct pam_rows *rows, const struct login_question *question,
                    const struct roster_answer *answer, uint32_t pid)
{
    CLEANUP_FREE char *object = object_of(question);
    struct fact *row =
        recorder_fact(FACT_LOGIN_REFUSED, object, answer->observed ? "observed" : "refused",
                      describe(question, answer));
    if (row)
        sign(rows, row, pid);
    recorder_put(rows->recorder, row, NULL, NULL);
}

// ---- What is known already ---------------------------------------------------------------------

static bool is_same(const struct refusal *refusal, const struct login_question *question,
                    const struct roster_answer *answer)
{
    return refusal->told_ns != 0 && refusal->uid == question->uid &&
           refusal->verdict == answer->verdict && refusal->observed == answer->observed &&
           strcmp(refusal->user, question->user) == 0 &&
           strcmp(refusal->service, question->service) == 0;
}

static struct refusal *find(struct pam_rows *rows, const struct login_question *question,
                            const struct roster_answer *answer)
{
    for (size_t i = 0; i < REFUSALS_MAX; i++)
        if (is_same(&rows->refusals[i], question, answer))
            return &rows->refusals[i];
    return NULL;
}

static struct refusal *remember(struct pam_rows *rows, const struct login_question *question,
                                const struct roster_answer *answer)
{
    struct refusal *refusal = &rows->refusals[rows->next++ % REFUSALS_MAX];
    *refusal = (struct refusal){
        .uid = question->uid, .verdict = answer->verdict, .observed = answer->observed};
    text_copy(refusal->user, sizeof refusal->user, question->user);
    text_copy(refusal->service, sizeof refusal->service, question->service);
    return refusal;
}

void pam_rows_put(struct pam_rows *rows, const struct login_question *question,
                  const struct roster_answer *answer, uint32_t pid)
{
    struct moment now = moment_now();
    struct refusal *refusal = find(rows, question, answer);
    if (refusal && now.monotonic_ns - refusal->told_ns < FOLD_NS)
        return;
    if (!refusal)
        refusal = remember(rows, question, answer);
    refusal->pid = pid;
    refusal->wall_ns = now.wall_ns;
    refusal->told_ns = now.monotonic_ns;
    put_row(rows, question, answer, pid);
}

bool pam_rows_have(const struct pam_rows *rows, uint32_t pid, const char *account, uint64_t wall_ns)
{
    for (size_t i = 0; i < REFUSALS_MAX; i++) {
        const struct refusal *refusal = &rows->refusals[i];
        uint64_t distance =
            refusal->wall_ns > wall_ns ? refusal->wall_ns - wall_ns : wall_ns - refusal->wall_ns;
        if (refusal->told_ns != 0 && !refusal->observed && refusal->pid == pid &&
            distance < KNOWN_NS && text_equal(refusal->user, account))
            return true;
    }
    return false;
}
