// SPDX-License-Identifier: GPL-3.0-or-later
// From a fact to the fields of a journal entry.
#include "bus/journal.h"

#include "base/digest.h"
#include "base/text.h"

#include <assert.h>
#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <string.h>
#include <syslog.h>

static const int priorities[] = {
    [SEVERITY_INFO] = LOG_INFO,
    [SEVERITY_NOTICE] = LOG_NOTICE,
    [SEVERITY_WARNING] = LOG_WARNING,
    [SEVERITY_VIOLATION] = LOG_CRIT,
};
static_assert(ELEMENTS(priorities) == SEVERITY_MAX, "a priority for each severity");

void journal_message_id(enum fact_kind kind, char ret[JOURNAL_ID_SIZE])
{
    uint8_t digest[DIGEST_SIZE];
    char text[128];
    int n = snprintf(text, sizeof text, "org.sekisho.Agent1 %s", fact_kind_to_str(kind));
    assert(n > 0 && (size_t)n < sizeof text);
    digest_of(text, (size_t)n, digest);
    digest[6] = (uint8_t)((digest[6] & 0x0F) | 0x80); // version 8: its maker's own scheme
    digest[8] = (uint8_t)((digest[8] & 0x3F) | 0x80); // variant of RFC 9562
    text_hex(digest, (JOURNAL_ID_SIZE - 1) / 2, ret);
}

void journal_entry_clear(struct journal_entry *entry)
{
    for (size_t i = 0; i < entry->n; i++)
        free(entry->fields[i].iov_base);
    *entry = (struct journal_entry){0};
}

static int add(struct journal_entry *entry, const char *format, ...) printf_like(2, 3);
static int add(struct journal_entry *entry, const char *format, ...)
{
    assert(entry->n < JOURNAL_FIELDS_MAX);
    va_list arguments;
    char *text = NULL;
    va_start(arguments, format);
    int length = vasprintf(&text, format, arguments);
    va_end(arguments);
    if (length < 0)
        return -ENOMEM;
    entry->fields[entry->n++] = (struct iovec){.iov_base = text, .iov_len = (size_t)length};
    return 0;
}

static int add_text(struct journal_entry *entry, const char *key, const char *value)
{
    return value ? add(entry, "SEKISHO_%s=%s", key, value) : 0;
}

static int add_number(struct journal_entry *entry, const char *key, uint64_t value)
{
    return add(entry, "SEKISHO_%s=%" PRIu64, key, value);
}

// "usb.blocked 0951:1666:A: blocked (tanaka)"
static int add_message(struct journal_entry *entry, const struct fact *fact)
{
    const char *object = fact->object, *outcome = fact->outcome, *user = fact->user;
    return add(entry, "MESSAGE=%s%s%s%s%s%s%s%s", fact_kind_to_str(fact->kind), object ? " " : "",
               object ? object : "", outcome ? ": " : "", outcome ? outcome : "", user ? " (" : "",
               user ? user : "", user ? ")" : "");
}

// What journald itself and every reader of it understands.
static int add_common(struct journal_entry *entry, const struct fact *fact)
{
    char id[JOURNAL_ID_SIZE];
    journal_message_id(fact->kind, id);
    int r = add_message(entry, fact);
    if (r == 0)
        r = add(entry, "MESSAGE_ID=%s", id);
    if (r == 0)
        r = add(entry, "PRIORITY=%d", priorities[fact->severity]);
    return r < 0 ? r : add(entry, "SYSLOG_IDENTIFIER=sekisho");
}

static int add_texts(struct journal_entry *entry, const struct fact *fact)
{
    const struct {
        const char *key, *value;
    } texts[] = {
        {"KIND", fact_kind_to_str(fact->kind)},
        {"SEVERITY", severity_to_str(fact->severity)},
        {"BOOT", fact->at.boot[0] ? fact->at.boot : NULL},
        {"USER", fact->user},
        {"SESSION", fact->session},
        {"EXE", fact->exe},
        {"OBJECT", fact->object},
        {"OUTCOME", fact->outcome},
        {"DETAILS", fact->details},
    };
    int r = 0;
    for (size_t i = 0; r == 0 && i < ELEMENTS(texts); i++)
        r = add_text(entry, texts[i].key, texts[i].value);
    return r;
}

static int add_numbers(struct journal_entry *entry, const struct fact *fact, uint64_t sequence)
{
    int r = add_number(entry, "SEQUENCE", sequence);
    if (r == 0)
        r = add_number(entry, "TIME_NS", fact->at.wall_ns);
    if (r == 0)
        r = add_number(entry, "MONOTONIC_NS", fact->at.monotonic_ns);
    if (r == 0 && fact->uid != FACT_NO_UID)
        r = add_number(entry, "UID", fact->uid);
    if (r == 0 && fact->pid != 0)
        r = add_number(entry, "PID", fact->pid);
    return r;
}

int journal_compose(const struct fact *fact, uint64_t sequence, struct journal_entry *ret)
{
    struct journal_entry entry = {0};
    int r = add_common(&entry, fact);
    if (r == 0)
        r = add_numbers(&entry, fact, sequence);
    if (r == 0)
        r = add_texts(&entry, fact);
    if (r < 0) {
        journal_entry_clear(&entry);
        return r;
    }
    *ret = entry;
    return 0;
}
