// SPDX-License-Identifier: GPL-3.0-or-later
// From texts to a policy: libconfig reads each file, the sections' tables read what it found.
#include "base/digest.h"
#include "base/i18n.h"
#include "base/moment.h"
#include "base/text.h"
#include "policy/policy-section.h"

#include <errno.h>
#include <string.h>

#define DEFAULT_ZONE "Asia/Tokyo"
#define DEFAULT_SEAL_NS (15 * 60 * NS_PER_S)
#define DEFAULT_FOLD_NS (5 * NS_PER_S)
#define DEFAULT_OFFICE_DAYS 0x1F // Monday to Friday
#define DEFAULT_LOCK_NS (10 * 60 * NS_PER_S)
#define DAY_NS (24 * 3600 * NS_PER_S)
#define DEFAULT_DEFINITIONS_NS (7 * DAY_NS)
#define DEFAULT_SCAN_NS (31 * DAY_NS)
#define DEFAULT_GRACE_NS (30 * DAY_NS)
#define DEFAULT_REQUEST_LONGEST_NS (31 * DAY_NS)
#define DEFAULT_REQUEST_EXPIRES_NS (7 * DAY_NS)

// ---- Sections ----------------------------------------------------------------------------------
static const struct key_table *const sections[] = {
    &section_site,    &section_usb,       &section_network,  &section_files,
    &section_office,  &section_ledger,    &section_posture,  &section_antivirus,
    &section_metrics, &section_operators, &section_requests, &section_incidents};

static void read_section(struct reader *reader, const config_setting_t *setting, void *field)
{
    for (size_t i = 0; i < ELEMENTS(sections); i++)
        if (strcmp(sections[i]->name, config_setting_name(setting)) == 0)
            reader_read_group(reader, setting, sections[i], field);
    if (strcmp(config_setting_name(setting), section_operators.name) == 0)
        reader->policy->operators.is_there = true;
}

static bool has_key(const struct key_table *table, const char *name)
{
    for (size_t i = 0; i < table->n; i++)
        if (strcmp(table->keys[i].name, name) == 0)
            return true;
    return false;
}

// A key that stands outside of its section, and the mode, which stands nowhere in a policy.
static const char *hint(const char *name)
{
    if (strcmp(name, "mode") == 0)
        return _("the mode is not part of the policy: use “sekisho mode”");
    if (has_key(&section_site, name))
        return _("put it into site = { … };");
    if (has_key(&section_usb, name))
        return _("put it into usb = { … };");
    if (has_key(&section_network, name))
        return _("put it into network = { … };");
    if (has_key(&section_files, name))
        return _("put it into files = { … };");
    if (has_key(&section_office, name))
        return _("put it into office = { … };");
    if (has_key(&section_antivirus, name))
        return _("put it into antivirus = { … };");
    if (has_key(&section_ledger, name))
        return _("put it into ledger = { … };");
    if (has_key(&section_posture, name))
        return _("put it into posture = { … };");
    if (has_key(&section_metrics, name))
        return _("put it into metrics = { … };");
    if (has_key(&section_operators, name))
        return _("put it into operators = { … };");
    if (has_key(&section_requests, name))
        return _("put it into requests = { … };");
    if (has_key(&section_incidents, name))
        return _("put it into incidents = { … };");
    return NULL;
}

static const struct key root_keys[] = {
    {"site", read_section},      {"usb", read_section},       {"network", read_section},
    {"files", read_section},     {"office", read_section},    {"ledger", read_section},
    {"posture", read_section},   {"antivirus", read_section}, {"metrics", read_section},
    {"operators", read_section}, {"requests", read_section},  {"incidents", read_section},
};
static const struct key_table root = {NULL, root_keys, ELEMENTS(root_keys), hint};

// ---- libconfig ---------------------------------------------------------------------------------
// One file as libconfig sees it.
struct source {
    const struct policy_file *file;
    config_t config;
    bool readable;
};

// Full-width signs look like the real ones and are the usual slip with a Japanese keyboard.
static bool has_wide_sign(const struct policy_file *file, unsigned number)
{
    static const char *const signs[] = {"　", "；", "：", "＝", "，", "“",  "”",
                                        "＂", "（", "）", "｛", "｝", "、", "。"};
    const char *text = reader_line(&(struct reader){.file = file}, number);
    CLEANUP_FREE char *line = text ? strndup(text, strcspn(text, "\n")) : NULL;
    for (size_t i = 0; line && i < ELEMENTS(signs); i++)
        if (strstr(line, signs[i]))
            return true;
    return false;
}

static int syntax_mistake(const struct source *source, struct policy_mistakes *mistakes)
{
    const char *error = config_error_text(&source->config);
    unsigned line = (unsigned)config_error_line(&source->config);
    bool doubled = error && strcmp(error, "duplicate setting name") == 0;
    const char *remedy =
        doubled ? _("keep one of them")
        : has_wide_sign(source->file, line)
            ? _("this line holds a full-width sign or space: write ; = , \" ( ) { } half-width")
            : _("look for a sign that is missing or too many, like ; , \" ) }, here or on the line "
                "above");
    return policy_mistake_add(mistakes, source->file->name, line,
                              strdup(doubled ? _("the same key stands twice in one group")
                                             : _("libconfig cannot read this")),
                              strdup(remedy));
}

