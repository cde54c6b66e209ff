// SPDX-License-Identifier: GPL-3.0-or-later
#include "report/ecs.h"

#include "base/text.h"

#include <criterion/criterion.h>
#include <string.h>

// "event.action" → the value below it, as text.
static const char *value_of(json_object *document, const char *path)
{
    CLEANUP_FREE char *copy = strdup(path);
    char *rest = NULL;
    json_object *value = document;
    for (const char *part = strtok_r(copy, ".", &rest); part; part = strtok_r(NULL, ".", &rest))
        value = json_get(value, part);
    return value ? json_object_get_string(value) : NULL;
}

static void expect(json_object *document, const char *path, const char *expected)
{
    const char *value = value_of(document, path);
    cr_expect(text_equal(value, expected), "%s is %s", path, value ? value : "absent");
}

static const struct query_row blocked = {
    .sequence = 417,
    .kind_name = "usb.blocked",
    .fact = {.kind = FACT_USB_BLOCKED,
             .severity = SEVERITY_VIOLATION,
             .at = {.wall_ns = UINT64_C(1795432504123456789), .monotonic_ns = 5, .boot = "ab12"},
             .uid = 1000,
             .pid = 42,
             .user = (char *)"sato",
             .exe = (char *)"/usr/sbin/sekishod",
             .object = (char *)"0951:1666:E0D5",
             .outcome = (char *)"blocked",
             .details = (char *)"{\"vendor\":\"0951\",\"product\":\"1666\",\"serial\":\"E0D5\","
                                "\"manufacturer\":\"Kingston\",\"name\":\"DataTraveler\","
                                "\"function\":\"storage\",\"reason\":\"no-approval\","
                                "\"rule\":\"none\"}"},
};

Test(ecs, a_blocked_stick_uses_the_schemas_own_fields)
{
    CLEANUP_JSON json_object *document = ecs_document(&blocked, "pc-01");
    expect(document, "@timestamp", "2026-11-23T11:15:04.123456789Z");
    expect(document, "event.kind", "alert");
    expect(document, "event.action", "usb.blocked");
    expect(document, "event.sequence", "417");
    expect(document, "event.severity", "3");
    expect(document, "event.outcome", "success");
    expect(document, "event.reason", "no-approval");
    expect(document, "rule.name", "none");
    expect(document, "log.level", "violation");
    expect(document, "host.name", "pc-01");
    expect(document, "host.boot.id", "ab12");
    expect(document, "user.id", "1000");
    expect(document, "user.name", "sato");
    expect(document, "process.pid", "42");
    expect(document, "process.executable", "/usr/sbin/sekishod");
    expect(document, "process.name", "sekishod");
    expect(document, "device.id", "0951:1666:E0D5");
    expect(document, "device.manufacturer", "Kingston");
    expect(document, "device.model.name", "DataTraveler");
    expect(document, "device.model.identifier", "0951:1666");
    expect(document, "device.serial_number", "E0D5");
    expect(document, "sekisho.outcome", "blocked");
    expect(document, "message",
           "Kingston DataTraveler (0951:1666:E0D5) was blocked (storage): no-approval");
}

Test(ecs, a_refused_mount_is_a_volume)
{
    const struct query_row row = {
        .sequence = 1,
        .kind_name = "medium.refused",
        .fact = {.kind = FACT_MEDIUM_REFUSED,
                 .uid = FACT_NO_UID,
                 .object = (char *)"/mnt",
                 .outcome = (char *)"refused",
                 .details =
                     (char *)"{\"source\":\"/dev/sda1\",\"point\":\"/mnt\",\"type\":\"vfat\","
                             "\"read_only\":false}"},
    };
    CLEANUP_JSON json_object *document = ecs_document(&row, NULL);
    expect(document, "volume.device_name", "/dev/sda1");
    expect(document, "volume.mount_name", "/mnt");
    expect(document, "volume.file_system_type", "vfat");
    expect(document, "volume.writable", "true");
    expect(document, "event.outcome", "failure");
    expect(document, "user.id", NULL);
    expect(document, "device.id", NULL);
}

static json_object *document_of(enum fact_kind kind, const char *outcome, const char *details)
{
    const struct query_row row = {.sequence = 7,
                                  .kind_name = fact_kind_to_str(kind),
                                  .fact = {.kind = kind,
                                           .uid = 1000,
                                           .user = (char *)"sato",
                                           .object = (char *)"/srv/受付/a.xlsx",
                                           .outcome = (char *)outcome,
                                           .details = (char *)details}};
    return ecs_document(&row, "pc-01");
}

