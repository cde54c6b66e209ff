// SPDX-License-Identifier: GPL-3.0-or-later
#include "enforce/audit-rules.h"

#include "base/text.h"

#include <criterion/criterion.h>
#include <errno.h>
#include <string.h>

static struct audit_rules wanted, found;
static struct audit_difference difference;

static void set_up(void)
{
    cr_assert_eq(audit_rules_add_folder(&wanted, "/srv/tokutei", true), 0);
    for (size_t i = 0; i < wanted.n; i++) {
        struct audit_rule_data *copy;
        cr_assert_eq(audit_rule_copy(wanted.items[i], audit_rule_length(wanted.items[i]), &copy),
                     0);
        cr_assert_eq(audit_rules_append(&found, copy), 0);
    }
}

static void tear_down(void)
{
    audit_difference_clear(&difference);
    audit_rules_clear(&wanted);
    audit_rules_clear(&found);
}

TestSuite(audit_rules, .init = set_up, .fini = tear_down);

static void compare(void)
{
    audit_difference_clear(&difference);
    cr_assert_eq(audit_rules_compare(&wanted, &found, &difference), 0);
}

// Somebody else's rule at `place` of the kernel's list.
static struct audit_rule_data *put_other(size_t place, uint32_t list, uint32_t action)
{
    struct audit_rule_data *rule = calloc(1, sizeof *rule);
    rule->flags = list;
    rule->action = action;
    cr_assert_eq(audit_rules_append(&found, rule), 0);
    for (size_t i = found.n - 1; i > place; i--)
        found.items[i] = found.items[i - 1];
    found.items[place] = rule;
    return rule;
}

static bool has_call(const struct audit_rule_data *rule, int number)
{
    return rule->mask[number / 32] & 1u << (number % 32);
}

// ---- Which rules -------------------------------------------------------------------------------
Test(audit_rules, a_folder_has_rules_for_what_succeeds_and_what_is_refused)
{
    int machine = audit_determine_machine("b64");
    const struct audit_rule_data *rule = wanted.items[0];
    cr_expect_eq(rule->flags, AUDIT_FILTER_EXIT);
    cr_expect_eq(rule->values[0], audit_machine_to_elf(machine));
    cr_expect_eq(rule->fields[1], AUDIT_LOGINUID);
    cr_expect_eq(rule->fieldflags[1], AUDIT_NOT_EQUAL);
    cr_expect_eq(rule->fields[2], AUDIT_SUCCESS);
    cr_expect(has_call(rule, audit_name_to_syscall("openat", machine)));
    cr_expect(has_call(rule, audit_name_to_syscall("renameat2", machine)));
    cr_expect(has_call(rule, 437), "openat2");
    cr_expect(has_call(rule, 452), "fchmodat2");
    cr_expect_not(has_call(rule, audit_name_to_syscall("read", machine)));
    cr_expect_not(has_call(rule, audit_name_to_syscall("newfstatat", machine)));
    cr_expect_eq((int)wanted.items[1]->values[2], -EACCES);
    cr_expect_eq((int)wanted.items[2]->values[2], -EPERM);
    for (size_t i = 0; i < wanted.n; i++) {
        CLEANUP_FREE char *folder = audit_rule_folder(wanted.items[i]);
        cr_expect_str_eq(folder, "/srv/tokutei");
        cr_expect(audit_rule_is_ours(wanted.items[i]));
    }
}

Test(audit_rules, io_uring_has_rules_of_its_own_where_the_kernel_knows_them)
{
    struct audit_rules without = {0};
    cr_assert_eq(audit_rules_add_folder(&without, "/srv/tokutei", false), 0);
    cr_expect_eq(wanted.n, without.n + 3);
    for (size_t i = 0; i < without.n; i++)
        cr_expect_not(audit_rule_is_for_uring(without.items[i]));
    cr_expect(audit_rule_is_for_uring(wanted.items[wanted.n - 1]));
    cr_expect(has_call(wanted.items[wanted.n - 1], 18), "IORING_OP_OPENAT");
    audit_rules_clear(&without);
}

Test(audit_rules, a_medium_has_rules_for_writing_only)
{
    struct audit_rules media = {0};
    cr_assert_eq(audit_rules_add_medium(&media, "/media/stick", false), 0);
    int machine = audit_determine_machine("b64");
    cr_expect(has_call(media.items[0], audit_name_to_syscall("open", machine)));
    cr_expect_eq(media.items[0]->fields[2], AUDIT_ARG1);
    cr_expect_eq(media.items[0]->fieldflags[2], AUDIT_BIT_MASK);
    cr_expect_eq(media.items[1]->fields[2], AUDIT_ARG2);
    for (size_t i = 0; i < media.n; i++)
        cr_expect_not(has_call(media.items[i], audit_name_to_syscall("execve", machine)));
    audit_rules_clear(&media);
}

Test(audit_rules, what_is_refused_before_a_folder_is_reached_has_rules_without_one)
{
    struct audit_rules refused = {0};
    cr_assert_eq(audit_rules_add_refused(&refused, true), 0);
    for (size_t i = 0; i < refused.n; i++) {
        const struct audit_rule_data *rule = refused.items[i];
        size_t condition = audit_rule_is_for_uring(rule) ? 1 : 2;
        cr_expect_eq(rule->fields[condition], AUDIT_EXIT);
        cr_expect_eq((int)rule->values[condition], -EACCES);
        cr_expect_null(audit_rule_folder(rule));
        cr_expect(audit_rule_is_ours(rule));
    }
    CLEANUP_FREE char *text = audit_rules_to_text(&refused);
    cr_assert_not_null(text);
    cr_expect(strstr(text, " -F auid!=unset -F exit=-EACCES -F key=sekisho-refused\n"), "%s", text);
    audit_rules_clear(&refused);
}

