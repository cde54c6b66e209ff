// SPDX-License-Identifier: GPL-3.0-or-later
// Who is logged in behind a process, as the kernel's audit subsystem knows it. Read from /proc and
// not by libsystemd, which from version 257 on (Debian 13) keeps silent about it wherever it takes
// the machine for a container.
#pragma once

#include "base/util.h"

#include <stdint.h>

#define LOGIN_NONE UINT32_MAX // nobody: a service, a timer

// `proc` is /proc. The audit login uid, and the number of the audit session; LOGIN_NONE is a result
// of either. −ENOENT if there is no such process.
must_check int login_of_process(int proc, uint32_t pid, uint32_t *ret_uid);
must_check int login_session_of_process(int proc, uint32_t pid, uint32_t *ret_session);

// ---- Sessions as a whole: every process is looked at, at most LOGIN_PROCESSES_MAX (−E2BIG)
// -------

#define LOGIN_PROCESSES_MAX 32768

// The highest number of a session that any process is in, 0 if none is. The kernel counts them up
// (kernel/audit.c), so whoever logs in later has a higher one.
must_check int login_newest_session(int proc, uint32_t *ret_session);
// When the oldest process in the session began, in nanoseconds of CLOCK_BOOTTIME, rounded down to
// the kernel's clock tick. sshd forks for each connection, and that process is the first one in the
// session: it is as old as the connection. −ENOENT: no process is in it.
must_check int login_session_began(int proc, uint32_t session, uint64_t *ret_ns);
