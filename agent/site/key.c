// SPDX-License-Identifier: GPL-3.0-or-later
// P-256 keys as PEM files.
#include "site/key.h"

#include "base/file.h"
#include "base/text.h"
#include "site/openssl.h"

#include <errno.h>
#include <fcntl.h>
#include <openssl/ec.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <string.h>
#include <unistd.h>

#define KEY_FILE_MAX 8192
#define CURVE "P-256"

void key_free_p(EVP_PKEY **key)
{
    EVP_PKEY_free(*key);
}

int key_generate(EVP_PKEY **ret)
{
    EVP_PKEY *key = EVP_EC_gen(CURVE);
    if (!key)
        return openssl_failed(-EIO);
    *ret = key;
    return 0;
}

bool key_is_ours(const EVP_PKEY *key)
{
    char group[32] = "";
    return key && EVP_PKEY_is_a(key, "EC") &&
           EVP_PKEY_get_group_name(key, group, sizeof group, NULL) == 1 &&
           text_equal(group, "prime256v1"); // as OpenSSL calls it
}

// ---- Reading -----------------------------------------------------------------------------------

struct asked {
    const char *passphrase; // or NULL
    bool was;
};

static int on_passphrase(char *buffer, int size, int for_writing, void *context)
{
    struct asked *asked = context;
    size_t length = asked->passphrase ? strlen(asked->passphrase) : 0;
    (void)for_writing;
    asked->was = true;
    if (!asked->passphrase || length > (size_t)size)
        return -1;
    memcpy(buffer, asked->passphrase, length);
    return (int)length;
}

int key_read_at(int dir, const char *name, const char *passphrase, EVP_PKEY **ret)
{
    char *pem = NULL;
    size_t length = 0;
    int r = file_read_at(dir, name, KEY_FILE_MAX, &pem, &length);
    if (r < 0)
        return r == -EFBIG ? -EBADMSG : r;
    struct asked asked = {.passphrase = passphrase};
    CLEANUP(openssl_free_bio_p) BIO *in = BIO_new_mem_buf(pem, (int)length);
    CLEANUP(key_free_p)
    EVP_PKEY *key = in ? PEM_read_bio_PrivateKey(in, NULL, on_passphrase, &asked) : NULL;
    explicit_bzero(pem, length);
    free(pem);
    if (!in)
        return openssl_failed(-ENOMEM);
    if (!key)
        return openssl_failed(asked.was ? -EACCES : -EBADMSG);
    if (!key_is_ours(key))
        return -EBADMSG;
    *ret = TAKE_PTR(key);
    return 0;
}

// ---- Writing -----------------------------------------------------------------------------------

static int write_durably(int dir, const char *name, const char *data, size_t length)
{
    CLEANUP_CLOSE int fd =
        openat(dir, name, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
    if (fd < 0)
        return -errno;
    int r = file_write_all(fd, data, length);
    return r == 0 && fsync(fd) < 0 ? -errno : r;
}

// Linked to its name once it is whole: never half a key, and never in the place of another.
static int write_new(int dir, const char *name, const char *data, size_t length)
{
    CLEANUP_FREE char *temporary = text_format(".%s.%d.new", name, (int)getpid());
    if (!temporary)
        return -ENOMEM;
    (void)unlinkat(dir, temporary, 0); // left by a crash of an earlier process with this number
    int r = write_durably(dir, temporary, data, length);
    if (r == 0 && linkat(dir, temporary, dir, name, 0) < 0)
        r = -errno;
    (void)unlinkat(dir, temporary, 0);
    return r < 0 ? r : file_sync_dir(dir);
}

int key_write_at(int dir, const char *name, EVP_PKEY *key, const char *passphrase)
{
    CLEANUP(openssl_free_bio_p) BIO *out = BIO_new(BIO_s_secmem());
    if (!out ||
        PEM_write_bio_PKCS8PrivateKey(out, key, passphrase ? EVP_aes_256_cbc() : NULL, passphrase,
                                      passphrase ? (int)strlen(passphrase) : 0, NULL, NULL) != 1)
        return openssl_failed(-EIO);
    char *data;
    long length = BIO_get_mem_data(out, &data);
    return write_new(dir, name, data, (size_t)length);
}
