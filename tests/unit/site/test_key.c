// SPDX-License-Identifier: GPL-3.0-or-later
// Keys in files: for root alone, with a passphrase or without, and never another kind of key.
#include "site_world.h"

#include <openssl/x509.h>

#include <sys/stat.h>

TestSuite(key, .init = make_world, .fini = end_world);

Test(key, a_key_file_is_for_its_owner_alone_and_is_never_written_over)
{
    struct stat status;
    cr_assert_eq(fstatat(world, "host.key", &status, 0), 0);
    cr_expect_eq(status.st_mode & 07777, 0600);
    cr_expect_eq(key_write_at(world, "host.key", site.key, NULL), -EEXIST);
}

Test(key, openssl_reads_it)
{
    cr_expect_eq(openssl("pkey -in host.key -noout -text"), 0);
    cr_expect(openssl_said("prime256v1"));
}

Test(key, a_passphrase_is_asked_for_and_has_to_be_right)
{
    EVP_PKEY *key = NULL;
    cr_assert_eq(key_write_at(world, "locked.key", site.key, "合言葉 7"), 0);
    cr_expect_eq(key_read_at(world, "locked.key", NULL, &key), -EACCES);
    cr_expect_eq(key_read_at(world, "locked.key", "wrong", &key), -EACCES);
    cr_assert_eq(key_read_at(world, "locked.key", "合言葉 7", &key), 0);
    key_free_p(&key);
    cr_expect_eq(openssl("pkey -in locked.key -passin 'pass:合言葉 7' -noout"), 0);
    cr_expect_neq(openssl("pkey -in locked.key -passin pass:wrong -noout"), 0);
}

Test(key, what_is_no_key_of_ours_is_refused)
{
    EVP_PKEY *key = NULL;
    cr_expect_eq(key_read_at(world, "absent.key", NULL, &key), -ENOENT);
    write_file("torn.key", "-----BEGIN PRIVATE KEY-----\nMIG", 31);
    cr_expect_eq(key_read_at(world, "torn.key", NULL, &key), -EBADMSG);
    cr_assert_eq(openssl("genpkey -algorithm RSA -pkeyopt rsa_keygen_bits:2048 -out rsa.key"), 0);
    cr_expect_eq(key_read_at(world, "rsa.key", NULL, &key), -EBADMSG);
    cr_assert_eq(openssl("genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-384 -out other.key"),
                 0);
    cr_expect_eq(key_read_at(world, "other.key", NULL, &key), -EBADMSG);
}

Test(key, nothing_is_left_beside_it)
{
    CLEANUP(closedir_p) DIR *entries = NULL;
    cr_expect_eq(key_write_at(world, "host.key", site.key, NULL), -EEXIST);
    cr_assert_eq(file_open_entries(world, ".", &entries), 0);
    for (const struct dirent *entry; (entry = readdir(entries));)
        cr_expect_null(strstr(entry->d_name, ".new"), "%s", entry->d_name);
}

Test(key, its_private_half_alone_gives_it_back)
{
    uint8_t secret[KEY_SECRET_SIZE], digest[DIGEST_SIZE], again[DIGEST_SIZE];
    EVP_PKEY *key = NULL;
    cr_assert_eq(key_get_secret(host.key, secret), 0);
    cr_assert_eq(key_from_secret(secret, &key), 0);
    cr_expect(key_is_ours(key));
    cr_expect(certificate_has_key(host.certificate, key));
    cr_expect_not(certificate_has_key(site.certificate, key));
    cr_assert_eq(key_digest(host.key, digest), 0);
    cr_assert_eq(key_digest(key, again), 0);
    cr_expect_arr_eq(digest, again, DIGEST_SIZE);
    cr_assert_eq(key_write_at(world, "again.key", key, NULL), 0);
    cr_expect_eq(openssl("pkey -in again.key -check -noout"), 0);
    key_free_p(&key);
}

Test(key, a_number_that_is_no_key_is_refused)
{
    uint8_t secret[KEY_SECRET_SIZE] = {0};
    EVP_PKEY *key = NULL;
    cr_expect_eq(key_from_secret(secret, &key), -EINVAL);
    memset(secret, 0xFF, sizeof secret);
    cr_expect_eq(key_from_secret(secret, &key), -EINVAL);
    cr_expect_null(key);
}
