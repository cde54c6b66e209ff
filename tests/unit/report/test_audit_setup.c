// SPDX-License-Identifier: GPL-3.0-or-later
#include "report/audit-setup.h"

#include "base/text.h"

#include <criterion/criterion.h>
#include <errno.h>
#include <string.h>

static struct check_sources sources = {
    .auditd_conf = {.path = "/etc/audit/auditd.conf", .text = ""},
    .audit_rules = {.path = "/etc/audit/audit.rules", .text = ""},
    .command_line = {.path = "/proc/cmdline", .text = ""},
};

static struct check_result look(const char *name)
{
    struct check_result result = {0};
    size_t i = 0;
    while (i < audit_setup_n_checks && !text_equal(audit_setup_checks[i].name, name))
        i++;
    cr_assert_lt(i, audit_setup_n_checks, "there is no check %s", name);
    cr_assert_eq(audit_setup_checks[i].look(&audit_setup_checks[i], &sources, &result), 0);
    return result;
}

// What a check finds, and a part of its evidence.
static void expect(const char *name, enum finding_value value, const char *evidence)
{
    struct check_result result = look(name);
    cr_expect_eq(result.value, value, "%s: %s, %s", name, finding_value_to_str(result.value),
                 result.evidence);
    cr_expect(strstr(result.evidence, evidence), "%s: %s", name, result.evidence);
    bool needs_one = value == FINDING_VIOLATION || value == FINDING_UNVERIFIED;
    cr_expect_eq(needs_one, result.remedy != NULL, "%s", name);
    check_result_clear(&result);
}

static void set_conf(const char *text)
{
    sources.auditd_conf.text = text;
}

Test(audit_setup, debians_defaults_lose_events_and_each_is_told)
{
    set_conf("local_events = yes\nwrite_logs = yes\nlog_file = /var/log/audit/audit.log\n"
             "log_format = ENRICHED\nflush = INCREMENTAL_ASYNC\nfreq = 50\nmax_log_file = 8\n"
             "num_logs = 5\nmax_log_file_action = ROTATE\nspace_left_action = SYSLOG\n"
             "admin_space_left_action = SUSPEND\ndisk_full_action = SUSPEND\n"
             "disk_error_action = SUSPEND\n");
    expect("audit.write_logs", FINDING_OK, "write_logs = yes");
    expect("audit.log_file", FINDING_OK, "/var/log/audit/audit.log");
    expect("audit.log_format", FINDING_OK, "ENRICHED");
    expect("audit.flush", FINDING_VIOLATION, "up to 50 records");
    expect("audit.capacity", FINDING_VIOLATION, "8 MiB × 5 = 40 MiB");
    expect("audit.max_log_file_action", FINDING_OK, "ROTATE");
    expect("audit.space_left_action", FINDING_OK, "SYSLOG");
    expect("audit.admin_space_left_action", FINDING_VIOLATION, "SUSPEND");
    expect("audit.disk_full_action", FINDING_VIOLATION, "SUSPEND");
    expect("audit.disk_error_action", FINDING_VIOLATION, "SUSPEND");
}

Test(audit_setup, a_set_up_that_loses_nothing_is_in_order)
{
    set_conf("flush = DATA\nmax_log_file = 64\nnum_logs = 16\nmax_log_file_action = rotate\n"
             "admin_space_left_action = syslog\ndisk_full_action = halt\n"
             "disk_error_action = Single\n");
    sources.audit_rules.text = "-D\n-b 8192\n--backlog_wait_time 60000\n-e 1\n"
                               "-w /srv -p rwxa -k sekisho-files\n";
    sources.command_line.text = "ro audit=1 audit_backlog_limit=8192\n";
    const char *const names[] = {"audit.flush",
                                 "audit.capacity",
                                 "audit.admin_space_left_action",
                                 "audit.disk_full_action",
                                 "audit.disk_error_action",
                                 "audit.backlog",
                                 "audit.backlog_wait",
                                 "audit.rate",
                                 "audit.enabled",
                                 "audit.exceptions",
                                 "audit.boot",
                                 "audit.boot_backlog"};
    for (size_t i = 0; i < ELEMENTS(names); i++)
        expect(names[i], FINDING_OK, "");
}