Test(ecs, a_renamed_file_has_both_paths)
{
    CLEANUP_JSON json_object *document =
        document_of(FACT_FILE_RENAMED, "done", "{\"to\":\"/srv/済/a.xlsx\"}");
    expect(document, "file.path", "/srv/受付/a.xlsx");
    expect(document, "file.name", "a.xlsx");
    expect(document, "file.target_path", "/srv/済/a.xlsx");
    expect(document, "file.type", "file");
    expect(document, "event.category", "[ \"file\" ]");
    expect(document, "event.type", "[ \"change\" ]");
    expect(document, "event.outcome", "success");
}

Test(ecs, repeats_in_one_row_have_a_start_and_an_end)
{
    CLEANUP_JSON json_object *document = document_of(
        FACT_FILE_READ, "done",
        "{\"of\":3,\"count\":9,\"first_ns\":1795432504000000000,\"last_ns\":1795432505000000000}");
    expect(document, "event.type", "[ \"access\" ]");
    expect(document, "event.start", "2026-11-23T11:15:04.000000000Z");
    expect(document, "event.end", "2026-11-23T11:15:05.000000000Z");
}

Test(ecs, what_a_person_takes_out_on_a_medium_is_a_file)
{
    CLEANUP_JSON json_object *document = document_of(FACT_MEDIUM_WRITTEN, "done", NULL);
    expect(document, "file.path", "/srv/受付/a.xlsx");
    expect(document, "event.category", "[ \"file\" ]");
    expect(document, "volume", NULL);
}

Test(ecs, a_login_has_an_address_and_the_account_that_sudo_becomes)
{
    CLEANUP_JSON json_object *document =
        document_of(FACT_LOGIN_SUCCEEDED, NULL, "{\"address\":\"192.0.2.7\",\"as\":\"root\"}");
    expect(document, "source.address", "192.0.2.7");
    expect(document, "user.name", "sato");
    expect(document, "user.effective.name", "root");
    expect(document, "event.category", "[ \"authentication\" ]");
    expect(document, "event.type", "[ \"start\" ]");
    expect(document, "event.outcome", NULL);
}

Test(ecs, a_failed_login_is_a_failure_of_the_account)
{
    const struct query_row row = {.kind_name = "login.failed",
                                  .fact = {.kind = FACT_LOGIN_FAILED,
                                           .uid = FACT_NO_UID,
                                           .details = (char *)"{\"account\":\"tanaka\"}"}};
    CLEANUP_JSON json_object *document = ecs_document(&row, NULL);
    expect(document, "user.name", "tanaka");
    expect(document, "user.id", NULL);
    expect(document, "event.outcome", "failure");
}

Test(ecs, a_kind_of_a_later_version_is_still_a_document)
{
    const struct query_row row = {.sequence = 1,
                                  .kind_name = "printer.jammed",
                                  .fact = {.kind = FACT_KIND_MAX, .uid = FACT_NO_UID}};
    CLEANUP_JSON json_object *document = ecs_document(&row, "pc-01");
    expect(document, "event.action", "printer.jammed");
    expect(document, "message", "printer.jammed");
}

Test(ecs, details_that_are_no_json_are_left_out_and_bytes_that_are_no_text_are_made_visible)
{
    const struct query_row row = {.sequence = 1,
                                  .kind_name = "usb.blocked",
                                  .fact = {.kind = FACT_USB_BLOCKED,
                                           .uid = FACT_NO_UID,
                                           .object = (char *)"a\x1b[31m\xff",
                                           .details = (char *)"{broken"}};
    CLEANUP_JSON json_object *document = ecs_document(&row, "pc-01");
    expect(document, "sekisho.object", "a\\x1b[31m\\xff");
    expect(document, "sekisho.details", NULL);
}

Test(ecs, a_document_is_one_line)
{
    char *out = NULL;
    size_t length;
    FILE *file = open_memstream(&out, &length);
    cr_assert_eq(ecs_write_line(file, &blocked, "pc\n01"), 0);
    (void)fclose(file);
    cr_expect_eq(strchr(out, '\n'), out + length - 1);
    free(out);
}
