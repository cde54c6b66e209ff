// SPDX-License-Identifier: GPL-3.0-or-later
// Nobody's uid, resource limits and a list of the few system calls that are left.
#include "base/rights.h"

#include <errno.h>
#include <grp.h>
#include <seccomp.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/resource.h>

#define NOBODY 65534

static void seccomp_release_p(scmp_filter_ctx *filter)
{
    if (*filter)
        seccomp_release(*filter);
}

// Everything else fails with EPERM: libblkid asks /sys about the device and lives without.
static int limit_calls(void)
{
    static const int calls[] = {
        SCMP_SYS(read),         SCMP_SYS(pread64),    SCMP_SYS(write),      SCMP_SYS(lseek),
        SCMP_SYS(fstat),        SCMP_SYS(newfstatat), SCMP_SYS(ioctl),      SCMP_SYS(fcntl),
        SCMP_SYS(fadvise64),    SCMP_SYS(close),      SCMP_SYS(mmap),       SCMP_SYS(munmap),
        SCMP_SYS(mremap),       SCMP_SYS(mprotect),   SCMP_SYS(madvise),    SCMP_SYS(brk),
        SCMP_SYS(rt_sigreturn), SCMP_SYS(futex),      SCMP_SYS(getrandom),  SCMP_SYS(clock_gettime),
        SCMP_SYS(gettimeofday), SCMP_SYS(exit),       SCMP_SYS(exit_group), SCMP_SYS(statx),
        SCMP_SYS(poll),         SCMP_SYS(ppoll),      SCMP_SYS(_llseek),    SCMP_SYS(fstat64),
        SCMP_SYS(mmap2),        SCMP_SYS(fcntl64),
    };
    CLEANUP(seccomp_release_p) scmp_filter_ctx filter = seccomp_init(SCMP_ACT_ERRNO(EPERM));
    if (!filter)
        return -ENOMEM;
    for (size_t i = 0; i < ELEMENTS(calls); i++) {
        int r = seccomp_rule_add(filter, SCMP_ACT_ALLOW, calls[i], 0);
        if (r < 0 && r != -EDOM) // a call that this machine does not have
            return r;
    }
    return seccomp_load(filter);
}

static int limit(__rlimit_resource_t what, rlim_t value)
{
    return setrlimit(what, &(struct rlimit){value, value}) < 0 ? -errno : 0;
}

static int limit_resources(uint64_t memory_max)
{
    int r = limit(RLIMIT_CORE, 0); // what it reads is nobody's business
    if (r == 0)
        r = limit(RLIMIT_NPROC, 0);
#ifndef __SANITIZE_ADDRESS__ // whose shadow memory is larger than any limit
    if (r == 0)
        r = limit(RLIMIT_AS, memory_max);
#else
    (void)memory_max;
#endif
    return r;
}

static int become_nobody(void)
{
    if (geteuid() != 0) // started by hand: there is nothing to give up
        return 0;
    if (setgroups(0, NULL) < 0 || setresgid(NOBODY, NOBODY, NOBODY) < 0 ||
        setresuid(NOBODY, NOBODY, NOBODY) < 0)
        return -errno;
    return geteuid() == NOBODY ? 0 : -EPERM;
}

int rights_drop(uint64_t memory_max)
{
    int r = become_nobody();
    if (r == 0)
        r = limit_resources(memory_max);
    if (r < 0)
        return r;
    // No use without the one who asked; a change of uid would have taken this back.
    if (prctl(PR_SET_PDEATHSIG, SIGKILL) < 0 || prctl(PR_SET_DUMPABLE, 0) < 0 ||
        prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0)
        return -errno;
    return limit_calls();
}
