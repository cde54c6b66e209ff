// SPDX-License-Identifier: GPL-3.0-or-later
// A list of checks; what a setting has to be stands beside its name.
#include "report/audit-setup.h"

#include "base/i18n.h"
#include "base/text.h"
#include "report/audit-setup-parts.h"
#include "report/audit-text.h"

#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <string.h>
#include <strings.h>

#define CLAUSES "5 (3), 5 (6)"
#define CAPACITY_LEAST_MIB 256
#define EVENTS_PER_MIB 1100 // measured: 942 bytes an event

// ---- Results -----------------------------------------------------------------------------------

int audit_setup_give_unread(const struct check_text *source, struct check_result *ret)
{
    const char *remedy = source->error == -ENOENT
                             ? _("install auditd, and start it once: “sudo apt install auditd”")
                             : _("run “sekisho check” as root");
    return check_give(
        ret, FINDING_UNVERIFIED,
        text_format(_("%s could not be read: %s"), source->path, strerror(-source->error)),
        text_dup(remedy));
}

uint64_t audit_setup_number(const char *text)
{
    uint64_t number;
    return text_to_u64(text, 10, UINT32_MAX, &number) < 0 ? 0 : number;
}

// ---- Words of auditd.conf ----------------------------------------------------------------------

struct setting {
    const char *key;
    const char *fallback; // what auditd takes if the key is missing
    const char *const good[6];
    const char *want; // what to write instead
    const char *why;  // N_(): what is lost otherwise
};

// The value as a person wrote it, or what auditd takes without it.
static char *describe_setting(const struct check_text *conf, const char *key, const char *fallback,
                              char ret_value[AUDIT_VALUE_SIZE])
{
    if (!audit_conf_find(conf->text, key, ret_value)) {
        text_copy(ret_value, AUDIT_VALUE_SIZE, fallback);
        return text_format(_("%s is not set, so auditd takes “%s”"), key, fallback);
    }
    CLEANUP_FREE char *printable = text_printable(ret_value);
    return printable ? text_format("%s = %s", key, printable) : NULL;
}

static char *say_what_to_set(const struct check_text *conf, const struct setting *setting)
{
    return text_format(_("in %s: “%s = %s”; %s"), conf->path, setting->key, setting->want,
                       _(setting->why));
}

static bool is_good(const struct setting *setting, const char *value)
{
    for (size_t i = 0; i < ELEMENTS(setting->good) && setting->good[i]; i++)
        if (strcasecmp(setting->good[i], value) == 0)
            return true;
    return false;
}

static int look_at_setting(const struct check *check, const struct check_sources *sources,
                           struct check_result *ret)
{
    const struct setting *setting = check->about;
    const struct check_text *conf = &sources->auditd_conf;
    char value[AUDIT_VALUE_SIZE];
    if (!conf->text)
        return audit_setup_give_unread(conf, ret);
    char *evidence = describe_setting(conf, setting->key, setting->fallback, value);
    bool good = is_good(setting, value);
    return check_give(ret, good ? FINDING_OK : FINDING_VIOLATION, evidence,
                      good ? NULL : say_what_to_set(conf, setting));
}

static const struct setting write_logs = {
    "write_logs", "yes", {"yes"}, "yes", N_("without it nothing is on the disk to be read")};
static const struct setting local_events = {
    "local_events", "yes", {"yes"}, "yes", N_("without it the kernel's events are left unread")};
static const struct setting log_file = {"log_file",
                                        "/var/log/audit/audit.log",
                                        {"/var/log/audit/audit.log"},
                                        "/var/log/audit/audit.log",
                                        N_("sekishod reads no other file")};
static const struct setting log_format = {
    "log_format", "RAW", {"raw", "enriched"}, "ENRICHED", N_("sekishod reads RAW and ENRICHED")};
static const struct setting max_log_file_action = {
    "max_log_file_action",
    "IGNORE",
    {"keep_logs", "rotate", "ignore", "syslog"},
    "ROTATE",
    N_("anything else ends the recording when the file is full")};
static const struct setting space_left_action = {
    "space_left_action",
    "IGNORE",
    {"syslog", "email", "exec", "single", "halt"},
    "SYSLOG",
    N_("somebody has to be told that the disk fills; ROTATE deletes, SUSPEND ends the recording")};
static const struct setting admin_space_left_action = {
    "admin_space_left_action",
    "IGNORE",
    {"syslog", "email", "exec", "single", "halt"},
    "SYSLOG",
    N_("SUSPEND ends the recording until “sudo pkill -USR2 -x auditd”, ROTATE deletes")};
static const struct setting disk_full_action = {
    "disk_full_action",
    "IGNORE",
    {"halt", "single"},
    "HALT",
    N_("only HALT and SINGLE lose nothing; SYSLOG loses what happens while the disk is full and "
       "goes on by itself; after SUSPEND nothing is recorded until “sudo pkill -USR2 -x auditd”")};
static const struct setting disk_error_action = {
    "disk_error_action",
    "SYSLOG",
    {"halt", "single"},
    "HALT",
    N_("only HALT and SINGLE lose nothing; SYSLOG loses what could not be written and goes on; "
       "after SUSPEND nothing is recorded until “sudo pkill -USR2 -x auditd”")};

