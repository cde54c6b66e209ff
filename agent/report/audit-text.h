// SPDX-License-Identifier: GPL-3.0-or-later
// What the files of auditing say: auditd.conf, audit.rules, the kernel command line. Read as
// auditd, auditctl and the kernel read them: the last one of a setting counts.
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define AUDIT_VALUE_SIZE 256 // longer ones are cut: none that is right is so long

// "key = value" of auditd.conf; keys are in any case. False: it is not set.
bool audit_conf_find(const char *conf, const char *key, char ret[AUDIT_VALUE_SIZE]);

// The value behind an option of auditctl, as "-b" or "--backlog_wait_time". False: there is none.
bool audit_rules_find(const char *rules, const char *option, char ret[AUDIT_VALUE_SIZE]);
// The first rule that is appended to `list` ("task", "exit", "exclude") with `action` ("never";
// NULL: any). Its line number and text, or 0.
unsigned audit_rules_find_rule(const char *rules, const char *list, const char *action,
                               char ret[AUDIT_VALUE_SIZE]);

// "key=value" of the kernel command line.
bool audit_command_line_find(const char *line, const char *key, char ret[AUDIT_VALUE_SIZE]);
