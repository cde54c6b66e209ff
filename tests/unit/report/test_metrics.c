// SPDX-License-Identifier: GPL-3.0-or-later
#include "base/json.h"
#include "report/metrics.h"

#include <criterion/criterion.h>
#include <string.h>

static char *written(const char *status)
{
    CLEANUP_JSON json_object *object = json_parse(status, strlen(status), json_type_object);
    char *text = NULL;
    cr_assert_not_null(object);
    cr_assert_eq(metrics_from_status(object, &text), 0);
    return text;
}

static void expect_line(const char *text, const char *line)
{
    bool whole = false;
    for (const char *at = text; !whole && (at = strstr(at, line)); at++)
        whole = (at == text || at[-1] == '\n') && at[strlen(line)] == '\n';
    cr_expect(whole, "no line “%s” in:\n%s", line, text);
}

Test(metrics, the_status_becomes_a_line_each)
{
    CLEANUP_FREE char *text = written(
        "{\"started_at_ns\":1500000000,\"mode\":{\"usb\":\"enforce\",\"network\":\"observe\"},"
        "\"guards\":[{\"name\":\"usb\",\"state\":\"ok\"},{\"name\":\"network\",\"state\":"
        "\"failed\"}],\"ledger\":{\"writable\":true,\"sequence\":7,\"sealed_at_ns\":2000000000},"
        "\"trail\":{\"recorded\":true},\"devices\":{\"plugged\":3,\"blocked\":1},"
        "\"open_incidents\":2,\"health\":{\"ok\":1,\"violation\":1,\"checks\":[{\"check\":"
        "\"antivirus.running\",\"clause\":\"5 (9)\",\"finding\":\"violation\"}]}}");
    expect_line(text, "sekisho_up 1");
    expect_line(text, "sekisho_start_time_seconds 1.500");
    expect_line(text, "sekisho_guard_enforcing{guard=\"usb\"} 1");
    expect_line(text, "sekisho_guard_enforcing{guard=\"network\"} 0");
    expect_line(text, "sekisho_guard_ok{guard=\"network\"} 0");
    expect_line(text, "sekisho_ledger_sequence 7");
    expect_line(text, "sekisho_trail_recorded 1");
    expect_line(text, "sekisho_devices_blocked 1");
    expect_line(text, "sekisho_open_incidents 2");
    expect_line(text, "sekisho_findings{finding=\"violation\"} 1");
    expect_line(text, "sekisho_findings{finding=\"unverified\"} 0");
    expect_line(text, "sekisho_check{check=\"antivirus.running\",clause=\"5 (9)\",finding="
                      "\"violation\"} 1");
}

Test(metrics, what_the_agent_does_not_know_is_not_claimed)
{
    CLEANUP_FREE char *text = written("{}");
    cr_expect_null(strstr(text, "sekisho_open_incidents"));
    expect_line(text, "sekisho_trail_recorded 0");
    expect_line(text, "sekisho_ledger_writable 0");
}

Test(metrics, a_label_can_not_end_early)
{
    CLEANUP_FREE char *text =
        written("{\"guards\":[{\"name\":\"a\\\"} 9\\nsekisho_up 0\\\\\",\"state\":\"ok\"}]}");
    expect_line(text, "sekisho_guard_ok{guard=\"a\\\"} 9\\nsekisho_up 0\\\\\"} 1");
}

Test(metrics, each_metric_has_its_type_once)
{
    CLEANUP_FREE char *text = written("{\"mode\":{\"usb\":\"enforce\"}}");
    for (const char *at = text; (at = strstr(at, "# TYPE ")); at++) {
        char line[96];
        (void)snprintf(line, sizeof line, "%.*s\n", (int)strcspn(at, "\n"), at);
        cr_expect_null(strstr(at + 1, line), "twice: %s", line);
    }
}

Test(metrics, an_agent_that_ended_says_so)
{
    CLEANUP_FREE char *text = NULL;
    cr_assert_eq(metrics_of_stopped(&text), 0);
    expect_line(text, "sekisho_up 0");
}
