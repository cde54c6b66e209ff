// SPDX-License-Identifier: GPL-3.0-or-later
// One line on stderr, with the journal's priority prefix under systemd.
#include "base/log.h"

#include <errno.h>
#include <stdarg.h>

void log_line(int priority, const char *format, ...)
{
    va_list arguments;
    char text[1024];
    va_start(arguments, format);
    vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    if (getenv("JOURNAL_STREAM"))
        fprintf(stderr, "<%d>%s\n", priority, text);
    else
        fprintf(stderr, "%s: %s\n", program_invocation_short_name, text);
}
