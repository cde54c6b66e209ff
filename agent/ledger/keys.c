// SPDX-License-Identifier: GPL-3.0-or-later
// Key files: made durable before they are named, destroyed once they are used.
#include "ledger/keys.h"

#include "base/bytes.h"
#include "base/digest.h"
#include "base/file.h"
#include "base/text.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <string.h>

#define KEY_TAG "sekisho key 1" // with its NUL and two zero bytes: 16
#define NEXT "seal.next"
#define EPOCH_MAX ((uint64_t)INT64_MAX)

enum {
    AT_EPOCH = 16,
    AT_KEY = 24,
    AT_CHECK = 56,
    CHECK_SIZE = 8,
    FILE_SIZE = 64,
};

struct name {
    char text[32];
};

static struct name name_of(uint64_t epoch)
{
    struct name name;
    (void)snprintf(name.text, sizeof name.text, "seal.%llu", (unsigned long long)epoch);
    return name;
}

// ---- One key file ------------------------------------------------------------------------------

static void encode(uint64_t epoch, const uint8_t private_key[ED25519_KEY_SIZE],
                   uint8_t ret[FILE_SIZE])
{
    uint8_t check[DIGEST_SIZE];
    memset(ret, 0, FILE_SIZE);
    memcpy(ret, KEY_TAG, sizeof KEY_TAG);
    (void)bytes_put_u64(ret + AT_EPOCH, epoch);
    memcpy(ret + AT_KEY, private_key, ED25519_KEY_SIZE);
    digest_of(ret, AT_CHECK, check);
    memcpy(ret + AT_CHECK, check, CHECK_SIZE);
}

