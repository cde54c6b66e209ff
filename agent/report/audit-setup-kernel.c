// SPDX-License-Identifier: GPL-3.0-or-later
// What the kernel is told at boot: by auditctl's rules, and on its command line.
#include "report/audit-setup-parts.h"

#include "base/i18n.h"
#include "base/text.h"
#include "report/audit-text.h"

#include <inttypes.h>

#define BACKLOG_LEAST 8192
#define BACKLOG_OF_KERNEL 64

// ---- Rules -------------------------------------------------------------------------------------

#define OWN_RULES "/etc/audit/rules.d/10-local.rules"

static char *say_what_rule(const char *rule, const char *why)
{
    return text_format(_("in %s: “%s”, then “sudo augenrules --load”; %s"), OWN_RULES, rule, why);
}

int audit_setup_look_at_backlog(const struct check *check, const struct check_sources *sources,
                                struct check_result *ret)
{
    const struct check_text *rules = &sources->audit_rules;
    char value[AUDIT_VALUE_SIZE];
    (void)check;
    if (!rules->text)
        return audit_setup_give_unread(rules, ret);
    bool set = audit_rules_find(rules->text, "-b", value);
    uint64_t limit = set ? audit_setup_number(value) : BACKLOG_OF_KERNEL;
    char *evidence =
        set ? text_format("-b %" PRIu64, limit)
            : text_format(_("-b is not set, so the kernel takes %d"), BACKLOG_OF_KERNEL);
    if (limit >= BACKLOG_LEAST)
        return check_give(ret, FINDING_OK, evidence, NULL);
    return check_give(ret, FINDING_VIOLATION, evidence,
                      say_what_rule("-b 8192", _("a burst overflows a shorter queue and is lost")));
}

int audit_setup_look_at_waiting(const struct check *check, const struct check_sources *sources,
                                struct check_result *ret)
{
    const struct check_text *rules = &sources->audit_rules;
    char value[AUDIT_VALUE_SIZE];
    (void)check;
    if (!rules->text)
        return audit_setup_give_unread(rules, ret);
    if (!audit_rules_find(rules->text, "--backlog_wait_time", value))
        return check_give(
            ret, FINDING_OK,
            text_dup(_("--backlog_wait_time is not set: who acts waits for the queue")), NULL);
    uint64_t jiffies = audit_setup_number(value);
    char *evidence = text_format("--backlog_wait_time %" PRIu64, jiffies);
    if (jiffies > 0)
        return check_give(ret, FINDING_OK, evidence, NULL);
    return check_give(
        ret, FINDING_VIOLATION, evidence,
        say_what_rule("--backlog_wait_time 60000",
                      _("with 0 the kernel drops events instead of waiting (measured: 9 "
                        "of 10 in a burst)")));
}

int audit_setup_look_at_rate(const struct check *check, const struct check_sources *sources,
                             struct check_result *ret)
{
    const struct check_text *rules = &sources->audit_rules;
    char value[AUDIT_VALUE_SIZE];
    (void)check;
    if (!rules->text)
        return audit_setup_give_unread(rules, ret);
    if (!audit_rules_find(rules->text, "-r", value))
        return check_give(ret, FINDING_OK, text_dup(_("-r is not set: there is no limit")), NULL);
    uint64_t rate = audit_setup_number(value);
    char *evidence = text_format("-r %" PRIu64, rate);
    if (rate == 0)
        return check_give(ret, FINDING_OK, evidence, NULL);
    return check_give(ret, FINDING_VIOLATION, evidence,
                      say_what_rule("-r 0", _("the kernel drops what comes faster")));
}

int audit_setup_look_at_enabled(const struct check *check, const struct check_sources *sources,
                                struct check_result *ret)
{
    const struct check_text *rules = &sources->audit_rules;
    char value[AUDIT_VALUE_SIZE];
    (void)check;
    if (!rules->text)
        return audit_setup_give_unread(rules, ret);
    if (!audit_rules_find(rules->text, "-e", value))
        return check_give(ret, FINDING_OK,
                          text_dup(_("-e is not set: auditd switches auditing on")), NULL);
    if (text_equal(value, "2"))
        return check_give(
            ret, FINDING_OK,
            text_dup(_("-e 2: the rules are locked; changed folders and new media are "
                       "recorded only after a reboot")),
            NULL);
    CLEANUP_FREE char *printable = text_printable(value);
    char *evidence = printable ? text_format("-e %s", printable) : NULL;
    if (text_equal(value, "1"))
        return check_give(ret, FINDING_OK, evidence, NULL);
    return check_give(ret, FINDING_VIOLATION, evidence,
                      say_what_rule("-e 1", _("the kernel records nothing")));
}

