// SPDX-License-Identifier: GPL-3.0-or-later
// What somebody who wants to hide does with files, as far as a shell can't: operations of io_uring,
// calls of the 32-bit table out of a 64-bit program, and a few that the C library does not offer.
// Prints what the kernel answered, one number; a ring's answers stand in one line.
#include <errno.h>
#include <fcntl.h>
#include <linux/io_uring.h>
#include <linux/openat2.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#define ENTRIES 8

// ---- io_uring, without a library ---------------------------------------------------------------

struct ring {
    int fd;
    unsigned *sq_tail, *sq_mask, *sq_array, *sq_flags, *cq_head, *cq_tail, *cq_mask;
    struct io_uring_sqe *sqes;
    struct io_uring_cqe *cqes;
    unsigned n;
    bool polled;
};

static void *map(int fd, size_t size, off_t offset)
{
    void *memory = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_POPULATE, fd, offset);
    if (memory == MAP_FAILED) {
        perror("hider: mmap of a ring");
        exit(4);
    }
    return memory;
}

static void open_ring(struct ring *ring, bool polled)
{
    struct io_uring_params params = {.flags = polled ? IORING_SETUP_SQPOLL : 0,
                                     .sq_thread_idle = 100};
    ring->polled = polled;
    ring->fd = (int)syscall(SYS_io_uring_setup, ENTRIES, &params);
    if (ring->fd < 0) {
        perror("hider: io_uring_setup");
        exit(4);
    }
    char *sq = map(ring->fd, params.sq_off.array + params.sq_entries * sizeof(unsigned),
                   IORING_OFF_SQ_RING);
    char *cq = map(ring->fd, params.cq_off.cqes + params.cq_entries * sizeof(struct io_uring_cqe),
                   IORING_OFF_CQ_RING);
    ring->sqes = map(ring->fd, params.sq_entries * sizeof(struct io_uring_sqe), IORING_OFF_SQES);
    ring->sq_tail = (unsigned *)(sq + params.sq_off.tail);
    ring->sq_mask = (unsigned *)(sq + params.sq_off.ring_mask);
    ring->sq_flags = (unsigned *)(sq + params.sq_off.flags);
    ring->sq_array = (unsigned *)(sq + params.sq_off.array);
    ring->cq_head = (unsigned *)(cq + params.cq_off.head);
    ring->cq_tail = (unsigned *)(cq + params.cq_off.tail);
    ring->cq_mask = (unsigned *)(cq + params.cq_off.ring_mask);
    ring->cqes = (struct io_uring_cqe *)(cq + params.cq_off.cqes);
}

static void add(struct ring *ring, const struct io_uring_sqe *sqe)
{
    unsigned tail = *ring->sq_tail, index = tail & *ring->sq_mask;
    ring->sqes[index] = *sqe;
    ring->sqes[index].user_data = ring->n++;
    ring->sq_array[index] = index;
    __atomic_store_n(ring->sq_tail, tail + 1, __ATOMIC_RELEASE);
}

// Hands in what was added, and prints the answers in the order in which it was.
static void run(struct ring *ring)
{
    int answers[ENTRIES] = {0};
    unsigned flags = IORING_ENTER_GETEVENTS | (ring->polled ? IORING_ENTER_SQ_WAKEUP : 0);
    for (unsigned done = 0; done < ring->n;) {
        if (syscall(SYS_io_uring_enter, ring->fd, done ? 0 : ring->n, 1, flags, NULL, 0) < 0 &&
            errno != EINTR) {
            perror("hider: io_uring_enter");
            exit(4);
        }
        for (unsigned head = *ring->cq_head;
             head != __atomic_load_n(ring->cq_tail, __ATOMIC_ACQUIRE); head++) {
            const struct io_uring_cqe *cqe = &ring->cqes[head & *ring->cq_mask];
            answers[cqe->user_data] = cqe->res;
            __atomic_store_n(ring->cq_head, head + 1, __ATOMIC_RELEASE);
            done++;
        }
    }
    for (unsigned i = 0; i < ring->n; i++)
        printf("%d%c", answers[i], i + 1 < ring->n ? ' ' : '\n');
}

