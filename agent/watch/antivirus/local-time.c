// SPDX-License-Identifier: GPL-3.0-or-later
// strptime, and what it leaves open.
#include "watch/antivirus/local-time.h"

#include <errno.h>
#include <time.h>

int local_time_parse(const char *text, const char *form, uint64_t *ret_s)
{
    struct tm parts = {.tm_isdst = -1};
    const char *end = strptime(text, form, &parts);
    if (!end || *end != '\0')
        return -EBADMSG;
    time_t time = mktime(&parts);
    if (time < 0)
        return -EBADMSG;
    *ret_s = (uint64_t)time;
    return 0;
}
