// SPDX-License-Identifier: GPL-3.0-or-later
#include "base/file.h"
#include "base/text.h"
#include "bus/journal.h"

#include <criterion/criterion.h>
#include <fcntl.h>
#include <string.h>

#define CATALOG SOURCE_DIR "/systemd/sekisho.catalog"

static const struct iovec *find_field(const struct journal_entry *entry, const char *key)
{
    size_t n = strlen(key);
    for (size_t i = 0; i < entry->n; i++) {
        const struct iovec *field = &entry->fields[i];
        if (field->iov_len > n && memcmp(field->iov_base, key, n) == 0 &&
            ((const char *)field->iov_base)[n] == '=')
            return field;
    }
    return NULL;
}

static void expect_field(const struct journal_entry *entry, const char *key, const char *value)
{
    const struct iovec *field = find_field(entry, key);
    cr_assert_not_null(field, "%s", key);
    cr_expect_str_eq((const char *)field->iov_base + strlen(key) + 1, value);
    cr_expect_eq(strlen(field->iov_base), field->iov_len);
}

static struct journal_entry compose(const struct fact *fact)
{
    struct journal_entry entry = {0};
    cr_assert_eq(journal_compose(fact, 417, &entry), 0);
    return entry;
}
#define ENTRY CLEANUP(journal_entry_clear) struct journal_entry

Test(journal, a_row_becomes_structured_fields)
{
    CLEANUP(fact_free_p) struct fact *fact = fact_new(FACT_USB_BLOCKED);
    fact->at = (struct moment){.wall_ns = 5, .monotonic_ns = 6, .boot = "00ff"};
    fact->uid = 1000;
    fact->pid = 42;
    fact->user = strdup("tanaka");
    fact->session = strdup("3");
    fact->exe = strdup("/usr/bin/x");
    fact->object = strdup("0951:1666:A");
    fact->outcome = strdup("blocked");
    fact->details = strdup("{\"reason\":\"no-approval\"}");
    ENTRY entry = compose(fact);
    expect_field(&entry, "MESSAGE", "usb.blocked 0951:1666:A: blocked (tanaka)");
    expect_field(&entry, "PRIORITY", "2");
    expect_field(&entry, "SYSLOG_IDENTIFIER", "sekisho");
    expect_field(&entry, "SEKISHO_SEQUENCE", "417");
    expect_field(&entry, "SEKISHO_KIND", "usb.blocked");
    expect_field(&entry, "SEKISHO_SEVERITY", "violation");
    expect_field(&entry, "SEKISHO_TIME_NS", "5");
    expect_field(&entry, "SEKISHO_MONOTONIC_NS", "6");
    expect_field(&entry, "SEKISHO_BOOT", "00ff");
    expect_field(&entry, "SEKISHO_UID", "1000");
    expect_field(&entry, "SEKISHO_USER", "tanaka");
    expect_field(&entry, "SEKISHO_SESSION", "3");
    expect_field(&entry, "SEKISHO_PID", "42");
    expect_field(&entry, "SEKISHO_EXE", "/usr/bin/x");
    expect_field(&entry, "SEKISHO_OBJECT", "0951:1666:A");
    expect_field(&entry, "SEKISHO_OUTCOME", "blocked");
    expect_field(&entry, "SEKISHO_DETAILS", "{\"reason\":\"no-approval\"}");
}

Test(journal, what_does_not_apply_is_left_out)
{
    static const char *const absent[] = {"SEKISHO_UID",     "SEKISHO_USER",   "SEKISHO_SESSION",
                                         "SEKISHO_PID",     "SEKISHO_EXE",    "SEKISHO_OBJECT",
                                         "SEKISHO_OUTCOME", "SEKISHO_DETAILS"};
    CLEANUP(fact_free_p) struct fact *fact = fact_new(FACT_AGENT_STARTED);
    ENTRY entry = compose(fact);
    expect_field(&entry, "MESSAGE", "agent.started");
    expect_field(&entry, "PRIORITY", "6");
    for (size_t i = 0; i < ELEMENTS(absent); i++)
        cr_expect_null(find_field(&entry, absent[i]), "%s", absent[i]);
}

Test(journal, no_two_kinds_have_one_message_id)
{
    for (enum fact_kind a = 0; a < FACT_KIND_MAX; a++) {
        for (enum fact_kind b = 0; b < a; b++) {
            char x[JOURNAL_ID_SIZE], y[JOURNAL_ID_SIZE];
            journal_message_id(a, x);
            journal_message_id(b, y);
            cr_expect_str_neq(x, y);
        }
    }
}

Test(journal, a_message_id_never_changes)
{
    char id[JOURNAL_ID_SIZE];
    journal_message_id(FACT_USB_BLOCKED, id);
    cr_expect_str_eq(id, "74f0968e88bd8ceca284a9042b312012");
}

// ---- The catalog -------------------------------------------------------------------------------

static char *read_catalog(void)
{
    char *catalog = NULL;
    cr_assert_eq(file_read_at(AT_FDCWD, CATALOG, 1 << 20, &catalog, NULL), 0);
    return catalog;
}

static unsigned count(const char *text, const char *part)
{
    unsigned n = 0;
    for (const char *p = text; (p = strstr(p, part)); p += strlen(part))
        n++;
    return n;
}

Test(journal, each_recorded_kind_stands_in_the_catalog_in_english_and_japanese)
{
    CLEANUP_FREE char *catalog = read_catalog();
    for (enum fact_kind kind = 0; kind < FACT_KIND_MAX; kind++) {
        char id[JOURNAL_ID_SIZE];
        unsigned expected = fact_kind_is_observation(kind) ? 0 : 1;
        journal_message_id(kind, id);
        CLEANUP_FREE char *english = text_format("\n-- %s\nSubject: ", id);
        CLEANUP_FREE char *japanese = text_format("\n-- %s ja\nSubject: ", id);
        cr_expect_eq(count(catalog, english), expected, "%s: add it to systemd/sekisho.catalog: %s",
                     fact_kind_to_str(kind), english);
        cr_expect_eq(count(catalog, japanese), expected,
                     "%s: add it to systemd/sekisho.catalog: %s", fact_kind_to_str(kind), japanese);
    }
}

Test(journal, the_catalog_has_no_entry_without_a_kind)
{
    CLEANUP_FREE char *catalog = read_catalog();
    unsigned kinds = 0;
    for (enum fact_kind kind = 0; kind < FACT_KIND_MAX; kind++)
        kinds += !fact_kind_is_observation(kind);
    cr_expect_eq(count(catalog, "\n-- "), 2 * kinds);
}

// Names behind @…@ in the catalog that no entry ever has would show as they are.
Test(journal, the_catalog_refers_to_fields_that_are_sent)
{
    static const char *const sent[] = {"SEKISHO_OBJECT", "SEKISHO_OUTCOME", "SEKISHO_USER"};
    CLEANUP_FREE char *catalog = read_catalog();
    unsigned known = 0;
    for (size_t i = 0; i < ELEMENTS(sent); i++) {
        CLEANUP_FREE char *reference = text_format("@%s@", sent[i]);
        known += count(catalog, reference);
    }
    cr_expect_eq(count(catalog, "@"), 2 * known);
}
