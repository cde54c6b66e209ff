// SPDX-License-Identifier: GPL-3.0-or-later
#include "report/operator-check.h"

#include "base/json.h"
#include "base/text.h"
#include "report/rooms.h"

#include <criterion/criterion.h>
#include <string.h>

#define ACCOUNT(name, uid, login, password)                                                        \
    "{\"name\":\"" name "\",\"uid\":" uid ",\"login\":" login ",\"password\":\"" password "\"}"
#define FACTS(accounts) "{\"accounts\":{\"accounts\":[" accounts "]}}"
#define ENTRY(login, state, account)                                                               \
    "{\"login\":\"" login "\",\"state\":\"" state "\",\"account\":\"" account "\"}"

#define ROOT ACCOUNT("root", "0", "true", "set")
#define DAEMON ACCOUNT("daemon", "1", "false", "locked")
#define SATO ACCOUNT("sato", "1001", "true", "set")
#define KANRI ACCOUNT("kanri", "1002", "true", "set")

static json_object *parse(const char *json)
{
    json_object *object = json_tokener_parse(json);
    cr_assert_not_null(object, "%s", json);
    return object;
}

static struct policy *policy_of(const char *text)
{
    struct policy *policy = NULL;
    cr_assert_eq(policy_from_text(text, &policy), 0);
    return policy;
}

#define POLICY                                                                                     \
    "# /etc/sekisho/policy.conf\noperators = { administrators = [ \"kanri\" ]; enforce = true; "   \
    "};\n"

static void look(const struct check_sources *sources, const char *name, enum finding_value value,
                 const char *evidence)
{
    CLEANUP(check_result_clear) struct check_result result = {0};
    for (size_t i = 0; i < operator_n_checks; i++) {
        if (!text_equal(operator_checks[i].name, name))
            continue;
        cr_assert_eq(operator_checks[i].look(&operator_checks[i], sources, &result), 0);
        cr_expect_str_eq(finding_value_to_str(result.value), finding_value_to_str(value), "%s: %s",
                         name, result.evidence);
        cr_expect(strstr(result.evidence, evidence), "%s: %s", name, result.evidence);
        cr_expect_eq(result.remedy != NULL, value != FINDING_OK, "%s", name);
        return;
    }
    cr_assert_fail("there is no check %s", name);
}

static void expect_by(const char *policy_text, const char *entries, const char *facts,
                      const char *name, enum finding_value value, const char *evidence)
{
    CLEANUP(policy_free_p) struct policy *policy = policy_of(policy_text);
    CLEANUP_JSON json_object *answer = entries ? parse(entries) : NULL;
    CLEANUP_JSON json_object *seen = facts ? parse(facts) : NULL;
    const struct check_sources sources = {
        .policy = policy,
        .now_ns = 1,
        .posture = {.facts = seen, .why = "not seen"},
        .operators = {.answer = answer, .why = "it is away"},
    };
    look(&sources, name, value, evidence);
}

static void expect(const char *entries, const char *facts, const char *name,
                   enum finding_value value, const char *evidence)
{
    expect_by(POLICY, entries, facts, name, value, evidence);
}

#define ALL_WELL "[" ENTRY("sato", "allowed", "there") "]"
#define MACHINE FACTS(ROOT "," DAEMON "," SATO "," KANRI)

Test(operator_check, what_is_in_order_is_ok)
{
    expect(ALL_WELL, MACHINE, "operators.accounts", FINDING_OK, "");
    expect(ALL_WELL, MACHINE, "operators.leavers", FINDING_OK, "");
    expect(ALL_WELL, MACHINE, "operators.unregistered", FINDING_OK, "");
    expect(ALL_WELL, MACHINE, "operators.training", FINDING_OK, "");
    expect(ALL_WELL, MACHINE, "operators.enforced", FINDING_OK, "");
}

Test(operator_check, an_open_account_of_nobody_who_is_registered_is_a_violation)
{
    expect("[]", MACHINE, "operators.unregistered", FINDING_VIOLATION, "sato");
    expect("[]", FACTS(ROOT "," DAEMON "," KANRI), "operators.unregistered", FINDING_OK, "");
    expect("[]", FACTS(ACCOUNT("ito", "1003", "true", "locked")), "operators.unregistered",
           FINDING_OK, "");
    expect("[]", FACTS(ACCOUNT("ito", "1003", "false", "set")), "operators.unregistered",
           FINDING_OK, "");
}

Test(operator_check, a_leaver_whose_account_is_open_is_a_violation)
{
    expect("[" ENTRY("sato", "ended", "there") "]", MACHINE, "operators.leavers", FINDING_VIOLATION,
           "sato");
    expect("[" ENTRY("sato", "ended", "there") "," ENTRY("sato", "allowed", "there") "]", MACHINE,
           "operators.leavers", FINDING_OK, "");
    expect("[" ENTRY("sato", "ended", "there") "]",
           FACTS(ACCOUNT("sato", "1001", "true", "locked")), "operators.leavers", FINDING_OK, "");
}

Test(operator_check, an_entry_whose_account_is_gone_or_another_is_a_violation)
{
    expect("[" ENTRY("sato", "allowed", "missing") "]", MACHINE, "operators.accounts",
           FINDING_VIOLATION, "sato");
    expect("[" ENTRY("sato", "allowed", "changed") "]", MACHINE, "operators.accounts",
           FINDING_VIOLATION, "sato");
    expect("[" ENTRY("sato", "ended", "missing") "]", MACHINE, "operators.accounts", FINDING_OK,
           "");
}

Test(operator_check, training_that_is_missing_or_overdue_is_a_violation)
{
    expect("[" ENTRY("sato", "untrained", "there") "]", MACHINE, "operators.training",
           FINDING_VIOLATION, "sato");
    expect("[" ENTRY("sato", "overdue", "there") "]", MACHINE, "operators.training",
           FINDING_VIOLATION, "sato");
    expect("[" ENTRY("sato", "ended", "there") "]", MACHINE, "operators.training",
           FINDING_UNVERIFIED, "");
    expect("[]", MACHINE, "operators.training", FINDING_UNVERIFIED, "");
    expect_by("# /etc/sekisho/policy.conf\noperators = { training = { every = \"none\"; }; };\n",
              ALL_WELL, MACHINE, "operators.training", FINDING_UNVERIFIED, "");
}

Test(operator_check, what_is_only_observed_is_not_ok)
{
    expect_by("# /etc/sekisho/policy.conf\noperators = { administrators = [ \"kanri\" ]; };\n",
              ALL_WELL, MACHINE, "operators.enforced", FINDING_UNVERIFIED, "");
    expect_by("# /etc/sekisho/policy.conf\n", ALL_WELL, MACHINE, "operators.enforced",
              FINDING_UNVERIFIED, "");
}

Test(operator_check, what_could_not_be_seen_is_not_ok)
{
    for (size_t i = 0; i < operator_n_checks; i++) {
        const char *name = operator_checks[i].name;
        bool looks_at_policy = text_equal(name, "operators.enforced");
        expect(NULL, MACHINE, name, looks_at_policy ? FINDING_OK : FINDING_UNVERIFIED, "");
        if (strncmp(operator_checks[i].clause, "3 (2)", 5) == 0)
            expect(ALL_WELL, NULL, name, FINDING_UNVERIFIED, "");
    }
    cr_expect_not(check_rooms[CHECK_OPERATORS].of_files);
}