// ---- More than a word --------------------------------------------------------------------------

static int look_at_flush(const struct check *check, const struct check_sources *sources,
                         struct check_result *ret)
{
    static const struct setting setting = {
        "flush",
        "NONE",
        {"data", "sync"},
        "DATA",
        N_("otherwise a power cut takes the newest events with it, unseen")};
    const struct check_text *conf = &sources->auditd_conf;
    char value[AUDIT_VALUE_SIZE], freq[AUDIT_VALUE_SIZE];
    (void)check;
    if (!conf->text)
        return audit_setup_give_unread(conf, ret);
    CLEANUP_FREE char *evidence = describe_setting(conf, setting.key, setting.fallback, value);
    if (is_good(&setting, value))
        return check_give(ret, FINDING_OK, TAKE_PTR(evidence), NULL);
    CLEANUP_FREE char *often = describe_setting(conf, "freq", "0", freq);
    bool by_number = strncasecmp(value, "incremental", strlen("incremental")) == 0;
    uint64_t records = audit_setup_number(freq);
    char *whole =
        !evidence || !often ? NULL
        : by_number && records > 0
            ? text_format(_("%s, %s: up to %" PRIu64 " records are not on the disk yet"), evidence,
                          often, records)
            : text_format(_("%s: when records reach the disk is left to chance"), evidence);
    return check_give(ret, FINDING_VIOLATION, whole, say_what_to_set(conf, &setting));
}

// What a rotation deletes before sekishod has read it is lost if the agent is away for long.
static int look_at_capacity(const struct check *check, const struct check_sources *sources,
                            struct check_result *ret)
{
    const struct check_text *conf = &sources->auditd_conf;
    char action[AUDIT_VALUE_SIZE], size[AUDIT_VALUE_SIZE], files[AUDIT_VALUE_SIZE];
    (void)check;
    if (!conf->text)
        return audit_setup_give_unread(conf, ret);
    CLEANUP_FREE char *how = describe_setting(conf, "max_log_file_action", "IGNORE", action);
    CLEANUP_FREE char *how_large = describe_setting(conf, "max_log_file", "0", size);
    CLEANUP_FREE char *how_many = describe_setting(conf, "num_logs", "0", files);
    if (!how || !how_large || !how_many)
        return -ENOMEM;
    if (strcasecmp(action, "rotate") != 0)
        return check_give(ret, FINDING_NOT_APPLICABLE,
                          text_format(_("%s: nothing is deleted"), how), NULL);
    uint64_t mib = audit_setup_number(size), n = audit_setup_number(files);
    if (n < 2)
        return check_give(ret, FINDING_NOT_APPLICABLE,
                          text_format(_("%s: nothing is deleted"), how_many), NULL);
    char *evidence = text_format(_("%" PRIu64 " MiB × %" PRIu64 " = %" PRIu64 " MiB, about %" PRIu64
                                   " events; the oldest are deleted"),
                                 mib, n, mib * n, mib * n * EVENTS_PER_MIB);
    if (mib * n >= CAPACITY_LEAST_MIB)
        return check_give(ret, FINDING_OK, evidence, NULL);
    return check_give(
        ret, FINDING_VIOLATION, evidence,
        text_format(_("in %s: “max_log_file = 64”, “num_logs = 16”; with less than %d MiB "
                      "what happens while sekishod is away is soon deleted"),
                    conf->path, CAPACITY_LEAST_MIB));
}

// ---- The list ----------------------------------------------------------------------------------

const struct check audit_setup_checks[] = {
    {CLAUSES, "audit.write_logs", look_at_setting, &write_logs},
    {CLAUSES, "audit.local_events", look_at_setting, &local_events},
    {CLAUSES, "audit.log_file", look_at_setting, &log_file},
    {CLAUSES, "audit.log_format", look_at_setting, &log_format},
    {CLAUSES, "audit.flush", look_at_flush, NULL},
    {CLAUSES, "audit.max_log_file_action", look_at_setting, &max_log_file_action},
    {CLAUSES, "audit.capacity", look_at_capacity, NULL},
    {CLAUSES, "audit.space_left_action", look_at_setting, &space_left_action},
    {CLAUSES, "audit.admin_space_left_action", look_at_setting, &admin_space_left_action},
    {CLAUSES, "audit.disk_full_action", look_at_setting, &disk_full_action},
    {CLAUSES, "audit.disk_error_action", look_at_setting, &disk_error_action},
    {CLAUSES, "audit.backlog", audit_setup_look_at_backlog, NULL},
    {CLAUSES, "audit.backlog_wait", audit_setup_look_at_waiting, NULL},
    {CLAUSES, "audit.rate", audit_setup_look_at_rate, NULL},
    {CLAUSES, "audit.enabled", audit_setup_look_at_enabled, NULL},
    {CLAUSES, "audit.exceptions", audit_setup_look_at_exceptions, NULL},
    {CLAUSES, "audit.boot", audit_setup_look_at_boot, NULL},
    {CLAUSES, "audit.boot_backlog", audit_setup_look_at_boot_backlog, NULL},
};
const size_t audit_setup_n_checks = ELEMENTS(audit_setup_checks);
