// SPDX-License-Identifier: GPL-3.0-or-later
// Sealed packages: what they are made of, and that nothing about them can be changed unseen.
#include "report/package.h"

#include "../site/site_world.h"
#include "../written_ledger.h"
#include "changed_byte.h"
#include "report/opening.h"
#include "report/sealed-manifest.h"

#include <sys/stat.h>

#define MONTH "2026-10"
#define REPORT_SIZE (ENVELOPE_CONTENT_MAX + 1000) // two parts

static struct written_ledger w;
static struct package package;
static struct enrolled enrolled;
static char *report, *scratch;

static int make(const char *month, bool partial)
{
    CLEANUP_FREE char *ledger = written_month(&w, month);
    const struct package_options options = {.ledger = ledger,
                                            .folder = w.folder,
                                            .partial = partial,
                                            .time_zone = "Asia/Tokyo",
                                            .enrolled = &enrolled,
                                            .report = report,
                                            .scratch = scratch};
    package_clear(&package);
    return package_make(&options, &package);
}

static const char *identity_of(const char *month)
{
    static char identity[33];
    struct opening opening = {0};
    CLEANUP_FREE char *ledger = written_month(&w, month);
    cr_assert_eq(opening_read(ledger, &opening), 0);
    memcpy(identity, opening.ledger, sizeof identity);
    opening_clear(&opening);
    return identity;
}

static void setup(void)
{
    written_begin(&w, MONTH "-30 09:00");
    written_row(&w, MONTH "-30 10:00", FACT_USB_BLOCKED, "sato", "0951:1666:A",
                "{\"reason\":\"no-approval\",\"function\":\"storage\"}");
    written_row(&w, "2026-11-01 10:00", FACT_USB_REMOVED, NULL, "0951:1666:A", NULL);
    host_identity = identity_of(MONTH);
    make_world();
    enrolled = (struct enrolled){.key = host.key,
                                 .certificate = host.certificate,
                                 .site = site.certificate,
                                 .recipients = {officer.certificate, deputy.certificate},
                                 .n_recipients = 2};
    report = malloc(REPORT_SIZE + 1);
    memset(report, 'r', REPORT_SIZE);
    report[REPORT_SIZE] = '\0';
    scratch = text_format("%s/scratch", w.folder);
    cr_assert_eq(mkdir(scratch, 0700), 0);
    cr_assert_eq(make(MONTH, false), 0);
}

static void teardown(void)
{
    package_clear(&package);
    free(report);
    free(scratch);
    end_world();
    written_remove(&w);
}

TestSuite(sealed_package, .init = setup, .fini = teardown);

// ---- Looking -----------------------------------------------------------------------------------

static struct package_reader reader_of(const struct party *recipient)
{
    return (struct package_reader){.site = site.certificate,
                                   .certificate = recipient ? recipient->certificate : NULL,
                                   .key = recipient ? recipient->key : NULL,
                                   .scratch = scratch};
}

static char *faults_by(const struct package_reader *reader)
{
    struct package opened = {0};
    char *text = NULL;
    size_t length;
    cr_assert_eq(package_open(package.path, reader, &opened), 0);
    FILE *out = open_memstream(&text, &length);
    for (size_t i = 0; i < opened.verified.n_faults; i++)
        fprintf(out, "%s: %s\n", text_basename(opened.verified.faults[i].file),
                opened.verified.faults[i].what);
    (void)fclose(out);
    cr_expect_eq(opened.verified.outcome == VERIFY_BROKEN, opened.verified.n_faults > 0);
    package_clear(&opened);
    return text;
}

// From outside, and by a recipient: both have to see it.
static void expect_fault(const char *words)
{
    const struct package_reader readers[] = {reader_of(NULL), reader_of(&officer)};
    for (size_t i = 0; i < ELEMENTS(readers); i++) {
        CLEANUP_FREE char *faults = faults_by(&readers[i]);
        cr_expect(strstr(faults, words), "%s is not among:\n%s", words, faults);
    }
}

static void expect_whole(void)
{
    const struct package_reader reader = reader_of(&officer);
    CLEANUP_FREE char *faults = faults_by(&reader);
    cr_expect_str_eq(faults, "");
}

static char *path_of(const char *name)
{
    return text_format("%s/%s", package.path, name);
}

