// SPDX-License-Identifier: GPL-3.0-or-later
// From port and uid to the socket's inode (proc_net(5)), and from there to a process.
#include "watch/network/program.h"

#include "base/file.h"
#include "base/text.h"
#include "fact/fact.h"

#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <inttypes.h>
#include <limits.h>
#include <netinet/in.h>
#include <string.h>

#define TABLE_MAX (1u << 20) // bytes of one table that are looked through
#define SOCKET "socket:["

// ---- The socket --------------------------------------------------------------------------------

// Tables in which it may stand; in those of raw sockets a protocol stands for the port.
struct tables {
    const char *names[4];
    bool raw[4];
};

static struct tables tables_of(uint8_t protocol)
{
    switch (protocol) {
    case IPPROTO_TCP:
        return (struct tables){.names = {"net/tcp", "net/tcp6"}};
    case IPPROTO_UDP:
        return (struct tables){.names = {"net/udp", "net/udp6"}};
    case IPPROTO_ICMP:
        return (struct tables){.names = {"net/icmp", "net/raw"}, .raw = {false, true}};
    case IPPROTO_ICMPV6:
        return (struct tables){.names = {"net/icmp6", "net/raw6"}, .raw = {false, true}};
    default:
        return (struct tables){0};
    }
}

// "  0: 0100007F:1F90 00000000:0000 0A 00000000:00000000 00:00000000 00000000  1000  0 12345 …"
enum { WORD_LOCAL = 1, WORD_UID = 7, WORD_INODE = 9, WORDS };

static size_t split(char *line, char *ret_words[WORDS])
{
    size_t n = 0;
    char *rest = line;
    for (char *word; n < WORDS && (word = strsep(&rest, " "));)
        if (word[0])
            ret_words[n++] = word;
    return n;
}

static bool is_meant(char *line, uint16_t port, uint32_t uid, uint64_t *ret_inode)
{
    char *words[WORDS];
    uint64_t local, owner, inode;
    if (split(line, words) < WORDS)
        return false;
    const char *colon = strrchr(words[WORD_LOCAL], ':');
    if (!colon || text_to_u64(colon + 1, 16, UINT16_MAX, &local) < 0 ||
        text_to_u64(words[WORD_UID], 10, UINT32_MAX, &owner) < 0 ||
        text_to_u64(words[WORD_INODE], 10, UINT64_MAX, &inode) < 0 || local != port ||
        owner != uid || inode == 0)
        return false;
    *ret_inode = inode;
    return true;
}

static int find_in(int proc, const char *table, uint16_t port, uint32_t uid, uint64_t *ret_inode)
{
    CLEANUP_FREE char *text = NULL;
    size_t length;
    int r = file_read_at(proc, table, TABLE_MAX, &text, &length);
    if (r < 0)
        return r;
    char *rest = text;
    for (char *line; (line = strsep(&rest, "\n"));)
        if (is_meant(line, port, uid, ret_inode))
            return 0;
    return -ENOENT;
}

static int find_socket(int proc, const struct net_attempt *attempt, uint64_t *ret_inode)
{
    const struct tables tables = tables_of(attempt->protocol);
    for (size_t i = 0; i < ELEMENTS(tables.names) && tables.names[i]; i++) {
        uint16_t port = tables.raw[i] ? attempt->protocol : attempt->source_port;
        if (find_in(proc, tables.names[i], port, attempt->uid, ret_inode) == 0)
            return 0;
    }
    return -ENOENT;
}

// ---- Its process -------------------------------------------------------------------------------

static bool holds(int proc, const char *pid, const char *wanted)
{
    CLEANUP(closedir_p) DIR *fds = NULL;
    CLEANUP_FREE char *folder = text_format("%s/fd", pid);
    if (!folder || file_open_entries(proc, folder, &fds) < 0)
        return false;
    for (struct dirent *fd; (fd = readdir(fds));) {
        char target[64];
        CLEANUP_FREE char *path = text_format("%s/%s", folder, fd->d_name);
        ssize_t n = path ? readlinkat(proc, path, target, sizeof target - 1) : -1;
        if (n < 0)
            continue;
        target[n] = '\0';
        if (strcmp(target, wanted) == 0)
            return true;
    }
    return false;
}

static int read_exe(int proc, const char *pid, char **ret)
{
    char target[PATH_MAX];
    CLEANUP_FREE char *path = text_format("%s/exe", pid);
    if (!path)
        return -ENOMEM;
    ssize_t n = readlinkat(proc, path, target, sizeof target);
    if (n < 0)
        return -errno;
    *ret = text_escape(target, (size_t)n, 512);
    return *ret ? 0 : -ENOMEM;
}

int net_program_find(int proc, const struct net_attempt *attempt, char **ret)
{
    CLEANUP(closedir_p) DIR *processes = NULL;
    uint64_t inode;
    if (attempt->uid == FACT_NO_UID)
        return -ENOENT;
    int r = find_socket(proc, attempt, &inode);
    if (r < 0)
        return r;
    CLEANUP_FREE char *wanted = text_format(SOCKET "%" PRIu64 "]", inode);
    if (!wanted)
        return -ENOMEM;
    r = file_open_entries(proc, ".", &processes);
    if (r < 0)
        return r;
    for (struct dirent *process; (process = readdir(processes));)
        if (isdigit(process->d_name[0]) && holds(proc, process->d_name, wanted))
            return read_exe(proc, process->d_name, ret);
    return -ENOENT;
}
