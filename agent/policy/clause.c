// SPDX-License-Identifier: GPL-3.0-or-later
// The table of clauses, as the standard numbers them.
#include "policy/clause.h"

#include "base/i18n.h"
#include "base/text.h"
#include "policy/policy-value.h"

#include <string.h>

#define E CLAUSE_ENFORCED
#define D CLAUSE_DETECTED
#define R CLAUSE_RECORDED
#define A CLAUSE_ATTESTED

const struct clause clauses[] = {
    {"1 (1)", N_("organisational measures are written down"), A},
    {"1 (2)", N_("measures about persons are written down"), A},
    {"1 (3)", N_("physical measures are written down"), A},
    {"1 (4)", N_("technical measures are written down"), A},
    {"2", N_("the officers are named"), A | D},
    {"3 (1)", N_("secrecy stands in the work rules"), A},
    {"3 (2)", N_("who handles the data is designated"), E | R | D},
    {"3 (3)", N_("training at least once a year"), R | D | E},
    {"3 (4)", N_("supervision: each month is reviewed"), R | A},
    {"4 (1)", N_("the controlled area is set apart"), A},
    {"4 (2)", N_("who may enter is decided, and entries are recorded"), A | R},
    {"4 (3)", N_("the door asks who it is"), A},
    {"4 (4)", N_("locks, alarms and cameras"), A},
    {"4 (5)", N_("only permitted media and devices"), E | D | R},
    {"5 (1)", N_("stand-alone, or only the necessary devices"), E | D | R},
    {"5 (2)", N_("the server is on site, and few have access"), A | R},
    {"5 (3)", N_("users are limited, and their use is logged"), E | D | R},
    {"5 (4)", N_("recording devices are limited"), E | D | R},
    {"5 (5)", N_("who handles what was lent is limited"), R | A},
    {"5 (6)", N_("saved data is encrypted, and logs are kept"), D | R | E},
    {"5 (7)", N_("a fireproof safe, and what leaves it is recorded"), A | R},
    {"5 (8)", N_("users are identified and authenticated"), D | R},
    {"5 (9)", N_("security software is installed"), D | R},
    {"5 (10)", N_("deletion is recorded and provable"), R},
    {"5 (11)", N_("disposal is beyond recovery"), A | R},
    {"5 (12)", N_("no subcontracting without approval"), A},
    {"6 (1)", N_("a breach of rules is reported up"), R | D | A},
    {"6 (2)", N_("leak, loss and damage are reported"), R | A},
    {"6 (3)", N_("the city is told, with cause and prevention"), R | A},
    {"7", N_("what is carried is locked, encrypted and traceable"), E | R | A},
    {"8", N_("laws and the contract are kept"), A},
    {"9", N_("checks and audits"), A | R},
    {"10", N_("the monthly status report"), R},
    {"11", N_("certified by a standard of security"), A | D},
};
const size_t clauses_n = ELEMENTS(clauses);

static const struct {
    const char *typed;
    const char *meant;
} spellings[] = {{"（", "("}, {"）", ")"}, {".", "("}, {" ", ""}};

// "4(2)" for "4 (2)", "4 （2）" and "4.2", which needs no quotes in a shell; "" for what
// is longer than any clause.
static void squeeze(const char *text, char ret[16])
{
    const char *dot = strchr(text, '.');
    size_t n = 0;
    while (*text && n < 14) {
        size_t i = 0;
        while (i < ELEMENTS(spellings) &&
               strncmp(text, spellings[i].typed, strlen(spellings[i].typed)) != 0)
            i++;
        char c = i < ELEMENTS(spellings) ? spellings[i].meant[0] : *text;
        text += i < ELEMENTS(spellings) ? strlen(spellings[i].typed) : 1;
        if (c)
            ret[n++] = c;
    }
    if (dot)
        ret[n++] = ')';
    ret[*text ? 0 : n] = '\0';
}

const struct clause *clause_find(const char *text)
{
    char wanted[16], name[16];
    squeeze(text, wanted);
    for (size_t i = 0; i < clauses_n; i++) {
        squeeze(clauses[i].name, name);
        if (strcmp(name, wanted) == 0)
            return &clauses[i];
    }
    return NULL;
}

// The first that begins with the same number, for one that has no such paragraph.
static const char *first_of_number(const char *wanted)
{
    size_t digits = strspn(wanted, "0123456789");
    for (size_t i = 0; digits > 0 && i < clauses_n; i++)
        if (strncmp(clauses[i].name, wanted, digits) == 0 &&
            strspn(clauses[i].name, "0123456789") == digits)
            return clauses[i].name;
    return NULL;
}

const char *clause_nearest(const char *text)
{
    char wanted[16];
    const char *names[ELEMENTS(clauses)];
    squeeze(text, wanted);
    const char *first = first_of_number(wanted);
    if (first)
        return first;
    for (size_t i = 0; i < clauses_n; i++)
        names[i] = clauses[i].name;
    return nearest_word(text, names, clauses_n);
}
