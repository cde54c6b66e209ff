// SPDX-License-Identifier: GPL-3.0-or-later
// Diagnostics on stderr with the journal's <priority> prefix when a service manager reads them, as
// "program: text". Only code that decides what a failure means calls this; leaf modules return the
// error.
#pragma once

#include "base/util.h"

#include <syslog.h>

// `text` ends in what happens next: "…, keeping the old policy".
void log_line(int priority, const char *format, ...) printf_like(2, 3);

#define log_error(...) log_line(LOG_ERR, __VA_ARGS__)
#define log_warning(...) log_line(LOG_WARNING, __VA_ARGS__)
#define log_info(...) log_line(LOG_INFO, __VA_ARGS__)
