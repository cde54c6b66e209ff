// SPDX-License-Identifier: GPL-3.0-or-later
// audit.log, audit.log.1 … and the links that hold them.
#include "watch/audit/files.h"

#include "base/file.h"
#include "base/text.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <string.h>
#include <sys/stat.h>

#define LOG_NAME "audit.log"
#define HEAD_SIZE 256 // so many bytes of a log are no other's: they have times and counts in them
#define SCANS_MAX 20  // while auditd is at renaming, until two in a row see the same

// One name of auditd's: 0 for audit.log, N for audit.log.N.
struct named {
    uint64_t number;
    uint64_t device, inode;
};

struct names {
    struct named items[LOG_FILES_MAX];
    size_t n;
};

// ---- What there is -----------------------------------------------------------------------------

static bool parse_name(const char *name, uint64_t *ret)
{
    if (strcmp(name, LOG_NAME) == 0) {
        *ret = 0;
        return true;
    }
    size_t length = strlen(LOG_NAME ".");
    return strncmp(name, LOG_NAME ".", length) == 0 &&
           text_to_u64(name + length, 10, UINT32_MAX, ret) == 0;
}

static int add_name(int folder, const char *name, struct names *names)
{
    struct named found;
    struct stat st;
    if (!parse_name(name, &found.number) || fstatat(folder, name, &st, AT_SYMLINK_NOFOLLOW) < 0 ||
        !S_ISREG(st.st_mode))
        return 0; // renamed since, perhaps: the next look sees it
    if (names->n >= LOG_FILES_MAX)
        return -ENFILE;
    found.device = st.st_dev;
    found.inode = st.st_ino;
    names->items[names->n++] = found;
    return 0;
}

static int compare_names(const void *a, const void *b)
{
    const struct named *x = a, *y = b;
    return x->number < y->number ? 1 : x->number > y->number ? -1 : 0; // the oldest first
}

static int read_names(int folder, struct names *ret)
{
    CLEANUP(closedir_p) DIR *entries = NULL;
    int r = file_open_entries(folder, ".", &entries);
    ret->n = 0;
    for (struct dirent *entry; r == 0 && (entry = readdir(entries));)
        r = add_name(folder, entry->d_name, ret);
    if (r == 0)
        qsort(ret->items, ret->n, sizeof ret->items[0], compare_names);
    return r;
}

static bool are_equal(const struct names *a, const struct names *b)
{
    if (a->n != b->n)
        return false;
    for (size_t i = 0; i < a->n; i++)
        if (a->items[i].number != b->items[i].number || a->items[i].inode != b->items[i].inode ||
            a->items[i].device != b->items[i].device)
            return false;
    return true;
}

// While files are being renamed one look may miss a file, or see one twice.
static int read_settled_names(int folder, struct names *ret)
{
    CLEANUP_FREE struct names *before = malloc(sizeof *before);
    if (!before)
        return -ENOMEM;
    int r = read_names(folder, ret);
    for (int i = 0; r == 0 && i < SCANS_MAX; i++) {
        *before = *ret;
        r = read_names(folder, ret);
        if (r < 0 || are_equal(before, ret))
            return r;
    }
    return r < 0 ? r : -EAGAIN;
}

// ---- Holding -----------------------------------------------------------------------------------

static void held_name(const struct log_file *file, char ret[48])
{
    (void)snprintf(ret, 48, "%010" PRIu64 "-%" PRIu64, file->order, file->inode);
}

static int append(struct log_files *files, const struct log_file *file)
{
    if (files->n >= LOG_FILES_MAX)
        return -ENFILE;
    struct log_file *grown = reallocarray(files->items, files->n + 1, sizeof *grown);
    if (!grown)
        return -ENOMEM;
    files->items = grown;
    files->items[files->n++] = *file;
    return 0;
}

static int compare_files(const void *a, const void *b)
{
    const struct log_file *x = a, *y = b;
    return x->order < y->order ? -1 : x->order > y->order ? 1 : 0;
}

