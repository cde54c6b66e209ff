// SPDX-License-Identifier: GPL-3.0-or-later
// Asks the daemon, within half a second in all; and the fallback file if it does not answer.
#pragma once

#include "fact/login_question.h"

struct ask_options {
    const char *socket;   // path
    const char *fallback; // path
    int64_t begun_ms;     // when the login began to wait for us, by ask_clock_ms()
};

int64_t ask_clock_ms(void);

// From the daemon, which has to be root's. −ETIMEDOUT, −ECONNREFUSED, −ENOENT, −EPERM (it is not
// root's), −EBADMSG, …: it has not answered.
must_check int ask_daemon(const struct ask_options *options, const struct login_question *question,
                          struct roster_answer *ret);
// From the file, which has to be root's and nobody else's to write. −ENOENT, −EBADMSG, −EPERM, …
must_check int ask_fallback(const struct ask_options *options,
                            const struct login_question *question, struct roster_answer *ret);
