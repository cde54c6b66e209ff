// SPDX-License-Identifier: GPL-3.0-or-later
// One sealing key at any time, whatever a crash or somebody else left in the folder.
#include "ledger/keys.h"

#include "base/file.h"
#include "base/text.h"

#include <criterion/criterion.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>

static char folder[] = "/tmp/sekisho-keys.XXXXXX";
static int dir;
static struct keys keys;

static void setup(void)
{
    cr_assert_not_null(mkdtemp(folder));
    dir = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    cr_assert_geq(dir, 0);
    cr_assert_eq(keys_create(dir, &keys), 0);
}

static void teardown(void)
{
    static const char *const names[] = {"seal.next", "seal.1", "seal.2", "seal.3", "seal.9"};
    for (size_t i = 0; i < ELEMENTS(names); i++)
        (void)unlinkat(dir, names[i], 0);
    close(dir);
    cr_expect_eq(rmdir(folder), 0, "nothing else was left in the folder");
}

TestSuite(keys, .init = setup, .fini = teardown);

static bool exists(const char *name)
{
    return faccessat(dir, name, F_OK, 0) == 0;
}

Test(keys, a_key_is_for_root_alone)
{
    struct stat status;
    cr_assert_eq(fstatat(dir, "seal.1", &status, 0), 0);
    cr_expect_eq(status.st_mode & 07777, 0600);
    cr_expect_eq(status.st_size, 64);
}

Test(keys, a_key_is_found_again)
{
    struct keys again;
    cr_assert_eq(keys_load(dir, 1, keys.public_key, &again), 0);
    cr_expect_arr_eq(again.private_key, keys.private_key, ED25519_KEY_SIZE);
    cr_expect_eq(again.epoch, 1);
}

Test(keys, the_successor_takes_over_and_the_used_key_is_gone)
{
    struct keys again;
    cr_assert_eq(keys_make_next(&keys), 0);
    cr_assert_eq(keys_name_next(&keys), 0);
    cr_assert_eq(keys_destroy_used(&keys), 0);
    cr_expect_not(exists("seal.1"));
    cr_expect_not(exists("seal.next"));
    cr_assert_eq(keys_load(dir, 2, keys.public_key, &again), 0);
    cr_expect_eq(again.epoch, 2);
}

Test(keys, a_successor_without_its_seal_is_destroyed)
{
    struct keys again;
    cr_assert_eq(keys_make_next(&keys), 0);
    cr_assert_eq(keys_load(dir, 1, keys.public_key, &again), 0);
    cr_expect_not(exists("seal.next"));
}

Test(keys, a_successor_whose_seal_was_committed_becomes_the_key)
{
    struct keys again;
    cr_assert_eq(keys_make_next(&keys), 0);
    cr_assert_eq(keys_load(dir, 2, keys.next_public, &again), 0);
    cr_expect_not(exists("seal.1"));
    cr_expect_not(exists("seal.next"));
    cr_expect(exists("seal.2"));
}

Test(keys, half_a_successor_is_destroyed)
{
    struct keys again;
    cr_assert_eq(keys_make_next(&keys), 0);
    CLEANUP_CLOSE int fd = openat(dir, "seal.next", O_WRONLY | O_CLOEXEC);
    cr_assert_eq(ftruncate(fd, 40), 0);
    cr_assert_eq(keys_load(dir, 1, keys.public_key, &again), 0);
    cr_expect_not(exists("seal.next"));
}

Test(keys, a_used_key_that_a_crash_left_is_destroyed)
{
    struct keys again;
    cr_assert_eq(keys_make_next(&keys), 0);
    cr_assert_eq(keys_name_next(&keys), 0);
    cr_assert_eq(keys_load(dir, 2, keys.public_key, &again), 0);
    cr_expect_not(exists("seal.1"));
}

Test(keys, a_later_key_than_the_ledger_knows_is_refused_and_kept)
{
    struct keys again;
    cr_assert_eq(renameat(dir, "seal.1", dir, "seal.9"), 0);
    cr_expect_eq(keys_load(dir, 1, keys.public_key, &again), -EBADMSG);
    cr_expect_eq(keys_create(dir, &again), -EBADMSG, "a ledger did exist");
    cr_expect(exists("seal.9"));
}

Test(keys, another_key_than_the_last_seal_names_is_refused)
{
    struct keys again;
    uint8_t other[ED25519_KEY_SIZE] = {1};
    cr_expect_eq(keys_load(dir, 1, other, &again), -EBADMSG);
    cr_expect_eq(keys_load(dir, 2, keys.public_key, &again), -EBADMSG);
}

Test(keys, a_damaged_key_is_refused)
{
    struct keys again;
    CLEANUP_CLOSE int fd = openat(dir, "seal.1", O_WRONLY | O_CLOEXEC);
    cr_assert_eq(pwrite(fd, "x", 1, 30), 1);
    cr_expect_eq(keys_load(dir, 1, keys.public_key, &again), -EBADMSG);
}
