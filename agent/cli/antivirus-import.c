// SPDX-License-Identifier: GPL-3.0-or-later
// What lies on a medium may change between two looks at it, so only the copy is looked at.
#include "cli/antivirus-import.h"

#include "base/file.h"
#include "base/moment.h"
#include "base/program.h"
#include "base/text.h"
#include "watch/antivirus/definitions.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>

#define SIZE_MAX_BYTES (1u << 30)
#define HEADER_SIZE 512
#define OUTPUT_MAX (64 * 1024)
#define PATIENCE_NS (120 * NS_PER_S)
#define VERIFIED "Verification OK"
#define FOLDER ".sekisho-XXXXXX" // hidden: clamd reads no such name

static const char *const kinds[] = {"main", "daily", "bytecode"};
static const char *const forms[] = {"cvd", "cld"};

bool import_is_wanted(const char *name)
{
    const char *dot = strchr(name, '.');
    for (size_t i = 0; dot && i < ELEMENTS(kinds); i++)
        for (size_t k = 0; k < ELEMENTS(forms); k++)
            if (strlen(kinds[i]) == (size_t)(dot - name) &&
                strncmp(kinds[i], name, strlen(kinds[i])) == 0 && strcmp(dot + 1, forms[k]) == 0)
                return true;
    return false;
}

// ---- Copying -----------------------------------------------------------------------------------

static int copy_bytes(int from, int to, struct digest *digest)
{
    static char piece[1 << 16];
    size_t total = 0;
    for (;;) {
        ssize_t n = read(from, piece, sizeof piece);
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            return n < 0 ? -errno : 0;
        total += (size_t)n;
        if (total > SIZE_MAX_BYTES)
            return -EFBIG;
        digest_add(digest, piece, (size_t)n);
        int r = file_write_all(to, piece, (size_t)n);
        if (r < 0)
            return r;
    }
}

static int copy(int medium, int folder, const char *name, char ret_sha256[DIGEST_TEXT_SIZE])
{
    CLEANUP(digest_free_p) struct digest *digest = NULL;
    uint8_t hash[DIGEST_SIZE];
    struct stat seen;
    CLEANUP_CLOSE int from =
        openat(medium, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
    if (from < 0 || fstat(from, &seen) < 0)
        return -errno;
    if (!S_ISREG(seen.st_mode))
        return -EINVAL;
    CLEANUP_CLOSE int to = openat(folder, name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    if (to < 0)
        return -errno;
    int r = digest_new(&digest);
    if (r == 0)
        r = copy_bytes(from, to, digest);
    if (r == 0 && fsync(to) < 0)
        r = -errno;
    if (r < 0)
        return r;
    digest_end(digest, hash);
    text_hex(hash, sizeof hash, ret_sha256);
    return 0;
}

// ---- Looking at it -----------------------------------------------------------------------------

static int read_header(int folder, const char *name, struct imported *ret)
{
    char header[HEADER_SIZE];
    CLEANUP_CLOSE int fd = openat(folder, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
    if (fd < 0)
        return -errno;
    ssize_t n = read(fd, header, sizeof header);
    return n < 0 ? -errno
                 : definitions_parse_header(header, (size_t)n, &ret->built_s, &ret->version);
}

// The newest of both forms that is in place; 0: none.
static uint64_t version_in_place(int target, const char *name)
{
    size_t stem = (size_t)(strchr(name, '.') - name);
    uint64_t newest = 0;
    for (size_t i = 0; i < ELEMENTS(forms); i++) {
        CLEANUP_FREE char *other = text_format("%.*s.%s", (int)stem, name, forms[i]);
        struct imported found = {0};
        if (other && read_header(target, other, &found) == 0 && found.version > newest)
            newest = found.version;
    }
    return newest;
}

// 1: ClamAV's signature is on it; 0: it is not.
static int is_signed(const char *sigtool, const char *path)
{
    CLEANUP(program_answer_clear) struct program_answer answer = {0};
    CLEANUP_FREE char *word = text_format("--info=%s", path);
    char name[] = "sigtool";
    char *const words[] = {name, word, NULL};
    if (!word)
        return -ENOMEM;
    int r = program_read(sigtool, words, OUTPUT_MAX, PATIENCE_NS, &answer);
    return r < 0 ? r : answer.status == 0 && strstr(answer.text, VERIFIED) != NULL;
}

// ---- Putting it in place -----------------------------------------------------------------------

// With the owner of the folder, which is clamd's.
static int put(int folder, int target, const char *name)
{
    struct stat owner;
    if (fstat(target, &owner) < 0 ||
        fchownat(folder, name, owner.st_uid, owner.st_gid, AT_SYMLINK_NOFOLLOW) < 0 ||
        fchmodat(folder, name, 0644, 0) < 0 || renameat(folder, name, target, name) < 0)
        return -errno;
    return file_sync_dir(target);
}

static int judge(const struct import_options *options, int folder, const char *folder_name,
                 const char *name, struct imported *ret)
{
    CLEANUP_FREE char *path = text_format("%s/%s/%s", options->path, folder_name, name);
    if (!path)
        return -ENOMEM;
    int r = read_header(folder, name, ret);
    if (r == -EBADMSG) {
        ret->result = IMPORT_NONE;
        return 0;
    }
    if (r == 0 && ret->version <= version_in_place(options->target, name)) {
        ret->result = IMPORT_NOT_NEWER;
        return 0;
    }
    r = r < 0 ? r : is_signed(options->sigtool, path);
    if (r < 0)
        return r;
    ret->result = r > 0 ? IMPORT_DONE : IMPORT_UNSIGNED;
    return r > 0 ? put(folder, options->target, name) : 0;
}

static int in_folder(const struct import_options *options, const char *folder_name,
                     const char *name, struct imported *ret)
{
    CLEANUP_CLOSE int folder =
        openat(options->target, folder_name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    struct imported imported = {0};
    if (folder < 0)
        return -errno;
    int r = copy(options->medium, folder, name, imported.sha256);
    if (r == 0)
        r = judge(options, folder, folder_name, name, &imported);
    (void)unlinkat(folder, name, 0);
    if (r == 0)
        *ret = imported;
    return r;
}

int import_file(const struct import_options *options, const char *name, struct imported *ret)
{
    CLEANUP_FREE char *path = text_format("%s/" FOLDER, options->path);
    if (!path)
        return -ENOMEM;
    if (!mkdtemp(path)) // 0700, ours
        return -errno;
    const char *folder = text_basename(path);
    int r = in_folder(options, folder, name, ret);
    (void)unlinkat(options->target, folder, AT_REMOVEDIR);
    return r;
}
