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
