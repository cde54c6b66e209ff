// SPDX-License-Identifier: GPL-3.0-or-later
// medium-look: opens one medium, gives up its rights, examines it and says what it found.
#include "base/file.h"
#include "base/i18n.h"
#include "base/mountinfo.h"
#include "base/rights.h"
#include "base/text.h"
#include "fact/luks_set.h"
#include "watch/medium/content.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <limits.h> // CDSL_CURRENT needs it
#include <linux/cdrom.h>
#include <linux/fs.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>

#ifndef BLKGETDISKSEQ // Linux 5.15; not in every libc's headers
#define BLKGETDISKSEQ _IOR(0x12, 128, uint64_t)
#endif

#define MEMORY_MAX (256u << 20) // libblkid's buffers and the LUKS2 metadata are far below
#define PIECES_PER_WORD 16      // a sign of life each 16 MiB

enum { EXIT_DONE = 0, EXIT_USAGE = 2, EXIT_FAILED = 4 };

// What the daemon saw; the node must still be the same.
struct target {
    const char *node;
    uint64_t number, sequence;
};

static int usage(void)
{
    (void)fputs(_("Usage: medium-look NODE MAJOR:MINOR DISKSEQ\n"
                  "       medium-look IMAGE 0:0 0\n"
                  "Says whether a medium holds anything that can be read without a key.\n"
                  "Started by sekishod.\n\n"
                  "  --help     this help\n"
                  "  --version  the version\n"),
                stdout);
    return EXIT_DONE;
}

static int failed(const char *what, int error)
{
    (void)fprintf(stderr, "medium-look: %s: %s\n", what, strerrordesc_np(-error));
    return EXIT_FAILED;
}

static int parse(char *arguments[], struct target *ret)
{
    ret->node = arguments[0];
    int r = mountinfo_parse_number(arguments[1], &ret->number);
    return r < 0 ? r : text_to_u64(arguments[2], 10, UINT64_MAX, &ret->sequence);
}

// An empty optical drive shows a size all the same, and every read from it fails.
static bool is_empty_drive(int fd)
{
    int status = ioctl(fd, CDROM_DRIVE_STATUS, CDSL_CURRENT);
    return status == CDS_NO_DISC || status == CDS_TRAY_OPEN || status == CDS_DRIVE_NOT_READY;
}

// −ESTALE: another medium stands there by now.
static int measure_device(int fd, const struct target *target, struct medium_source *source)
{
    int sector = 0;
    uint64_t sequence = 0;
    if (ioctl(fd, BLKGETDISKSEQ, &sequence) < 0 || ioctl(fd, BLKGETSIZE64, &source->size) < 0 ||
        ioctl(fd, BLKSSZGET, &sector) < 0)
        return -errno;
    if (sequence != target->sequence)
        return -ESTALE;
    if (sector < 512 || sector > 65536)
        return -EINVAL;
    source->sector = (uint32_t)sector;
    if (is_empty_drive(fd))
        source->size = 0;
    return 0;
}

static int measure(int fd, const struct target *target, struct medium_source *source)
{
    struct stat st;
    if (fstat(fd, &st) < 0)
        return -errno;
    if (S_ISBLK(st.st_mode) && st.st_rdev == target->number)
        return measure_device(fd, target, source);
    if (!S_ISREG(st.st_mode) || target->number != 0)
        return -ESTALE;
    source->size = (uint64_t)st.st_size;
    source->sector = 512;
    return 0;
}

static void on_progress(void *context)
{
    unsigned *pieces = context;
    if (++*pieces % PIECES_PER_WORD == 0 && file_write_all(STDOUT_FILENO, ".\n", 2) < 0)
        _exit(EXIT_FAILED); // nobody listens any more
}

static int tell_containers(const char *luks)
{
    char uuid[UUID_TEXT_SIZE], line[sizeof "luks \n" + UUID_TEXT_SIZE];
    int r = 0;
    while (r == 0 && luks_set_next(&luks, uuid)) {
        (void)snprintf(line, sizeof line, "luks %s\n", uuid);
        r = file_write_all(STDOUT_FILENO, line, strlen(line));
    }
    return r;
}

static int answer(enum medium_content content, const char *finding)
{
    CLEANUP_FREE char *escaped = text_escape(finding, strlen(finding), 120);
    CLEANUP_FREE char *line =
        escaped ? text_format("%s %s\n", medium_content_to_str(content), escaped) : NULL;
    return line ? file_write_all(STDOUT_FILENO, line, strlen(line)) : -ENOMEM;
}

static int look(const struct target *target)
{
    unsigned pieces = 0;
    // O_NONBLOCK: a drive without a medium opens too.
    CLEANUP_CLOSE int fd = open(target->node, O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
    if (fd < 0)
        return failed(target->node, -errno);
    struct medium_source source = {.fd = fd, .progress = on_progress, .context = &pieces};
    int r = measure(fd, target, &source);
    if (r < 0)
        return failed(target->node, r);
    r = rights_drop(MEMORY_MAX);
    if (r < 0)
        return failed("cannot give up its rights", r);

    enum medium_content content;
    CLEANUP_FREE char *finding = NULL, *luks = NULL;
    r = medium_examine(&source, &content, &finding, &luks);
    if (r == 0)
        r = tell_containers(luks);
    if (r == 0)
        r = answer(content, finding);
    return r < 0 ? failed(target->node, r) : EXIT_DONE;
}

int main(int argc, char *argv[])
{
    struct target target;
    i18n_init();
    if (argc == 2 && text_equal(argv[1], "--help"))
        return usage();
    if (argc == 2 && text_equal(argv[1], "--version"))
        return printf("medium-look %s\n", SEKISHO_VERSION) < 0 ? EXIT_FAILED : EXIT_DONE;
    if (argc != 4 || parse(argv + 1, &target) < 0) {
        (void)fputs(_("medium-look: wrong usage: see medium-look --help\n"), stderr);
        return EXIT_USAGE;
    }
    // Behind the list of system calls nothing may run on the way out, no sanitizer either.
    (void)syscall(SYS_exit_group, look(&target));
    abort();
}
