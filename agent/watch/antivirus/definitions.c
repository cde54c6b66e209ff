// SPDX-License-Identifier: GPL-3.0-or-later
// The header of a CVD, and times of files.
#include "watch/antivirus/definitions.h"

#include "base/file.h"
#include "base/text.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>

#define HEADER_SIZE 512
#define MAGIC "ClamAV-VDB"
#define FILES_MAX 4096
enum { FIELD_MAGIC, FIELD_TIME, FIELD_VERSION, FIELD_BUILT = 8, FIELDS };

int definitions_parse_header(const char *header, size_t length, uint64_t *ret_built_s,
                             uint64_t *ret_version)
{
    char copy[HEADER_SIZE + 1];
    const char *fields[FIELDS] = {NULL};
    if (length < HEADER_SIZE || memchr(header, '\0', HEADER_SIZE))
        return -EBADMSG;
    memcpy(copy, header, HEADER_SIZE);
    copy[HEADER_SIZE] = '\0';
    char *rest = copy;
    for (size_t i = 0; i < FIELDS; i++)
        fields[i] = strsep(&rest, ":");
    uint64_t version, built;
    if (!fields[FIELD_BUILT] || strcmp(fields[FIELD_MAGIC], MAGIC) != 0 ||
        text_to_u64(fields[FIELD_VERSION], 10, UINT32_MAX, &version) < 0)
        return -EBADMSG;
    copy[strcspn(fields[FIELD_BUILT], " ") + (size_t)(fields[FIELD_BUILT] - copy)] = '\0';
    if (text_to_u64(fields[FIELD_BUILT], 10, UINT32_MAX, &built) < 0 || built == 0)
        return -EBADMSG;
    *ret_built_s = built;
    *ret_version = version;
    return 0;
}

static int read_header(int folder, const char *name, uint64_t *ret_built_s, uint64_t *ret_version)
{
    char header[HEADER_SIZE];
    CLEANUP_CLOSE int fd = openat(folder, name, O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
    if (fd < 0)
        return -errno;
    ssize_t n = read(fd, header, sizeof header);
    return n < 0 ? -errno : definitions_parse_header(header, (size_t)n, ret_built_s, ret_version);
}

// ---- Files with a header -----------------------------------------------------------------------

static int take(struct definitions *newest, const char *name, const struct definitions *found)
{
    if (newest->file && newest->built_s >= found->built_s)
        return 0;
    char *file = text_escape(name, strlen(name), 256);
    if (!file)
        return -ENOMEM;
    free(newest->file);
    *newest = *found;
    newest->file = file;
    return 0;
}

static int read_named(int folder, char *const names[], struct definitions *newest)
{
    for (size_t i = 0; names[i]; i++) {
        struct definitions found = {.by_header = true};
        int r = read_header(folder, names[i], &found.built_s, &found.version);
        if (r == 0)
            r = take(newest, names[i], &found);
        if (r < 0 && r != -ENOENT)
            return r;
    }
    return newest->file ? 0 : -ENOENT;
}

// ---- Files without -----------------------------------------------------------------------------

static int read_any(int folder, struct definitions *newest)
{
    CLEANUP(closedir_p) DIR *entries = NULL;
    size_t seen = 0;
    int r = file_open_entries(folder, ".", &entries);
    for (struct dirent *entry; r == 0 && (entry = readdir(entries)) && seen++ < FILES_MAX;) {
        struct stat found;
        if (entry->d_name[0] == '.' ||
            fstatat(folder, entry->d_name, &found, AT_SYMLINK_NOFOLLOW) < 0 ||
            !S_ISREG(found.st_mode) || found.st_mtime < 0)
            continue;
        r = take(newest, entry->d_name, &(struct definitions){.built_s = (uint64_t)found.st_mtime});
    }
    return r < 0 ? r : newest->file ? 0 : -ENOENT;
}

int definitions_read(int root, const char *path, char *const names[], struct definitions *ret)
{
    struct definitions newest = {0};
    CLEANUP_CLOSE int folder = openat(root, path + 1, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (folder < 0)
        return -errno;
    int r = read_named(folder, names, &newest);
    if (r == -ENOENT)
        r = read_any(folder, &newest);
    if (r < 0) {
        free(newest.file);
        return r;
    }
    *ret = newest;
    return 0;
}

int definitions_read_file(int root, const char *path, struct definitions *ret)
{
    struct stat found;
    if (fstatat(root, path + 1, &found, 0) < 0)
        return -errno;
    struct definitions newest = {0};
    int r = take(&newest, path, &(struct definitions){.built_s = (uint64_t)found.st_mtime});
    if (r < 0)
        return r;
    *ret = newest;
    return 0;
}