static void swap(const char *a, const char *b)
{
    CLEANUP_FREE char *first = path_of(a), *second = path_of(b), *aside = path_of("aside");
    cr_assert_eq(rename(first, aside), 0);
    cr_assert_eq(rename(second, first), 0);
    cr_assert_eq(rename(aside, second), 0);
}

static bool is_empty(const char *path)
{
    DIR *entries = opendir(path);
    size_t n = 0;
    while (readdir(entries))
        n++;
    (void)closedir(entries);
    return n == 2;
}

// ---- What it is --------------------------------------------------------------------------------

Test(sealed_package, each_recipient_has_the_ledger_and_the_report)
{
    const struct party *const recipients[] = {&officer, &deputy};
    for (size_t i = 0; i < ELEMENTS(recipients); i++) {
        struct package opened = {0};
        const struct package_reader reader = reader_of(recipients[i]);
        cr_assert_eq(package_open(package.path, &reader, &opened), 0);
        cr_expect_eq(opened.verified.outcome, VERIFY_OPEN_END);
        cr_expect_eq(opened.manifest.rows, opened.verified.rows);
        cr_expect(opened.signer.vouched);
        cr_expect_str_eq(opened.signer.name, "pc-01");
        CLEANUP_FREE char *path = package_path_of(&opened, MANIFEST_REPORT), *text = NULL;
        cr_assert_eq(file_read_at(AT_FDCWD, path, REPORT_SIZE, &text, NULL), 0);
        cr_expect_str_eq(text, report);
        package_clear(&opened);
        cr_expect(is_empty(scratch), "nothing readable is left");
    }
}

Test(sealed_package, nothing_in_it_is_readable_and_each_part_has_its_bounds)
{
    DIR *entries = opendir(package.path);
    for (struct dirent *entry; (entry = readdir(entries));) {
        struct stat status;
        cr_assert_eq(fstatat(dirfd(entries), entry->d_name, &status, 0), 0);
        cr_expect(entry->d_name[0] == '.' || strstr(entry->d_name, ".cms"), "%s", entry->d_name);
        cr_expect_leq(status.st_size, ENVELOPE_MAX);
    }
    (void)closedir(entries);
    cr_expect_eq(package.manifest.files[MANIFEST_REPORT].n_parts, 2);
    cr_expect(is_empty(scratch));
}

Test(sealed_package, a_workstation_enrolled_with_another_ledger_makes_none)
{
    CLEANUP_FREE char *ledger = written_month(&w, MONTH);
    struct enrolled other = enrolled;
    other.certificate = officer.certificate; // has no identity
    const struct package_options options = {.ledger = ledger,
                                            .folder = w.folder,
                                            .time_zone = "Asia/Tokyo",
                                            .enrolled = &other,
                                            .report = report,
                                            .scratch = scratch};
    package_clear(&package);
    cr_expect_eq(package_make(&options, &package), -EKEYREJECTED);
}

Test(sealed_package, a_whole_one_is_never_overwritten_and_a_partial_one_is_replaced)
{
    cr_expect_eq(make(MONTH, false), -EEXIST);
    cr_assert_eq(make("2026-11", true), 0);
    uint64_t rows = package.manifest.rows;
    written_row(&w, "2026-11-03 10:00", FACT_USB_REMOVED, NULL, "0951:1666:B", NULL);
    cr_assert_eq(make("2026-11", true), 0);
    cr_expect_gt(package.manifest.rows, rows);
    expect_whole();
}

Test(sealed_package, what_an_interrupted_export_has_left_goes_at_the_next)
{
    static const char *const names[] = {".sekisho-pc-01-2026-11-partial.4711",
                                        ".sekisho-pc-01-2026-11-partial.4712.old",
                                        ".sekisho-pc-01-2026-11-partial.4713x"};
    for (size_t i = 0; i < ELEMENTS(names); i++) {
        CLEANUP_FREE char *folder = text_format("%s/%s", w.folder, names[i]);
        CLEANUP_FREE char *file = text_format("%s/2026-11.db.001.cms", folder);
        cr_assert_eq(mkdir(folder, 0750), 0);
        (void)fclose(fopen(file, "w"));
    }
    // The one that stepped aside had nothing but a part: it is no package, and is in nobody's way.
    CLEANUP_FREE char *aside = text_format("%s/%s", w.folder, names[1]);
    CLEANUP_FREE char *part = text_format("%s/2026-11.db.001.cms", aside);
    cr_assert_eq(unlink(part), 0);
    cr_assert_eq(rmdir(aside), 0);
    cr_assert_eq(make("2026-11", true), 0);
    for (size_t i = 0; i < ELEMENTS(names); i++) {
        CLEANUP_FREE char *folder = text_format("%s/%s", w.folder, names[i]);
        cr_expect_eq(access(folder, F_OK) == 0, i == 2, "%s", folder);
    }
}

