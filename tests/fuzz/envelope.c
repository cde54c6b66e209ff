// SPDX-License-Identifier: GPL-3.0-or-later
// Fuzzes the messages of a sealed package: its parts, and its signed manifest.
#include "site/envelope.h"

#include "site/certificate.h"
#include "site/key.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>

#define SMALL 256 // what is sealed and signed, too

// The seeds are sealed to this key. It opens nothing else.
static const char key_text[] = "-----BEGIN PRIVATE KEY-----\n"
                               "MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQgU66D4EUoQ5+sm5VU\n"
                               "PMF4/tAoHV4grMUH2pvzjydaWwWhRANCAATQYKH3u335cX0Eo4HnTIIzLglY2glZ\n"
                               "TpueqJlosk+bCJYrEzG7lbqsMydPpSgHGsQ0VpYSkOKT4+iuoNTysq95\n"
                               "-----END PRIVATE KEY-----\n";
static const char certificate_text[] =
    "-----BEGIN CERTIFICATE-----\n"
    "MIIBkjCCATegAwIBAgIUcpGIyjrHCreDAeHkINomhmVhkbMwCgYIKoZIzj0EAwIw\n"
    "HTEbMBkGA1UEAwwS5YyX55S644K744Oz44K/44O8MB4XDTI2MTEyNzE3Mzc0OFoX\n"
    "DTI2MTEyNzE3Mzc0OFowEjEQMA4GA1UEAwwHb2ZmaWNlcjBZMBMGByqGSM49AgEG\n"
    "CCqGSM49AwEHA0IABNBgofe7fflxfQSjgedMgjMuCVjaCVlOm56omWiyT5sIlisT\n"
    "MbuVuqwzJ0+lKAcaxDRWlhKQ4pPj6K6g1PKyr3mjYDBeMAwGA1UdEwEB/wQCMAAw\n"
    "DgYDVR0PAQH/BAQDAgMIMB0GA1UdDgQWBBRQkHLstwIvp2cUp5UNwPFsEEZm9DAf\n"
    "BgNVHSMEGDAWgBQAtwRp2IlA5/Js2/8y0iJM2GlkSDAKBggqhkjOPQQDAgNJADBG\n"
    "AiEAk3OhJf1IHqGviN283LqZHlq6rZPFMhDFy/pPHU6O2SkCIQDIqpYfr5/msuV9\n"
    "D5edf3jhutsi+eVSRg9y5NLDjNFchw==\n"
    "-----END CERTIFICATE-----\n";

struct recipient {
    EVP_PKEY *key;
    X509 *certificate;
};

static struct recipient read_recipient(void)
{
    char path[64];
    struct recipient recipient = {0};
    int fd = memfd_create("key", MFD_CLOEXEC);
    (void)snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
    if (write(fd, key_text, strlen(key_text)) < 0 ||
        key_read_at(AT_FDCWD, path, NULL, &recipient.key) < 0 ||
        certificate_decode(certificate_text, strlen(certificate_text), &recipient.certificate) < 0)
        abort();
    (void)close(fd);
    return recipient;
}

// What is sealed or signed here comes back as it was.
static void expect_same(const struct recipient *recipient, const uint8_t *data, size_t size)
{
    CLEANUP_FREE uint8_t *sealed = NULL, *opened = NULL, *text = NULL;
    CLEANUP(envelope_signed_clear_p) struct envelope_signed message = {0};
    size_t length, opened_length, signed_length;
    if (envelope_seal(data, size, &recipient->certificate, 1, &sealed, &length) < 0 ||
        envelope_open(sealed, length, recipient->certificate, recipient->key, &opened,
                      &opened_length) < 0 ||
        opened_length != size || memcmp(opened, data, size) != 0)
        abort();
    if (envelope_sign(data, size, recipient->certificate, recipient->key, &text, &signed_length) <
            0 ||
        envelope_read_signed(text, signed_length, &message) < 0 || message.length != size ||
        memcmp(message.data, data, size) != 0)
        abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct recipient recipient;
    CLEANUP_FREE uint8_t *opened = NULL;
    CLEANUP(envelope_signed_clear_p) struct envelope_signed message = {0};
    size_t length = 0;
    if (!recipient.key)
        recipient = read_recipient();
    int r = envelope_open(data, size, recipient.certificate, recipient.key, &opened, &length);
    if (r == 0 && (length > size || opened[length] != '\0'))
        abort();
    if (r < 0 && r != -EBADMSG && r != -ENOKEY)
        abort();
    r = envelope_read_signed(data, size, &message);
    if (r == 0 && (!message.signer || message.data[message.length] != '\0'))
        abort();
    if (size <= SMALL)
        expect_same(&recipient, data, size);
    return 0;
}
