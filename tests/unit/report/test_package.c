// SPDX-License-Identifier: GPL-3.0-or-later
#include "report/package.h"

#include "../written_ledger.h"
#include "base/file.h"
#include "changed_byte.h"
#include "report/derive.h"

#include <errno.h>
#include <sys/stat.h>

static struct written_ledger w;
static struct package package;
static const struct verify_witness nothing;

static int make(const char *month, bool partial)
{
    CLEANUP_FREE char *ledger = written_month(&w, month);
    const struct package_options options = {
        .ledger = ledger, .folder = w.folder, .partial = partial, .time_zone = "Asia/Tokyo"};
    package_clear(&package);
    return package_make(&options, &package);
}

static void setup(void)
{
    written_begin(&w, "2026-10-30 09:00");
    written_row(&w, "2026-10-30 10:00", FACT_USB_BLOCKED, "sato", "0951:1666:A",
                "{\"reason\":\"no-approval\",\"function\":\"storage\"}");
    written_row(&w, "2026-10-31 10:00", FACT_USB_ALLOWED, "sato", "=1+1", "{\"reason\":\"named\"}");
    written_row(&w, "2026-11-01 10:00", FACT_USB_REMOVED, NULL, "0951:1666:A", NULL);
    cr_assert_eq(make("2026-10", false), 0);
}

static void teardown(void)
{
    package_clear(&package);
    written_remove(&w);
}

TestSuite(package, .init = setup, .fini = teardown);

static char *path_of(const char *name)
{
    return text_format("%s/%s", package.path, name);
}

// Verifies the package; every fault's file and text, a line each.
static char *faults_of(void)
{
    struct package checked = {0};
    char *text = NULL;
    size_t length;
    cr_assert_eq(package_verify(package.path, &nothing, &checked), 0);
    FILE *out = open_memstream(&text, &length);
    for (size_t i = 0; i < checked.verified.n_faults; i++)
        fprintf(out, "%s: %s\n", text_basename(checked.verified.faults[i].file),
                checked.verified.faults[i].what);
    (void)fclose(out);
    cr_expect_eq(checked.verified.outcome == VERIFY_BROKEN, checked.verified.n_faults > 0);
    package_clear(&checked);
    return text;
}

static void expect_fault(const char *file)
{
    CLEANUP_FREE char *faults = faults_of();
    cr_expect(strstr(faults, file), "%s is not among:\n%s", file, faults);
}