Test(audit_setup, an_unreadable_file_is_unverified_never_ok)
{
    sources.auditd_conf = (struct check_text){"/etc/audit/auditd.conf", NULL, -EACCES};
    sources.audit_rules = (struct check_text){"/etc/audit/audit.rules", NULL, -ENOENT};
    sources.command_line = (struct check_text){"/proc/cmdline", NULL, -EIO};
    for (size_t i = 0; i < audit_setup_n_checks; i++)
        expect(audit_setup_checks[i].name, FINDING_UNVERIFIED, "could not be read");
}

Test(audit_setup, a_missing_key_is_what_auditd_takes_without_it)
{
    set_conf("");
    expect("audit.flush", FINDING_VIOLATION, "not set");
    expect("audit.write_logs", FINDING_OK, "“yes”");
    expect("audit.disk_full_action", FINDING_VIOLATION, "“IGNORE”");
    expect("audit.capacity", FINDING_NOT_APPLICABLE, "nothing is deleted");
}

Test(audit_setup, the_last_one_of_a_setting_counts_and_comments_do_not)
{
    set_conf("FLUSH=sync\n  # flush = none\nflush\t=\tnone\n");
    expect("audit.flush", FINDING_VIOLATION, "flush = none");
    set_conf("flush = none\nflush = data # for the power cut\n#flush = none");
    expect("audit.flush", FINDING_OK, "flush = data");
}

Test(audit_setup, what_is_not_written_or_elsewhere_cannot_be_read)
{
    set_conf("write_logs = no\nlocal_events = no\nlog_file = /srv/audit.log\nlog_format = NOLOG\n"
             "max_log_file_action = SUSPEND\nspace_left_action = rotate\n");
    expect("audit.write_logs", FINDING_VIOLATION, "no");
    expect("audit.local_events", FINDING_VIOLATION, "no");
    expect("audit.log_file", FINDING_VIOLATION, "/srv/audit.log");
    expect("audit.log_format", FINDING_VIOLATION, "NOLOG");
    expect("audit.max_log_file_action", FINDING_VIOLATION, "SUSPEND");
    expect("audit.space_left_action", FINDING_VIOLATION, "rotate");
}

Test(audit_setup, rules_that_drop_events_are_told)
{
    sources.audit_rules.text = "-b 320\n--backlog_wait_time=0\n-r100\n-e 0\n"
                               "## -a never,task\n-a never,task\n";
    expect("audit.backlog", FINDING_VIOLATION, "-b 320");
    expect("audit.backlog_wait", FINDING_VIOLATION, "--backlog_wait_time 0");
    expect("audit.rate", FINDING_VIOLATION, "-r 100");
    expect("audit.enabled", FINDING_VIOLATION, "-e 0");
    expect("audit.exceptions", FINDING_VIOLATION, "audit.rules:6: -a never,task");
}

Test(audit_setup, locked_rules_are_in_order_and_said)
{
    sources.audit_rules.text = "-b 8192\n-e 2\n";
    expect("audit.enabled", FINDING_OK, "only after a reboot");
}

Test(audit_setup, a_rule_that_passes_over_something_is_for_a_person_to_judge)
{
    sources.audit_rules.text = "-a exit,never -F arch=b64 -S openat -F uid=33\n";
    expect("audit.exceptions", FINDING_UNVERIFIED, "audit.rules:1");
    sources.audit_rules.text = "-D\n-a always,exclude -F msgtype=CWD\n";
    expect("audit.exceptions", FINDING_UNVERIFIED, "audit.rules:2");
    sources.audit_rules.text = "-a always,exit -F path=/never,task -k exclude\n";
    expect("audit.exceptions", FINDING_OK, "");
}

Test(audit_setup, the_command_line_begins_auditing_with_the_kernel)
{
    sources.command_line.text = "BOOT_IMAGE=/vmlinuz ro quiet\n";
    expect("audit.boot", FINDING_VIOLATION, "not there");
    expect("audit.boot_backlog", FINDING_NOT_APPLICABLE, "");
    sources.command_line.text = "ro audit=1 audit=0\n";
    expect("audit.boot", FINDING_VIOLATION, "audit=0");
    sources.command_line.text = "ro audit=1 -- audit=0\n";
    expect("audit.boot", FINDING_OK, "audit=1");
    expect("audit.boot_backlog", FINDING_VIOLATION, "64");
    sources.command_line.text = "ro noaudit=1 my.audit=1\n";
    expect("audit.boot", FINDING_VIOLATION, "not there");
}
