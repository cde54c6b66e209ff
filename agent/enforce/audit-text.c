// SPDX-License-Identifier: GPL-3.0-or-later
// Rules as lines for auditctl(8), as augenrules(8) merges them at boot.
#include "enforce/audit-rules.h"

#include <errno.h>
#include <string.h>

static const char head[] =
    "# Written by sekisho from /etc/sekisho/policy.conf and what is mounted: do not edit.\n"
    "# They are in the kernel already; this file is for the next boot and for augenrules(8).\n"
    "# -c: a folder that is not there yet fails by itself, and all that follows is loaded.\n"
    "-c\n";

// auditctl cuts a line at spaces that have no backslash before them.
static void put_path(FILE *out, const char *path)
{
    for (const char *p = path; *p; p++) {
        if (*p == ' ' || *p == '\\')
            fputc('\\', out);
        fputc(*p, out);
    }
}

static bool can_be_written(const char *path)
{
    for (const unsigned char *p = (const unsigned char *)path; *p; p++)
        if (*p < ' ' || *p == 0x7F)
            return false;
    return true;
}

static void put_calls(FILE *out, const struct audit_rule_data *rule, int machine)
{
    const char *before = " -S ";
    for (int number = 0; number < AUDIT_BITMASK_SIZE * 32; number++) {
        if (!(rule->mask[number / 32] & 1u << (number % 32)))
            continue;
        const char *name = audit_syscall_to_name(number, machine);
        if (name)
            fprintf(out, "%s%s", before, name);
        else
            fprintf(out, "%s%d", before, number);
        before = ",";
    }
}

static void put_field(FILE *out, const struct audit_rule_data *rule, uint32_t i)
{
    uint32_t value = rule->values[i];
    switch (rule->fields[i]) {
    case AUDIT_LOGINUID:
        fputs(" -F auid!=unset", out);
        return;
    case AUDIT_SUCCESS:
        fprintf(out, " -F success=%u", value);
        return;
    case AUDIT_EXIT:
        fprintf(out, " -F exit=-%s", audit_errno_to_name(-(int)value));
        return;
    case AUDIT_ARG1:
    case AUDIT_ARG2:
        fprintf(out, " -F a%u&%u", rule->fields[i] - AUDIT_ARG0, value);
        return;
    default: // arch stands before the calls, texts at the end
        return;
    }
}

// The key stands last in our own rules.
static const char *key_of(const struct audit_rule_data *rule)
{
    static const char *const keys[] = {TRAIL_KEY_FILES, TRAIL_KEY_MEDIUM};
    for (size_t i = 0; i < ELEMENTS(keys); i++) {
        size_t length = strlen(keys[i]);
        if (rule->buflen >= length &&
            memcmp(rule->buf + rule->buflen - length, keys[i], length) == 0)
            return keys[i];
    }
    return TRAIL_KEY_REFUSED;
}

// A rule of our own making. -A: before what anybody else's rules say.
static int put_rule(FILE *out, const struct audit_rule_data *rule)
{
    bool anywhere = strcmp(key_of(rule), TRAIL_KEY_REFUSED) == 0;
    CLEANUP_FREE char *path = audit_rule_folder(rule);
    if (!path && !anywhere)
        return -ENOMEM;
    if (path && !can_be_written(path)) {
        fputs("# A folder with control characters in its name: its rules come with sekishod.\n",
              out);
        return 0;
    }
    int machine = audit_elf_to_machine(rule->values[0]);
    bool wide = machine == audit_determine_machine("b64");
    fprintf(out, "-A always,exit -F arch=%s", wide ? "b64" : "b32");
    put_calls(out, rule, machine);
    for (uint32_t i = 0; i < rule->field_count; i++)
        put_field(out, rule, i);
    if (path) {
        fputs(" -F dir=", out);
        put_path(out, path);
    }
    fprintf(out, " -F key=%s\n", key_of(rule));
    return 0;
}

char *audit_rules_to_text(const struct audit_rules *rules)
{
    char *text = NULL;
    size_t length = 0;
    FILE *out = open_memstream(&text, &length);
    if (!out)
        return NULL;
    fputs(head, out);
    int r = 0;
    for (size_t i = 0; r == 0 && i < rules->n; i++)
        if (!audit_rule_is_for_uring(rules->items[i]))
            r = put_rule(out, rules->items[i]);
    if (fclose(out) != 0 || r < 0) {
        free(text);
        return NULL;
    }
    return text;
}
