// SPDX-License-Identifier: GPL-3.0-or-later
// Reads the folder of an enrolled workstation, and believes no file in it before the site's
// signature is seen.
#include "site/enrolled.h"

#include "base/text.h"
#include "site/certificate.h"
#include "site/key.h"

#include <errno.h>
#include <fcntl.h>
#include <openssl/evp.h>
#include <openssl/x509.h>
#include <string.h>

struct reading {
    int folder;
    struct enrolled found;
    char *file; // which one is being read
};

void enrolled_clear(struct enrolled *enrolled)
{
    key_free_p(&enrolled->key);
    certificate_free_p(&enrolled->certificate);
    certificate_free_p(&enrolled->site);
    for (size_t i = 0; i < enrolled->n_recipients; i++)
        certificate_free_p(&enrolled->recipients[i]);
    memset(enrolled, 0, sizeof *enrolled);
}

static void name_file(struct reading *reading, const char *name)
{
    text_copy(reading->file, ENROLLED_FILE_SIZE, name);
}

static int read_certificate(struct reading *reading, enum certificate_use use, X509 **ret)
{
    CLEANUP(certificate_free_p) X509 *certificate = NULL;
    int r = certificate_read_at(reading->folder, reading->file, &certificate);
    if (r == 0)
        r = certificate_check(certificate, use,
                              use == CERTIFICATE_SITE ? certificate : reading->found.site);
    if (r < 0)
        return r;
    *ret = TAKE_PTR(certificate);
    return 0;
}

static int read_host(struct reading *reading)
{
    struct enrolled *found = &reading->found;
    name_file(reading, "site.crt");
    int r = read_certificate(reading, CERTIFICATE_SITE, &found->site);
    if (r < 0)
        return r;
    name_file(reading, "host.crt");
    r = read_certificate(reading, CERTIFICATE_HOST, &found->certificate);
    if (r < 0)
        return r;
    name_file(reading, "host.key");
    r = key_read_at(reading->folder, reading->file, NULL, &found->key);
    if (r < 0)
        return r;
    return EVP_PKEY_eq(found->key, X509_get0_pubkey(found->certificate)) == 1 ? 0 : -EKEYREJECTED;
}

static int read_recipients(struct reading *reading)
{
    struct enrolled *found = &reading->found;
    while (found->n_recipients < ENVELOPE_RECIPIENTS_MAX) {
        size_t n = found->n_recipients;
        (void)snprintf(reading->file, ENROLLED_FILE_SIZE, "recipients/%02u.crt",
                       (unsigned)(n + 1) % 100);
        int r = read_certificate(reading, CERTIFICATE_RECIPIENT, &found->recipients[n]);
        if (r == -ENOENT && n > 0)
            return 0;
        if (r < 0)
            return r;
        found->n_recipients++;
    }
    return 0;
}

int enrolled_read_at(int state, struct enrolled *ret, char ret_file[ENROLLED_FILE_SIZE])
{
    CLEANUP_CLOSE int folder =
        openat(state, ENROLLED_FOLDER, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    struct reading reading = {.folder = folder, .file = ret_file};
    name_file(&reading, "host.crt");
    if (folder < 0 || faccessat(folder, "host.crt", F_OK, AT_SYMLINK_NOFOLLOW) < 0)
        return -errno;
    int r = read_host(&reading);
    if (r == 0)
        r = read_recipients(&reading);
    if (r < 0) {
        enrolled_clear(&reading.found);
        return r == -ENOENT ? -ENODATA : r; // another file than the one that says so
    }
    *ret = reading.found;
    return 0;
}
