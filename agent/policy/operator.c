// SPDX-License-Identifier: GPL-3.0-or-later
// Operators: their lists, their terms, and whether they may work now.
#include "policy/operator.h"

#include "base/moment.h"
#include "base/text.h"

#include <assert.h>
#include <errno.h>
#include <inttypes.h>
#include <string.h>

static const char *const standings[] = {
    [OPERATOR_ALLOWED] = "allowed",     [OPERATOR_OVERDUE] = "overdue",
    [OPERATOR_NOT_YET] = "not-yet",     [OPERATOR_ENDED] = "ended",
    [OPERATOR_UNTRAINED] = "untrained",
};
static_assert(ELEMENTS(standings) == OPERATOR_STANDING_MAX, "a name for each standing");

const char *operator_standing_to_str(enum operator_standing standing)
{
    assert(standing < OPERATOR_STANDING_MAX);
    return standings[standing];
}

void operator_free(struct operator_entry *entry)
{
    if (!entry)
        return;
    free(entry->login);
    free(entry->person);
    for (size_t i = 0; i < entry->n_trainings; i++) {
        free(entry->trainings[i].date);
        free(entry->trainings[i].subject);
    }
    for (size_t i = 0; i < entry->n_folders; i++)
        free(entry->folders[i]);
    free(entry->by);
    free(entry->reason);
    free(entry->ended_by);
    free(entry);
}

bool operator_is_login(const char *name)
{
    static const char letters[] =
        "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-";
    size_t length = strlen(name);
    return length > 0 && length < 64 && name[strspn(name, letters)] == '\0' && name[0] != '-';
}

// ---- Folders and trainings ---------------------------------------------------------------------

bool operator_has_folder(const struct operator_entry *entry, const char *folder)
{
    for (size_t i = 0; i < entry->n_folders; i++)
        if (strcmp(entry->folders[i], folder) == 0)
            return true;
    return false;
}

int operator_add_folder(struct operator_entry *entry, const char *folder)
{
    if (operator_has_folder(entry, folder))
        return 0;
    if (entry->n_folders == OPERATOR_FOLDERS_MAX)
        return -ENOSPC;
    char *copy = text_dup(folder);
    if (!copy)
        return -ENOMEM;
    entry->folders[entry->n_folders++] = copy;
    return 0;
}

static void drop_oldest(struct operator_entry *entry)
{
    free(entry->trainings[0].date);
    free(entry->trainings[0].subject);
    entry->n_trainings--;
    memmove(&entry->trainings[0], &entry->trainings[1],
            entry->n_trainings * sizeof entry->trainings[0]);
}

int operator_add_training(struct operator_entry *entry, const char *date, const char *subject)
{
    struct operator_training training = {0};
    if (!moment_is_day(date))
        return -EINVAL;
    if (text_set(&training.date, date) < 0 || text_set(&training.subject, subject) < 0) {
        free(training.date);
        return -ENOMEM;
    }
    if (entry->n_trainings == OPERATOR_TRAININGS_MAX)
        drop_oldest(entry);
    size_t at = entry->n_trainings++;
    for (; at > 0 && strcmp(entry->trainings[at - 1].date, date) > 0; at--)
        entry->trainings[at] = entry->trainings[at - 1];
    entry->trainings[at] = training;
    return 0;
}

// ---- Terms -------------------------------------------------------------------------------------

struct date {
    uint64_t year, month;
};

// Of a date that operator_add_training() has taken.
static struct date split(const char *text)
{
    char part[sizeof "YYYY"];
    struct date date = {0};
    memcpy(part, text, strlen("YYYY"));
    part[strlen("YYYY")] = '\0';
    int r = text_to_u64(part, 10, YEAR_MAX, &date.year);
    memcpy(part, text + strlen("YYYY-"), strlen("MM"));
    part[strlen("MM")] = '\0';
    if (r == 0)
        r = text_to_u64(part, 10, 12, &date.month);
    assert(r == 0);
    return date;
}

// The same day a year later; 29 February becomes 1 March.
static int year_after(const char *date, uint64_t *ret_ns)
{
    CLEANUP_FREE char *later =
        text_format("%04" PRIu64 "%s", split(date).year + 1, date + strlen("YYYY"));
    if (!later)
        return -ENOMEM;
    if (moment_parse(later, ret_ns) == 0)
        return 0;
    memcpy(later + strlen("YYYY"), "-03-01", strlen("-03-01"));
    return moment_parse(later, ret_ns);
}

// The first of April after it: that is when a fiscal year begins.
static int april_after(const char *date, uint64_t *ret_ns)
{
    const struct date day = split(date);
    CLEANUP_FREE char *april = text_format("%04" PRIu64 "-04-01", day.year + (day.month >= 4));
    return april ? moment_parse(april, ret_ns) : -ENOMEM;
}

struct operator_terms operator_terms(const struct operator_entry *entry,
                                     const struct training_policy *training)
{
    uint64_t due_ns = 0;
    if (training->every == TRAINING_NONE)
        return (struct operator_terms){0};
    if (entry->n_trainings == 0)
        return (struct operator_terms){1, training->enforce ? 1 : 0};
    const char *last = entry->trainings[entry->n_trainings - 1].date;
    int r =
        training->every == TRAINING_YEAR ? year_after(last, &due_ns) : april_after(last, &due_ns);
    if (r < 0) // beyond what the clock knows
        return (struct operator_terms){0};
    return (struct operator_terms){due_ns, training->enforce ? due_ns + training->grace_ns : 0};
}

enum operator_standing operator_may_work(const struct operator_entry *entry,
                                         const struct training_policy *training,
                                         const struct permit_clock *clock)
{
    const struct operator_terms terms = operator_terms(entry, training);
    if (entry->ended_ns != 0 || (entry->until_ns != 0 && clock->latest_ns >= entry->until_ns))
        return OPERATOR_ENDED;
    if (clock->earliest_ns < entry->from_ns)
        return OPERATOR_NOT_YET;
    if (terms.untrained_ns != 0 && clock->latest_ns >= terms.untrained_ns)
        return OPERATOR_UNTRAINED;
    return terms.overdue_ns != 0 && clock->latest_ns >= terms.overdue_ns ? OPERATOR_OVERDUE
                                                                         : OPERATOR_ALLOWED;
}
