// SPDX-License-Identifier: GPL-3.0-or-later
// Writes the roster's lines, and its file; and tells if somebody else has.
#include "daemon/roster-keeper.h"

#include "base/file.h"
#include "base/json.h"
#include "base/log.h"
#include "base/moment.h"
#include "base/text.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <string.h>
#include <sys/stat.h>

struct roster_keeper {
    const struct places *places;
    struct recorder *recorder;
    char *lines;       // between the floor and the end; NULL: only the file has said anything yet
    char *head;        // before the floor
    char *text;        // all of it; NULL: there is none yet
    bool stale;        // the file does not say this
    bool failing;      // it could not be written
    const char *found; // what somebody has done to the file, until it is recorded; NULL: nothing
};

// ---- Lines -------------------------------------------------------------------------------------

static void put_names(FILE *file, const char *word, const struct policy_names *names)
{
    for (size_t i = 0; i < names->n; i++)
        if (roster_is_name(names->items[i]))
            fprintf(file, "%s %s\n", word, names->items[i]);
}

static bool is_in_office(const struct officer *officer, uint64_t now_ns)
{
    return officer->from_ns <= now_ns && (officer->until_ns == 0 || now_ns < officer->until_ns);
}

// As many officers as fit.
static void put_contact(FILE *file, const struct policy *policy, uint64_t now_ns)
{
    char contact[ROSTER_CONTACT_SIZE] = "";
    size_t used = 0;
    for (size_t i = 0; i < policy->n_officers; i++) {
        const struct officer *officer = policy->officers[i];
        CLEANUP_FREE char *text =
            is_in_office(officer, now_ns)
                ? text_format("%s%s %s%s%s", used > 0 ? ", " : "", officer->role, officer->name,
                              officer->phone ? " " : "", officer->phone ? officer->phone : "")
                : NULL;
        if (!text || used + strlen(text) >= sizeof contact)
            continue;
        memcpy(contact + used, text, strlen(text) + 1);
        used += strlen(text);
    }
    if (used > 0)
        fprintf(file, "contact %s\n", contact);
}

// The first whole second that is not before it: what ends, ends no later than said.
static uint64_t seconds(uint64_t ns)
{
    uint64_t s = ns / NS_PER_S;
    return ns > 0 && s == 0 ? 1 : s;
}

static void put_person(FILE *file, const struct operator_entry *entry, const struct policy *policy)
{
    const struct operator_terms terms = operator_terms(entry, &policy->operators.training);
    uint64_t until_ns = entry->ended_ns ? entry->ended_ns : entry->until_ns;
    fprintf(file, "person %s %" PRIu32 " %" PRIu64 " %" PRIu64 " %" PRIu64 " %" PRIu64 "\n",
            entry->login, entry->uid, seconds(entry->from_ns), seconds(until_ns),
            seconds(terms.overdue_ns), seconds(terms.untrained_ns));
}

// Of one login name the newest entry that has not ended, or else the newest: the last line counts.
static void put_persons(FILE *file, const struct roster_sources *sources)
{
    size_t n;
    struct operator_entry *const *operators = registers_operators(sources->registers, &n);
    for (int current = 0; current <= 1; current++)
        for (size_t i = 0; i < n; i++)
            if ((operators[i]->ended_ns == 0) == current)
                put_person(file, operators[i], sources->policy);
}

static int end_text(FILE *file, char **text)
{
    bool failed = ferror(file) != 0;
    if (fclose(file) == 0 && !failed)
        return 0;
    free(TAKE_PTR(*text));
    return -ENOMEM;
}

static int make_lines(const struct roster_sources *sources, char **ret)
{
    const struct operators_policy *operators = &sources->policy->operators;
    char *text = NULL;
    size_t length = 0;
    FILE *file = open_memstream(&text, &length);
    if (!file)
        return -ENOMEM;
    put_contact(file, sources->policy, sources->now_ns);
    put_names(file, "service", &operators->exempt_services);
    put_names(file, "administrator", &operators->administrators);
    put_names(file, "administrator", &sources->policy->administrators);
    put_names(file, "break-glass", &operators->break_glass);
    put_persons(file, sources);
    int r = end_text(file, &text);
    if (r == 0)
        *ret = text;
    return r;
}

static char *make_head(const struct operators_policy *operators)
{
    return text_format("sekisho-roster 1\nasks %s\nenforce %s\naway %s\n",
                       operators->is_there ? "yes" : "no", operators->enforce ? "yes" : "no",
                       operators->away_allow ? "allow" : "refuse");
}

static char *make_text(const char *head, const char *lines, uint64_t floor_ns)
{
    CLEANUP_FREE char *body =
        text_format("%sfloor %" PRIu64 "\n%s", head, floor_ns / NS_PER_S, lines);
    return body ? text_format("%send %016" PRIx64 "\n", body, roster_checksum(body, strlen(body)))
                : NULL;
}

// That of a machine on which nobody is asked.
static char *make_first(void)
{
    CLEANUP_FREE char *head = make_head(&(struct operators_policy){0});
    return head ? make_text(head, "", 0) : NULL;
}

// ---- The file ----------------------------------------------------------------------------------