static int write_key(int dir, const char *name, uint64_t epoch,
                     const uint8_t private_key[ED25519_KEY_SIZE])
{
    uint8_t data[FILE_SIZE];
    encode(epoch, private_key, data);
    CLEANUP_CLOSE int fd =
        openat(dir, name, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
    int r = fd < 0 ? -errno : file_write_all(fd, data, sizeof data);
    if (r == 0 && fsync(fd) < 0)
        r = -errno;
    explicit_bzero(data, sizeof data);
    if (r == 0)
        r = file_sync_dir(dir);
    if (r < 0 && fd >= 0)
        (void)unlinkat(dir, name, 0);
    return r;
}

// −ENOENT; −EBADMSG if it is no whole key of that epoch.
static int read_key(int dir, const char *name, uint64_t epoch,
                    uint8_t ret_private[ED25519_KEY_SIZE])
{
    uint8_t expected[FILE_SIZE];
    char *data = NULL;
    size_t length = 0;
    int r = file_read_at(dir, name, FILE_SIZE, &data, &length);
    if (r < 0)
        return r == -EFBIG ? -EBADMSG : r;
    r = -EBADMSG;
    if (length == FILE_SIZE) {
        encode(epoch, (uint8_t *)data + AT_KEY, expected);
        if (memcmp(data, expected, FILE_SIZE) == 0) {
            memcpy(ret_private, data + AT_KEY, ED25519_KEY_SIZE);
            r = 0;
        }
        explicit_bzero(expected, sizeof expected);
        explicit_bzero(data, length);
    }
    free(data);
    return r;
}

// Overwriting helps on a plain disk; on an SSD nobody can promise it, and FORMAT.md does not.
static int destroy(int dir, const char *name)
{
    static const uint8_t zeros[FILE_SIZE];
    CLEANUP_CLOSE int fd = openat(dir, name, O_WRONLY | O_NOFOLLOW | O_CLOEXEC);
    if (fd >= 0 && file_write_all(fd, zeros, sizeof zeros) == 0)
        (void)fdatasync(fd);
    if (unlinkat(dir, name, 0) < 0 && errno != ENOENT)
        return -errno;
    return file_sync_dir(dir);
}

// ---- The folder --------------------------------------------------------------------------------

static bool is_key_name(const char *name, uint64_t *ret_epoch)
{
    return strncmp(name, "seal.", 5) == 0 && text_to_u64(name + 5, 10, EPOCH_MAX, ret_epoch) == 0;
}

// Calls `visit` for each key but `epoch`'s, until one answers other than 0.
static int for_each_other(int dir, uint64_t epoch, int (*visit)(int, const char *, bool later))
{
    int fd = openat(dir, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    DIR *entries = fd < 0 ? NULL : fdopendir(fd);
    if (!entries) {
        int r = -errno;
        if (fd >= 0)
            (void)close(fd);
        return r;
    }
    int r = 0;
    for (const struct dirent *entry; r == 0 && (entry = readdir(entries));) {
        uint64_t number;
        if (is_key_name(entry->d_name, &number) && number != epoch)
            r = visit(dir, entry->d_name, number > epoch);
    }
    (void)closedir(entries);
    return r;
}

// A later key with no seal that names it: the ledger was cut, or it is not this folder's.
static int refuse_later(int dir, const char *name, bool later)
{
    (void)dir;
    (void)name;
    return later ? -EBADMSG : 0;
}

static int destroy_earlier(int dir, const char *name, bool later)
{
    return later ? 0 : destroy(dir, name);
}

// ---- The life of a key -------------------------------------------------------------------------

int keys_create(int dir, struct keys *ret)
{
    struct keys keys = {.dir = dir, .epoch = 1};
    int r = for_each_other(dir, 1, refuse_later);
    if (r == 0)
        r = destroy(dir, name_of(1).text); // of a ledger whose first file was never finished
    if (r == 0)
        r = ed25519_generate(keys.private_key, keys.public_key);
    if (r == 0)
        r = write_key(dir, name_of(1).text, 1, keys.private_key);
    if (r == 0)
        *ret = keys;
    keys_forget(&keys);
    return r;
}

static bool is_pair(const uint8_t private_key[ED25519_KEY_SIZE],
                    const uint8_t public_key[ED25519_KEY_SIZE])
{
    uint8_t found[ED25519_KEY_SIZE];
    return ed25519_public_of(private_key, found) == 0 &&
           memcmp(found, public_key, sizeof found) == 0;
}

// A successor that the last seal names becomes the key; any other was never used and goes.
static int settle_next(int dir, uint64_t epoch, const uint8_t public_key[ED25519_KEY_SIZE])
{
    uint8_t private_key[ED25519_KEY_SIZE];
    int r = read_key(dir, NEXT, epoch, private_key);
    if (r == -ENOENT)
        return 0;
    if (r < 0 && r != -EBADMSG)
        return r;
    bool named = r == 0 && is_pair(private_key, public_key);
    ed25519_forget(private_key);
    if (!named)
        return destroy(dir, NEXT);
    if (renameat(dir, NEXT, dir, name_of(epoch).text) < 0)
        return -errno;
    return file_sync_dir(dir);
}

int keys_load(int dir, uint64_t epoch, const uint8_t public_key[ED25519_KEY_SIZE], struct keys *ret)
{
    struct keys keys = {.dir = dir, .epoch = epoch};
    int r = for_each_other(dir, epoch, refuse_later);
    if (r == 0)
        r = settle_next(dir, epoch, public_key);
    if (r == 0)
        r = read_key(dir, name_of(epoch).text, epoch, keys.private_key);
    if (r == 0 && !is_pair(keys.private_key, public_key))
        r = -EBADMSG;
    if (r == 0)
        r = for_each_other(dir, epoch, destroy_earlier);
    if (r == 0) {
        memcpy(keys.public_key, public_key, ED25519_KEY_SIZE);
        *ret = keys;
    }
    keys_forget(&keys);
    return r == -ENOENT ? -EBADMSG : r;
}

void keys_forget(struct keys *keys)
{
    ed25519_forget(keys->private_key);
    ed25519_forget(keys->next_private);
}

static int name_it(struct keys *keys)
{
    if (renameat(keys->dir, NEXT, keys->dir, name_of(keys->epoch).text) < 0)
        return -errno;
    keys->unnamed = false;
    return file_sync_dir(keys->dir);
}

int keys_make_next(struct keys *keys)
{
    int r = keys->unnamed ? name_it(keys) : 0;
    if (r < 0)
        return r;
    if (unlinkat(keys->dir, NEXT, 0) < 0 && errno != ENOENT) // of a seal that was not committed
        return -errno;
    r = ed25519_generate(keys->next_private, keys->next_public);
    return r < 0 ? r : write_key(keys->dir, NEXT, keys->epoch + 1, keys->next_private);
}

int keys_name_next(struct keys *keys)
{
    memcpy(keys->private_key, keys->next_private, ED25519_KEY_SIZE);
    memcpy(keys->public_key, keys->next_public, ED25519_KEY_SIZE);
    ed25519_forget(keys->next_private);
    keys->epoch++;
    keys->unnamed = true;
    return name_it(keys);
}

int keys_destroy_used(struct keys *keys)
{
    return destroy(keys->dir, name_of(keys->epoch - 1).text);
}