static int read_source(struct source *source, struct policy_mistakes *mistakes)
{
    int r = policy_text_check(source->file, mistakes, &source->readable);
    if (r < 0 || !source->readable)
        return r;
    source->readable = config_read_string(&source->config, source->file->text) == CONFIG_TRUE;
    return source->readable ? 0 : syntax_mistake(source, mistakes);
}

// ---- All of it ---------------------------------------------------------------------------------
// Dates need the zone before they are read, wherever it stands. A wrong one is reported when its
// section is read; until then the default serves.
static int open_zone(struct reader *reader, const struct source *sources, size_t n)
{
    const char *name = NULL;
    for (size_t i = 0; i < n && !name; i++)
        if (sources[i].readable)
            (void)config_lookup_string(&sources[i].config, "site.time_zone", &name);
    int r = name ? zone_open(name, &reader->zone) : -ENOENT;
    if (r < 0 && r != -ENOMEM)
        r = zone_open(DEFAULT_ZONE, &reader->zone);
    if (r == 0 || r == -ENOMEM)
        return r;
    return policy_mistake_add(reader->mistakes, ZONE_FOLDER, 0,
                              strdup(_("this system has no time zones, so no date can be read")),
                              strdup("apt-get install tzdata"));
}

static int read_sources(struct reader *reader, struct source *sources, size_t n)
{
    int r = 0;
    for (size_t i = 0; r == 0 && i < n; i++)
        r = read_source(&sources[i], reader->mistakes);
    if (r == 0)
        r = open_zone(reader, sources, n);
    for (size_t i = 0; r == 0 && i < n; i++) {
        if (!sources[i].readable)
            continue;
        reader->file = sources[i].file;
        reader_read_group(reader, config_root_setting(&sources[i].config), &root, reader->policy);
        r = reader->r;
    }
    if (r == 0)
        r = handlers_check(reader);
    return r < 0 ? r : operators_check(reader);
}

static int read_all(struct reader *reader, const struct policy_files *files)
{
    struct source *sources = calloc(files->n + 1, sizeof *sources);
    if (!sources)
        return -ENOMEM;
    for (size_t i = 0; i < files->n; i++) {
        sources[i].file = &files->items[i];
        config_init(&sources[i].config);
    }
    int r = read_sources(reader, sources, files->n);
    for (size_t i = 0; i < files->n; i++)
        config_destroy(&sources[i].config);
    free(sources);
    zone_free(reader->zone);
    free(reader->allowed);
    free(reader->handled);
    free(reader->seen);
    return r;
}

// Every file behind a line "# FILE": what the ledger keeps.
static int join_texts(const struct policy_files *files, struct policy *policy)
{
    size_t length = 0;
    FILE *stream = open_memstream(&policy->text, &length);
    if (!stream)
        return -ENOMEM;
    for (size_t i = 0; i < files->n; i++) {
        const struct policy_file *file = &files->items[i];
        bool ended = file->length == 0 || file->text[file->length - 1] == '\n';
        fprintf(stream, "# %s\n%s%s", file->name, file->text, ended ? "" : "\n");
    }
    if (fclose(stream) != 0)
        return -ENOMEM;
    digest_of(policy->text, length, policy->hash);
    return 0;
}

static int set_defaults(struct policy *policy)
{
    policy->seal_interval_ns = DEFAULT_SEAL_NS;
    policy->fold_ns = DEFAULT_FOLD_NS;
    policy->office_days = DEFAULT_OFFICE_DAYS;
    policy->lock_after_ns = DEFAULT_LOCK_NS;
    policy->definitions_max_ns = DEFAULT_DEFINITIONS_NS;
    policy->antivirus_on_access = true;
    policy->scan_max_ns = DEFAULT_SCAN_NS;
    policy->operators.training =
        (struct training_policy){TRAINING_YEAR, DEFAULT_GRACE_NS, .enforce = true};
    policy->request_longest_ns = DEFAULT_REQUEST_LONGEST_NS;
    policy->request_expires_ns = DEFAULT_REQUEST_EXPIRES_NS;
    policy->request_encrypted = true;
    policy->first_report_days = POLICY_FIRST_REPORT_DAYS;
    policy->final_report_days = POLICY_FINAL_REPORT_DAYS;
    policy->purpose_report_days = POLICY_PURPOSE_REPORT_DAYS;
    policy->remind_ns = POLICY_REMIND_NS;
    return text_set(&policy->time_zone, DEFAULT_ZONE);
}

int policy_parse(const struct policy_files *files, struct policy **ret,
                 struct policy_mistakes *mistakes)
{
    CLEANUP(policy_free_p) struct policy *policy = calloc(1, sizeof *policy);
    if (!policy)
        return -ENOMEM;
    struct reader reader = {.policy = policy, .mistakes = mistakes};
    int r = set_defaults(policy);
    if (r == 0)
        r = read_all(&reader, files);
    if (r == 0)
        r = mistakes->n > 0 ? -EINVAL : join_texts(files, policy);
    if (r < 0)
        return r;
    *ret = TAKE_PTR(policy);
    return 0;
}
