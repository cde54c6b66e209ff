// SPDX-License-Identifier: GPL-3.0-or-later
// Each metric with its help and type, as promtool wants them.
#include "report/metrics.h"

#include "base/json.h"
#include "base/moment.h"
#include "base/text.h"
#include "report/finding.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>

static void begin(FILE *out, const char *name, const char *help)
{
    fprintf(out, "# HELP sekisho_%s %s\n# TYPE sekisho_%s gauge\n", name, help, name);
}

static void give(FILE *out, const char *name, const char *help, uint64_t value)
{
    begin(out, name, help);
    fprintf(out, "sekisho_%s %" PRIu64 "\n", name, value);
}

static void give_time(FILE *out, const char *name, const char *help, uint64_t ns)
{
    begin(out, name, help);
    fprintf(out, "sekisho_%s %" PRIu64 ".%03" PRIu64 "\n", name, ns / NS_PER_S,
            ns % NS_PER_S / NS_PER_MS);
}

// A label's value: within quotes only these three mean something else.
static void put_label(FILE *out, const char *value)
{
    for (; value && *value; value++) {
        if (*value == '\\' || *value == '"')
            fputc('\\', out);
        if (*value == '\n')
            fputs("\\n", out);
        else
            fputc(*value, out);
    }
}

static void give_modes(FILE *out, json_object *modes)
{
    if (!modes)
        return;
    begin(out, "guard_enforcing", "1: the guard enforces, 0: it only observes.");
    json_object_object_foreach(modes, guard, mode)
    {
        fputs("sekisho_guard_enforcing{guard=\"", out);
        put_label(out, guard);
        fprintf(out, "\"} %d\n", text_equal(json_object_get_string(mode), "enforce"));
    }
}

static void give_guards(FILE *out, json_object *guards)
{
    begin(out, "guard_ok", "1: the guard is well.");
    for (size_t i = 0; guards && i < json_object_array_length(guards); i++) {
        json_object *guard = json_object_array_get_idx(guards, i);
        fputs("sekisho_guard_ok{guard=\"", out);
        put_label(out, json_get_text(guard, "name"));
        fprintf(out, "\"} %d\n", text_equal(json_get_text(guard, "state"), "ok"));
    }
}

static void give_findings(FILE *out, json_object *health)
{
    json_object *checks = json_get(health, "checks");
    begin(out, "findings", "Checks by what they found.");
    for (enum finding_value value = 0; value < FINDING_VALUE_MAX; value++) {
        const char *finding = finding_value_to_str(value);
        fprintf(out, "sekisho_findings{finding=\"%s\"} %" PRIu64 "\n", finding,
                json_get_number(health, finding));
    }
    begin(out, "check", "1: what the check found.");
    for (size_t i = 0; checks && i < json_object_array_length(checks); i++) {
        static const char *const labels[] = {"check", "clause", "finding"};
        json_object *check = json_object_array_get_idx(checks, i);
        for (size_t j = 0; j < ELEMENTS(labels); j++) {
            fprintf(out, "%s%s=\"", j == 0 ? "sekisho_check{" : ",", labels[j]);
            put_label(out, json_get_text(check, labels[j]));
            fputc('"', out);
        }
        fputs("} 1\n", out);
    }
}

static void write_status(FILE *out, json_object *status)
{
    json_object *ledger = json_get(status, "ledger"), *devices = json_get(status, "devices");
    give(out, "up", "1: sekishod runs. See node_textfile_mtime_seconds, too.", 1);
    give_time(out, "start_time_seconds", "When it started.",
              json_get_number(status, "started_at_ns"));
    give_modes(out, json_get(status, "mode"));
    give_guards(out, json_get(status, "guards"));
    give(out, "ledger_writable", "1: rows can be written.", json_get_bool(ledger, "writable"));
    give(out, "ledger_sequence", "Number of the last row.", json_get_number(ledger, "sequence"));
    give_time(out, "ledger_sealed_time_seconds", "When the last seal was made.",
              json_get_number(ledger, "sealed_at_ns"));
    give(out, "trail_recorded", "1: logins and file access are recorded.",
         json_get_bool(json_get(status, "trail"), "recorded"));
    give(out, "policy_mistakes", "Mistakes for which the policy's file was refused.",
         json_get_number(json_get(status, "policy"), "mistakes"));
    give(out, "devices_plugged", "USB devices that are plugged in.",
         json_get_number(devices, "plugged"));
    give(out, "devices_blocked", "Those of them without approval.",
         json_get_number(devices, "blocked"));
    if (json_get(status, "open_incidents"))
        give(out, "open_incidents", "Incidents that nobody has closed.",
             json_get_number(status, "open_incidents"));
    if (json_get(status, "incident_rows"))
        give(out, "open_incident_rows", "Violations that belong to them.",
             json_get_number(status, "incident_rows"));
    give_findings(out, json_get(status, "health"));
}

int metrics_from_status(json_object *status, char **ret)
{
    CLEANUP_FREE char *text = NULL;
    size_t length;
    FILE *out = open_memstream(&text, &length);
    if (!out)
        return -ENOMEM;
    write_status(out, status);
    if (fclose(out) != 0)
        return -ENOMEM;
    *ret = TAKE_PTR(text);
    return 0;
}

int metrics_of_stopped(char **ret)
{
    *ret = text_dup("# HELP sekisho_up 1: sekishod runs. See node_textfile_mtime_seconds, too.\n"
                    "# TYPE sekisho_up gauge\n"
                    "sekisho_up 0\n");
    return *ret ? 0 : -ENOMEM;
}
