// SPDX-License-Identifier: GPL-3.0-or-later
// Certificates: OpenSSL's program takes them, and each is good for one use and from one site only.
#include "site_world.h"

#include <openssl/x509.h>

#include "base/text.h"

TestSuite(certificate, .init = make_world, .fini = end_world);

Test(certificate, openssl_follows_it_to_the_site_and_minds_the_date)
{
    cr_expect_eq(
        openssl("verify -x509_strict -no_check_time -CAfile site.crt host.crt officer.crt"), 0);
    cr_expect_neq(openssl("verify -CAfile site.crt host.crt"), 0);
    cr_expect(openssl_said("certificate has expired"));
    cr_expect_eq(openssl("verify -x509_strict -attime 1710000000 -CAfile site.crt host.crt"), 0);
}

Test(certificate, it_says_whose_it_is)
{
    char *name = NULL, *identity = NULL;
    cr_assert_eq(certificate_name(site.certificate, &name), 0);
    cr_expect_str_eq(name, "北町センター");
    free(name);
    cr_assert_eq(certificate_identity(host.certificate, &identity), 0);
    cr_expect_str_eq(identity, "0123abcd");
    free(identity);
    cr_expect_eq(certificate_identity(site.certificate, &identity), -ENOENT);
}

Test(certificate, its_fingerprint_is_openssl_s)
{
    uint8_t fingerprint[DIGEST_SIZE];
    char text[3 * DIGEST_SIZE + 1];
    cr_assert_eq(certificate_fingerprint(host.certificate, fingerprint), 0);
    for (size_t i = 0; i < DIGEST_SIZE; i++)
        (void)snprintf(text + 3 * i, 4, "%02X%s", fingerprint[i], i + 1 < DIGEST_SIZE ? ":" : "");
    cr_assert_eq(openssl("x509 -in host.crt -noout -fingerprint -sha256"), 0);
    cr_expect(openssl_said(text));
}

Test(certificate, each_is_for_one_use_and_of_one_site)
{
    struct party other = {0}, foreign = {0};
    cr_expect_eq(certificate_check(site.certificate, CERTIFICATE_SITE, site.certificate), 0);
    cr_expect_eq(certificate_check(host.certificate, CERTIFICATE_HOST, site.certificate), 0);
    cr_expect_eq(certificate_check(officer.certificate, CERTIFICATE_RECIPIENT, site.certificate),
                 0);
    cr_expect_eq(certificate_check(host.certificate, CERTIFICATE_RECIPIENT, site.certificate),
                 -EKEYREJECTED);
    cr_expect_eq(certificate_check(officer.certificate, CERTIFICATE_HOST, site.certificate),
                 -EKEYREJECTED);
    cr_expect_eq(certificate_check(host.certificate, CERTIFICATE_SITE, site.certificate),
                 -EKEYREJECTED);
    cr_expect_eq(certificate_check(site.certificate, CERTIFICATE_HOST, site.certificate),
                 -EKEYREJECTED);
    issue(&other, CERTIFICATE_SITE, "北町センター"); // another site of the same name
    const struct certificate_order order = {.use = CERTIFICATE_HOST,
                                            .name = "pc-01",
                                            .key = host.key,
                                            .issuer = other.certificate,
                                            .issuer_key = other.key,
                                            .from_ns = FROM,
                                            .years = YEARS};
    cr_assert_eq(certificate_issue(&order, &foreign.certificate), 0);
    cr_expect_eq(certificate_check(foreign.certificate, CERTIFICATE_HOST, site.certificate),
                 -EBADMSG);
    cr_expect_eq(certificate_check(other.certificate, CERTIFICATE_SITE, site.certificate),
                 -EBADMSG);
    certificate_free_p(&foreign.certificate);
    key_free_p(&other.key);
    certificate_free_p(&other.certificate);
}

Test(certificate, it_is_read_as_pem_and_as_der)
{
    X509 *again = NULL;
    cr_assert_eq(certificate_read_at(world, "host.crt", &again), 0);
    certificate_free_p(&again);
    cr_assert_eq(openssl("x509 -in host.crt -outform DER -out host.der"), 0);
    cr_assert_eq(certificate_read_at(world, "host.der", &again), 0);
    certificate_free_p(&again);
    cr_assert_eq(
        openssl("req -x509 -newkey rsa:2048 -nodes -keyout rsa.key -out rsa.crt -subj /CN=x"), 0);
    cr_expect_eq(certificate_read_at(world, "rsa.crt", &again), -EBADMSG);
    cr_expect_eq(certificate_decode("", 0, &again), -EBADMSG);
}

Test(certificate, a_name_that_would_deceive_is_refused)
{
    char longest[CERTIFICATE_NAME_MAX + 2];
    const char *const names[] = {"", "\xff\xfe", longest};
    memset(longest, 'x', sizeof longest - 1);
    longest[sizeof longest - 1] = '\0';
    for (size_t i = 0; i < ELEMENTS(names); i++) {
        X509 *made = NULL;
        const struct certificate_order order = {.use = CERTIFICATE_HOST,
                                                .name = names[i],
                                                .key = host.key,
                                                .from_ns = FROM,
                                                .years = 1};
        cr_expect_eq(certificate_issue(&order, &made), -EINVAL);
    }
    char *name = NULL;
    X509 *bad = NULL;
    cr_assert_eq(
        openssl("req -x509 -key host.key -out bad.crt -utf8 -subj \"$(printf '/CN=pc\\001-01')\""),
        0);
    cr_assert_eq(certificate_read_at(world, "bad.crt", &bad), 0);
    cr_expect_eq(certificate_name(bad, &name), -EBADMSG);
    certificate_free_p(&bad);
}

Test(certificate, a_request_carries_its_note_and_proves_its_key)
{
    char *pem = NULL;
    const struct certificate_request asked = {.key = host.key,
                                              .name = (char *)"pc-01",
                                              .identity = (char *)"0123",
                                              .note = (char *)"{\"a\":\"端末\"}"};
    struct certificate_request read = {0};
    cr_assert_eq(certificate_request_encode(&asked, &pem), 0);
    cr_assert_eq(certificate_request_decode(pem, strlen(pem), &read), 0);
    cr_expect_str_eq(read.name, "pc-01");
    cr_expect_str_eq(read.identity, "0123");
    cr_expect_str_eq(read.note, "{\"a\":\"端末\"}");
    certificate_request_clear(&read);
    write_file("asked.csr", pem, strlen(pem));
    cr_expect_eq(openssl("req -in asked.csr -verify -noout"), 0);
    cr_assert_eq(openssl("req -new -key host.key -subj /CN=pc-02/serialNumber=77 -out plain.csr"),
                 0);
    size_t length;
    char *plain = read_file("plain.csr", &length);
    cr_assert_eq(certificate_request_decode(plain, length, &read), 0);
    cr_expect_null(read.note);
    certificate_request_clear(&read);
    free(plain);
    char *middle = pem + strlen(pem) / 2;
    *middle = *middle == 'A' ? 'B' : 'A';
    cr_expect_eq(certificate_request_decode(pem, strlen(pem), &read), -EBADMSG);
    free(pem);
}