// Operations: open PATH, write PATH, create PATH, openat2 PATH, unlink PATH, rename PATH TO,
// mkdir PATH. Returns the words that it took.
static int describe(char **words, struct io_uring_sqe *sqe, struct open_how *how)
{
    const char *name = words[0];
    *sqe = (struct io_uring_sqe){.fd = AT_FDCWD, .addr = (uintptr_t)words[1]};
    if (strcmp(name, "open") == 0 || strcmp(name, "write") == 0 || strcmp(name, "create") == 0) {
        sqe->opcode = IORING_OP_OPENAT;
        sqe->open_flags = name[0] == 'o'   ? O_RDONLY
                          : name[0] == 'w' ? O_WRONLY
                                           : O_WRONLY | O_CREAT | O_EXCL;
        sqe->len = 0644;
    } else if (strcmp(name, "openat2") == 0) {
        sqe->opcode = IORING_OP_OPENAT2;
        sqe->len = sizeof *how;
        sqe->off = (uintptr_t)how;
    } else if (strcmp(name, "unlink") == 0) {
        sqe->opcode = IORING_OP_UNLINKAT;
    } else if (strcmp(name, "mkdir") == 0) {
        sqe->opcode = IORING_OP_MKDIRAT;
        sqe->len = 0755;
    } else if (strcmp(name, "rename") == 0) {
        sqe->opcode = IORING_OP_RENAMEAT;
        sqe->len = (uint32_t)AT_FDCWD;
        sqe->addr2 = (uintptr_t)words[2];
        return 3;
    } else {
        fprintf(stderr, "hider: what is \"%s\"?\n", name);
        exit(2);
    }
    return 2;
}

// MODE: "now" (by the call that hands it in, if it can be), "later" (by the kernel's own threads),
// "polled" (handed in without a call).
static void do_ring(int n, char **words)
{
    static struct open_how how = {.flags = O_RDONLY};
    struct ring ring = {0};
    open_ring(&ring, strcmp(words[0], "polled") == 0);
    for (int i = 1; i < n;) {
        struct io_uring_sqe sqe;
        i += describe(words + i, &sqe, &how);
        if (strcmp(words[0], "later") == 0)
            sqe.flags |= IOSQE_ASYNC;
        add(&ring, &sqe);
    }
    run(&ring);
}

// ---- System calls ------------------------------------------------------------------------------

static void answer(long value)
{
    printf("%ld\n", value < 0 ? -errno : value);
}

// open(2) of the i386 table, by the gate of 32-bit programs. Its arguments have 32 bits.
static void do_int80(const char *path)
{
    char *low =
        mmap(NULL, 8192, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_32BIT, -1, 0);
    long value;
    if (low == MAP_FAILED || strlen(path) >= 8192)
        exit(4);
    strcpy(low, path);
    __asm__ volatile("int $0x80"
                     : "=a"(value)
                     : "a"(5L), "b"(low), "c"((long)O_RDONLY), "d"(0L)
                     : "memory", "r8", "r9", "r10", "r11");
    printf("%d\n", (int)value);
}

static void do_handle(const char *path)
{
    union {
        struct file_handle head;
        char space[sizeof(struct file_handle) + MAX_HANDLE_SZ];
    } handle = {.head.handle_bytes = MAX_HANDLE_SZ};
    int mount_id, folder = open("/", O_RDONLY | O_DIRECTORY);
    if (name_to_handle_at(AT_FDCWD, path, &handle.head, &mount_id, 0) < 0) {
        perror("hider: name_to_handle_at");
        exit(4);
    }
    answer(open_by_handle_at(folder, &handle.head, O_RDONLY));
}

int main(int argc, char **argv)
{
    static const char usage[] =
        "Usage: hider ring now|later|polled OPERATION PATH [TO]… | int80 PATH | handle PATH\n"
        "             | exchange PATH PATH | openat2 PATH\n";
    struct open_how how = {.flags = O_RDONLY, .resolve = RESOLVE_NO_SYMLINKS};
    const char *what = argc > 2 ? argv[1] : "";
    if (strcmp(what, "ring") == 0 && argc > 4)
        do_ring(argc - 2, argv + 2);
    else if (strcmp(what, "int80") == 0)
        do_int80(argv[2]);
    else if (strcmp(what, "handle") == 0)
        do_handle(argv[2]);
    else if (strcmp(what, "exchange") == 0 && argc > 3)
        answer(renameat2(AT_FDCWD, argv[2], AT_FDCWD, argv[3], RENAME_EXCHANGE));
    else if (strcmp(what, "openat2") == 0)
        answer(syscall(SYS_openat2, AT_FDCWD, argv[2], &how, sizeof how));
    else {
        fputs(usage, stderr);
        return 2;
    }
    return 0;
}