Test(audit_rules, what_is_no_path_gets_none)
{
    char path[5000];
    memset(path, 'a', sizeof path);
    path[0] = '/';
    path[4096] = '\0';
    cr_expect_eq(audit_rules_add_folder(&wanted, path, true), -EINVAL);
    cr_expect_eq(audit_rules_add_folder(&wanted, "srv", true), -EINVAL);
    path[4095] = '\0';
    cr_expect_eq(audit_rules_add_folder(&wanted, path, true), 0);
}

// ---- What the kernel lists ---------------------------------------------------------------------
Test(audit_rules, nothing_differs_when_all_is_there)
{
    put_other(0, AUDIT_FILTER_EXIT, AUDIT_ALWAYS);
    put_other(found.n, AUDIT_FILTER_EXIT, AUDIT_NEVER);
    put_other(0, AUDIT_FILTER_EXCLUDE, AUDIT_NEVER);
    compare();
    cr_expect_eq(difference.n_missing, 0);
    cr_expect_eq(difference.n_surplus, 0);
    cr_expect_not(difference.overruled);
}

Test(audit_rules, what_was_taken_away_is_missing)
{
    audit_rules_clear(&found);
    compare();
    cr_expect_eq(difference.n_missing, wanted.n);
    cr_expect_eq(difference.n_surplus, 0);
}

Test(audit_rules, a_changed_rule_is_missing_and_the_one_in_its_place_too_many)
{
    found.items[0]->mask[0] = 0;
    compare();
    cr_assert_eq(difference.n_missing, 1);
    cr_assert_eq(difference.n_surplus, 1);
    cr_expect_eq(difference.missing[0], wanted.items[0]);
    cr_expect_eq(difference.surplus[0], found.items[0]);
}

Test(audit_rules, rules_of_a_folder_that_is_not_wanted_any_more_are_too_many)
{
    audit_rules_clear(&wanted);
    compare();
    cr_expect_eq(difference.n_surplus, found.n);
}

Test(audit_rules, rules_of_others_are_left_alone)
{
    audit_rules_clear(&wanted);
    audit_rules_clear(&found);
    put_other(0, AUDIT_FILTER_EXIT, AUDIT_ALWAYS);
    compare();
    cr_expect_eq(difference.n_surplus, 0);
}

Test(audit_rules, a_rule_that_says_never_before_ours_has_them_put_in_front_again)
{
    put_other(0, AUDIT_FILTER_EXIT, AUDIT_NEVER);
    compare();
    cr_expect(difference.overruled);
    cr_expect_eq(difference.n_missing, wanted.n - 3, "those for io_uring are on another list");
    cr_expect_eq(difference.n_surplus, difference.n_missing);
}

Test(audit_rules, that_new_processes_are_not_audited_is_seen)
{
    put_other(0, AUDIT_FILTER_TASK, AUDIT_NEVER);
    compare();
    cr_expect(difference.no_tasks);
}

Test(audit_rules, bytes_that_are_no_rule_are_refused)
{
    struct audit_rule_data *copy = NULL, *rule = found.items[0];
    size_t length = audit_rule_length(rule);
    cr_expect_eq(audit_rule_copy(rule, sizeof *rule - 1, &copy), -EBADMSG);
    cr_expect_eq(audit_rule_copy(rule, length - 1, &copy), -EBADMSG);
    rule->field_count = AUDIT_MAX_FIELDS + 1;
    cr_expect_eq(audit_rule_copy(rule, length, &copy), -EBADMSG);
    cr_expect_null(copy);
}

Test(audit_rules, texts_that_reach_beyond_their_rule_are_not_read)
{
    struct audit_rule_data *rule = found.items[0];
    for (uint32_t i = 0; i < rule->field_count; i++)
        if (rule->fields[i] == AUDIT_DIR)
            rule->values[i] = rule->buflen + 1;
    cr_expect_null(audit_rule_folder(rule));
    cr_expect_not(audit_rule_is_ours(rule));
}

// ---- The file ----------------------------------------------------------------------------------
static size_t count(const char *text, const char *word)
{
    size_t n = 0;
    for (const char *p = text; (p = strstr(p, word)); p += strlen(word))
        n++;
    return n;
}

Test(audit_rules, the_file_says_the_same_in_words)
{
    cr_assert_eq(audit_rules_add_medium(&wanted, "/media/my stick", true), 0);
    CLEANUP_FREE char *text = audit_rules_to_text(&wanted);
    cr_assert_not_null(text);
    cr_expect(strstr(text, "-A always,exit -F arch=b64 -S open,"), "%s", text);
    cr_expect(strstr(text, " -F auid!=unset -F exit=-EACCES -F dir=/srv/tokutei -F "
                           "key=sekisho-files\n"));
    cr_expect(strstr(text, " -F a2&579 -F success=1 -F dir=/media/my\\ stick -F "
                           "key=sekisho-medium\n"));
    cr_expect_not(strstr(text, "io_uring "));
    cr_expect_eq(count(text, "\n-A "), wanted.n - 4, "all but those for io_uring");
}

Test(audit_rules, a_name_that_would_break_a_line_is_not_written)
{
    audit_rules_clear(&wanted);
    cr_assert_eq(audit_rules_add_folder(&wanted, "/srv/a\n-D", false), 0);
    CLEANUP_FREE char *text = audit_rules_to_text(&wanted);
    cr_expect_not(strstr(text, "\n-D"));
    cr_expect_not(strstr(text, "\n-A"));
    cr_expect(strstr(text, "\n# A folder with control characters"));
}
