// SPDX-License-Identifier: GPL-3.0-or-later
// Sealed and signed messages: OpenSSL's program opens ours and we its, and every change of a byte
// is seen.
#include "site_world.h"

#include <openssl/x509.h>

#include "base/text.h"

static uint8_t *der;
static size_t der_length;

static void seal(const char *text)
{
    X509 *const recipients[] = {officer.certificate, deputy.certificate};
    cr_assert_eq(envelope_seal(text, strlen(text), recipients, 2, &der, &der_length), 0);
    write_file("sealed", der, der_length);
}

static void sign(const char *text)
{
    cr_assert_eq(envelope_sign(text, strlen(text), host.certificate, host.key, &der, &der_length),
                 0);
    write_file("signed", der, der_length);
}

static void teardown(void)
{
    free(der);
    end_world();
}

static int open_as(const struct party *party, const void *data, size_t length)
{
    uint8_t *text = NULL;
    size_t n;
    int r = envelope_open(data, length, party->certificate, party->key, &text, &n);
    free(text);
    return r;
}

TestSuite(envelope, .init = make_world, .fini = teardown);

Test(envelope, each_recipient_opens_it_with_openssl_alone)
{
    seal("特定個人情報");
    const char *const names[] = {"officer", "deputy"};
    for (size_t i = 0; i < ELEMENTS(names); i++) {
        size_t length;
        cr_assert_eq(
            openssl("cms -decrypt -inform DER -in sealed -recip %s.crt -inkey %s.key -out opened",
                    names[i], names[i]),
            0);
        char *opened = read_file("opened", &length);
        cr_expect_str_eq(opened, "特定個人情報");
        free(opened);
    }
    cr_assert_eq(openssl("cms -cmsout -print -inform DER -in sealed"), 0);
    cr_expect(openssl_said("aes-256-gcm") && openssl_said("dhSinglePass-stdDH-sha256kdf-scheme"));
}

Test(envelope, nobody_else_opens_it)
{
    seal("text");
    cr_expect_eq(open_as(&officer, der, der_length), 0);
    cr_expect_eq(open_as(&deputy, der, der_length), 0);
    cr_expect_eq(open_as(&host, der, der_length), -ENOKEY);
    cr_expect_neq(openssl("cms -decrypt -inform DER -in sealed -recip host.crt -inkey host.key"),
                  0);
}

Test(envelope, no_byte_of_it_can_be_changed_cut_or_added)
{
    seal("text");
    for (size_t i = 0; i < der_length; i++) {
        der[i] ^= 1;
        uint8_t *text = NULL;
        size_t length = 0;
        int r = envelope_open(der, der_length, officer.certificate, officer.key, &text, &length);
        // A byte that names the other recipient, or that nobody reads, changes nothing of what is
        // read.
        cr_expect(r < 0 || (length == 4 && memcmp(text, "text", 4) == 0), "byte %zu", i);
        free(text);
        der[i] ^= 1;
    }
    for (size_t length = 0; length < der_length; length++)
        cr_expect_lt(open_as(&officer, der, length), 0, "cut to %zu", length);
    uint8_t *longer = calloc(1, der_length + 1);
    memcpy(longer, der, der_length);
    cr_expect_eq(open_as(&officer, longer, der_length + 1), -EBADMSG);
    free(longer);
}

Test(envelope, the_largest_part_fits_and_one_byte_more_does_not)
{
    char *big = calloc(1, ENVELOPE_CONTENT_MAX + 1);
    X509 *recipients[ENVELOPE_RECIPIENTS_MAX + 1];
    uint8_t *sealed = NULL, *opened = NULL;
    size_t length, opened_length;
    for (size_t i = 0; i < ELEMENTS(recipients); i++)
        recipients[i] = officer.certificate;
    cr_assert_eq(envelope_seal(big, ENVELOPE_CONTENT_MAX, recipients, ENVELOPE_RECIPIENTS_MAX,
                               &sealed, &length),
                 0);
    cr_expect_leq(length, ENVELOPE_MAX);
    cr_assert_eq(
        envelope_open(sealed, length, officer.certificate, officer.key, &opened, &opened_length),
        0);
    cr_expect_eq(opened_length, ENVELOPE_CONTENT_MAX);
    free(sealed);
    free(opened);
    cr_expect_eq(envelope_seal(big, ENVELOPE_CONTENT_MAX + 1, recipients, 1, &sealed, &length),
                 -EMSGSIZE);
    cr_expect_eq(envelope_seal(big, 1, recipients, 0, &sealed, &length), -EINVAL);
    cr_expect_eq(envelope_seal(big, 1, recipients, ELEMENTS(recipients), &sealed, &length),
                 -EINVAL);
    free(big);
}

