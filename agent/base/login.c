// SPDX-License-Identifier: GPL-3.0-or-later
// Reads loginuid and sessionid in /proc/PID.
#include "base/login.h"

#include "base/file.h"
#include "base/text.h"

#include <errno.h>

static int read_number(int proc, uint32_t pid, const char *name, uint32_t *ret)
{
    CLEANUP_FREE char *path = text_format("%u/%s", pid, name), *text = NULL;
    uint64_t number = 0;
    if (!path)
        return -ENOMEM;
    int r = file_read_line_at(proc, path, 32, &text);
    if (r == 0)
        r = text_to_u64(text, 10, UINT32_MAX, &number);
    if (r == 0)
        *ret = (uint32_t)number;
    return r;
}

int login_of_process(int proc, uint32_t pid, uint32_t *ret_uid)
{
    return read_number(proc, pid, "loginuid", ret_uid);
}

int login_session_of_process(int proc, uint32_t pid, uint32_t *ret_session)
{
    return read_number(proc, pid, "sessionid", ret_session);
}