// A rule that takes out everything is a breach; of one that takes out something only a person can
// say whether it hits what has to be recorded.
int audit_setup_look_at_exceptions(const struct check *check, const struct check_sources *sources,
                                   struct check_result *ret)
{
    const struct check_text *rules = &sources->audit_rules;
    char rule[AUDIT_VALUE_SIZE];
    (void)check;
    if (!rules->text)
        return audit_setup_give_unread(rules, ret);
    unsigned line = audit_rules_find_rule(rules->text, "task", "never", rule);
    bool all = line > 0;
    if (!all)
        line = audit_rules_find_rule(rules->text, "exit", "never", rule);
    if (line == 0)
        line = audit_rules_find_rule(rules->text, "exclude", NULL, rule);
    if (line == 0)
        return check_give(ret, FINDING_OK, text_dup(_("no rule takes anything out")), NULL);
    CLEANUP_FREE char *printable = text_printable(rule);
    char *evidence = printable ? text_format("%s:%u: %s", rules->path, line, printable) : NULL;
    return check_give(
        ret, all ? FINDING_VIOLATION : FINDING_UNVERIFIED, evidence,
        text_dup(all ? _("take the rule out of /etc/audit/rules.d: with it no access to a "
                         "file is recorded")
                     : _("make sure that it does not hit the protected folders, logins, "
                         "or the records SYSCALL, CWD and PATH")));
}

// ---- The kernel command line -------------------------------------------------------------------

static char *say_what_to_add(const char *word, const char *why)
{
    return text_format(_("add “%s” to GRUB_CMDLINE_LINUX in /etc/default/grub, then “sudo "
                         "update-grub”; %s"),
                       word, why);
}

static bool is_audited_from_boot(const char *line)
{
    char value[AUDIT_VALUE_SIZE];
    return audit_command_line_find(line, "audit", value) &&
           (text_equal(value, "1") || text_equal(value, "on"));
}

int audit_setup_look_at_boot(const struct check *check, const struct check_sources *sources,
                             struct check_result *ret)
{
    const struct check_text *line = &sources->command_line;
    char value[AUDIT_VALUE_SIZE];
    (void)check;
    if (!line->text)
        return audit_setup_give_unread(line, ret);
    if (is_audited_from_boot(line->text))
        return check_give(ret, FINDING_OK, text_dup("audit=1"), NULL);
    bool set = audit_command_line_find(line->text, "audit", value);
    CLEANUP_FREE char *printable = set ? text_printable(value) : NULL;
    return check_give(
        ret, FINDING_VIOLATION,
        set ? text_format("audit=%s", printable ? printable : "?")
            : text_dup(_("audit=1 is not there")),
        say_what_to_add("audit=1", _("processes that are older than auditd are otherwise "
                                     "not recorded")));
}

int audit_setup_look_at_boot_backlog(const struct check *check, const struct check_sources *sources,
                                     struct check_result *ret)
{
    const struct check_text *line = &sources->command_line;
    char value[AUDIT_VALUE_SIZE];
    (void)check;
    if (!line->text)
        return audit_setup_give_unread(line, ret);
    if (!is_audited_from_boot(line->text))
        return check_give(ret, FINDING_NOT_APPLICABLE,
                          text_dup(_("nothing is recorded before auditd runs: see audit.boot")),
                          NULL);
    bool set = audit_command_line_find(line->text, "audit_backlog_limit", value);
    uint64_t limit = set ? audit_setup_number(value) : BACKLOG_OF_KERNEL;
    char *evidence =
        set ? text_format("audit_backlog_limit=%" PRIu64, limit)
            : text_format(_("audit_backlog_limit is not there, so the kernel takes %d"),
                          BACKLOG_OF_KERNEL);
    if (limit >= BACKLOG_LEAST)
        return check_give(ret, FINDING_OK, evidence, NULL);
    return check_give(ret, FINDING_VIOLATION, evidence,
                      say_what_to_add("audit_backlog_limit=8192",
                                      _("what happens before auditd runs has to wait somewhere")));
}
