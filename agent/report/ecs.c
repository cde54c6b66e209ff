// SPDX-License-Identifier: GPL-3.0-or-later
// The mapping of ecs.h.
#include "report/ecs.h"

#include "base/text.h"
#include "report/sentence.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>

#define ECS_VERSION "8.11.0"

// event.category and event.type, by the front of the kind's name. The first that fits.
static const struct {
    const char *prefix, *category, *type;
} classes[] = {
    {"usb.allowed", "host", "allowed"},
    {"usb.blocked", "host", "denied"},
    {"usb.removed", "host", "end"},
    {"request.", "configuration", "change"},
    {"medium.refused", "host", "denied"},
    {"medium.written", "file", "change"},
    {"medium.", "host", "access"},
    {"agent.started", "process", "start"},
    {"agent.stopped", "process", "end"},
    {"agent.tampered", "intrusion_detection", "change"},
    {"agent.gap", "host", "info"},
    {"policy.rejected", "configuration", "denied"},
    {"policy.", "configuration", "change"},
    {"mode.", "configuration", "change"},
    {"approval.granted", "configuration", "creation"},
    {"approval.ended", "configuration", "deletion"},
    {"posture.", "configuration", "info"},
    {"permit.granted", "configuration", "creation"},
    {"permit.ended", "configuration", "deletion"},
    {"attestation.made", "configuration", "creation"},
    {"attestation.ended", "configuration", "deletion"},
    {"ledger.pruned", "file", "deletion"},
    {"export.created", "file", "creation"},
    {"report.created", "file", "creation"},
    {"login.ended", "session", "end"},
    {"login.", "authentication", "start"},
    {"session.locked", "session", "end"},
    {"session.unlocked", "session", "start"},
    {"file.created", "file", "creation"},
    {"file.deleted", "file", "deletion"},
    {"file.read", "file", "access"},
    {"file.printed", "file", "access"},
    {"file.", "file", "change"},
    {"trail.", "host", "info"},
    {"network.allowed", "network", "allowed"},
    {"network.", "network", "info"},
    {"", "host", "info"},
};

static bool starts_with(const char *text, const char *prefix)
{
    return strncmp(text, prefix, strlen(prefix)) == 0;
}

static void add_word_list(json_object *object, const char *key, const char *word)
{
    json_object *list = json_object_new_array_ext(1);
    if (!list || json_object_array_add(list, json_object_new_string(word)) < 0)
        abort(); // lack of memory, as in base/json.c
    json_add(object, key, list);
}

// The columns of a ledger that somebody changed may hold anything: printable, or not at all.
static void add_printable(json_object *object, const char *key, const char *value)
{
    CLEANUP_FREE char *printable = value ? text_printable(value) : NULL;
    json_add_text(object, key, printable);
}

static void add_time(json_object *object, const char *key, uint64_t wall_ns)
{
    char text[40];
    if (wall_ns == 0)
        return;
    moment_to_utc(wall_ns, text);
    json_add_text(object, key, text);
}

// How long it lasted: a gap, the repeats that a row stands for, a session that ended.
static void add_stretch(json_object *event, enum fact_kind kind, json_object *details)
{
    bool gap = kind == FACT_AGENT_GAP;
    add_time(event, "start",
             json_get_number(details, gap                        ? "from_ns"
                                      : kind == FACT_LOGIN_ENDED ? "since_ns"
                                                                 : "first_ns"));
    add_time(event, "end", json_get_number(details, gap ? "to_ns" : "last_ns"));
}

static void copy(json_object *from, const char *key, json_object *to, const char *field)
{
    json_object *value = json_get(from, key);
    if (value)
        json_add(to, field, json_object_get(value));
}

static const char *kind_of_event(const struct fact *fact)
{
    if (fact->severity == SEVERITY_VIOLATION)
        return "alert";
    return fact->kind == FACT_REGISTER_STATED || fact->kind == FACT_LEDGER_OPENED ? "state"
                                                                                  : "event";
}

// Of a login the kind says it, whatever the outcome.
static bool is_failure(const struct fact *fact)
{
    return fact->kind == FACT_LOGIN_FAILED || fact->kind == FACT_LOGIN_REFUSED ||
           text_equal(fact->outcome, "failed") || text_equal(fact->outcome, "refused");
}

static void add_event(json_object *document, const struct query_row *row, json_object *details)
{
    const struct fact *fact = &row->fact;
    json_object *event = json_section(document, "event");
    size_t i = 0;
    while (!starts_with(row->kind_name, classes[i].prefix))
        i++;
    json_add_text(event, "kind", kind_of_event(fact));
    add_printable(event, "action", row->kind_name);
    add_word_list(event, "category", classes[i].category);
    add_word_list(event, "type", classes[i].type);
    if (fact->outcome || is_failure(fact))
        json_add_text(event, "outcome", is_failure(fact) ? "failure" : "success");
    json_add_number(event, "sequence", row->sequence);
    json_add_number(event, "severity", fact->severity);
    add_printable(event, "reason", json_get_text(details, "reason"));
    add_stretch(event, fact->kind, details);
    json_add_text(event, "provider", "sekisho");
    json_add_text(event, "dataset", "sekisho.ledger");
    json_add_text(json_section(document, "log"), "level", severity_to_str(fact->severity));
    if (json_get_text(details, "rule"))
        add_printable(json_section(document, "rule"), "name", json_get_text(details, "rule"));
}

