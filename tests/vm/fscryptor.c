// SPDX-License-Identifier: GPL-3.0-or-later
// fscryptor FOLDER: encrypts an empty folder with fscrypt, under a key of its own that the kernel
// then holds. fscryptor --lock FOLDER: takes the key away from the kernel.
#include <fcntl.h>
#include <linux/fscrypt.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>

#define KEY_SIZE 64

static void fail(const char *what)
{
    perror(what);
    exit(1);
}

static void encrypt(int folder)
{
    struct {
        struct fscrypt_add_key_arg arg;
        unsigned char raw[KEY_SIZE];
    } key = {.arg = {.key_spec.type = FSCRYPT_KEY_SPEC_TYPE_IDENTIFIER, .raw_size = KEY_SIZE}};
    memset(key.raw, 'k', sizeof key.raw);
    if (ioctl(folder, FS_IOC_ADD_ENCRYPTION_KEY, &key) < 0)
        fail("fscryptor: FS_IOC_ADD_ENCRYPTION_KEY");
    struct fscrypt_policy_v2 policy = {
        .version = FSCRYPT_POLICY_V2,
        .contents_encryption_mode = FSCRYPT_MODE_AES_256_XTS,
        .filenames_encryption_mode = FSCRYPT_MODE_AES_256_CTS,
        .flags = FSCRYPT_POLICY_FLAGS_PAD_32,
    };
    memcpy(policy.master_key_identifier, key.arg.key_spec.u.identifier,
           sizeof policy.master_key_identifier);
    if (ioctl(folder, FS_IOC_SET_ENCRYPTION_POLICY, &policy) < 0)
        fail("fscryptor: FS_IOC_SET_ENCRYPTION_POLICY");
}

static void lock(int folder)
{
    struct fscrypt_get_policy_ex_arg answer = {.policy_size = sizeof answer.policy};
    if (ioctl(folder, FS_IOC_GET_ENCRYPTION_POLICY_EX, &answer) < 0)
        fail("fscryptor: FS_IOC_GET_ENCRYPTION_POLICY_EX");
    struct fscrypt_remove_key_arg key = {.key_spec.type = FSCRYPT_KEY_SPEC_TYPE_IDENTIFIER};
    memcpy(key.key_spec.u.identifier, answer.policy.v2.master_key_identifier,
           sizeof key.key_spec.u.identifier);
    if (ioctl(folder, FS_IOC_REMOVE_ENCRYPTION_KEY, &key) < 0)
        fail("fscryptor: FS_IOC_REMOVE_ENCRYPTION_KEY");
}

int main(int argc, char *argv[])
{
    bool locks = argc == 3 && strcmp(argv[1], "--lock") == 0;
    if (argc != 2 && !locks) {
        (void)fputs("usage: fscryptor [--lock] FOLDER\n", stderr);
        return 2;
    }
    int folder = open(argv[argc - 1], O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (folder < 0)
        fail(argv[argc - 1]);
    if (locks)
        lock(folder);
    else
        encrypt(folder);
    return 0;
}