Test(envelope, another_kind_of_message_is_not_opened)
{
    const char *const commands[] = {
        "cms -encrypt -aes-256-cbc -binary -outform DER -in host.crt -out other officer.crt",
        "cms -sign -binary -nodetach -outform DER -in host.crt -signer host.crt -inkey host.key "
        "-out other",
        "cms -EncryptedData_encrypt -aes256 -secretkey "
        "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff -outform DER -in "
        "host.crt -out other",
        "cms -data_create -binary -outform DER -in host.crt -out other",
    };
    for (size_t i = 0; i < ELEMENTS(commands); i++) {
        size_t length;
        cr_assert_eq(openssl("%s", commands[i]), 0, "%s", commands[i]);
        char *other = read_file("other", &length);
        cr_expect_eq(open_as(&officer, other, length), -EBADMSG, "%s", commands[i]);
        free(other);
    }
}

Test(envelope, what_openssl_sealed_is_opened)
{
    size_t length;
    cr_assert_eq(openssl("cms -encrypt -aes-256-gcm -binary -outform DER -in host.crt -out theirs "
                         "-recip officer.crt -keyopt ecdh_kdf_md:sha256"),
                 0);
    char *theirs = read_file("theirs", &length);
    cr_expect_eq(open_as(&officer, theirs, length), 0);
    free(theirs);
}

Test(envelope, openssl_believes_what_was_signed)
{
    sign("{\"month\":\"2026-11\"}");
    cr_assert_eq(
        openssl("cms -verify -inform DER -in signed -CAfile site.crt -no_check_time -purpose any "
                "-out content"),
        0);
    size_t length;
    char *content = read_file("content", &length);
    cr_expect_str_eq(content, "{\"month\":\"2026-11\"}");
    free(content);
}

Test(envelope, who_signed_it_and_when_is_told)
{
    struct envelope_signed message = {0};
    uint64_t now = moment_now().wall_ns;
    sign("x");
    cr_assert_eq(envelope_read_signed(der, der_length, &message), 0);
    cr_expect_eq(message.length, 1);
    cr_expect_eq(X509_cmp(message.signer, host.certificate), 0);
    cr_expect_lt(message.signed_at_ns, now + 60 * NS_PER_S);
    cr_expect_gt(message.signed_at_ns, now - 60 * NS_PER_S);
    envelope_signed_clear(&message);
}

Test(envelope, no_byte_of_what_was_signed_can_be_changed)
{
    struct envelope_signed message = {0};
    sign("content");
    for (size_t i = 0; i < der_length; i++) {
        der[i] ^= 1;
        int r = envelope_read_signed(der, der_length, &message);
        // A byte of the certificate that came with it: then the site did not sign that.
        cr_expect(r < 0 ||
                      (message.length == 7 && memcmp(message.data, "content", 7) == 0 &&
                       (X509_cmp(message.signer, host.certificate) == 0 ||
                        certificate_check(message.signer, CERTIFICATE_HOST, site.certificate) < 0)),
                  "byte %zu", i);
        envelope_signed_clear(&message);
        der[i] ^= 1;
    }
    for (size_t length = 0; length < der_length; length++)
        cr_expect_eq(envelope_read_signed(der, length, &message), -EBADMSG, "cut to %zu", length);
}

Test(envelope, two_signers_or_none_are_refused)
{
    struct envelope_signed message = {0};
    const char *const commands[] = {
        "cms -sign -binary -nodetach -outform DER -in host.crt -signer host.crt -inkey "
        "host.key "
        "-signer officer.crt -inkey officer.key -out other",
        "cms -sign -binary -outform DER -in host.crt -signer host.crt -inkey host.key -out "
        "other", // detached
        "cms -sign -nocerts -binary -nodetach -outform DER -in host.crt -signer host.crt "
        "-inkey host.key -out other",
        "cms -sign -noattr -binary -nodetach -outform DER -in host.crt -signer host.crt -inkey "
        "host.key -out other",
    };
    for (size_t i = 0; i < ELEMENTS(commands); i++) {
        size_t length;
        cr_assert_eq(openssl("%s", commands[i]), 0, "%s", commands[i]);
        char *other = read_file("other", &length);
        cr_expect_eq(envelope_read_signed(other, length, &message), -EBADMSG, "%s", commands[i]);
        free(other);
    }
}