static void add_host(json_object *document, const struct query_row *row, const char *host)
{
    json_object *section = json_section(document, "host");
    add_printable(section, "name", host);
    if (row->fact.at.boot[0])
        add_printable(json_section(section, "boot"), "id", row->fact.at.boot);
}

static void add_actor(json_object *document, const struct fact *fact)
{
    if (fact->uid != FACT_NO_UID) {
        CLEANUP_FREE char *id = text_format("%" PRIu32, fact->uid);
        json_add_text(json_section(document, "user"), "id", id);
    }
    if (fact->user)
        add_printable(json_section(document, "user"), "name", fact->user);
    if (fact->pid != 0)
        json_add_number(json_section(document, "process"), "pid", fact->pid);
    if (fact->exe) {
        add_printable(json_section(document, "process"), "executable", fact->exe);
        add_printable(json_section(document, "process"), "name", text_basename(fact->exe));
    }
}

static void add_device(json_object *document, const struct fact *fact, json_object *details)
{
    json_object *device = json_section(document, "device");
    const char *vendor = json_get_text(details, "vendor");
    const char *product = json_get_text(details, "product");
    add_printable(device, "id", fact->object);
    add_printable(device, "manufacturer", json_get_text(details, "manufacturer"));
    add_printable(device, "serial_number", json_get_text(details, "serial"));
    if (vendor && product) {
        CLEANUP_FREE char *identifier = text_format("%s:%s", vendor, product);
        add_printable(json_section(device, "model"), "identifier", identifier);
    }
    if (json_get_text(details, "name"))
        add_printable(json_section(device, "model"), "name", json_get_text(details, "name"));
}

static void add_volume(json_object *document, json_object *details)
{
    json_object *volume = json_section(document, "volume");
    const char *node = json_get_text(details, "node");
    add_printable(volume, "device_name", node ? node : json_get_text(details, "source"));
    add_printable(volume, "mount_name", json_get_text(details, "point"));
    add_printable(volume, "file_system_type", json_get_text(details, "type"));
    copy(details, "size", volume, "size");
    if (json_get(details, "read_only"))
        json_add_bool(volume, "writable", !json_get_bool(details, "read_only"));
    json_add_text(volume, "bus_type", "Usb");
}

static void add_file(json_object *document, const struct fact *fact, json_object *details)
{
    json_object *file = json_section(document, "file");
    const char *to = json_get_text(details, "to");
    bool folder = json_get_bool(details, "folder");
    add_printable(file, "path", fact->object);
    if (to)
        add_printable(file, "target_path", to);
    json_add_text(file, "type", folder ? "dir" : "file");
    if (fact->object)
        add_printable(file, "name", text_basename(fact->object));
}

static void add_login(json_object *document, const struct fact *fact, json_object *details)
{
    const char *account = json_get_text(details, "account");
    const char *address = json_get_text(details, "address");
    const char *as = json_get_text(details, "as");
    if (account && !fact->user)
        add_printable(json_section(document, "user"), "name", account);
    if (as)
        add_printable(json_section(json_section(document, "user"), "effective"), "name", as);
    if (address)
        add_printable(json_section(document, "source"), "address", address);
}

static void add_object(json_object *document, const struct query_row *row, json_object *details)
{
    if (starts_with(row->kind_name, "usb."))
        add_device(document, &row->fact, details);
    else if (starts_with(row->kind_name, "file.") || row->fact.kind == FACT_MEDIUM_WRITTEN)
        add_file(document, &row->fact, details);
    else if (starts_with(row->kind_name, "medium."))
        add_volume(document, details);
    else if (starts_with(row->kind_name, "login."))
        add_login(document, &row->fact, details);
}

static void add_own(json_object *document, const struct fact *fact, json_object *details)
{
    json_object *own = json_section(document, "sekisho");
    add_printable(own, "object", fact->object);
    add_printable(own, "outcome", fact->outcome);
    add_printable(own, "session", fact->session);
    json_add_number(own, "monotonic_ns", fact->at.monotonic_ns);
    if (details)
        json_add(own, "details", json_object_get(details));
}

json_object *ecs_document(const struct query_row *row, const char *host)
{
    CLEANUP_JSON json_object *details = fact_read_details(&row->fact);
    CLEANUP_FREE char *message = sentence_make(row, details, false);
    json_object *document = json_object_new_object();
    if (!document)
        return NULL;
    char time[40];
    moment_to_utc(row->fact.at.wall_ns, time);
    json_add_text(document, "@timestamp", time);
    json_add_text(document, "message", message);
    json_add_text(json_section(document, "ecs"), "version", ECS_VERSION);
    add_event(document, row, details);
    add_host(document, row, host);
    add_actor(document, &row->fact);
    add_object(document, row, details);
    add_own(document, &row->fact, details);
    return document;
}

int ecs_write(FILE *file, const struct query_row *row, const char *host)
{
    CLEANUP_JSON json_object *document = ecs_document(row, host);
    if (!document)
        return -ENOMEM;
    const char *text = json_to_line(document);
    return fputs(text, file) == EOF ? -EIO : 0;
}

int ecs_write_line(FILE *file, const struct query_row *row, const char *host)
{
    int r = ecs_write(file, row, host);
    return r == 0 && fputc('\n', file) == EOF ? -EIO : r;
}