static struct manifest read_manifest(void)
{
    CLEANUP_CLOSE int folder = open(package.path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    struct manifest manifest = {0};
    cr_assert_eq(manifest_read(folder, &manifest), 0);
    return manifest;
}

static void write_manifest(struct manifest *manifest)
{
    CLEANUP_CLOSE int folder = open(package.path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    cr_assert_eq(manifest_write(folder, manifest), 0);
    manifest_clear(manifest);
}

Test(package, is_named_after_host_and_month_and_verifies)
{
    cr_expect_str_eq(text_basename(package.path), "sekisho-pc-01-2026-10");
    CLEANUP_FREE char *faults = faults_of();
    cr_expect_str_eq(faults, "");
    cr_expect_eq(package.verified.outcome, VERIFY_OPEN_END);
    cr_expect_eq(package.manifest.rows, package.manifest.last);
    CLEANUP_FREE char *zone = NULL;
    cr_assert_eq(package_read_zone(package.path, &zone), 0);
    cr_expect_str_eq(zone, "Asia/Tokyo");
}

Test(package, nothing_else_is_left_in_the_target_folder)
{
    DIR *entries = opendir(w.folder);
    for (struct dirent *entry; (entry = readdir(entries));)
        cr_expect_neq(strncmp(entry->d_name, ".sekisho", 8), 0, "%s", entry->d_name);
    (void)closedir(entries);
}

Test(package, a_changed_byte_in_any_file_is_found)
{
    static const char *const names[] = {"events.csv", "events.jsonl", "2026-10.db"};
    for (size_t i = 0; i < ELEMENTS(names); i++) {
        change_byte(package.path, names[i], -10);
        expect_fault(names[i]);
        change_byte(package.path, names[i], -10);
    }
    CLEANUP_FREE char *faults = faults_of();
    cr_expect_str_eq(faults, "", "and it is whole again once the byte is back");
}

Test(package, a_csv_that_was_changed_together_with_the_manifest_is_found)
{
    struct manifest manifest = read_manifest();
    change_byte(package.path, "events.csv", -30);
    CLEANUP_FREE char *path = path_of("events.csv"), *text = NULL;
    size_t length;
    cr_assert_eq(file_read_at(AT_FDCWD, path, 1 << 20, &text, &length), 0);
    digest_of(text, length, manifest.files[MANIFEST_CSV].sha256);
    write_manifest(&manifest);
    CLEANUP_FREE char *faults = faults_of();
    cr_expect(strstr(faults, "events.csv: it does not say what the ledger says"), "%s", faults);
}

Test(package, a_missing_file_is_found)
{
    CLEANUP_FREE char *path = path_of("events.jsonl");
    cr_assert_eq(unlink(path), 0);
    expect_fault("events.jsonl: the file is missing");
}

Test(package, a_file_that_the_manifest_does_not_name_is_found)
{
    CLEANUP_FREE char *path = path_of("readme.exe");
    (void)fclose(fopen(path, "w"));
    expect_fault("readme.exe");
}

Test(package, a_link_instead_of_a_file_is_refused)
{
    CLEANUP_FREE char *path = path_of("events.csv"), *elsewhere = path_of("../elsewhere.csv");
    cr_assert_eq(rename(path, elsewhere), 0);
    cr_assert_eq(symlink("../elsewhere.csv", path), 0);
    expect_fault("events.csv: this is no regular file");
}

Test(package, a_manifest_that_names_another_host_is_found)
{
    struct manifest manifest = read_manifest();
    cr_assert_eq(text_set(&manifest.host, "pc-02"), 0);
    write_manifest(&manifest);
    expect_fault(MANIFEST_NAME);
}

Test(package, a_manifest_that_names_another_head_is_found)
{
    struct manifest manifest = read_manifest();
    manifest.head[0] ^= 1;
    write_manifest(&manifest);
    expect_fault(MANIFEST_NAME);
}

Test(package, a_manifest_with_an_unknown_key_is_no_manifest)
{
    CLEANUP_FREE char *path = path_of(MANIFEST_NAME), *text = NULL;
    cr_assert_eq(file_read_at(AT_FDCWD, path, 1 << 16, &text, NULL), 0);
    CLEANUP_FREE char *more = text_format("{\"x\":1,%s", text + 1);
    cr_assert_eq(file_replace_at(AT_FDCWD, path, 0640, more, strlen(more)), 0);
    expect_fault(MANIFEST_NAME);
}

Test(package, without_a_manifest_a_folder_is_no_package)
{
    CLEANUP_FREE char *path = path_of(MANIFEST_NAME);
    struct package checked = {0};
    cr_assert_eq(unlink(path), 0);
    cr_expect_eq(package_verify(package.path, &nothing, &checked), -ENOENT);
}

Test(package, a_whole_one_is_never_overwritten)
{
    cr_expect_eq(make("2026-10", false), -EEXIST);
    cr_expect(strstr(package.path, "sekisho-pc-01-2026-10"));
}

Test(package, a_partial_one_is_replaced_by_a_later_one)
{
    cr_assert_eq(make("2026-11", true), 0);
    uint64_t rows = package.manifest.rows;
    cr_expect_str_eq(text_basename(package.path), "sekisho-pc-01-2026-11-partial");
    written_row(&w, "2026-11-03 10:00", FACT_USB_REMOVED, NULL, "0951:1666:B", NULL);
    cr_assert_eq(make("2026-11", true), 0);
    cr_expect_gt(package.manifest.rows, rows);
    CLEANUP_FREE char *faults = faults_of();
    cr_expect_str_eq(faults, "");
}

Test(package, a_folder_that_is_none_of_ours_is_not_touched)
{
    CLEANUP_FREE char *path = text_format("%s/sekisho-pc-01-2026-11-partial", w.folder);
    CLEANUP_FREE char *file = text_format("%s/mine.txt", path);
    cr_assert_eq(mkdir(path, 0700), 0);
    (void)fclose(fopen(file, "w"));
    cr_expect_eq(make("2026-11", true), -EEXIST);
    cr_expect_eq(access(file, F_OK), 0);
}

Test(package, csv_and_json_hold_each_row_once)
{
    CLEANUP_FREE char *csv_path = path_of("events.csv"), *csv = NULL;
    CLEANUP_FREE char *jsonl_path = path_of("events.jsonl"), *jsonl = NULL;
    uint64_t csv_lines = 0, jsonl_lines = 0;
    cr_assert_eq(file_read_at(AT_FDCWD, csv_path, 1 << 20, &csv, NULL), 0);
    cr_assert_eq(file_read_at(AT_FDCWD, jsonl_path, 1 << 20, &jsonl, NULL), 0);
    for (const char *p = csv; (p = strchr(p, '\n')); p++)
        csv_lines++;
    for (const char *p = jsonl; (p = strchr(p, '\n')); p++)
        jsonl_lines++;
    cr_expect_eq(csv_lines, package.manifest.rows + 1);
    cr_expect_eq(jsonl_lines, package.manifest.rows);
    cr_expect(strstr(csv, "\"'=1+1\""), "no cell is a formula");
}
