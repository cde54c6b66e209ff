// SPDX-License-Identifier: GPL-3.0-or-later
// Who may log in without being registered, who is registered without an account, and whose training
// is overdue.
#include "report/operator-check.h"

#include "base/i18n.h"
#include "base/json.h"
#include "base/text.h"
#include "report/posture-check-parts.h"

#include <string.h>

#define FIRST_PERSON 1000 // below are the system's own accounts
#define NOBODY 65534

// ---- Accounts and entries ----------------------------------------------------------------------

static const char *text_of(json_object *object, const char *key)
{
    const char *text = json_get_text(object, key);
    return text ? text : "?";
}

// Can a person come in by it?
static bool is_open_account(json_object *account)
{
    uint64_t uid = json_get_number(account, "uid");
    return json_get_bool(account, "login") && uid >= FIRST_PERSON && uid != NOBODY &&
           !text_equal(json_get_text(account, "password"), "locked");
}

static bool is_over(json_object *entry)
{
    return text_equal(json_get_text(entry, "state"), "ended");
}

// The entry of that login name which has not ended, or else one that has; NULL: none.
static json_object *find_entry(json_object *entries, const char *login)
{
    json_object *found = NULL;
    for (size_t i = 0; i < posture_length(entries); i++) {
        json_object *entry = json_object_array_get_idx(entries, i);
        if (text_equal(json_get_text(entry, "login"), login) && (!found || is_over(found)))
            found = entry;
    }
    return found;
}

static bool is_named_by(const struct policy *policy, const char *name)
{
    return policy && (policy_names_have(&policy->administrators, name) ||
                      policy_names_have(&policy->operators.administrators, name) ||
                      policy_names_have(&policy->operators.break_glass, name));
}

// ---- 3 (2): the register against the accounts --------------------------------------------------

// What is wrong with accounts, or with entries, and what to do about it.
struct question {
    void (*collect)(const struct check_sources *sources, json_object *accounts,
                    struct posture_found *found);
    const char *ok, *bad, *remedy; // N_()
};

// Accounts that are open and have an entry like that: none, or one that has ended.
static void collect_open(const struct check_sources *sources, json_object *accounts, bool ended,
                         struct posture_found *found)
{
    for (size_t i = 0; i < posture_length(accounts); i++) {
        json_object *account = json_object_array_get_idx(accounts, i);
        const char *name = text_of(account, "name");
        json_object *entry = find_entry(sources->operators.answer, name);
        if (is_open_account(account) && !is_named_by(sources->policy, name) &&
            (ended ? entry && is_over(entry) : !entry))
            posture_found_add(found, "%s", name);
    }
}

static void collect_unregistered(const struct check_sources *sources, json_object *accounts,
                                 struct posture_found *found)
{
    collect_open(sources, accounts, false, found);
}

static void collect_leavers(const struct check_sources *sources, json_object *accounts,
                            struct posture_found *found)
{
    collect_open(sources, accounts, true, found);
}

static void collect_entries(const struct check_sources *sources, json_object *accounts,
                            struct posture_found *found)
{
    json_object *entries = sources->operators.answer;
    (void)accounts;
    for (size_t i = 0; i < posture_length(entries); i++) {
        json_object *entry = json_object_array_get_idx(entries, i);
        const char *account = json_get_text(entry, "account");
        if (!is_over(entry) && !text_equal(account, "there"))
            posture_found_add(found, "%s", text_of(entry, "login"));
    }
}

static const struct question unregistered = {
    .collect = collect_unregistered,
    .ok = N_("each account that a person can use is registered, or named by the policy"),
    .bad = N_("accounts that nobody is registered for"),
    .remedy = N_("register who works here: “sudo sekisho operator add NAME --person …”; shut the "
                 "accounts of others: “sudo usermod --lock --expiredate 1 NAME”"),
};

static const struct question leavers = {
    .collect = collect_leavers,
    .ok = N_("nobody whose entry has ended has an account that is open"),
    .bad = N_("the entry has ended and the account is open"),
    .remedy = N_("shut the account: “sudo usermod --lock --expiredate 1 NAME”"),
};

