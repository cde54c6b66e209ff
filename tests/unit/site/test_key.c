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
