// SPDX-License-Identifier: GPL-3.0-or-later
// The table of system calls; libaudit knows their numbers on each architecture.
#include "watch/audit/calls.h"

#include <fcntl.h>
#include <libaudit.h>
#include <string.h>

#define NUMBERS_MAX 1024

enum { A0, A1, A2, NONE = ARGUMENT_NONE };

//                      act         folder folder_to flags descriptor opens objects
#define BY_PATH(act) act, NONE, NONE, NONE, NONE, false
#define BY_FOLDER(act) act, A0, NONE, NONE, NONE, false
#define BY_NUMBER(act) act, NONE, NONE, NONE, A0, false

// clang-format off
static const struct call calls[] = {
    {"open",              ACT_READ,   NONE, NONE, A1,   NONE, true},
    {"openat",            ACT_READ,   A0,   NONE, A2,   NONE, true},
    {"openat2",           ACT_READ,   A0,   NONE, NONE, NONE, true}, // flags: the record OPENAT2
    {"open_by_handle_at", ACT_READ,   NONE, NONE, A2,   NONE, true},
    {"creat",             ACT_WRITE,  NONE, NONE, NONE, NONE, true},
    {"truncate",          BY_PATH(ACT_WRITE)},
    {"truncate64",        BY_PATH(ACT_WRITE)},
    {"ftruncate",         BY_NUMBER(ACT_WRITE)},
    {"ftruncate64",       BY_NUMBER(ACT_WRITE)},
    {"execve",            BY_PATH(ACT_READ)},
    {"execveat",          BY_FOLDER(ACT_READ)},
    {"mkdir",             BY_PATH(ACT_CREATE)},
    {"mkdirat",           BY_FOLDER(ACT_CREATE)},
    {"mknod",             BY_PATH(ACT_CREATE)},
    {"mknodat",           BY_FOLDER(ACT_CREATE)},
    {"symlink",           BY_PATH(ACT_CREATE)},
    {"symlinkat",         ACT_CREATE, A1,   NONE, NONE, NONE, false},
    {"link",              BY_PATH(ACT_CREATE)},
    {"linkat",            ACT_CREATE, A0,   A2,   NONE, NONE, false},
    {"rename",            BY_PATH(ACT_RENAME)},
    {"renameat",          ACT_RENAME, A0,   A2,   NONE, NONE, false},
    {"renameat2",         ACT_RENAME, A0,   A2,   NONE, NONE, false},
    {"unlink",            BY_PATH(ACT_DELETE)},
    {"unlinkat",          BY_FOLDER(ACT_DELETE)},
    {"rmdir",             BY_PATH(ACT_DELETE)},
    {"chmod",             BY_PATH(ACT_CHANGE)},
    {"fchmod",            BY_NUMBER(ACT_CHANGE)},
    {"fchmodat",          BY_FOLDER(ACT_CHANGE)},
    {"fchmodat2",         BY_FOLDER(ACT_CHANGE)},
    {"chown",             BY_PATH(ACT_CHANGE)},
    {"chown32",           BY_PATH(ACT_CHANGE)},
    {"lchown",            BY_PATH(ACT_CHANGE)},
    {"lchown32",          BY_PATH(ACT_CHANGE)},
    {"fchown",            BY_NUMBER(ACT_CHANGE)},
    {"fchown32",          BY_NUMBER(ACT_CHANGE)},
    {"fchownat",          BY_FOLDER(ACT_CHANGE)},
    {"setxattr",          BY_PATH(ACT_CHANGE)},
    {"lsetxattr",         BY_PATH(ACT_CHANGE)},
    {"fsetxattr",         BY_NUMBER(ACT_CHANGE)},
    {"removexattr",       BY_PATH(ACT_CHANGE)},
    {"lremovexattr",      BY_PATH(ACT_CHANGE)},
    {"fremovexattr",      BY_NUMBER(ACT_CHANGE)},
    {"utime",             BY_PATH(ACT_CHANGE)},
    {"utimes",            BY_PATH(ACT_CHANGE)},
    {"futimesat",         BY_FOLDER(ACT_CHANGE)},
    {"utimensat",         BY_FOLDER(ACT_CHANGE)},
    {"utimensat_time64",  BY_FOLDER(ACT_CHANGE)},
    // A folder comes to stand somewhere else, where what is in it has other names.
    {"mount",             BY_PATH(ACT_READ), OBJECT_EACH_NAMED},
    {"fsconfig",          BY_PATH(ACT_READ), OBJECT_EACH_NAMED},
    {"open_tree",         ACT_READ,   A0,   NONE, NONE, NONE, true},
    {"chroot",            BY_PATH(ACT_READ)},
    // What the rings did within the call: which operations, is not in its record.
    {"io_uring_enter",    BY_PATH(ACT_READ), OBJECT_EACH},
};
// clang-format on

// Operations of io_uring (include/uapi/linux/io_uring.h): their records have no arguments.
static const struct {
    uint64_t operation;
    struct call call;
} operations[] = {
    {18, {"openat", BY_PATH(ACT_READ)}},     {28, {"openat2", BY_PATH(ACT_READ)}},
    {35, {"renameat", BY_PATH(ACT_RENAME)}}, {36, {"unlinkat", BY_PATH(ACT_DELETE)}},
    {37, {"mkdirat", BY_PATH(ACT_CREATE)}},  {38, {"symlinkat", BY_PATH(ACT_CREATE)}},
    {39, {"linkat", BY_PATH(ACT_CREATE)}},   {41, {"fsetxattr", BY_PATH(ACT_CHANGE)}},
    {42, {"setxattr", BY_PATH(ACT_CHANGE)}}, {55, {"ftruncate", BY_PATH(ACT_WRITE)}},
};

// Number → entry of `calls` + 1, for one architecture; made when it is first met.
struct numbers {
    uint32_t arch;
    uint8_t of[NUMBERS_MAX];
};

static void fill(struct numbers *numbers, uint32_t arch)
{
    int machine = audit_elf_to_machine(arch);
    *numbers = (struct numbers){.arch = arch};
    for (size_t i = 0; machine >= 0 && i < ELEMENTS(calls); i++) {
        int number = audit_name_to_syscall(calls[i].name, machine);
        if (number >= 0 && number < NUMBERS_MAX)
            numbers->of[number] = (uint8_t)(i + 1);
    }
}

const struct call *call_find(uint32_t arch, uint64_t number)
{
    static struct numbers known[2]; // 64 and 32 bits of the same machine
    static size_t next;
    struct numbers *numbers = known[0].arch == arch ? &known[0] : &known[1];
    if (arch == 0 || number >= NUMBERS_MAX)
        return NULL;
    if (numbers->arch != arch) {
        numbers = &known[next++ % ELEMENTS(known)];
        fill(numbers, arch);
    }
    uint8_t entry = numbers->of[number];
    return entry ? &calls[entry - 1] : NULL;
}

const struct call *call_find_uring(uint64_t operation)
{
    for (size_t i = 0; i < ELEMENTS(operations); i++)
        if (operations[i].operation == operation)
            return &operations[i].call;
    return NULL;
}

enum audit_act call_open_act(uint64_t flags)
{
    bool writes = (flags & O_ACCMODE) == O_WRONLY || (flags & O_ACCMODE) == O_RDWR;
    if ((flags & O_TMPFILE) == O_TMPFILE)
        return ACT_CREATE; // in the folder that the path names
    return writes || (flags & O_TRUNC) ? ACT_WRITE : ACT_READ;
}