static bool read_head(int folder, const char *name, char ret[HEAD_SIZE])
{
    CLEANUP_CLOSE int fd = openat(folder, name, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
    return fd >= 0 && pread(fd, ret, HEAD_SIZE, 0) == HEAD_SIZE;
}

static bool has_twin(const struct log_files *files, const char *name)
{
    char head[HEAD_SIZE], other[HEAD_SIZE];
    uint64_t number;
    CLEANUP(closedir_p) DIR *entries = NULL;
    if (!read_head(files->held, name, head) || file_open_entries(files->folder, ".", &entries) < 0)
        return false;
    for (struct dirent *entry; (entry = readdir(entries));)
        if (parse_name(entry->d_name, &number) && read_head(files->folder, entry->d_name, other) &&
            memcmp(head, other, HEAD_SIZE) == 0)
            return true;
    return false;
}

// A folder that was copied, or brought back, has other inodes than the names in it say; and two
// files of what was one, if the copy knows no hard links. 1: that one is gone.
static int mend_held(const struct log_files *files, const struct log_file *file, const char *name,
                     unsigned links)
{
    char right[48];
    held_name(file, right);
    if (strcmp(name, right) == 0)
        return 0;
    if (links == 1 && has_twin(files, name))
        return unlinkat(files->held, name, 0) < 0 ? -errno : 1;
    return renameat(files->held, name, files->held, right) < 0 ? -errno : 0;
}

static int add_held(struct log_files *files, const char *name)
{
    struct stat st;
    char *dash = strchr(name, '-');
    if (!dash || fstatat(files->held, name, &st, AT_SYMLINK_NOFOLLOW) < 0 || !S_ISREG(st.st_mode))
        return 0;
    CLEANUP_FREE char *digits = strndup(name, (size_t)(dash - name));
    struct log_file file = {.device = st.st_dev, .inode = st.st_ino};
    if (!digits)
        return -ENOMEM;
    if (text_to_u64(digits, 10, UINT32_MAX, &file.order) < 0)
        return 0;
    size_t known; // under another name: the one that it had, or has now
    if (log_files_find(files, file.device, file.inode, &known) == 0)
        return 0;
    int r = mend_held(files, &file, name, st.st_nlink);
    return r < 0 ? r : r > 0 ? 0 : append(files, &file);
}

static int read_held(struct log_files *files)
{
    CLEANUP(closedir_p) DIR *entries = NULL;
    int r = file_open_entries(files->held, ".", &entries);
    for (struct dirent *entry; r == 0 && (entry = readdir(entries));)
        r = add_held(files, entry->d_name);
    if (r == 0 && files->n > 1)
        qsort(files->items, files->n, sizeof *files->items, compare_files);
    return r;
}

int log_files_find(const struct log_files *files, uint64_t device, uint64_t inode, size_t *ret)
{
    for (size_t i = 0; i < files->n; i++)
        if (files->items[i].device == device && files->items[i].inode == inode) {
            *ret = i;
            return 0;
        }
    return -ENOENT;
}

static int hold(struct log_files *files, const struct named *named)
{
    size_t known;
    char from[40], to[48];
    if (log_files_find(files, named->device, named->inode, &known) == 0)
        return 0;
    const struct log_file file = {
        .device = named->device,
        .inode = named->inode,
        .order = files->n > 0 ? files->items[files->n - 1].order + 1 : 1,
    };
    (void)snprintf(from, sizeof from, named->number > 0 ? LOG_NAME ".%" PRIu64 : LOG_NAME,
                   named->number);
    held_name(&file, to);
    struct stat st;
    if (linkat(files->folder, from, files->held, to, 0) < 0)
        return errno == ENOENT ? -EAGAIN : -errno;
    if (fstatat(files->held, to, &st, AT_SYMLINK_NOFOLLOW) < 0)
        return -errno;
    if (st.st_ino != file.inode || st.st_dev != file.device) { // renamed between look and link
        (void)unlinkat(files->held, to, 0);
        return -EAGAIN;
    }
    return append(files, &file);
}

// The first name behind the newest file that is known: those before it were let go. 0: none of them
// is known.
static size_t first_new(const struct log_files *files, const struct names *names)
{
    size_t known;
    for (size_t i = names->n; i > 0; i--)
        if (log_files_find(files, names->items[i - 1].device, names->items[i - 1].inode, &known) ==
            0)
            return i;
    return 0;
}

int log_files_scan(struct log_files *files)
{
    CLEANUP_FREE struct names *names = malloc(sizeof *names);
    if (!names)
        return -ENOMEM;
    int r = read_settled_names(files->folder, names);
    size_t first = r == 0 ? first_new(files, names) : 0;
    for (size_t i = first; r == 0 && i < names->n; i++)
        r = hold(files, &names->items[i]);
    return r;
}

int log_files_open_file(const struct log_files *files, size_t i, int *ret_fd)
{
    char name[48];
    held_name(&files->items[i], name);
    int fd = openat(files->held, name, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
    if (fd < 0)
        return -errno;
    *ret_fd = fd;
    return 0;
}

void log_files_let_go(struct log_files *files, uint64_t device, uint64_t inode)
{
    size_t first;
    char name[48];
    if (log_files_find(files, device, inode, &first) < 0 || first == 0)
        return;
    for (size_t i = 0; i < first; i++) {
        held_name(&files->items[i], name);
        (void)unlinkat(files->held, name, 0); // what stays only takes room until the next start
    }
    memmove(files->items, files->items + first, (files->n - first) * sizeof *files->items);
    files->n -= first;
}

bool log_files_is_named(const struct log_files *files, size_t i)
{
    CLEANUP_FREE struct names *names = malloc(sizeof *names);
    if (!names || read_settled_names(files->folder, names) < 0)
        return true; // not known to be gone
    for (size_t k = 0; k < names->n; k++)
        if (names->items[k].device == files->items[i].device &&
            names->items[k].inode == files->items[i].inode)
            return true;
    return false;
}

// ---- Life --------------------------------------------------------------------------------------

int log_files_open(int log, struct log_files *ret)
{
    struct log_files files = {.folder = -1, .held = -1};
    files.folder = openat(log, LOG_FOLDER, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    if (files.folder < 0)
        return -errno;
    int r = file_open_dir_at(files.folder, LOG_HELD, 0700, &files.held);
    if (r == 0)
        r = read_held(&files);
    if (r < 0) {
        log_files_close(&files);
        return r;
    }
    *ret = files;
    return 0;
}

void log_files_close(struct log_files *files)
{
    close_p(&files->folder);
    close_p(&files->held);
    free(files->items);
    *files = (struct log_files){.folder = -1, .held = -1};
}
