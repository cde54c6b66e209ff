// SPDX-License-Identifier: GPL-3.0-or-later
// audit-read: auditd's log in, audit events out. It has no rights: whoever can make the kernel
// write a record that it stumbles over has gained a process that can read and write two pipes.
#include "base/file.h"
#include "base/i18n.h"
#include "base/moment.h"
#include "base/rights.h"
#include "base/text.h"
#include "watch/audit/reader.h"

#include <errno.h>
#include <poll.h>
#include <string.h>
#include <sys/syscall.h>

#define CHUNK_SIZE 65536
#define MEMORY_MAX (128u << 20)
// Without a byte for so long, an event that waits has what it needs; and so often is a tick.
#define QUIET_MS 2000

enum { EXIT_DONE = 0, EXIT_USAGE = 2, EXIT_FAILED = 4 };

// Frames that wait to be written together.
struct output {
    char *frames;
    size_t length;
};

static int put_event(void *context, const struct audit_event *event)
{
    struct output *output = context;
    int r = audit_frame_put_event(event, &output->frames, &output->length);
    return r;
}

static int put_place(void *context, const struct audit_place *place)
{
    struct output *output = context;
    int r = audit_frame_put_place(place, &output->frames, &output->length);
    if (r < 0)
        return r;
    r = file_write_all(STDOUT_FILENO, output->frames, output->length);
    output->length = 0;
    return r;
}

static int usage(void)
{
    return puts(_(
               "Usage: audit-read < AUDIT.LOG\n"
               "Reads the records of auditd's log on standard input and writes what they mean for\n"
               "the trail of logins and file access, in frames, to standard output.\n"
               "Started by sekishod.\n\n"
               "  --help     this help\n"
               "  --version  the version")) < 0
               ? EXIT_FAILED
               : EXIT_DONE;
}

// 1: something came, or the end; 0: it was flushed instead.
static int wait_for_more(struct audit_reader *reader)
{
    struct pollfd input = {.fd = STDIN_FILENO, .events = POLLIN};
    bool waits = audit_reader_waits(reader);
    int n = poll(&input, 1, waits ? QUIET_MS : -1);
    if (n != 0)
        return n < 0 && errno != EINTR ? -errno : 1;
    int r = audit_reader_flush(reader, false);
    return r < 0 ? r : 0;
}

// Also where something always comes: what lacks a record that the kernel dropped must not hold up
// the rest for ever.
static int tick(struct audit_reader *reader, uint64_t *last_ns)
{
    uint64_t now_ns = moment_now().monotonic_ns;
    if (now_ns - *last_ns < QUIET_MS * NS_PER_MS)
        return 0;
    *last_ns = now_ns;
    return audit_reader_tick(reader);
}

static int read_on(struct audit_reader *reader, char *chunk, uint64_t *tick_ns)
{
    int r = wait_for_more(reader);
    if (r >= 0) {
        int ticked = tick(reader, tick_ns);
        r = ticked < 0 ? ticked : r;
    }
    if (r <= 0)
        return r < 0 ? r : 1;
    ssize_t n = read(STDIN_FILENO, chunk, CHUNK_SIZE);
    if (n < 0)
        return errno == EINTR ? 1 : -errno;
    if (n == 0)
        return audit_reader_flush(reader, true);
    r = audit_reader_feed(reader, chunk, (size_t)n);
    return r < 0 ? r : 1;
}

static int failed(const char *what, int error)
{
    (void)fprintf(stderr, "audit-read: %s: %s\n", what, strerrordesc_np(-error));
    return EXIT_FAILED;
}

static int work(void)
{
    static char chunk[CHUNK_SIZE];
    CLEANUP(audit_reader_free_p) struct audit_reader *reader = NULL;
    struct output output = {0};
    const struct reader_sink sink = {put_event, put_place, &output};
    uint64_t tick_ns = moment_now().monotonic_ns;
    int r = audit_reader_new(&sink, &reader);
    if (r < 0)
        return failed("cannot begin", r);
    r = rights_drop(MEMORY_MAX);
    if (r < 0)
        return failed("cannot give up its rights", r);
    do
        r = read_on(reader, chunk, &tick_ns);
    while (r > 0);
    free(output.frames);
    return r < 0 ? failed("cannot read on", r) : EXIT_DONE;
}

int main(int argc, char *argv[])
{
    i18n_init();
    if (argc == 2 && text_equal(argv[1], "--help"))
        return usage();
    if (argc == 2 && text_equal(argv[1], "--version"))
        return printf("audit-read %s\n", SEKISHO_VERSION) < 0 ? EXIT_FAILED : EXIT_DONE;
    if (argc != 1) {
        (void)fputs(_("audit-read: wrong usage: see audit-read --help\n"), stderr);
        return EXIT_USAGE;
    }
    // Behind the list of system calls nothing may run on the way out, no sanitizer either.
    (void)syscall(SYS_exit_group, work());
    abort();
}