static void write_file(struct roster_keeper *keeper)
{
    size_t length = strlen(keeper->text);
    int r = length > ROSTER_MAX
                ? -EFBIG
                : file_replace_at(keeper->places->state, ROSTER_FILE, 0600, keeper->text, length);
    if (r < 0 && !keeper->failing)
        log_error("cannot write %s: %s; without the daemon the persons of before would log in, "
                  "trying again each minute",
                  ROSTER_FILE, strerror(-r));
    keeper->stale = keeper->failing = r < 0;
}

// As pam_sekisho(8) looks at it.
static bool is_private(int state)
{
    struct stat status;
    return fstatat(state, ROSTER_FILE, &status, AT_SYMLINK_NOFOLLOW) == 0 &&
           S_ISREG(status.st_mode) && status.st_uid == geteuid() &&
           (status.st_mode & (S_IWGRP | S_IWOTH)) == 0;
}

// −ENOENT, −ENOMEM, −EIO; any other error, too, is not how it was left.
static int read_file(const struct roster_keeper *keeper, char **ret_text, const char **ret_found)
{
    int r = file_read_at(keeper->places->state, ROSTER_FILE, ROSTER_MAX, ret_text, NULL);
    if (r == -ENOMEM || r == -EIO)
        return r;
    if (r == -ENOENT)
        *ret_found = "missing";
    else if (r < 0)
        *ret_found = "damaged";
    else if (!is_private(keeper->places->state))
        *ret_found = "rights";
    return r;
}

static void look_at_file(struct roster_keeper *keeper)
{
    CLEANUP_FREE char *text = NULL;
    if (!keeper->text || keeper->stale)
        return;
    int r = read_file(keeper, &text, &keeper->found);
    if (r == 0 && !keeper->found && !text_equal(text, keeper->text))
        keeper->found = "changed";
}

static void record_found(struct roster_keeper *keeper, const char *outcome)
{
    json_object *details = json_object_new_object();
    json_add_text(details, "found", keeper->found);
    recorder_put(keeper->recorder,
                 recorder_fact(FACT_AGENT_TAMPERED, ROSTER_FILE, outcome, details), NULL, NULL);
    keeper->found = NULL;
}

static void settle_file(struct roster_keeper *keeper)
{
    if (keeper->text && (keeper->stale || keeper->found))
        write_file(keeper);
    if (keeper->found)
        record_found(keeper, keeper->text && !keeper->stale ? "restored" : "failed");
}

static int update(struct roster_keeper *keeper, const struct roster_sources *sources)
{
    CLEANUP_FREE char *head = make_head(&sources->policy->operators), *lines = NULL;
    int r = head ? make_lines(sources, &lines) : -ENOMEM;
    if (r < 0)
        return r;
    if (text_equal(lines, keeper->lines) && text_equal(head, keeper->head))
        return 0;
    char *text = make_text(head, lines, sources->floor_ns);
    if (!text)
        return -ENOMEM;
    free(keeper->text);
    free(keeper->lines);
    free(keeper->head);
    keeper->text = text;
    keeper->lines = TAKE_PTR(lines);
    keeper->head = TAKE_PTR(head);
    keeper->stale = true;
    return 0;
}

void roster_keeper_update(struct roster_keeper *keeper, const struct roster_sources *sources)
{
    int r = 0;
    look_at_file(keeper);
    if (sources->policy && registers_are_complete(sources->registers))
        r = update(keeper, sources); // or else what was said before holds
    if (r < 0)
        log_error("cannot make out who may log in: %s, keeping what was said before", strerror(-r));
    settle_file(keeper);
}

int roster_keeper_decide(const struct roster_keeper *keeper, const struct roster_question *question,
                         struct roster_answer *ret)
{
    return keeper->text ? roster_decide(keeper->text, strlen(keeper->text), question, ret)
                        : -ENOENT;
}

bool roster_keeper_is_well(const struct roster_keeper *keeper)
{
    return keeper->text && !keeper->stale;
}

// ---- Life --------------------------------------------------------------------------------------

static void load(struct roster_keeper *keeper, bool first)
{
    CLEANUP_FREE char *text = NULL;
    const struct roster_question nobody = {.user = "", .service = ""};
    struct roster_answer answer;
    int r = read_file(keeper, &text, &keeper->found);
    if (r == -ENOENT && first) { // nobody was ever asked here
        keeper->text = make_first();
        keeper->found = NULL;
    } else if (r == 0 && !keeper->found) {
        if (roster_decide(text, strlen(text), &nobody, &answer) == 0)
            keeper->text = TAKE_PTR(text);
        else
            keeper->found = "damaged";
    }
    keeper->stale = r < 0 || keeper->found;
}

int roster_keeper_new(const struct roster_keeper_options *options, struct roster_keeper **ret)
{
    struct roster_keeper *keeper = calloc(1, sizeof *keeper);
    if (!keeper)
        return -ENOMEM;
    keeper->places = options->places;
    keeper->recorder = options->recorder;
    load(keeper, options->first);
    *ret = keeper;
    return 0;
}

void roster_keeper_free(struct roster_keeper *keeper)
{
    if (!keeper)
        return;
    free(keeper->lines);
    free(keeper->head);
    free(keeper->text);
    free(keeper);
}
