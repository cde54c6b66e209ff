// SPDX-License-Identifier: GPL-3.0-or-later
// A site, a workstation and two recipients, in a folder of their own, for OpenSSL's own program to
// judge.
#pragma once

#include "base/file.h"
#include "base/moment.h"
#include "site/certificate.h"
#include "site/envelope.h"
#include "site/key.h"

#include <criterion/criterion.h>
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <string.h>

#define FROM                                                                                       \
    (UINT64_C(1700000000) * NS_PER_S) // 2023-11-14: all that it issues has ended long since
#define YEARS 1

struct party {
    EVP_PKEY *key;
    X509 *certificate;
};

static char world_folder[] = "/tmp/sekisho-site.XXXXXX";
static int world;
static struct party site, host, officer, deputy;
static const char *host_identity = "0123abcd";

static inline void issue(struct party *party, enum certificate_use use, const char *name)
{
    bool is_site = use == CERTIFICATE_SITE;
    cr_assert_eq(key_generate(&party->key), 0);
    const struct certificate_order order = {.use = use,
                                            .name = name,
                                            .identity =
                                                use == CERTIFICATE_HOST ? host_identity : NULL,
                                            .key = party->key,
                                            .issuer = is_site ? NULL : site.certificate,
                                            .issuer_key = is_site ? NULL : site.key,
                                            .from_ns = FROM,
                                            .years = YEARS};
    cr_assert_eq(certificate_issue(&order, &party->certificate), 0);
}

static inline void write_file(const char *name, const void *data, size_t length)
{
    cr_assert_eq(file_replace_at(world, name, 0600, data, length), 0);
}

static inline void write_party(const struct party *party, const char *name)
{
    char file[64];
    char *pem;
    cr_assert_eq(certificate_encode(party->certificate, &pem), 0);
    (void)snprintf(file, sizeof file, "%s.crt", name);
    write_file(file, pem, strlen(pem));
    free(pem);
    (void)snprintf(file, sizeof file, "%s.key", name);
    cr_assert_eq(key_write_at(world, file, party->key, NULL), 0);
}

static inline void make_world(void)
{
    cr_assert_not_null(mkdtemp(world_folder));
    world = open(world_folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    cr_assert_geq(world, 0);
    issue(&site, CERTIFICATE_SITE, "北町センター");
    issue(&host, CERTIFICATE_HOST, "pc-01");
    issue(&officer, CERTIFICATE_RECIPIENT, "officer");
    issue(&deputy, CERTIFICATE_RECIPIENT, "deputy");
    write_party(&site, "site");
    write_party(&host, "host");
    write_party(&officer, "officer");
    write_party(&deputy, "deputy");
}

static inline void end_world(void)
{
    struct party *const all[] = {&site, &host, &officer, &deputy};
    for (size_t i = 0; i < ELEMENTS(all); i++) {
        key_free_p(&all[i]->key);
        certificate_free_p(&all[i]->certificate);
    }
    cr_expect_eq(file_remove_entries(world, ".", NULL, NULL), 0);
    close(world);
    cr_expect_eq(rmdir(world_folder), 0);
}

// Runs OpenSSL's program in the folder; what it says is in "said".
printf_like(1, 2) static inline int openssl(const char *format, ...)
{
    char words[1024], command[1200];
    va_list arguments;
    va_start(arguments, format);
    (void)vsnprintf(words, sizeof words, format, arguments);
    va_end(arguments);
    (void)snprintf(command, sizeof command, "cd %s && openssl %s >said 2>&1", world_folder, words);
    return system(command); // NOLINT(cert-env33-c): the judge is a program for people
}

static inline char *read_file(const char *name, size_t *ret_length)
{
    char *data = NULL;
    cr_assert_eq(file_read_at(world, name, ENVELOPE_MAX, &data, ret_length), 0, "%s", name);
    return data;
}

static inline bool openssl_said(const char *words)
{
    size_t length;
    char *said = read_file("said", &length);
    bool is_there = strstr(said, words) != NULL;
    free(said);
    return is_there;
}
