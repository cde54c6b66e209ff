// SPDX-License-Identifier: GPL-3.0-or-later
// The folder of an enrolled workstation: all of it has to be there, the site's, and for its use.
#include "site/enrolled.h"

#include "site_world.h"

#include <openssl/x509.h>

#include <sys/stat.h>

static struct enrolled enrolled;
static char file[ENROLLED_FILE_SIZE];

// Copies a file of the world into the workstation's folder.
static void place(const char *from, const char *to)
{
    char path[64];
    size_t length;
    char *data = read_file(from, &length);
    (void)snprintf(path, sizeof path, ENROLLED_FOLDER "/%s", to);
    write_file(path, data, length);
    free(data);
}

static void take_away(const char *name)
{
    char path[64];
    (void)snprintf(path, sizeof path, ENROLLED_FOLDER "/%s", name);
    cr_assert_eq(unlinkat(world, path, 0), 0);
}

static void setup(void)
{
    make_world();
    cr_assert_eq(mkdirat(world, "keys", 0700), 0);
    cr_assert_eq(mkdirat(world, ENROLLED_FOLDER, 0700), 0);
    cr_assert_eq(mkdirat(world, ENROLLED_FOLDER "/recipients", 0700), 0);
    place("host.key", "host.key");
    place("host.crt", "host.crt");
    place("site.crt", "site.crt");
    place("officer.crt", "recipients/01.crt");
    place("deputy.crt", "recipients/02.crt");
}

static void teardown(void)
{
    enrolled_clear(&enrolled);
    static const char *const folders[] = {ENROLLED_FOLDER "/recipients", ENROLLED_FOLDER, "keys"};
    for (size_t i = 0; i < ELEMENTS(folders); i++) {
        (void)!file_remove_entries(world, folders[i], NULL, NULL);
        (void)unlinkat(world, folders[i], AT_REMOVEDIR);
    }
    end_world();
}

static void expect(int r, const char *name)
{
    cr_expect_eq(enrolled_read_at(world, &enrolled, file), r);
    cr_expect_str_eq(file, name);
}

TestSuite(enrolled, .init = setup, .fini = teardown);

Test(enrolled, a_whole_folder_is_read)
{
    cr_assert_eq(enrolled_read_at(world, &enrolled, file), 0, "%s", file);
    cr_expect_eq(enrolled.n_recipients, 2);
    cr_expect_eq(X509_cmp(enrolled.recipients[1], deputy.certificate), 0);
    cr_expect_eq(X509_cmp(enrolled.certificate, host.certificate), 0);
}

Test(enrolled, without_a_certificate_it_is_not_enrolled)
{
    take_away("host.crt");
    expect(-ENOENT, "host.crt");
}

Test(enrolled, without_recipients_it_can_not_encrypt)
{
    take_away("recipients/01.crt");
    expect(-ENODATA, "recipients/01.crt");
}

Test(enrolled, a_missing_key_is_named)
{
    take_away("host.key");
    expect(-ENODATA, "host.key");
}

Test(enrolled, the_key_of_another_is_refused)
{
    place("deputy.key", "host.key");
    expect(-EKEYREJECTED, "host.key");
}

Test(enrolled, a_recipient_whom_the_site_has_not_named_is_refused)
{
    struct party stranger = {0}, own = site;
    site = (struct party){0};
    issue(&site, CERTIFICATE_SITE, "another");
    issue(&stranger, CERTIFICATE_RECIPIENT, "stranger");
    write_party(&stranger, "stranger");
    place("stranger.crt", "recipients/02.crt");
    expect(-EBADMSG, "recipients/02.crt");
    key_free_p(&site.key);
    certificate_free_p(&site.certificate);
    key_free_p(&stranger.key);
    certificate_free_p(&stranger.certificate);
    site = own;
}

Test(enrolled, a_workstation_is_no_recipient)
{
    place("host.crt", "recipients/02.crt");
    expect(-EKEYREJECTED, "recipients/02.crt");
}

Test(enrolled, more_than_eight_recipients_are_not_read)
{
    char name[32];
    for (unsigned i = 3; i <= 9; i++) {
        (void)snprintf(name, sizeof name, "recipients/%02u.crt", i);
        place("officer.crt", name);
    }
    cr_assert_eq(enrolled_read_at(world, &enrolled, file), 0);
    cr_expect_eq(enrolled.n_recipients, ENVELOPE_RECIPIENTS_MAX);
}
