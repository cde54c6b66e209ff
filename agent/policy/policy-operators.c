// SPDX-License-Identifier: GPL-3.0-or-later
// The section "operators": who may log in beside those in the register, and what training is asked.
#include "base/i18n.h"
#include "base/text.h"
#include "policy/policy-section.h"

#include <errno.h>
#include <string.h>

// One of several words, or what is wrong.
static int read_choice(struct reader *reader, const config_setting_t *setting,
                       const char *const *words, const char *remedy)
{
    const char *value = reader_string(reader, setting);
    if (!value)
        return -EINVAL;
    for (int i = 0; words[i]; i++)
        if (strcmp(words[i], value) == 0)
            return i;
    CLEANUP_FREE char *shown = text_escape(value, strlen(value), 64);
    reader_mistake(reader, setting,
                   shown ? text_format(_("“%s” is none of the words that can stand here"), shown)
                         : NULL,
                   strdup(remedy));
    return -EINVAL;
}

static void read_away(struct reader *reader, const config_setting_t *setting, void *field)
{
    static const char *const words[] = {"refuse", "allow", NULL};
    int which = read_choice(reader, setting, words, _("write \"refuse\" or \"allow\""));
    if (which >= 0)
        *(bool *)field = which == 1;
}

static void read_every(struct reader *reader, const config_setting_t *setting, void *field)
{
    static const char *const words[] = {
        [TRAINING_YEAR] = "year",
        [TRAINING_FISCAL_YEAR] = "fiscal-year",
        [TRAINING_NONE] = "none",
        NULL,
    };
    int which =
        read_choice(reader, setting, words, _("write \"year\", \"fiscal-year\" or \"none\""));
    if (which >= 0)
        *(enum training_every *)field = (enum training_every)which;
}

static const struct key training_keys[] = {
    {"every", read_every, offsetof(struct training_policy, every), .once = true},
    {"grace_days", value_read_days_or_none, offsetof(struct training_policy, grace_ns),
     .once = true},
    {"enforce", value_read_bool, offsetof(struct training_policy, enforce), .once = true},
};
static const struct key_table training_table = {"training", training_keys, ELEMENTS(training_keys)};

static void read_training(struct reader *reader, const config_setting_t *setting, void *field)
{
    if (config_setting_type(setting) != CONFIG_TYPE_GROUP)
        reader_wrong_type(reader, setting, _("a group: { every = \"year\"; }"));
    else
        reader_read_group(reader, setting, &training_table, field);
}

// Whoever would be enforced upon has to have a way in for the owner.
int operators_check(struct reader *reader)
{
    const struct operators_policy *operators = &reader->policy->operators;
    if (!operators->enforce || operators->administrators.n > 0)
        return 0;
    return policy_mistake_add(
        reader->mistakes, reader->enforced.file, reader->enforced.line,
        strdup(_("operators.enforce is true and no administrator is named: nobody could get in to "
                 "mend anything")),
        strdup(_("name at least one account: administrators = [\"yamada\"];")));
}

static void read_enforce(struct reader *reader, const config_setting_t *setting, void *field)
{
    const struct place place = reader_place(reader, setting);
    value_read_bool(reader, setting, field);
    reader->enforced = place;
}

#define FIELD(name) offsetof(struct policy, operators.name)
static const struct key operators_keys[] = {
    {"administrators", names_read_accounts, FIELD(administrators)},
    {"break_glass", names_read_accounts, FIELD(break_glass)},
    {"exempt_services", names_read_accounts, FIELD(exempt_services)},
    {"enforce", read_enforce, FIELD(enforce), .once = true},
    {"when_away", read_away, FIELD(away_allow), .once = true},
    {"training", read_training, FIELD(training)},
};
const struct key_table section_operators = {"operators", operators_keys, ELEMENTS(operators_keys)};