Test(sealed_package, a_package_that_stepped_aside_for_one_that_never_came_goes_back)
{
    cr_assert_eq(make("2026-11", true), 0);
    CLEANUP_FREE char *path = text_dup(package.path);
    CLEANUP_FREE char *aside = text_format("%s/.%s.4711.old", w.folder, text_basename(path));
    cr_assert_eq(rename(path, aside), 0);
    cr_assert_eq(make("2026-11", true), 0);
    expect_whole();
    cr_expect_neq(access(aside, F_OK), 0);
}

// ---- What is found -----------------------------------------------------------------------------

Test(sealed_package, a_changed_byte_anywhere_is_found)
{
    static const char *const names[] = {MONTH ".db.001.cms", "report.html.001.cms",
                                        "report.html.002.cms", MANIFEST_SEALED_NAME};
    static const long offsets[] = {1, 60, 900, -900, -20, -1};
    for (size_t i = 0; i < ELEMENTS(names); i++)
        for (size_t j = 0; j < ELEMENTS(offsets); j++) {
            change_byte(package.path, names[i], offsets[j]);
            expect_fault(names[i]);
            change_byte(package.path, names[i], offsets[j]);
        }
    expect_whole();
}

Test(sealed_package, parts_that_changed_places_are_found)
{
    swap("report.html.001.cms", "report.html.002.cms");
    expect_fault("report.html.001.cms: ");
    swap("report.html.001.cms", "report.html.002.cms");
    swap(MONTH ".db.001.cms", "report.html.002.cms");
    expect_fault(MONTH ".db.001.cms: ");
}

Test(sealed_package, a_part_that_is_missing_too_much_a_link_or_too_large_is_found)
{
    CLEANUP_FREE char *part = path_of("report.html.002.cms"),
                      *more = path_of("report.html.003.cms");
    cr_assert_eq(rename(part, more), 0);
    expect_fault("report.html.002.cms: the file is missing");
    expect_fault("report.html.003.cms: the manifest does not name this file");
    CLEANUP_FREE char *aside = text_format("%s/aside", w.folder);
    cr_assert_eq(rename(more, aside), 0);
    cr_assert_eq(symlink(aside, part), 0);
    expect_fault("report.html.002.cms: this is no regular file");
    cr_assert_eq(unlink(part), 0);
    cr_assert_eq(rename(aside, part), 0);
    cr_assert_eq(truncate(part, ENVELOPE_MAX + 1), 0);
    expect_fault("report.html.002.cms: it is larger than a part can be");
}

Test(sealed_package, the_part_of_another_package_is_found)
{
    CLEANUP_FREE char *other = path_of("report.html.001.cms");
    cr_assert_eq(make("2026-11", true), 0);
    CLEANUP_FREE char *own = path_of("report.html.001.cms");
    cr_assert_eq(rename(other, own), 0);
    expect_fault("report.html.001.cms: its content is not what the manifest's SHA-256 says");
}