static const struct question strays = {
    .collect = collect_entries,
    .ok = N_("each entry is of the account that was registered"),
    .bad = N_("registered, but the account is gone or has another number"),
    .remedy = N_("“sudo sekisho operator remove NAME”, and register the account anew if the person "
                 "works here"),
};

static int look_at_register(const struct check *check, const struct check_sources *sources,
                            struct check_result *ret)
{
    CLEANUP(posture_found_clear_p) struct posture_found found = {0};
    const struct question *question = check->about;
    json_object *part = posture_part(sources, "accounts");
    if (!sources->operators.answer)
        return check_give_unanswered(sources->operators.why, ret);
    if (!part)
        return posture_give_unseen(sources, ret);
    question->collect(sources, json_get(part, "accounts"), &found);
    if (found.n > 0)
        return posture_give_found(&found, FINDING_VIOLATION, _(question->bad), _(question->remedy),
                                  ret);
    if (posture_is_incomplete(part) || !json_get(part, "accounts"))
        return posture_give_unread(part, ret);
    return posture_give_ok(_(question->ok), ret);
}

// ---- 3 (3): training ---------------------------------------------------------------------------

static void collect_training(json_object *entries, struct posture_found *found, size_t *ret_n)
{
    for (size_t i = 0; i < posture_length(entries); i++) {
        json_object *entry = json_object_array_get_idx(entries, i);
        const char *state = json_get_text(entry, "state");
        *ret_n += !is_over(entry);
        if (text_equal(state, "untrained") || text_equal(state, "overdue"))
            posture_found_add(found, "%s", text_of(entry, "login"));
    }
}

static int look_at_training(const struct check *check, const struct check_sources *sources,
                            struct check_result *ret)
{
    CLEANUP(posture_found_clear_p) struct posture_found found = {0};
    size_t n = 0;
    (void)check;
    if (!sources->operators.answer)
        return check_give_unanswered(sources->operators.why, ret);
    collect_training(sources->operators.answer, &found, &n);
    if (found.n > 0)
        return posture_give_found(
            &found, FINDING_VIOLATION, _("not trained, or not within the time that is asked for"),
            _("hold the training, then “sudo sekisho operator trained NAME --date DATE”"), ret);
    if (n == 0)
        return check_give(ret, FINDING_UNVERIFIED, text_dup(_("nobody is registered")),
                          text_dup(_("register who works here: “sudo sekisho operator add NAME "
                                     "--person …”")));
    if (!sources->policy)
        return posture_give_no_policy(ret);
    if (sources->policy->operators.training.every == TRAINING_NONE)
        return check_give(ret, FINDING_UNVERIFIED, text_dup(_("the policy asks for no training")),
                          text_dup(_("name it in the policy: operators.training")));
    return posture_give_ok(_("everybody who is registered has been trained in time"), ret);
}

// ---- 5 (3): who is not registered stays out ----------------------------------------------------

static int look_at_gate(const struct check *check, const struct check_sources *sources,
                        struct check_result *ret)
{
    const struct policy *policy = sources->policy;
    (void)check;
    if (!policy)
        return posture_give_no_policy(ret);
    if (policy->operators.is_there && policy->operators.enforce)
        return posture_give_ok(_("only registered persons can log in"), ret);
    return check_give(ret, FINDING_UNVERIFIED,
                      text_dup(policy->operators.is_there
                                   ? _("who is not registered is recorded, but can log in")
                                   : _("nobody is asked whether they are registered")),
                      text_dup(_("register everybody, then operators = { enforce = true; … } in "
                                 "the policy")));
}

const struct check operator_checks[] = {
    {"3 (2)", "operators.accounts", look_at_register, &strays},
    {"3 (2)", "operators.leavers", look_at_register, &leavers},
    {"3 (2)", "operators.unregistered", look_at_register, &unregistered},
    {"3 (3)", "operators.training", look_at_training, NULL},
    {"5 (3)", "operators.enforced", look_at_gate, NULL},
};
const size_t operator_n_checks = ELEMENTS(operator_checks);