// Signs the manifest, changed, anew.
static void sign_again(const struct party *signer, void (*change)(struct manifest *manifest))
{
    CLEANUP_CLOSE int folder = open(package.path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    CLEANUP(envelope_signed_clear_p) struct envelope_signed message = {0};
    CLEANUP(manifest_clear_p) struct manifest manifest = {0};
    const struct enrolled who = {.key = signer->key, .certificate = signer->certificate};
    cr_assert_eq(sealed_manifest_read(folder, &message), 0);
    cr_assert_eq(sealed_manifest_decode(&message, &manifest), 0);
    cr_assert_eq(certificate_fingerprint(signer->certificate, manifest.certificate), 0);
    if (change)
        change(&manifest);
    cr_assert_eq(sealed_manifest_write(folder, &manifest, &who), 0);
}

static void drop(struct party *party)
{
    key_free_p(&party->key);
    certificate_free_p(&party->certificate);
}

Test(sealed_package, a_manifest_signed_by_another_workstation_is_found)
{
    struct party other = {0};
    host_identity = "00112233445566778899aabbccddeeff";
    issue(&other, CERTIFICATE_HOST, "pc-02");
    sign_again(&other, NULL);
    expect_fault("manifest.cms: its signer's certificate is that of another PC's ledger");
    drop(&other);
}

static void claim_ledger(struct manifest *manifest)
{
    strcpy(manifest->ledger, host_identity);
}

Test(sealed_package, another_workstations_manifest_over_this_ledger_is_found_inside)
{
    struct party other = {0};
    host_identity = "00112233445566778899aabbccddeeff";
    issue(&other, CERTIFICATE_HOST, "pc-02");
    sign_again(&other, claim_ledger);
    const struct package_reader reader = reader_of(&officer);
    CLEANUP_FREE char *faults = faults_by(&reader);
    cr_expect_str_eq(faults, "manifest.cms: it names another host, month or ledger than the ledger "
                             "does\n");
    drop(&other);
}

Test(sealed_package, a_manifest_signed_by_a_recipient_is_found)
{
    sign_again(&officer, NULL);
    expect_fault("manifest.cms: the site has not given its signer's certificate to a workstation");
}

Test(sealed_package, a_self_made_site_is_found)
{
    struct party other = {0}, own = site;
    site = (struct party){0};
    issue(&site, CERTIFICATE_SITE, "北町センター");
    issue(&other, CERTIFICATE_HOST, "pc-01");
    drop(&site);
    site = own;
    sign_again(&other, NULL);
    expect_fault("manifest.cms: the site has not issued its signer's certificate");
    struct package opened = {0};
    struct package_reader reader = reader_of(&officer);
    reader.site = NULL;
    cr_assert_eq(package_open(package.path, &reader, &opened), 0);
    cr_expect_not(opened.signer.vouched, "nobody says whose it is");
    package_clear(&opened);
    drop(&other);
}

static void change_head(struct manifest *manifest)
{
    manifest->head[0] ^= 1;
}

static void change_digest(struct manifest *manifest)
{
    manifest->files[MANIFEST_REPORT].sha256[0] ^= 1;
}

Test(sealed_package, what_its_own_workstation_signs_has_to_be_what_is_inside)
{
    const struct package_reader reader = reader_of(&officer);
    sign_again(&host, change_head);
    CLEANUP_FREE char *head = faults_by(&reader);
    cr_expect_str_eq(head,
                     "manifest.cms: it names other rows, another head or epoch than the ledger "
                     "has\n");
    sign_again(&host, change_head);
    expect_whole();
    sign_again(&host, change_digest);
    CLEANUP_FREE char *digest = faults_by(&reader);
    cr_expect_str_eq(digest, "report.html: its content is not what the manifest's SHA-256 says\n");
}

Test(sealed_package, a_key_that_it_is_not_encrypted_to_is_told_of)
{
    struct package opened = {0};
    struct party stranger = {0};
    issue(&stranger, CERTIFICATE_RECIPIENT, "stranger");
    const struct package_reader reader = reader_of(&stranger);
    cr_expect_eq(package_open(package.path, &reader, &opened), -ENOKEY);
    cr_expect(is_empty(scratch));
    drop(&stranger);
}

Test(sealed_package, without_a_manifest_it_is_no_package)
{
    CLEANUP_FREE char *path = path_of(MANIFEST_SEALED_NAME);
    struct package opened = {0};
    bool sealed;
    const struct package_reader reader = reader_of(&officer);
    cr_assert_eq(unlink(path), 0);
    cr_expect_eq(package_open(package.path, &reader, &opened), -ENOENT);
    cr_expect_eq(package_find(package.path, &sealed), -ENOENT);
}

static bool cancel(void)
{
    return true;
}

Test(sealed_package, who_gives_up_leaves_nothing_readable)
{
    struct package opened = {0};
    struct package_reader reader = reader_of(&officer);
    reader.is_cancelled = cancel;
    cr_expect_eq(package_open(package.path, &reader, &opened), -ECANCELED);
    cr_expect(is_empty(scratch));
}
